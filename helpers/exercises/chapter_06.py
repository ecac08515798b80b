"""The exercises of chapter 6, token embeddings. helpers/check.py says how one is written."""

from .judge import Exercise


def embedding(rows, columns):
    """A layer whose table has so many rows and columns."""
    import torch

    return torch.nn.Embedding(rows, columns)


def by_one_hot(ids, places, table):
    """The product of a table and one-hot rows of so many places."""
    import torch

    return torch.nn.functional.one_hot(ids, num_classes=int(places)).float() @ table


def cosines(weight, token_id):
    """The cosine of each row with the row of a token."""
    return weight @ weight[token_id] / weight.norm(dim=1) / weight[token_id].norm()


def most_alike(likeness, token_id, own=-1e9):
    """The id with the greatest likeness, if that of the token itself is `own`."""
    likeness[token_id] = own
    return likeness.argmax().item()


class one_hot_lookup(Exercise):
    """A one-hot row has a place for every row of the table.

    Hint: How many places does a one-hot row need, so that every id of the table finds one?
    Hint: A place for each row of the table. `weight.shape` is the number of rows, then that of
        columns.
    Hint: It needs `weight.shape[0]` places, one for each row. And what is multiplied is the table.
    """

    def cases():
        import torch

        long, square = torch.arange(18.0).reshape(6, 3), torch.arange(9.0).reshape(3, 3)
        first = [(long, torch.tensor([2, 3, 5, 1])), (square, torch.tensor([2, 0]))]
        return [*first, (torch.arange(8.0).reshape(4, 2), torch.tensor([0, 2, 1, 1]))]

    def right(weight, ids):
        return weight[ids]

    def counts_the_columns(weight, ids):
        """The one-hot rows are as long as a row of the table. They need a place for every id."""
        return by_one_hot(ids, weight.shape[1], weight)

    def counts_the_ids(weight, ids):
        """The one-hot rows are as long as the list of ids. They need a place for every possible
        id."""
        return by_one_hot(ids, len(ids), weight)

    def ends_at_the_largest_id(weight, ids):
        """The one-hot rows end at the largest id of this batch. The table may go on after it."""
        return by_one_hot(ids, ids.max() + 1, weight)

    def takes_six_places(weight, ids):
        """Not every table has 6 rows. Take the number of rows from `weight`."""
        return by_one_hot(ids, 6, weight)

    def transposes(weight, ids):
        """The table is transposed. A linear layer keeps its weight that way, an embedding does
        not."""
        return by_one_hot(ids, len(weight), weight.T)


class rows_changed(Exercise):
    """A row that is not looked up has the gradient 0, and plain steps leave it alone.

    Hint: Which part of the step is not 0 for a row that was not looked up?
    Hint: A row that was not looked up has the gradient 0. What still moves it is the weight decay,
        as in AdamW.
    Hint: `new = weight - 0.1 * gradient`
    """

    def cases():
        import torch

        batches = ([[2, 3, 2], [5, 2, 3]], 7), ([4, 0], 6), ([1, 1, 1], 3)
        return [(torch.tensor(ids), vocab_size) for ids, vocab_size in batches]

    def right(ids, vocab_size):
        return ids.unique().tolist()

    def moves_every_row(ids, vocab_size):
        """Not answered yet: every row moves, as in the function as it came. What in the line of
        `new` pulls at rows that were not looked up?"""
        return list(range(vocab_size))

    def decays_the_looked_up_rows(ids, vocab_size):
        """`weight[ids]` has a row for each id. `new` needs one for each row of the table, so the
        two do not fit. Think of what pulls at all rows, and take it away."""
        layer = embedding(vocab_size, 4)
        layer(ids).sum().backward()
        weight, gradient = layer.weight.detach(), layer.weight.grad
        new = weight - 0.1 * gradient - 0.01 * weight[ids]
        return (new != weight).any(dim=1).nonzero().flatten().tolist()

    def moves_no_row(ids, vocab_size):
        """No row moves: nothing is left of the step. Its first part, the gradient, must stay."""
        return []

    def gives_the_rows_that_stay(ids, vocab_size):
        """These are the rows that stay. The last line was right: `!=` finds those that moved."""
        return [row for row in range(vocab_size) if row not in ids]

    def gives_the_ids(ids, vocab_size):
        """These are the ids as they came, with repeats. The step must move the rows; the last line
        was right."""
        return ids.flatten().tolist()


