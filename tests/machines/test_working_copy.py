"""What a learner meets after the first command, in a real browser: their own copy, and questions."""

import re
import sys
from importlib.util import find_spec

import pytest

from helpers.backstage.copies import MINE
from helpers.exercises.asking import GUESS_FIRST
from tests.machines.lab import browser, browser_path, course_copy, served
from tests.tools.books import NAMES

pytestmark = [
    pytest.mark.gate,
    pytest.mark.skipif(not browser_path(), reason="no Chromium or Chrome on this machine"),
    pytest.mark.skipif(not find_spec("playwright"), reason="playwright is not installed"),
    pytest.mark.skipif(sys.platform == "win32", reason="there the server would outlive the test"),
]
SCROLL = "e => { const old = e.scrollTop; e.scrollBy(0, 500); return e.scrollTop > old; }"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The page that `python -m helpers` opens in a fresh checkout."""
    course = course_copy(tmp_path_factory.mktemp("checkout") / "course")
    home = tmp_path_factory.mktemp("home")
    command = [sys.executable, "-m", "helpers"]
    with served(command, course, home) as (address, token), browser() as page:
        page.goto(f"{address}/?token={token}")
        page.wait_for_selector(".jp-NotebookPanel .jp-CodeCell", state="attached")
        page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status='idle']")
        yield page


def cell(page, source: str):
    """The code cell that holds this, scrolled into view."""
    found = page.locator(".jp-CodeCell", has=page.locator(".jp-InputArea", has_text=source)).first
    panel = page.locator(".jp-WindowedPanel-outer").first
    panel.evaluate("e => e.scrollTo(0, 0)")
    page.wait_for_timeout(300)
    # Cells far from the screen are not drawn: scroll until this one is.
    while not found.is_visible() and panel.evaluate(SCROLL):
        page.wait_for_timeout(100)
    found.scroll_into_view_if_needed()
    return found


def run(page, source: str):
    """Run the cell that holds this; gives it."""
    found = cell(page, source)
    found.locator(".jp-InputArea-editor").click()
    page.keyboard.press("Control+Enter")
    wait_until_idle(page)
    return cell(page, source)


def run_all(page) -> None:
    """Run > Run All Cells, again if the page was not ready for it, and wait for the end."""
    ran = page.locator(".jp-InputPrompt", has_text=re.compile(r"\[[\d*]"))
    while not ran.count():
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        page.wait_for_timeout(3000)
    wait_until_idle(page)


def wait_until_idle(page) -> None:
    """Until the kernel has rested for a second."""
    idle, calm = page.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']"), 0
    for _ in range(600):
        page.wait_for_timeout(100)
        calm = calm + 1 if idle.count() else 0
        if calm == 10:
            return
    raise AssertionError("the kernel did not come to rest within a minute")


def said(found) -> str:
    """What a cell's outputs show now."""
    return found.locator(".jp-OutputArea").first.inner_text()


def says(found, text: str) -> bool:
    """Whether a cell's outputs show this within twenty seconds."""
    for _ in range(200):  # a machine may be busy
        if text in said(found):
            return True
        found.page.wait_for_timeout(100)
    return False


def choose(page, key: str, choice: str):
    """Choose an answer to a prediction; gives its cell."""
    asked = cell(page, f'check.predict("{key}")')
    asked.locator(".widget-radio-box label", has_text=choice).first.click()
    return asked


def test_the_first_chapter_is_open_as_nobody_has_run_it_and_nothing_covers_it(page):
    assert page.url.endswith(f"/lab/tree/{MINE.name}/{NAMES[1]}.ipynb")
    page.wait_for_timeout(4000)
    assert page.locator(".Toastify__toast, .jp-Dialog").count() == 0
    assert page.locator(".jp-OutputArea-output").count() == 0


def test_an_outcome_waits_for_a_guess_and_a_late_guess_is_answered_at_once(page):
    run_all(page)
    # Folded until it is opened.
    told = cell(page, 'check.outcome("ticks"')
    assert says(told, GUESS_FIRST) and "No piece is exactly" not in said(told)
    told.locator("summary").click()
    assert says(told, "'Tick!', 'The'") and says(told, "What came out: 0. No piece is exactly")
    # A guess that comes after it is judged, and then the outcome shows itself.
    asked = choose(page, "ticks", "3")
    assert says(asked, "What came out: 0. You predicted: 3.") and says(asked, "'Tick!', 'The'")
    told = run(page, 'check.outcome("ticks"')
    assert says(told, "You predicted: 3") and GUESS_FIRST not in said(told)
    # Without a guess it shows itself if it is run again.
    told = run(page, 'check.outcome("two_spaces"')
    assert says(told, "What came out: 5.") and GUESS_FIRST not in said(told)


def test_a_guess_before_the_outcome_is_noted_and_judged_when_it_comes(page):
    asked = run(page, 'check.predict("half_open")')
    asked = choose(page, "half_open", "['half-open', '--', 'or', 'shut']")
    noted = "Noted: ['half-open', '--', 'or', 'shut']. Run the next cells to see what comes out."
    assert says(asked, noted)
    assert says(run(page, 'check.outcome("half_open"'), "✓ You predicted")


def test_a_number_is_a_guess_when_enter_is_pressed(page):
    asked = cell(page, 'check.predict("tokens_per_100")')
    box = asked.locator(".widget-text input")
    box.click()
    page.keyboard.type("12", delay=100)
    page.wait_for_timeout(500)
    assert "You predicted" not in asked.inner_text(), "judged before it was whole"
    page.keyboard.type("0")
    page.keyboard.press("Enter")
    assert says(asked, "What came out: 130. You predicted: 120. Your guess is 10 too low.")
