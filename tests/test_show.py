"""Pictures: what they say, that plain text says it too, and that no text breaks out of them."""

import base64
import io
import math
import random
import re
from html.parser import HTMLParser
from itertools import combinations
from xml.etree import ElementTree

import numpy as np
import pytest
import torch

from helpers import show
from helpers.exercises.judge import Verdict
from tests.tools.books import CHAPTERS

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"'&<>",
    "a\u200bb",
    "\u202egpj.exe",
    "\x00\x1b[31m",
    "\ud800",
    "a\u0301\u0301",
    "</td></tr></table>",
    "&lt;b&gt;",
    "'><svg onload=alert(1)>",
]
OURS = set("div p bdi s strong small br wbr table caption tr th td span img".split())
OURS |= {"style", "details", "summary"}  # of steps
NAMES = {"style", "title", "alt", "src", "class", "name", "open", "data-lm-suppress-shortcuts"}
IDS = np.arange(6).reshape(2, 3)


class Tags(HTMLParser):
    """Every tag and attribute name of a piece of HTML."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.names = set(), set()
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.names.update(name for name, _ in attributes)


def safe(html):
    """Whether only our own tags and attributes are there, and nothing unseen or unsendable."""
    found = Tags(html)
    html.encode("utf-8")
    hidden = re.search("[\x00-\x08\x0b-\x1f\u200b-\u200f\u202a-\u202e\u2066-\u2069]", html)
    return found.tags <= OURS and found.names <= NAMES and not hidden


def markup(picture):
    """The SVG inside a picture, parsed."""
    data = re.search(r"base64,([\w+/=]+)", picture.html)[1]
    return ElementTree.fromstring(base64.b64decode(data))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_text_in_every_picture(text):
    leaf = (text.encode("utf-8", "replace"),)
    pictures = [
        show.note(text),
        show.tokens([text, text.encode("utf-8", "replace")], hover=[text, text]),
        show.tokens([text], ids=[1], dropped=[0], marked=[0]),
        show.tokens(["a", "b"], ids=[text, 7], hover=[text]),
        show.table([[text]], [text], caption=text),
        show.bars([text], [1.0], struck=[0], caption=text),
        show.bars([text], [1.0], lit=[0]),
        show.ranks([(text, 1.0, False)], text, text),
        show.ranks([("a", 1.0, True)], text),
        show.heat([[1.0]], [text], [text], caption=text),
        show.windows([text] * 9, 3, 2),
        show.ladder([[text, "a"], [text + "a"]], [text, text], caption=text),
        show.batch(IDS, IDS, lambda ids: [text for _ in ids]),
        show.steps([(text, show.note(text)), (text, show.tokens([text]))]),
        show.word_map([text, "b"], [(0, 0), (1, 1)], [(0, 1)], note=show.visible(text)),
        show.word_map([text, "b"], [(0, 0), (float("nan"), 1)], note=text),
        show.stripes([text, "b"], [[1.0, -1.0], [0.0, float("nan")]]),
        show.svg("<circle/>", text, 10, 10),
        show.tree((text.encode("utf-8", "replace"), leaf, leaf)),
    ]
    for picture in pictures:
        assert safe(picture._repr_html_()), picture.html
        if "<img alt=" in picture.html:
            drawn = {tag.tag.split("}")[1] for tag in markup(picture).iter()}
            assert drawn <= set("svg rect marker path line circle text".split())


@pytest.mark.parametrize("seen", ["<unk>", "<|endoftext|>", "&lt;", "a b", "0"])
def test_an_id_that_looks_like_a_tag_does_not_vanish(seen):
    assert repr(show.tokens(["a"], ids=[seen])) == f"token(id): a({seen})│"


@pytest.mark.parametrize("char", ["\x00", "\x0b", "\ufffe", "\uffff", "\ud800", "\x7f", "\u2028"])
def test_no_character_breaks_a_map(char):
    """XML admits some characters in no form at all, so they are shown by their numbers."""
    picture = show.word_map([char, "b"], [(0, 0), (1, 1)], [(0, 1)], note=f"so {char} much")
    texts = [tag.text for tag in markup(picture).iter() if tag.tag.endswith("text")]
    assert texts == [show.visible(char), "b"]
    assert repr(picture).endswith(f"\nso {show.visible(char)} much")


@pytest.mark.parametrize(
    "piece, seen",
    [
        (" the", "·the"),
        ("\n\t\r", "↵⇥␍"),
        ("a·b", "a\\u00b7b"),
        ("\u200b", "\\u200b"),
        ("\u202e", "\\u202e"),
        ("\u00a0", "\\u00a0"),
        (b"\xf0\x9f", "\\xf0\\x9f"),
        ("é".encode(), "é"),
        ("\u0301a", "◌\u0301a"),
        ("", ""),
        ("\ud800", "\\ud800"),
        ("日本", "日本"),
    ],
)
def test_visible(piece, seen):
    assert show.visible(piece) == seen


def test_plain_keeps_columns_captions_breaks_and_alt():
    html = (
        "<p>a &amp; b</p><table><caption>C</caption><tr><th>x</th><th>yy</th></tr>"
        "<tr><td>long</td><td>1<br>2</td></tr></table>"
    )
    assert show.plain(html) == "a & b\nC\nx     yy\nlong  1\n      2"
    assert show.plain('<img alt="A &lt;map&gt;" src="x">') == "A <map>"
    assert show.plain("a <s>gone</s> <strong>here</strong>") == "a ~gone~ [here]"
    assert show.plain("") == ""


def test_picture_has_both_forms_and_stacks():
    both = show.note("one") + show.note("two")
    bundle = both._repr_mimebundle_()
    assert (
        set(bundle) == {"text/html", "text/plain"}
        and bundle["text/plain"] == repr(both) == "one\ntwo"
    )
    assert repr(show.table([[1]]) | show.table([[2]])) == "1\n2"
    assert not re.search(r"[^-]color:|background:#\w{3,6}[;\"]", bundle["text/html"]), (
        "a picture takes the page's own ink and paper, light or dark"
    )


def test_tokens_show_ids_spaces_and_what_was_dropped_without_any_style():
    picture = show.tokens(
        ["Hi", " ", b"\xff"], ids=[7, 8, 9], dropped=[1], marked=[2], hover=["id 7"]
    )
    assert repr(picture) == "token(id): Hi(7)│~·(8)~│[\\xff(9)]│"
    assert 'title="id 7"' in picture.html
    assert repr(show.tokens([])) == "(no tokens)"
    assert repr(show.tokens(["a\n", "b"])) == "a↵│\nb│"
    assert repr(show.tokens(map(str, range(3)))) == "0│1│2│"


def chips(picture):
    """(style, text) of each token of a picture, in order."""
    found = re.findall(r'<bdi style="([^"]*)"[^>]*>(.*?)</bdi>', picture.html)
    return [(style, show.plain(text)) for style, text in found]


GREY = "background:#80808033"  # of tokens that occur once


def test_tokens_that_occur_more_than_once_have_a_colour_of_their_own_and_others_are_grey():
    low = chips(show.tokens(["l", "o", "w", "l", "o"]))
    colour = dict((text, style) for style, text in low)
    assert colour["l"] == low[0][0] == low[3][0] and colour["o"] == low[1][0] == low[4][0]
    assert GREY in colour["w"] and GREY not in colour["l"] + colour["o"]
    assert colour["l"] != colour["o"]
    twins = [str(number % 36) for number in range(72)]
    assert len({style for style, _ in chips(show.tokens(twins))}) == 36, "two tokens look like one"
    many = [str(number % 99) for number in range(198)]
    assert GREY not in "".join(style for style, _ in chips(show.tokens(many)))


def test_a_token_has_one_colour_in_all_strips_of_a_picture():
    before, after = ["l", "o", "w", "l"], ["lo", "w", b"l"]
    colours = show.twin_colours(iter(before), after)
    strips = [chips(show.tokens(strip, colours=colours)) for strip in (before, after)]
    colour = {text: style for style, text in strips[0]}
    assert [colour[text] == style for style, text in strips[1][1:]] == [True, True]
    assert GREY in strips[1][0][0] and GREY not in colour["w"] + colour["l"]


def test_a_token_is_one_box_that_no_line_breaks():
    for style, _ in chips(show.tokens(["never", " newest"], ids=[1, 2], dropped=[1])):
        assert "display:inline-block" in style


def test_table_rounds_floats_and_holds_pictures():
    assert repr(show.table([["pi", 3.14159265, 7], ["p", show.note("x y"), ""]], "abc", "T")) == (
        "T\na   b      c\npi  3.142  7\np   x y"
    )


def test_bars_are_proportional_signed_and_struck():
    lines = repr(show.bars(["a", "b c", "d"], [1, 0.5, -0.25], struck=[1], caption="cosine")).split(
        "\n"
    )
    assert [line.count("█") for line in lines[1:4]] == [30, 15, 7] and "−███████▌" in lines[3]
    assert lines[4].split() == ["0────────────────────────────1"], "the axis is stated"
    assert "~b c~ (left out)" in lines[2] and "−0.250" in lines[3]
    assert repr(show.bars([], [])) == ""


def test_ranks_number_the_words_cross_out_the_questions_and_light_the_expected_one():
    found = [("king", 0.8, True), ("queen", 0.6, False), ("monarch", 0.4, False)]
    lines = repr(show.ranks(found, "queen", "Nearest")).split("\n")
    assert lines[0] == "Nearest"
    starts = ["~1. king~ (left out)", "► [2. queen]", "3. monarch"]
    for line, start in zip(lines[1:], starts, strict=False):
        assert line.startswith(start), line
    assert [line.count("█") for line in lines[1:4]] == [30, 22, 15]
    assert lines[4].split() == ["0──────────────────────────0.8"], "from 0 to where the bar ends"
    assert len(lines) == 5, "the expected word is in view, and nothing is said beneath"
    assert repr(show.ranks(found, "sultan")).endswith("\nsultan is not among these 3.")
    assert "►" not in repr(show.ranks(found))


def test_heat_colours_by_sign_and_size_and_writes_every_number():
    picture = show.heat([[1, -1], [0.5, -0.0001]], ["a", "b"], ["x", "y"], framed=(0, 1))
    assert repr(picture) == "   x     y\na  1.00  [−1.00]\nb  0.50  0.00"
    fills = re.findall(r"<td[^>]*background:(#\w+)", picture.html)
    assert fills == ["#E69F0080", "#56B4E980", "#E69F0040", "#56B4E900"]
    lit = show.heat([[1, 2], [3, 4]], lit=[1])
    assert (
        repr(lit) == "0    1.00  2.00\n► 1  3.00  4.00"
        and len(re.findall("<td[^>]*background", lit.html)) == 2
    )
    assert repr(show.heat(torch.ones(1, 2, requires_grad=True))) == "0  1.00  1.00"


def test_the_numbers_of_rows_stand_beneath_one_another_whether_lit_or_not():
    html = show.heat([[1, 2], [3, 4]], lit=[1], caption="wider than these numbers").html
    rows = re.findall(r"<th[^>]*text-align:(?:left;[^>]*text-align:)?(\w+)[^>]*><bdi>(\W*\d)", html)
    assert rows == [("right", "0"), ("right", "► 1")]


def test_rows_of_a_heat_table_can_stand_apart_and_all_numbers_stay():
    rows = [[1, 2], [3, 4], [5, 6]]
    apart = show.heat(rows, apart=[2])
    assert repr(apart).split() == repr(show.heat(rows)).split()
    before, after = apart.html.split("border:0")
    assert before.count("</tr>") == 2 and after.count("<tr") == 1


NAN, INF = float("nan"), float("inf")


def test_bars_of_what_is_no_number_say_so():
    """A learning rate too high ends in nan, and a picture of it must not end in an error."""
    lines = repr(show.bars(["a", "b", "c", "d"], [1, NAN, INF, -INF])).split("\n")
    assert lines[0].count("█") == 30
    for line, number in zip(lines[1:4], ["nan", "inf", "−inf"], strict=True):
        assert line.split()[1] == number and "no bar: this is not a finite number" in line
    assert "nan" in repr(show.bars(["a"], [NAN], struck=[0]))
    two = repr(show.bars("ab", [1e308, 1e308])).split("\n")[:2]
    assert [line.count("█") for line in two] == [30, 30]


def test_a_heat_table_of_cosines_can_leave_another_number_than_zero_without_colour():
    picture = show.heat([[1.0, 0.6], [0.8, 0.4]], bare=0.6)
    fills = re.findall(r"background:(#\w+)", picture.html)
    full, none, half, below = [fill[-2:] for fill in fills if not fill.startswith("#808080")][-4:]
    assert (full, none, half, below) == ("80", "00", "40", "40"), fills
    assert fills[-1][:7] != fills[-2][:7], "below is coloured as above"
    assert "(no colour at 0.6)" in repr(picture)


def test_a_comma_among_tokens_is_no_number():
    sides = [re.search(r"<t[dh][^>]*>", show.bars([name], [1]).html)[0] for name in (",", "1,024")]
    assert ["text-align:right" in side for side in sides] == [False, True]


def test_a_heat_table_of_what_is_no_number_says_so():
    picture = show.heat([[1, NAN], [INF, -0.5]], lit=[0, 1], framed=(0, 1))
    *rows, said = repr(picture).split("\n")
    assert [row.split()[2:] for row in rows] == [["1.00", "[nan]"], ["inf", "−0.50"]]
    assert said == "Nan or infinite (dashed): 2 of 4 numbers."
    assert picture.html.count("2px dashed") == 2
    assert "#E69F00" in picture.html, "the finite numbers lost their colours"
    for matrix in ([[NAN]], [[INF, INF]]):
        assert "Nan or infinite" in repr(show.heat(matrix, digits=0))
    assert "infinite" not in repr(show.heat([[1]]))


def test_a_map_names_the_words_that_have_no_place_on_it():
    picture = show.word_map("abc", [(0, 0), (NAN, 1), (2, INF)], [(0, 1)], note="So.")
    assert repr(picture) == ("Map of words: a (0.00, 0.00).\nSo. Not placed, nan or infinite: b, c")
    arrows = [tag for tag in markup(picture).iter() if tag.get("marker-end")]
    assert len(circles(picture, "5")) == 1 and not arrows
    assert "Not placed" in repr(show.word_map(["a"], [(NAN, NAN)]))


@pytest.mark.parametrize(
    "n, length, stride",
    [(14, 4, 4), (14, 4, 5), (14, 4, 1), (60, 4, 3), (60, 10, 7), (3, 4, 1), (0, 4, 1), (5, 4, 1)],
)
def test_windows_count_each_target(n, length, stride):
    picture = show.windows([f"t{k}" for k in range(n)], length, stride)
    starts = list(range(0, max(0, n - length), stride))
    counts = [sum(s < k <= s + length for s in starts) for k in range(n)]
    lines = repr(picture).split("\n")
    last = [line.split()[3:] for line in lines if line.startswith("times a target")]
    wanted = ["–" if k == 0 else str(counts[k] or "lost") for k in range(n)]
    assert last == ([wanted] if n <= 16 else [wanted[:16], wanted[-16:]])
    for line in lines:
        if line.startswith("input"):
            number, *inside = line.split()[1:]
            start = starts[int(number)]
            names = [f"t{k}" for k in range(start, start + length)]
            assert [part for part in inside if part != "↘"] == names
            assert inside.count("↘") == (length if n <= 16 else 0), "no arrow, or no room for it"
            target = next(other for other in lines if other.split()[:2] == ["target", number])
            assert target.split()[2:] == [f"t{k}" for k in range(start + 1, start + length + 1)]
    assert picture.html.count("2px dashed") == sum(row.count("lost") for row in last)


def test_a_window_asks_for_each_token_after_its_first():
    said, *rows = repr(show.questions(["i", "j", "k"])).split("\n")
    assert said == "2 questions, which token comes next?"
    assert [row.split() for row in rows] == [["given", "target"], ["i", "j"], ["i", "j", "k"]]
    assert repr(show.questions("ij", window=0)).startswith("Window 0: 1 question, ")


def test_windows_can_leave_the_counts_out():
    counted, bare = (
        [line.split() for line in repr(show.windows("abcd", 2, 1, counted=counts)).split("\n")]
        for counts in (True, False)
    )
    assert counted[:-1] == bare and counted[-1][:3] == ["times", "a", "target"]


@pytest.mark.parametrize("stride, later", [(1, "1 token"), (2, "2 tokens")])
def test_windows_that_are_all_drawn_say_how_far_each_moves_on(stride, later):
    said = repr(show.windows("abcdef", 2, stride)).split("\n")[0]
    assert said.endswith(f"each starts {later} later than the one above it")
    assert "of 40 windows" in repr(show.windows("x" * 42, 2, 1)), "some are left out, and it's said"


@pytest.mark.parametrize("tokens", ["", "ab"])
def test_of_too_few_tokens_it_is_said_how_many_a_window_takes(tokens):
    said = repr(show.windows(tokens, 2, 1)).split("\n")[0]
    assert said == f"No window: it takes 3 tokens, and there are {len(tokens)}"


def test_a_batch_shows_each_token_with_its_id_in_the_line_of_its_sample():
    picture = show.batch(IDS, IDS + 1, lambda ids: [chr(97 + token_id) for token_id in ids])
    assert repr(picture) == (
        "inputs  0     1     2\n0       a(0)  b(1)  c(2)\n1       d(3)  e(4)  f(5)\n"
        "targets  0     1     2\n0        b(1)  c(2)  d(3)\n1        e(4)  f(5)  g(6)"
    )
    inputs, targets = picture.html.split("</table>")[:2]
    blue, orange = "#56B4E955", "#E69F0055"  # as in the pictures of windows
    assert (inputs.count(blue), inputs.count(orange)) == (6, 0)
    assert (targets.count(blue), targets.count(orange)) == (0, 6)


def width(style):
    """How wide a token of a ladder is, in em, its margin included."""
    return float(re.search(r"min-width:([\d.]+)em", style)[1]) + 0.2


def test_in_a_ladder_each_letter_stands_beneath_itself_and_new_tokens_are_framed():
    cuts = [[b" ", b"l", b"o", b"w"], [b" ", b"lo", b"w"], [b" low"]]
    picture = show.ladder(cuts, caption="Merges done")
    assert repr(picture) == "Merges done\n0  ·│l│o│w│\n1  ·│[lo]│w│\n2  [·low]│"
    lines = [re.findall('<bdi style="([^"]*inline-block[^"]*)"', row) for row in rows_of(picture)]
    one = width(lines[0][0])
    for styles, pieces in zip(lines, cuts, strict=True):
        wide = [width(style) for style in styles]
        assert wide == pytest.approx([one * len(piece) for piece in pieces])
    assert repr(show.ladder([["ab"], ["a", "b"]], [9, "x"])) == "9  ab│\nx  [a]│[b]│"
    assert repr(show.ladder([])) == ""


def rows_of(picture):
    """The HTML of each row of a table."""
    return re.findall("<tr.*?</tr>", picture.html)


def test_steps_are_numbered_frames_of_which_the_first_is_open():
    picture = show.steps([("l + o", show.tokens(["lo"], [258])), ("a <b>", show.note("c"))])
    assert repr(picture) == "1. l + o\ntoken(id): lo(258)│\n2. a <b>\nc"
    opened = [" open" in start for start in re.findall("<details[^>]*>", picture.html)]
    assert opened == [True, False]
    titles = re.findall("<summary[^>]*>", picture.html)
    assert all('data-lm-suppress-shortcuts="true"' in title for title in titles), (
        "JupyterLab takes the keys that are pressed on a title: d, d would delete the cell"
    )
    assert show.steps([]).html.count("<details") == 0 and repr(show.steps([])) == ""


def test_the_frames_of_one_picture_take_turns_and_those_of_another_are_left_alone():
    one, other = [show.steps([("a", show.note(text)), ("b", show.note("c"))]) for text in "xy"]
    names = [set(re.findall('name="([^"]*)"', picture.html)) for picture in (one, other)]
    assert len(names[0]) == len(names[1]) == 1 and names[0] != names[1]
    again = show.steps([("a", show.note("x")), ("b", show.note("c"))])
    assert again.html == one.html, "a chapter that is run anew differs from the saved one"


def test_map_and_tree_have_alt_text_that_says_what_they_show():
    words = show.word_map(["king", "queen"], [(0, 0), (1, 2)], [(0, 1)], "half of the variance")
    assert repr(words) == (
        "Map of words: king (0.00, 0.00), queen (1.00, 2.00); arrow from king to queen.\n"
        "half of the variance"
    )
    texts = [tag.text for tag in markup(words).iter() if tag.tag.endswith("text")]
    assert texts == ["king", "queen"]
    low = show.tree((b"low", (b"lo", (b"l",), (b"o",)), (b"w",)))
    assert repr(low) == "Merges, each after its parts: l + o = lo; lo + w = low"
    assert repr(show.tree((b" ", None, None))) == "No merge: · is a single byte"
    assert show.svg("<circle/>", "A dot", 10, 10).html.startswith('<img alt="A dot"')


def test_a_map_rings_the_true_neighbours_of_a_word_and_says_which():
    spots = [(0, 0), (1, 0), (5, 3), (9, 1)]
    picture = show.word_map("abcd", spots, near=[0, 2, 3])
    assert "square: a; rings, its true neighbours: c, d." in repr(picture)
    dots, rings = circles(picture, "5"), circles(picture, "11")
    assert rings == dots[2:], "the rings don't stand around c and d"


def circles(picture, radius):
    """The middles of the circles of a radius."""
    drawn = [tag for tag in markup(picture).iter() if tag.tag.endswith("circle")]
    return [(tag.get("cx"), tag.get("cy")) for tag in drawn if tag.get("r") == radius]


def labels(picture):
    """{text: its box as (left, top, right, bottom)} of all that is written in a drawing."""
    boxes, texts = {}, [tag for tag in markup(picture).iter() if tag.tag.endswith("text")]
    for text, box in zip(texts, filled_boxes(picture), strict=True):
        left, top = float(box.get("x")), float(box.get("y"))
        right, bottom = left + float(box.get("width")), top + float(box.get("height"))
        assert left < float(text.get("x")) < right and top < float(text.get("y")) < bottom
        boxes[text.text] = (left, top, right, bottom)
    return boxes


def filled_boxes(picture):
    """The boxes of a drawing that have a paper of their own."""
    boxes = [tag for tag in markup(picture).iter() if tag.tag.endswith("rect")]
    return [box for box in boxes if box.get("fill") != "none"]


def overlap(one, other):
    """Whether two boxes share a point."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def assert_nothing_is_hidden(picture):
    """No label of a map lies on another one, on a word's point or on an arrowhead."""
    boxes = labels(picture)
    for (word, box), (other, box_2) in combinations(boxes.items(), 2):
        assert not overlap(box, box_2), f"the labels {word} and {other} lie on each other"
    for x, y in circles(picture, "5"):
        point = (float(x) - 8, float(y) - 8, float(x) + 8, float(y) + 8)
        hidden = [word for word, box in boxes.items() if overlap(box, point)]
        assert not hidden, f"the label {hidden} lies on a point"
    for arrow in [tag for tag in markup(picture).iter() if tag.get("marker-end")]:
        x, y, u, v = [float(arrow.get(name)) for name in ("x1", "y1", "x2", "y2")]
        # The head is drawn from 5 to 27 pixels before the end.
        for before in range(5, 28):
            share = before / math.dist((x, y), (u, v))
            across, down = u + share * (x - u), v + share * (y - v)
            bit = (across - 4, down - 4, across + 4, down + 4)
            hidden = [word for word, box in boxes.items() if overlap(box, bit)]
            assert not hidden, f"the label {hidden} lies on an arrowhead"


