"""The engine of predictions, questions and exercises, and every file of questions there is."""

import json
import re
import subprocess
import sys
from collections import Counter
from html import escape
from pathlib import Path
from types import FunctionType

import pytest

from helpers import check, show
from helpers.exercises import asking
from tests.tools.books import CHAPTERS, NAMES, code, read

VIEW = "application/vnd.jupyter.widget-view+json"
FILES = sorted(check.QUESTIONS.glob("*.json"))
REAL = check.exercises()
GOOD = {
    "predictions": {
        "how-many": {
            "question": "How many tokens has `a--b`?",
            "choices": {
                "`1`": "You kept the word whole.",
                "3": "The dashes are a token too.",
                "<script>4</script>": "You counted <script> signs.",
            },
        },
        "length": {"question": "How long is it?", "number": True, "explain": "It has 12 signs."},
    },
    "quiz": [
        {
            "question": "Is <script> safe?",
            "choices": [
                {"text": "Yes", "right": False, "why": "It would run."},
                {"text": "No", "right": True, "why": "It is <b>escaped</b>."},
            ],
        },
        {
            "question": "Two?",
            "choices": [
                {"text": "2", "right": True, "why": "It is `2`."},
                {"text": "`3`", "right": False, "why": "That is three."},
            ],
        },
    ],
}


@pytest.fixture(autouse=True)
def fresh(monkeypatch, tmp_path):
    """An empty kernel, and a course of two chapters: made-up questions, and no exercises yet."""
    for name, value in (
        ("ANSWERS", {}),
        ("CAME", {}),
        ("SHOWN", {}),
        ("SOLVED", set()),
        ("HERE", set()),
        ("CHAPTERS", ["01", "02"]),
        ("LOADED", {"01": {}, "02": {}}),
    ):
        monkeypatch.setattr(check, name, value)
    monkeypatch.setattr(asking, "QUESTIONS", tmp_path)
    write(tmp_path, GOOD)


def write(folder, data, name="chapter_01.json"):
    text = data if isinstance(data, str) else json.dumps(data)
    (folder / name).write_text(text, encoding="utf-8")


def add(written, chapter="01"):
    """Put a made-up exercise into a chapter, as its file would."""
    task = written(chapter)
    check.LOADED[chapter][task.name] = task
    return task


def written(name, **parts):
    """The class of an exercise with these parts, and with two hints."""
    parts = {"__doc__": "Well done.\n\nHint: first\nHint: second", **parts}
    return type(name, (check.Exercise,), parts)


def told(exercise, answer):
    """What is said to an answer to a made-up exercise."""
    return check.exercise(add(exercise).name, answer)


class count_commas(check.Exercise):
    """Each comma
    was counted.

    Hint: first
    Hint: sec-
      ond
    """

    cases = [("a,b",), ("",), (",,",), ("a, b, c",)]

    def right(text):
        return text.count(",")

    def counts_the_pieces(text):
        """This counts
        the pieces."""
        return len(text.split(","))

    def looks_for_one(text):
        """This only looks for one."""
        return int("," in text)

    def _helper(text):
        return text


def bundle(thing):
    given = thing._repr_mimebundle_()
    assert "<script" not in given["text/html"]
    return given


# Predictions


def test_prediction_is_a_widget_and_stands_still_without_its_answers():
    ask = check.predict("how-many")
    given = bundle(ask)
    assert set(given) == {VIEW, "text/html", "text/plain"}
    assert given[VIEW]["model_id"] == ask.box.model_id
    assert re.search("<code[^>]*>a--b</code>", given["text/html"])
    assert given["text/plain"].splitlines() == [
        "Predict: How many tokens has a--b?",
        "A. 1",
        "B. 3",
        "C. <script>4</script>",
        asking.DECIDE,
    ]
    assert "dashes" not in given["text/html"]
    assert ask.controls[0].index is None and check.ANSWERS == {}


@pytest.mark.parametrize("value", [3, "3"])
def test_skipped_prediction_says_the_same_each_time(value):
    assert check.outcome("how-many", value).text == (
        "What came out: 3. The dashes are a token too."
    )
    assert check.outcome("how-many", value).text == check.outcome("how-many", value).text


def visible(html):
    """What of a page can be read before anything is opened."""
    return show.plain(re.sub("<details>.*?</details>", "", html, flags=re.S))


def test_outcome_without_a_prediction_is_folded_until_it_is_opened_or_run_again():
    check.predict("how-many")
    picture = show.table([["left", 4]], caption="pieces")
    things = ("one\n  two <b>", ["a", 1], picture, 2.5)
    given = bundle(check.outcome("how-many", 3, *things))
    line = "○ Guess first, or run this cell again to see it."
    assert given["text/plain"] == visible(given["text/html"]) == line
    assert given["text/html"].count("<details>") == 1 and "<b>" not in given["text/html"]
    all_of_it = [
        "one", "  two <b>", "['a', 1]", "pieces", "left  4", "2.5",
        "○ What came out: 3. The dashes are a token too.",
    ]  # fmt: skip
    opened = [line, "What came out", *all_of_it]
    assert show.plain(given["text/html"]).splitlines() == opened
    for _ in range(2):
        again = bundle(check.outcome("how-many", 3, *things))
        assert (
            again["text/plain"].splitlines() == all_of_it and "<details" not in again["text/html"]
        )


