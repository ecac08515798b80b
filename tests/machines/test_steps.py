"""Steps and tokens in a real browser: they move without a script, and no line breaks a token."""

from importlib.util import find_spec

import nbformat
import pytest

from helpers import show
from tests.machines.lab import FLAGS, browser, browser_path, jupyter_lab, open_chapter, run_all
from tests.tools.books import CHAPTERS, NAMES, ROOT, code, read

pytestmark = [
    pytest.mark.gate,
    pytest.mark.skipif(
        not browser_path() or not find_spec("playwright"),
        reason="no Chromium or Chrome is found, or playwright is not installed",
    ),
]
FRAMES = [("one", show.tokens(["first"])), ("two", show.tokens(["second"]))]
PICTURE = show.steps([*FRAMES, ("three", show.tokens(["third"]))])._repr_html_()
# How many lines each token takes, without the id beneath it.
LINES = """chips => chips.map(chip => {
    const tops = new Set(), texts = document.createTreeWalker(chip, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) if (!texts.currentNode.parentElement.closest('small')) {
        const range = document.createRange();
        range.selectNodeContents(texts.currentNode);
        for (const box of range.getClientRects()) tops.add(Math.round(box.top));
    }
    return [chip.textContent, tops.size];
})"""


@pytest.fixture
def still():
    """A page that runs no script."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser_path(), args=FLAGS)
        yield chromium.new_context(java_script_enabled=False).new_page()
        chromium.close()


def seen(page) -> list[str]:
    """Which of the frames can be seen."""
    return [name for name in ("first", "second", "third") if page.get_by_text(name).is_visible()]


@pytest.mark.parametrize("wide", [900, 1920])
def test_without_a_script_steps_are_moved_by_mouse_and_keyboard_and_paper_has_them_all(still, wide):
    still.set_viewport_size({"width": wide, "height": 600})
    still.set_content(PICTURE + "<p>after it</p>")
    assert seen(still) == ["first"]
    place = still.get_by_text("first").bounding_box()["y"]
    still.locator("summary").nth(2).click()
    assert seen(still) == ["third"]
    assert still.get_by_text("third").bounding_box()["y"] == place, "the frame jumps"
    still.keyboard.press("Shift+Tab")
    still.keyboard.press("Space")
    assert seen(still) == ["second"]
    still.emulate_media(media="print")
    assert seen(still) == ["first", "second", "third"]


def test_without_styles_steps_are_a_numbered_list(still):
    still.set_content(PICTURE.replace("<style>", "<template>").replace("</style>", "</template>"))
    tops = [title.bounding_box()["y"] for title in still.locator("summary").all()]
    assert tops == sorted(set(tops)), "the titles don't stand beneath one another"
    for place in (1, 2):
        still.locator("summary").nth(place).press("Enter")
    assert seen(still) == ["third"]


def test_keys_on_a_step_never_reach_jupyterlab(tmp_path):
    book = nbformat.v4.new_notebook(metadata=read(CHAPTERS[0]).metadata)
    code_of_it = f"import sys\nsys.path.insert(0, {str(ROOT)!r})\nfrom helpers import show\n"
    code_of_it += "show.steps([(n, show.tokens([n])) for n in ('first', 'second', 'third')])"
    book.cells = [nbformat.v4.new_code_cell(source) for source in (code_of_it, "1 + 1")]
    (tmp_path / "books").mkdir()
    nbformat.write(book, tmp_path / "books" / "steps.ipynb")
    with jupyter_lab(tmp_path / "books", tmp_path) as address, browser() as page:
        open_chapter(page, address, "steps.ipynb")
        run_all(page)
        page.locator("summary").first.focus()
        for key in ["ArrowDown", "ArrowUp", "ArrowLeft", "ArrowRight", *"abxmydd", "Tab", "Space"]:
            page.keyboard.press(key)
        page.wait_for_timeout(500)
        assert page.locator(".jp-CodeCell").count() == 2, "a key has changed the notebook"
        titles = page.locator("details[open] > summary").all_inner_texts()
        assert titles == ["2. second"]


@pytest.mark.parametrize("path", CHAPTERS, ids=NAMES)
def test_no_token_of_a_chapter_takes_two_lines(path):
    shown = [output.get("data", {}) for cell in code(read(path)) for output in cell.outputs]
    html = "".join(data.get("text/html", "") for data in shown)
    with browser() as page:
        page.set_content(html.replace("<details", "<details open").replace("name=", "data-n="))
        for wide in (560, 900, 1920):
            page.set_viewport_size({"width": wide, "height": 1000})
            chips = page.eval_on_selector_all("bdi[style*='inline-block']", LINES)
            broken = [text for text, lines in chips if lines > 1 and len(text) < 60]
            assert not broken, f"at {wide} pixels a line breaks {broken}"