def test_no_label_of_a_crowded_map_hides_another_one_a_point_or_an_arrowhead():
    words = "Japan Tokyo China Beijing London Ottawa mother brother 日本 crown_prince".split()
    for seed in range(20):
        places = random.Random(seed)
        xy = [(places.gauss(0, 1), places.gauss(0, 0.5)) for _ in words]
        assert_nothing_is_hidden(show.word_map(words, xy, [(0, 1), (2, 3), (6, 7)], near=[0, 1]))
    xy = [(0, 0), (0, 0), (0.001, 0), (1, 1)]
    boxes = labels(show.word_map("abcd", xy))
    assert not overlap(boxes["a"], boxes["b"]), "words at one point cover each other"


def test_no_label_of_the_maps_in_the_chapters_hides_another_one_a_point_or_an_arrowhead():
    maps = []
    for path in CHAPTERS:
        for image in re.findall(r'<img alt=\\"Map of words.*?>', path.read_text("utf-8")):
            maps.append(show.Picture(image))
    assert len(maps) > 3, "the chapters have lost their maps"
    for drawn in maps:
        assert_nothing_is_hidden(drawn)


def test_figure_carries_its_alt_text_and_is_closed(monkeypatch):
    import matplotlib

    matplotlib.use("Agg")
    import IPython.display
    import matplotlib.pyplot as plt

    shown = []
    monkeypatch.setattr(
        IPython.display, "display", lambda data, **options: shown.append((data, options))
    )
    show.style()
    plt.close("all")  # other tests of this process may have left some
    figure, axes = plt.subplots()
    axes.plot([1, 2])
    show.figure(figure, "A line that rises from 1 to 2")
    ((data, options),) = shown
    assert (
        data["text/plain"]
        == options["metadata"]["image/png"]["alt"]
        == "A line that rises from 1 to 2"
    )
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG") and plt.get_fignums() == []
    pixels = plt.imread(io.BytesIO(base64.b64decode(data["image/png"])))
    assert pixels[0, 0, 3] == 0, "the figure has a paper, which is a slab on a dark page"
    for text in figure.findobj(matplotlib.text.Text):
        ink = matplotlib.colors.to_rgb(text.get_color())
        box = matplotlib.colors.to_rgb(text.get_bbox_patch().get_facecolor())
        assert shares_apart(ink, box) >= 4.5, f"{text} can't be read on its box"
    letters = (pixels[..., 3] > 0.9) & (pixels[..., :3].max(axis=2) < 0.3)
    for step in (-2, 2):
        beside = np.roll(letters, step, axis=1)
        assert letters.any() and pixels[beside][:, 3].min() > 0.9, "a letter has no box"
    assert_parts_from_every_page(plt.rcParams["axes.edgecolor"])


