"""The teacher's pages: whole, true to the chapters, and current."""

import re
from collections import Counter

import pytest
from PIL import Image

from tests.tools import course_map, glossary, minutes, pictures, slides, teaching
from tests.tools.books import CHAPTERS, NAMES, ROOT, Chapter, exercises, read, top
from tests.tools.teaching import PAGES, PLAN, TAUGHT

every_chapter = pytest.mark.parametrize("path", TAUGHT, ids=lambda path: path.stem)


def page_of(path):
    return (PAGES / f"{path.stem}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "page",
    [
        teaching.OBJECTIVES,
        teaching.GUIDE,
        teaching.PREDICTIONS,
        *(PAGES / f"{path.stem}.md" for path in TAUGHT),
    ],
    ids=lambda page: page.stem,
)
def test_the_generated_parts_are_current(page):
    assert page.read_text(encoding="utf-8") == teaching.pages()[page], (
        "run python -m tests.tools.teaching"
    )


@every_chapter
def test_each_objective_of_the_chapter_is_proved(path):
    plan = dict(PLAN[path.stem[:2]]["objectives"])
    assert list(plan) == teaching.objectives(read(path)), (
        "tests/tools/teaching.json names other objectives than the chapter"
    )
    assert all(plan.values()), "an objective that nothing proves"
    page = teaching.OBJECTIVES.read_text(encoding="utf-8")
    assert all(f"| {objective} |" in page for objective in plan)


@every_chapter
def test_each_exercise_proves_an_objective(path):
    proofs = {by for _, proofs in PLAN[path.stem[:2]]["objectives"] for by in proofs}
    sources = "\n".join(cell.source for cell in read(path).cells)
    named = re.findall(r'^check\.exercise\("(\w+)", \w+\)$', sources, re.M)
    called = {f"check.{name}" for name in named}
    assert called and called <= proofs