def test_asked_again_an_outcome_is_folded_again():
    for _ in range(2):
        check.predict("how-many")
        assert "Guess first" in repr(check.outcome("how-many", 3, "a", "--", "b"))
    assert repr(check.outcome("how-many", 3)).startswith("○ What came out: 3.")
    check.predict("how-many").controls[0].index = 1
    assert repr(check.outcome("how-many", 3, "a")).startswith("a\n✓ You predicted it: 3")


def test_outcome_that_was_run_before_any_question_is_folded_as_well():
    assert "Guess first" in repr(check.outcome("length", 12))
    assert "Guess first" not in repr(check.outcome("length", 12))


def test_outcome_after_a_prediction_shows_itself():
    check.predict("how-many", 1)
    given = bundle(check.outcome("how-many", 3, "a", "--", "b"))
    assert "<details" not in given["text/html"]
    assert given["text/plain"].splitlines() == [
        *["a", "--", "b"],
        "○ What came out: 3. You predicted: 1. You kept the word whole.",
    ]


def test_a_guess_after_the_outcome_is_judged_at_once():
    choice, number = check.predict("how-many"), check.predict("length")
    pieces = ["a", "--"]
    check.outcome("how-many", 3, pieces)
    check.outcome("length", 12)
    pieces.append("what is done to it later")
    choice.controls[0].index = 0
    assert show.plain(choice.notes[0].value).splitlines() == [
        "['a', '--']",
        "○ What came out: 3. You predicted: 1. You kept the word whole.",
    ]
    choice.controls[0].index = 1
    assert "✓ You predicted it: 3." in choice.notes[0].value
    number.controls[0].value = "about ten"
    assert "A number is expected" in number.notes[0].value
    assert "12" not in show.plain(number.notes[0].value).replace("1200", "")
    number.controls[0].value = "10"
    assert "Your guess is 2 too low. It has 12 signs." in number.notes[0].value
    assert check.outcome("how-many", 3).passed


def test_a_guess_after_a_changed_line_is_about_what_came_first():
    ask = check.predict("how-many")
    check.outcome("how-many", 3, "first")
    assert check.outcome("how-many", 1, "then").text == "Before, it was: 3. Now it is: 1."
    ask.controls[0].value = "3"
    assert show.plain(ask.notes[0].value).startswith("first\n✓ You predicted it: 3.")
    assert check.outcome("how-many", 1).text == (
        "Before, it was: 3. Now it is: 1. Your prediction was about the first."
    )


def test_a_guess_in_a_question_that_was_asked_anew_is_about_what_will_come():
    check.predict("how-many", 3)
    check.outcome("how-many", 3)
    ask = check.predict("how-many")
    ask.controls[0].value = "`1`".strip("`")
    assert "Noted: 1. Run the next cells to see what comes out." in ask.notes[0].value
    assert check.outcome("how-many", 1).passed


def test_a_number_is_taken_when_it_is_whole():
    (box,) = check.predict("length").controls
    assert not box.continuous_update, "else its first digit would be the guess"


def test_chosen_prediction_is_kept_and_set_beside_what_came_out():
    ask = check.predict("how-many")
    ask.controls[0].index = 0
    assert check.ANSWERS == {"how-many": "1"} and "Noted: 1." in ask.notes[0].value
    assert check.outcome("how-many", 3).text == (
        "What came out: 3. You predicted: 1. You kept the word whole."
    )
    ask.controls[0].value = "3"
    verdict = check.outcome("how-many", 3)
    assert verdict.text == "You predicted it: 3. The dashes are a token too."
    assert verdict.passed


def test_prediction_without_widgets_and_what_is_no_choice():
    check.predict("how-many", 1)
    assert check.ANSWERS["how-many"] == "1"
    with pytest.raises(ValueError, match="Got '2'; expected .*'3'"):
        check.predict("how-many", "2")
    with pytest.raises(ValueError, match="Got 'many'; expected a number"):
        check.predict("length", "many")
    with pytest.raises(ValueError, match="0 predictions have the key 'nothing'"):
        check.predict("nothing")


def test_outcome_that_no_choice_names():
    assert check.outcome("how-many", 7).text == "What came out: 7."
    check.predict("how-many", 1)
    assert check.outcome("how-many", 7).text == (
        "What came out: 7. You predicted: 1. None of the choices says exactly what came out."
    )