@pytest.fixture
def told(monkeypatch):
    """The alt texts of the figures that a test has drawn."""
    import matplotlib

    matplotlib.use("Agg")
    texts = []
    monkeypatch.setattr(show.figures, "figure", lambda figure, alt: texts.append(alt))
    return texts


def test_curves_say_their_ends_and_each_level_beside_them(told):
    drawn = {"own": {0: 6.2, 20: 4.0, 40: 3.1}, "new": {0: 6.2, 20: 4.4}}
    show.curves(drawn, {"chance": 6.2, "unigram": 5.0, "a": 4, "b": 3}, "step", "loss")
    assert told == [
        "Curves: own: loss from 6.2 at step 0 to 3.1 at step 40; "
        "new: loss from 6.2 at step 0 to 4.4 at step 20; "
        "chance: 6.2; unigram: 5.0; a: 4.0; b: 3.0."
    ]


def test_squares_say_how_alike_neighbours_are(told):
    import torch

    near = 1 - (torch.arange(8)[:, None] - torch.arange(8)).abs() / 10
    show.squares({"near": near, "none": torch.eye(8)}, "position", "cosine", "No stripes.")
    (alt,) = told
    assert "near, means 1, 3 and 5 beside the diagonal: 0.90, 0.70, 0.50." in alt
    assert "none, means 1, 3 and 5 beside the diagonal: 0.00, 0.00, 0.00. No stripes." in alt


