"""The teacher's pages: whole, true to the chapters, and current."""

import re

import pytest

from tests.tools import course_map, glossary, teaching
from tests.tools.books import CHAPTERS, NAMES, ROOT, Chapter, read
from tests.tools.teaching import PAGES, PLAN, TAUGHT

every_chapter = pytest.mark.parametrize("path", TAUGHT, ids=lambda path: path.stem)


def page_of(path):
    return (PAGES / f"{path.stem}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "page",
    [teaching.OBJECTIVES, *(PAGES / f"{path.stem}.md" for path in TAUGHT)],
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
    names = [section.name for section in teaching.sections(read(path))]
    assert sum(lesson.values()) == 45 and list(lesson) == [name for name in names if name in lesson]
    assert names[0] in lesson, "a lesson begins with the surprise"


@every_chapter
def test_the_minutes_add_up_to_what_the_chapter_says(path):
    rows = re.findall(r"^\| (.+?) \| (\d+) \| (\d+|at home|left out) \|$", page_of(path), re.M)
    core, more = teaching.minutes(read(path))
    left_out = [int(alone) for name, alone, _ in rows if name.endswith("(may be left out)")]
    assert (sum(int(row[1]) for row in rows) - sum(left_out), sum(left_out)) == (core, more)
    assert {name.removesuffix(" (may be left out)") for name, _, _ in rows} == {
        section.heading for section in teaching.sections(read(path))
    }


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
def test_a_prediction_that_is_no_number_names_a_choice_as_what_comes_out(path):
    page = page_of(path)
    for key, item in Chapter(path.stem[:2]).questions["predictions"].items():
        said = re.search(rf"`{key}`\*\* \((.+?)\)\. ", page)[1]
        plain = re.sub(r"[`'\[\]]", "", said).strip()
        choices = [re.sub(r"[`'\[\]]", "", choice).strip() for choice in item.get("choices", {})]
        assert not choices or plain in choices, f"{key}: {plain!r} is none of {choices}"


@every_chapter
def test_sections_that_a_page_names_are_in_the_chapter(path):
    numbers = {section.heading.partition(".")[0] for section in teaching.sections(read(path))}
    named = set(re.findall(r"\bsections? (\d+)", page_of(path)))
    assert named <= numbers, f"sections {named - numbers} are not in the chapter"


def test_the_eight_core_chapters_are_taught():
    assert (
        {path.stem[:2] for path in TAUGHT} == set(PLAN) >= {f"0{number}" for number in range(1, 9)}
    )


def test_the_guide_leads_to_every_page():
    text = (PAGES / "guide.md").read_text(encoding="utf-8")
    assert {f"{path.stem}.md" for path in TAUGHT} | {"objectives.md"} == set(
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
