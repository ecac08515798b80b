"""Chapter 4: what it builds equals the helpers, its known values come out, exercises answer."""

import json
from types import SimpleNamespace

import pytest
import torch

from helpers import check, show, windows
from helpers.backstage.downloads import ROOT
from helpers.bpe import gpt2_tokenizer
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
        "tokenizer": gpt2_tokenizer(),
        "text": load_text("the-wall-walker"),
        "torch": torch,
        "check": check,
        "show": show,
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


def test_the_verdict_leaves_24_targets_after_39_windows(built):
    ids = built.tokenizer.encode_ordinary(_text("the-verdict"))
    inputs, targets = built.make_windows(ids, 256, 128)
    assert (len(ids), len(inputs)) == (5145, 39)
    assert windows.coverage(len(ids), 256, 128).tail == 24
    assert targets[-1] == ids[-24 - 256 : -24]


def test_each_prediction_has_its_outcome_among_its_choices():
    code = "".join(
        "".join(cell["source"]) for cell in json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    )
    questions = json.loads((ROOT / "helpers/exercises/chapter_04.json").read_text("utf-8"))[
        "predictions"
    ]
    values = {
        "windows_25_10_5": 3,
        "questions_in_a_window": 4,
        "overlap_4_1": 3,
        "lost_stride_5": 5,
        "updates_40_4": 10,
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
    exercise = check.find(name)
    assert check.exercise(name, exercise.right).passed
    said = {check.exercise(name, wrong).text for wrong in exercise.wrong.values()}
    assert said == set(exercise.wrong) and len(said) >= 2
    assert len(exercise.hints) >= 3


def told(name, answer):
    """What is said to an answer."""
    return check.exercise(name, answer).text


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

    assert "shifted by one" in told("window_pair", no_shift)
    for stride, said in (
        (lambda length, overlap: overlap, "Not answered yet: the overlap is still"),
        (lambda length, overlap: length, "share nothing"),
        (lambda length, overlap: length + overlap, "leave gaps"),
        (lambda length, overlap: length - overlap, "Right."),
    ):
        assert said in told("cut_with_overlap", cut(stride))
    assert "gaps" in told("count_lost", tail_only)
    assert check.exercise("mended_windows", lists_in_place_of_pairs).passed
    assert check.exercise("window_pair", ...).state == "open"
    assert check.exercise("count_lost", lambda *_: None).state == "open"


def test_the_first_answers_that_come_to_mind_are_told_what_is_wrong_with_them():
    def targets(cut):
        return lambda ids, max_length, stride: [
            (ids[i : i + max_length], cut(ids, i, max_length))
            for i in range(0, len(ids) - max_length, stride)
        ]

    for pair, said in (
        (lambda ids, i, n: (ids[i : i + n + 1], ids[i + 1 : i + n + 2]), "Input and target are"),
        (lambda ids, i, n: (ids[i : i + n + 1], ids[i + 1 : i + n + 1]), "input is one id too"),
        (lambda ids, i, n: (ids[i : i + n], ids[i + n]), "one for each position"),
        (lambda ids, i, n: (ids[i : i + n], ids[i + n : i + n + 1]), "one for each position"),
    ):
        assert said in told("window_pair", pair)
    for target, said in (
        (lambda ids, i, n: ids[i + 1 : i + n], "one id too short"),
        (lambda ids, i, n: ids[i + n], "one for each position"),
    ):
        assert said in told("mended_windows", targets(target))


def count_lost_with(gaps, wide):
    """An answer to count_lost that counts this many gaps, each this wide."""

    def count_lost(n_tokens, max_length, stride):
        count = len(range(0, n_tokens - max_length, stride))
        if count == 0:
            return max(0, n_tokens - 1)
        return (n_tokens - 1 - max_length) % stride + gaps(count) * wide(stride - max_length)

    return count_lost


def test_what_is_lost_needs_the_first_window_whole_and_each_gap():
    def like_the_others(n_tokens, max_length, stride):
        count = len(range(0, n_tokens - max_length, stride))
        return max(0, n_tokens - 1) - count * min(max_length, stride)

    assert "The first window asks" in told("count_lost", like_the_others)
    right = count_lost_with(lambda count: count - 1, lambda gap: max(0, gap))
    assert check.exercise("count_lost", right).passed
    for gaps, wide, said in (
        (lambda count: int(count > 1), lambda gap: max(0, gap), "one gap only"),
        (lambda count: count - 1, lambda gap: int(gap > 0), "one token for each gap"),
        (lambda count: count, lambda gap: max(0, gap), "after the last window"),
    ):
        verdict = check.exercise("count_lost", count_lost_with(gaps, wide))
        assert not verdict.passed and said in verdict.text


def test_what_is_said_to_a_guess_is_true_after_a_change_too():
    check.predict("windows_25_10_5", "4")
    assert "With 25 numbers" in check.outcome("windows_25_10_5", 4).text
    assert check.outcome("windows_25_10_5", 3).text.startswith("Before, it was: 4. Now it is: 3.")
    check.predict("windows_25_10_5", "3")


def test_the_core_uses_no_view_and_no_word_of_later_chapters():
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    for wanted in ("class GPTDatasetV1(", "def create_dataloader_v1(", "updates = 0"):
        (source,) = ("".join(cell["source"]) for cell in cells if wanted in "".join(cell["source"]))
        assert not any(word in source for word in ("unfold", "optimizer", "pin_memory"))
