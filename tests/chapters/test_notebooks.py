"""What every chapter keeps to, read from the committed notebooks; nothing is run here."""

import ast
import json
import re
from html.parser import HTMLParser

import pytest

from helpers.exercises.asking import DECIDE, GUESS_FIRST
from helpers.texts import load_text
from tests.tools.books import (
    CHAPTERS,
    NAMES,
    Chapter,
    Unopened,
    code,
    exercises,
    one_line,
    prose,
    read,
    shown,
    tags,
    top,
    unopened,
)

EXPECTED = [
    "00_first_hour",
    "01_regex_tokenization",
    "02_vocabularies",
    "03_byte_pair_encoding",
    "04_sliding_windows",
    "05_word2vec_analogies",
    "06_token_embeddings",
    "07_positional_embeddings",
    "08_text_to_tensors",
]
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:home|root|Users|work|tmp|private|content)/|[A-Z]:\\\\")
every_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=NAMES)
# The first hour, chapter 0, defines no term and has two exercises: test_chapter_00.py.
every_long_chapter = pytest.mark.parametrize("path", CHAPTERS[1:], ids=NAMES[1:])


def outputs(book):
    return [(cell, output) for cell in code(book) for output in cell.outputs]


def test_the_first_hour_and_the_eight_core_chapters_are_there():
    assert [name for name in EXPECTED if name not in NAMES] == [], (
        "a core chapter is missing from notebooks/"
    )


@every_chapter
def test_every_code_cell_was_run_once_from_top_to_bottom(path):
    counts = [cell.execution_count for cell in code(read(path))]
    assert counts == list(range(1, len(counts) + 1)), (
        f"{path.name}: run python -m tests.tools.refresh {path.name}"
    )


@every_chapter
def test_no_error_is_in_view_that_is_not_meant_to_be(path):
    for cell in code(read(path)):
        failed = any(output.output_type == "error" for output in cell.outputs)
        assert failed == ("raises-exception" in tags(cell)), (
            f"{path.name}: error and tag disagree in\n{cell.source}"
        )


@every_chapter
def test_an_error_that_is_meant_says_so_before_it_comes(path):
    for cell in code(read(path)):
        if "raises-exception" in tags(cell):
            assert cell.source.startswith("# ends in an error, on purpose\n"), (
                f"{path.name}:\n{cell.source}"
            )


@every_chapter
def test_no_warning_reaches_the_learner_on_stderr(path):
    for cell, output in outputs(read(path)):
        assert output.get("name") != "stderr", (
            f"{path.name}: stderr from\n{cell.source}\n{output.get('text')}"
        )


@every_chapter
def test_every_picture_has_a_description(path):
    book = read(path)
    for cell in book.cells:
        for alt in (
            re.findall(r"!\[([^\]]*)\]\(", cell.source) if cell.cell_type == "markdown" else []
        ):
            assert len(alt.split()) >= 3, f"{path.name}: an image says only {alt!r}"
    for cell, output in outputs(book):
        data = output.get("data", {})
        if "image/png" in data:
            alt = output.metadata.get("image/png", {}).get("alt", "")
            assert len(alt.split()) >= 5, (
                f"{path.name}: a figure without a description from\n{cell.source}"
            )
            assert alt in data.get("text/plain", ""), (
                f"{path.name}: the figure's facts are not in text:\n{cell.source}"
            )
        for tag in re.findall(r"<img[^>]*>", data.get("text/html", "")):
            assert re.search(r'alt="[^"]{15,}"', tag), (
                f"{path.name}: an <img> not described, from\n{cell.source}"
            )
        assert "<svg" not in data.get("text/html", ""), (
            f"{path.name}: bare <svg> vanishes in untrusted notebooks"
        )


