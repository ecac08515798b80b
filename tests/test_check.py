"""The engine of predictions, questions and exercises, and every file of questions there is."""

import json
import sys
from collections import Counter
from pathlib import Path

import pytest

from helpers import check

VIEW = "application/vnd.jupyter.widget-view+json"
FILES = sorted(check.QUESTIONS.glob("*.json"))
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
    """An empty kernel, and a folder with one chapter of made-up questions."""
    for name, empty in (
        ("ANSWERS", {}),
        ("EXERCISES", {}),
        ("SOLVED", set()),
        ("HERE", set()),
        ("CAME", {}),
    ):
        monkeypatch.setattr(check, name, empty)
    monkeypatch.setattr(check, "QUESTIONS", tmp_path)
    write(tmp_path, GOOD)


def write(folder, data, name="01_made_up.json"):
    text = data if isinstance(data, str) else json.dumps(data)
    (folder / name).write_text(text, encoding="utf-8")


def commas(**changes):
    """A small exercise: count the commas of a text."""
    values = {
        "chapter": "01",
        "hints": ("first", "second"),
        "why": "Each comma was counted.",
        "cases": [("a,b",), ("",), (",,",), ("a, b, c",)],
        "right": lambda text: text.count(","),
        "wrong": {
            "This counts the pieces.": lambda text: len(text.split(",")),
            "This only looks for one.": lambda text: int("," in text),
        },
        **changes,
    }
    return check.Exercise("count_commas", **values)


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
    assert "<code>a--b</code>" in given["text/html"]
    assert given["text/plain"].splitlines() == [
        "Predict: How many tokens has a--b?",
        "A. 1",
        "B. 3",
        "C. <script>4</script>",
    ]
    assert "dashes" not in given["text/html"]
    assert ask.controls[0].index is None and check.ANSWERS == {}


@pytest.mark.parametrize("value", [3, "3"])
def test_skipped_prediction_says_the_same_each_time(value):
    assert check.outcome("how-many", value).text == (
        "You did not predict this one. What came out: 3. The dashes are a token too."
    )


def test_chosen_prediction_is_kept_and_set_beside_what_came_out():
    ask = check.predict("how-many")
    ask.controls[0].index = 0
    assert check.ANSWERS == {"how-many": "1"} and "Noted: 1." in ask.notes[0].value
    assert check.outcome("how-many", 3).text == (
        "You predicted 1; what came out is 3. You kept the word whole."
    )
    ask.controls[0].value = "3"
    verdict = check.outcome("how-many", 3)
    assert verdict.text == "You predicted 3, and 3 came out. The dashes are a token too."
    assert verdict.passed


def test_prediction_without_widgets_and_what_is_no_choice():
    check.predict("how-many", 1)
    assert check.ANSWERS["how-many"] == "1"
    with pytest.raises(ValueError, match="'2' came; expected is .*'3'"):
        check.predict("how-many", "2")
    with pytest.raises(ValueError, match="'many' came; expected is a number"):
        check.predict("length", "many")
    with pytest.raises(ValueError, match="0 predictions have the key 'nothing'"):
        check.predict("nothing")


def test_outcome_that_no_choice_names():
    assert check.outcome("how-many", 7).text == "You did not predict this one. What came out: 7."
    check.predict("how-many", 1)
    assert check.outcome("how-many", 7).text == (
        "You predicted 1; what came out is 7. None of the choices says exactly this."
    )


def test_after_a_changed_line_nobody_is_praised_or_blamed_for_another_question():
    check.predict("how-many", 3)
    assert check.outcome("how-many", 3).passed
    changed = check.outcome("how-many", 1)
    assert changed.state == "open" and changed.text == (
        "Before, 3 came out, and now 1. Your prediction was about the first."
    )
    assert check.outcome("how-many", 3).passed, "the line is as it was, and so is the verdict"
    check.predict("how-many", 1)
    assert check.outcome("how-many", 1).passed, (
        "a new prediction is about what comes out from now on"
    )


