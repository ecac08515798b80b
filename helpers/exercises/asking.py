"""Questions: how they are read from their files and asked, and how what came out is shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from html import escape
from itertools import groupby, zip_longest
from pathlib import Path

from ..show import PAGE, Picture, plain
from .forms import form
from .judge import Verdict

QUESTIONS = Path(__file__).resolve().parent
# Beneath a prediction where no widget lives, and in place of an outcome that nobody predicted.
DECIDE = "Decide before you go on. Run this cell to answer."
GUESS_FIRST = "Guess first, or run this cell again to see it."
PRINTED = (  # lines break between words, as those that `print` gives
    "margin:.3em 0;font-size:14px;white-space:pre-wrap;word-break:normal;word-wrap:break-word"
)


def questions(part: str, chapter: str = "*") -> list[tuple]:
    """(key, item, chapter) of all "predictions" or "quiz"; one that is malformed is named.

    The items of a quiz are forms (forms.py), and its keys the numbers of the questions.
    """
    found = []
    for path in sorted(QUESTIONS.glob(f"chapter_{chapter}.json")):
        key = part
        try:
            items = json.loads(path.read_text("utf-8"))[part]
            if part == "quiz":
                items = dict(enumerate(items, 1))
            for key, item in items.items():
                if part == "quiz":
                    item = form(item, f"{key}. ")
                else:
                    "".join(_texts(item))  # fails on what isn't text
                found.append((key, item, path.stem[-2:]))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"{path.name}, {key}: {type(error).__name__}: {error}. Expected the format at "
                "the top of helpers/check.py. Fix it."
            ) from error
    return found


def _texts(item: dict) -> list[str]:
    """All texts of a prediction; fails where one is missing."""
    if "number" in item:
        return [item["question"], item["explain"]]
    return [item["question"], *item["choices"], *item["choices"].values()]


class Ask(Picture):
    """Questions as still text; where widgets live also `.controls` and `.notes`, and a `.score`.

    Each is a form (forms.py), with a note of its own, and one control or several.
    reply(place of the question, what its controls hold) gives the Verdict. If folded, the answers
    can be opened; else the still text says how to answer. Plain text can't be folded: there the
    answers are left out.
    """

    def __init__(self, forms: list, reply: Callable[..., Verdict], folded: bool):
        import ipywidgets as w

        super().__init__("")
        self.controls, self.notes, self.score = [], [], w.HTML()
        self.reply = reply
        self.asked = ""  # the HTML without answers
        parts = []
        for number, question in enumerate(forms):
            still = question.asked + question.listed
            self.asked += still
            self.html += still
            if folded:
                self.html += fold("Answers", question.answers)
            controls, note = question.controls(), w.HTML()
            for control in controls:
                control.observe(partial(self._answer, number, controls), "value")
            self.controls += controls
            self.notes.append(note)
            parts.append(w.HTML(PAGE + question.asked))
            for control, before in zip_longest(controls, question.beside):
                parts += [w.HTML(before), control] if before else [control]
            parts.append(note)
        self.asked += f"<div>{DECIDE}</div>"
        if not folded:
            self.html = self.asked
        self.box = w.VBox([*parts, self.score])

    def _answer(self, number: int, controls: list, _) -> None:
        given = [control.value for control in controls]
        self.notes[number].value = self.reply(number, *given).html

    def __repr__(self) -> str:
        return plain(self.asked)

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        view = {"version_major": 2, "version_minor": 0, "model_id": self.box.model_id}
        return {"application/vnd.jupyter.widget-view+json": view, **super()._repr_mimebundle_()}


def fold(name: str, html: str) -> str:
    """HTML that can be opened; the empty <div> starts a line in the plain text."""
    return f"<details><summary>{name}</summary><div></div>{html}</details>"


def as_printed(things: tuple) -> str:
    """HTML of pictures as they are, and of anything else as `print` shows it, one a line."""
    html = ""
    for drawn, group in groupby(things, lambda thing: isinstance(thing, Picture)):
        if drawn:
            html += "".join(picture.html for picture in group)
        else:
            lines = "\n".join(map(str, group))
            html += f'<div><pre style="{PRINTED}">{escape(lines)}</pre></div>'
    return html


class Outcome(Verdict):
    """The verdict on a prediction beneath the HTML of what came out; folded until it is opened.

    In plain text nothing can be folded: there only the line that says so stands.
    """

    def __init__(self, verdict: Verdict, above: str, folded: bool):
        super().__init__(verdict.state, verdict.text)
        self.html = above + self.html
        self.line = ""
        if folded:
            line = Verdict("open", GUESS_FIRST)
            self.line = repr(line)
            self.html = line.html + fold("What came out", self.html)

    def __repr__(self) -> str:
        return self.line or super().__repr__()