def test_after_a_changed_line_nobody_is_praised_or_blamed_for_another_question():
    check.predict("how-many", 3)
    assert check.outcome("how-many", 3).passed
    changed = check.outcome("how-many", 1)
    assert changed.state == "open" and changed.text == (
        "Before, it was: 3. Now it is: 1. Your prediction was about the first."
    )
    assert check.outcome("how-many", 3).passed, "the line is as it was, and so is the verdict"
    check.predict("how-many", 1)
    assert check.outcome("how-many", 1).passed, (
        "a new prediction is about what comes out from now on"
    )


@pytest.mark.parametrize(
    "guess, text",
    [
        ("10", "What came out: 12. You predicted: 10. Your guess is 2 too low. It has 12 signs."),
        (
            "14.5",
            "What came out: 12. You predicted: 14.5. Your guess is 2.5 too high. It has 12 signs.",
        ),
        ("12", "You predicted it: 12. It has 12 signs."),
    ],
)
def test_number(guess, text):
    ask = check.predict("length")
    ask.controls[0].value = "so"
    assert "A number is expected" in ask.notes[0].value and not check.ANSWERS
    ask.controls[0].value = "4"
    ask.controls[0].value = "4 or so"
    assert not check.ANSWERS
    ask.controls[0].value = guess
    assert check.outcome("length", 12).text == check.outcome("length", 12.0).text == text


def test_outcome_escapes_what_it_is_given():
    check.predict("how-many", "<script>4</script>")
    for value in ("<script>x", 3):
        assert "script" in bundle(check.outcome("how-many", value))["text/plain"]
    ask = check.predict("length")
    ask.controls[0].value = "<script>"
    assert "<script" not in ask.notes[0].value


# Malformed questions


@pytest.mark.parametrize(
    "change, named",
    [
        ("{", "predictions: JSONDecodeError"),
        ({"quiz": []}, "predictions: KeyError"),
        ({"predictions": {"k": {"question": "?", "number": True}}, "quiz": []}, "k: KeyError"),
        ({"predictions": {"k": {"question": "?", "choices": ["a"]}}, "quiz": []}, "k: "),
        (
            {"predictions": {"k": {"question": "?", "choices": {"a": 1}}}, "quiz": []},
            "k: TypeError",
        ),
        (
            {"predictions": {"k": {"question": 3, "choices": {"a": "b"}}}, "quiz": []},
            "k: TypeError",
        ),
        ({"predictions": {"k": "?"}, "quiz": []}, "k: "),
    ],
)
def test_malformed_prediction_is_named(tmp_path, change, named):
    write(tmp_path, change)
    with pytest.raises(ValueError, match="chapter_01.json, " + named) as caught:
        check.predict("k")
    assert "top of helpers/check.py" in str(caught.value)


@pytest.mark.parametrize(
    "item, named",
    [
        ({"question": "?", "choices": [{"text": "a", "right": True}]}, "KeyError: 'why'"),
        ({"question": "?", "choices": [{"text": "a", "why": "b"}]}, "KeyError: 'right'"),
        ({"choices": []}, "KeyError: 'question'"),
        (4, ""),
    ],
)
def test_malformed_question_is_named(tmp_path, item, named):
    write(tmp_path, {"predictions": {}, "quiz": [GOOD["quiz"][0], item]})
    with pytest.raises(ValueError, match="chapter_01.json, 2: " + named):
        check.quiz("01")


def test_key_of_two_chapters_is_refused(tmp_path):
    write(tmp_path, GOOD, "chapter_02.json")
    with pytest.raises(ValueError, match="2 predictions have the key 'length'"):
        check.predict("length")


# Questions at the end of a chapter


def test_quiz_explains_each_choice_and_counts():
    quiz = check.quiz("01")
    assert [control.index for control in quiz.controls] == [None, None]
    quiz.controls[0].index = 0
    assert "✗ Not quite. It would run." in quiz.notes[0].value
    assert quiz.score.value == "0 of 2 right so far"
    assert [label for label, _ in quiz.controls[1].options] == ["2", "3"]
    quiz.controls[1].value = "`3`"
    assert "That is three." in quiz.notes[1].value
    quiz.controls[1].index = 0
    assert re.search("✓ Right. It is <code[^>]*>2</code>.", quiz.notes[1].value)
    quiz.controls[0].value = "No"
    assert "&lt;b&gt;escaped" in quiz.notes[0].value
    assert quiz.score.value == "2 of 2 right so far"
    assert set(map(type, quiz.box.children)) == {type(quiz.notes[0]), type(quiz.controls[0])}


def test_quiz_stands_still_with_its_answers_folded():
    given = bundle(check.quiz("01"))
    assert given["text/html"].count("<details><summary>Answers</summary>") == 2
    assert given["text/html"] == bundle(check.quiz("01"))["text/html"]
    for text in ("1. Is <script> safe?", "B. No", "2. Two?"):
        assert text in given["text/plain"].splitlines()
    assert "It would run" in given["text/html"]
    assert "It would run" not in given["text/plain"], "plain text can't be folded"
    with pytest.raises(ValueError, match="No questions exist for '07'"):
        check.quiz("07")


