"""The web edition, as somebody reads it on a phone or a screen: built, whole, and without a network."""

from __future__ import annotations

import re
from importlib.util import find_spec

import pytest

from tests.machines.lab import FLAGS, browser_path
from tests.tools import web
from tests.tools.books import NAMES, ROOT
from tests.tools.teaching import TAUGHT

pytestmark = pytest.mark.gate
PAGES = ["index", *(f"notebooks/{name}" for name in NAMES)]
PAGES += ["notebooks/glossary", "notebooks/teaching/guide", "search"]
needs_browser = pytest.mark.skipif(
    not browser_path() or not find_spec("playwright"),
    reason="no Chromium or Chrome is found, or playwright is not installed",
)
every_page = pytest.mark.parametrize("name", PAGES)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The pages, made of the committed notebooks; a warning of Sphinx is an error."""
    return web.build(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def chromium():
    """One Chromium for all pages; each test opens a window of its own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=FLAGS)
        yield browser
        browser.close()


def opened(chromium, site, name: str, **options):
    """A page, and the addresses that it asks for."""
    page = chromium.new_context(**options).new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((site / f"{name}.html").as_uri())
    return page, asked


@every_page
def test_every_page_is_there(site, name):
    assert (site / f"{name}.html").is_file(), f"the web edition has no page {name}"


@needs_browser
@every_page
def test_a_page_asks_no_other_host_and_fits_a_phone(site, chromium, name):
    page, asked = opened(chromium, site, name, viewport={"width": 390, "height": 844})
    outside = [url for url in asked if not url.startswith(("file:", "data:"))]
    assert outside == [], f"{name} asks {outside}"
    width = page.evaluate("document.documentElement.scrollWidth")
    page.context.close()
    assert width <= 390, f"{name} is {width} px wide on a phone of 390"


@needs_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_follows_the_readers_light_or_dark(site, chromium, scheme):
    page, _ = opened(chromium, site, PAGES[1], color_scheme=scheme)
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.context.close()
    light = sum(map(int, colour.removeprefix("rgb(").removesuffix(")").split(","))) > 3 * 128
    assert light == (scheme == "light"), f"the page is {colour} for a reader who wants {scheme}"


@needs_browser
def test_a_reader_goes_from_chapter_to_chapter_and_searches(site, chromium):
    page, _ = opened(chromium, site, PAGES[1])
    for name in NAMES[1:]:
        page.locator("a.next-page").click()
        assert page.url.endswith(f"/{name}.html")
    page.locator("a.prev-page").click()
    assert page.url.endswith(f"/{NAMES[-2]}.html")
    page.goto((site / "search.html").as_uri() + "?q=stride")
    page.locator(".search a", has_text="windows").first.wait_for(timeout=20_000)
    page.context.close()


def sides(page) -> int:
    """How many sides of A4 a page takes in print."""
    printed = page.pdf(format="A4", margin=dict.fromkeys(("top", "bottom"), "12mm"))
    return len(re.findall(rb"/Type\s*/Page\b", printed))


@needs_browser
@pytest.mark.parametrize("name", [path.stem for path in TAUGHT])
def test_a_teachers_page_is_printed_on_one_sheet(site, chromium, name):
    page, _ = opened(chromium, site, f"notebooks/teaching/{name}")
    taken = sides(page)
    page.context.close()
    assert taken in (1, 2), f"a teacher who prints {name} gets {taken} sides of A4"


@needs_browser
def test_each_chapters_predictions_are_printed_on_a_sheet_of_their_own_as_they_are_written(
    site, chromium
):
    page, _ = opened(chromium, site, "notebooks/teaching/predictions")
    taken, said = sides(page), page.locator("article").inner_text()
    page.emulate_media(media="print")
    over = page.locator(".skip-to-content").is_visible()
    page.context.close()
    assert taken == 1 + len(TAUGHT), f"a title and {len(TAUGHT)} sheets take {taken} sides"
    assert "['half-open', '--', 'or', 'shut']" in said, "the page changes what stands in a token"
    assert not over, "a link to click on is printed over the predictions"


@pytest.mark.parametrize("name", NAMES)
def test_each_chapter_can_be_had_as_the_notebook_that_is_committed(site, name):
    committed = (ROOT / "notebooks" / f"{name}.ipynb").read_bytes()
    (copy,) = site.glob(f"_downloads/*/{name}.ipynb")
    assert copy.read_bytes() == committed
    assert copy.relative_to(site).as_posix() in (site / f"notebooks/{name}.html").read_text("utf-8")


def test_no_outcome_stands_open_on_a_page(site):
    html = (site / f"{PAGES[1]}.html").read_text("utf-8")
    assert html.count("<summary>What came out</summary>") >= 3 and "<details open" not in html


def test_the_glossary_has_a_sentence_and_a_chapter_for_each_term(site):
    rows = web.glossary().splitlines()[6:]
    assert len(rows) > 80
    for row in rows:
        term, sentence, where = row.strip("|").split(" | ")
        assert len(sentence.split()) >= 5 and "**" in sentence, f"{term}: {sentence}"
        assert any(f"({name}.ipynb)" in where for name in NAMES), where


def test_links_to_the_program_become_text_and_a_badge_becomes_a_link():
    assert web.on_the_web("see [bpe](../helpers/bpe.py)") == "see bpe"
    badge = "[![Open In Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://c.org/x)"
    assert web.on_the_web(badge) == "[Open In Colab](https://c.org/x)"
