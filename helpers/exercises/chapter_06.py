"""The exercises of chapter 6, token embeddings. helpers/check.py says how one is written."""

from .judge import Exercise
from .tables import become, by_one_hot, cosines, embedding, grown, joined, most_alike


class one_hot_lookup(Exercise):
    """A one-hot row has a place for every row of the table.

    Hint: How many places does a one-hot row need, so that every id of the table finds one?
    Hint: A place for each row. `weight.shape` is the number of rows, then that of columns.
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
        """The one-hot rows are as long as the list of ids. Each id of the table needs a place."""
        return by_one_hot(ids, len(ids), weight)

    def ends_before_the_largest_id(weight, ids):
        """The largest id has no place: places are counted from 0. And the table may go on after the
        largest id of this batch: take its number of rows."""
        return by_one_hot(ids, ids.max(), weight)

    def ends_at_the_largest_id(weight, ids):
        """The one-hot rows end at the largest id of this batch. The table may go on after it."""
        return by_one_hot(ids, ids.max() + 1, weight)

    def counts_one_too_few(weight, ids):
        """The last id of the table has no place. Ids start at 0, so row 0 needs a place too."""
        return by_one_hot(ids, len(weight) - 1, weight)

    def takes_six_places(weight, ids):
        """Not every table has 6 rows. Take the number of rows from `weight`."""
        return by_one_hot(ids, 6, weight)

    def takes_the_layer_of_section_1(weight, ids):
        """These are rows of section 1's layer. Take the table that the function is given."""
        return by_one_hot(ids, 6, embedding(6, 3).weight.detach())

    def transposes(weight, ids):
        """The table is transposed: linear layers keep their weight that way, embeddings don't."""
        return by_one_hot(ids, len(weight), weight.T)


class rows_changed(Exercise):
    """A row that is not looked up has a gradient of 0, and plain steps leave it alone.

    Hint: Which part of the step is not 0 for a row that was not looked up?
    Hint: The gradient of such a row is 0. What moves it is the weight decay, as in AdamW.
    Hint: `new = weight - 0.1 * gradient`
    """

    def cases():
        import torch

        batches = ([[2, 3, 2], [5, 2, 3]], 7), ([4, 0], 6), ([1, 1, 1], 3)
        return [(torch.tensor(ids), vocab_size) for ids, vocab_size in batches]

    def right(ids, vocab_size):
        return ids.unique().tolist()

    def moves_every_row(ids, vocab_size):
        """Not answered yet: every row moves, as in the function as given. What in the
        `new` line pulls at rows that were not looked up?"""
        return list(range(vocab_size))

    def decays_the_looked_up_rows(ids, vocab_size):
        """`[ids]` gives a row for each id. `new` needs one for each row of the table, so the shapes
        do not match. Without what pulls at all rows, no `[ids]` is needed."""
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
        """These are the ids, with repeats. The last line, which finds what moved, was right."""
        return ids.flatten().tolist()


class add_token(Exercise):
    """The first free id is the number of tokens, and the new row comes last, so the two agree.

    Hint: Which id is free in a vocabulary of 4 tokens, and where must the row of that number go?
    Hint: `weight.mean(dim=0, keepdim=True)` is the mean of the rows as a table of one row, and
        `torch.cat([weight, row])` puts it beneath the others.
    Hint: If `token in vocab`, return `vocab, weight`. Otherwise return
        `{**vocab, token: len(vocab)}` and the table with its new row.
    """

    def cases():
        import torch

        table = torch.tensor([[1.0, 2], [3, 4], [5, 9]])
        wide = torch.tensor([[2.0, -1, 0.5], [4, 3, 1]])
        words = {"now": 0, "who": 1, "goes": 2}
        return [
            (words, table, "<user>"),
            ({"a": 0, "b": 1}, wide, "<user>"),
            (words, table, "who"),
        ]

    def call(answer, vocab, weight, token):
        gave = answer(dict(vocab), weight.clone(), token)
        if not isinstance(gave, (tuple, list)) or len(gave) != 2:
            return gave
        new_vocab, new = gave
        if not hasattr(new, "detach") or new.ndim != 2 or new.shape[1] != weight.shape[1]:
            return gave
        return new_vocab, become(weight, new.detach())

    def right(vocab, weight, token):
        return grown(vocab, weight, weight.mean(dim=0), token)

    def cats_a_row_without_its_axis(vocab, weight, token):
        """Your new row has one axis, and `torch.cat` joins tables, which have two. Keep the
        axis: `weight.mean(dim=0, keepdim=True)`."""
        return joined(vocab, weight, weight.mean(dim=0), token)

    def cats_one_number(vocab, weight, token):
        """`weight.mean()` is a single number, the mean of the whole table. The new row needs the
        mean of each column, as a table of one row: `weight.mean(dim=0, keepdim=True)`."""
        return joined(vocab, weight, weight.mean(), token)

    def gives_nothing_for_a_known_token(vocab, weight, token):
        """For a token that is there already your function gives `None`. Give back `vocab, weight`
        unchanged."""
        return None if token in vocab else add_token.right(vocab, weight, token)

    def forgets_the_row(vocab, weight, token):
        """The token has an id, but the table has no row with that number. The first text that holds
        the token raises an IndexError."""
        return {**vocab, token: vocab.get(token, len(vocab))}, weight

    def forgets_the_id(vocab, weight, token):
        """The table has a new row, but the vocabulary does not name it: no text will ever find the
        row. Add the token with its id."""
        return vocab, add_token.right(vocab, weight, token)[1]

    def leaves_a_gap(vocab, weight, token):
        """The new id is one too large: ids start at 0, so of 3 tokens the last has the id 2, and 3
        is free. With this id the lookup misses the new row."""
        new, table = add_token.right(vocab, weight, token)
        return (new if token in vocab else {**vocab, token: len(vocab) + 1}), table

    def shares_the_last_id(vocab, weight, token):
        """The new token has the id of the last one, so the two share a row, and decoding can't tell
        them apart. The first free id is the number of tokens."""
        new, table = add_token.right(vocab, weight, token)
        return (new if token in vocab else {**vocab, token: len(vocab) - 1}), table

    def adds_it_again(vocab, weight, token):
        """A token that is there already needs nothing: its id must stay, because texts are
        encoded with it, and so must its trained row. Check first whether `token in vocab`."""
        _, table = grown({}, weight, weight.mean(dim=0), token)
        return {**vocab, token: len(vocab)}, table

    def starts_with_zeros(vocab, weight, token):
        """The new row is all zeros, so it has no direction, and its cosine with any row is
        undefined. Start it at the mean of the other rows."""
        return grown(vocab, weight, 0 * weight[0], token)

    def divides_by_one_too_many(vocab, weight, token):
        """The sum is divided by one too many: the new token is counted already. Take the mean
        before you add the token, or `weight.mean(dim=0)`."""
        row = weight.sum(dim=0) / (len(weight) + 1)
        return grown(vocab, weight, row, token)

    def takes_one_number(vocab, weight, token):
        """`weight.mean()` is a single number, the mean of the whole table. A row needs the mean of
        each column: `weight.mean(dim=0)`."""
        row = weight.mean().expand(weight.shape[1])
        return grown(vocab, weight, row, token)

    def starts_at_random(vocab, weight, token):
        """The new row is not the mean of the others, but perhaps a random one. Those that torch
        draws are far longer than trained rows. Start it at the mean."""
        return grown(vocab, weight, weight[0] + 1000, token)

    def puts_the_row_first(vocab, weight, token):
        """The new row stands above the others, so every old id now finds the row above its own,
        and no error says so. Put the row beneath."""
        import torch

        new, _ = add_token.right(vocab, weight, token)
        mean = weight.mean(dim=0, keepdim=True)
        return new, weight if token in vocab else torch.cat([mean, weight])

    def makes_the_table_anew(vocab, weight, token):
        """This is a fresh table: it has the right size, but all trained rows are lost. Keep them,
        and put one row beneath."""
        new, table = add_token.right(vocab, weight, token)
        return new, table if token in vocab else table + 1000