def test_the_tests_that_the_table_names_are_there():
    page = teaching.OBJECTIVES.read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:chapters/)?test_\w+\.py)::(test_\w+)\[([^`\]]+)\]`", page))
    assert len(named) > 40
    for file, function, _ in named:
        assert f"def {function}(" in (ROOT / "tests" / file).read_text(encoding="utf-8")


@every_chapter
def test_a_lesson_has_45_minutes_and_sections_that_exist(path):
    lesson = PLAN[path.stem[:2]]["lesson"]
    names = [section.name for section in minutes.sections(Chapter(path.stem[:2]))]
    assert sum(lesson.values()) == 45 and list(lesson) == [name for name in names if name in lesson]
    assert names[0] in lesson, "a lesson begins with the surprise"


@every_chapter
def test_the_minutes_of_the_sections_add_up_to_what_the_chapter_says(path):
    chapter = Chapter(path.stem[:2])
    rows = dict(re.findall(r"^\| (.+?) \| (\d+(?: to \d+)?) \|", page_of(path), re.M))
    together = rows.pop("**the core together**")
    del rows[f"{minutes.FURTHER} (may be left out)"]
    assert list(rows) == [part.heading for part in minutes.core(chapter)]
    for pace, end in enumerate(together.split(" to ")):
        added = sum(int(row.split(" to ")[min(pace, row.count(" to "))]) for row in rows.values())
        # Each row is rounded by half a minute at most, and a very short one is called a minute.
        assert abs(added - int(end)) <= len(rows) / 2, f"the rows give {added}, the sum says {end}"
    assert minutes.sentence(chapter) in top(chapter.book), "run python -m tests.tools.minutes"


@every_chapter
def test_each_exercise_question_and_cell_has_its_time(path):
    chapter = Chapter(path.stem[:2])
    parts = minutes.sections(chapter)
    due = sum((part.work for part in parts), Counter())
    assert [cell for part in parts for cell in part.cells] == [
        cell for cell in chapter.book.cells if cell.cell_type == "code"
    ], "a cell is in no section, or in two"
    assert due[minutes.CELL] == sum(len(part.cells) for part in parts)
    assert due[minutes.EXERCISE] == len(exercises(chapter.book))
    assert due[minutes.PREDICTION] == len(chapter.questions["predictions"])
    assert due[minutes.QUESTION] == len(chapter.questions["quiz"])


def test_the_minutes_are_rates_times_what_there_is():
    work = Counter({minutes.TEXT: 2, minutes.CODE: 1, minutes.EXERCISE: 3})
    part = minutes.Section("1. Two", False, 400, [], work)
    rates = [minutes.RATES[what] for what in (minutes.CODE, minutes.EXERCISE)]
    expected = tuple(2 + (code + 3 * exercise) / 60 for code, exercise in zip(*rates, strict=True))
    assert part.minutes == pytest.approx(expected)
    assert minutes.total([part, part]) == pytest.approx((2 * expected[0], 2 * expected[1]))


def test_the_readme_says_how_long_a_core_takes():
    assert minutes.IN_README.search(minutes.README.read_text("utf-8")), "it says no minutes"
    assert (ROOT / "README.md").read_text(encoding="utf-8") == minutes.readme(), (
        "run python -m tests.tools.minutes"
    )


@every_chapter
def test_a_core_is_short_enough_for_one_sitting(path):
    parts = minutes.core(Chapter(path.stem[:2]))
    words, cells = sum(part.words for part in parts), sum(len(part.cells) for part in parts)
    assert words <= 1600, f"{path.name}: {words} words stand before {minutes.FURTHER!r}"
    assert cells <= 34, f"{path.name}: {cells} code cells stand before {minutes.FURTHER!r}"


@every_chapter
def test_a_page_speaks_of_every_prediction_and_holds_all_parts(path):
    page, questions = page_of(path), Chapter(path.stem[:2]).questions
    assert re.findall(r"^- \*\*`(\w+)`\*\* \(", page, re.M) == list(questions["predictions"])
    for line in re.findall(r"^- \*\*`\w+`\*\*(?:.+\n?)+?(?=^- |^$)", page, re.M):
        assert "Ask" in line or "ask" in line, f"what is asked then?\n{line}"
    parts = re.split(r"^## ", page, flags=re.M)[1:]
    assert [part.splitlines()[0].partition(":")[0] for part in parts] == [
        "What the class will predict, and what to ask then",
        "Three questions to discuss",
        "Assignment",
    ]
    gist = re.findall(r"^(\d)\. .+ \(.+\)$", parts[1], re.M)
    assert gist == ["1", "2", "3"], (
        "three questions, each with the gist of an answer in parentheses"
    )
    assert (
        len(re.findall(r"^\|.*\|$", parts[2], re.M)) == 6
        and "| 3 points | 2 points | 1 point |" in parts[2]
    )
    assert all(
        re.search(rf"\*\*{part}:\*\*", page)
        for part in ("The one thing", "To cut further", "Not to cut")
    )


@every_chapter
def test_the_cells_are_marked_for_a_slide_show(path):
    book = read(path)
    marked = [cell.metadata.get("slideshow", {}).get("slide_type") for cell in book.cells]
    assert marked == slides.kinds(book), f"{path.name}: run python -m tests.tools.slides"


def test_a_slide_show_begins_a_slide_with_each_section_and_hides_what_may_be_left_out(
    path=TAUGHT[0],
):
    book = read(path)
    for cell, kind in zip(book.cells, slides.kinds(book), strict=True):
        if cell.source.startswith("# ") and cell.cell_type == "markdown":
            assert kind == "slide", "the title begins the show"
        if "check.outcome(" in cell.source:
            assert kind in ("fragment", "subslide"), "what came out is seen with the question"
        if cell.source.startswith("<details>"):
            assert kind == "skip", "a solution is on a slide"
        if "check.quiz(" in cell.source:
            assert kind == "skip", "the quiz, which overflows a slide, is homework"
    core = [part for part in minutes.core(Chapter(path.stem[:2])) if part.name != "Questions"]
    assert slides.kinds(book).count("slide") == len(core) + 1, "one for the title and each section"


@every_chapter
def test_the_sheet_of_predictions_asks_all_and_tells_nothing(path):
    number = int(path.stem[:2])
    parts = teaching.PREDICTIONS.read_text(encoding="utf-8").split("\n## Chapter ")
    (sheet,) = [part for part in parts if part.startswith(f"{number}:")]
    chapter = Chapter(path.stem[:2])
    needed = "".join(cell.source for part in minutes.core(chapter) for cell in part.cells)
    for key, item in chapter.questions["predictions"].items():
        assert item["question"] in sheet, f"{path.name}: {item['question']} is not on paper"
        of_core = f'check.predict("{key}"' in needed
        assert of_core == (f"(Going further)\n\n{item['question']}" not in sheet), (
            f"{path.name}: the sheet doesn't say where a class meets {key}"
        )
        told = [item["explain"]] if item.get("number") else item["choices"].values()
        assert not [why for why in told if why in sheet], f"{path.name}: paper tells the answer"


@every_chapter
def test_a_prediction_that_is_no_number_names_a_choice_as_what_comes_out(path):
    page = page_of(path)
    for key, item in Chapter(path.stem[:2]).questions["predictions"].items():
        said = re.search(rf"`{key}`\*\* \((.+?)\)\. ", page)[1]
        plain = re.sub(r"[`'\[\]]", "", said).strip()
        choices = [re.sub(r"[`'\[\]]", "", choice).strip() for choice in item.get("choices", {})]
        assert not choices or plain in choices, f"{key}: {plain!r} is none of {choices}"


@every_chapter
def test_sections_that_a_page_names_are_in_the_chapter(path):
    numbers = {
        section.heading.partition(".")[0] for section in minutes.sections(Chapter(path.stem[:2]))
    }
    named = set(re.findall(r"\bsections? (\d+)", page_of(path)))
    assert named <= numbers, f"sections {named - numbers} are not in the chapter"


def test_the_first_hour_and_the_eight_core_chapters_are_taught():
    assert {path.stem[:2] for path in TAUGHT} == set(PLAN) >= {f"0{number}" for number in range(9)}


def test_the_guide_leads_to_every_page():
    text = (PAGES / "guide.md").read_text(encoding="utf-8")
    assert {f"{path.stem}.md" for path in TAUGHT} | {"objectives.md", "predictions.md"} == set(
        re.findall(r"\]\(([\w.]+\.md)\)", text)
    )
    for command in ("copies", "mark"):
        assert f"python -m helpers {command}" in text


@pytest.mark.parametrize("path", CHAPTERS, ids=NAMES)
def test_the_map_at_the_head_of_a_chapter_lights_its_part(path):
    top = read(path).cells[0].source
    assert course_map.head(path.stem[:2]) in top, (
        f"{path.name}: see python -m tests.tools.course_map"
    )
    assert (ROOT / "notebooks" / "pictures" / f"map_{path.stem[:2]}.png").is_file()
    assert "This chapter: " in course_map.alt(path.stem[:2]), "nothing is lit"


def test_the_glossary_is_what_the_chapters_say_now():
    page = (ROOT / "notebooks" / "glossary.md").read_text(encoding="utf-8")
    assert page == glossary.glossary(), "run python -m tests.tools.glossary"


@every_chapter
def test_the_readmes_picture_shows_the_playground_as_it_is_now(path):
    picture = Image.open(pictures.PICTURES / f"{path.stem}.png")
    assert picture.text["still"] == pictures.hash_of(path), "run python -m tests.tools.pictures"