# On a light page and on a dark one


def luminance(rgb):
    """How light a colour is, as WCAG 2 computes it."""
    linear = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
        for part in (channel / 255 for channel in rgb)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(ink, paper):
    """WCAG's ratio of two colours, from 1 to 21."""
    lighter, darker = sorted([luminance(ink), luminance(paper)], reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def rgb(colour):
    """The three channels of a colour such as #0072B2."""
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]


def shares_apart(ink, paper):
    """The contrast of two colours whose channels go from 0 to 1."""
    return contrast([255 * part for part in ink[:3]], [255 * part for part in paper[:3]])


PAGES = {"white": "#FFFFFF", "dark": "#111111", "dark cell": "#212121"}


def assert_parts_from_every_page(colour):
    """A line or a point in this colour is seen on a light and on a dark page (WCAG 1.4.11)."""
    for name, page in PAGES.items():
        assert contrast(rgb(colour), rgb(page)) >= 3, f"{colour} can't be seen on a {name} page"


def test_what_is_drawn_is_seen_on_a_light_and_on_a_dark_page():
    pictures = [
        show.word_map("abcd", [(0, 0), (1, 0), (5, 3), (9, 1)], [(0, 2)], near=[0, 2]),
        show.tree((b"low", (b"lo", (b"l",), (b"o",)), (b"w",))),
    ]
    for picture in pictures:
        assert len(labels(picture)) >= 4, "a text without a box"
        texts = [tag for tag in markup(picture).iter() if tag.tag.endswith("text")]
        for text, box in zip(texts, filled_boxes(picture), strict=True):
            assert contrast(rgb(text.get("fill")), rgb(box.get("fill"))) >= 4.5
            assert_parts_from_every_page(box.get("stroke"))
        for tag in markup(picture).iter():
            kind = tag.tag.split("}")[1]
            if kind in ("line", "circle", "path"):
                colours = {tag.get("stroke"), tag.get("fill")} - {None, "none"}
                assert colours, f"a {kind} that nobody sees"
                for colour in colours:
                    assert_parts_from_every_page(colour)