@pytest.mark.parametrize(
    "guess, text",
    [
        ("10", "You predicted 10; what came out is 12. Your guess is 2 too low. It has 12 signs."),
        (
            "14.5",
            "You predicted 14.5; what came out is 12. Your guess is 2.5 too high. It has 12 signs.",
        ),
        ("12", "You predicted 12, and 12 came out. It has 12 signs."),
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
    with pytest.raises(ValueError, match="01_made_up.json, " + named) as caught:
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
    with pytest.raises(ValueError, match="01_made_up.json, 2: " + named):
        check.quiz("01")


def test_key_of_two_chapters_is_refused(tmp_path):
    write(tmp_path, GOOD, "02_other.json")
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
    assert "✓ Right. It is <code>2</code>." in quiz.notes[1].value
    quiz.controls[0].value = "No"
    assert "&lt;b&gt;escaped" in quiz.notes[0].value
    assert quiz.score.value == "2 of 2 right so far"
    assert set(map(type, quiz.box.children)) == {type(quiz.notes[0]), type(quiz.controls[0])}


def test_quiz_stands_still_with_its_answers_folded():
    given = bundle(check.quiz("01"))
    assert given["text/html"].count("<details><summary>Answers</summary>") == 2
    assert given["text/html"] == bundle(check.quiz("01"))["text/html"]
    for text in ("1. Is <script> safe?", "B. No", "A. Not quite. It would run.", "2. Two?"):
        assert text in given["text/plain"].splitlines()
    with pytest.raises(ValueError, match="No questions came for '07'"):
        check.quiz("07")


# Exercises


def test_right_answer_is_counted():
    verdict = commas()(lambda text: sum(sign == "," for sign in text))
    assert (verdict.passed, verdict.state) == (True, "right")
    assert repr(verdict) == "✓ Right. Each comma was counted."
    assert check.SOLVED == {"count_commas"}


def blank_value(text):
    return text.count(...)


def blank_result(text): ...


def blank_later(text):
    return [sign for sign in ... if sign == ","]


def unfinished(text):
    raise NotImplementedError


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
        blank_later,
        unfinished,
        lambda text: ...,
        lambda text: (text, ...),
        BlankClass,
        (1, ...),
    ],
)
def test_not_answered_yet(answer):
    verdict = commas()(answer)
    assert (verdict.passed, verdict.state) == (False, "open")
    assert verdict.text == "Not answered yet. Hint 1: first" and not check.SOLVED


def test_a_function_that_forgets_its_return_is_not_called_unanswered():
    def answer(text):
        count = text.count(",")  # noqa: F841

    verdict = commas()(answer)
    assert verdict.state == "wrong" and "Is a `return` missing?" in verdict.text


def test_a_generator_is_named_as_what_it_is():
    letters = check.Exercise(
        "letters", chapter="09", hints=("a", "b", "c"), cases=[("ab",)], right=list
    )
    assert letters(list).passed
    assert "put `list(...)` around it" in letters(lambda text: (letter for letter in text)).text


def test_an_ellipsis_in_a_right_answer_is_no_blank():
    assert commas()(lambda text: (text.count(","), ...)[0]).passed


@pytest.mark.parametrize(
    "answer, text",
    [
        (lambda text: len(text.split(",")), "This counts the pieces."),
        (lambda text: "," in text and 1 or 0, "This only looks for one."),
        (lambda text: 2, "For input 'a,b' you gave 2; expected 1. For help: check.hint('count_"),
        (lambda text: "1", "For input 'a,b' you gave '1'; expected 1. For help: "),
        (lambda text: True, "For input 'a,b' you gave True; expected 1."),
        (lambda text: text[9], "For input 'a,b' your code raised IndexError: string index out of"),
        (lambda: 1, "For input 'a,b' your code raised TypeError"),
        (4, "4 came; expected is a function. Give its name without brackets"),
    ],
)
def test_wrong_answer_is_told_what_it_means(answer, text):
    verdict = commas()(answer)
    assert verdict.state == "wrong" and verdict.text.startswith(text)


