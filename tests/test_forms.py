"""The forms of a question beyond choosing: a number, an order, pairs."""

import json
import re
from itertools import permutations

import pytest
import torch
from torch.utils.data import DistributedSampler

from helpers import check, show
from helpers.backstage.merging import tokens_of
from helpers.bpe import byte_ids, learn_merges
from helpers.embeddings import InputEmbedding
from helpers.exercises import asking
from helpers.windows import count_windows
from helpers.words import build_vocab, split_words

NUMBER = {
    "form": "number",
    "question": "How many <b>tokens</b>?",
    "choices": [
        {"text": "3", "right": True, "why": "It has <i>three</i>."},
        {"text": "2.5", "right": False, "why": "Tokens are <i>whole</i>."},
    ],
    "else": "Count the <i>commas</i> too.",
}
STEPS = ["`cut` <b>it</b>", "add positions", "a lookup"]
ORDER = {
    "form": "order",
    "question": "Put the <b>steps</b> in order.",
    "why": "It <i>flows</i>.",
    "items": [
        {"text": STEPS[0]},
        {"text": STEPS[1], "why": "Adding needs <i>tokens</i>."},
        {"text": STEPS[2], "why": "A lookup needs <i>sums</i>."},
    ],
}
MATCH = {
    "form": "match",
    "question": "Which <b>shape</b> has each?",
    "why": "Each <i>fits</i>.",
    "items": [
        {"text": "`ids` <b>here</b>", "with": "[2, 3]", "why": "One <i>number</i> for a token."},
        {"text": "vectors", "with": "<b>[2, 3, 4]</b>", "why": "Four <i>numbers</i> for a token."},
        {"text": "the table", "with": "[9, 4]", "why": "One <i>row</i> for an id."},
    ],
}
PAIRS = [item["with"] for item in MATCH["items"]]


@pytest.fixture
def ask(monkeypatch, tmp_path):
    """A quiz of these questions."""
    monkeypatch.setattr(asking, "QUESTIONS", tmp_path)

    def of(*items):
        text = json.dumps({"predictions": {}, "quiz": items})
        (tmp_path / "chapter_01.json").write_text(text, encoding="utf-8")
        return check.quiz("01")

    return of


def fill_in(quiz, *values):
    """Answer the one question of a quiz; what is said to it then, as a learner reads it."""
    for control, value in zip(quiz.controls, values, strict=True):
        control.value = value
    assert "<i>" not in quiz.notes[0].value and "<b>" not in quiz.notes[0].value, "not escaped"
    return show.plain(quiz.notes[0].value)


@pytest.mark.parametrize(
    "typed, told",
    [
        ("3", "✓ Right. It has <i>three</i>."),
        (" 3.0 ", "✓ Right. It has <i>three</i>."),
        ("3 %", "✓ Right. It has <i>three</i>."),
        ("2.5", "✗ Not quite. Tokens are <i>whole</i>."),
        ("4", "✗ Not quite. Count the <i>commas</i> too."),
        ("nan", "✗ Not quite. Count the <i>commas</i> too."),
        ("<script>", "○ A number is expected, in digits, such as 1200 or 0.5."),
    ],
)
def test_a_number_is_right_has_an_explanation_of_its_own_or_the_general_one(ask, typed, told):
    quiz = ask(NUMBER)
    assert quiz.notes[0].value == "", "nothing is said before an answer"
    assert fill_in(quiz, typed) == told
    assert quiz.score.value == f"{int(told[0] == '✓')} of 1 right so far"


def test_a_number_is_judged_when_it_is_whole(ask):
    (box,) = ask(NUMBER).controls
    assert not box.continuous_update, "else its first digit would be the answer"


@pytest.mark.parametrize(
    "order, told",
    [
        ((0, 1, 2), "✓ Right. It <i>flows</i>."),
        (
            (1, 0, 2),
            '✗ Not quite. You put "add positions" before "cut <b>it</b>". Adding needs <i>tokens</i>.',
        ),
        (
            (0, 2, 1),
            '✗ Not quite. You put "a lookup" before "add positions". A lookup needs <i>sums</i>.',
        ),
        (
            (2, 0, 1),
            '✗ Not quite. You put "a lookup" before "add positions". A lookup needs <i>sums</i>.',
        ),
    ],
)
def test_an_order_is_right_or_its_first_wrong_pair_is_explained(ask, order, told):
    quiz = ask(ORDER)
    assert fill_in(quiz, *(STEPS[place] for place in order)) == told


def test_only_one_order_is_right_and_a_mended_order_counts(ask):
    quiz = ask(ORDER)
    came = [fill_in(quiz, *order)[0] for order in permutations(STEPS)]
    assert came == ["✓", *"✗✗✗✗✗"]
    fill_in(quiz, *STEPS)
    assert quiz.score.value == "1 of 1 right so far"


