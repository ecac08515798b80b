"""The exercises of chapter 9, when one machine is not enough; helpers/check.py says how one is written."""
from __future__ import annotations

from collections import Counter

from ..check import Exercise


def _found(fits, begin=0, keep=0, more=0):
    """Look a window up: `fits(index, count)` decides, `begin` numbers documents, `keep` gives the whole index.

    more: what is added to the window's number in its document.
    """
    def find(index, counts):
        whole = index
        for document, count in enumerate(counts, begin):
            if fits(index, count):
                return document, (whole if keep else index) + more
            index -= count
    return find


def _parts() -> list:
    low, new = Counter({"low": 2, " lower": 1}), Counter({" new": 4, "low": 1})
    return [([low, new],), ([new, low, low],), ([low],), ([],)]


share_of = Exercise(
    "share_of", chapter="09", cases=[(10, 0, 3), (10, 2, 3), (7, 1, 2), (8, 1, 4), (2, 1, 3), (5, 0, 1)],
    right=lambda n, rank, ranks: list(range(rank, n - n % ranks, ranks)),
    why="Each rank takes one window out of every `ranks`, and all take equally many.",
    hints=("`range(first, end, step)`: with which window does this rank begin, and how far is it to its next one?",
           "It begins with `rank`, and the step is the number of ranks. What is left over when n is divided?",
           "`range(rank, n - n % ranks, ranks)`"),
    wrong={"The left-over windows are still there: some ranks would take a step more, and the others wait for them.":
           lambda n, rank, ranks: list(range(rank, n, ranks)),
           "This is a block of neighbouring windows. Rank 0 of 3 is to read 0, 3, 6: the step is the number of ranks.":
           lambda n, rank, ranks: list(range(rank * (n // ranks), (rank + 1) * (n // ranks))),
           "Every rank reads the same windows. Begin with the rank's own number.":
           lambda n, rank, ranks: list(range(0, n - n % ranks, ranks)),
           "`% rank` divides by this rank's own number, which may be 0. What is left over depends on how many ranks "
           "there are.": lambda n, rank, ranks: list(range(rank, n - n % rank, ranks)),
           "Ranks are counted from 0, so the first one begins with window 0.":
           lambda n, rank, ranks: list(range(rank + 1, n - n % ranks, ranks))})
add_counts = Exercise(
    "add_counts", chapter="09", cases=_parts, call=lambda answer, parts: list(answer(parts).items()),
    right=lambda parts: sum(parts, Counter()),
    why="Added in the order of the parts, so that what was seen first still comes first.",
    hints=("What becomes of `total` when the loop comes to the second part?",
           "A Counter has a method that adds the counts of another one.",
           "`total.update(part)`"),
    wrong={"Not answered yet: as it came, the function keeps the last part's counts only. Add to `total`.":
           lambda parts: [Counter(), *parts][-1],
           "The counts of a later part replace the earlier ones. Add them: `total.update(part)`.":
           lambda parts: Counter({key: n for part in parts for key, n in part.items()}),
           "Each part counts a chunk once only. Add its counts, not its keys.":
           lambda parts: Counter(key for part in parts for key in part),
           "The parts are added last first. Then ties between pairs are broken otherwise: keep their order.":
           lambda parts: sum(reversed(parts), Counter())})
find_window = Exercise(
    "find_window", chapter="09", right=_found(lambda index, count: index < count),
    cases=[(2, [2, 0, 3]), (0, [2, 0, 3]), (1, [2, 0, 3]), (4, [2, 0, 3]), (0, [0, 0, 1]), (9, [5, 5]), (5, [5, 5])],
    why="What is left of the number when all documents before are taken away is the place within its document.",
    hints=("Go through the documents one by one. When is the window in this one? What do you take away when it isn't?",
           "`if index < count: return document, index`, and else `index -= count`.",
           "`for document, count in enumerate(counts):` with those two steps inside."),
    wrong={"A document without a window was chosen, or the window after a document's last. "
           "A document with 2 windows has numbers 0 and 1: look for less than, not for less or equal.":
           _found(lambda index, count: index <= count),
           "The documents are counted from 0.": _found(lambda index, count: index < count, begin=1),
           "The windows in a document are counted from 0 too.": _found(lambda index, count: index < count, more=1),
           "Documents and windows are both counted from 0, not from 1.":
           _found(lambda index, count: index < count, begin=1, more=1),
           "The document is right. Its windows are counted from 0 too: take away those of the documents before.":
           _found(lambda index, count: index < count, keep=1)})
to_do = Exercise(
    "to_do", chapter="09", right=lambda there, wanted: [name for name in wanted if there.get(name) != wanted[name]],
    cases=[({"a.bin": "5f", "b.bin": "00"}, {"a.bin": "5f", "b.bin": "c1", "c.bin": "9e"}), ({}, {"x": "1", "y": "2"}),
           ({"x": "1", "y": "2", "z": "3"}, {"x": "1", "y": "2"}), ({"y": "1", "x": "2"}, {"x": "1", "y": "2"})],
    why="A missing file has no hash, so one test finds both kinds.",
    hints=("`b.bin` is there, but which hash does it have, and which should it have?",
           "Compare `wanted[name]` with the hash in `there`. What does `.get` give where a name is missing?",
           "`if there.get(name) != wanted[name]`"),
    wrong={"A shard that is there but has another hash is missed. Compare the hashes.":
           lambda there, wanted: [name for name in wanted if name not in there],
           "These are the shards that are done. Turn the test round.":
           lambda there, wanted: [name for name in wanted if there.get(name) == wanted[name]],
           "A shard that is missing altogether is missed. `.get` gives None there.":
           lambda there, wanted: [name for name in wanted if name in there and there[name] != wanted[name]],
           "You look for the hash anywhere in the folder. It has to be that of the file with the same name.":
           lambda there, wanted: [name for name in wanted if wanted[name] not in there.values()]})
