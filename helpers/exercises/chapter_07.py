"""The exercises of chapter 7, positional embeddings. helpers/check.py says how one is written."""

from .judge import Exercise, Milestone
from .positions import both, closest, closest_pair, layers, mean, ones, share_right, turned


def tokens_alone(token, position, ids):
    """The token vectors, without any positions."""
    return token(ids)


class embed(Milestone):
    """The positions are counted along the second axis, and broadcast over the windows.

    Hint: How many positions are in a window of these ids? Which axis of `ids.shape` says so?
    Hint: `ids.shape` is the number of windows, then that of the tokens in each. And a position is
        not yet a vector.
    Hint: `torch.arange(ids.shape[1])` gives the positions; add their vectors,
        `position_layer(positions)`.
    """

    part = "embed"

    def cases():
        import torch

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(7)
            tables = layers((9, 4), (6, 4))
        batches = [[8, 1, 5], [3, 8, 0]], [[1, 4, 1, 1]], [[2], [3], [2]]
        return [(*tables, torch.tensor(ids)) for ids in batches]

    def look(whose, answer):
        from .. import show

        sums = {"none": tokens_alone, whose: answer}
        lines = [[name, f"{share_right(each):.0%}"] for name, each in sums.items()]
        caption = "An attention layer, on 1,000 windows drawn after its training"
        return show.table(lines, ["positions added", "right about which came first"], caption)

    def right(token, position, ids):
        return both(token, position, ids, 0, ids.shape[1])

    def forgets_the_positions(token, position, ids):
        """These are the token vectors alone, which don't say which came first. Add the vectors of
        the positions."""
        return tokens_alone(token, position, ids)

    def counts_the_windows(token, position, ids):
        """You counted the windows. Positions are counted along the other axis: `ids.shape[1]`."""
        return both(token, position, ids, 0, len(ids))

    def counts_four_positions(token, position, ids):
        """You counted four positions, for windows of any length. Count the tokens of these ids:
        `ids.shape[1]`."""
        return both(token, position, ids, 0, 4)

    def leaves_the_table(token, position, ids):
        """You looked up positions that the position table does not have. Count the tokens of
        these ids: `ids.shape[1]`."""
        return both(token, position, ids, 0, position.num_embeddings + 1)

    def takes_the_whole_table(token, position, ids):
        """You took all rows of the position table. A window may be shorter: count its tokens."""
        return both(token, position, ids, 0, position.num_embeddings)

    def looks_up_the_ids(token, position, ids):
        """Position vectors are chosen by position, not by id: look up `positions`, not `ids`."""
        return token(ids) + position(ids)

    def takes_one_position(token, position, ids):
        """Every token got the vector of position 0, so the order is still lost. Each position has a
        vector of its own."""
        return both(token, position, ids, 0, 1)

    def adds_the_positions(token, position, ids):
        """The positions' own numbers were added. Look up their vectors with `position_layer`."""
        return both(token, lambda positions: positions, ids, 0, ids.shape[1])

    def adds_the_numbers_of_the_windows(token, position, ids):
        """You added a number for each window. Add a vector for each of `ids.shape[1]` positions."""
        return both(token, lambda positions: positions, ids, 0, len(ids))

    def counts_from_1(token, position, ids):
        """The first position is 0, not 1."""
        return both(token, position, ids, 1, ids.shape[1] + 1)


