"""The forms of a question: choose, fill in a number, put in order, match.

`asked`, `listed` and `answers` are HTML: the question, what there is to choose from, and the
explanations. `controls()` gives its widgets, and `judge` takes what these hold.
"""

from __future__ import annotations

import re
from itertools import pairwise
from string import ascii_uppercase

from .judge import Verdict, rich


def typed_number(typed: str) -> float:
    """What somebody typed as a number, such as 24,999 or 40%; else a ValueError.

    >>> typed_number("24,999"), typed_number("40 %")
    (24999.0, 40.0)
    """
    whole = re.sub(r"(?<=\d),(?=\d{3}\b)", "", typed)
    return float(whole.strip().removesuffix("%"))


SAID = {True: "Right.", False: "Not quite."}
NO_NUMBER = "A number is expected, in digits, such as 1200 or 0.5."
LETTERS = [f"{letter}." for letter in ascii_uppercase]
UNSET = ""  # what a list to choose from holds before anything is chosen


def _said(right: bool, why: str) -> Verdict:
    return Verdict("right" if right else "wrong", SAID[right] + " " + why)


def _asked(question: str) -> str:
    return f"<div><b>{rich(question)}</b></div>"


def _rows(labels: list[str], texts) -> str:
    """A line for each text, with its label before it."""
    pairs = zip(labels, texts, strict=False)
    return "".join(f"<div>{rich(f'{label} {text}')}</div>" for label, text in pairs)


def _places(texts: list[str]) -> list[str]:
    return [f"{place}." for place in range(1, len(texts) + 1)]


def _options(texts) -> list[tuple[str, str]]:
    """Texts for a widget, which shows them without backticks."""
    return [(text.replace("`", ""), text) for text in texts]


class Choice:
    """One of some texts: item["choices"], of which each has a text, a why, and whether it is right.

    The KeyError, TypeError or AttributeError of a malformed item is caught in asking.py.
    """

    beside = ()  # what stands before each control, as HTML

    def __init__(self, item: dict, prefix: str = ""):
        self.asked = _asked(prefix + item["question"])
        self.said = {each["text"]: _said(each["right"], each["why"]) for each in item["choices"]}
        self.listed = _rows(LETTERS, self.said)
        self.answers = _rows(LETTERS, self._explanations())

    def _explanations(self) -> list[str]:
        return [verdict.text for verdict in self.said.values()]

    def controls(self) -> list:
        """Buttons, of which none is chosen."""
        import ipywidgets as w

        wide = {"width": "max-content"}  # else long choices are cut off
        return [w.RadioButtons(options=_options(self.said), index=None, layout=wide)]

    def judge(self, text: str) -> Verdict:
        """The reply to a choice."""
        return self.said[text]


class Number(Choice):
    """A number. Its choices are the right one and wrong ones that have an explanation of their own;
    item["else"] is the reply to all other numbers."""

    def __init__(self, item: dict, prefix: str = ""):
        super().__init__(item, prefix)
        self.listed = ""
        self.answers = _rows([f"{choice}:" for choice in self.said], self._explanations())
        self.said = {float(choice): verdict for choice, verdict in self.said.items()}
        self.other = _said(False, item["else"])

    def controls(self) -> list:
        """A box, which answers at Enter or when it is left, and not at the first digit."""
        import ipywidgets as w

        return [w.Text(placeholder="a number, then Enter", continuous_update=False)]

    def judge(self, text: str) -> Verdict:
        """The reply to what was typed."""
        try:
            return self.said.get(typed_number(text), self.other)
        except ValueError:
            return Verdict("open", NO_NUMBER)


class Order:
    """Texts to put in order: item["items"] has them in the right one, and each but the first says
    why it stands after the one before. They are listed alphabetically, which is no clue."""

    beside = ()

    def __init__(self, item: dict, prefix: str = ""):
        self.asked = _asked(prefix + item["question"])
        self.right = [each["text"] for each in item["items"]]
        self.whys = [each["why"] for each in item["items"][1:]]
        self.praise = _said(True, item["why"])
        self.listed = _rows(LETTERS, sorted(self.right))
        told = [f"{text}: {why}" for text, why in zip(self.right[1:], self.whys, strict=True)]
        self.answers = _rows(_places(self.right), [self.right[0], *told])

    def controls(self) -> list:
        """For each place a list of all there is to choose from, of which nothing is chosen."""
        import ipywidgets as w

        options = [("choose", UNSET), *_options(sorted(self.right))]
        wide = {"width": "32em"}  # else long texts are cut off
        places = _places(self.right)
        return [w.Dropdown(options=options, description=place, layout=wide) for place in places]

    def judge(self, *given: str) -> Verdict:
        """The reply to these texts in this order."""
        if UNSET in given:
            return Verdict("open", f"Still to choose: {given.count(UNSET)} of {len(given)}.")
        return self._compare(given)

    def _compare(self, given: tuple) -> Verdict:
        """Why the first pair of neighbours that stands the wrong way round is wrong."""
        for text in self.right:
            if text not in given:
                return Verdict("open", f'"{text}" is missing, because another one is there twice.')
        for (before, after), why in zip(pairwise(self.right), self.whys, strict=True):
            if given.index(after) < given.index(before):
                return _said(False, f'You put "{after}" before "{before}". {why}')
        return self.praise


class Match(Order):
    """Pairs to find: each of item["items"] has a text, what goes "with" it, and why."""

    def __init__(self, item: dict, prefix: str = ""):
        self.labels = [each["text"] for each in item["items"]]
        self.asked = _asked(prefix + item["question"])
        numbered = zip(_places(self.labels), self.labels, strict=True)
        self.beside = [_rows([place], [label]) for place, label in numbered]
        self.right = [each["with"] for each in item["items"]]
        self.whys = [each["why"] for each in item["items"]]
        self.praise = _said(True, item["why"])
        self.listed = "".join(self.beside) + _rows(LETTERS, sorted(self.right))
        told = [f"{text}. {why}" for text, why in zip(self.right, self.whys, strict=True)]
        self.answers = _rows([f"{label}:" for label in self.labels], told)

    def _compare(self, given: tuple) -> Verdict:
        """Why the first wrong pair is wrong."""
        for i, text in enumerate(given):
            if text != self.right[i]:
                return _said(False, f'"{text}" does not go with "{self.labels[i]}". {self.whys[i]}')
        return self.praise


FORMS = {"choice": Choice, "number": Number, "order": Order, "match": Match}


def form(item: dict, prefix: str = "") -> Choice | Order:
    """A question in its form: a choice, unless the item says otherwise."""
    return FORMS[item.get("form", "choice")](item, prefix)