@pytest.mark.parametrize("item, texts", [(ORDER, STEPS), (MATCH, PAIRS)], ids=["order", "match"])
def test_nothing_is_judged_before_all_is_chosen(ask, item, texts):
    quiz = ask(item)
    assert [control.value for control in quiz.controls] == ["", "", ""]
    assert quiz.notes[0].value == ""
    quiz.controls[2].value = texts[2]
    assert show.plain(quiz.notes[0].value) == "○ Still to choose: 2 of 3."
    quiz.controls[0].value = texts[2]
    assert quiz.score.value == "0 of 1 right so far"
    assert fill_in(quiz, *texts)[0] == "✓"
    quiz.controls[1].value = ""
    assert show.plain(quiz.notes[0].value) == "○ Still to choose: 1 of 3."
    assert quiz.score.value == "0 of 1 right so far", "an answer that was taken back counts no more"


def test_a_step_that_stands_twice_is_named_by_the_one_that_is_missing(ask):
    told = fill_in(ask(ORDER), STEPS[1], STEPS[1], STEPS[2])
    assert told == '○ "cut <b>it</b>" is missing, because another one is there twice.'


@pytest.mark.parametrize(
    "given, told",
    [
        ((0, 1, 2), "✓ Right. Each <i>fits</i>."),
        (
            (2, 1, 0),
            '✗ Not quite. "[9, 4]" does not go with "ids <b>here</b>". One <i>number</i> for a token.',
        ),
        (
            (0, 2, 2),
            '✗ Not quite. "[9, 4]" does not go with "vectors". Four <i>numbers</i> for a token.',
        ),
    ],
)
def test_pairs_are_right_or_the_first_wrong_one_is_explained(ask, given, told):
    assert fill_in(ask(MATCH), *(PAIRS[place] for place in given)) == told


def test_each_form_stands_still_with_what_there_is_to_choose_from_and_without_its_answer(ask):
    quiz = ask(NUMBER, ORDER, MATCH)
    given = quiz._repr_mimebundle_()
    html = given["text/html"]
    assert given["text/plain"].splitlines() == [
        "1. How many <b>tokens</b>?",
        "2. Put the <b>steps</b> in order.",
        "A. cut <b>it</b>",
        "B. a lookup",
        "C. add positions",
        "3. Which <b>shape</b> has each?",
        "1. ids <b>here</b>",
        "2. vectors",
        "3. the table",
        "A. <b>[2, 3, 4]</b>",
        "B. [2, 3]",
        "C. [9, 4]",
        asking.DECIDE,
    ]
    assert html.count("<details><summary>Answers</summary>") == 3
    for told in ("three", "needs", "number", "row", "flows", "fits"):
        assert told not in given["text/plain"], "plain text can't be folded"
    assert "<i>" not in html and "<b>tokens" not in html, "a question's own signs are text"


def test_live_each_control_stands_beneath_its_question_and_is_named(ask):
    quiz = ask(NUMBER, ORDER, MATCH)
    kinds = [type(part).__name__ for part in quiz.box.children]
    three = ["Dropdown"] * 3
    html = ["HTML"]  # a question, and what is said to its answer
    named = ["HTML", "Dropdown"] * 3  # what goes with what stands before its list
    assert kinds == [*html, "Text", *html, *html, *three, *html, *html, *named, *html, *html]
    # Older widgets take a description as HTML, so it holds nothing of the question.
    assert [control.description for control in quiz.controls] == ["", *["1.", "2.", "3."] * 2]
    shown = [label for label, _ in quiz.controls[1].options]
    assert shown == ["choose", "cut <b>it</b>", "a lookup", "add positions"]
    questions = "".join(part.value for part in quiz.box.children if hasattr(part, "placeholder"))
    assert re.search("1. <code[^>]*>ids</code> &lt;b&gt;here&lt;/b&gt;", questions)
    assert "<b>tokens" not in questions and "<b>shape" not in questions


@pytest.mark.parametrize(
    "change, named",
    [
        ({**NUMBER, "else": None}, "TypeError"),
        ({**NUMBER, "choices": [{"text": "so", "right": True, "why": "No."}]}, "ValueError"),
        ({key: NUMBER[key] for key in ("form", "question", "choices")}, "KeyError: 'else'"),
        ({**ORDER, "items": [{"text": "a"}, {"text": "b"}]}, "KeyError: 'why'"),
        ({**ORDER, "items": ["a", "b"]}, "TypeError"),
        ({**MATCH, "items": [{"text": "a", "why": "b"}]}, "KeyError: 'with'"),
        ({**MATCH, "form": "guess"}, "KeyError: 'guess'"),
    ],
)
def test_a_malformed_question_of_each_form_is_named(ask, change, named):
    with pytest.raises(ValueError, match="chapter_01.json, 2: " + named) as caught:
        ask(NUMBER, change)
    assert "top of helpers/check.py" in str(caught.value)


# What the chapters ask in these forms, computed by the course's own helpers


def asked(chapter, form):
    """The one question of this form in a chapter's quiz, and the whole numbers in it."""
    path = check.QUESTIONS / f"chapter_{chapter}.json"
    items = json.loads(path.read_text("utf-8"))["quiz"]
    (item,) = [item for item in items if item.get("form") == form]
    numbers = re.findall(r"\d+", item["question"].replace(",", ""))
    return item, [int(number) for number in numbers]


