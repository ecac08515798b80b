"""The exercises of chapter 1, regex tokenization; helpers/check.py says how one is written."""
from __future__ import annotations

import re

from ..check import Exercise
from ..words import SPLIT


def _cut(pattern: str, keep=str.strip):
    """A splitter for the exercises of chapter 1: what `re.split` returns and `keep` lets through."""
    return lambda text: [piece for piece in re.split(pattern, text) if keep(piece)]


cut_ledger = Exercise(
    "cut_ledger", chapter="01", right=_cut(r"(;|\s)"), why="Each semicolon is a token, no white space is.",
    cases=[("calm;moon; three",), ("a;;b ;",), ("",), ("one.two\tthree\n",)],
    hints=("What makes `re.split` return what it cuts at (section 3)? Which test drops spaces (section 4)?",
           "The pattern is a group with two choices in it: a semicolon, or (a bar) white space, `\\s`.",
           "The first blank is `r\"(;|\\s)\"`, the second `piece.strip()`."),
    wrong={"The semicolons are lost. Put the whole pattern into parentheses.": _cut(r";|\s"),
           "White space and empty pieces are still there. Test `piece.strip()`.": re.compile(r"(;|\s)").split,
           "Spaces are still there as pieces: a space is not empty. Test `piece.strip()`.": _cut(r"(;|\s)", len),
           "You cut at semicolons only. Add `|\\s` inside the group.": _cut("(;)"),
           "This cuts at commas and full stops. The ledger has semicolons.": _cut(r"([,.]|\s)")})
split_poem = Exercise(
    "split_poem", chapter="01", right=_cut(SPLIT, lambda piece: piece.strip() or piece == "\n"),
    why="The pattern had kept the line breaks; only the test threw them away.",
    cases=[("The sea let go.\nThe sea leaned.",), ("tick\n\ntock\n",), ("a\tb  c",), ("",)],
    hints=("Which pieces does the test throw away? `re.split` has returned the line breaks as pieces, too.",
           "A piece is to stay if `piece.strip()` is not empty, or if the piece is a line break.",
           "The test is `piece.strip() or piece == \"\\n\"`."),
    wrong={"Not answered yet: this is still `split_words`, and no line break is a token. Change the last line, so that "
           "a piece stays that is `\"\\n\"`.": _cut(SPLIT),
           "Spaces and empty pieces stay now too. Is your test true for every piece? `... or \"\\n\"` always is: "
           "compare the piece with `\"\\n\"`.": re.compile(SPLIT).split,
           "Every piece of white space stays now. Only the line breaks were asked for.": _cut(SPLIT, len),
           "Tabs are tokens now too. Ask for the line break itself, not for what is no space.":
           _cut(SPLIT, lambda piece: piece.strip(" ")),
           "Empty pieces are among the tokens, and tabs. Keep `piece.strip()` in the test.":
           _cut(SPLIT, lambda piece: piece != " "),
           "Only line breaks are left. Keep `piece.strip()` too, with `or` between the two.":
           _cut(SPLIT, lambda piece: piece == "\n"),
           "Nothing is left. No piece is both at once: put `or` between the two tests.": lambda text: []})
split_modern = Exercise(
    "split_modern", chapter="01", right=_cut(SPLIT.replace("[", "[“”‘’—")), why="It works on both ways of writing.",
    cases=[("“It’s late—too late,” she said.",), ("‘Tick’\n",), ("\"It's late--too late,\" she said.",), ("",)],
    hints=("Start from the body of `split_words`. Which part of its pattern lists single marks?",
           "Write the pattern anew inside your function, as in section 5. A character in square brackets is a mark.",
           "Copy the five characters into the square brackets: `[,.:;?_!\"()\\'“”‘’—]`."),
    wrong={"This is `split_words`: the five characters are still glued to words.": _cut(SPLIT),
           "`—` is still glued to its words. It belongs into the brackets too.": _cut(SPLIT.replace("[", "[“”‘’")),
           "`‘` and `’` are still glued to words. Put them into the brackets too.": _cut(SPLIT.replace("[", "[“”—")),
           "White space is among the tokens. Drop it as `split_words` does.":
           re.compile(SPLIT.replace("[", "[“”‘’—")).split,
           "The marks are lost. Keep the parentheses around the pattern.": _cut(SPLIT.replace("[", "[“”‘’—")[1:-1]),
           "Your new marks stand outside the first pair of parentheses, so `re.split` also gives `None`, which has no "
           "`strip`. Put them into the square brackets.": lambda text: [
               piece for piece in re.split(f"{SPLIT}|[“”‘’—]", text) if piece.strip()],
           "You changed characters. A token must be a piece of the text as it came.": lambda text: _cut(SPLIT)(
               re.sub("[“”]", '"', re.sub("[‘’]", "'", text.replace("—", "--"))))})
split_hyphens = Exercise(
    "split_hyphens", chapter="01", right=_cut(SPLIT.replace("--", "--|-")),
    why="Where several choices fit, the first one wins.",
    cases=[("half-open--or shut",), ("a---b",), ("-",), ("Mrs. Osk's bric-a-brac, she said!",)],
    hints=("At a dash both `-` and `--` fit. Which of them does Python try first?",
           "Where several choices fit, the first one in the pattern wins, not the longest (section 5).",
           "Swap `-` and `--` in the pattern."),
    wrong={"A dash still is two hyphens. The first choice that matches wins: which must stand first?":
           _cut(SPLIT.replace("--", "-")),
           "`half-open` is still one token. Keep the single hyphen as a choice, behind `--`.": _cut(SPLIT),
           "`---` is to be `--` and `-`; `-+` takes all three as one.": _cut(SPLIT.replace("--", "-+")),
           "The marks are lost. Keep the parentheses around the pattern.": _cut(SPLIT.replace("--", "--|-")[1:-1])})
