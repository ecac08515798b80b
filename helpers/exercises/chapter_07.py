"""The exercises of chapter 7, positional embeddings; helpers/check.py says how one is written."""
from __future__ import annotations

from ..check import Exercise
from .chapter_06 import _layer


def _token_and_position_layers() -> list:
    import torch
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        layers = torch.nn.Embedding(9, 4), torch.nn.Embedding(6, 4)
    return [(*layers, torch.tensor(ids)) for ids in ([[8, 1, 5], [3, 8, 0]], [[1, 4, 1, 1]], [[2], [3], [2]])]


def _embedded(token, position, ids, first=0, after=None):
    import torch
    return token(ids) + position(torch.arange(first, ids.shape[1] + first if after is None else after))


embed = Exercise(
    "embed", chapter="07", why="The places are counted along the second axis, and broadcast over the windows.",
    hints=("How many places has a window of these ids? Which axis of `ids.shape` says it?",
           "`ids.shape` is the number of windows, then that of the tokens in each. And a place is not yet a row.",
           "`torch.arange(ids.shape[1])` are the places; what is added are their rows, `position_layer(places)`."),
    cases=_token_and_position_layers, right=_embedded,
    wrong={"You counted the windows. The places are counted along the other axis, `ids.shape[1]`.":
           lambda token, position, ids: _embedded(token, position, ids, after=len(ids)),
           "You counted four places, for windows of any length. Count the tokens of these ids: `ids.shape[1]`.":
           lambda token, position, ids: _embedded(token, position, ids, after=4),
           "You looked up places that the position table does not have. Count the tokens of these ids: `ids.shape[1]`.":
           lambda token, position, ids: _embedded(token, position, ids, after=position.num_embeddings + 1),
           "You took all rows of the position table. A window may be shorter: count its tokens.":
           lambda token, position, ids: _embedded(token, position, ids, after=position.num_embeddings),
           "Position rows are chosen by place, not by id: look up `places`, not `ids`.":
           lambda token, position, ids: token(ids) + position(ids),
           "The numbers of the places were added. Look up their rows: `position_layer(places)`.":
           lambda token, position, ids: _embedded(token, lambda places: places, ids),
           "The first place is 0, not 1.":
           lambda token, position, ids: _embedded(token, position, ids, first=1)})



def _mean_cases() -> list:
    import torch
    return [(torch.tensor(rows),) for rows in (
        [[1., 0.], [4., 2.], [1., 7.]], [[3., 0., 1.], [0., 6., 1.], [9., 9., 1.], [0., 3., 5.]], [[2., 5.]])]


def _mean_by(shares, after=lambda shares: shares):
    """Means with the shares that `shares` makes of a table of ones; `after` changes them once they are divided."""
    def mean(rows):
        import torch
        taken = shares(torch.ones(len(rows), len(rows)))
        return after(taken / taken.sum(dim=1, keepdim=True)) @ rows
    return mean


mean_so_far = Exercise(
    "mean_so_far", chapter="07", cases=_mean_cases, right=_mean_by(lambda ones: ones.tril()),
    why="Swap the first two rows, and only the first line changes: so little order gets through.",
    hints=("Line t of `shares` belongs to token t. Which of its columns must be 0?",
           "`shares` must be 1 up to the diagonal and 0 after it, before it is divided. In `shares(rows, causal)` of "
           "section 1, `.triu(1)` marked what comes after.",
           "`.triu(1)` keeps what comes after the diagonal; `.tril()` keeps the diagonal and what comes before: "
           "`shares = torch.ones(len(rows), len(rows)).tril()`"),
    wrong={"Not answered yet: this is the function as it came. Every token takes shares of the later ones too.":
           _mean_by(lambda ones: ones),
           "This looks the wrong way: each token sees itself and what comes later. Keep the other half.":
           _mean_by(lambda ones: ones.triu()),
           "`.triu(1)` keeps what comes later, the wrong half; the last token sees nobody then, and 0 / 0 gives `nan`. "
           "`.tril()` keeps the other half, and the token itself.": _mean_by(lambda ones: ones.triu(1)),
           "A token sees itself too. Here the first one sees nobody, and 0 / 0 gives `nan`.":
           _mean_by(lambda ones: ones.tril(-1)),
           "Each token sees itself alone. The earlier ones must take part.": _mean_by(lambda ones: ones.tril().triu()),
           "The later tokens are hidden, but the shares no longer add up to 1. Hide them before you divide.":
           _mean_by(lambda ones: ones, lambda shares: shares.tril()),
           "This is the sum so far, not the mean. The shares of each line must add up to 1.":
           lambda rows: rows.cumsum(dim=0)})