# Exercises


def test_an_exercise_is_read_from_its_class():
    task = add(count_commas)
    assert (task.name, task.chapter, task.why) == ("count_commas", "01", "Each comma was counted.")
    assert task.hints == ["first", "sec- ond"]
    assert list(task.wrong) == ["This counts the pieces.", "This only looks for one."]
    assert check.find("count_commas") is check.exercises()["count_commas"] is task
    assert check.exercises("01") == {"count_commas": task}
    assert check.exercises("02") == check.exercises("99") == {}


def test_right_answer_is_counted():
    verdict = told(count_commas, lambda text: sum(sign == "," for sign in text))
    assert (verdict.passed, verdict.state) == (True, "right")
    assert repr(verdict) == "✓ Right. Each comma was counted."
    assert check.SOLVED == {"count_commas"}


def test_nothing_need_be_said_after_right():
    bare = written("bare", __doc__="Hint: first", cases=[(1,)], right=lambda n: n)
    assert told(bare, lambda n: n).text == "Right."


@pytest.mark.parametrize("place", range(4))
def test_an_answer_that_is_right_at_first_and_wrong_later_is_wrong(place):
    task = add(count_commas)
    case = task.cases[place]

    def once_wrong(text):
        return -1 if (text,) == case else text.count(",")

    verdict = check.exercise("count_commas", once_wrong)
    assert verdict.state == "wrong" and not check.SOLVED
    assert verdict.text.startswith(f"For input {case[0]!r} you gave -1; expected ")


def test_a_right_answer_that_is_changed_to_a_wrong_one_is_wrong():
    add(count_commas)
    assert check.exercise("count_commas", lambda text: text.count(",")).passed
    for answer, state in ((lambda text: 2, "wrong"), (lambda text: ..., "open"), (None, "open")):
        assert check.exercise("count_commas", answer).state == state
    assert "✓ solved: count_commas" in repr(check.progress("01")), "solved once is solved"
    assert check.exercise("count_commas", lambda text: text.count(",")).passed


def blank_value(text):
    return text.count(...)


def blank_result(text): ...


def passes(text):
    """Only words."""
    pass


def blank_later(text):
    return [sign for sign in ... if sign == ","]


def unfinished(text):
    raise NotImplementedError


def blank_without_return(text):
    count = [...]  # noqa: F841


def blank_condition(text):
    return len(text) if ... else 0


class BlankClass:
    def __init__(self, text):
        self.text = text.lower(...)


@pytest.mark.parametrize(
    "answer",
    [
        ...,
        None,
        blank_value,
        blank_result,
        passes,
        blank_later,
        blank_without_return,
        blank_condition,
        unfinished,
        lambda text: ...,
        lambda text: (text, ...),
        lambda text: None,
        BlankClass,
        (1, ...),
    ],
)
def test_not_answered_yet(answer):
    verdict = told(count_commas, answer)
    assert (verdict.passed, verdict.state) == (False, "open")
    assert verdict.text == "Not answered yet. Hint 1: first" and not check.SOLVED


@pytest.mark.parametrize("answer", [..., None, NotImplementedError(), [1, ...], blank_value])
def test_blank(answer):
    assert check.is_blank(answer)
    assert not any(map(check.is_blank, (0, "", "...", [], [None], len, count_commas, ValueError())))


def test_a_function_that_forgets_its_return_is_not_called_unanswered():
    def answer(text):
        count = text.count(",")  # noqa: F841

    verdict = told(count_commas, answer)
    assert verdict.state == "wrong" and "Is a `return` missing, or never reached?" in verdict.text


def test_a_generator_is_named_as_what_it_is():
    letters = written("letters", cases=[("ab",)], right=lambda text: list(text))
    assert told(letters, list).passed
    answer = told(letters, lambda text: (letter for letter in text))
    assert "put `list(...)` around it" in answer.text


def test_an_ellipsis_in_a_right_answer_is_no_blank():
    assert told(count_commas, lambda text: (text.count(","), ...)[0]).passed


def test_the_cell_as_it_came_may_have_words_of_its_own():
    def as_it_came(n):
        """Not answered yet: it still gives n."""
        return n

    task = written("double", cases=[(1,), (2,)], right=lambda n: 2 * n, as_it_came=as_it_came)
    verdict = told(task, lambda n: n)
    assert verdict.state == "open" and verdict.text == "Not answered yet: it still gives n."
    assert check.hint("double").text == "Hint 1 of 2: first", "this was no hint"


