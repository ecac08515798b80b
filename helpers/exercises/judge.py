"""What an exercise is, and how an answer is judged; helpers/check.py says how one is written."""

from __future__ import annotations

import ast
import copy
import inspect
import math
import re
import textwrap
from collections.abc import Callable, Iterable
from html import escape
from types import FunctionType

from ..show import Picture

# What an exercise may have besides its wrong answers.
PARTS = ("right", "cases", "call", "part", "look")
HELP = " For help, in a new cell: "  # a mark for a teacher ends before it
# Code is not broken where it begins with a space, and is as large as what stands around it.
CODE = (
    "display:inline-block;white-space:pre-wrap;font-size:.95em"
    ";max-width:100%;overflow-wrap:anywhere"
)
# Of each state: its mark, and its colour.
STATES = {"right": ("✓", "#009E73"), "wrong": ("✗", "#D55E00"), "open": ("○", "#0072B2")}


def rich(text: str) -> str:
    """Text as safe HTML; what stands in backticks is shown as code."""
    text = escape(text).replace("  ", "&nbsp; ")  # else a page shows two spaces as one
    return re.sub("`([^`]+)`", rf'<code style="{CODE}">\1</code>', text)


class Verdict(Picture):
    """The reply to an answer: `.text`; `.state` is "right", "wrong" or "open"; `.passed`."""

    def __init__(self, state: str, text: str, values: Iterable[str] = ()):
        mark, colour = STATES[state]
        box = f"background:{colour}22;border-left:4px solid {colour};padding:.3em .6em"
        html = rich(text)
        for value in map(rich, values):
            if len(value) > 12:  # a list, a text: easier to compare as code
                html = html.replace(value, f'<code style="{CODE}">{value}</code>', 1)
        super().__init__(f'<div style="{box};font-size:16px">{mark} {html}</div>')
        self.state = state
        self.passed = state == "right"
        self.text = text


def short(value) -> str:
    """A value as text of one line, cut where it is long; NumPy's numbers without their type."""
    if type(value).__module__ == "numpy" and getattr(value, "shape", None) == ():
        value = value.item()
    text = re.sub(r"\n\s*", " ", repr(value))
    return text if len(text) <= 160 else text[:160] + "…"


def same(a, b) -> bool:
    """Whether an answer equals what is expected: a list equals a tuple, floats may differ a little.

    >>> same([1, 2.0000001], (1, 2)), same(1, True), same("1", 1)
    (True, False, False)
    """
    if tuple(getattr(a, "shape", ())) != tuple(getattr(b, "shape", ())):
        return False
    # Tensors and arrays are compared as lists of numbers, whatever their type.
    a = a.tolist() if hasattr(a, "tolist") else a
    b = b.tolist() if hasattr(b, "tolist") else b
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in b)
    if {type(a), type(b)} in ({float}, {int, float}):
        both_nan = a != a and b != b
        return both_nan or math.isclose(a, b, rel_tol=1e-5, abs_tol=1e-6)
    if type(a) is not type(b):
        return False
    if isinstance(a, BaseException):
        # Which of several wrong indices torch names is up to its threads.
        a, b = (re.sub(r"^index -?\d+", "index", str(error)) for error in (a, b))
        return a == b
    return bool(a == b)


def attempt(call: Callable, *args):
    """What a call gives, or the error that it ends in."""
    try:
        return call(*args)
    except (Exception, SystemExit) as error:
        return error


def holds_ellipsis(thing) -> bool:
    """Whether a `...` stands in a value, or in the code of a function or a class."""
    if thing is ...:
        return True
    if isinstance(thing, type):
        return any(map(holds_ellipsis, vars(thing).values()))
    # Among the constants of a function's code are its `...`, and the code of functions inside it.
    code = getattr(thing, "__code__", thing)
    parts = getattr(code, "co_consts", code)
    return isinstance(parts, (list, tuple)) and any(map(holds_ellipsis, parts))


