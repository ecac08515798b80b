"""Instant answers: predictions, the questions at a chapter's end, exercises, progress.

Exercises and questions lie in helpers/exercises, side by side for each chapter. An exercise is a
class in chapter_01.py, and its name is that of the class. None of its functions takes a self:

    class count_commas(Exercise):
        '''What is said after "Right.".

        Hint: the first of three
        '''

        cases = [("a,b",), ("",)]      # the arguments of each call, or a function that gives them

        def right(text):
            return text.count(",")

        def counts_the_pieces(text):
            '''The reply to whoever gives this wrong answer.'''
            return len(text.split(","))

Names that begin with _ are helpers. call(answer, *case) may say how an answer is tried. Without
cases the answer is a value, and each function says whether its argument fits.
A Milestone is an exercise whose answer becomes a part of something larger (judge.py).

Questions are in chapter_01.json (a text may hold `code`; a KEY is used once in all chapters):
  {"predictions": {"KEY": {"question": "", "choices": {"choice": "what this guess means, or why"}},
                   "KEY": {"question": "", "number": true, "explain": "why it is so"}},
   "quiz": [{"question": "", "choices": [{"text": "", "right": true, "why": ""}, ...]},
            {"form": "number", "question": "", "choices": [as above], "else": "of other numbers"},
            {"form": "order", "question": "", "why": "said when all is right",
             "items": [{"text": "the first"}, {"text": "", "why": "why after the first"}, ...]},
            {"form": "match", "question": "", "why": "said when all is right",
             "items": [{"text": "", "with": "", "why": "why they are a pair"}, ...]}]}
In outcome(KEY, value) the right choice is the one whose text, without backticks, is str(value),
or of a float f"{value:.10g}".
In helpers/exercises, forms.py has the forms of a question, asking.py asks, and judge.py judges
answers to exercises.
"""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module
from pathlib import Path

from .exercises.asking import QUESTIONS, Ask, Outcome, as_printed, questions
from .exercises.forms import NO_NUMBER, form, typed_number
from .exercises.judge import (  # noqa: F401
    Exercise,
    Milestone,
    Verdict,
    attempt,
    is_blank,
    rich,
    same,
    short,
)
from .show import Picture

CHAPTERS = [path.stem[-2:] for path in sorted(QUESTIONS.glob("chapter_*.py"))]
LOADED: dict[str, dict[str, Exercise]] = {}  # chapter -> its exercises by name
# What this kernel was asked, and what it answered.
ANSWERS = {}  # key -> prediction
CAME = {}  # key -> what came out first
SHOWN = {}  # key -> that, and the HTML of what was shown with it, since the question was asked
SOLVED = set()  # names of exercises
HERE = set()  # chapters


def _prediction(wanted: str) -> tuple[dict, dict]:
    """The question of this key, and its choices without backticks."""
    found = [(item, chapter) for key, item, chapter in questions("predictions") if key == wanted]
    if len(found) != 1:
        raise ValueError(
            f"{len(found)} predictions have the key {wanted!r}; expected one. "
            "Look for it in helpers/exercises."
        )
    item, chapter = found[0]
    HERE.add(chapter)
    choices = item.get("choices", {})
    return item, {text.replace("`", ""): why for text, why in choices.items()}


def predict(key: str, answer=None) -> Ask:
    """Ask for a prediction, or keep `answer` as one; ValueError if it isn't a choice or number."""
    item, choices = _prediction(key)
    SHOWN.pop(key, None)  # it is asked anew

    def keep(_, given: str) -> Verdict:
        CAME.pop(key, None)  # a new prediction is about what comes out from now on
        try:
            ANSWERS[key] = given if choices else typed_number(given)
        except ValueError:
            ANSWERS.pop(key, None)
            return Verdict("open", NO_NUMBER)
        if key in SHOWN:  # what was asked for is there already
            came, above = SHOWN[key]
            return Outcome(_verdict(key, came), above, folded=False)
        return Verdict("open", f"Noted: {given}. Run the next cells to see what comes out.")

    asked = {"form": "choice" if choices else "number", "question": item["question"], "else": ""}
    asked["choices"] = [{"text": text, "right": False, "why": ""} for text in choices]
    ask = Ask([form(asked, "Predict: ")], keep, folded=False)
    if answer is not None:
        ANSWERS.pop(key, None)
        if str(answer) in choices or not choices:
            ask.controls[0].value = str(answer)
        if key not in ANSWERS:
            wanted = f"one of {list(choices)}" if choices else "a number"
            raise ValueError(f"Got {short(answer)}; expected {wanted}. Change the answer.")
    return ask


def _verdict(key: str, came: str) -> Verdict:
    """What came out, beside what was predicted, and why; of a changed value only that it came."""
    item, choices = _prediction(key)
    guess = ANSWERS.get(key)
    before = CAME.setdefault(key, came)
    if came != before:
        about = "" if guess is None else " Your prediction was about the first."
        return Verdict("open", f"Before, it was: {before}. Now it is: {came}.{about}")
    why = item.get("explain") or choices.get(came, "")
    if guess is None:
        return Verdict("open", f"What came out: {came}. {why}".strip())
    predicted = guess if choices else f"{guess:.10g}"
    if came == predicted:
        return Verdict("right", f"You predicted it: {came}. {why}")
    if not choices:
        off = guess - float(came)
        why = f"Your guess is {abs(off):.10g} too {'high' if off > 0 else 'low'}. {why}"
    elif came in choices:
        why = choices[guess]
    else:
        why = "None of the choices says exactly what came out."
    return Verdict("open", f"What came out: {came}. You predicted: {predicted}. {why}")


