"""The exercises of chapter 7, positional embeddings. helpers/check.py says how one is written."""

from .judge import Exercise


def layers(*shapes):
    """A layer for each shape (rows, columns)."""
    import torch

    return [torch.nn.Embedding(*shape) for shape in shapes]


def rows_and_places(token_layer, position_layer, ids, first, end):
    """The rows of the ids plus those of the places from `first` up to `end`."""
    import torch

    return token_layer(ids) + position_layer(torch.arange(first, end))


def ones(rows):
    """A square of ones, with a line and a column for each row."""
    return rows.new_ones(len(rows), len(rows))


def mean(rows, parts):
    """The mean of the rows in each line, weighted by `parts`."""
    return parts / parts.sum(dim=1, keepdim=True) @ rows


def closest(rows, vector):
    """The number of the row that is nearest to a vector."""
    return (rows - vector).norm(dim=1).argmin().item()


def closest_pair(vector, tokens, places):
    """The number of the nearest sum, counted through all pairs line by line."""
    sums = tokens[:, None] + places
    return closest(sums.flatten(0, 1), vector)


class embed(Exercise):
    """The places are counted along the second axis, and broadcast over the windows.

    Hint: How many places has a window of these ids? Which axis of `ids.shape` says it?
    Hint: `ids.shape` is the number of windows, then that of the tokens in each. And a place is not
        yet a row.
    Hint: `torch.arange(ids.shape[1])` are the places; what is added are their rows,
        `position_layer(places)`.
    """

    def cases():
        import torch

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(7)
            tables = layers((9, 4), (6, 4))
        batches = [[8, 1, 5], [3, 8, 0]], [[1, 4, 1, 1]], [[2], [3], [2]]
        return [(*tables, torch.tensor(ids)) for ids in batches]

    def right(token, position, ids):
        return rows_and_places(token, position, ids, 0, ids.shape[1])

    def counts_the_windows(token, position, ids):
        """You counted the windows. The places are counted along the other axis, `ids.shape[1]`."""
        return rows_and_places(token, position, ids, 0, len(ids))

    def counts_four_places(token, position, ids):
        """You counted four places, for windows of any length. Count the tokens of these ids:
        `ids.shape[1]`."""
        return rows_and_places(token, position, ids, 0, 4)

    def leaves_the_table(token, position, ids):
        """You looked up places that the position table does not have. Count the tokens of these
        ids: `ids.shape[1]`."""
        return rows_and_places(token, position, ids, 0, position.num_embeddings + 1)

    def takes_the_whole_table(token, position, ids):
        """You took all rows of the position table. A window may be shorter: count its tokens."""
        return rows_and_places(token, position, ids, 0, position.num_embeddings)

    def looks_up_the_ids(token, position, ids):
        """Position rows are chosen by place, not by id: look up `places`, not `ids`."""
        return token(ids) + position(ids)

    def adds_the_places(token, position, ids):
        """The numbers of the places were added. Look up their rows: `position_layer(places)`."""
        return rows_and_places(token, lambda places: places, ids, 0, ids.shape[1])

    def counts_from_1(token, position, ids):
        """The first place is 0, not 1."""
        return rows_and_places(token, position, ids, 1, ids.shape[1] + 1)


class mean_so_far(Exercise):
    """Swap the first two rows, and only the first line changes: so little order gets through.

    Hint: Line t of `shares` belongs to token t. Which of its columns must be 0?
    Hint: `shares` must be 1 up to the diagonal and 0 after it, before it is divided. In
        `shares(rows, causal)` of section 1, `.triu(1)` marked what comes after.
    Hint: `.triu(1)` keeps what comes after the diagonal; `.tril()` keeps the diagonal and what
        comes before: `shares = torch.ones(len(rows), len(rows)).tril()`
    """

    def cases():
        import torch

        three = torch.tensor([[1.0, 0], [4, 2], [1, 7]])
        four = torch.tensor([[3.0, 0, 1], [0, 6, 1], [9, 9, 1], [0, 3, 5]])
        return [(three,), (four,), (torch.tensor([[2.0, 5]]),)]

    def right(rows):
        return mean(rows, ones(rows).tril())

    def sees_all(rows):
        """Not answered yet: this is the function as it came. Every token takes shares of the later
        ones too."""
        return mean(rows, ones(rows))

    def sees_what_comes_later(rows):
        """This looks the wrong way: each token sees itself and what comes later. Keep the other
        half."""
        return mean(rows, ones(rows).triu())

    def sees_only_what_comes_later(rows):
        """`.triu(1)` keeps what comes later, the wrong half; the last token sees nobody then, and
        0 / 0 gives `nan`. `.tril()` keeps the other half, and the token itself."""
        return mean(rows, ones(rows).triu(1))

    def sees_only_what_came_before(rows):
        """A token sees itself too. Here the first one sees nobody, and 0 / 0 gives `nan`."""
        return mean(rows, ones(rows).tril(-1))

    def sees_itself(rows):
        """Each token sees itself alone. The earlier ones must take part."""
        return mean(rows, ones(rows).tril().triu())

    def hides_after_dividing(rows):
        """The later tokens are hidden, but the shares no longer add up to 1. Hide them before you
        divide."""
        return (ones(rows) / len(rows)).tril() @ rows

    def gives_the_sum(rows):
        """This is the sum so far, not the mean. The shares of each line must add up to 1."""
        return rows.cumsum(dim=0)