class two_tables(Exercise):
    """A row for each id in one, a row for each position in the other.

    Hint: Which of the two tables is asked for the vector of an id, and how many ids are there?
    Hint: The number of rows comes first. Ids run up to `vocab_size` − 1, positions up to
        `context_length` − 1.
    Hint: The token table has `vocab_size` rows, the other `context_length`; both are `dim` wide.
    """

    cases = [(50, 8, 3), (9, 12, 2)]

    def call(answer, *sizes):
        return [list(layer.weight.shape) for layer in answer(*sizes)]

    def right(vocab, context, dim):
        return layers((vocab, dim), (context, dim))

    def swaps_the_tables(vocab, context, dim):
        """The tables are still swapped. The first must be the tokens', with a row for each id."""
        return layers((context, dim), (vocab, dim))

    def gives_each_id_two_rows(vocab, context, dim):
        """Both tables have a row for each id. The position table needs one for each position."""
        return layers((vocab, dim), (vocab, dim))

    def makes_both_too_long(vocab, context, dim):
        """In both tables one row is left over: ids run up to `vocab_size` − 1, positions up
        to `context_length` − 1."""
        return layers((vocab + 1, dim), (context + 1, dim))

    def makes_the_tokens_too_long(vocab, context, dim):
        """The positions are right, but one row of the token table is left over: ids run up to
        `vocab_size` − 1."""
        return layers((vocab + 1, dim), (context, dim))

    def makes_the_positions_too_long(vocab, context, dim):
        """The ids are right, but one row of the position table is left over: positions run up to
        `context_length` − 1."""
        return layers((vocab, dim), (context + 1, dim))

    def makes_the_positions_too_short(vocab, context, dim):
        """The last position has no row. Counted from 0, there are `context_length` of them."""
        return layers((vocab, dim), (context - 1, dim))

    def swaps_rows_and_columns(vocab, context, dim):
        """Rows and columns are swapped. The number of rows comes first."""
        return layers((dim, vocab), (dim, context))


class rotary_score(Exercise):
    """Move both to the right by the same number of positions, and nothing changes.

    Hint: `rotate` turns row t of a table by the angles of position t. How do you get a table
        whose row m is the query?
    Hint: `query.expand(m + 1, -1)` has the query in rows 0 to m. Turn it, and take row m.
    Hint: `rotate(query.expand(m + 1, -1))[m]` is the turned query. Turn the key for n in the same
        way, and `@` gives their dot product.
    """

    def cases():
        import torch

        seven = torch.Generator().manual_seed(7)
        query, key = torch.randn(2, 8, generator=seven)
        return [(query, key, m, n) for m, n in ((3, 0), (0, 3), (9, 6), (2, 2), (0, 0))]

    def right(query, key, m, n):
        return turned(query, m) @ turned(key, n)

    def turns_nothing(query, key, m, n):
        """This is the dot product of the two as given. Turn each for its position first."""
        return query @ key

    def turns_a_vector_alone(query, key, m, n):
        """`rotate` turns row t of a table; you gave it one vector. Repeat that with `expand`."""
        raise TypeError("waves() missing 1 required positional argument: 'dim'")

    def looks_up_what_is_no_table(query, key, m, n):
        """Here `query` and `key` are one vector each, and not turned yet: `rotate` them first."""
        return query[m] @ key[n]

    def takes_no_row(query, key, m, n):
        """`rotate` gives m + 1 rows. Take the last, `[m]`, and `[n]` of the key, before `@`."""
        return turned(query, m, rows=True) @ turned(key, n, rows=True)

    def repeats_once_too_few(query, key, m, n):
        """Row m is the (m + 1)th, so the vector has to be repeated m + 1 times."""
        return query.expand(m, -1)[m] @ key

    def turns_the_query_only(query, key, m, n):
        """Only the query is turned. Turn the key too, for its own position n."""
        return turned(query, m) @ key

    def turns_the_key_only(query, key, m, n):
        """Only the key is turned. Turn the query too, for its own position m."""
        return query @ turned(key, n)

    def swaps_the_positions(query, key, m, n):
        """The positions are swapped: query goes with m, and key with n. The sign counts."""
        return turned(query, n) @ turned(key, m)

    def turns_by_the_difference(query, key, m, n):
        """m − n may be negative, and no row stands there. Turn each for its own position."""
        return turned(query, m - n) @ key

    def loses_the_sign(query, key, m, n):
        """This depends on the distance without its sign. Turn each for its own position."""
        return turned(query, abs(m - n)) @ key

    def adds_positions(query, key, m, n):
        """Position vectors were added. Rotary positions add nothing: `rotate` both."""
        from ..embeddings import sinusoidal_positions

        table = sinusoidal_positions(max(m, n) + 1, len(query))
        return (query + table[m]) @ (key + table[n])

    def gives_no_score(query, key, m, n):
        """These are the products number by number. Add them up: `@` does both."""
        return turned(query, m) * turned(key, n)