class make_table(Exercise):
    """Ids start at 0, so the number of rows is one more than the largest id.

    Hint: What is the largest id in a vocabulary of 4 tokens, and how many rows are needed?
    Hint: The largest id is one less than the number of tokens, as ids start at 0. Count them.
    Hint: `torch.nn.Embedding` takes the number of rows first: one for each token, `len(vocab)`.
    """

    cases = [({"now": 0, "who": 1, "goes": 2, "?": 3}, 3), ({"a": 0, "b": 1}, 5)]

    def call(answer, vocab, dim):
        return list(answer(vocab, dim).weight.shape)

    def right(vocab, dim):
        return embedding(len(vocab), dim)

    def counts_to_the_largest_id(vocab, dim):
        """Not answered yet: there is still no row for the largest id. How many rows do ids from 0
        to 3 need?"""
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
    Hint: The greatest is the token's own, 1, so it must be out before you look for the next.
    Hint: Set `cosines[token_id]` to a number below −1, then take `cosines.argmax().item()`.
    """

    def cases():
        import torch

        many = torch.randn(30, 8, generator=torch.Generator().manual_seed(6))
        plane = torch.tensor([[1, 0], [5, 4], [3, 1], [0.9, 0.6], [-1, 0.1]])
        below_0 = torch.tensor([[1, 0], [-1, 0.1], [-0.5, 1]])
        opposite = torch.tensor([[1.0, 0], [-1, 0]])
        return [(plane, 0), (plane, 2), (plane, 3), (many, 7), (below_0, 0), (opposite, 0)]

    def right(weight, token_id):
        return most_alike(cosines(weight, token_id), token_id)

    def finds_itself(weight, token_id):
        """This is the token itself: its cosine with itself is 1. Leave it out."""
        return token_id

    def takes_its_row_out(weight, token_id):
        """Without the token's own row, all later rows move up by one, and `argmax` counts wrongly.
        Keep the row, and give it a number below −1."""
        found = cosines(weight, token_id).tolist()
        del found[token_id]
        return found.index(max(found))

    def puts_itself_at_0(weight, token_id):
        """`0` does not leave the token out: where all other cosines are below 0, the token itself
        wins. Give it a number below −1."""
        return most_alike(cosines(weight, token_id), token_id, own=0)

    def puts_itself_at_minus_1(weight, token_id):
        """This does not always leave the token out: a row in the opposite direction has a
        cosine of −1. Give the token a number below −1."""
        return most_alike(cosines(weight, token_id), token_id, own=-1)

    def takes_the_product(weight, token_id):
        """This row has the greatest `@`, which grows with length. Divide by the norms."""
        return most_alike(weight @ weight[token_id], token_id)

    def takes_the_distance(weight, token_id):
        """This row has the smallest distance, which depends on lengths. Take the cosine."""
        distances = (weight - weight[token_id]).norm(dim=1)
        return most_alike(-distances, token_id)

    def gives_the_cosine(weight, token_id):
        """This is the cosine. Give the id of its row: `argmax`, not `max`."""
        return cosines(weight, token_id).sort().values[-2].item()