@every_chapter
def test_nothing_of_the_machine_that_made_it_is_left(path):
    raw = path.read_text(encoding="utf-8")
    book = read(path)
    assert "widgets" not in book.metadata and "widget-view" not in raw, (
        f"{path.name}: strip it with tests.tools.refresh"
    )
    assert book.metadata.kernelspec.name == "python3"
    for cell in book.cells:
        texts = [cell.source, *(json.dumps(output) for output in cell.get("outputs", []))]
        for text in texts:
            assert not MACHINE_PATH.search(text), (
                f"{path.name}: a path of somebody's machine:\n{text[:500]}"
            )


@every_chapter
def test_it_stays_small_enough_to_open_anywhere(path):
    assert path.stat().st_size < 600_000, f"{path.name} has {path.stat().st_size:,} bytes"


@every_chapter
def test_all_set_up_cells_are_the_same(path):
    first, others = code(read(CHAPTERS[0]))[0].source, code(read(path))[0].source
    assert others == first, f"{path.name}: its set-up cell differs from {CHAPTERS[0].name}'s"


@every_chapter
def test_it_begins_with_objectives_and_ends_with_questions_and_a_recap(path):
    book = read(path)
    said, sources = top(book), [cell.source for cell in code(book)]
    assert said.startswith("# Chapter ") and len(re.findall(r"^[-*] ", said, flags=re.M)) >= 3, (
        "objectives are missing"
    )
    assert re.search(r"\d+ minutes", said), "say how many minutes the chapter takes"
    assert any("check.quiz(" in source for source in sources), "the quiz is missing"
    assert any(re.match(r"#+ (Recap|What you know now)", cell.source) for cell in book.cells), (
        "the recap is missing"
    )


def terms_listed(listed):
    """(term, the section named) of one list: `**dimension** (section 1), one-hot (2)`."""
    found = re.findall(
        r"([^()]+) \((?:section )?([^()]+)\)", " ".join(listed.split("\n\n")[0].split())
    )
    return [(term, place) for terms, place in found for term in terms.strip(" ,").split(", ")]


def texts_of(parts):
    """{name of a section: its text} of a text that is cut at its headings."""
    return {
        name: " ".join(text.split()) for name, text in zip(parts[::2], parts[1::2], strict=True)
    }


def new_terms(path):
    """(term, the section named) of a chapter's lists, and {section: its text} of what stands above.

    The core's list names sections by number; what follows "Going further" may end in a list of
    more terms, which names its headings.
    """
    core, _, further = prose(read(path)).partition("\n## Going further\n")
    above, listed = core.split("**New terms:**")
    parts = re.split(r"^## (?:(\d+)\. .*|(.*))$", above, flags=re.MULTILINE)
    names = [number or name for number, name in zip(parts[1::3], parts[2::3], strict=True)]
    texts = ["top of the chapter", parts[0]]
    for name, text in zip(names, parts[3::3], strict=True):
        texts += [name, text]
    above, _, more = further.partition("**More terms:**")
    texts += re.split(r"^### (.*)$", above, flags=re.MULTILINE)[1:]
    return terms_listed(listed) + terms_listed(more), texts_of(texts)


@every_long_chapter
def test_each_new_term_stands_in_bold_in_the_section_that_the_list_names(path):
    assert "**New terms:**" in prose(read(path)), "the list of new terms is missing"
    terms, sections = new_terms(path)
    assert len(terms) > 4, f"{path.name}: its list of new terms holds only {terms}"
    for term, place in terms:
        assert place in sections, f"{path.name} lists {term} under {place!r}, which is no section"
        bold = re.findall(r"\*\*\[?(.+?)\.?\]?(?:\([^)]*\))?\*\*", sections[place])
        assert any(
            re.fullmatch(f"{re.escape(term)}s?(es)?", word, flags=re.IGNORECASE) for word in bold
        ), f"{path.name}: section {place} does not introduce {term}; in bold are {bold}"


def test_no_term_is_new_in_two_chapters():
    chapters = {}
    for path in CHAPTERS[1:]:
        for term, _ in new_terms(path)[0]:
            first = chapters.setdefault(term, path.name)
            assert first == path.name, f"{term} is new in {first} and again in {path.name}"
    assert len(chapters) > 80, f"only {len(chapters)} terms were found in the lists"


