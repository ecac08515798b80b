"""Playgrounds: their widgets are moved here, and what the page then says is counted anew."""

import re
import time
from contextlib import contextmanager

import pytest

from helpers import play, show
from helpers.words import SPLIT, split_words
from tests.test_show import HOSTILE, safe

STORY = 5 * (
    "I had always thought the old wall, at night, was a cheap thing -- it's not so. "
    "The wall was old. "
)
NAMES = [
    "regex",
    "vocabulary",
    "tokens",
    "merges",
    "windows",
    "analogies",
    "lookup",
    "positions",
    "pipe",
]
WORDS = "king queen man woman prince boy girl princess monarch crown throne tea cup".split()


@pytest.fixture(scope="session")
def vectors():
    """Thirteen words, in which the analogy holds, without a download."""
    import numpy as np

    from helpers.vectors import keyed_vectors

    rows = np.random.default_rng(3).normal(size=(len(WORDS), 20)).astype("float32")
    rows[1] = rows[0] - rows[2] + rows[3] + 0.1
    return keyed_vectors(WORDS, rows)


@pytest.fixture
def make(vectors):
    """A playground by name, on a small text."""
    given = {
        "vocabulary": [STORY],
        "windows": [STORY[:80]],
        "analogies": [vectors],
        "pipe": [STORY[:80]],
    }
    return lambda name, *more, **options: getattr(play, name)(
        *given.get(name, []), *more, **options
    )


def words_of(playground, **values):
    """Move the widgets to these values and read the page."""
    for name, value in values.items():
        playground.controls[name].value = value
    return show.plain(playground.html)


