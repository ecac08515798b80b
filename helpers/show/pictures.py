"""The picture, its twin in plain text, and text from outside made visible and safe."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections import Counter
from html import escape, unescape
from itertools import zip_longest

MARKS = {" ": "·", "\n": "↵", "\t": "⇥", "\r": "␍"}
KEPT = " ·↵⇥␍"  # spaces, and marks that `visible` made before, may stay in a label
# Characters that leave no trace although Unicode counts them among letters and accents.
UNSEEN = {"\u034f", "\u115f", "\u1160", "\u3164", "\uffa0", *map(chr, range(0xFE00, 0xFE10))}
# Where a page keeps styles, the titles of steps are a row of buttons with one frame beneath them.
ROW = """<style>
@supports selector(::details-content) {
  @media screen {
    .show-steps { display: flex; flex-wrap: wrap; column-gap: .3em }
    .show-steps > details { display: contents }
    .show-steps > details::details-content { order: 1; width: 100% }
    .show-steps > [open] > summary { box-shadow: 0 3px #808080 }
  }
  @media print { .show-steps > details::details-content { content-visibility: visible } }
}
</style>"""
# The arrow of a list to choose from is black in Jupyter's dark theme; grey is seen in both. And
# JupyterLab ends a printed line where it is full, even within a number; so here it may not.
PAGE = """<style>
.jp-OutputArea .jp-OutputArea-output pre { word-break: normal }
.widget-dropdown > select { --jp-widgets-dropdown-arrow: url("data:image/svg+xml,\
<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 18 18'><path d='M4 6l5 5 5-5' fill='none' \
stroke='%23808080' stroke-width='2'/></svg>") }</style>"""
MOST_TWINS = 40  # tokens of a picture that light up their twins, so that a notebook stays small
BUTTON = "cursor:pointer;margin:2px 0;padding:.1em .5em;border:1px solid #808080;border-radius:3px"


def tag(name: str, style: str, html: str) -> str:
    """Safe HTML inside a tag with a style."""
    return f'<{name} style="{style}">{html}</{name}>'


class Picture:
    """Safe HTML with its plain text; `a + b` puts b beneath a, `a | b` beside it."""

    def __init__(self, html: str):
        self.html = html

    def __add__(self, other: Picture) -> Picture:
        return Picture(self.html + other.html)

    def __or__(self, other: Picture) -> Picture:
        # Three in a row stand as far apart as two, and wrap where there is no room.
        style = "display:flex;flex-wrap:wrap;column-gap:1.2em;align-items:flex-start"
        return Picture(tag("div", style, f"<div>{self.html}</div><div>{other.html}</div>"))

    def _repr_html_(self) -> str:
        # The ink and the paper are the page's own, light or dark.
        style = "font:16px/1.6 sans-serif;padding:.4em;overflow-x:auto"
        return _with_lights(tag("div", style, self.html))

    def __repr__(self) -> str:
        return plain(self.html)

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": repr(self)}


def plain(html: str) -> str:
    """The text of `html`: tags gone, entities read, table columns kept, images as their alt text.

    What is struck out there stands between ~ here, what is strong between [ and ].

    >>> print(plain("<p>a &lt; b</p><table><tr><td>one</td><td>1</td></tr></table>"))
    a < b
    one  1
    """
    html = re.sub("<style>.*?</style>", "", html, flags=re.S)
    html = re.sub(r'<img alt="([^"]*)"[^>]*>', r"\1<br>", html)
    html = html.replace("<strong>", "[").replace("</strong>", "]")
    html = re.sub(r"</?s\b[^>]*>", "~", html)
    html = re.sub("<table.*?</table>", _columns, html, flags=re.S)
    html = re.sub("<br>|</p>|</div>|</summary>", "\n", html)
    text = unescape(re.sub("<[^>]*>", "", html))
    lines = [line.rstrip() for line in text.split("\n")]
    return "\n".join(line for line in lines if line)


def _columns(table: re.Match) -> str:
    """A table's caption, and its rows as lines whose columns stand under one another."""
    lines = re.findall("<caption.*?</caption>", table[0], re.S)
    rows = []
    for row in re.findall("<tr.*?</tr>", table[0], re.S):
        cells = re.findall("<t[dh].*?</t[dh]>", row, re.S)
        rows.append([plain(cell).split("\n") for cell in cells])
    columns = zip_longest(*rows, fillvalue=[""])
    widths = [max(len(line) for cell in column for line in cell) for column in columns]
    for row in rows:
        # A cell may have several lines.
        for parts in zip_longest(*row, fillvalue=""):
            line = "  ".join(map(str.ljust, parts, widths))
            lines.append(escape(line))
    return "<br>" + "<br>".join(lines) + "<br>"


def number_of(piece: str | bytes) -> int:
    """A number that equal tokens share: of their colour, and of their class."""
    data = piece.encode("utf-8", "backslashreplace") if isinstance(piece, str) else piece
    return zlib.crc32(data)


def twin(piece: str | bytes) -> str:
    """The class of a token. Pointing at one lights all of this class that its picture has."""
    return f"k{number_of(piece):x}"


def _with_lights(html: str) -> str:
    """A picture's HTML in which equal tokens light up together, where the page keeps styles."""
    times = Counter(re.findall(r' class="(k[0-9a-f]+)"', html))
    twins = [name for name, count in times.most_common(MOST_TWINS) if count > 1]
    scope = f"t{zlib.crc32(html.encode('utf-8', 'replace')):x}"  # no other picture's tokens
    rules = [f".{scope}:has(.{name}:hover) .{name}" for name in twins]
    if not rules:
        return html
    look = "{box-shadow:inset 0 0 0 2px}"
    return f'<div class="{scope}">{html}</div><style>{",".join(rules)}{look}</style>'


def visible(piece: str | bytes, keep: str = "") -> str:
    r"""Text in which all can be seen: spaces, line ends, characters of no width, broken bytes.

    Characters in `keep` stay as they are.

    >>> print(visible(" a\n\u200b"), visible(b"\xf0\x9f"))
    ·a↵\u200b \xf0\x9f
    """
    text = piece.decode("utf-8", "backslashreplace") if isinstance(piece, bytes) else piece
    # An accent at the start needs something to stand on.
    seen = "◌" if text and unicodedata.combining(text[0]) else ""
    for char in text:
        hidden = unicodedata.category(char)[0] in "CZ" or char in UNSEEN
        if char in MARKS and char not in keep:
            char = MARKS[char]
        elif (hidden or char in MARKS.values()) and char not in keep:
            # A mark that stands in the text itself is also written as its number.
            char = f"\\u{ord(char):04x}"
        seen += char
    return seen


def label(value) -> str:
    """A label, made visible and safe; a line may end before the mark of a space."""
    return f"<bdi>{escape(visible(str(value), KEPT)).replace('·', '<wbr>·')}</bdi>"


def many(count: int, noun: str) -> str:
    """A count and its noun: 1 token, 2 tokens."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def note(text: str) -> Picture:
    """A paragraph of words."""
    return Picture(tag("p", "margin:.3em 0", label(text)))


def steps(frames, start: int = 1) -> Picture:
    """Frames (title, Picture), of which the page shows one: whoever opens the next closes this one.

    That takes no kernel and no script. Plain text and paper have all frames, in their order.
    start: the number of the first frame.
    """
    shown = [(label(title), picture.html) for title, picture in frames]
    # The frames of one name take turns, so other frames need another name.
    name = zlib.crc32(repr(shown).encode())
    html, state = "", " open"
    for number, (title, frame) in enumerate(shown, start):
        html += f'<details name="steps-{name}"{state}>'
        # Without the attribute JupyterLab takes the keys for its own: d, d deletes the cell.
        html += f'<summary style="{BUTTON}" data-lm-suppress-shortcuts="true">'
        html += f"{number}. {title}</summary><div>{frame}</div></details>"
        state = ""
    return Picture(f'{ROW}<div class="show-steps">{html}</div>')


def error(text: str) -> Picture:
    """What went wrong and what to do, in a box that looks like a message."""
    box = "background:#D55E0022;border-left:4px solid #D55E00;padding:.3em .6em"
    return Picture(tag("div", box, f"✗ {label(text)}"))