def shows_ellipsis(thing) -> bool:
    """Whether a `...` stands in a function's source: of `if ...`, Python may keep nothing."""
    if not isinstance(thing, FunctionType) or thing.__name__ == "<lambda>":
        return False
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(thing)))
    except (OSError, SyntaxError):
        return False  # it was never in a file or a cell
    return any(isinstance(node, ast.Constant) and node.value is ... for node in ast.walk(tree))


def is_empty(function) -> bool:
    """Whether this is a function written in Python whose body is no more than `...` or `pass`.

    Python drops a `...` that stands alone, so `holds_ellipsis` can't see it. What remains is the
    byte code of `return None`: the same operations, and None as the last constant.
    """
    code = getattr(function, "__code__", None)
    nothing = (lambda: None).__code__
    if code is None or code.co_code[::2] != nothing.co_code[::2]:
        return False
    return code.co_consts[-1:] == (None,)


def is_blank(answer) -> bool:
    """Whether nothing is answered: None, NotImplementedError, no body, a `...` in value or code."""
    if answer is None or isinstance(answer, NotImplementedError):
        return True
    return holds_ellipsis(answer) or shows_ellipsis(answer) or is_empty(answer)


def holds(rule: Callable, value) -> bool:
    """Whether a rule holds of a value; a rule that ends in an error does not."""
    try:
        return bool(rule(value))
    except (Exception, SystemExit):
        return False


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _wrong_answers(written: type) -> dict[str, FunctionType]:
    """The wrong answers that a class of an exercise holds, by their messages."""
    found = {}
    for name, part in vars(written).items():
        if name.startswith("_") or name in PARTS:
            continue
        if not isinstance(part, FunctionType) or not part.__doc__ or hasattr(Exercise, name):
            raise ValueError(
                f"{written.__name__}.{name} was found; expected a function with its own name, "
                "and the message as its docstring. Add the docstring, or begin the name with _."
            )
        found[_one_line(part.__doc__)] = part
    return found


def _told(message: str) -> Verdict:
    """The verdict that a wrong answer has of its own; the cell as it came is still open."""
    return Verdict("open" if message.startswith("Not answered yet") else "wrong", message)


def _what_came(gave) -> str:
    if isinstance(gave, BaseException):
        return ": ".join(filter(None, [f"your code raised {type(gave).__name__}", f"{gave}"]))
    if hasattr(gave, "__next__"):
        return "you gave something that makes its items one by one (put `list(...)` around it)"
    return f"you gave {short(gave)}"