class mean_so_far(Exercise):
    """Swap the first two vectors, and only the first row changes, so hardly any order gets through.

    Hint: Row t of `weights` belongs to token t. Which of its columns must be 0?
    Hint: `weights` must be 1 up to the diagonal and 0 after it, before it is divided. In
        `masked_weights`, above, `.triu(1)` marked what comes after.
    Hint: `.triu(1)` keeps what comes after the diagonal; `.tril()` keeps the diagonal and what
        comes before: `weights = torch.ones(len(x), len(x)).tril()`
    """

    def cases():
        import torch

        three = torch.tensor([[1.0, 0], [4, 2], [1, 7]])
        four = torch.tensor([[3.0, 0, 1], [0, 6, 1], [9, 9, 1], [0, 3, 5]])
        return [(three,), (four,), (torch.tensor([[2.0, 5]]),)]

    def right(x):
        return mean(x, ones(x).tril())

    def sees_all(x):
        """Not answered yet: as given, every token takes something from the later ones too."""
        return mean(x, ones(x))

    def sees_what_comes_later(x):
        """This looks the wrong way: each token sees itself and what comes later. Keep the other
        half."""
        return mean(x, ones(x).triu())

    def sees_only_what_comes_later(x):
        """`.triu(1)` keeps what comes later, the wrong half; the last token sees nobody then, and
        0 / 0 gives `nan`. `.tril()` keeps the other half, and the token itself."""
        return mean(x, ones(x).triu(1))

    def sees_only_what_came_before(x):
        """A token sees itself too. Here the first one sees nobody, and 0 / 0 gives `nan`."""
        return mean(x, ones(x).tril(-1))

    def sees_itself(x):
        """Each token sees itself alone. The earlier ones must take part."""
        return mean(x, ones(x).tril().triu())

    def hides_after_dividing(x):
        """The later tokens are hidden, but the weights no longer add up to 1. Hide them before you
        add up and divide."""
        return (ones(x) / len(x)).tril() @ x

    def gives_the_sum(x):
        """This is the sum so far, not the mean. The weights of each row must add up to 1."""
        return x.cumsum(dim=0)


class read_back(Exercise):
    """Of all pairs, one has the nearest sum.

    Hint: Make the sums of all pairs, as in the worked example. How far is each from the vector?
    Hint: `(token_table[:, None] + position_table - vector).norm(dim=2)` gives the distances, a row
        for each token. `argmin` counts through them row by row: in which row is number 7, if a row
        has 5 positions?
    Hint: `divmod(distances.argmin().item(), len(position_table))` gives row and column.
    """

    def cases():
        import torch

        seven = torch.Generator().manual_seed(7)
        tokens, positions, off = torch.randn(19, 3, generator=seven).split((7, 5, 7))
        # the last number is that of the positions; each vector is near to a sum, not equal to it
        pairs = [(0, 3, 5), (6, 1, 5), (2, 4, 5), (4, 3, 4), (1, 2, 4)]
        near = [tokens[i] + positions[p] + off[i] / 20 for i, p, _ in pairs]
        # Here the sum that is nearest has the larger sum of absolute differences.
        two = torch.tensor([[1.0, 1, 1], [2, 0, 0]]), torch.tensor([[0.0, 0, 0], [5, 5, 5]])
        cases = [(near[k], tokens, positions[:n]) for k, (_, _, n) in enumerate(pairs)]
        return [*cases, (torch.zeros(3), *two)]

    def right(vector, tokens, positions):
        return divmod(closest_pair(vector, tokens, positions), len(positions))

    def chooses_the_token_first(vector, tokens, positions):
        """You chose the token first, and then the position. With 3 columns the nearest token
        vector is often the wrong one: compare all pairs."""
        token = closest(tokens, vector)
        return token, closest(tokens[token] + positions, vector)

    def chooses_them_apart(vector, tokens, positions):
        """These were chosen separately. Only a sum lies near the vector: compare all pairs."""
        return closest(tokens, vector), closest(positions, vector)

    def gives_the_position_first(vector, tokens, positions):
        """The position came first. Expected (token id, position)."""
        token, position = divmod(closest_pair(vector, tokens, positions), len(positions))
        return position, token

    def gives_the_number_of_the_pair(vector, tokens, positions):
        """This is the number of the pair in a row of all pairs. Divide it by the number of
        positions: `divmod`."""
        return closest_pair(vector, tokens, positions)

    def divides_by_the_tokens(vector, tokens, positions):
        """You divided by the number of tokens. A row of the table has as many columns as there
        are positions."""
        return divmod(closest_pair(vector, tokens, positions), len(tokens))