def test_the_wrong_answer_that_agrees_most_often_is_named():
    wrong = {"one": lambda n: 0 if n == 1 else n, "all": lambda n: 0}
    task = check.Exercise(
        "t", chapter="01", hints="h", cases=[(1,), (2,), (3,)], right=lambda n: n, wrong=wrong
    )
    assert task(lambda n: 0).text == "all" and task(wrong["one"]).text == "one"


def test_answers_may_change_their_input_and_wrong_ones_may_fail_alike():
    def greedy(items):
        items.clear()
        return 0

    task = check.Exercise(
        "t",
        chapter="01",
        hints="h",
        cases=[([1, 2],), ([],)],
        right=len,
        wrong={"An empty list has no first item.": lambda items: items[0]},
    )
    assert task(greedy).text.startswith("For input [1, 2] you gave 0; expected 2.")
    assert task(len).passed
    assert task(lambda items: items[0] + 1 - 1).text == "An empty list has no first item."


def test_an_error_of_the_reference_is_not_hidden():
    def missing(text):
        raise FileNotFoundError("the table")

    with pytest.raises(FileNotFoundError):
        commas(right=missing)(missing)


def test_values_and_rules():
    task = check.Exercise(
        "v",
        chapter="02",
        hints=("look",),
        right=4690,
        wrong={"Spaces were counted.": lambda n: n > 8000, "One short.": 4689},
    )
    assert task(4690).passed and task(...).state == task(None).state == "open"
    assert task(9000).text == "Spaces were counted." and task(4689).text == "One short."
    assert task("x").text == "You gave 'x', which is not it. For help: check.hint('v')"
    rule = check.Exercise("r", chapter="02", hints=("look",), right=lambda word: len(word) == 3)
    assert rule("abc").passed and rule("a").state == rule(3).state == "wrong"


def test_lazy_cases_and_answers_that_are_classes():
    task = check.Exercise(
        "c",
        chapter="02",
        hints=("look",),
        cases=lambda: [("ab",), ("",)],
        right=str,
        call=lambda answer, text: answer(text).upper(),
    )

    class Loud(str):
        def upper(self):
            return str(self).upper()

    assert task(Loud).passed and task(list).state == "wrong"


def test_everything_is_escaped():
    task = commas(hints=("<script>1",), wrong={"<script>2": lambda text: text})
    for answer in (None, lambda text: text, lambda text: "<script>3", lambda text: 1 / len("")):
        assert "script" in repr(task(answer)) or "division" in repr(task(answer))
        bundle(task(answer))
    bundle(check.hint("count_commas"))


def test_long_answers_are_cut():
    verdict = commas()(lambda text: "x" * 9999)
    assert len(verdict.text) < 300 and "…" in verdict.text


def test_hints_come_one_by_one():
    commas()(None)
    assert check.hint("count_commas").text == "Hint 2 of 2: second"
    assert check.hint("count_commas").text == "Hint 2 of 2: second"
    commas()
    assert check.hint("count_commas").text == "Hint 1 of 2: first"
    with pytest.raises(ValueError, match="'count' came; expected is one of .*count_commas"):
        check.hint("count")


