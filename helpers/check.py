"""Instant answers: predictions, the questions at a chapter's end, exercises, progress.

helpers/exercises/chapter_01.json (a text may hold `code`; a KEY is used once in all the chapters):
  {"predictions": {"KEY": {"question": "", "choices": {"choice": "what this guess means, or why"}},
                   "KEY": {"question": "", "number": true, "explain": "why it is so"}},
   "quiz": [{"question": "", "choices": [{"text": "", "right": true, "why": ""}, ...]}]}
In outcome(KEY, value) the right choice is the one whose text, without backticks, is str(value).

An exercise is one statement in the room of its chapter in helpers/exercises, and is called as
check.<name>(answer):
  count_commas = Exercise(
      "count_commas", chapter="01", hints=("first", "second", "third"), why="said after Right.",
      cases=[("a,b",), ("",), (",,",)],     # the arguments of each call, or a function giving them
      right=lambda text: text.count(","),   # imports torch inside, if it needs it
      wrong={"This counts the pieces.": lambda text: len(text.split(","))})
Without cases the answer is a value; right and each wrong are a value, or a function of the answer
that says whether it fits. `call=lambda answer, *case: ...` tells how to try one that is a class.
"""
from __future__ import annotations

import copy
import json
import math
import re
from html import escape
from pathlib import Path

from .show import Picture

QUESTIONS = Path(__file__).resolve().parent / "exercises"
ANSWERS, EXERCISES, SOLVED = {}, {}, set()  # key -> prediction, name -> Exercise, names
CAME = {}  # key -> what came out first
HERE = set()  # the chapters that this kernel has asked something of
STATES = {"right": "✓ #009E73 #DFF3EC", "wrong": "✗ #D55E00 #FBE6DA", "open": "○ #0072B2 #E1EEF7"}


def rich(text: str) -> str:
    """Text as safe HTML; what stands in backticks is shown as code."""
    text = escape(text).replace("  ", "&nbsp; ")  # else a page shows two spaces as one
    return re.sub("`([^`]+)`", r"<code>\1</code>", text)


class Verdict(Picture):
    """What is said to an answer: `.text`; `.state` is "right", "wrong" or "open"; `.passed`."""

    def __init__(self, state: str, text: str):
        mark, edge, tint = STATES[state].split()
        style = f"color:#111;background:{tint};border-left:4px solid {edge};padding:.3em .6em"
        super().__init__(f'<div style="{style}">{mark} {rich(text)}</div>')
        self.state, self.passed, self.text = state, state == "right", text


class Ask(Picture):
    """Questions as still text; where widgets live also `.controls` and `.notes`, and a `.score`."""

    def __init__(self, items: list, reply, folded: bool):
        import ipywidgets as w

        def listed(texts):
            return "".join(f"<div>{'ABCDEFGH'[i]}. {rich(t)}</div>" for i, t in enumerate(texts))

        super().__init__("")
        self.controls, self.notes, self.score, parts = [], [], w.HTML(), []
        wide = {"width": "max-content"}  # else long choices are cut off
        for number, (question, choices) in enumerate(items):
            asked = f"<div><b>{rich(question)}</b></div>"
            self.html += asked + listed(choices)
            if folded:  # the empty <div> starts a line in the plain text
                whys = listed(choices.values())
                self.html += f"<details><summary>Answers</summary><div></div>{whys}</details>"
            self.notes.append(w.HTML())
            options = [(text.replace("`", ""), text) for text in choices]
            self.controls.append(w.RadioButtons(options=options, index=None, layout=wide)
                                 if choices else w.Text(placeholder="a number"))
            self.controls[-1].observe(lambda change, number=number: setattr(
                self.notes[number], "value", reply(number, change["new"]).html), "value")
            parts += [w.HTML(asked), self.controls[-1], self.notes[-1]]
        self.box = w.VBox([*parts, self.score])

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        view = {"version_major": 2, "version_minor": 0, "model_id": self.box.model_id}
        return {"application/vnd.jupyter.widget-view+json": view, **super()._repr_mimebundle_()}


