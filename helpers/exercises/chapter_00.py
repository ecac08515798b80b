"""The exercises of the first hour. helpers/check.py says how one is written."""

from .judge import Exercise


class shifted(Exercise):
    """The targets are the inputs, shifted by one token, so nobody has to write them down.

    Hint: Which id in the list has nothing after it? And which has nothing before it?
    Hint: `ids[:-1]` is a list without its last item. How do you write it without its first?
    Hint: `inputs = ids[:-1]` and `targets = ids[1:]`
    """

    cases = [([40, 367, 2885, 1464],), ([7, 7, 8],), ([5, 6],)]

    def right(ids):
        return ids[:-1], ids[1:]

    def the_wrong_way_round(ids):
        """These are the wrong way round: the target is the token that comes after."""
        return ids[1:], ids[:-1]

    def keeps_the_last(ids):
        """Nothing comes after the last id, so it has no target. Leave it out of the inputs."""
        return ids, ids[1:]

    def not_moved(ids):
        """Each target is its own input, so a model would learn to repeat it. Shift the targets
        by one."""
        return ids[:-1], ids[:-1]

    def moved_by_two(ids):
        """The targets are shifted by two. Let them start with the second id, the one at
        index 1."""
        return ids[:-1], ids[2:]


class input_vectors(Exercise):
    """The first rows of the second table, one for each token, whatever its id is.

    Hint: How many vectors of `position_table` do you need, and which is the first?
    Hint: Positions are counted from 0, so you need the first `len(ids)` rows of the table.
    Hint: `return token_table[ids] + position_table[: len(ids)]`
    """

    def cases():
        import torch

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(123)
            tokens, positions = torch.randn(6, 3), torch.randn(6, 3)
        return [(tokens, positions, torch.tensor(ids)) for ids in ([2, 5, 2, 1], [4], [3, 3])]

    def right(token_table, position_table, ids):
        return token_table[ids] + position_table[: len(ids)]

    def as_it_came(token_table, position_table, ids):
        """Not answered yet: these are the token vectors alone, so the order is still lost. Add
        the vectors of the positions to them."""
        return token_table[ids]

    def by_the_id(token_table, position_table, ids):
        """You look the positions up by the ids. Positions are counted from 0, whatever tokens
        are there."""
        return token_table[ids] + position_table[ids]

    def from_1_on(token_table, position_table, ids):
        """Your positions start at 1, so row 0 of the table is never used. Begin with row 0."""
        return token_table[ids] + position_table[1 : len(ids) + 1]

    def the_same_everywhere(token_table, position_table, ids):
        """Every token gets the vector of position 0, which says nothing about the order. Take one
        row for each position."""
        return token_table[ids] + position_table[0]

    def one_row_for_all(token_table, position_table, ids):
        """This is one row, the same for every token. Is a colon missing?
        `position_table[: len(ids)]` is a row for each."""
        return token_table[ids] + position_table[len(ids)]

    def adds_the_numbers(token_table, position_table, ids):
        """You add the numbers of the positions. Add their vectors: the first `len(ids)` rows of
        `position_table`."""
        return token_table[ids] + range(len(ids))

    def the_whole_table(token_table, position_table, ids):
        """You add the whole second table, which has more rows than there are tokens. Take its first
        `len(ids)` rows."""
        return token_table[ids] + position_table

    def in_a_list(token_table, position_table, ids):
        """The numbers are right, but they stand in a list, and a model reads one table. No loop is
        needed: add the first `len(ids)` rows of `position_table` to `token_table[ids]`."""
        return [token_table[i] + position_table[n] for n, i in enumerate(ids)]

    def the_positions_alone(token_table, position_table, ids):
        """These are the vectors of the positions alone. Add them to those of the tokens."""
        return position_table[: len(ids)]
