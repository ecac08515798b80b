"""Chapter 4: what it builds equals the helpers, it prints the known values, and its exercises answer."""

import json
from types import SimpleNamespace

import pytest
import torch

from helpers import check, windows
from helpers.backstage.downloads import ROOT
from helpers.texts import load_text

NOTEBOOK = ROOT / "notebooks" / "04_sliding_windows.ipynb"


@pytest.fixture(scope="module")
def built():
    """What the chapter's own cells define, by name; cells are taken by what they define."""
    cells = [
        "".join(cell["source"])
        for cell in json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
        if cell["cell_type"] == "code"
    ]
    names = {
        "tokenizer": windows.gpt2_tokenizer(),
        "text": load_text("the-wall-walker"),
        "torch": torch,
        "check": check,
    }
    for wanted in (
        "def make_windows(",
        "def lost_targets(",
        "def count_windows(",
        "class GPTDatasetV1(",
        "def create_dataloader_v1(",
    ):
        found = [cell for cell in cells if wanted in cell]
        assert len(found) == 1, f"one cell says {wanted}"
        exec(found[0], names)
    return SimpleNamespace(**names)


@pytest.fixture(scope="module", params=["the-verdict", "the-awakening"])
def book(request):
    return request.param, _text(request.param)


def _text(name):
    try:
        return load_text(name)
    except RuntimeError as error:
        pytest.skip(f"{name} could not be had: {error}")


def test_the_count_that_is_built_equals_the_helper(built):
    for n in range(40):
        for length in range(1, 9):
            for stride in range(1, 9):
                assert built.count_windows(n, length, stride) == windows.count_windows(
                    n, length, stride
                )
                lost = windows.coverage(n, length, stride).targets_lost
                assert len(built.lost_targets(n, length, stride)) == lost


@pytest.mark.parametrize(("length", "stride"), [(4, 4), (4, 1), (3, 3), (256, 128), (10, 5)])
def test_the_dataset_that_is_built_equals_the_helper(built, book, length, stride):
    text = book[1]
    ours = built.GPTDatasetV1(text, built.tokenizer, length, stride)
    helpers = windows.GPTDatasetV1(text, built.tokenizer, length, stride)
    assert torch.equal(ours.input_ids, helpers.input_ids) and torch.equal(
        ours.target_ids, helpers.target_ids
    )


def test_the_loader_that_is_built_shuffles_like_the_helper(built):
    batches = []
    for create in (built.create_dataloader_v1, windows.create_dataloader_v1):
        torch.manual_seed(123)
        batches.append(
            [(x.tolist(), y.tolist()) for x, y in create(built.text, max_length=32, stride=16)]
        )
    assert batches[0] == batches[1] and batches[0]


def test_the_verdict_gives_the_known_first_batch(built):
    x, _ = next(iter(built.create_dataloader_v1(_text("the-verdict"), 8, 4, 4, shuffle=False)))
    assert x.tolist() == [
        [40, 367, 2885, 1464],
        [1807, 3619, 402, 271],
        [10899, 2138, 257, 7026],
        [15632, 438, 2016, 257],
        [922, 5891, 1576, 438],
        [568, 340, 373, 645],
        [1049, 5975, 284, 502],
        [284, 3285, 326, 11],
    ]


def test_the_verdict_in_batches_of_two_reads_as_known(built):
    loader = iter(built.create_dataloader_v1(_text("the-verdict"), 2, 4, 1, shuffle=False))
    texts = [
        [[built.tokenizer.decode(row) for row in part.tolist()] for part in next(loader)]
        for _ in range(2)
    ]
    assert texts == [
        [
            ["I HAD always", " HAD always thought"],
            [" HAD always thought", "AD always thought Jack"],
        ],
        [
            ["AD always thought Jack", " always thought Jack G"],
            [" always thought Jack G", " thought Jack Gis"],
        ],
    ]