def right_and_wrong(item):
    """The right number of a question, and the wrong ones that are explained by name."""
    right = [float(each["text"]) for each in item["choices"] if each["right"]]
    return right[0], {float(each["text"]) for each in item["choices"] if not each["right"]}


def windows_of_chapter_04():
    item, (n_tokens, length, stride) = asked("04", "number")
    named = {
        count_windows(n_tokens, length, length),  # side by side
        count_windows(n_tokens, length, 1),
        count_windows(n_tokens + 1, length, stride),  # as if the last needed no target
        n_tokens // stride,
    }
    return item, count_windows(n_tokens, length, stride), named


def numbers_of_chapter_07():
    item, (n_vocab, context_length, window, dim) = asked("07", "number")
    tables = InputEmbedding(n_vocab, context_length, dim)
    short = InputEmbedding(n_vocab, window, dim)
    named = {
        tables.token.weight.numel(),
        short.position.weight.numel(),
        (context_length - 1) * dim,
        context_length,
    }
    return item, tables.position.weight.numel(), named


def tokens_of_chapter_01():
    item, _ = asked("01", "number")
    name, text = re.findall("`([^`]+)`", item["question"])
    assert name == split_words.__name__
    words, tokens = re.findall(r"\w+", text), split_words(text)
    hyphens_apart = [part for token in tokens for part in re.split("(?<=-)", token) if part]
    return item, len(tokens), {len(text.split()), len(words), len(hyphens_apart)}


def largest_id_of_chapter_02():
    item, (n_tokens,) = asked("02", "number")
    vocab = build_vocab(map(str, range(n_tokens)))
    return item, max(vocab.values()), {len(vocab)}


def distance_of_chapter_05():
    item, _ = asked("05", "number")
    cosine = float(re.search(r"cosine of ([\d.]+\d)", item["question"])[1])
    one, other = torch.eye(2)[0], torch.tensor([cosine, (1 - cosine**2) ** 0.5])
    assert cosine == pytest.approx(torch.cosine_similarity(one, other, dim=0).item())
    return item, round((one - other).norm().item(), 6), {1 - cosine, 2 - cosine}


def windows_of_chapter_09():
    item, (n_windows, ranks) = asked("09", "number")

    def read(drop_last):
        by_rank = [
            DistributedSampler(range(n_windows), ranks, rank, drop_last=drop_last)
            for rank in range(ranks)
        ]
        return sum(map(len, by_rank))

    named = {n_windows, n_windows - 1, read(drop_last=False), read(drop_last=True) // ranks}
    return item, read(drop_last=True), named


NUMBERS = {
    "01": tokens_of_chapter_01,
    "02": largest_id_of_chapter_02,
    "04": windows_of_chapter_04,
    "05": distance_of_chapter_05,
    "07": numbers_of_chapter_07,
    "09": windows_of_chapter_09,
}


@pytest.mark.parametrize("compute", NUMBERS.values(), ids=NUMBERS)
def test_a_number_of_a_quiz_is_what_the_helpers_compute(compute):
    item, right, named = compute()
    assert right_and_wrong(item) == (right, named), item["question"]


def test_every_number_of_a_quiz_is_computed_by_a_test():
    asking_for_one = {
        path.stem[-2:]
        for path in check.QUESTIONS.glob("chapter_*.json")
        if '"form": "number"' in path.read_text("utf-8")
    }
    assert asking_for_one == set(NUMBERS)


def test_chapter_3_asks_for_merges_in_the_order_in_which_they_are_learned():
    item, counts = asked("03", "order")
    words = re.findall("`([^`]+)`", item["question"])
    rows = [(byte_ids(word), count) for word, count in zip(words, counts, strict=True)]
    merges = [each["text"].strip("`") for each in item["items"]]
    for ties in ("first", "smallest", "greatest"):
        tokens = tokens_of(learn_merges(rows, len(merges), ties))
        assert [token.decode() for token in tokens[256:]] == merges, f"a tie is decided by {ties}"


def test_chapter_6_matches_each_thing_to_the_shape_that_it_has():
    item, (sequences, tokens, n_vocab, dim) = asked("06", "match")
    table = torch.nn.Embedding(n_vocab, dim)
    ids = torch.randint(n_vocab, (sequences, tokens))
    shapes = {
        "the table": table.weight.shape,
        "what comes out": table(ids).shape,
        "the vector of one token": table(ids)[0, 0].shape,
        "the ids as one-hot rows": torch.nn.functional.one_hot(ids, n_vocab).shape,
    }
    told = {each["text"]: each["with"] for each in item["items"]}
    assert told == {name: str(list(shape)) for name, shape in shapes.items()}


def test_at_least_five_chapters_ask_in_other_forms_than_choosing():
    forms = {
        path.stem: re.findall(r'"form": "(\w+)"', path.read_text("utf-8"))
        for path in check.QUESTIONS.glob("chapter_*.json")
    }
    assert len([name for name, found in forms.items() if found]) >= 5
    assert set(sum(forms.values(), [])) == {"number", "order", "match"}
