"""The exercises of chapter 9, more than one machine. helpers/check.py says how one is written."""

from collections import Counter

from .judge import Exercise


def found(index, counts):
    """(document, window in it) of a window's number."""
    for document, count in enumerate(counts):
        if index < count:
            return document, index
        index -= count


class share_of(Exercise):
    """Each rank takes one window out of every `ranks`, and all take the same number.

    Hint: `range(first, end, step)`: with which window does this rank begin, and how far is it to
        its next one?
    Hint: It begins with `rank`, and the step is the number of ranks. How many windows are left over
        when n is divided by that?
    Hint: `range(rank, n - n % ranks, ranks)`
    """

    cases = [(10, 0, 3), (10, 2, 3), (7, 1, 2), (8, 1, 4), (2, 1, 3), (5, 0, 1)]

    def right(n, rank, ranks):
        return list(range(rank, n - n % ranks, ranks))

    def keeps_what_is_left_over(n, rank, ranks):
        """The left-over windows are still there: some ranks would take a step more, and
        wait for the others in vain."""
        return list(range(rank, n, ranks))

    def reads_neighbours(n, rank, ranks):
        """This is a block of neighbouring windows. Rank 0 of 3 should read 0, 3, 6: the step is the
        number of ranks."""
        block = n // ranks
        return list(range(rank * block, (rank + 1) * block))

    def begins_at_0(n, rank, ranks):
        """Every rank reads the same windows. Begin with the rank's own number."""
        return list(range(0, n - n % ranks, ranks))

    def divides_by_its_own_number(n, rank, ranks):
        """`% rank` divides by this rank's own number, which may be 0. What is left over depends on
        how many ranks there are."""
        return list(range(rank, n - n % rank, ranks))

    def steps_by_its_own_number(n, rank, ranks):
        """The step is `rank`, this rank's own number, which may be 0. From one of its windows to
        the next, the step is the number of ranks."""
        return list(range(rank, n - n % ranks, rank))

    def counts_from_1(n, rank, ranks):
        """Ranks are counted from 0, so the first one begins with window 0."""
        return list(range(rank + 1, n - n % ranks, ranks))


class add_counts(Exercise):
    """Added in the order of the parts, so that what was seen first still comes first.

    Hint: What happens to `total` when the loop reaches the second part?
    Hint: A Counter has a method that adds the counts of another one.
    Hint: `total.update(part)`
    """

    def cases():
        low, new = Counter({"low": 2, " lower": 1}), Counter({" new": 4, "low": 1})
        return [([low, new],), ([new, low, low],), ([low],), ([],)]

    def call(answer, parts):
        return list(answer(parts).items())  # a list, for the order counts too

    def right(parts):
        return sum(parts, Counter())

    def keeps_the_last_part(parts):
        """Not answered yet: as given, the function keeps the last part's counts only. Add to
        `total`."""
        return parts[-1] if parts else Counter()

    def replaces(parts):
        """The counts of a later part replace the earlier ones. Add them: `total.update(part)`."""
        return {key: count for part in parts for key, count in part.items()}

    def counts_the_keys(parts):
        """Each part counts a chunk once only. Add its counts, not its keys."""
        return Counter(key for part in parts for key in part)

    def adds_last_first(parts):
        """The parts are added in reverse. Then ties between pairs are broken differently: keep
        their order."""
        return sum(reversed(parts), Counter())


class find_window(Exercise):
    """Subtract the windows of all earlier documents, and what is left of the number is the window's
    number within its document.

    Hint: Go through the documents one by one. When is the window in this one? What do you take away
        when it isn't?
    Hint: `if index < count: return document, index`, otherwise `index -= count`.
    Hint: `for document, count in enumerate(counts):` with those two steps inside.
    """

    cases = [(index, [2, 0, 3]) for index in (2, 0, 1, 4)]
    cases += [(0, [0, 0, 1]), (9, [5, 5]), (5, [5, 5])]

    def right(index, counts):
        return found(index, counts)

    def asks_for_less_or_equal(index, counts):
        """A document without a window was chosen, or the window after a document's last. A document
        with 2 windows has numbers 0 and 1: look for less than, not less than or equal."""
        for document, count in enumerate(counts):
            if index <= count:
                return document, index
            index -= count

    def gives_the_count(index, counts):
        """You gave the number of a document's windows. Give the document's own number, which
        `enumerate(counts)` counts."""
        document, window = found(index, counts)
        return counts[document], window

    def swaps_the_two(index, counts):
        """The document comes first, then the window in it."""
        document, window = found(index, counts)
        return window, document

    def counts_documents_from_1(index, counts):
        """The documents are counted from 0."""
        document, window = found(index, counts)
        return document + 1, window

    def counts_windows_from_1(index, counts):
        """The windows in a document are counted from 0 too."""
        document, window = found(index, counts)
        return document, window + 1

    def counts_both_from_1(index, counts):
        """Documents and windows are both counted from 0, not from 1."""
        document, window = found(index, counts)
        return document + 1, window + 1

    def keeps_the_number_of_the_text(index, counts):
        """The document is right. Its windows are counted from 0 too: take away those of the
        documents before."""
        document, _ = found(index, counts)
        return document, index


class to_do(Exercise):
    """`there.get(name)` gives None for a missing file, so one test can find both kinds.

    Hint: A file may be there and be damaged. Which hash does it have, and which should it have?
    Hint: Compare `wanted[name]` with the hash in `there`. What does `.get` give where a name is
        missing?
    Hint: `if there.get(name) != wanted[name]`
    """

    _two = {"x": "1", "y": "2"}
    cases = [({"a.bin": "5f", "b.bin": "00"}, {"a.bin": "5f", "b.bin": "c1", "c.bin": "9e"})]
    cases += [
        ({}, _two),
        ({**_two, "z": "3"}, _two),
        ({"y": "1", "x": "2", "z": "9"}, {"z": "3", **_two}),
    ]

    def right(there, wanted):
        return [name for name in wanted if there.get(name) != wanted[name]]

    def misses_other_hashes(there, wanted):
        """Not answered yet: as given, a shard that is there but has a different hash is missed. It
        is still to be made."""
        return [name for name in wanted if name not in there]

    def gives_what_is_done(there, wanted):
        """These are the shards that are done already. Turn the test round."""
        return [name for name in wanted if there.get(name) == wanted[name]]

    def misses_missing_files(there, wanted):
        """A shard that is missing altogether is missed. `.get` gives None there."""
        return [name for name in wanted if name in there and there[name] != wanted[name]]

    def chooses_equal_hashes(there, wanted):
        """`==` chooses the shards that are done, and `there[name]` raises a KeyError for a file
        that is missing."""
        return [name for name in wanted if there[name] == wanted[name]]

    def joins_with_and(there, wanted):
        """With `and` both must be true, but a missing file has no hash to compare: write `or`."""
        return [name for name in wanted if name not in there and there[name] != wanted[name]]

    def looks_for_the_hash_anywhere(there, wanted):
        """You look for the hash anywhere in the folder. It has to be that of the file with the same
        name."""
        return [name for name in wanted if wanted[name] not in there.values()]