class Exercise:
    """One exercise; each is an instance of the class that its chapter wrote for it.

    It has a `name`, a `chapter`, `why` (said after "Right."), `hints`, `right`, `wrong` (from
    message to wrong answer), `cases` as written, and `seen`, the number of hints that were shown.
    """

    cases = None
    brought = ()  # one more case, which a learner brings to a milestone
    asked_by = "check.exercise"

    @staticmethod
    def call(answer: Callable, *case):
        """How an answer is tried on a case, unless the exercise says otherwise."""
        return answer(*case)

    def __init__(self, chapter: str):
        # The class holds plain functions, which take no self; taken from the class they stay plain.
        written = type(self)
        self.name, self.chapter, self.seen = written.__name__, chapter, 0
        self.right, self.cases, self.call = written.right, written.cases, written.call
        why, *hints = re.split("^Hint:", inspect.cleandoc(written.__doc__ or ""), flags=re.M)
        self.why = _one_line(why)
        self.hints = [_one_line(hint) for hint in hints]
        if not hints:
            raise ValueError(
                f"{self.name} has no hint; expected a docstring with lines that begin "
                'with "Hint:". Add three.'
            )
        self.wrong = _wrong_answers(written)

    def all_cases(self) -> list[tuple] | None:
        """The arguments of each call; None where the answer is a value."""
        cases = self.cases() if callable(self.cases) else self.cases
        return [*cases, self.brought] if self.brought else cases

    def outcomes(self, answer) -> list:
        """What an answer gives for each case, or the error that it ends in."""
        cases = self.all_cases()
        if cases is None:
            return [answer]
        # An answer may change what it is given, so each gets a copy.
        return [attempt(self.call, answer, *copy.deepcopy(case)) for case in cases]

    def judge(self, answer, given: list) -> Verdict:
        """The verdict on an answer whose outcomes are `given`."""
        if self.cases is None:
            return self._judge_value(answer, given[0])
        expected = self.outcomes(self.right)
        for outcome in expected:
            if isinstance(outcome, BaseException):
                raise outcome  # ours: else an answer that fails in the same way would look right
        missed = [i for i, gave in enumerate(given) if not same(gave, expected[i])]
        if not missed:
            return self._praise()
        silent = all(gave is None for gave in given)
        if silent and hasattr(answer, "__code__") and not is_blank(answer):
            return Verdict(
                "wrong",
                "Your function gives `None` each time. Is a `return` missing, or never reached?",
            )
        if is_blank(answer) or all(map(is_blank, given)):
            return self._first_hint()
        message = self._known_mistake(given, expected)
        if message:
            return _told(message)
        if not callable(answer):
            call = f"{self.asked_by}({self.name!r}, your_function)"
            said = f"Got {short(answer)}; expected a function. Give its name without brackets: "
            return Verdict("wrong", said + call)
        first = missed[0]
        case = ", ".join(map(short, self.all_cases()[first]))
        came, wanted = _what_came(given[first]), short(expected[first])
        said = f"For input {case} {came}; expected {wanted}."
        if isinstance(given[first], BaseException):
            # An input may be long, and the error is what helps.
            error = f"{came[0].upper()}{came[1:]}".removesuffix(".")
            said = f"{error}. That was for input {case}; expected {wanted}."
        values = [*map(short, self.all_cases()[first]), short(given[first]), wanted]
        return Verdict("wrong", said + self._help(), values)

    def _judge_value(self, answer, value) -> Verdict:
        """The verdict on an exercise without cases, whose functions say whether a value fits."""
        if holds(self.right, value):
            return self._praise()
        if is_blank(answer):
            return self._first_hint()
        for message, fits in self.wrong.items():
            if holds(fits, value):
                return _told(message)
        return Verdict("wrong", f"You gave {short(answer)}, which is not right.{self._help()}")

    def _known_mistake(self, given: list, expected: list) -> str:
        """The message of the wrong answer that agrees most often with an answer, or ""."""
        message, most = "", -1
        for said, wrong in self.wrong.items():
            outcomes = self.outcomes(wrong)
            agrees = [same(gave, out) for gave, out in zip(given, outcomes, strict=True)]
            shows = [not same(out, want) for out, want in zip(outcomes, expected, strict=True)]
            # Wherever this mistake shows, the answer must have made it; and where it is wrong, this
            # mistake must mostly be the reason, or both agree by chance.
            made = all(agree for agree, show in zip(agrees, shows, strict=True) if show)
            others = agrees.count(False)
            if made and sum(shows) > others and sum(agrees) > most:
                message, most = said, sum(agrees)
        return message

    def _praise(self) -> Verdict:
        return Verdict("right", f"Right. {self.why}".strip())

    def _first_hint(self) -> Verdict:
        self.seen = max(self.seen, 1)
        return Verdict("open", f"Not answered yet. Hint 1: {self.hints[0]}")

    def _help(self) -> str:
        return f"{HELP}check.hint({self.name!r})"


class Milestone(Exercise):
    """An exercise whose answer is a `part` of something larger, and is put to work in it.

    `call(answer, *case)` builds the larger thing, and `look(whose, answer, *brought)` gives a
    picture of what that did with what the learner brought.
    """

    asked_by = "check.milestone"

    def __init__(self, chapter: str):
        super().__init__(chapter)
        self.part, self.look = type(self).part, type(self).look

    def _first_hint(self) -> Verdict:
        self.seen = max(self.seen, 1)
        said = f"Not answered yet: `{self.part}` isn't finished, so the course's own is used."
        return Verdict("open", f"{said} Hint 1: {self.hints[0]}")