def _items(part: str, files: str = "*") -> list:
    """All (key, item, chapter) of predictions or quizzes; what is malformed is named by its key."""
    found = []
    for path in sorted(QUESTIONS.glob(f"{files}.json")):
        key = part
        try:
            data = json.loads(path.read_text("utf-8"))[part]
            for key, item in data.items() if part == "predictions" else enumerate(data, 1):
                choices = {"": item["explain"]} if "number" in item else item["choices"]
                if part == "quiz":
                    choices = {c["text"]: c["why"] for c in choices if c["right"] in (True, False)}
                "".join([item["question"], *choices, *choices.values()])  # fails on what is no text
                found.append((key, item, path.stem[-2:]))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path.name}, {key}: {type(error).__name__}: {error}. Expected is "
                             "the format at the top of helpers/check.py. Mend it.") from error
    return found


def _prediction(wanted: str) -> tuple[dict, dict]:
    items = [(item, chapter) for key, item, chapter in _items("predictions") if key == wanted]
    if len(items) != 1:
        raise ValueError(f"{len(items)} predictions have the key {wanted!r}; expected is one. "
                         "Look for it in helpers/exercises.")
    (item, chapter), = items
    HERE.add(chapter)
    choices = item.get("choices", {})
    return item, {text.replace("`", ""): why for text, why in choices.items()}


def predict(key: str, answer=None) -> Ask:
    """Ask for a prediction, or keep `answer` as it; ValueError if it is no choice or no number."""
    item, choices = _prediction(key)

    def keep(_, given) -> Verdict:
        CAME.pop(key, None)
        try:
            ANSWERS[key] = given if choices else float(given)
        except ValueError:
            ANSWERS.pop(key, None)
            return Verdict("open", "A number is expected, in digits, such as 1200 or 0.5.")
        return Verdict("open", f"Noted: {given}. Run the next cell to see what comes out.")

    ask = Ask([(f"Predict: {item['question']}", choices)], keep, folded=False)
    if answer is not None:
        ANSWERS.pop(key, None)
        if str(answer) in choices or not choices:
            ask.controls[0].value = str(answer)
        if key not in ANSWERS:
            wanted = f"one of {list(choices)}" if choices else "a number"
            raise ValueError(f"{_short(answer)} came; expected is {wanted}. Change the answer.")
    return ask


def outcome(key: str, value) -> Verdict:
    """What came out, beside what was predicted, and why; of another value than the first, only that it came."""
    (item, choices), guess = _prediction(key), ANSWERS.get(key)
    value = value.item() if getattr(value, "shape", None) == () else value
    came = f"{value:.10g}" if isinstance(value, float) else str(value)
    if CAME.setdefault(key, came) != came:
        about = "" if guess is None else " Your prediction was about the first."
        return Verdict("open", f"Before, {CAME[key]} came out, and now {came}.{about}")
    why = item.get("explain") or choices.get(came, "")
    if guess is None:
        why = f"You did not predict this one. What came out: {came}. {why}"
        return Verdict("open", why.strip())
    if not choices:
        off, guess = guess - float(value), f"{guess:.10g}"
        if came != guess:
            why = f"Your guess is {abs(off):.10g} too {'high' if off > 0 else 'low'}. {why}"
    if came == guess:
        return Verdict("right", f"You predicted {guess}, and {came} came out. {why}")
    if choices:
        why = choices[guess] if came in choices else "None of the choices says exactly this."
    return Verdict("open", f"You predicted {guess}; what came out is {came}. {why}")