def test_progress_by_chapter_and_saved_on_request(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    commas()(lambda text: text.count(","))
    check.Exercise("other", chapter="01", hints=("h",), right=1)
    check.Exercise("later", chapter="02", hints=("h",), right=1)
    first = ["Chapter 01: █░ 1 of 2 solved", "✓ solved: count_commas", "○ open: other"]
    second = ["Chapter 02: ░ 0 of 1 solved", "○ open: later"]
    assert repr(check.progress("02")).splitlines() == second
    assert repr(check.progress("all")).splitlines() == [*first, *second]
    assert [path.name for path in tmp_path.iterdir()] == ["01_made_up.json"], (
        "it writes no file unless asked"
    )
    assert repr(check.progress("01", save=tmp_path / "mine.txt")).splitlines() == first
    assert (tmp_path / "mine.txt").read_text("utf-8").splitlines() == first


def test_progress_is_that_of_the_chapter_at_hand():
    for chapter in ("01", "02"):
        check.Exercise(f"in_{chapter}", chapter=chapter, hints=("h",), right=1)
    assert len(repr(check.progress()).splitlines()) == 4, (
        "nothing was asked yet, so all chapters are shown"
    )
    check.predict("how-many")
    assert repr(check.progress()).splitlines() == ["Chapter 01: ░ 0 of 1 solved", "○ open: in_01"]
    check.HERE.clear()
    check.in_02(1)
    assert repr(check.progress()).splitlines() == ["Chapter 02: █ 1 of 1 solved", "✓ solved: in_02"]


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
    assert check.outcome("length", 0.1 + 0.2).text.startswith("You predicted 0.3, and 0.3 ")
    check.CAME.clear()  # as in another kernel: this is about another number
    assert "is 12. Your guess is 11.7 too low." in check.outcome("length", torch.tensor(12)).text


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


def test_import_brings_no_heavy_module():
    import subprocess

    code = "import sys, helpers.check; print({'torch', 'numpy', 'ipywidgets'} & set(sys.modules))"
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=Path(check.__file__).parent.parent,
        check=True,
    )
    assert run.stdout.strip() == "set()"


# What the chapters brought: every exercise and every file of questions

REAL = list(check.EXERCISES.values())


def test_each_exercise_has_a_name_of_its_own():
    rooms = {
        path.stem: path.read_text("utf-8")
        for path in Path(check.exercises.__file__).parent.glob("chapter_*.py")
    }
    assert sum(source.count("= Exercise(") for source in rooms.values()) == len(REAL)
    for task in REAL:
        room = getattr(check.exercises, f"chapter_{task.chapter}", None)
        assert getattr(room, task.name, None) is task, (
            f"{task.name} is not in the room of its chapter {task.chapter}"
        )


@pytest.mark.parametrize("task", REAL, ids=lambda task: task.name)
def test_exercise_of_a_chapter(task):
    assert len(task.chapter) == 2 and task.chapter.isdigit()
    assert len(task.hints) >= 3 and all(isinstance(hint, str) and hint for hint in task.hints)
    assert len(task.wrong) >= 2, "at least two typical wrong answers have a message of their own"
    assert task(...).state == "open"
    if task.cases is None and callable(task.right):
        return  # a rule: what fits it is in the chapter's solution
    assert task(task.right).passed
    for message, wrong in task.wrong.items():
        assert task.cases is None and callable(wrong) or task(wrong).text == message
    if task.cases is None:
        return
    cases = task.cases() if callable(task.cases) else task.cases
    outs = [task.call(task.right, *case) for case in cases]
    assert not all(check.same(o, outs[0]) for o in outs), "the value of one example must not pass"


def no_key_twice(pairs):
    assert len(dict(pairs)) == len(pairs), f"a key came twice among {[key for key, _ in pairs]}"
    return dict(pairs)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_questions_of_a_chapter(path, monkeypatch):
    monkeypatch.setattr(check, "QUESTIONS", path.parent)
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
        assert bundle(check.predict(key))["text/plain"].startswith("Predict: ")
    for item in data["quiz"]:
        assert set(item) == {"question", "choices"}
        assert [choice["right"] for choice in item["choices"]].count(True) == 1
        assert all(set(choice) == {"text", "right", "why"} for choice in item["choices"])
        whys = no_key_twice([(choice["text"], choice["why"]) for choice in item["choices"]])
        fit_to_read(item["question"], whys)
    assert bundle(check.quiz(path.stem[:2]))


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
