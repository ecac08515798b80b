"""Steps in a real browser: they move without a script, and keep their keys to themselves."""

from importlib.util import find_spec

import nbformat
import pytest

from helpers import show
from tests.machines.lab import (
    FLAGS,
    browser,
    browser_path,
    close,
    jupyter_lab,
    open_chapter,
    run_all,
)
from tests.tools.books import CHAPTERS, ROOT, read

pytestmark = [
    pytest.mark.gate,
    pytest.mark.skipif(
        not browser_path() or not find_spec("playwright"),
        reason="no Chromium or Chrome is found, or playwright is not installed",
    ),
]
FRAMES = [("one", show.tokens(["first"])), ("two", show.tokens(["second"]))]
PICTURE = show.steps([*FRAMES, ("three", show.tokens(["third"]))])._repr_html_()
# What a frame could be opened by, as a page may write it
CONTROLS = [
    PICTURE,
    '<a href="#frame">link</a>',
    '<form method="dialog"><button>button</button></form>',
    '<label><input type="radio"> label</label><input type="text">',
    "<select><option>one</option><option>two</option></select>",
    "<audio controls></audio>",
    '<p contenteditable="true" tabindex="0" data-lm-suppress-shortcuts="true">text</p>',
    "<textarea>text</textarea>",
]
FOCUSABLE = "summary, a, button, input, select, audio, p[tabindex], textarea"


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


def notebook(*cells):
    """A notebook of these code cells, with the kernel of the chapters."""
    book = nbformat.v4.new_notebook(metadata=read(CHAPTERS[0]).metadata)
    book.cells = list(cells)
    return book


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    """JupyterLab over two notebooks: steps to run, and controls that were run elsewhere."""
    folder = tmp_path_factory.mktemp("books")
    code_of_it = f"import sys\nsys.path.insert(0, {str(ROOT)!r})\nfrom helpers import show\n"
    code_of_it += "show.steps([(n, show.tokens([n])) for n in ('first', 'second', 'third')])"
    steps = notebook(*map(nbformat.v4.new_code_cell, (code_of_it, "1 + 1")))
    nbformat.write(steps, folder / "steps.ipynb")
    outputs = [nbformat.v4.new_output("display_data", {"text/html": html}) for html in CONTROLS]
    cells = [nbformat.v4.new_code_cell("", outputs=[output]) for output in outputs]
    nbformat.write(notebook(*cells, nbformat.v4.new_code_cell("1 + 1")), folder / "cloned.ipynb")
    with jupyter_lab(folder, tmp_path_factory.mktemp("lab")) as address, browser() as page:
        yield address, page


def test_keys_on_a_step_never_reach_jupyterlab(books):
    address, page = books
    open_chapter(page, address, "steps.ipynb")
    run_all(page)
    page.locator("summary").first.focus()
    for key in ["ArrowDown", "ArrowUp", "ArrowLeft", "ArrowRight", *"abxmydd", "Tab", "Space"]:
        page.keyboard.press(key)
    page.wait_for_timeout(500)
    assert page.locator(".jp-CodeCell").count() == 2, "a key has changed the notebook"
    titles = page.locator("details[open] > summary").all_inner_texts()
    assert titles == ["2. second"]
    close(page, address)


def test_in_a_cloned_notebook_jupyterlab_leaves_no_control_that_could_keep_its_keys(books):
    """Of what has not been run here JupyterLab cuts styles, scripts, names and data-attributes.

    Steps still open there, by mouse and by Tab and Space. But the arrows move its cursor to
    another cell, and d, d deletes the cell, as from any link in a text: it spares only what a
    learner can write in, which opens nothing. If this test fails, another form is better now.
    """
    address, page = books
    open_chapter(page, address, "cloned.ipynb")
    titles = page.locator("summary")
    assert titles.nth(1).get_attribute("data-lm-suppress-shortcuts") is None, "it is kept now"
    titles.nth(1).focus()
    page.keyboard.press("Space")
    opened = page.locator("details[open] > summary").all_inner_texts()
    assert opened == ["1. one", "2. two"]
    keeps = set()
    for control in page.locator(".jp-OutputArea").locator(FOCUSABLE).all():
        control.focus()
        page.keyboard.press("ArrowDown")
        page.wait_for_timeout(100)
        if control.evaluate("e => e === document.activeElement"):
            keeps.add(control.evaluate("e => e.localName"))
    assert keeps == {"textarea"}
