"""On paper, on a screen, as a page: each chapter read without scripts and without a network."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import urllib.request
from html.parser import HTMLParser
from importlib.util import find_spec

import pytest

from helpers import show
from helpers.exercises import asking
from tests.machines.lab import browser, browser_path, free_port, served_voila
from tests.tools.address import present
from tests.tools.books import CHAPTERS, NAMES, ROOT, code, read, shown

PICTURES = ROOT / "notebooks" / "pictures"
pytestmark = pytest.mark.gate
every_chapter = pytest.mark.parametrize("name", NAMES)


class Page(HTMLParser):
    """A page without scripts and network: its text, its pictures, and what it would fetch."""

    def __init__(self, html: str):
        super().__init__()
        self.hidden, self.text, self.pictures, self.fetched = 0, [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        facts = dict(attributes)
        self.hidden += tag in ("script", "style", "title")
        if tag == "img":
            self.pictures.append(facts)
        if tag in ("link", "iframe", "video", "audio", "source", "object", "embed"):
            self.fetched.append(facts.get("src") or facts.get("href") or facts.get("data"))

    def handle_endtag(self, tag):
        self.hidden -= tag in ("script", "style", "title")

    def handle_data(self, data):
        self.text += [] if self.hidden else [data]


@pytest.fixture(scope="session")
def pages(tmp_path_factory) -> dict[str, str]:
    """All chapters as HTML, by the command that README.md names."""
    folder = tmp_path_factory.mktemp("pages")
    command = [sys.executable, "-m", "jupyter", "nbconvert", "--to", "html"]
    assert " ".join(command[1:]) in (ROOT / "README.md").read_text("utf-8")
    subprocess.run(
        [*command, *map(str, CHAPTERS), f"--output-dir={folder}"], check=True, capture_output=True
    )
    return {path.stem: path.read_text("utf-8") for path in folder.glob("*.html")}


def words(text: str) -> str:
    """A text without its white space."""
    return re.sub(r"\s+", "", text)


@every_chapter
def test_a_page_needs_nothing_from_the_network(pages, name):
    page = Page(pages[name])
    assert page.fetched == []
    styles = "".join(re.findall(r"<style[^>]*>(.*?)</style>", pages[name], re.S))
    assert not re.search(r"@import|url\(['\"]?https?:", styles)
    near = [f"pictures/{path.name}" for path in PICTURES.iterdir()]
    away = [
        picture
        for picture in page.pictures
        if not picture["src"].startswith("data:") and picture["src"] not in near
    ]
    badges = ["Open In Colab"] if any(present(ROOT)) else []  # only a network makes use of one
    assert [picture["alt"] for picture in away] == badges


@every_chapter
def test_a_page_keeps_every_solution_and_model_answer_folded(pages, name):
    book = read(ROOT / "notebooks" / f"{name}.ipynb")
    folded = re.findall(r"<details>\s*<summary>(.*?)</summary>(.*?)</details>", pages[name], re.S)
    told = [(title, words("".join(Page(inside).text))) for title, inside in folded]
    for cell in book.cells:
        found = re.search(r"<summary>(.*?)</summary>(.*?)</details>", cell.source, re.S)
        if cell.cell_type == "markdown" and found:
            last = words(re.split(r"[`*\[\]()]", found[2].strip())[-1])
            assert any(title == found[1] and last in inside for title, inside in told), (
                f"{name}: whoever opens the page reads this unasked:\n{cell.source}"
            )


@every_chapter
def test_a_page_shows_without_scripts_all_that_the_chapter_says(pages, name):
    page, book = Page(pages[name]), read(ROOT / "notebooks" / f"{name}.ipynb")
    seen = words("".join(page.text))
    for cell in book.cells:
        if cell.cell_type == "code":
            assert words(cell.source) in seen, cell.source
            for output in cell.outputs:
                data = output.get("data", {})
                if output.output_type == "stream":
                    assert words(output.text) in seen, output.text
                elif "text/html" in data:
                    told = "".join(Page(data["text/html"]).text)
                    assert words(told) in seen, told[:300]
                elif "image/png" not in data and data:
                    assert words(data["text/plain"]) in seen, data
    pictures = [picture["alt"] for picture in page.pictures]
    drawn = [
        output
        for cell in code(book)
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    ]
    assert sum("base64" in picture["src"] for picture in page.pictures) >= len(drawn)
    assert all(pictures), "a picture without a description"


@every_chapter
def test_no_formula_waits_for_a_script_and_no_widget_stands_empty(pages, name):
    book = read(ROOT / "notebooks" / f"{name}.ipynb")
    for cell in book.cells:
        if cell.cell_type == "markdown":
            assert not re.search(r"\$[^$\n]+\$|\\\(|\\\[", re.sub(r"`[^`]*`", "", cell.source)), (
                cell.source
            )
    assert "widget-view" not in pages[name] and "widget-state" not in pages[name]
    stills = [
        output.data["text/html"]
        for cell in code(book)
        if re.search(r"^play\.", cell.source, re.M)
        for output in cell.outputs
        if "text/html" in output.get("data", {})
    ]
    assert stills and all(words(show.plain(still))[:5] for still in stills)


needs_browser = pytest.mark.skipif(
    not browser_path() or not find_spec("playwright"),
    reason="no Chromium or Chrome is found, or playwright is not installed",
)


@needs_browser
@pytest.mark.parametrize("styles", [True, False], ids=["with styles", "without styles"])
def test_a_browser_without_scripts_shows_no_outcome_before_it_is_opened(pages, tmp_path, styles):
    from playwright.sync_api import sync_playwright

    from tests.machines.lab import FLAGS

    html = pages[NAMES[1]]
    if not styles:  # as sites that show notebooks take them away
        html = re.sub("<style.*?</style>|<link[^>]*>", "", html, flags=re.S)
        html = re.sub(r'\sstyle="[^"]*"', "", html)
    (tmp_path / "page.html").write_text(html, "utf-8")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser_path(), args=FLAGS)
        try:
            page = chromium.new_context(java_script_enabled=False, offline=True).new_page()
            page.goto((tmp_path / "page.html").as_uri())
            before = words(page.inner_text("body"))
            for at in page.locator("summary", has_text="What came out").all():
                at.click()
            after = words(page.inner_text("body"))
        finally:
            chromium.close()
    outcomes = [cell for cell in code(read(CHAPTERS[1])) if "check.outcome(" in cell.source]
    assert len(outcomes) >= 3 and before.count(words(asking.GUESS_FIRST)) == len(outcomes)
    for cell in outcomes:
        said = shown(cell).splitlines()[-1]
        assert words(said) not in before and words(said) in after, said
    assert "'Tick!'," in after and "'Tick!'," not in before  # what is shown with the first one


@needs_browser
def test_a_browser_without_scripts_and_network_shows_a_chapter(pages, tmp_path):
    from playwright.sync_api import sync_playwright

    from tests.machines.lab import FLAGS

    name = NAMES[3]
    (tmp_path / "page.html").write_text(pages[name], "utf-8")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser_path(), args=FLAGS)
        try:
            page = chromium.new_context(java_script_enabled=False, offline=True).new_page()
            asked = []
            page.on("request", lambda request: asked.append(request.url))
            page.goto((tmp_path / "page.html").as_uri())
            text = page.inner_text("body")
            height = page.locator("body").bounding_box()["height"]
        finally:
            chromium.close()
    assert "Chapter 3" in text and height > 5_000
    assert {url for url in asked if not url.startswith(("file:", "data:"))} <= {
        "https://colab.research.google.com/assets/colab-badge.svg"
    }
    for cell in code(read(ROOT / "notebooks" / f"{name}.ipynb"))[1:6]:
        for line in shown(cell).splitlines()[:1]:
            assert words(line) in words(text), line


# What is cut at the edge of the paper or of its own frame, and in which cell
CUT = """() => {
    const cut = [], page = document.documentElement.clientWidth;
    for (const e of document.querySelectorAll('table, img, .show-steps')) {
        let edge = page;
        for (let at = e.parentElement; at; at = at.parentElement)
            if (getComputedStyle(at).overflowX !== 'visible')
                edge = Math.min(edge, at.getBoundingClientRect().right);
        if (e.getBoundingClientRect().right > edge + 1)
            cut.push(e.closest('.jp-Cell').innerText.slice(0, 100));
    }
    return cut;
}"""


@needs_browser
def test_on_a4_each_table_and_each_picture_of_each_chapter_is_whole(pages, tmp_path):
    with browser() as page:
        page.emulate_media(media="print")
        # 210 mm are 794 pixels, of which Chromium's margins take 38 at each side.
        page.set_viewport_size({"width": 794 - 2 * 38, "height": 1000})
        shutil.copytree(PICTURES, tmp_path / "pictures")
        for name, html in pages.items():
            opened = tmp_path / f"{name}.html"
            opened.write_text(html.replace("<details", "<details open"), "utf-8")
            page.goto(opened.as_uri())
            assert page.evaluate(CUT) == [], f"{name}, printed"


@pytest.mark.skipif(not find_spec("voila"), reason="Voila is not installed: pip install voila")
def test_voila_serves_a_chapter_as_a_page(tmp_path):
    with served_voila(
        ROOT / "notebooks" / "01_regex_tokenization.ipynb", free_port(), tmp_path
    ) as address:
        with urllib.request.urlopen(address, timeout=120) as answer:
            page = Page(answer.read().decode("utf-8"))
    text = "".join(page.text)
    assert "Chapter 1" in text and "Traceback" not in text


@needs_browser
@pytest.mark.skipif(not find_spec("voila"), reason="Voila is not installed: pip install voila")
def test_in_voila_a_guess_is_answered_at_once_as_all_cells_ran_before_it(tmp_path):
    chapter = ROOT / "notebooks" / f"{NAMES[1]}.ipynb"
    with served_voila(chapter, free_port(), tmp_path) as address, browser() as page:
        page.goto(address, timeout=120_000)
        choices = page.locator(".widget-radio-box").first
        choices.locator("label", has_text="3").first.click(timeout=60_000)
        page.get_by_text("What came out: 0. You predicted: 3.").wait_for(timeout=30_000)
        text = page.inner_text("body")
    assert "'Tick!'," in text and "No piece is exactly" not in text, "the outcome itself is folded"
    assert text.count(asking.GUESS_FIRST) >= 3 and "Run on" not in text