two_tables = Exercise(
    "two_tables", chapter="07", why="A row for each id in one, a row for each place in the other.",
    hints=("Which of the two tables is asked for the row of an id, and how many ids are there?",
           "The number of rows comes first. Ids run up to `vocab_size` − 1, places up to `context_length` − 1.",
           "The token table has `vocab_size` rows, the position table `context_length`; both are `dim` wide."),
    cases=[(50, 8, 3), (9, 12, 2)],
    call=lambda answer, *sizes: [list(layer.weight.shape) for layer in answer(*sizes)],
    right=lambda vocab, context, dim: (_layer(vocab, dim), _layer(context, dim)),
    wrong={"This is the function as it came: the tokens have as many rows as there are places.":
           lambda vocab, context, dim: (_layer(context, dim), _layer(vocab, dim)),
           "Both tables have a row for each id. The position table needs one for each place.":
           lambda vocab, context, dim: (_layer(vocab, dim), _layer(vocab, dim)),
           "In both tables one row is left over: ids run up to `vocab_size` − 1, places up to `context_length` − 1.":
           lambda vocab, context, dim: (_layer(vocab + 1, dim), _layer(context + 1, dim)),
           "Places are right, but one row of the token table is left over: ids run up to `vocab_size` − 1.":
           lambda vocab, context, dim: (_layer(vocab + 1, dim), _layer(context, dim)),
           "Ids are right, but one row of the position table is left over: places run up to `context_length` − 1.":
           lambda vocab, context, dim: (_layer(vocab, dim), _layer(context + 1, dim)),
           "The last place finds no row. Places start at 0, so there are `context_length` of them.":
           lambda vocab, context, dim: (_layer(vocab, dim), _layer(context - 1, dim)),
           "Rows and columns are swapped. The number of rows comes first.":
           lambda vocab, context, dim: (_layer(dim, vocab), _layer(dim, context))})


def _sums_to_read() -> list:
    import torch
    tokens, places, off = torch.randn(7 + 5 + 7, 3, generator=torch.Generator().manual_seed(7)).split((7, 5, 7))
    return [(tokens[i] + places[p] + off[i] / 20, tokens, places)    # near to a sum, not equal to one
            for i, p in ((0, 3), (6, 1), (2, 4), (4, 2), (5, 0))]


def _nearest_pair(vector, tokens, places):
    return divmod((tokens[:, None] + places - vector).norm(dim=2).argmin().item(), len(places))


def _one_by_one(vector, tokens, places):
    token = (tokens - vector).norm(dim=1).argmin().item()
    return token, (tokens[token] + places - vector).norm(dim=1).argmin().item()


read_back = Exercise(
    "read_back", chapter="07", why="Of all pairs, one adds up to the vector.",
    hints=("Make the sums of all pairs first, as in the worked exercise. How far is each from the vector?",
           "`(token_table[:, None] + position_table - vector).norm(dim=2)` are the distances, a line for each token. "
           "`argmin` counts through them line by line: which line is number 7, if a line has 5 places?",
           "`divmod(distances.argmin().item(), len(position_table))` gives line and column."),
    cases=_sums_to_read, right=_nearest_pair,
    wrong={"You chose the token first, and then the place. With 3 columns the nearest token row is often "
           "another one: compare all pairs.": _one_by_one,
           "Token and place were chosen apart. Only their sum lies near the vector: compare all pairs.":
           lambda vector, *tables: tuple((rows - vector).norm(dim=1).argmin().item() for rows in tables),
           "The place came first. Asked is (token id, place).":
           lambda vector, tokens, places: _nearest_pair(vector, tokens, places)[::-1],
           "This is the number of the pair in a row of all pairs. Divide it by the number of places: `divmod`.":
           lambda vector, tokens, places: (tokens[:, None] + places - vector).norm(dim=2).argmin().item(),
           "You divided by the number of tokens. A line of the table has as many columns as there are places.":
           lambda vector, tokens, places: divmod(
               (tokens[:, None] + places - vector).norm(dim=2).argmin().item(), len(tokens))})
