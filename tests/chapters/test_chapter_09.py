"""Chapter 9: its claims come out, its exercises answer."""

import inspect
import re
from collections import Counter

import pytest

from helpers import check, play
from helpers.backstage import shards
from helpers.backstage.downloads import ROOT
from tests.tools.books import assert_told, each_wrong_answer, read, shown

BOOK = read(ROOT / "notebooks" / "09_when_one_machine_is_not_enough.ipynb")
PRINTED = "\n".join(shown(cell) for cell in BOOK.cells if cell.cell_type == "code")


@pytest.mark.parametrize(
    "said",
    [
        r"different ids",
        r"What came out: the same shards",
        r"made again: \['shard-00007\.bin'\] - all as before: True",
        r"within: 0  across: [1-9]",
        r"\{1: 25000, 2: 1\}",
        r"rank 0 reads ([\d,]+), rank 1 reads \1, both 0",
        r"all of them: True",
        r"What came out: the same merges",
        r"20,000 tokens\nits first 244 merges are ours: True",
        r"the same ids: True",
        r"takes 8 GB",
        r"shard-00007\.bin has [\d,]+ bytes; expected",
    ],
)
def test_what_the_chapter_promises_is_in_its_saved_output(said):
    assert re.search(said, PRINTED), f"chapter 9 does not show {said}"


def test_two_ranks_share_the_windows_with_at_most_one_read_twice():
    first, second, both = (
        int(number.replace(",", ""))
        for number in re.search(
            r"rank 0 reads ([\d,]+), rank 1 reads ([\d,]+), both (\d+)", PRINTED
        ).groups()
    )
    assert first == second and both <= 1


def test_the_one_function_that_knows_of_the_engine_is_short():
    assert len(inspect.getsource(shards.hand_out).splitlines()) <= 10


def test_the_costs_playground_divides_what_it_is_given():
    costs = play.costs({"small": 1_000, "large": 3_000_000_000}, bytes_each=4)
    text = re.sub(r"\s+", " ", repr(costs))
    seconds = 3e9 * 4 / 5e6
    for part in (
        f"seconds {seconds / 100:.1f} {seconds:,.0f} of one core",
        f"dollars {seconds / 3600 * 0.05:.3g}",
        "text, GB 12.0 ",
        "30, each of at most 100 million",
    ):
        assert part in text
    costs.controls["cores"].value = 1000
    assert f"{seconds / 1000:.3g}" in costs.html
    costs.controls["corpus"].value = "small"
    assert "1,000 tokens" in costs.html


WRONG = {
    "share_of": {
        "left-over windows": lambda n, rank, ranks: list(range(rank, n, ranks)),
        "how many ranks": lambda n, rank, ranks: list(range(rank, n - n % rank, ranks)),
        "The step is `rank`": lambda n, rank, ranks: list(range(rank, n - n % ranks, rank)),
        "Every rank reads the same": lambda n, rank, ranks: list(range(0, n - n % ranks, ranks)),
        "block of neighbouring": lambda n, rank, ranks: list(
            range(rank * (n // ranks), (rank + 1) * (n // ranks))
        ),
    },
    "add_counts": {
        "replace the earlier ones": lambda parts: {
            key: n for part in parts for key, n in part.items()
        },
        "not its keys": lambda parts: Counter(key for part in parts for key in part),
    },
    "find_window": {
        "documents are counted from 0": lambda index, counts: next(
            (n, index - sum(counts[: n - 1])) for n in range(1, 9) if index < sum(counts[:n])
        ),
        "both counted from 0": lambda index, counts: next(
            (n, index - sum(counts[: n - 1]) + 1) for n in range(1, 9) if index < sum(counts[:n])
        ),
        "The document comes first": lambda index, counts: next(
            (index - sum(counts[:n]), n) for n in range(8) if index < sum(counts[: n + 1])
        ),
        "less than, not less than or equal": lambda index, counts: next(
            (n, index - sum(counts[:n])) for n in range(8) if index <= sum(counts[: n + 1])
        ),
    },
    "to_do": {
        "a different hash is missed": lambda there, wanted: [
            name for name in wanted if name not in there
        ],
        "raises a KeyError for a file": lambda there, wanted: [
            name for name in wanted if there[name] == wanted[name]
        ],
        "write `or`": lambda there, wanted: [
            name for name in wanted if name not in there and there[name] != wanted[name]
        ],
        "Turn the test round": lambda there, wanted: [
            name for name in wanted if there.get(name) == wanted[name]
        ],
    },
}


@pytest.mark.parametrize(("name", "part", "answer"), each_wrong_answer(WRONG))
def test_a_typical_wrong_answer_is_told_what_it_means(name, part, answer):
    assert_told(name, part, answer)


def test_an_untouched_sum_of_counts_is_open_not_wrong():
    def untouched(parts):
        total = Counter()
        for part in parts:
            total = part
        return total

    verdict = check.exercise("add_counts", untouched)
    assert verdict.state == "open" and verdict.text.startswith("Not answered yet: as given")
