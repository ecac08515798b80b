"""The exercises of chapter 6, token embeddings; helpers/check.py says how one is written."""
from __future__ import annotations

from ..check import Exercise


def _lookups() -> list:
    import torch
    return [(torch.arange(float(rows * columns)).reshape(rows, columns), torch.tensor(ids))
            for rows, columns, ids in ((6, 3, [2, 3, 5, 1]), (3, 3, [2, 0]), (4, 2, [0, 2, 1, 1]))]


def _by_one_hot(ids, places, table):
    import torch
    return torch.nn.functional.one_hot(ids, num_classes=int(places)).float() @ table


def _layer(rows, columns):
    import torch
    return torch.nn.Embedding(rows, columns)


def _neighbours() -> list:
    import torch
    plane = torch.tensor([[1, 0], [5, 4], [3, 1], [0.9, 0.6], [-1, 0.1]])
    below_0, opposite = torch.tensor([[1, 0], [-1, 0.1], [-0.5, 1]]), torch.tensor([[1.0, 0], [-1, 0]])
    many = torch.randn(30, 8, generator=torch.Generator().manual_seed(6))
    return [(plane, 0), (many, 7), (below_0, 0), (opposite, 0)]


def _by_likeness(likeness, token_id, own=-1e9):
    likeness[token_id] = own
    return likeness.argmax().item()


def _cosines(weight, token_id):
    return weight @ weight[token_id] / weight.norm(dim=1) / weight[token_id].norm()


one_hot_lookup = Exercise(
    "one_hot_lookup", chapter="06", why="A one-hot row has a place for every row of the table.",
    hints=("How many places does a one-hot row need, so that every id of the table finds one?",
           "A place for each row of the table. `weight.shape` is the number of rows, then that of columns.",
           "It needs `weight.shape[0]` places, one for each row. And what is multiplied is the table."),
    cases=_lookups, right=lambda weight, ids: weight[ids],
    wrong={"The one-hot rows are as long as a row of the table. They need a place for every id.":
           lambda weight, ids: _by_one_hot(ids, weight.shape[1], weight),
           "The one-hot rows are as long as the list of ids. They need a place for every possible id.":
           lambda weight, ids: _by_one_hot(ids, len(ids), weight),
           "The one-hot rows end at the largest id of this batch. The table may go on after it.":
           lambda weight, ids: _by_one_hot(ids, ids.max() + 1, weight),
           "Not every table has 6 rows. Take the number of rows from `weight`.":
           lambda weight, ids: _by_one_hot(ids, 6, weight),
           "The table is transposed. A linear layer keeps its weight that way, an embedding does not.":
           lambda weight, ids: _by_one_hot(ids, len(weight), weight.T)})



def _batches() -> list:
    import torch
    return [(torch.tensor(ids), size) for ids, size in (([[2, 3, 2], [5, 2, 3]], 7), ([4, 0], 6), ([1, 1, 1], 3))]


def _rows_moved(ids, size, new):
    """The rows that differ after a step: new(weight, gradient)."""
    layer = _layer(size, 4)
    layer(ids).sum().backward()
    weight = layer.weight.detach()
    return (new(weight, layer.weight.grad) != weight).any(dim=1).nonzero().flatten().tolist()


rows_changed = Exercise(
    "rows_changed", chapter="06", why="A row that is not looked up has the gradient 0, and plain steps leave it alone.",
    hints=("Which part of the step is not 0 for a row that was not looked up?",
           "A row that was not looked up has the gradient 0. What still moves it is the weight decay, as in AdamW.",
           "`new = weight - 0.1 * gradient`"),
    cases=_batches, right=lambda ids, size: sorted(set(ids.flatten().tolist())),
    wrong={"Not answered yet: every row moves, as in the function as it came. What in the line of `new` pulls at rows "
           "that were not looked up?": lambda ids, size: list(range(size)),
           "`weight[ids]` has a row for each id. `new` needs one for each row of the table, so the two do not fit. "
           "Think of what pulls at all rows, and take it away.":
           lambda ids, size: _rows_moved(ids, size, lambda weight, grad: weight - 0.1 * grad - 0.01 * weight[ids]),
           "No row moves: nothing is left of the step. Its first part, the gradient, must stay.":
           lambda ids, size: [],
           "These are the rows that stay. The last line was right: `!=` finds those that moved.":
           lambda ids, size: sorted(set(range(size)).difference(ids.flatten().tolist())),
           "These are the ids as they came, with repeats. The step must move the rows; the last line was right.":
           lambda ids, size: ids.flatten().tolist()})

make_table = Exercise(
    "make_table", chapter="06", why="Ids start at 0, so there is one row more than the largest id says.",
    hints=("Which is the largest id of a vocabulary of 4 tokens, and how many rows are needed?",
           "The largest id is one less than the number of tokens, since ids start at 0. Count the tokens.",
           "`torch.nn.Embedding` takes the number of rows first: one for each token, `len(vocab)`."),
    cases=[({"now": 0, "who": 1, "goes": 2, "?": 3}, 3), ({"a": 0, "b": 1}, 5)],
    call=lambda answer, vocab, dim: list(answer(vocab, dim).weight.shape),
    right=lambda vocab, dim: _layer(len(vocab), dim),
    wrong={"The token with the largest id finds no row. This is the function as it came.":
           lambda vocab, dim: _layer(len(vocab) - 1, dim),
           "Rows and columns are swapped. The number of tokens comes first.":
           lambda vocab, dim: _layer(dim, len(vocab)),
           "The last row belongs to no token: no id ever reads it.":
           lambda vocab, dim: _layer(len(vocab) + 1, dim)})

nearest = Exercise(
    "nearest", chapter="06", why="Direction counts, length does not, and the token itself is out.",
    hints=("`F.cosine_similarity(weight, weight[token_id], dim=1)` gives a cosine for every row.",
           "The greatest of them is the token's own, 1. So it must be out before you look for the greatest.",
           "Set `cosines[token_id]` to a number below −1, then take `cosines.argmax().item()`."),
    cases=_neighbours, right=lambda weight, i: _by_likeness(_cosines(weight, i), i),
    wrong={"This is the token itself: its cosine with itself is 1. Leave it out.":
           lambda weight, i: i,
           "`0` does not leave the token out: where all other cosines are below 0, the token itself wins. Give it a "
           "number below −1.": lambda weight, i: _by_likeness(_cosines(weight, i), i, 0),
           "`-1` does not leave the token out for sure: a row in the opposite direction has the cosine −1 as well. "
           "Give the token a number below −1.": lambda weight, i: _by_likeness(_cosines(weight, i), i, -1),
           "This row has the greatest product `@`, which grows with length. Divide by the norms: take the cosine.":
           lambda weight, i: _by_likeness(weight @ weight[i], i),
           "This row has the smallest distance, which depends on lengths. Asked is the greatest cosine.":
           lambda weight, i: _by_likeness(-(weight - weight[i]).norm(dim=1), i),
           "This row is the least alike. Take the greatest cosine, not the smallest.":
           lambda weight, i: _cosines(weight, i).argmin().item(),
           "This is the cosine. Asked is the id of its row: `argmax`, not `max`.":
           lambda weight, i: _cosines(weight, i).sort().values[-2].item()})