def test_the_awakening_gives_the_known_batches(built):
    text = _text("the-awakening")
    x, y = next(iter(built.create_dataloader_v1(text, 1, 4, 1, shuffle=False)))
    assert (x.tolist(), y.tolist()) == ([[2, 11851, 25, 383]], [[11851, 25, 383, 28832]])
    x, y = next(iter(built.create_dataloader_v1(text, 8, 4, 4, shuffle=False)))
    assert x.tolist() == [
        [2, 11851, 25, 383],
        [28832, 198, 198, 2235],
        [6434, 25, 16693, 40159],
        [259, 198, 198, 2235],
        [6280, 25, 47465, 198],
        [198, 26866, 198, 198],
        [2235, 220, 314, 198],
        [198, 32, 4077, 290],
    ]
    assert y.tolist() == [
        [11851, 25, 383, 28832],
        [198, 198, 2235, 6434],
        [25, 16693, 40159, 259],
        [198, 198, 2235, 6280],
        [25, 47465, 198, 198],
        [26866, 198, 198, 2235],
        [220, 314, 198, 198],
        [32, 4077, 290, 7872],
    ]
    x, _ = next(iter(built.create_dataloader_v1(text, 8, 3, 3, shuffle=False)))
    assert x.tolist() == [
        [2, 11851, 25],
        [383, 28832, 198],
        [198, 2235, 6434],
        [25, 16693, 40159],
        [259, 198, 198],
        [2235, 6280, 25],
        [47465, 198, 198],
        [26866, 198, 198],
    ]


def test_the_numbers_that_pictures_get_wrong(built):
    inputs, targets = built.make_windows(list(range(16)), 10, 5)
    assert [(x[0], x[-1], y[0], y[-1]) for x, y in zip(inputs, targets, strict=True)] == [
        (0, 9, 1, 10),
        (5, 14, 6, 15),
    ]
    assert [built.count_windows(25, 10, stride) for stride in (5, 10)] == [3, 2]
    assert [built.count_windows(20, 10, stride) for stride in (1, 5, 10)] == [10, 2, 1]
    assert built.lost_targets(14, 4, 4) == [13]
    assert built.lost_targets(14, 4, 5) == [5, 10, 11, 12, 13]


def test_the_verdict_leaves_24_targets_behind_39_windows(built):
    ids = built.tokenizer.encode_ordinary(_text("the-verdict"))
    inputs, targets = built.make_windows(ids, 256, 128)
    assert (len(ids), len(inputs)) == (5145, 39)
    assert windows.coverage(len(ids), 256, 128).tail == 24
    assert targets[-1] == ids[-24 - 256 : -24]


def test_each_prediction_has_its_outcome_among_its_choices():
    code = "".join(
        "".join(cell["source"]) for cell in json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    )
    questions = json.loads((ROOT / "helpers/exercises/04_sliding_windows.json").read_text("utf-8"))[
        "predictions"
    ]
    values = {
        "windows_25_10_5": 3,
        "questions_in_a_window": 4,
        "overlap_4_1": 3,
        "lost_stride_5": 5,
        "updates_40_4": 10,
        "windows_1000_100": 9,
    }
    assert values.keys() == questions.keys()
    for key, value in values.items():
        assert code.count(f'predict("{key}")') == code.count(f'outcome("{key}"') == 1
        assert "number" in questions[key] or str(value) in questions[key]["choices"]
        check.predict(key, value)
        assert check.outcome(key, value).passed


@pytest.mark.parametrize(
    "name", ["window_pair", "cut_with_overlap", "count_lost", "mended_windows"]
)
def test_each_typical_wrong_answer_gets_its_own_message(name):
    exercise = check.EXERCISES[name]
    assert exercise(exercise.right).passed
    said = {exercise(wrong).text for wrong in exercise.wrong.values()}
    assert said == set(exercise.wrong) and len(said) >= 2
    assert len(exercise.hints) >= 3


