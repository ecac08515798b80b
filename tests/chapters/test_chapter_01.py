"""Chapter 1: what it builds is what helpers has, its claims hold on every text, its exercises answer."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import partial

import pytest
import regex

from helpers import check, play, show
from helpers.bpe import GPT2_PATTERN
from helpers.texts import load_text
from helpers.words import SPLIT, split_words
from tests.test_words import NASTY
from tests.tools.books import CHAPTERS, Chapter, code, read, shown

PATH = next((path for path in CHAPTERS if path.stem.startswith("01_")), None)
pytestmark = pytest.mark.skipif(PATH is None, reason="chapter 1 is not built yet")
DATA = Chapter("01").questions
MARKS = r'([,.:;?_!"()\'%s]|%s|\s)'


@pytest.fixture(params=["the-wall-walker", "the-verdict", "the-awakening"])
def story(request) -> str:
    """Each text of the course in turn."""
    return (
        load_text()
        if request.param == "the-wall-walker"
        else request.getfixturevalue(request.param.split("-")[1])
    )


@pytest.fixture(scope="module")
def built() -> dict:
    """What the chapter's own cells define: its pattern and its split_words."""
    names = {"re": re, "heard": ""}
    for cell in code(read(PATH)):
        if cell.source.startswith(("SPLIT = ", "def split_words")):
            exec(cell.source, names)
    return names


# ---- what it builds ----


def test_the_chapters_pattern_and_split_words_are_those_of_helpers(built, story):
    assert built["SPLIT"] == SPLIT
    assert built["split_words"] is not split_words
    assert built["split_words"](story) == split_words(story)


@pytest.mark.parametrize("text", NASTY, ids=ascii)
def test_they_agree_on_unusual_text_too(built, text):
    assert built["split_words"](text) == split_words(text)


def test_it_prints_the_counts_the_first_99_characters_and_the_first_30_tokens():
    printed = "\n".join(shown(cell) for cell in code(read(PATH)))
    text = load_text("the-wall-walker")
    assert f"Total number of characters: {len(text)}\n{text[:99]}" in printed
    assert f"Number of tokens: {len(split_words(text))}\n{split_words(text)[:30]}" in printed


# ---- what it claims ----


def test_with_one_group_around_everything_the_pieces_are_the_text(story):
    for pattern in (r"(\s)", r"([,.]|\s)", SPLIT, r"(--|-)"):
        assert "".join(re.split(pattern, story)) == story
    assert "".join(re.split(r"\s", story)) == "".join(story.split())


def test_splitting_removes_no_comma_and_no_full_stop_only_white_space(story):
    for pattern in (r"([,.]|\s)", SPLIT):
        kept = [item for item in re.split(pattern, story) if item.strip()]
        assert (kept.count(","), kept.count(".")) == (story.count(","), story.count("."))
        assert Counter("".join(kept)) == Counter(
            character for character in story if not character.isspace()
        )
    assert "," not in re.split(r"[,.]|\s", story)


def test_each_step_makes_more_tokens_and_fewer_different_ones(story):
    kept = [
        [piece for piece in re.split(pattern, story) if piece.strip()]
        for pattern in (r"\s", r"([,.]|\s)", SPLIT)
    ]
    assert len(kept[0]) < len(kept[1]) < len(kept[2])
    assert len(set(kept[0])) > len(set(kept[1])) > len(set(kept[2]))


def test_lowercase_saves_types_and_no_token(story):
    words, lowered = split_words(story), split_words(story.lower())
    assert len(lowered) == len(words) and len(set(lowered)) < len(set(words))


@pytest.mark.parametrize("wet, walks", [(True, [True, True]), (False, [True, False])])
def test_of_two_programs_with_the_same_tokens_the_second_walks_only_when_it_is_wet(wet, walks):
    programs = {}
    exec("\n".join(Chapter("01").source_of("always = ").splitlines()[:2]), programs)
    always, when_wet = programs["always"], programs["when_wet"]
    assert split_words(always) == split_words(when_wet)
    for program, walks_then in zip((always, when_wet), walks, strict=True):
        steps = []
        names = {"wet": wet, "hat": "hat", "take": str, "walk": partial(steps.append, 1)}
        exec(program, names)
        assert bool(steps) == walks_then, f"wet is {wet}; who walks is told otherwise:\n{program}"