@pytest.mark.parametrize("name", NAMES)
def test_still_is_the_first_drawing_and_both_forms_are_there(make, name):
    playground = make(name)
    first = playground.draw(**{key: control.value for key, control in playground.controls.items()})
    assert playground.still == playground.html == first._repr_html_() and safe(playground.still)
    bundle = playground._repr_mimebundle_()
    assert set(bundle) == {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"}
    assert bundle["text/html"] == playground.still and bundle["text/plain"] == repr(
        playground
    ) == repr(first)
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == playground.box.model_id
    assert make(name).still == playground.still, "the still must be the same in each run"


@pytest.mark.parametrize("name", NAMES)
def test_every_control_has_a_label_and_moves_without_an_error(make, name):
    playground = make(name)
    for control in playground.controls.values():
        assert control.description
        old = control.value
        if hasattr(control, "max"):
            tried = [control.min, control.max]
        elif hasattr(control, "options"):
            tried = [value for _, value in control._options_full]
        else:
            tried = [not old] if isinstance(old, bool) else ["", "x", "The old cat sat"]
        for value in tried:
            control.value = value
            assert safe(playground.html) and "Error" not in playground.html
        control.value = old
    assert playground.html == playground.still


@pytest.mark.parametrize("text", HOSTILE[:6] + HOSTILE[7:])
@pytest.mark.parametrize("name", NAMES)
def test_hostile_text_in_every_box_shows_up_as_text(make, name, text):
    playground = make(name)
    for control in playground.controls.values():
        if isinstance(control.value, str) and not hasattr(control, "options"):
            control.value = text
            assert safe(playground.html), playground.html


@contextmanager
def soon():
    """Two seconds of this process's own work, and no waiting that a busy machine can't explain."""
    work, clock = time.process_time(), time.monotonic()
    yield
    work, clock = time.process_time() - work, time.monotonic() - clock
    assert work < 2 and clock < 20, (
        f"a learner waits: {work:.1f} s of work, {clock:.1f} s by the clock"
    )


@pytest.mark.parametrize(
    "name, box",
    [
        ("regex", "text"),
        ("tokens", "text"),
        ("windows", "text"),
        ("pipe", "text"),
        ("merges", "text"),
        ("vocabulary", "sentence"),
        ("positions", "sentence"),
    ],
)
def test_long_text_is_cut_with_a_sentence(make, name, box):
    playground = make(name)
    with soon():
        assert "Only the first 5,000 characters are used." in words_of(
            playground, **{box: "ab c, " * 200_000}
        )
    assert "Only the first" not in words_of(playground, **{box: "ab c"})


def test_what_draw_raises_becomes_words():
    def draw(text):
        raise ValueError(f"no {text}")

    assert words_of(play.Playground(draw, text=play.line("t", "<b>"))) == "no <b>"


def test_regex_keeps_what_re_split_keeps():
    import re as plain_re

    text = "Hi, you -- it's (a) test_case:\n\tso; end!  "
    for pattern in [value for _, value in play.PRESETS] + [r"(\w)(\s)", r"x*", r"(a)|(b)"]:
        pieces = play.split_visibly(pattern, text, strip=False)
        assert [piece for piece, kept in pieces if kept] == [
            p for p in plain_re.split(pattern, text) if p is not None
        ]
        assert "".join(piece for piece, _ in pieces) == text
    assert [piece for piece, kept in play.split_visibly(SPLIT, text) if kept] == split_words(text)


def test_regex_playground_presets_patterns_and_errors(make):
    playground = make("regex", "a b,c")
    assert (
        words_of(playground)
        == "a│~·~│b│,│c│\n4 pieces kept, 1 of 5 characters dropped (dotted frames)."
    )
    assert (
        "a│~·~│b,c│" in words_of(playground, preset=r"\s")
        and playground.controls["pattern"].value == r"\s"
    )
    assert "a│·│b,c│" in words_of(playground, preset=r"(\s)", strip=False)
    assert "does not compile: missing )" in words_of(playground, pattern="(a")
    assert "Shorten it" in words_of(playground, pattern="a" * 201)
    assert "0 of 0 characters" in words_of(playground, pattern="", text="")


@pytest.mark.parametrize(
    "pattern", ["(a|aa)+$", "(a+)+b", "((a{1,999}){1,999}){1,999}b", "(?R)", "a(?R)?b", "(" * 200]
)
def test_regex_never_hangs(make, pattern):
    playground = make("regex", "a" * 5_000)
    with soon():
        words_of(playground, pattern=pattern)


def test_vocabulary_grows_with_the_share_and_counts_its_losses(make):
    playground = make("vocabulary", "the wall, don't")
    words = words_of(playground, share=100)
    assert "[don(" in words and "unknown tokens       2 of 6 (framed above)" in words
    assert "lost with them       4 of 15 characters" in words and "the same text again  no" in words
    assert "decoded              the·wall,·<|unk|>'·<|unk|>" in words
    assert "It lacks 0 of them" in words and "the same text again  yes" in words_of(
        playground, sentence="the old wall"
    )
    assert "unknown tokens       3 of 3" in words_of(playground, share=0)


def test_tokens_counts_cuts_and_shows_broken_bytes(make):
    playground = make("tokens", "a é👋")
    words = words_of(playground)
    rows = {line.split("  ")[0]: line for line in words.split("\n")}
    assert (
        "a│é👋│" in rows["words"]
        and "a│·│é│👋│" in rows["characters"]
        and rows["characters"].endswith("1.00")
    )
    assert "\\xf0\\x9f\\x91│\\x8b│" in rows["GPT-2, 50,257"] and re.search(
        r"id \d+, bytes f0 9f 91", playground.html
    )
    assert "0" in words_of(playground, text="") and "–" in words_of(playground, text="")
    own = make("tokens", "abc", tokenizers={"mine": lambda text: [text[:1], text[1:]]})
    assert "mine      a│bc│" in words_of(own)


def test_merges_match_a_count_by_hand_and_the_rule_for_ties(make):
    playground = make("merges", "ab ab cd cd")
    words = words_of(playground, step=1)
    assert "wins  a│b│" in words and "tied  c│d│" in words and "seen first in the text" in words
    assert (
        "Before merge 1: 11 tokens" in words
        and "After it: 9 tokens" in words
        and "[ab(256)]" in words
    )
    words = words_of(playground, ties="greatest")
    assert "wins  c│d│" in words and "greatest bytes" in words
    assert "Bytes only" in words_of(playground, step=0)
    assert "After 4 merges no pair is left." in words_of(playground, step=60)
    assert "Merges, each after its parts: a + b = ab" in words_of(playground, ties="first", token=0)
    assert (
        words_of(playground, text="") == "Bytes only\n(no tokens)\nAfter 0 merges no pair is left."
    )


def test_windows_follow_the_formula(make):
    from helpers.windows import count_windows

    playground = make("windows")
    for length, stride in [(4, 1), (4, 4), (3, 5), (12, 14)]:
        words = words_of(playground, max_length=length, stride=stride)
        n = int(re.search(r"\((\d+) tokens", words)[1])
        assert re.search(rf"^windows +{count_windows(n, length, stride)} ", words, re.M)
        assert f"overlap       {max(0, length - stride)} " in words
    assert "behind the last target" in words and "lost" in words
    assert re.search(r"^windows +0 ", words_of(playground, text="a"), re.M)


def test_analogies_strike_query_words_and_answer_unknown_ones(make):
    playground = make("analogies")
    words = words_of(playground)
    assert "king − man + woman: queen" in words and "~king~ (left out)" in words
    assert "arrow from man to king; arrow from woman to queen" in words
    words = words_of(playground, exclude=False)
    assert "(left out)" not in words
    words = words_of(playground, b="quean")
    assert re.search(r"quean +queen", words) and "not in the table" in words
    assert re.search(r"^cup .* 1.00$", words_of(playground, b="king", words="tea cup"), re.M)
    assert "twice" in words_of(playground, a="king")


def test_lookup_lights_rows_and_counts_gradients(make):
    playground = make("lookup")
    words = words_of(playground)
    assert (
        "► 5  −2.8400  −0.7849  −1.4096" in words and "equal to lookup" in words
    )  # the book's table
    words = words_of(playground, ids="3 3", tenths=10)
    assert "► 3  2  2  2" in words and "► 3  −2.4015  −1.0334  −3.1481" in words
    for wrong in ["6", "-1", "two", "", "1.5", "٣"]:
        assert "rows 0 to 5" in words_of(playground, ids=wrong)


def test_playgrounds_leave_the_learners_random_numbers_alone(make):
    import torch

    for name in ("lookup", "positions", "pipe"):
        torch.manual_seed(5)
        wanted = torch.rand(3)
        torch.manual_seed(5)
        words_of(make(name))
        assert torch.equal(torch.rand(3), wanted)


def test_positions_add_up_and_only_none_hides_the_order(make):
    playground = make("positions")
    rows = [
        list(map(float, re.findall(r"[−-]?\d+\.\d\d", line.replace("−", "-"))))
        for line in words_of(playground).split("\n")
        if re.match("token row|position row|their sum", line)
    ]
    assert all(abs(a + b - c) < 0.011 for a, b, c in zip(*rows, strict=True)) and len(rows[0]) == 8
    assert "2 rows are new" in words_of(playground) and "2 rows are new" in words_of(
        playground, position="sinusoidal"
    )
    without = words_of(playground, position="none")
    assert "0 rows are new" in without and "nothing in them tells of the order" in without
    assert "Place 1, no positions" in without and "no position row" in without
    assert "swap" in without and "swap" not in words_of(playground, other=1)
    assert "at least two words" in words_of(playground, sentence="one")


def test_the_token_slider_reaches_the_last_token_of_any_text(make):
    playground = make("pipe")
    words_of(playground, text="a b " * 300)
    assert playground.controls["token"].max == 600
    assert "The number at [0, 600, 3]" in words_of(playground, token=600)
    assert "The number at [0, 1, 3]" in words_of(playground, text="a b")
    playground = make("merges", "ab " * 200)
    assert playground.controls["token"].max == 599
    assert "Why is token 599, ·, one token?" in words_of(playground, step=0, token=599)


def test_pipe_traces_a_number_to_its_characters(make):
    playground = make("pipe")
    for token, column in [(0, 0), (3, 7), (200, 2)]:
        words = words_of(playground, token=token, column=column)
        total, row, at = map(
            float, re.search(r"is (\S+) = (\S+) \(token row \d+\) \+ (\S+) \(", words).groups()
        )
        assert abs(total - row - at) < 2e-4 and len(re.findall(r"\[−?\d+\.\d\d\]", words)) == 3
    words = words_of(playground, text="né👋x", token=2, column=0)
    assert "from number 2: 👋" in words
    assert "Type at least one character" in words_of(playground, text="")


@pytest.mark.parametrize("name", NAMES)
def test_an_update_for_500_characters_is_quick(make, name):
    playground = make(name)
    values = {key: control.value for key, control in playground.controls.items()}
    box = next((key for key in ("text", "sentence") if key in values), None)
    times = []
    for turn in range(7):
        if box:
            values[box] = STORY[turn : turn + 500]
        begin = time.process_time()
        playground.draw(**values)._repr_html_()
        times.append(time.process_time() - begin)
    assert sorted(times)[3] < 0.05, times