def test_heat_tables_of_one_scale_give_equal_numbers_equal_colours():
    small, large = show.heat([[1.0]], most=4), show.heat([[1.0, 4.0, 9.0]], most=4)
    fills = [re.findall(r"background:#(?:E69F00|56B4E9)(\w\w)", one.html) for one in (small, large)]
    assert fills[0] == fills[1][:1] and fills[1][0] < fills[1][1] == fills[1][2]
    assert re.findall(r"background:#E69F00(\w\w)", show.heat([[1.0]]).html) == fills[1][1:2]


def test_stripes_have_the_colour_of_the_sign_and_the_strength_of_the_number():
    numbers = [[2.0, -1.0, 0.0, 5.0], [-2.0, float("nan"), 0.5, 5.0]]
    picture = show.stripes(["cat", "dog"], numbers, shown=3)
    said = "Stripes of cat, dog, the first 3 of 4 numbers: orange above 0, blue below, "
    assert repr(picture) == said + "the strongest at 2."
    drawn = [tag for tag in markup(picture).iter() if tag.get("fill-opacity")]
    drawn, key = drawn[:4], drawn[4:]
    assert [tag.get("fill-opacity") for tag in drawn] == ["1.00", "0.50", "1.00", "0.25"]
    assert [tag.get("fill") == show.PALETTE[1] for tag in drawn] == [True, False, False, True]
    assert len({tag.get("y") for tag in drawn}) == 2, "a line for each vector"
    assert [tag.get("fill-opacity") for tag in key] == ["1", "0.5", "0", "0.5", "1"]
    named = [text for text in markup(picture).itertext() if re.fullmatch(r"−?[\d.]+", text)]
    assert named == ["−2", "0", "2"], "the key says which colour is which number"
    for tag in drawn:
        assert_parts_from_every_page(tag.get("fill"))