@every_chapter
def test_it_asks_before_it_shows_and_has_something_to_touch(path):
    sources = "\n".join(cell.source for cell in code(read(path)))
    asked, told = (
        re.findall(r'check\.predict\("([^"]+)"', sources),
        re.findall(r'check\.outcome\("([^"]+)"', sources),
    )
    assert len(asked) >= 3 and sorted(asked) == sorted(told), (
        f"{path.name}: predictions {asked}, outcomes {told}"
    )
    written = list(Chapter(path.stem[:2]).questions["predictions"])
    assert asked == written, f"{path.name}: the sheet for a class has another order: {written}"
    assert re.search(r"\bplay\.\w+\(", sources), f"{path.name} has no playground"


def asked_and_told(book):
    """(key, the cells from the question to the outcome) of each prediction."""
    cells = code(book)
    sources = [cell.source for cell in cells]
    found = []
    for key in re.findall(r'check\.predict\("([^"]+)"', "\n".join(sources)):
        (asked,) = [i for i, source in enumerate(sources) if f'check.predict("{key}"' in source]
        (told,) = [i for i, source in enumerate(sources) if f'check.outcome("{key}"' in source]
        found.append((key, cells[asked : told + 1]))
    return found


@every_chapter
def test_an_outcome_is_all_that_its_cell_shows(path):
    for key, cells in asked_and_told(read(path)):
        *_, last = ast.parse(cells[-1].source).body
        assert ast.unparse(last).startswith(f"check.outcome('{key}'"), f"{path.name}: {key}"
        assert not re.search(r"\b(print|display|figure)\(", cells[-1].source), f"{path.name}: {key}"
        *bars, outcome = cells[-1].outputs
        for bar in bars:
            assert re.fullmatch(r"[\w ]+: \d+ steps", bar.data["text/plain"]), f"{path.name}: {key}"
        assert outcome.data["text/plain"] == f"○ {GUESS_FIRST}", f"{path.name}: {key}"
        seen = Unopened(outcome.data["text/html"]).text
        assert seen == f"○ {GUESS_FIRST} What came out", f"{path.name}: {key}: {seen}"


@every_chapter
def test_no_outcome_can_be_read_before_it_is_opened(path):
    book, questions = read(path), Chapter(path.stem[:2]).questions["predictions"]
    seen = "\n".join(text for cell in code(book) for text in unopened(cell))
    for key, cells in asked_and_told(book):
        item = questions[key]
        whys = [item["explain"]] if "number" in item else item["choices"].values()
        for why in whys:
            assert one_line(why.replace("`", "")) not in seen, f"{path.name}: {key}: {why}"
        # What came out, and what is shown with it, is not printed on the way there either.
        before = "\n".join(text for cell in cells for text in unopened(cell))
        _, _, opened = shown(cells[-1]).partition("What came out\n")
        *printed, verdict = opened.splitlines()
        assert verdict.startswith("○ What came out: "), f"{path.name}: {key}: {verdict}"
        for line in printed + [verdict]:
            offered = any(line == choice.replace("`", "") for choice in item.get("choices", []))
            offered = offered or one_line(line) in one_line(item["question"])
            assert offered or one_line(line) not in before, f"{path.name}: {key}: {line}"


@every_chapter
def test_a_prediction_that_stands_still_says_how_to_answer(path):
    for key, cells in asked_and_told(read(path)):
        data = cells[0].outputs[-1].data
        assert data["text/plain"].startswith("Predict: "), f"{path.name}: {key}"
        assert data["text/plain"].endswith(f"\n{DECIDE}") and DECIDE in data["text/html"]


@every_chapter
def test_a_playground_has_a_still_picture_where_no_widget_lives(path):
    for cell in code(read(path)):
        if re.search(r"^play\.\w+\(", cell.source, flags=re.M):
            stills = [
                output.data for output in cell.outputs if "text/html" in output.get("data", {})
            ]
            assert stills and all(len(data["text/plain"]) > 40 for data in stills), (
                f"{path.name}:\n{cell.source}"
            )