@pytest.mark.parametrize(
    "answer, text",
    [
        (lambda text: len(text.split(",")), "This counts the pieces."),
        (lambda text: "," in text and 1 or 0, "This only looks for one."),
        (
            lambda text: 2,
            "For input 'a,b' you gave 2; expected 1. For help, in a new cell: check.hint('count_",
        ),
        (lambda text: "1", "For input 'a,b' you gave '1'; expected 1. For help, in a new cell: "),
        (lambda text: True, "For input 'a,b' you gave True; expected 1."),
        (
            lambda text: text[9],
            "Your code raised IndexError: string index out of range. That was for input 'a,b'",
        ),
        (lambda: 1, "Your code raised TypeError"),
        (
            lambda text: sys.exit("so"),
            "Your code raised SystemExit: so. That was for input 'a,b'; expected",
        ),
        (
            lambda text: sys.exit(),
            "Your code raised SystemExit. That was for input 'a,b'; expected",
        ),
        (
            lambda text: sys.exit("It ends."),
            "Your code raised SystemExit: It ends. That was for input 'a,b'; expected",
        ),
        (lambda text: None if "a" in text else 7, "For input 'a,b' you gave None; expected 1."),
        (lambda text: 1 if "," in text else -1, "This only looks for one."),
        (4, "Got 4; expected a function. Give its name without brackets: check.exercise('cou"),
    ],
)
def test_wrong_answer_is_told_what_it_means(answer, text):
    verdict = told(count_commas, answer)
    assert verdict.state == "wrong" and verdict.text.startswith(text)


def test_long_values_in_a_reply_are_set_as_code_and_stay_escaped():
    verdict = told(count_commas, lambda text: ["<b>calm;moon</b>", "three"])
    assert "you gave ['<b>calm;moon</b>', 'three'];" in verdict.text
    found = re.findall("<code [^>]*>(.*?)</code>", verdict._repr_html_())
    assert escape("['<b>calm;moon</b>', 'three']") in found, "lists are hard to compare as prose"
    assert "<b>" not in verdict._repr_html_()


def test_the_wrong_answer_that_agrees_most_often_is_named():
    def one(n):
        """one"""
        return 0 if n == 1 else n

    def every(n):
        """all"""
        return 0

    parts = {"cases": [(1,), (2,), (3,)], "right": lambda n: n, "one": one, "every": every}
    task = written("t", **parts)
    assert told(task, lambda n: 0).text == "all" and told(task, one).text == "one"


def test_of_equally_good_messages_the_first_is_given():
    def late(n):
        """late"""
        return 0

    def early(n):
        """early"""
        return 0

    task = written("t", cases=[(1,), (2,)], right=lambda n: n, early=early, late=late)
    assert told(task, lambda n: 0).text == "early"


def test_answers_may_change_their_input_and_wrong_ones_may_fail_alike():
    def greedy(items):
        items.clear()
        return 0

    def asks_for_the_first(items):
        """An empty list has no first item."""
        return items[0]

    task = written("t", cases=[([1, 2],), ([],)], right=lambda items: len(items))
    assert told(task, greedy).text.startswith("For input [1, 2] you gave 0; expected 2.")
    assert told(task, len).passed
    task.asks_for_the_first = asks_for_the_first
    assert told(task, lambda items: items[0] + 1 - 1).text == "An empty list has no first item."


def test_an_error_of_the_reference_is_not_hidden():
    def missing(text):
        raise FileNotFoundError("the table")

    with pytest.raises(FileNotFoundError):
        told(written("t", cases=[("",)], right=missing), missing)


def test_values_and_rules():
    def counted_spaces(n):
        """Spaces were counted."""
        return n > 8000

    def one_short(n):
        """One short."""
        return n == 4689

    parts = {"counted_spaces": counted_spaces, "one_short": one_short}
    task = written("v", right=lambda n: n == 4690, **parts)
    assert told(task, 4690).passed and told(task, ...).state == told(task, None).state == "open"
    assert told(task, 9000).text == "Spaces were counted." and told(task, 4689).text == "One short."
    assert (
        told(task, "x").text
        == "You gave 'x', which is not right. For help, in a new cell: check.hint('v')"
    )
    rule = written("r", right=lambda word: len(word) == 3)
    assert told(rule, "abc").passed and told(rule, "a").state == told(rule, 3).state == "wrong"


def test_lazy_cases_and_answers_that_are_classes():
    task = written(
        "c",
        cases=lambda: [("ab",), ("",)],
        right=lambda text: text,
        call=lambda answer, text: answer(text).upper(),
    )

    class Loud(str):
        def upper(self):
            return str(self).upper()

    assert told(task, Loud).passed and told(task, list).state == "wrong"
    assert check.find("c").all_cases() == [("ab",), ("",)]


@pytest.mark.parametrize(
    "parts, said",
    [
        ({"shouts": lambda text: text}, "t.shouts was found; .* message as its docstring. Add the"),
        ({"mark": "a name that is no function"}, "t.mark was found; "),
        ({"judge": passes}, "t.judge was found; expected a function with its own name"),
        ({"__doc__": "Well done."}, 't has no hint; .* with "Hint:". Add three.'),
        ({"__doc__": None}, "t has no hint"),
    ],
)
def test_what_is_wrong_with_an_exercise_is_said_to_whoever_writes_it(parts, said):
    with pytest.raises(ValueError, match=said):
        add(written("t", cases=[("",)], right=lambda text: text, **parts))