class two_tables(Exercise):
    """A row for each id in one, a row for each place in the other.

    Hint: Which of the two tables is asked for the row of an id, and how many ids are there?
    Hint: The number of rows comes first. Ids run up to `vocab_size` − 1, places up to
        `context_length` − 1.
    Hint: The token table has `vocab_size` rows, the position table `context_length`; both are `dim`
        wide.
    """

    cases = [(50, 8, 3), (9, 12, 2)]

    def call(answer, *sizes):
        return [list(layer.weight.shape) for layer in answer(*sizes)]

    def right(vocab, context, dim):
        return layers((vocab, dim), (context, dim))

    def swaps_the_tables(vocab, context, dim):
        """This is the function as it came: the tokens have as many rows as there are places."""
        return layers((context, dim), (vocab, dim))

    def gives_each_id_two_rows(vocab, context, dim):
        """Both tables have a row for each id. The position table needs one for each place."""
        return layers((vocab, dim), (vocab, dim))

    def makes_both_too_long(vocab, context, dim):
        """In both tables one row is left over: ids run up to `vocab_size` − 1, places up to
        `context_length` − 1."""
        return layers((vocab + 1, dim), (context + 1, dim))

    def makes_the_tokens_too_long(vocab, context, dim):
        """Places are right, but one row of the token table is left over: ids run up to
        `vocab_size` − 1."""
        return layers((vocab + 1, dim), (context, dim))

    def makes_the_places_too_long(vocab, context, dim):
        """Ids are right, but one row of the position table is left over: places run up to
        `context_length` − 1."""
        return layers((vocab, dim), (context + 1, dim))

    def makes_the_places_too_short(vocab, context, dim):
        """The last place finds no row. Places start at 0, so there are `context_length` of them."""
        return layers((vocab, dim), (context - 1, dim))

    def swaps_rows_and_columns(vocab, context, dim):
        """Rows and columns are swapped. The number of rows comes first."""
        return layers((dim, vocab), (dim, context))


class read_back(Exercise):
    """Of all pairs, one adds up to the vector.

    Hint: Make the sums of all pairs first, as in the worked exercise. How far is each from the
        vector?
    Hint: `(token_table[:, None] + position_table - vector).norm(dim=2)` are the distances, a line
        for each token. `argmin` counts through them line by line: which line is number 7, if a line
        has 5 places?
    Hint: `divmod(distances.argmin().item(), len(position_table))` gives line and column.
    """

    def cases():
        import torch

        seven = torch.Generator().manual_seed(7)
        tokens, places, off = torch.randn(19, 3, generator=seven).split((7, 5, 7))
        pairs = [(0, 3), (6, 1), (2, 4), (4, 2), (5, 0)]
        # each vector is near to a sum, not equal to one
        return [(tokens[i] + places[p] + off[i] / 20, tokens, places) for i, p in pairs]

    def right(vector, tokens, places):
        return divmod(closest_pair(vector, tokens, places), len(places))

    def chooses_the_token_first(vector, tokens, places):
        """You chose the token first, and then the place. With 3 columns the nearest token row is
        often another one: compare all pairs."""
        token = closest(tokens, vector)
        return token, closest(tokens[token] + places, vector)

    def chooses_them_apart(vector, tokens, places):
        """Token and place were chosen apart. Only their sum lies near the vector: compare all
        pairs."""
        return closest(tokens, vector), closest(places, vector)

    def gives_the_place_first(vector, tokens, places):
        """The place came first. Asked is (token id, place)."""
        token, place = divmod(closest_pair(vector, tokens, places), len(places))
        return place, token

    def gives_the_number_of_the_pair(vector, tokens, places):
        """This is the number of the pair in a row of all pairs. Divide it by the number of places:
        `divmod`."""
        return closest_pair(vector, tokens, places)

    def divides_by_the_tokens(vector, tokens, places):
        """You divided by the number of tokens. A line of the table has as many columns as there
        are places."""
        return divmod(closest_pair(vector, tokens, places), len(tokens))
