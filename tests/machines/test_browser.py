"""Every chapter in a real JupyterLab in a real browser: run it, move what moves, see what changed.

Skipped with a reason where no Chromium or Chrome is found. Screenshots lie in .artifacts/.
"""

import os
import re

import nbformat
import pytest

from tests.machines.lab import (
    browser,
    browser_path,
    close,
    course_copy,
    jupyter_lab,
    open_chapter,
    run_all,
)
from tests.tools.books import CHAPTERS, NAMES, ROOT, code, read, shortened, tags

SHOTS = ROOT / ".artifacts"
CALL = re.compile(r"^play\.(\w+)\([^\n]{0,40}", flags=re.M)
# By playground: the label of a control; what is done to it; a pattern of what the page says then
# and did not say before. Text is typed, sliders are given keys, lists the label of an option, and
# ticks the space bar.
STEPS = {
    "regex": [
        ("text", "a b,c", r"4 pieces kept, 1 of 5 characters dropped"),
        ("preset", "white space", r"^a│·│b,c│.*2 pieces kept, 1 of 5"),
        ("pattern", "(a", r"^✗ It does not compile: missing \).*a│·│b,c│.*2 pieces kept, 1 of 5"),
        ("preset", "white space", r"^a│·│b,c│.*2 pieces kept, 1 of 5"),
        ("pattern", "(,)", r"^a·b│,│c│.*3 pieces kept, 0 of 5"),
        ("text", " a", r"^·│a│.*1 pieces kept, 1 of 2"),
        ("drop white space", "Space", r"^·a│.*1 pieces kept, 0 of 2"),
    ],
    "vocabulary": [
        (
            "sentence",
            "zzgx the",
            r"unknown tokens 1 of 2 .*lost with them 4 of 8 characters.*same text again no",
        ),
        ("% of the story", "Home", r"unknown tokens 2 of 2 .*Vocabulary: 2 tokens, from 0 of"),
        ("% of the story", "End", r"unknown tokens 1 of 2 .*It lacks 0 of them"),
        ("sentence", "the", r"decoded the unknown tokens 0 of 1 .*same text again yes"),
    ],
    "tokens": [
        (
            "text",
            "a é👋",
            r"characters a│·│é│👋│ 4 1\.00 GPT-2, 2019 a│·é│\\xf0\\x9f\\x91│\\x8b│ 4 1\.00",
        ),
        ("text", "aa", r"words aa│ 1 2\.00 characters a│a│ 2 1\.00"),
    ],
    "merges": [
        ("merges done", "End", r"Before merge 15: .*After 15 merges no pair is left"),
        ("text", "ab ab cd cd", r"Before merge 4: 5 tokens .*After 4 merges no pair is left"),
        ("merges done", "Home", r"^Bytes only"),
        (
            "merges done",
            "ArrowRight",
            r"Before merge 1: 11 tokens.*Tokens after it: 9.*wins a│b│ 2 .*tied c│d│ 2 ",
        ),
        ("ties go to", "greatest bytes", r"wins c│d│ 2 .*tie goes to: greatest bytes"),
        ("why this token?", "a", r"Why is a one token\?"),
    ],
    "windows": [
        (
            "text",
            "one two three four five six seven eight nine ten",
            r"windows 2 max\(0, ceil\(\(10 tokens − 4\) / 4",
        ),
        (
            "stride",
            "ArrowRight",
            r"/ 5\)\) overlap 0 .*targets seen 8 of 9 .*targets lost 1 0 after .* 1 between",
        ),
        ("stride", "Home", r"windows 6 .*overlap 3 "),
        ("max_length", "Home", r"windows 9 max\(0, ceil\(\(10 tokens − 1\) / 1"),
        ("batch_size", "End", r"full batches of 8 1 of 2 batches"),
    ],
    "analogies": [
        ("sum", "quean - man + woman", r"^✗ 'quean' is not among .*similar spellings: .*queen"),
        (
            "examples",
            "Paris - France + Japan",
            r"^\[Paris\] − \[France\] \+ \[Japan\] ≈ Tokyo\..*Paris \(left out\) ",
        ),
        ("leave the three words out", "Space", r"Cosines with the sum: .*Paris 0\.\d+ "),
    ],
    "Playground": [
        ("word", "queen", r"Nearest to queen"),
        ("step", "ArrowRight", r"^Step 21: "),
        ("step", "Home", r"^Step 0: "),
        ("word", "quean", r"'quean' is not among .*similar spellings: .*queen"),
    ],
    "lookup": [
        ("ids", "3 3", r"Gradient of their sum 0 0 0 0 1 0 0 0 2 0 0 0 ► 3 2 2 2"),
        ("step, in tenths", "End", r"After a step of 1\.0 .*► 3 −2\.40 −1\.03 −3\.15"),
        ("ids", "7", r"The ids are '7'; the table has only the rows 0 to 5"),
    ],
    "meanings": [
        ("blocks", "Home", r"^bank after 0 of 6 blocks"),
        ("text", "the light was red", r"'bank' is not a token of 'the light was red'"),
        ("word", "light", r"^light after 0 of 6 blocks.* the light was red 1\.00"),
    ],
    "positions": [
        (
            "sentence",
            "cats chase dogs",
            r"The words at 1 and 2 swapped: .*= chase at 2 .*Of 3 input embeddings 2 are new",
        ),
        (
            "positions",
            "none",
            r"token vector of chase .*no position vector.*Of 3 input embeddings 0 are new, so nothing in them tells",
        ),
        (
            "position",
            "Home",
            r"token vector of cats .*no position vector",
        ),
        ("swap with", "Home", r"Choose another position to swap with.$"),
    ],
    "costs": [
        ("cores", "Home", r"hours ([\d,.]+) \1 of one core, divided by 1 "),
        ("MB/s of one core", "End", r"hours 11\.\d+ 11\.\d+ of one core"),
        (
            "corpus",
            "Wikipedia, for GPT-3",
            r"shards, GB 6\.00 2 bytes a token; 30, each of at most",
        ),
        ("cents an hour", "Home", r"hours of a core at 0\.01 dollars, however many"),
    ],
    "pipe": [
        (
            "text",
            "Hello, world",
            r"12 characters, 3 tokens, .*input tensor: \[1, 3, \d+\]",
        ),
        (
            "position",
            "Home",
            r"number at \[0, 0, 3\] is .*\(token id 15496\)"
            r".* \(position 0\).*from character 0 on: “Hello”",
        ),
        (
            "position",
            "ArrowRight",
            r"token id 11\).*the token “,”, whose bytes belong to .* character 5 on: “,”",
        ),
        ("column", "Home", r"number at \[0, 1, 0\]"),
    ],
}
# What may be typed to break out of the page, or to hide; each part must be readable there then.
HOSTILE = [
    "<script>hit=1</script> zzend",
    "<img src=x onerror=hit=1> zzend",
    '"q"&amp; it\'s a\u200bb \u202ed zzend',
]
ROW = ".widget-inline-hbox"
CONTROLS = f".noUi-handle, {ROW} input, {ROW} textarea, {ROW} select"
pytestmark = [
    pytest.mark.gate,
    pytest.mark.skipif(browser_path() is None, reason="no Chromium or Chrome on this machine"),
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of a JupyterLab over a copy of the course, and a page of a browser."""
    folder = course_copy(tmp_path_factory.mktemp("course"))
    for path in CHAPTERS:  # other tests run what comes after the core and holds no playground
        short = shortened(read(path), lambda cell: CALL.search(cell.source))
        nbformat.write(short, folder / "notebooks" / path.name)
    os.environ.setdefault("COURSE_DOWNLOADS", str(ROOT / "data" / "downloads"))
    with (
        jupyter_lab(folder / "notebooks", tmp_path_factory.mktemp("lab")) as address,
        browser() as page,
    ):
        yield address, page


def playground(page, source: str):
    """The live output of the code cell that begins so, scrolled into view."""
    cell = page.locator(".jp-CodeCell", has=page.locator(".jp-InputArea", has_text=source)).first
    live = cell.locator(".jp-OutputArea .widget-html-content")
    panel = page.locator(".jp-WindowedPanel-outer, .jp-NotebookPanel-notebook").first
    # Cells far from the screen are not drawn: scroll until this one is.
    for pause in (50, 150, 400):
        panel.evaluate("e => e.scrollTo(0, 0)")
        page.wait_for_timeout(2 * pause)
        while not live.count() and panel.evaluate(
            "e => { const old = e.scrollTop; e.scrollBy(0, 700); return e.scrollTop > old; }"
        ):
            page.wait_for_timeout(pause)
        if live.count():
            break
    else:
        raise AssertionError(f"the playground of {source!r} has no live output")
    cell.locator(".jp-OutputArea").first.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    return cell.locator(".jp-OutputArea").first


def assert_on_one_screen(area, what: str) -> None:
    """The controls and the picture fit into the notebook's part of a window of 1280 by 800."""
    page, high = area.page, area.bounding_box()["height"]
    panel = page.locator(".jp-WindowedPanel-outer, .jp-NotebookPanel-notebook").first
    room = panel.bounding_box()["height"] - (page.viewport_size["height"] - 800)
    assert high <= room, f"{what} is {high:.0f} px high; a small screen has {room:.0f}"


# The text of a picture, with the marks between tokens that only a page without styles shows.
READ = """e => {
    const marks = [...e.querySelectorAll('span')].filter(x => x.style.display === 'none');
    marks.forEach(x => { x.style.display = 'inline'; });
    const text = e.innerText;
    marks.forEach(x => { x.style.display = 'none'; });
    return text;
}"""


def drawing(area) -> str:
    """What the playground's picture says now, in one line."""
    return " ".join(area.locator(".widget-html-content").first.evaluate(READ).split())


def control(area, label: str):
    """The control of a playground that bears this label, and what kind it is."""
    exact = re.compile(f"^{re.escape(label)}$")
    row = (
        area.locator(".widget-inline-hbox")
        .filter(has=area.page.locator("label", has_text=exact))
        .first
    )
    return row.locator(".noUi-handle, input, textarea, select").first, row.get_attribute("class")


def act(area, label: str, value: str) -> None:
    """Do to one control what a hand on the keyboard does."""
    at, kind = control(area, label)
    at.focus()
    if "slider" in kind or "checkbox" in kind:
        at.press(value)
    elif "dropdown" in kind:
        at.select_option(label=value)
    else:
        at.fill(value)


def wait_for(area, pattern: str) -> None:
    """Until the picture says this."""
    for _ in range(100):
        if re.search(pattern, drawing(area)):
            return
        area.page.wait_for_timeout(50)
    raise AssertionError(f"the page does not say {pattern!r}, but:\n{drawing(area)}")


def follow(area, name: str) -> None:
    """Move every control of a playground and look at what the page says after each."""
    for label, value, pattern in STEPS[name]:
        before = drawing(area)
        assert not re.search(pattern, before), (
            f"{name}: {pattern!r} is there before {label} is moved"
        )
        act(area, label, value)
        wait_for(area, pattern)
        if not drawing(area).startswith("✗"):  # the last good picture stands beneath a message
            assert_on_one_screen(area, f"{name} with {label} {value!r}")
    moved = {label for label, *_ in STEPS[name]}
    assert len(moved) == area.locator(CONTROLS).count(), f"{name}: only {sorted(moved)} were moved"
    state = area.locator(".widget-html-content").last.inner_text()
    assert name == "Playground" or state.startswith(f"play.{name}("), f"{name}: {state!r} to paste"


def tab_through(area) -> None:
    """The Tab key goes from the first control to each of the others, in the order they stand in."""
    controls = area.locator(CONTROLS)
    controls.first.focus()
    for number in range(1, controls.count()):
        for _ in range(6):  # the number beside a slider takes a Tab of its own, as do buttons
            area.page.keyboard.press("Tab")
            here = controls.nth(number).evaluate("e => e === document.activeElement")
            if here:
                break
        assert here, f"Tab misses control {number}"


def bare(area) -> str:
    """The text of the picture without ids, white space and the marks between tokens."""
    return area.locator(".widget-html-content").first.evaluate(
        "e => { e = e.cloneNode(true); e.querySelectorAll('small').forEach(x => x.remove());"
        " return e.textContent.replace(/[\\s│·]|\\\\(?=')/g, ''); }"
    )


def wait_for_part(area, label: str, part: str) -> None:
    """Until what was typed into a box can be read in the picture."""
    # What has no width is written as a number, of the character or of its bytes.
    wanted = (
        re.escape(part).replace("\u200b", r"\\(u200b|xe2.*)").replace("\u202e", r"\\(u202e|xe2.*)")
    )
    for _ in range(100):
        if re.search(wanted, bare(area)):
            return
        area.page.wait_for_timeout(50)
    raise AssertionError(f"{part} was typed into {label} and can't be read in:\n{bare(area)}")


def type_hostile(area) -> None:
    """Type what could break out of the page into every text box: it must stand there as text."""
    boxes = area.locator(".widget-text, .widget-textarea")
    for row in map(boxes.nth, range(boxes.count())):
        box, label = row.locator("input, textarea"), row.locator("label").inner_text()
        old = box.input_value()
        for text in HOSTILE:
            box.fill(text)
            if label == "pattern":  # a pattern is not repeated in the picture
                area.page.wait_for_timeout(250)
            else:
                for part in text.split()[:-1]:
                    wait_for_part(area, label, part)
            assert not re.search("[\u200b\u202e]", bare(area))
            found = area.locator("script, [onerror], img[src='x']").count()
            assert found == 0, "typed markup became part of the page"
        box.fill(old)
    assert area.page.evaluate("window.hit") is None, "typed markup was run"


@pytest.mark.parametrize("path", CHAPTERS, ids=NAMES)
def test_a_learner_runs_the_chapter_and_its_playgrounds_answer(path, lab):
    address, page = lab
    book = read(path)
    open_chapter(page, address, path.name)
    try:
        run_all(page)
        printed = page.locator(".jp-OutputArea-output pre").first
        assert printed.evaluate("e => getComputedStyle(e).wordBreak") == "normal", (
            "a printed list is broken within its numbers"
        )
        SHOTS.mkdir(exist_ok=True)
        meant = sum("raises-exception" in tags(cell) for cell in code(book))
        for number, found in enumerate(
            filter(None, (CALL.search(cell.source) for cell in code(book)))
        ):
            area = playground(page, found[0])
            area.screenshot(path=SHOTS / f"{path.stem}-{number}-before.png")
            assert_on_one_screen(area, found[0])
            tab_through(area)
            follow(area, found[1])
            area.screenshot(path=SHOTS / f"{path.stem}-{number}-after.png")
            type_hostile(area)
        assert (
            page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.error']").count()
            <= meant
        )
    finally:
        close(page, address)


def test_every_playground_is_in_some_chapter():
    called = {
        found[1]
        for path in CHAPTERS
        for cell in code(read(path))
        for found in CALL.finditer(cell.source)
    }
    assert called == set(STEPS)