def test_everything_is_escaped():
    def shouts(text):
        """<script>2"""
        return text

    parts = {"cases": count_commas.cases, "right": count_commas.right, "shouts": shouts}
    task = written("count_commas", __doc__="Hint: <script>1", **parts)
    for answer in (None, lambda text: text, lambda text: "<script>3", lambda text: 1 / len("")):
        assert "script" in repr(told(task, answer)) or "division" in repr(told(task, answer))
        bundle(told(task, answer))
    bundle(check.hint("count_commas"))


def test_long_answers_are_cut():
    verdict = told(count_commas, lambda text: "x" * 9999)
    assert len(verdict.text) < 300 and "…" in verdict.text
    assert check.short([1, "a\n  b"]) == "[1, 'a\\n  b']" and len(check.short("x" * 999)) == 161


def test_hints_come_one_by_one():
    told(count_commas, None)
    assert check.hint("count_commas").text == "Hint 2 of 2: sec- ond"
    assert check.hint("count_commas").text == "Hint 2 of 2: sec- ond"
    add(count_commas)
    assert check.hint("count_commas").text == "Hint 1 of 2: first"


def test_no_hint_comes_back_after_a_later_one():
    add(written("t", __doc__="Hint: a\nHint: b\nHint: c", right=lambda n: n == 1))
    assert check.hint("t").text.endswith("a") and check.hint("t").text.endswith("b")
    check.exercise("t", None)
    assert check.hint("t").text == "Hint 3 of 3: c"


@pytest.mark.parametrize("ask", [check.find, check.hint, check.exercise])
def test_an_unknown_name_is_answered_by_the_names_that_are_near(ask):
    add(count_commas)
    add(written("letters", cases=[("ab",)], right=lambda text: text), "02")
    with pytest.raises(ValueError) as caught:
        ask("count_comas")
    text = "Got 'count_comas'; expected one of ['count_commas']. Copy one of them."
    assert str(caught.value) == text
    for name in ("xyz", count_commas, ["letters"], None):
        with pytest.raises(ValueError, match="expected one of .*letters"):
            ask(name)


def one(name):
    return written(name, right=lambda n: n == 1)