def test_answers_as_learners_write_them_are_understood():
    def no_shift(ids, start, max_length):
        return ids[start : start + max_length], ids[start : start + max_length]

    def tail_only(n_tokens, max_length, stride):
        if n_tokens <= max_length:
            return max(0, n_tokens - 1)
        return (n_tokens - 1 - max_length) % stride

    def lists_in_place_of_pairs(ids, max_length, stride):
        return [
            [ids[i : i + max_length], ids[i + 1 : i + 1 + max_length]]
            for i in range(0, len(ids) - max_length, stride)
        ]

    def cut(stride):
        return lambda ids, max_length, overlap: [
            ids[i : i + max_length]
            for i in range(0, len(ids) - max_length, stride(max_length, overlap))
        ]

    assert "move on by one" in check.window_pair(no_shift).text
    assert (
        "Not answered yet: the overlap is still"
        in check.cut_with_overlap(cut(lambda length, overlap: overlap)).text
    )
    assert "share nothing" in check.cut_with_overlap(cut(lambda length, overlap: length)).text
    assert (
        "leave gaps" in check.cut_with_overlap(cut(lambda length, overlap: length + overlap)).text
    )
    assert check.cut_with_overlap(cut(lambda length, overlap: length - overlap)).passed
    assert "gaps" in check.count_lost(tail_only).text
    assert check.mended_windows(lists_in_place_of_pairs).passed
    assert check.count_lost(
        lambda n, length, stride: (
            max(0, n - 1)
            if n <= length
            else (n - 1 - length) % stride
            + (-(-(n - length) // stride) - 1) * max(0, stride - length)
        )
    ).passed
    assert check.window_pair(...).state == check.count_lost(lambda *_: None).state == "open"


def test_the_first_answers_that_come_to_mind_are_told_what_is_wrong_with_them():
    def targets(cut):
        return lambda ids, max_length, stride: [
            (ids[i : i + max_length], cut(ids, i, max_length))
            for i in range(0, len(ids) - max_length, stride)
        ]

    assert (
        "Input and target are one id too long"
        in check.window_pair(
            lambda ids, start, n: (ids[start : start + n + 1], ids[start + 1 : start + n + 2])
        ).text
    )
    assert (
        "The input is one id too long"
        in check.window_pair(
            lambda ids, start, n: (ids[start : start + n + 1], ids[start + 1 : start + n + 1])
        ).text
    )
    for one in (
        lambda ids, start, n: (ids[start : start + n], ids[start + n]),
        lambda ids, start, n: (ids[start : start + n], ids[start + n : start + n + 1]),
    ):
        assert "one for each position" in check.window_pair(one).text
    assert (
        "one id too short"
        in check.mended_windows(targets(lambda ids, i, n: ids[i + 1 : i + n])).text
    )
    assert (
        "one for each position" in check.mended_windows(targets(lambda ids, i, n: ids[i + n])).text
    )


def test_what_is_lost_needs_the_first_window_whole_and_each_gap():
    def count(n, length, stride):
        return max(0, -(-(n - length) // stride))

    def lost(n, length, stride, gaps, wide):
        if count(n, length, stride) == 0:
            return max(0, n - 1)
        return (n - 1 - length) % stride + gaps(count(n, length, stride)) * wide(stride - length)

    assert (
        "The first window asks"
        in check.count_lost(
            lambda n, length, stride: (
                n - 1 - count(n, length, stride) * min(length, stride) if n else 0
            )
        ).text
    )
    for gaps, wide, said in (
        (lambda w: w > 1, lambda gap: max(0, gap), "one gap only"),
        (lambda w: w - 1, lambda gap: gap > 0, "one token for each gap"),
        (lambda w: w, lambda gap: max(0, gap), "behind the last window"),
    ):
        verdict = check.count_lost(
            lambda n, length, stride: int(lost(n, length, stride, gaps, wide))
        )  # noqa: B023
        assert not verdict.passed and said in verdict.text


def test_what_is_said_to_a_guess_is_true_after_a_change_too():
    check.predict("windows_25_10_5", "4")
    assert "With 25 numbers" in check.outcome("windows_25_10_5", 4).text
    assert check.outcome("windows_25_10_5", 3).text.startswith("Before, 4 came out, and now 3.")
    check.predict("windows_25_10_5", "3")


def test_the_core_uses_no_view_and_no_word_of_later_chapters():
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    for wanted in ("class GPTDatasetV1(", "def create_dataloader_v1(", "updates = 0"):
        (source,) = ("".join(cell["source"]) for cell in cells if wanted in "".join(cell["source"]))
        assert not any(word in source for word in ("unfold", "optimizer", "pin_memory"))