def test_the_first_numbers_of_the_first_stripes_can_stand_above_them():
    rows = [[0.25, -0.5, NAN, 1.0], [9.0, 9.0, 9.0, 9.0]]
    picture = show.stripes(["cat", "dog"], rows, written=3)
    written = [tag for tag in markup(picture).iter() if "rotate" in tag.get("transform", "")]
    assert [tag.text for tag in written] == ["0.25", "−0.50", "nan"]
    places = [float(re.search(r"[\d.]+", tag.get("transform"))[0]) for tag in written]
    assert places[1] - places[0] == places[2] - places[1] == 10, "a stripe further on, each"


def test_bars_are_seen_on_a_light_page_and_told_apart_on_a_dark_one():
    picture = show.bars("abcd", [1, -1, 1, 1], struck=[2], lit=[3])
    colours = re.findall(r"[^-]color:(#\w{6})", picture.html)
    assert len(set(colours)) == 4
    for colour in colours:
        assert_parts_from_every_page(colour)
        for name in ("dark", "dark cell"):
            assert contrast(rgb(colour), rgb(PAGES[name])) >= 4.5, f"{colour} is dark on a {name}"


@pytest.mark.parametrize(
    ("ink", "paper"),
    [((33, 33, 33), (255, 255, 255)), ((224, 224, 224), (17, 17, 17))],
    ids=["light", "dark"],
)
def test_the_pages_ink_can_be_read_on_whatever_lies_behind_text(ink, paper):
    pictures = [
        show.tokens([f"{number // 2}" for number in range(73)], range(73), marked=[3], dropped=[4]),
        show.heat([[1, -1], [0.5, 0]], ["a", "b"], ["c", "d"]),
        show.windows(["a", "b", "c", "d", "e"], 2, 2),
        show.batch(IDS, IDS, lambda ids: ["a" for _ in ids]),
        show.ladder([["a", "b"], ["ab"]]),
        Verdict("right", "yes"),
        Verdict("wrong", "no"),
        Verdict("open", "well"),
    ]
    behind = set()
    for picture in pictures:
        behind |= set(re.findall(r"background:#(\w{6})(\w\w)\b", picture.html))
    assert len(behind) > 12
    for colour, alpha in behind:
        share = int(alpha, 16) / 255
        over = [int(colour[at : at + 2], 16) for at in (0, 2, 4)]
        mixed = [share * a + (1 - share) * b for a, b in zip(over, paper, strict=True)]
        assert contrast(ink, mixed) >= 4.5, f"text on #{colour}{alpha} can't be read"