@every_long_chapter
def test_a_chapter_has_exercises_of_each_kind(path):
    text = prose(read(path))
    kinds = re.findall(r"\*\*Exercise \d: ([a-z ]+)\.\*\*", text)
    all_kinds = {"fill in the blanks", "change one line", "write a function", "spot the bug"}
    assert set(kinds) == all_kinds
    core, _, _ = text.partition("\n## Going further\n")
    assert core.count("**Exercise ") >= 3, f"{path.name}: the core has fewer than three exercises"
    assert (
        text.count("**Worked example.**")
        == text.count("**An open question, for afterwards.**")
        == 1
    ), path.name


@every_chapter
def test_every_exercise_is_open_and_its_solution_is_folded_beneath(path):
    pairs, text = exercises(read(path)), prose(read(path))
    numbered = text.count("**Exercise ")
    assert len(pairs) == numbered > 1, f"{path.name} has {len(pairs)} exercises that are checked"
    for cell, solution in pairs:
        assert solution, f"{path.name}: no folded solution beneath\n{cell.source}"
        assert cell.source.splitlines()[-1].startswith("check."), cell.source
        assert "Not answered yet" in shown(cell), (
            f"{path.name}: the blank exercise does not say so:\n{cell.source}"
        )


def text_counts(text: str) -> set[str]:
    """The counts of a text that only code may print, with and without thousands commas."""
    from helpers.bpe import gpt2_tokenizer
    from helpers.words import build_vocab, split_words

    words = split_words(text)
    counts = [
        len(text),
        len(words),
        len(build_vocab(words)),
        len(build_vocab(words)) + 2,
        len(text.split()),
        len(gpt2_tokenizer().encode(text)),
    ]
    return {form for count in counts for form in (str(count), f"{count:,}")}


@every_chapter
def test_prose_quotes_no_count_of_the_default_text(path):
    numbers = set(re.findall(r"\d[\d,]*\d", prose(read(path))))
    assert not numbers & text_counts(load_text("the-wall-walker")), (
        "let code print it: the text may be another"
    )


@every_chapter
def test_the_prose_keeps_the_courses_tone(path):
    text = prose(read(path))
    for word in (r"\bsimply\b", r"\bobviously\b", r"\bof course\b", r"[^!]!(?!\[)(?=\s|$)"):
        found = re.search(word, text, flags=re.I)
        assert not found, f"{path.name}: {text[max(0, found.start() - 60) : found.end() + 20]!r}"


class Bare(HTMLParser):
    """What a page says where styles and scripts are taken away: its text, and images by their alt text."""

    def __init__(self, html: str):
        super().__init__()
        self.away, self.text, self.lines = 0, "", 1
        self.feed(html)

    def handle_starttag(self, name, attributes):
        self.away += name in ("style", "script")
        if name == "img":
            self.text += dict(attributes)["alt"]

    def handle_endtag(self, name):
        self.away -= name in ("style", "script")

    def handle_data(self, text):
        if not self.away:
            self.text += text


@every_chapter
def test_without_styles_and_scripts_each_picture_says_what_its_plain_text_says(path):
    pictures = 0
    for cell in code(read(path)):
        for data in (output.get("data", {}) for output in cell.outputs):
            if "text/html" not in data:
                continue
            pictures += 1
            # ~ and [ ] stand for struck and strong; a folded answer has a line in its stead.
            told = re.sub(r"[\s~\[\]]", "", data["text/plain"].removesuffix(DECIDE))
            html = re.sub("<details>.*?</details>", "", data["text/html"], flags=re.S)
            seen = re.sub(r"[\s~\[\]]", "", Bare(html).text.removesuffix(DECIDE))
            if "<table" in data["text/html"] and "↵" in told:
                # The lines of one cell stand in plain text among those of its neighbours.
                told, seen = sorted(told), sorted(seen)
            assert seen == told, f"{path.name}, without styles:\n{cell.source}"
    assert pictures > 5, f"{path.name} has hardly a picture"