def quiz(chapter: str) -> Ask:
    """The questions at the end of a chapter; every choice is answered by its explanation."""
    items, right = [item for _, item, _ in _items("quiz", f"chapter_{chapter}")], {}
    if not items:
        raise ValueError(f"No questions came for {chapter!r}; expected is a chapter such as '01'.")
    said = {True: "Right.", False: "Not quite."}
    asked = [(f"{number}. {item['question']}",
              {c["text"]: f"{said[c['right']]} {c['why']}" for c in item["choices"]})
             for number, item in enumerate(items, 1)]

    def reply(number, text) -> Verdict:
        why = asked[number][1][text]
        right[number] = why.startswith(said[True])
        ask.score.value = f"{sum(right.values())} of {len(items)} right so far"
        return Verdict("right" if right[number] else "wrong", why)

    ask = Ask(asked, reply, folded=True)
    return ask


def same(a, b) -> bool:
    """Whether an answer equals what is expected: a list equals a tuple, floats may differ a little.

    >>> same([1, 2.0000001], (1, 2)), same(1, True), same("1", 1)
    (True, False, False)
    """
    if tuple(getattr(a, "shape", ())) != tuple(getattr(b, "shape", ())):
        return False
    a, b = (x.tolist() if hasattr(x, "tolist") else x for x in (a, b))  # tensors and arrays
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in b)
    if {type(a), type(b)} in ({int, float}, {float}):
        return math.isclose(a, b, rel_tol=1e-5, abs_tol=1e-6) or (a != a and b != b)
    if isinstance(a, BaseException):
        return type(a) is type(b) and str(a) == str(b)
    return type(a) is type(b) and bool(a == b)


def _short(value) -> str:
    text = re.sub(r"\n\s*", " ", repr(value))
    return text if len(text) <= 160 else text[:160] + "…"


def _try(call, *args):
    """What a call gives, or the error it ends in."""
    try:
        return call(*args)
    except (Exception, SystemExit) as error:
        return error


def _silent(answer, given: list) -> bool:
    """Whether a function that does something gives None each time; a body of `...` alone does nothing."""
    code, nothing = getattr(answer, "__code__", None), (lambda: None).__code__
    return code is not None and len(code.co_code) > len(nothing.co_code) and all(gave is None for gave in given)


def _blank(thing, inside: bool = False) -> bool:
    """Whether nothing is answered: None, NotImplementedError, a ... in a value or in code."""
    if thing is ... or not inside and (thing is None or isinstance(thing, NotImplementedError)):
        return True
    thing = list(vars(thing).values()) if isinstance(thing, type) else thing
    thing = getattr(getattr(thing, "__code__", thing), "co_consts", thing)
    return isinstance(thing, (list, tuple)) and any(_blank(part, True) for part in thing)