# ---- pictures made of others -------------------------------------------------------------------


def test_a_lookup_draws_the_cut_the_entries_around_a_token_that_recurs_and_the_ids():
    vocab = {"a": 3, "b": 1, "unused": 2, "c": 0, "far": 9}
    text, cut, said, around, ids, whole = repr(show.lookup("a b a", ["a", "b", "a"], vocab)).split(
        "\n"
    )[1:]
    assert text.split(maxsplit=1) == ["text", "a b a"] and cut.endswith("a│b│a│")
    assert said.endswith("Around 'a':")
    assert around.endswith("token(id): c(0)│b(1)│unused(2)│[a(3)]│"), "its neighbours, in order"
    assert ids.endswith("token(id): a(3)│b(1)│a(3)│") and whole.strip() == "[3, 1, 3]"


def test_a_token_looked_up_has_one_colour_in_all_rows_and_others_are_grey():
    html = show.lookup("a b a", ["a", "b", "a"], {"a": 3, "b": 1}).html
    looks = {(name, look) for look, name in re.findall(r"background:(#\w+);[^>]*>([ab])<", html)}
    assert len(looks) == 2 and ("b", "#80808033") in looks and ("a", "#80808033") not in looks


def test_an_addition_adds_the_two_rows_at_its_place_and_shows_both_tables():
    words, places = torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([[0.5, 0.5], [0.25, 1.0]])
    said = repr(show.addition(["dog", "man"], words, places, place=1))
    rows = [line.split() for line in said.split("\n")]
    assert rows[1:4] == [
        ["man", "3.00", "4.00"],
        ["+", "position", "1", "0.25", "1.00"],
        ["=", "sum", "3.25", "5.00"],
    ]
    assert ["dog", "1.00", "2.00"] in rows and ["0", "0.50", "0.50"] in rows
