"""Windows and batches are exactly the book's, from token files too, and mistakes are named."""

import json
import multiprocessing
import os
import pickle
import re
import tracemalloc
import warnings
from itertools import product
from math import ceil
from pathlib import Path
from time import process_time

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch.utils.data import ConcatDataset, DataLoader, RandomSampler, Subset

from helpers.bpe import BytePairTokenizer, gpt2_tokenizer
from helpers.texts import load_text
from helpers.windows import (
    HELD,
    GPTDatasetV1,
    RandomOrder,
    WindowDataset,
    count_windows,
    coverage,
    create_dataloader_v1,
    read_tokens,
    write_tokens,
)
from tests.tools.books import BookDataset, token_file

SIZES = list(product(range(41), range(1, 13), range(1, 15)))  # tokens, max_length, stride


def ids_of(n_tokens):
    return [(7 * i + 3) % 50257 for i in range(n_tokens)]


def values(batches):
    return [[part.tolist() for part in batch] for batch in batches]


def order_of(loader):
    """In which order a loader takes the windows: the sampler inside the one that makes batches."""
    return loader.sampler.sampler


@pytest.fixture(scope="module")
def verdict():
    try:
        return load_text("the-verdict")
    except RuntimeError as error:
        pytest.skip(f"The Verdict could not be had: {error}")


@pytest.fixture(scope="module")
def verdict_ids(verdict):
    return gpt2_tokenizer().encode_ordinary(verdict)


@pytest.mark.filterwarnings("ignore:stride")
def test_windows_and_targets_equal_the_books_loop_for_every_small_size():
    for n, length, stride in SIZES:
        book = BookDataset(ids_of(n), length, stride)
        assert count_windows(n, length, stride) == len(book)
        if len(book) == 0:
            with pytest.raises(
                ValueError,
                match=f"has {n} tokens; a window of max_length {length} needs {length + 1}",
            ):
                WindowDataset(ids_of(n), length, stride)
            continue
        ours = WindowDataset(ids_of(n), length, stride)
        assert len(ours) == len(book)
        assert values(ours) == values(book), (n, length, stride)


@pytest.mark.filterwarnings("ignore:stride")
def test_shuffled_batches_equal_the_books_for_the_same_seed():
    for n, length, stride in SIZES[::5]:
        book = BookDataset(ids_of(n), length, stride)
        if len(book) == 0:
            continue
        seeded = DataLoader(book, 3, shuffle=True, generator=torch.Generator().manual_seed(n))
        ours = create_dataloader_v1(ids_of(n), 3, length, stride, drop_last=False, seed=n)
        assert values(ours) == values(seeded), (n, length, stride)


def test_without_a_seed_torchs_global_seed_decides_as_in_the_book():
    batches = []
    for loader in (
        DataLoader(BookDataset(ids_of(99), 4, 2), 4, shuffle=True, drop_last=True),
        create_dataloader_v1(ids_of(99), 4, 4, 2),
    ):
        torch.manual_seed(123)
        batches.append(values(loader) + values(loader))  # two epochs
    assert batches[0] == batches[1]


def test_an_order_that_is_not_held_has_each_number_once():
    for n in [*range(1, 70), 4095, 4096, 4097, 65_537, 300_000]:
        order = RandomOrder(n, torch.Generator().manual_seed(n))
        epochs = [list(order), list(order)]
        assert len(order) == n and sorted(epochs[0]) == sorted(epochs[1]) == list(range(n))
        assert n < 10 or epochs[0] != epochs[1] != list(range(n))
        assert list(RandomOrder(n, torch.Generator().manual_seed(n))) == epochs[0]