def test_runs_of_letters_shatter_hindi_at_each_sign_and_a_class_for_marks_mends_it():
    word, is_mark = "सुप्रभात", unicodedata.category
    found = re.findall(r"\w+|[^\w\s]", word)
    marks = [character for character in word if is_mark(character).startswith("M")]
    assert [piece for piece in found if piece in marks] == marks and len(found) == 7
    assert regex.findall(GPT2_PATTERN, word) == found, "GPT-2's pattern cuts elsewhere"
    printed = Chapter("01").printed(word)
    assert str(found) in printed and str([word]) in printed


def test_the_pattern_in_gpt2s_source_and_tiktokens_cut_alike_and_lose_nothing(story):
    cell = Chapter("01").source_of("in_its_source = ")
    space = {"text": story, "heard": "Tick.", "show": show}
    exec(cell, space)
    pieces = regex.findall(space["in_its_source"], story)
    assert pieces == regex.findall(GPT2_PATTERN, story) and "".join(pieces) == story


def test_an_emoji_with_a_skin_tone_is_two_characters_and_one_grapheme_cluster():
    assert len("👏🏽") == 2 and regex.findall(r"\X", "👏🏽") == ["👏🏽"]


def test_the_promise_and_the_first_question_come_before_the_objectives():
    cells = read(PATH).cells
    asked = next(i for i, cell in enumerate(cells) if "check.predict(" in cell.source)
    promised = next(i for i, cell in enumerate(cells) if re.search("^- ", cell.source, re.M))
    assert "probability distribution over the next token" in cells[0].source
    assert asked < promised, "the objectives push the first question off the first screen"
    for cell in cells[:asked]:
        if cell.cell_type == "code" and "Set-up" not in cell.source:
            assert len(cell.source.splitlines()) <= 3, f"much code comes first:\n{cell.source}"


def test_the_playground_draws_the_start_of_any_text(story):
    playground = play.regex(story[:300])
    assert f"{len(split_words(story[:300]))} pieces kept" in repr(playground)


# ---- its questions ----


def test_each_prediction_comes_out_as_the_chapter_says():
    came = {
        "ticks": "Tick. The sea let go. Tick! The sea leaned. Tick, tick.".split().count("Tick"),
        "two_spaces": len(re.split(r"(\s)", "a  b")),
        "price": [piece for piece in re.split(r"([,.]|\s)", "12.50") if piece.strip()],
        "half_open": split_words("half-open--or shut"),
        "tokens_per_100": 130,
    }
    assert set(came) == set(DATA["predictions"])
    for key, value in came.items():
        check.predict(key, value if "number" in DATA["predictions"][key] else str(value))
        assert check.outcome(key, value).passed, key


def test_each_wrong_prediction_is_answered_by_its_own_explanation():
    for key, item in DATA["predictions"].items():
        for choice, why in item.get("choices", {}).items():
            ask = check.predict(key, choice)
            assert choice in ask.notes[0].value or "Noted" in ask.notes[0].value
            right = {
                "ticks": "0",
                "two_spaces": "5",
                "price": "['12', '.', '50']",
                "half_open": "['half-open', '--', 'or', 'shut']",
            }[key]
            assert why in check.outcome(key, right).text
        assert len(set(item.get("choices", {}).values())) == len(item.get("choices", {}))


def test_what_the_quiz_calls_right_is_right():
    assert str(re.split(r"(-|--)", "a--b")) == "['a', '-', '', '-', 'b']"
    assert re.split(r"[,.]|\s", "a,b") == ["a", "b"]
    assert split_words("吾輩は猫である。名前はまだ無い。") == ["吾輩は猫である。名前はまだ無い。"]


# ---- its exercises ----


def cut(pattern, keep=str.strip):
    """An answer as a learner writes it."""

    def answer(text):
        return [piece for piece in re.split(pattern, text) if keep(piece)]

    return answer


