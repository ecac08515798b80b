"""The exercises of chapter 1, regex tokenization. helpers/check.py says how one is written."""

import re

from ..words import SPLIT
from .judge import Exercise

MODERN = SPLIT.replace("[", "[“”‘’—")
HYPHENS = SPLIT.replace("--", "--|-")


def cut(pattern, text):
    """What `re.split` returns, less the pieces without a visible character."""
    return [piece for piece in re.split(pattern, text) if piece.strip()]


class cut_ledger(Exercise):
    """Each semicolon is a token, and white space never is.

    Hint: What makes `re.split` return what it cuts at (section 2)? Which test drops spaces
      (section 3)?
    Hint: The pattern is a group with two choices in it: a semicolon, or (a bar) white space, `\\s`.
    Hint: The first blank is `r"(;|\\s)"`, the second `piece.strip()`.
    """

    cases = [("calm;moon; three",), ("a;;b ;",), ("",), ("one.two,\tseas\n",), ("a|b; c",)]

    def right(line):
        return cut(r"(;|\s)", line)

    def loses_the_semicolons(line):
        """The semicolons are lost. Is the whole pattern in parentheses, inside the quotes?"""
        return cut(r";|\s", line)

    def keeps_every_piece(line):
        """White space and empty pieces are still there. Test `piece.strip()`."""
        return re.split(r"(;|\s)", line)

    def drops_empty_pieces_only(line):
        """Spaces are still there as pieces: a space is not empty. Test `piece.strip()`."""
        return [piece for piece in re.split(r"(;|\s)", line) if piece]

    def cuts_at_semicolons_only(line):
        """You cut at semicolons only. Add `|\\s` inside the group."""
        return cut("(;)", line)

    def has_a_group_that_takes_no_part(line):
        """For a pair of parentheses that takes no part in a match, `re.split` gives `None`, which
        has no `strip`. Put one pair around the whole pattern."""
        return cut(r"(;)|(\s)", line)

    def cuts_at_bars_too(line):
        """Inside square brackets a bar is only a bar, so this cuts at bars too. Leave it out."""
        return cut(r"([;|\s])", line)

    def cuts_at_commas(line):
        """This cuts at commas and full stops. The ledger has semicolons."""
        return cut(r"([,.]|\s)", line)


class split_poem(Exercise):
    """The pattern had kept the line breaks; only the test threw them away.

    Hint: `re.split` has returned the line breaks as pieces. Which pieces does the test throw away?
    Hint: A piece is to stay if `piece.strip()` is not empty, or if the piece is a line break.
    Hint: The test is `piece.strip() or piece == "\\n"`.
    """

    cases = [("The sea let go.\nThe sea leaned.",), ("tick\n\ntock\n",), ("a\tb  c",), ("",)]

    def right(text):
        return [piece for piece in re.split(SPLIT, text) if piece.strip() or piece == "\n"]

    def as_it_came(text):
        """Not answered yet: this is still `split_words`, and no line break is a token. Change the
        last line, so that a piece stays if it is `"\\n"`. (Without an `r` before it: `r"\\n"` is
        a backslash and an n.)"""
        return cut(SPLIT, text)

    def keeps_every_piece(text):
        """Spaces and empty pieces stay now too: your test is true for every piece. `... or "\\n"`
        always is: compare the piece with `"\\n"`."""
        return re.split(SPLIT, text)

    def keeps_white_space(text):
        """Every piece of white space stays now. Only the line breaks were asked for."""
        return [piece for piece in re.split(SPLIT, text) if piece]

    def keeps_tabs(text):
        """Tabs are tokens now too. Ask for the line break itself, not for what isn't a space."""
        return [piece for piece in re.split(SPLIT, text) if piece.strip(" ")]

    def drops_spaces_only(text):
        """Empty pieces are among the tokens, and tabs. Beside `piece.strip()`, ask for the line
        break itself."""
        return [piece for piece in re.split(SPLIT, text) if piece != " "]

    def keeps_line_breaks_only(text):
        """Only line breaks are left. Keep `piece.strip()` too, with `or` between the two."""
        return [piece for piece in re.split(SPLIT, text) if piece == "\n"]

    def keeps_nothing(text):
        """Nothing is left: no piece passes your test. Keep `piece.strip()`, and after an `or` ask
        for the line break."""
        return []