class Exercise:
    """One exercise; called with an answer it gives a Verdict (see the top of this file)."""

    def __init__(self, name: str, *, chapter: str, hints: tuple, right, cases=None, wrong=None,
                 why="", call=lambda answer, *case: answer(*case)):
        self.name, self.chapter, self.hints, self.why, self.seen = name, chapter, hints, why, 0
        self.right, self.wrong, self.cases, self.call = right, wrong or {}, cases, call
        EXERCISES[name] = self

    def __call__(self, answer=None) -> Verdict:
        HERE.add(self.chapter)
        return self.judge(answer, self.outcomes(answer))

    def outcomes(self, answer) -> list:
        """What an answer gives for each case, or the error that it ends in."""
        cases = self.cases() if callable(self.cases) else self.cases
        if cases is None:
            return [answer]
        return [_try(self.call, answer, *copy.deepcopy(case)) for case in cases]

    def judge(self, answer, given: list) -> Verdict:
        """The verdict on an answer whose outcomes are `given`; helpers/backstage/marks.py brings its own."""
        cases = self.cases() if callable(self.cases) else self.cases

        def fits(gave, want):
            if cases is None and callable(want):
                return _try(lambda: bool(want(gave))) is True
            return same(gave, want)

        expected = self.outcomes(self.right)
        for error in expected:
            if isinstance(error, BaseException):
                raise error  # ours: a failing answer must not look right because of it
        missed = [i for i, gave in enumerate(given) if not fits(gave, expected[i])]
        if not missed:
            SOLVED.add(self.name)
            return Verdict("right", f"Right. {self.why}".strip())
        if cases is not None and not _blank(answer) and _silent(answer, given):
            return Verdict("wrong", "Your function gives `None` each time. Is a `return` missing?")
        if _blank(answer) or all(map(_blank, given)):
            self.seen = max(self.seen, 1)
            return Verdict("open", f"Not answered yet. Hint 1: {self.hints[0]}")
        known = []
        for message, wrong in self.wrong.items():
            outs = self.outcomes(wrong)
            if all(fits(given[i], out) for i, out in enumerate(outs) if not same(out, expected[i])):
                known.append((sum(map(fits, given, outs)), message))
        if known:  # the one that agrees most often
            message = max(known, key=lambda pair: pair[0])[1]
            return Verdict("open" if message.startswith("Not answered yet") else "wrong", message)
        help_ = f" For help: check.hint({self.name!r})"
        if cases is None:
            return Verdict("wrong", f"You gave {_short(answer)}, which is not it.{help_}")
        if not callable(answer):
            return Verdict("wrong", f"{_short(answer)} came; expected is a function. Give its name "
                                    f"without brackets: check.{self.name}(your_function)")
        i = missed[0]
        gave = f"you gave {_short(given[i])}"
        if hasattr(given[i], "__next__"):
            gave = "you gave something that makes its items one by one (put `list(...)` around it)"
        if isinstance(given[i], BaseException):
            gave = f"your code raised {type(given[i]).__name__}: {given[i]}"
        case = ", ".join(map(_short, cases[i]))
        return Verdict("wrong", f"For input {case} {gave}; expected {_short(expected[i])}.{help_}")


def exercise(name: str, answer=None) -> Verdict:
    """The verdict on an answer to the exercise of this name."""
    return EXERCISES[name](answer)


def hint(name: str) -> Verdict:
    """The next hint of an exercise; after the last one, the last again."""
    if name not in EXERCISES:
        raise ValueError(f"{name!r} came; expected is one of {list(EXERCISES)}. Copy one of them.")
    task = EXERCISES[name]
    task.seen = min(task.seen + 1, len(task.hints))
    return Verdict("open", f"Hint {task.seen} of {len(task.hints)}: {task.hints[task.seen - 1]}")


def progress(chapter: str = "", save: str = "") -> Picture:
    """The exercises solved in this kernel, of the chapter that it runs, or of another one, or of "all".

    They are kept in the kernel and nowhere else; `save` names a file to write them to.
    """
    html, numbers = "", sorted({task.chapter for task in EXERCISES.values()})
    wanted = {chapter} if chapter else HERE.intersection(numbers) or {*numbers}
    for number in numbers if chapter == "all" else sorted(wanted.intersection(numbers)):
        names = [name for name, task in EXERCISES.items() if task.chapter == number]
        done = len(SOLVED.intersection(names))
        html += (f"<div><b>Chapter {number}: {'█' * done}{'░' * (len(names) - done)} "
                 f"{done} of {len(names)} solved</b></div>")
        html += "".join(f"<div>{'✓ solved' if name in SOLVED else '○ open'}: {rich(name)}</div>"
                        for name in names)
    if save:
        Path(save).write_text(f"{Picture(html)!r}\n", encoding="utf-8")
    return Picture(html)


def __getattr__(name: str) -> Exercise:
    """check.<name> is the exercise of that name."""
    if name in EXERCISES:
        return EXERCISES[name]
    raise AttributeError(f"check has no exercise {name!r}; expected is one of {', '.join(EXERCISES)}. "
                         "Copy one of them.")


from . import exercises  # noqa: E402, F401  (they register themselves, and need what stands above)