WRONG = {
    "cut_ledger": {
        "semicolons are lost": cut(r"[;\s]"),
        "empty pieces are still there": lambda text: list(re.split(r"(;|\s)", text)),
        "a space is not empty": cut(r"(;|\s)", lambda piece: piece != ""),
        "at semicolons only": cut(r"(;)"),
        "Put one pair around the whole pattern": cut(r"(;)|(\s)", lambda piece: piece.strip()),
        "a pair of parentheses that takes no part": cut(r"(;)|\s", lambda piece: piece.strip()),
        "commas and full stops": cut(r"([,.]|\s)"),
    },
    "split_poem": {
        "Not answered yet: this is still `split_words`": cut(SPLIT),
        "Without an `r` before it": cut(SPLIT, lambda piece: piece.strip() or piece == r"\n"),
        "always is": cut(SPLIT, lambda piece: piece.strip() or "\n"),
        "Every piece of white space": cut(SPLIT, lambda piece: piece),
        "Tabs are tokens now too": cut(SPLIT, lambda piece: piece and piece != " "),
        "and tabs": cut(SPLIT, lambda piece: piece != " "),
        "Only line breaks are left": cut(SPLIT, lambda piece: piece == "\n"),
        "Nothing is left": cut(SPLIT, lambda piece: piece.strip() and piece == "\n"),
    },
    "split_hyphens": {
        "still two hyphens": cut(MARKS % ("", "-|--")),
        "still one token": cut(SPLIT),
        "takes it as one": cut(MARKS % ("", "-+")),
        "Are the parentheses still": cut(r'[,.:;?_!"()\']|--|-|\s'),
    },
    "split_modern": {
        "glued to words, as in `split_words`": split_words,
        "outside, they match only side by side": cut(SPLIT + "|“”‘’—"),
        "`—` is still glued": cut(MARKS % ("“”‘’", "--")),
        "`‘` and `’` are still glued": cut(MARKS % ("“”—", "--")),
        "White space is among": lambda text: re.split(MARKS % ("“”‘’—", "--"), text),
        "Keep the parentheses": cut(r'[,.:;?_!"()\'“”‘’—]|--|\s'),
        "Keep one pair around": lambda text: cut(SPLIT + "|[“”‘’—]", lambda piece: piece.strip())(
            text
        ),
        "which has no `strip`": lambda text: cut(SPLIT + "|([“”‘’—])", lambda piece: piece.strip())(
            text
        ),
        "You changed characters": lambda text: split_words(
            text.replace("“", '"')
            .replace("”", '"')
            .replace("‘", "'")
            .replace("’", "'")
            .replace("—", "--")
        ),
    },
}
RIGHT = {
    "cut_ledger": [cut(r"(;|\s)"), cut(r"([;\s])"), lambda line: re.findall(r"[^;\s]+|;", line)],
    "split_poem": [
        cut(SPLIT, lambda piece: piece == "\n" or piece.strip()),
        cut(SPLIT, lambda piece: piece.strip(" \t")),
        lambda text: [piece for piece in re.split(SPLIT, text) if piece not in ("", " ", "\t")],
    ],
    "split_hyphens": [cut(MARKS % ("", "--|-")), cut(MARKS % ("", "--?"))],
    "split_modern": [cut(MARKS % ("“”‘’—", "--")), cut(MARKS % ("", "“|”|‘|’|—|--"))],
}


@pytest.mark.parametrize("name, part", [(name, part) for name in WRONG for part in WRONG[name]])
def test_each_usual_mistake_is_told_apart(name, part):
    verdict = check.exercise(name, WRONG[name][part])
    assert not verdict.passed and part in verdict.text, verdict.text


@pytest.mark.parametrize("name", RIGHT)
def test_every_right_way_passes(name):
    for answer in RIGHT[name]:
        assert check.exercise(name, answer).passed


@pytest.mark.parametrize("name", RIGHT)
def test_an_answer_that_fails_otherwise_is_shown_the_first_case_it_fails_on(name):
    def broken(text):
        return text.nothing()

    verdict = check.exercise(name, broken)
    assert verdict.state == "wrong" and "Your code raised AttributeError" in verdict.text
    assert "expected a function" in check.exercise(name, ["calm", ";"]).text


@pytest.mark.parametrize("name", RIGHT)
def test_there_are_three_hints(name):
    assert check.find(name).chapter == "01" and len(check.find(name).hints) == 3