class make_table(Exercise):
    """Ids start at 0, so there is one row more than the largest id says.

    Hint: Which is the largest id of a vocabulary of 4 tokens, and how many rows are needed?
    Hint: The largest id is one less than the number of tokens, since ids start at 0. Count the
        tokens.
    Hint: `torch.nn.Embedding` takes the number of rows first: one for each token, `len(vocab)`.
    """

    cases = [({"now": 0, "who": 1, "goes": 2, "?": 3}, 3), ({"a": 0, "b": 1}, 5)]

    def call(answer, vocab, dim):
        return list(answer(vocab, dim).weight.shape)

    def right(vocab, dim):
        return embedding(len(vocab), dim)

    def counts_to_the_largest_id(vocab, dim):
        """The token with the largest id finds no row. This is the function as it came."""
        return embedding(len(vocab) - 1, dim)

    def swaps_rows_and_columns(vocab, dim):
        """Rows and columns are swapped. The number of tokens comes first."""
        return embedding(dim, len(vocab))

    def makes_a_row_too_many(vocab, dim):
        """The last row belongs to no token: no id ever reads it."""
        return embedding(len(vocab) + 1, dim)


class nearest(Exercise):
    """Direction counts, length does not, and the token itself is out.

    Hint: `F.cosine_similarity(weight, weight[token_id], dim=1)` gives a cosine for every row.
    Hint: The greatest of them is the token's own, 1. So it must be out before you look for the
        greatest.
    Hint: Set `cosines[token_id]` to a number below −1, then take `cosines.argmax().item()`.
    """

    def cases():
        import torch

        many = torch.randn(30, 8, generator=torch.Generator().manual_seed(6))
        plane = torch.tensor([[1, 0], [5, 4], [3, 1], [0.9, 0.6], [-1, 0.1]])
        below_0 = torch.tensor([[1, 0], [-1, 0.1], [-0.5, 1]])
        opposite = torch.tensor([[1.0, 0], [-1, 0]])
        return [(plane, 0), (many, 7), (below_0, 0), (opposite, 0)]

    def right(weight, token_id):
        return most_alike(cosines(weight, token_id), token_id)

    def finds_itself(weight, token_id):
        """This is the token itself: its cosine with itself is 1. Leave it out."""
        return token_id

    def puts_itself_at_0(weight, token_id):
        """`0` does not leave the token out: where all other cosines are below 0, the token itself
        wins. Give it a number below −1."""
        return most_alike(cosines(weight, token_id), token_id, own=0)

    def puts_itself_at_minus_1(weight, token_id):
        """`-1` does not leave the token out for sure: a row in the opposite direction has the
        cosine −1 as well. Give the token a number below −1."""
        return most_alike(cosines(weight, token_id), token_id, own=-1)

    def takes_the_product(weight, token_id):
        """This row has the greatest product `@`, which grows with length. Divide by the norms: take
        the cosine."""
        return most_alike(weight @ weight[token_id], token_id)

    def takes_the_distance(weight, token_id):
        """This row has the smallest distance, which depends on lengths. Asked is the greatest
        cosine."""
        distances = (weight - weight[token_id]).norm(dim=1)
        return most_alike(-distances, token_id)

    def takes_the_least_alike(weight, token_id):
        """This row is the least alike. Take the greatest cosine, not the smallest."""
        return cosines(weight, token_id).argmin().item()

    def gives_the_cosine(weight, token_id):
        """This is the cosine. Asked is the id of its row: `argmax`, not `max`."""
        return cosines(weight, token_id).sort().values[-2].item()
