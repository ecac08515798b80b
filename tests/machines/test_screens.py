"""All pictures in a real browser: whole, unbroken and readable, on a light page and on a dark one."""

import re
from importlib.util import find_spec

import pytest

from helpers import play, show
from tests.machines.lab import browser, browser_path
from tests.test_play import NAMES, STORY, arguments, positions_of, vectors  # noqa: F401
from tests.tools.books import CHAPTERS, code, read

pytestmark = [
    pytest.mark.gate,
    pytest.mark.skipif(
        not browser_path() or not find_spec("playwright"),
        reason="no Chromium or Chrome is found, or playwright is not installed",
    ),
]
THEMES = {"light": ([33, 33, 33], [255, 255, 255]), "dark": ([224, 224, 224], [17, 17, 17])}
# Pictures that are wider than their frame
WIDE = """() => [...document.querySelectorAll('section > *')]
    .filter(e => e.scrollWidth > e.clientWidth).map(e => e.innerText.slice(0, 200))"""
# Tokens that take more than one line, without the id beneath them. A text of 60 characters may.
BROKEN = """() => [...document.querySelectorAll("bdi[style*='inline-block']")].filter(chip => {
    const tops = new Set(), texts = document.createTreeWalker(chip, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) if (!texts.currentNode.parentElement.closest('small')) {
        const range = document.createRange();
        range.selectNodeContents(texts.currentNode);
        for (const box of range.getClientRects()) tops.add(Math.round(box.bottom));
    }
    return tops.size > 1 && chip.textContent.length < 60;
}).map(chip => chip.textContent)"""
# Text in letters of less than 12 pixels
SMALL = """() => texts().filter(e => parseFloat(getComputedStyle(e).fontSize) < 12)
    .map(e => e.textContent)"""
# The elements that hold a text which can be seen
TEXTS = """() => {
    window.texts = () => [...document.querySelectorAll('section *')].filter(e =>
        e.localName !== 'style' && e.getClientRects().length &&
        [...e.childNodes].some(part => part.nodeType === 3 && part.data.trim()));
}"""
# Text of too little contrast with what lies behind it, and lines of too little with the page:
# all that lies one over another is mixed, as WCAG 2 then measures it.
PALE = """([ink, paper]) => {
    const numbers = colour => {
        const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number);
        return [r, g, b, a];
    };
    const over = (top, under) => {
        const alpha = top[3] + under[3] * (1 - top[3]);
        const mixed = [0, 1, 2].map(k =>
            alpha && (top[k] * top[3] + under[k] * under[3] * (1 - top[3])) / alpha);
        return [...mixed, alpha];
    };
    const seen = (colour, element) => {
        for (let e = element; e.localName !== 'section'; e = e.parentElement) {
            const look = getComputedStyle(e);
            colour = over(colour, numbers(look.backgroundColor));
            colour[3] *= look.opacity;
        }
        return over(colour, [...paper, 1]);
    };
    const light = rgb => {
        const [r, g, b] = rgb.map(c => c / 255 <= 0.03928 ? c / 255 / 12.92
            : ((c / 255 + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const apart = (one, other) => {
        const [dark, bright] = [light(one), light(other)].sort((a, b) => a - b);
        return (bright + 0.05) / (dark + 0.05);
    };
    const known = new Map(), pale = [];
    document.body.style.color = `rgb(${ink})`;
    for (const e of texts()) {
        let looks = '';
        for (let at = e; at.localName !== 'section'; at = at.parentElement)
            looks += at.localName + at.getAttribute('style');
        if (!known.has(looks))
            known.set(looks, apart(seen(numbers(getComputedStyle(e).color), e),
                seen([0, 0, 0, 0], e)));
        const bar = /^−?[█▏▎▍▌▋▊▉]+$/.test(e.textContent);
        if (known.get(looks) < (bar ? 3 : 4.5)) pale.push([e.textContent, known.get(looks)]);
    }
    for (const e of document.querySelectorAll("[style*='outline'], [style*='dotted']")) {
        const look = getComputedStyle(e);
        const line = look.outlineStyle === 'none' ? look.borderColor : look.outlineColor;
        const ratio = apart(numbers(line), [...paper, 1]);
        if (ratio < 3) pale.push([e.textContent, ratio]);
    }
    return pale;
}"""


def saved() -> list[str]:
    """The pictures of all chapters."""
    shown = [
        output.get("data", {})
        for path in CHAPTERS
        for cell in code(read(path))
        for output in cell.outputs
    ]
    return [data["text/html"] for data in shown if "text/html" in data]


def drawn(vectors) -> list[str]:  # noqa: F811
    """The pictures of each playground without the model, at each step of each control.

    Digits are equally wide, so of pictures that differ in the digits of their text one will do.
    """
    given, pictures = arguments(vectors, STORY[:80]), {}
    given["vocabulary"]["text"] = STORY
    for name in NAMES:
        playground = getattr(play, name)(**given.get(name, {}))
        for control in playground.controls.values():
            old = control.value
            for value in positions_of(control):
                control.value = value
                pictures[re.sub(r"\d(?=[^<>]*<)", "0", playground.html)] = playground.html
            control.value = old
    return [*pictures.values()]


def test_each_picture_of_chapters_and_playgrounds_is_whole_unbroken_and_readable(vectors):  # noqa: F811
    pictures = saved() + drawn(vectors)
    html = "".join(f"<section>{picture}</section>" for picture in pictures)
    html = html.replace("<details", "<details open").replace("name=", "data-n=")
    with browser() as page:
        page.set_content(f'<!doctype html><body style="margin:0">{html}</body>', timeout=120_000)
        page.evaluate(TEXTS)
        # What JupyterLab leaves for an output on a narrow, a middling and a wide screen
        for wide, frame in [(900, 560), (1920, 1700), (1280, 826)]:
            page.set_viewport_size({"width": wide, "height": 1000})
            page.add_style_tag(content=f"section {{ width: {frame}px }}")
            assert page.evaluate(BROKEN) == [], f"tokens of two lines in {frame} pixels"
        assert page.evaluate(WIDE) == [], f"wider than {frame} pixels"
        assert page.evaluate(SMALL) == [], "at 150% on a projector these have less than 18 pixels"
        for name, colours in THEMES.items():
            assert page.evaluate(PALE, colours) == [], f"these can't be read on a {name} page"


def test_pointing_at_a_token_lights_its_twins_in_this_picture_and_nothing_else():
    row = show.tokens([b"a", b" b", b"a"], [7, 8, 7])
    table = show.windows(["a", " b", "c", "d"], max_length=2, stride=1)
    html = "".join(f"<section>{picture._repr_html_()}</section>" for picture in (row, table, row))
    lit = """() => [...document.querySelectorAll('section')].map(section =>
        [...section.querySelectorAll('bdi[class]')]
            .filter(e => getComputedStyle(e).boxShadow !== 'none')
            .map(e => e.firstChild.textContent))"""
    with browser() as page:
        page.set_content(f"<!doctype html><body>{html}</body>")
        assert page.evaluate(lit) == [[], [], []], "a token is lit though nobody points at it"
        tokens = page.locator("section").nth(0).locator("bdi[class]")
        tokens.nth(0).hover()
        assert page.evaluate(lit) == [["a", "a"], [], []], "its twins in this picture, no other's"
        tokens.nth(1).hover()
        assert page.evaluate(lit) == [[], [], []], "a token without a twin lights none"
        page.locator("section").nth(1).locator("bdi[class]", has_text="c").first.hover()
        assert page.evaluate(lit) == [[], ["c"] * 4, []], "in each window that has it, and above"