def outcome(key: str, value, *shown) -> Outcome:
    """What came out, beside what was predicted, beneath what there is to see of it.

    shown: pictures, and texts or other values, which stand there as if printed one a line.
    Before there is a prediction all this is folded; run again, it shows itself.
    """
    if getattr(value, "shape", None) == ():
        value = value.item()  # the number in a tensor
    came = f"{value:.10g}" if isinstance(value, float) else str(value)
    above = as_printed(shown)
    folded = key not in ANSWERS and key not in SHOWN
    SHOWN.setdefault(key, (came, above))
    return Outcome(_verdict(key, came), above, folded)


def quiz(chapter: str) -> Ask:
    """The questions at the end of a chapter; every answer gets its explanation."""
    asked, right = [item for _, item, _ in questions("quiz", chapter)], {}
    if not asked:
        raise ValueError(f"No questions exist for {chapter!r}; expected a chapter such as '01'.")

    def reply(number: int, *given: str) -> Verdict:
        verdict = asked[number].judge(*given)
        right[number] = verdict.passed
        ask.score.value = f"{sum(right.values())} of {len(asked)} right so far"
        return verdict

    ask = Ask(asked, reply, folded=True)
    return ask


def _load(chapter: str) -> dict[str, Exercise]:
    """The exercises of a chapter by name; its file is read when they are first asked for."""
    if chapter not in LOADED:
        room = import_module(f".exercises.chapter_{chapter}", __package__)
        found = {}
        for name, part in vars(room).items():
            written = isinstance(part, type) and part.__module__ == room.__name__
            if written and issubclass(part, Exercise):
                found[name] = part(chapter)
        LOADED[chapter] = found
    return LOADED[chapter]


def exercises(chapter: str | None = None) -> dict[str, Exercise]:
    """The exercises by name: those of a chapter such as "01", or all."""
    found = {}
    for number in CHAPTERS:
        if chapter in (None, number):
            found.update(_load(number))
    return found


def find(name: str) -> Exercise:
    """The exercise of this name; ValueError if there is none."""
    for chapter in CHAPTERS:
        if str(name) in _load(chapter):
            return _load(chapter)[str(name)]
    names = list(exercises())
    near = get_close_matches(str(name), names) or names
    raise ValueError(f"Got {short(name)}; expected one of {near}. Copy one of them.")


def exercise(name: str, answer=None) -> Verdict:
    """The verdict on an answer to the exercise of this name."""
    task = find(name)
    HERE.add(task.chapter)
    verdict = task.judge(answer, task.outcomes(answer))
    if verdict.passed:
        SOLVED.add(task.name)
    return verdict


def milestone(name: str, answer=None, *brought) -> Verdict:
    """The verdict on an answer that is put to work on what is brought, and what that gave.

    Where the answer is not there yet, the course's own does its work.
    """
    task = find(name)
    if not isinstance(task, Milestone):
        raise ValueError(f"Got {name!r}; expected a milestone. Call check.exercise({name!r}, ...).")
    task.brought = brought
    try:
        verdict = exercise(name, answer)
    finally:
        task.brought = ()  # it is no case of the exercise when that is asked again
    if verdict.state == "open":
        picture = task.look("the course's own", task.right, *brought)
    else:
        picture = attempt(task.look, "yours", answer, *brought)
    # A wrong answer may end in an error here too; the verdict has said so.
    if isinstance(picture, Picture):
        verdict.html += picture.html
    return verdict


def hint(name: str) -> Verdict:
    """The next hint of an exercise; after the last one, the last again."""
    task = find(name)
    task.seen = min(task.seen + 1, len(task.hints))
    return Verdict("open", f"Hint {task.seen} of {len(task.hints)}: {task.hints[task.seen - 1]}")


def progress(chapter: str = "", save: str = "") -> Picture:
    """The exercises solved in this kernel: of its own chapter, of the one given, or of "all".

    They are kept in the kernel and nowhere else; `save` names a file to write them to.
    """
    wanted = [chapter] if chapter else HERE.intersection(CHAPTERS)
    if chapter == "all" or not wanted:  # nothing was asked yet
        wanted = CHAPTERS
    html = ""
    for number in CHAPTERS:
        if number in wanted:
            html += _solved(number, list(_load(number)))
    if save:
        Path(save).write_text(f"{Picture(html)!r}\n", encoding="utf-8")
    return Picture(html)


def _solved(chapter: str, names: list[str]) -> str:
    """A bar for a chapter, and a line for each of its exercises."""
    done = len(SOLVED.intersection(names))
    bar = "█" * done + "░" * (len(names) - done)
    html = f"<div><b>Chapter {chapter}: {bar} {done} of {len(names)} solved</b></div>"
    for name in names:
        html += f"<div>{'✓ solved' if name in SOLVED else '○ open'}: {rich(name)}</div>"
    return html