@pytest.mark.parametrize("seed", range(3))
def test_an_order_that_is_not_held_is_as_random_as_torchs(seed):
    n, generator = 200_000, torch.Generator().manual_seed(seed)

    def unevenness(order):
        """Chi squared over its expectation, of six 16 x 16 tables that chance fills evenly."""
        places, order = np.arange(n), np.array(list(order))
        first, second, steps = order[:-1], order[1:], np.diff(order) % n
        high, low = (lambda numbers: numbers * 16 // n), (lambda numbers: numbers % 16)
        tables = [
            np.bincount(16 * one + other, minlength=256)
            for one, other in (
                (high(places), high(order)),
                (low(places), low(order)),
                (low(places), high(order)),
                (high(first), high(second)),
                (low(first), low(second)),
                (high(first), high(steps)),
            )
        ]
        return [((table - table.mean()) ** 2).sum() / table.mean() / 256 for table in tables]

    ours, torchs = (
        unevenness(RandomOrder(n, generator)),
        unevenness(RandomSampler(range(n), generator=generator)),
    )
    assert max(ours + torchs) < 1.5, (ours, torchs)


def test_only_what_is_too_much_to_hold_is_shuffled_in_another_way_than_the_books(tmp_path):
    path = tmp_path / "tokens.bin"
    token_file(path, HELD + 9)[:] = np.arange(HELD + 9) % 65_536
    book = create_dataloader_v1(path, 4, 9, 1, seed=1)
    assert type(order_of(book)) is RandomSampler and len(book.dataset) == HELD
    large = create_dataloader_v1(path, 1000, 8, 1, seed=1)
    assert type(order_of(large)) is RandomOrder
    assert len(large.dataset) == HELD + 1 and len(large) == HELD // 1000
    first, other = next(iter(large))[0], next(iter(large))[0]
    assert torch.equal(first, next(iter(create_dataloader_v1(path, 1000, 8, 1, seed=1)))[0])
    assert not torch.equal(first, other)
    torch.manual_seed(5)
    one, two, again = (next(iter(create_dataloader_v1(path, 8, 8, 1)))[0] for _ in range(3))
    torch.manual_seed(5)
    assert torch.equal(one, next(iter(create_dataloader_v1(path, 8, 8, 1)))[0])
    assert not torch.equal(one, two)
    in_order = create_dataloader_v1(path, 4, 8, 1, shuffle=False)
    assert list(order_of(in_order)) == list(range(HELD + 1))
    assert next(iter(in_order))[0].tolist() == [list(range(i, i + 8)) for i in range(4)]


def test_the_numbers_of_the_books_bonus_notebook_come_out():
    torch.manual_seed(123)
    *_, (inputs, targets) = create_dataloader_v1(
        list(range(1001)), batch_size=2, max_length=4, stride=4
    )
    assert inputs.tolist() == [[880, 881, 882, 883], [112, 113, 114, 115]]
    assert targets.tolist() == [[881, 882, 883, 884], [113, 114, 115, 116]]


def test_counts_and_coverage_equal_counting_by_hand():
    for n, length, stride in SIZES:
        starts = range(0, n - length, stride)
        targets = [set(range(i + 1, i + length + 1)) for i in starts]
        asked = set().union(*targets)
        last = max(asked, default=0)
        shared = [len(a & b) for a, b in zip(targets, targets[1:], strict=False)]
        facts = coverage(n, length, stride, batch_size=3)
        assert facts.windows == len(starts)
        assert facts.targets_seen == len(asked)
        assert facts.targets_lost == len(set(range(1, n)) - asked)
        assert facts.tail == len(range(last + 1, n))
        assert set(shared) <= {facts.overlap}
        assert facts.batches == len(starts) // 3
        assert facts.batches_kept == len(range(0, len(starts), 3))


NUMBERS = list(range(25))
FAULTS = [  # name, what is done, the words of the message: what came, what was expected, what to do
    (
        "an empty text",
        lambda: create_dataloader_v1(""),
        ["has 0 tokens", "max_length 256 needs 257", "longer text or a smaller max_length"],
    ),
    (
        "an empty text in order",
        lambda: create_dataloader_v1("", 1, 4, 4, shuffle=False, drop_last=False),
        ["has 0 tokens", "max_length 4 needs 5", "longer text or a smaller max_length"],
    ),
    (
        "an empty text in the book's class",
        lambda: GPTDatasetV1("", gpt2_tokenizer(), 4, 4),
        ["has 0 tokens", "max_length 4 needs 5", "longer text or a smaller max_length"],
    ),
    (
        "a text shorter than a window",
        lambda: WindowDataset(NUMBERS, 30, 4),
        ["has 25 tokens", "needs 31", "smaller"],
    ),
    (
        "a text shorter than a window, loaded",
        lambda: create_dataloader_v1(NUMBERS, 1, 30, 4, shuffle=False),
        ["has 25 tokens", "needs 31", "smaller"],
    ),
    (
        "a text as long as a window",
        lambda: WindowDataset(NUMBERS, 25, 4),
        ["has 25 tokens", "needs 26", "last target"],
    ),
    (
        "a text as long as a window, loaded",
        lambda: create_dataloader_v1(NUMBERS, 1, 25, 4, shuffle=False),
        ["has 25 tokens", "needs 26", "last target"],
    ),
    (
        "a batch larger than all windows",
        lambda: create_dataloader_v1(NUMBERS, 8, 4, 4),
        ["batch_size is 8", "number of windows 6", "from 1 to 6", "drop_last=False"],
    ),
    (
        "a batch of nothing",
        lambda: create_dataloader_v1(NUMBERS, 0, 4, 4),
        ["batch_size is 0", "from 1 to 6"],
    ),
    (
        "a batch of nothing, counted",
        lambda: coverage(25, 4, 4, 0),
        ["batch_size is 0", "1 or more", "Give a larger one"],
    ),
    (
        "a batch of fewer than nothing",
        lambda: create_dataloader_v1(NUMBERS, -1, 4, 4, drop_last=False),
        ["batch_size is -1", "from 1 to 6"],
    ),
    (
        "a negative stride",
        lambda: WindowDataset(NUMBERS, 4, -4),
        ["stride is -4", "never move on", "from 1 to max_length (4)"],
    ),
    (
        "a negative stride, loaded",
        lambda: create_dataloader_v1("One two.", 1, 4, -4, shuffle=False),
        ["stride is -4", "never move on", "from 1 to max_length (4)"],
    ),
    (
        "a stride of 0",
        lambda: count_windows(25, 4, 0),
        ["stride is 0", "never move on", "from 1 to max_length (4)"],
    ),
    (
        "a stride of 0, loaded",
        lambda: create_dataloader_v1(NUMBERS, 1, 4, 0),
        ["stride is 0", "never move on", "from 1 to max_length (4)"],
    ),
    (
        "a max_length of 0",
        lambda: WindowDataset(NUMBERS, 0, 4),
        ["max_length is 0", "at least 1 token", "context length"],
    ),
    (
        "a max_length of 0, loaded",
        lambda: create_dataloader_v1(NUMBERS, 1, 0, 4),
        ["max_length is 0", "at least 1 token", "context length"],
    ),
    (
        "a negative max_length",
        lambda: coverage(25, -1, 4),
        ["max_length is -1", "at least 1 token", "context length"],
    ),
    (
        "a negative max_length, loaded",
        lambda: create_dataloader_v1(NUMBERS, 1, -1, 4),
        ["max_length is -1", "at least 1 token", "context length"],
    ),
    (
        "a text in place of ids",
        lambda: WindowDataset("a text", 4, 4),
        ["is of type str", "whole numbers", "tokenizer.encode"],
    ),
    (
        "words in place of ids",
        lambda: WindowDataset(["a", "b"], 1, 1),
        ["is of type list", "whole numbers", "tokenizer.encode"],
    ),
    (
        "nothing in place of ids",
        lambda: WindowDataset(None, 4, 4),
        ["is of type NoneType", "whole numbers", "tokenizer.encode"],
    ),
    (
        "rows in place of one row",
        lambda: WindowDataset([NUMBERS], 4, 4),
        ["shape [1, 25]", "one row", "tokenizer.encode"],
    ),
    (
        "rows of unequal lengths",
        lambda: WindowDataset([[1, 2], [3]], 1, 1),
        ["is of type list", "one row of whole numbers", "tokenizer.encode"],
    ),
    (
        "floats in place of ids",
        lambda: WindowDataset([0.5] * 9, 4, 4),
        ["float64", "whole numbers", "tokenizer.encode"],
    ),
]


@pytest.mark.parametrize(
    ("act", "words"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS]
)
def test_what_others_pass_over_in_silence_is_refused_in_words(act, words):
    with pytest.raises(ValueError) as caught:
        act()
    for word in words:
        assert word in str(caught.value)


def test_the_verdict_in_windows_of_1024_fills_no_batch_of_8(verdict):
    with pytest.raises(ValueError, match="batch_size is 8 and the number of windows 5"):
        create_dataloader_v1(verdict, batch_size=8, max_length=1024, stride=1024)
    kept = create_dataloader_v1(verdict, 8, 1024, 1024, drop_last=False)
    assert [len(inputs) for inputs, _ in kept] == [5]


def test_a_stride_past_the_window_warns_and_says_how_much_is_lost():
    with pytest.warns(
        UserWarning,
        match="stride 5 is larger than max_length 4, so targets between windows are lost: 1. "
        "Use a stride from 1 to 4",
    ):
        WindowDataset(list(range(14)), 4, 5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        WindowDataset(list(range(14)), 4, 4)
        WindowDataset(list(range(6)), 4, 5)  # one window, and no gap


def test_inputs_and_targets_are_views_of_one_row_one_token_apart():
    row = torch.arange(1000)
    dataset = WindowDataset(row, 8, 1)
    assert dataset.input_ids.data_ptr() == row.data_ptr()
    assert dataset.target_ids.data_ptr() == row.data_ptr() + row.element_size()
    assert dataset.input_ids.untyped_storage().nbytes() == row.nbytes
    inputs, targets = next(iter(DataLoader(dataset, 4)))
    assert inputs.is_contiguous() and targets.is_contiguous()
    before = inputs.clone()
    targets[:] = -100  # masking a batch's targets harms neither its inputs nor the text
    assert torch.equal(inputs, before) and torch.equal(row, torch.arange(1000))


def test_what_is_written_into_an_item_is_written_nowhere_else(tmp_path):
    ids = [0, 65535, 32768, 32767, 50256, 1]
    path = tmp_path / "tokens.bin"
    token_file(path, len(ids))[:] = ids
    for source in (torch.tensor(ids), np.array(ids, dtype=np.uint16), path):
        dataset = WindowDataset(source, 3, 1)
        for index in (1, -1, slice(0, 3), [0, 2]):
            inputs, targets = dataset[index]
            before = inputs.clone()
            targets[:] = -100
            assert torch.equal(inputs, before)
            inputs[:] = -7
        assert dataset.token_ids.tolist() == ids
        assert values(dataset) == values(BookDataset(ids, 3, 1))


def test_a_list_of_numbers_gives_these_windows_at_once():
    dataset = WindowDataset(NUMBERS, 4, 3)
    inputs, targets = dataset[[5, 0, 5]]
    assert inputs.dtype == targets.dtype == torch.int64
    assert inputs.tolist() == [dataset[i][0].tolist() for i in (5, 0, 5)]
    assert targets.tolist() == [dataset[i][1].tolist() for i in (5, 0, 5)]
    for index in (len(dataset), [0, len(dataset)]):
        with pytest.raises(IndexError):
            dataset[index]


def test_building_takes_no_time_and_no_memory():
    row = torch.randint(50_257, (10_000_000,), generator=torch.Generator().manual_seed(1))
    token_ids = row[:100_000].tolist()

    def seconds(act):
        start = process_time()
        act()
        return process_time() - start

    views = min(seconds(lambda: WindowDataset(row, 256, 256)) for _ in range(5))
    tensors = seconds(lambda: BookDataset(token_ids, 256, 256)) * 100  # for as many tokens
    assert views < tensors / 1000, f"{views * 1e3:.2f} ms against {tensors * 1e3:.0f} ms"
    assert WindowDataset(row, 256, 256).input_ids.untyped_storage().data_ptr() == row.data_ptr()
    token_ids = row[:1_000_000].tolist()  # only a Python list must be copied, once
    tracemalloc.start()
    try:
        dataset = WindowDataset(token_ids, 4, 1)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 1.05 * 8 * len(token_ids) and len(dataset) == 999_996
    ours, torchs = (
        seconds(lambda: WindowDataset(token_ids, 4, 1)),
        seconds(lambda: torch.tensor(token_ids)),
    )
    assert ours < torchs / 2, f"{ours * 1e3:.0f} ms against {torchs * 1e3:.0f} ms"


def test_items_and_batches_are_int64_whatever_the_ids_came_as():
    for token_ids in (
        NUMBERS,
        torch.tensor(NUMBERS, dtype=torch.int32),
        np.array(NUMBERS, dtype=np.uint16),
        np.array(NUMBERS[::-1])[::-1],
        np.repeat(NUMBERS, 2)[::2],
    ):
        dataset = WindowDataset(token_ids, 4, 4)
        inputs, targets = next(iter(DataLoader(dataset, 2)))
        assert {part.dtype for part in (*dataset[0], inputs, targets)} == {torch.int64}
        assert inputs.tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_readers_own_loaders_work_on_our_dataset():
    book, ours = BookDataset(NUMBERS, 4, 4), WindowDataset(NUMBERS, 4, 4)

    def stacked(samples):
        return torch.stack([inputs for inputs, _ in samples]), torch.stack(
            [targets for _, targets in samples]
        )

    for options in (
        {"batch_size": 2},
        {"batch_size": 4, "collate_fn": stacked},
        {"batch_size": None},
    ):
        assert values(DataLoader(ours, **options)) == values(DataLoader(book, **options))
    for wrap in (lambda data: Subset(data, [4, 1, 3]), lambda data: ConcatDataset([data, data])):
        assert values(DataLoader(wrap(ours), 2)) == values(DataLoader(wrap(book), 2))
    assert type(next(iter(DataLoader(ours, 2)))) is type(next(iter(DataLoader(book, 2)))) is list


def test_the_end_of_text_marker_in_a_text_is_one_token():
    dataset = GPTDatasetV1("One.<|endoftext|>Two.", gpt2_tokenizer(), 4, 4)
    assert 50256 in dataset.input_ids
    assert values(dataset) == values(
        GPTDatasetV1("One.<|endoftext|>Two.", BytePairTokenizer.pretrained("gpt2"), 4, 4)
    )


# ---- the book's own cells ----


def test_the_books_first_batches_print_as_in_the_book(verdict, capsys):
    raw_text = verdict
    dataloader = create_dataloader_v1(raw_text, batch_size=1, max_length=4, stride=1, shuffle=False)
    data_iter = iter(dataloader)
    first_batch = next(data_iter)
    print(first_batch)
    second_batch = next(data_iter)
    print(second_batch)
    assert capsys.readouterr().out == (
        "[tensor([[  40,  367, 2885, 1464]]), tensor([[ 367, 2885, 1464, 1807]])]\n"
        "[tensor([[ 367, 2885, 1464, 1807]]), tensor([[2885, 1464, 1807, 3619]])]\n"
    )


def test_the_books_batch_of_eight_prints_as_in_the_book(verdict, capsys):
    dataloader = create_dataloader_v1(verdict, batch_size=8, max_length=4, stride=4, shuffle=False)
    inputs, targets = next(iter(dataloader))
    print("Inputs:\n", inputs)
    print("\nTargets:\n", targets)
    assert (
        capsys.readouterr().out
        == """Inputs:
 tensor([[   40,   367,  2885,  1464],
        [ 1807,  3619,   402,   271],
        [10899,  2138,   257,  7026],
        [15632,   438,  2016,   257],
        [  922,  5891,  1576,   438],
        [  568,   340,   373,   645],
        [ 1049,  5975,   284,   502],
        [  284,  3285,   326,    11]])

Targets:
 tensor([[  367,  2885,  1464,  1807],
        [ 3619,   402,   271, 10899],
        [ 2138,   257,  7026, 15632],
        [  438,  2016,   257,   922],
        [ 5891,  1576,   438,   568],
        [  340,   373,   645,  1049],
        [ 5975,   284,   502,   284],
        [ 3285,   326,    11,   287]])
"""
    )


def test_the_books_exercise_with_short_and_overlapping_windows_comes_out(verdict):
    x, _ = next(
        iter(create_dataloader_v1(verdict, batch_size=4, max_length=2, stride=2, shuffle=False))
    )
    assert x.tolist() == [[40, 367], [2885, 1464], [1807, 3619], [402, 271]]
    x, _ = next(
        iter(create_dataloader_v1(verdict, batch_size=4, max_length=8, stride=2, shuffle=False))
    )
    assert x.tolist() == [
        [40, 367, 2885, 1464, 1807, 3619, 402, 271],
        [2885, 1464, 1807, 3619, 402, 271, 10899, 2138],
        [1807, 3619, 402, 271, 10899, 2138, 257, 7026],
        [402, 271, 10899, 2138, 257, 7026, 15632, 438],
    ]


def test_the_books_own_class_gives_the_same_windows_of_the_verdict(verdict, verdict_ids):
    dataset = GPTDatasetV1(verdict, gpt2_tokenizer(), max_length=256, stride=128)
    book = BookDataset(verdict_ids, 256, 128)
    assert len(dataset.input_ids) == len(dataset) == len(book) == 39
    assert torch.equal(dataset.input_ids, torch.stack(book.input_ids))
    assert torch.equal(dataset.target_ids, torch.stack(book.target_ids))
    assert coverage(len(verdict_ids), 256, 128).tail == 24


# ---- token files ----


def test_a_token_file_gives_back_every_id(tmp_path):
    documents = ["The wall.", "", "A café, 日本語."]
    tokenizer = gpt2_tokenizer()
    expected = [i for text in documents for i in [*tokenizer.encode_ordinary(text), 50256]]
    n_tokens = write_tokens((text for text in documents), tmp_path / "tokens.bin")
    tokens = read_tokens(tmp_path / "tokens.bin", n_tokens)
    assert isinstance(tokens, np.memmap) and tokens.dtype == np.uint16
    assert tokens.tolist() == expected and len(expected) == n_tokens
    assert (
        np.fromfile(tmp_path / "tokens.bin", dtype="<u2").tolist() == expected
    )  # as other programs read it
    assert sorted(file.name for file in tmp_path.iterdir()) == ["tokens.bin", "tokens.bin.json"]


def test_windows_of_a_token_file_equal_the_windows_of_its_ids(tmp_path):
    path, ids = tmp_path / "tokens.bin", [0, 65535, 32768, 32767, 50256, 1, 2, 65531, 3]
    token_file(path, len(ids))[:] = ids
    ours = create_dataloader_v1(path, 3, 2, 1, seed=123)
    assert values(ours) == values(create_dataloader_v1(ids, 3, 2, 1, seed=123))
    assert values(WindowDataset(path, 2, 1)) == values(BookDataset(ids, 2, 1))
    assert ours.dataset.token_ids.tolist() == ids  # all windows too show what is in the file
    assert ours.dataset.input_ids.tolist() == WindowDataset(ids, 2, 1).input_ids.tolist()
    assert ours.dataset.target_ids.tolist() == WindowDataset(ids, 2, 1).target_ids.tolist()
    assert "65535" in repr(ours.dataset.input_ids) and 50256 in ours.dataset.target_ids
    ours.dataset.token_ids[0] = 7  # a copy in memory: the file stays as it was
    assert read_tokens(path)[0] == 0


@pytest.mark.parametrize(
    ("content", "count", "n_tokens", "words"),
    [
        (None, 3, None, ["tokens.bin is missing", "3 tokens"]),
        (None, None, None, ["tokens.bin is missing", "at least one token"]),
        (b"", 3, None, ["is empty", "3 tokens"]),
        (b"", None, None, ["is empty", "at least one token"]),
        (
            b"\x01\x00\x02",
            2,
            None,
            ["has 3 bytes, cut off in the middle of a token", "2 tokens of two bytes each"],
        ),
        (b"\x01\x00\x02\x00", 3, None, ["has 4 bytes", "3 tokens of two bytes each"]),
        (b"\x01\x00\x02\x00", 1, None, ["has 4 bytes", "1 tokens of two bytes each"]),
        (
            b"\x01\x00\x02\x00",
            None,
            None,
            ["has 4 bytes", "tokens.bin.json beside it", "or n_tokens"],
        ),
        (
            b"\x01\x00\x02\x00",
            "[",
            None,
            ["has 4 bytes", "tokens.bin.json beside it", "or n_tokens"],
        ),
        (b"\x01\x00\x02\x00", None, 3, ["has 4 bytes", "3 tokens of two bytes each"]),
        (b"\x01\x00\x02\x00", 2, 3, ["has 4 bytes", "3 tokens of two bytes each"]),
    ],
    ids=[
        "missing",
        "missing with its count",
        "empty",
        "empty without a count",
        "cut inside a token",
        "cut between tokens",
        "too long",
        "no count",
        "a count that is cut off",
        "other than was asked for",
        "asked for against the count",
    ],
)
def test_a_token_file_that_is_not_whole_is_refused(tmp_path, content, count, n_tokens, words):
    path = tmp_path / "tokens.bin"
    if count is not None:
        (tmp_path / "tokens.bin.json").write_text(
            count if count == "[" else json.dumps({"n_tokens": count})
        )
    if content is not None:
        path.write_bytes(content)
    acts = [lambda: read_tokens(path, n_tokens)]
    if n_tokens is None:
        acts.append(lambda: create_dataloader_v1(path, 1, 1, 1))
    for act in acts:
        with pytest.raises(ValueError) as caught:
            act()
        for word in [*words, "Write the whole file again with write_tokens"]:
            assert word in str(caught.value)


def test_a_file_cut_off_anywhere_is_noticed_by_itself(tmp_path):
    path = tmp_path / "tokens.bin"
    write_tokens(["One.", "Two."], path)
    whole = path.read_bytes()
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        with pytest.raises(ValueError, match="is empty|has .* bytes.*; expected 6 tokens"):
            read_tokens(path)
    path.write_bytes(whole)
    assert len(read_tokens(path)) == 6


def test_the_file_of_another_program_is_read_when_its_count_is_given(tmp_path):
    np.arange(9, dtype="<u2").tofile(tmp_path / "train.bin")
    tokens = read_tokens(tmp_path / "train.bin", 9)
    assert values(WindowDataset(tokens, 4, 2)) == values(BookDataset(list(range(9)), 4, 2))


@pytest.mark.parametrize("before", [None, "The old and longer text."])
@pytest.mark.parametrize("renames", [0, 1])
def test_a_halt_between_the_renames_leaves_no_file_that_passes_for_another(
    tmp_path, monkeypatch, renames, before
):
    path, done, replace = tmp_path / "tokens.bin", [], os.replace
    if before:
        write_tokens(before, path)
    old = path.read_bytes() if before else None

    def halting(source, target):
        if len(done) == renames:
            raise OSError("the power is gone")
        done.append(target)
        replace(source, target)

    monkeypatch.setattr(os, "replace", halting)
    with pytest.raises(OSError, match="the power is gone"):
        write_tokens("A new text.", path)
    if before and renames == 0:
        assert read_tokens(path).tobytes() == old
    else:
        with pytest.raises(ValueError, match="tokens.bin"):
            read_tokens(path)


def test_writing_takes_one_document_after_the_other_with_a_bar(tmp_path, monkeypatch):
    class Plain:
        n_vocab, eot_token = 50_257, 50_256

        def encode_ordinary(self, text):
            return list(text.encode())

    bars = []
    monkeypatch.setattr(
        "helpers.backstage.token_files.progress",
        lambda given, **options: bars.append(options) or given,
    )
    path, done = tmp_path / "tokens.bin", []

    def documents():
        for number in range(100):
            done.append(sum(file.stat().st_size for file in tmp_path.iterdir()))
            yield f"{number:03} " * 25_000

    tracemalloc.start()
    try:
        n_tokens = write_tokens(documents(), path, Plain())
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (
        n_tokens == 100 * 100_001 and most < 4e6 < 2 * n_tokens / 5
    )  # bytes: a fifth of the file at most
    assert sorted(done) == done and done[50] > 9e6  # what is encoded is written while others wait
    ends = np.flatnonzero(read_tokens(path, n_tokens) == 50_256)
    assert ends.tolist() == list(range(100_000, n_tokens, 100_001))
    write_tokens(["short"], path, Plain())
    write_tokens(["long" * 300_000], path, Plain())
    assert [bar["disable"] for bar in bars] == [False, True, False]


@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="private memory is read from Linux's /proc"
)
def test_a_file_of_100_million_tokens_is_read_in_random_batches_without_filling_memory(tmp_path):
    def private():
        return (
            int(re.search(r"RssAnon:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024
        )

    path, n_tokens = tmp_path / "tokens.bin", 100_000_000
    token_file(path, n_tokens)[-1025:] = range(
        1025
    )  # a file with a hole: only its end lies on the disk
    next(
        iter(create_dataloader_v1(list(range(2000)), 1, 8, 8))
    )  # what a first call loads is not counted
    before, growth = private(), {}
    # The default, every start, no overlap, and the most windows whose order is held
    for max_length, stride in [
        (256, 128),
        (1024, 1),
        (1024, 1024),
        (1024, ceil((n_tokens - 1024) / HELD)),
    ]:
        loader = create_dataloader_v1(path, 64, max_length, stride, seed=1)
        for _, (inputs, targets) in zip(range(100), loader, strict=False):
            assert inputs.shape == targets.shape == (64, max_length)
            growth[max_length, stride] = max(
                growth.get((max_length, stride), 0), private() - before
            )
    assert len(loader.dataset) > 0.99 * HELD and type(order_of(loader)) is RandomSampler
    every_start = WindowDataset(path, 1024, 1)
    assert len(every_start) == n_tokens - 1024
    assert every_start[len(every_start) - 1][1].tolist() == list(range(1, 1025))
    assert max(growth.values()) < 64e6, growth


def test_a_vocabulary_that_two_bytes_cannot_hold_is_refused(tmp_path):
    class Large:
        n_vocab, eot_token = 100_277, 100_257

    with pytest.raises(
        ValueError, match="100277 ids; a token file holds ids up to 65,535. Use a tokenizer with"
    ):
        write_tokens("text", tmp_path / "tokens.bin", Large())
    assert not list(tmp_path.iterdir())


def test_an_id_beyond_two_bytes_never_wraps_round(tmp_path):
    class Lying:
        n_vocab, eot_token = 50_257, 50_256

        def encode_ordinary(self, text):
            return [65_536]

    with pytest.raises(OverflowError):
        write_tokens("text", tmp_path / "tokens.bin", Lying())
    assert not list(tmp_path.iterdir())


def test_what_fails_midway_leaves_the_old_file_as_it_was(tmp_path):
    path = tmp_path / "tokens.bin"
    assert write_tokens("The old text.", path) == len(read_tokens(path))
    before = path.read_bytes()

    def documents():
        yield "A new text."
        raise RuntimeError("the disk is gone")

    with pytest.raises(RuntimeError, match="the disk is gone"):
        write_tokens(documents(), path)
    with pytest.raises(ValueError, match="Got no document"):
        write_tokens([], path)
    assert (
        path.read_bytes() == before == read_tokens(path).tobytes()
        and len(list(tmp_path.iterdir())) == 2
    )


def test_to_a_worker_a_token_file_travels_as_its_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    token_file(Path("tokens.bin"), 50_000)[:] = range(50_000)
    dataset = WindowDataset(Path("tokens.bin"), 8, 8)
    parcel = pickle.dumps(dataset)
    assert len(parcel) < 1000
    monkeypatch.chdir("/")
    again = pickle.loads(parcel)
    assert torch.equal(again[7][0], dataset[7][0]) and len(again) == len(dataset)
    in_memory = WindowDataset(torch.arange(100), 8, 4)
    parcel = pickle.dumps(in_memory)
    assert len(parcel) < 8 * 100 + 1000  # the ids once, and no view
    assert values(pickle.loads(parcel)) == values(in_memory)


class Masking(WindowDataset):
    """A dataset that a learner builds on ours."""

    def __getitem__(self, index):
        inputs, targets = super().__getitem__(index)
        targets[targets == self.unwanted] = -100
        return inputs, targets


def test_what_a_learner_adds_to_the_dataset_travels_to_a_worker():
    dataset = Masking(NUMBERS, 4, 4)
    dataset.unwanted = 6
    again = pickle.loads(pickle.dumps(dataset))
    assert type(again) is Masking and values(again) == values(dataset)
    batches = values(DataLoader(dataset, 6))
    assert values(DataLoader(dataset, 6, num_workers=1)) == batches
    assert batches[0][1][1] == [5, -100, 7, 8] and batches[0][0][1] == [4, 5, 6, 7]


@pytest.mark.parametrize(
    "start", sorted({"spawn", "fork"} & set(multiprocessing.get_all_start_methods()))
)
def test_workers_load_the_same_batches(tmp_path, start):
    path = tmp_path / "tokens.bin"
    token_file(path, 1000)[:] = range(1000)
    dataset = WindowDataset(path, 8, 4)
    workers = DataLoader(dataset, 16, num_workers=1, multiprocessing_context=start)
    assert values(workers) == values(DataLoader(dataset, 16))


@pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="starts workers by fork"
)
def test_the_books_loader_gives_the_same_batches_with_workers():
    options = {"batch_size": 3, "max_length": 4, "stride": 2, "seed": 7}
    for source in (NUMBERS, "One two three four five six seven eight nine ten eleven."):
        alone = values(create_dataloader_v1(source, **options))
        assert values(create_dataloader_v1(source, **options, num_workers=2)) == alone


# ---- what comes in at the doors -------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [5.0, "2", None, [4]], ids=repr)
@pytest.mark.parametrize("name", ["max_length", "stride", "batch_size"])
def test_a_size_that_is_no_whole_number_is_refused_in_words(name, wrong):
    sizes = {"max_length": 4, "stride": 4, "batch_size": 2, name: wrong}
    doors = [lambda: create_dataloader_v1(list(range(50)), **sizes), lambda: coverage(50, **sizes)]
    for door in doors:
        with pytest.raises(TypeError, match=f"{name} is .*Expected a whole number.*Give"):
            door()


def test_a_size_may_be_a_number_of_numpy():
    assert len(WindowDataset(list(range(50)), np.int64(4), np.int32(4))) == 12


@pytest.mark.parametrize("path", ["/x/tokens.bin", "tokens.bin", "my-story.txt"])
def test_the_path_of_a_file_given_as_a_string_is_no_text(path):
    for door in [
        lambda: create_dataloader_v1(path, 2, 2, 2),
        lambda: GPTDatasetV1(path, gpt2_tokenizer(), 2, 2),
        lambda: write_tokens(path, "never.bin"),
    ]:
        with pytest.raises(ValueError, match="is the path of a file; expected .*pathlib.Path"):
            door()


def test_the_path_of_a_file_that_is_there_is_no_text_whatever_its_name(tmp_path):
    (tmp_path / "my own.tokens").write_bytes(b"1234")
    with pytest.raises(ValueError, match="is the path of a file"):
        create_dataloader_v1(str(tmp_path / "my own.tokens"), 2, 2, 2)


@pytest.mark.parametrize("given", [[1, 2, 3, 4, 5, 6], np.arange(1, 7), torch.arange(1, 7)])
def test_ids_may_come_in_reversed_order(given):
    backwards = given.flip(0) if isinstance(given, torch.Tensor) else given[::-1]
    inputs, targets = WindowDataset(backwards, 5, 5)[0]
    assert inputs.tolist() == [6, 5, 4, 3, 2] and targets.tolist() == [5, 4, 3, 2, 1]


@pytest.mark.parametrize(
    "given", [b"abc", 5, None, Path("a.txt"), [Path("a.txt")], ["a", b"b"]], ids=repr
)
def test_what_is_no_document_is_refused_and_leaves_no_file(tmp_path, given):
    with pytest.raises(TypeError, match="The text is of type .*; expected one string"):
        write_tokens(given, tmp_path / "tokens.bin")
    assert list(tmp_path.iterdir()) == []


def test_documents_may_come_from_a_generator(tmp_path):
    n_tokens = write_tokens((text for text in ["One.", "Two."]), tmp_path / "tokens.bin")
    assert n_tokens == len(read_tokens(tmp_path / "tokens.bin")) == 6


@pytest.mark.parametrize("path", [None, 5])
def test_what_is_no_path_of_a_token_file_is_refused(path):
    for door in [read_tokens, lambda path: write_tokens("One.", path)]:
        with pytest.raises(TypeError, match="path is of type .*; expected a string or a pathlib"):
            door(path)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(["tokens.bin", "tokens.bin.json"]),
    st.sampled_from(["cut", "insert", "mix"]),
    st.floats(0, 0.99),
    st.one_of(st.binary(min_size=1, max_size=4), st.sampled_from([b"1", b"e9", b"e999", b".5"])),
)
def test_a_token_file_of_another_length_or_count_is_refused_or_has_the_right_ids(
    tmp_path, name, kind, at, new
):
    path = tmp_path / "tokens.bin"
    write_tokens(["One.", "Two."], path)
    right, old = read_tokens(path).tolist(), (tmp_path / name).read_bytes()
    place = int(at * len(old))
    damaged = {
        "cut": old[:place],
        "insert": old[:place] + new + old[place:],
        "mix": old[:place] + b'{"n_tokens": 4}'[place:],
    }
    (tmp_path / name).write_bytes(damaged[kind])
    if name == "tokens.bin" and len(damaged[kind]) == len(old):
        return  # other ids in their places: only a hash finds them
    try:
        assert read_tokens(path).tolist() == right
    except ValueError as error:
        for words in ["tokens.bin ", "; expected ", "Write the whole file again"]:
            assert words in str(error)


@pytest.mark.parametrize("n_tokens", ["25", 25.0, None, -1, True], ids=repr)
def test_what_is_no_number_of_tokens_is_refused_in_words(n_tokens):
    for door in [count_windows, coverage]:
        with pytest.raises((TypeError, ValueError), match="n_tokens is .*Expected a whole"):
            door(n_tokens, 4, 4)


@pytest.mark.parametrize(
    "change", [{"seed": "1"}, {"seed": 1.0}, {"num_workers": "2"}, {"num_workers": -1}]
)
def test_what_is_no_seed_or_number_of_workers_is_refused_in_words(change):
    name = next(iter(change))
    with pytest.raises((TypeError, ValueError), match=f"{name} is .*Expected a whole.*Give"):
        create_dataloader_v1(list(range(50)), 2, 4, 4, **change)


@pytest.mark.parametrize("tokenizer", [None, "gpt2", 5])
def test_what_is_no_tokenizer_is_refused_in_words(tokenizer):
    with pytest.raises(TypeError, match="tokenizer is of type .*; expected one that can.*Pass"):
        GPTDatasetV1("Some words of a text.", tokenizer, 2, 2)