def test_progress_by_chapter_and_saved_on_request(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told(count_commas, lambda text: text.count(","))
    add(one("other"))
    add(one("later"), "02")
    first = ["Chapter 01: █░ 1 of 2 solved", "✓ solved: count_commas", "○ open: other"]
    second = ["Chapter 02: ░ 0 of 1 solved", "○ open: later"]
    assert repr(check.progress("02")).splitlines() == second
    assert repr(check.progress("all")).splitlines() == [*first, *second]
    assert [path.name for path in tmp_path.iterdir()] == ["chapter_01.json"], (
        "it writes no file unless asked"
    )
    assert repr(check.progress("01", save=tmp_path / "mine.txt")).splitlines() == first
    assert (tmp_path / "mine.txt").read_text("utf-8").splitlines() == first
    assert repr(check.progress("07")) == ""


def test_progress_is_that_of_the_chapter_at_hand():
    for chapter in ("01", "02"):
        add(one(f"in_{chapter}"), chapter)
    assert len(repr(check.progress()).splitlines()) == 4, (
        "nothing was asked yet, so all chapters are shown"
    )
    check.predict("how-many")
    assert repr(check.progress()).splitlines() == ["Chapter 01: ░ 0 of 1 solved", "○ open: in_01"]
    check.HERE.clear()
    check.exercise("in_02", 1)
    assert repr(check.progress()).splitlines() == ["Chapter 02: █ 1 of 1 solved", "✓ solved: in_02"]


# Milestones


class shout(check.Milestone):
    """It shouts.

    Hint: first
    Hint: second
    """

    part = "louder"
    cases = [("a",), ("b c",)]

    def call(answer, text):
        return [answer(word) for word in text.split()]

    def look(whose, answer, text="none"):
        return show.table([[whose, " ".join(map(answer, text.split()))]])

    def right(word):
        return word.upper()

    def keeps_the_word(word):
        """It whispers."""
        return word


def test_what_was_brought_to_a_milestone_is_forgotten_after_it():
    add(shout)
    assert not check.milestone(
        "shout", lambda word: word.upper() if len(word) == 1 else word, "mine"
    ).passed
    assert check.exercise("shout", lambda word: word.upper() if len(word) == 1 else word).passed


def test_a_milestone_puts_a_right_answer_to_work_on_what_a_learner_brings():
    add(shout)
    verdict = check.milestone("shout", lambda word: word.upper(), "mine too")
    assert verdict.passed and check.SOLVED == {"shout"}
    assert repr(verdict).splitlines() == ["✓ Right. It shouts.", "yours  MINE TOO"]
    bundle(check.milestone("shout", lambda word: word.upper(), "<script>"))


@pytest.mark.parametrize("blank", [..., None, passes, unfinished, lambda word: ...])
def test_a_milestone_names_the_part_that_is_missing_and_goes_on_with_the_courses_own(blank):
    add(shout)
    verdict = check.milestone("shout", blank, "mine")
    assert verdict.state == "open" and not check.SOLVED
    assert repr(verdict).splitlines() == [
        "○ Not answered yet: louder isn't finished, so the course's own is used. Hint 1: first",
        "the course's own  MINE",
    ]


def test_a_milestone_is_missed_where_only_what_was_brought_comes_out_wrong():
    add(shout)
    verdict = check.milestone("shout", lambda word: word.upper() if word != "mine" else "", "mine")
    assert verdict.text.startswith("For input 'mine' you gave ['']; expected ['MINE'].")
    assert check.milestone("shout", lambda word: word.upper() if word != "mine" else "").passed


def test_a_milestone_shows_what_a_wrong_answer_does_unless_that_is_an_error():
    add(shout)
    assert repr(check.milestone("shout", lambda word: word, "mine")).splitlines() == [
        "✗ It whispers.",
        "yours  mine",
    ]
    assert "IndexError" in repr(check.milestone("shout", lambda word: word[9], "mine"))
    told = check.milestone("shout", "MINE", "mine").text
    assert told.endswith("Give its name without brackets: check.milestone('shout', your_function)")


def test_an_exercise_is_no_milestone():
    add(count_commas)
    with pytest.raises(ValueError, match="expected a milestone. Call check.exercise"):
        check.milestone("count_commas", len)


# Comparing


@pytest.mark.parametrize(
    "a, b, equal",
    [
        (1, 1.0, True),
        (1, True, False),
        ("1", 1, False),
        ([1, (2,)], (1, [2]), True),
        ([1], [1, 2], False),
        (0.1 + 0.2, 0.3, True),
        (float("nan"), float("nan"), True),
        (200_000, 200_001, False),
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": 1}, {"b": 1}, False),
        (Counter("ab"), {"a": 1, "b": 1}, True),
        ({1}, {1}, True),
        (b"a", "a", False),
        (0, None, False),
    ],
)
def test_same(a, b, equal):
    assert check.same(a, b) is equal and check.same(b, a) is equal


def test_outcome_of_tensors_and_floats():
    torch = pytest.importorskip("torch")
    check.predict("length", 0.3)
    assert check.outcome("length", 0.1 + 0.2).text.startswith("You predicted it: 0.3.")
    check.CAME.clear()  # as in another kernel: this is about another number
    check.SHOWN.clear()
    said = check.outcome("length", torch.tensor(12)).text
    assert said.startswith("What came out: 12.") and "Your guess is 11.7 too low." in said


def test_same_arrays():
    numpy, torch = pytest.importorskip("numpy"), pytest.importorskip("torch")
    rows = torch.arange(6).reshape(2, 3)
    assert check.same(rows, rows.numpy()) and check.same(rows.float(), rows)
    assert check.same(rows.bfloat16(), rows) and check.same(rows / 3, rows.double() / 3)
    assert not check.same(rows, rows.T) and not check.same(rows, rows.flatten())
    assert not check.same(rows, rows.tolist()) and not check.same(rows, rows + 1)
    assert check.same(torch.Size([2, 3]), (2, 3)) and check.same(rows.sum(), 15)
    assert check.same(numpy.float32(0.1), 0.1) and check.same([rows, 1], (rows.clone(), 1))
    assert check.same(torch.nn.Parameter(rows.float()), rows)
    assert not check.same(torch.zeros(0, 3), torch.zeros(0, 4))


def modules_after(code):
    """The modules that a fresh Python has after some code."""
    run = subprocess.run(
        [sys.executable, "-c", f"{code}; import sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        cwd=Path(check.__file__).parent.parent,
        check=True,
    )
    return set(run.stdout.split())


def test_import_brings_no_heavy_module_and_no_exercise():
    found = modules_after("import helpers.check")
    assert not {"torch", "numpy", "ipywidgets", "helpers.exercises.chapter_01"} & found


def test_a_chapter_is_read_when_it_is_asked_for():
    found = modules_after("import helpers.check as c; c.find('shifted'); c.exercises('03')")
    rooms = {name for name in found if name.startswith("helpers.exercises.chapter_")}
    assert rooms == {"helpers.exercises.chapter_00", "helpers.exercises.chapter_03"}
    assert "torch" not in modules_after("import helpers.check as c; c.exercises()")


# What the chapters brought: every exercise and every file of questions


def test_each_exercise_has_a_name_of_its_own():
    rooms = FILES[0].parent.glob("chapter_*.py")
    written = "".join(path.read_text("utf-8") for path in rooms)
    names = re.findall(r"^class (\w+)\((?:Exercise|Milestone)\):", written, re.M)
    assert sorted(names) == sorted(REAL), "two exercises share a name, and one of them is lost"
    for name, task in REAL.items():
        assert type(task).__module__ == f"helpers.exercises.chapter_{task.chapter}", name


@pytest.mark.parametrize("path", CHAPTERS, ids=NAMES)
def test_a_chapter_asks_each_of_its_exercises_once(path):
    sources = "\n".join(cell.source for cell in code(read(path)))
    asked = re.findall(r'^(check\.(?:exercise|milestone))\("(\w+)"', sources, re.M)
    chapter = [task for task in REAL.values() if task.chapter == path.stem[:2]]
    assert sorted(asked) == sorted((task.asked_by, task.name) for task in chapter)


@pytest.mark.parametrize("task", REAL.values(), ids=lambda task: task.name)
def test_exercise_of_a_chapter(task):
    assert task.why and len(task.hints) == 3 and all(task.hints)
    functions = [part for part in vars(type(task)).values() if isinstance(part, FunctionType)]
    assert len(task.wrong) >= 2, "at least two typical wrong answers have a message of their own"
    assert sum(bool(part.__doc__) for part in functions) == len(task.wrong), "a message came twice"
    assert task.judge(..., task.outcomes(...)).state == "open"
    if task.cases is None:
        return  # a rule: what fits it is in the chapter's solution
    expected = task.outcomes(task.right)
    assert task.judge(task.right, expected).passed
    for message, wrong in task.wrong.items():
        verdict = task.judge(wrong, task.outcomes(wrong))
        assert verdict.text == message and not verdict.passed
    assert not all(check.same(out, expected[0]) for out in expected), (
        "the value of one example must not pass"
    )
    for place in range(len(expected)):
        given = [*expected[:place], object(), *expected[place + 1 :]]
        assert not task.judge(len, given).passed, "right on all other cases is not right"


def no_key_twice(pairs):
    assert len(dict(pairs)) == len(pairs), f"a key came twice among {[key for key, _ in pairs]}"
    return dict(pairs)


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_questions_of_a_chapter(path, monkeypatch):
    monkeypatch.setattr(asking, "QUESTIONS", path.parent)
    data = json.loads(path.read_text("utf-8"), object_pairs_hook=no_key_twice)
    assert set(data) == {"predictions", "quiz"}
    assert len(data["predictions"]) >= 3 and 4 <= len(data["quiz"]) <= 6
    for key, item in data["predictions"].items():
        if "number" in item:
            assert set(item) == {"question", "number", "explain"} and item["number"] is True
            whys = {"": item["explain"]}
        else:
            assert set(item) == {"question", "choices"}
            whys = item["choices"]
        fit_to_read(item["question"], whys)
        still = bundle(check.predict(key))["text/plain"]
        assert still.startswith("Predict: ") and still.endswith(f"\n{asking.DECIDE}")
    for item in data["quiz"]:
        whys = explained(item)
        fit_to_read(item["question"], whys)
        assert len(set(whys.values())) == len(whys) >= 3, (
            "each answer has an explanation of its own"
        )
    quiz = check.quiz(path.stem[-2:])
    assert bundle(quiz) and len(quiz.notes) == len(data["quiz"])


PARTS_OF_A_QUESTION = {
    "choice": ({"choices"}, {"text", "right", "why"}),
    "number": ({"form", "choices", "else"}, {"text", "right", "why"}),
    "order": ({"form", "items", "why"}, {"text", "why"}),
    "match": ({"form", "items", "why"}, {"text", "with", "why"}),
}


def explained(item):
    """The texts of a question of a quiz, and to each what is said of it; it must be well formed."""
    form = item.get("form", "choice")
    wanted, of_each = PARTS_OF_A_QUESTION[form]
    assert set(item) == {"question"} | wanted
    if "choices" in item:
        assert all(set(choice) == of_each for choice in item["choices"])
        assert [choice["right"] for choice in item["choices"]].count(True) == 1
        whys = [(choice["text"], choice["why"]) for choice in item["choices"]]
        if form == "number":
            whys.append(("any other number", item["else"]))
        return no_key_twice(whys)
    first = {"text"} if form == "order" else of_each
    assert [set(each) for each in item["items"]] == [first, *[of_each] * (len(item["items"]) - 1)]
    chosen = [each["with"] if form == "match" else each["text"] for each in item["items"]]
    assert len(set(chosen)) == len(chosen) and chosen != sorted(chosen), (
        "what is listed by alphabet would be the answer"
    )
    whys = [(each["text"], each["why"]) for each in item["items"] if "why" in each]
    return no_key_twice([*whys, ("all of it", item["why"])])


def fit_to_read(question, whys):
    assert len(question.split()) >= 3
    for choice, why in whys.items():
        assert len(why.split()) >= 5, f"too short an explanation: {why!r}"
        assert len(choice) <= 100, f"too long for one line: {choice!r}"
    assert len(whys) <= 8


def test_keys_are_used_once_in_all_chapters():
    files = [json.loads(path.read_text("utf-8")) for path in FILES]
    keys = Counter(key for data in files for key in data["predictions"])
    assert [key for key, times in keys.items() if times > 1] == []