class split_modern(Exercise):
    """It works with both ways of writing punctuation.

    Hint: Start from the body of `split_words`. Which part of its pattern lists single characters?
    Hint: Write the pattern again inside your function, as in section 4. Each character in
      square brackets is cut off as a token.
    Hint: Copy the five characters into the square brackets: `[,.:;?_!"()\\'“”‘’—]`.
    """

    cases = [
        ("“It’s late—too late,” she said.",),
        ("‘Tick’\n",),
        ("Half-open? (a_b: yes; no!)",),
        ('"It\'s late--too late," she said.',),
        ("a|b",),
    ]

    def right(text):
        return cut(MODERN, text)

    def cuts_at_bars(text):
        """In square brackets a bar is a character like any other, so now it cuts too. Leave it
        out."""
        return cut(MODERN.replace("[", "[|"), text)

    def cuts_at_no_new_mark(text):
        """The five characters are still glued to words, as in `split_words`. Put them into the
        square brackets: outside, they match only side by side."""
        return cut(SPLIT, text)

    def forgets_the_old_marks(text):
        """The marks of `split_words` aren't cut off any more. Add the five to its brackets."""
        return cut(r"([“”‘’—]|--|\s)", text)

    def misses_the_dash(text):
        """`—` is still glued to its words. Put it into the brackets too."""
        return cut(SPLIT.replace("[", "[“”‘’"), text)

    def misses_single_quotes(text):
        """`‘` and `’` are still glued to words. Put them into the brackets too."""
        return cut(SPLIT.replace("[", "[“”—"), text)

    def keeps_white_space(text):
        """White space is among the tokens. Drop it as `split_words` does."""
        return re.split(MODERN, text)

    def loses_the_marks(text):
        """The punctuation is lost. Keep the parentheses around the pattern."""
        return cut(MODERN[1:-1], text)

    def has_marks_outside_the_group(text):
        """For a pair of parentheses that takes no part in a match, `re.split` gives `None`, which
        has no `strip`. Keep one pair around the whole pattern, and put the new marks into the
        square brackets."""
        return cut(f"{SPLIT}|[“”‘’—]", text)

    def has_two_groups(text):
        """Of two pairs of parentheses, one takes no part in each match and gives `None`, which has
        no `strip`. Put the new marks into the square brackets instead."""
        return cut(f"{SPLIT}|([“”‘’—])", text)

    def changes_characters(text):
        """You changed characters. A token must be a piece of the text as given."""
        text = re.sub("[‘’]", "'", text.replace("—", "--"))
        return cut(SPLIT, re.sub("[“”]", '"', text))


class split_hyphens(Exercise):
    """Where several choices fit, the first one wins.

    Hint: At a dash both `-` and `--` fit. Which of them does Python try first?
    Hint: Where several choices fit, the first one in the pattern wins, not the longest (section 4).
    Hint: Swap `-` and `--` in the pattern.
    """

    cases = [("half-open--or shut",), ("a---b",), ("-",), ("Mrs. Osk's bric-a-brac, she said!",)]

    def right(text):
        return cut(HYPHENS, text)

    def cuts_dashes_in_two(text):
        """A dash is still two hyphens. The first choice that matches wins: which must stand
        first?"""
        return cut(SPLIT.replace("--", "-"), text)

    def misses_the_hyphen(text):
        """`half-open` is still one token. Keep the single hyphen as a choice, after `--`."""
        return cut(SPLIT, text)

    def takes_all_hyphens_as_one(text):
        """`---` is to be `--` and `-`; your pattern takes it as one."""
        return cut(SPLIT.replace("--", "-+"), text)

    def loses_the_marks(text):
        """The punctuation is lost. Are the parentheses still around the pattern?"""
        return cut(HYPHENS[1:-1], text)
