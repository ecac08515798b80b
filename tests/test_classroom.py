"""Copies for a class, and marks for what comes back: from honest notebooks, broken ones and tampered ones."""

import csv
import io
import json
import os
import sys
import time

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from helpers import check
from helpers.backstage import classroom
from helpers.backstage import marks as returned
from helpers.backstage.downloads import DOWNLOADS
from tests.tools.books import CHAPTERS, NAMES, ROOT, code, execute, exercises, read, tags
from tests.machines.lab import course_copy

every_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=NAMES)
FIRST = [name for name, task in check.EXERCISES.items() if task.chapter == "01"]
YES = {name: ("yes", "") for name in FIRST}
NO_CALL = {name: ("no", f"no cell calls check.{name}") for name in FIRST}


def solved(path):
    """A chapter with the folded solutions pasted in."""
    book = read(path)
    for cell, solution in exercises(book):
        cell.source = solution
    return book


def handed_in(*cells, **instead):
    """Chapter 1 cut down to its solved exercises, a cell each, behind `cells`; `instead` has other sources by name."""
    book = solved(CHAPTERS[0])
    sources = [
        *cells,
        code(book)[0].source,
        "import re\nfrom helpers import check\nfrom helpers.words import *\n",
    ]
    for cell, _ in exercises(book):
        ((name, _),) = returned.calls(cell.source)
        sources.append(instead.get(name, cell.source))
    return new_notebook(
        cells=[new_markdown_cell("# Chapter 1: cut down"), *map(new_code_cell, sources)]
    )


def lost(name, why, marks):
    """Whether exactly one exercise is lost, for this reason."""
    return {key: value for key, value in marks.items() if value != ("yes", "")} == {
        name: ("no", why)
    }


# Copies for the class


@pytest.fixture(scope="module")
def copies(tmp_path_factory):
    """The class's copies, written by the command into a folder inside a checkout."""
    folder = course_copy(tmp_path_factory.mktemp("course")) / "class"
    assert classroom.main(["copies", str(folder)]) == 0
    return folder


@every_chapter
def test_a_copy_holds_all_but_solutions_and_outputs(path, copies):
    book, course = read(copies / path.name), read(path)
    nbformat.validate(book)
    assert all(
        cell.outputs == [] and cell.execution_count is None
        for cell in book.cells
        if cell.cell_type == "code"
    )
    assert [(cell.id, cell.source, tags(cell)) for cell in code(book)] == [
        (cell.id, cell.source, tags(cell)) for cell in code(course)
    ], "code cells are another's"
    text = "\n".join(cell.source for cell in book.cells)
    assert exercises(course) and "Solution" not in text and "colab-badge" not in text
    for _, solution in exercises(course):
        assert solution.strip() not in text
    before = {cell.id: cell.source for cell in course.cells}
    for cell in book.cells:
        assert cell.source, "an empty cell is left"
        if "<summary>" not in before[cell.id] and "colab-badge" not in before[cell.id]:
            assert cell.source == before[cell.id].strip()
    gone = set(before) - {cell.id for cell in book.cells}
    assert all(before[cell].startswith("<details>") for cell in gone), "a cell is lost"


@every_chapter
def test_a_copy_leaves_no_model_answer_and_a_place_for_the_learners_own(path, copies):
    folded = [cell.id for cell in read(path).cells if "answer</summary>" in cell.source.lower()]
    book = {cell.id: cell.source for cell in read(copies / path.name).cells}
    assert folded and all("*Your answer:*" in book[cell] for cell in folded)
    assert "answer</summary>" not in "".join(book.values()).lower()


def test_a_copy_runs_from_its_folder(copies):
    book = read(copies / CHAPTERS[0].name)
    execute(book, {"PYTHONPATH": "", "COURSE_DOWNLOADS": str(DOWNLOADS)}, folder=copies)
    said = [str(cell.outputs) for cell in book.cells if "exercise" in tags(cell)]
    assert said and all("Not answered yet" in text for text in said)


@pytest.mark.parametrize("name", ["", "class", "class/monday"])
def test_copies_never_go_into_the_courses_own_notebooks(name, capsys):
    assert classroom.main(["copies", str(ROOT / "notebooks" / name)]) == 1
    assert "expected is a folder outside the course's own notebooks" in capsys.readouterr().err
    assert not (ROOT / "notebooks" / "class").exists()


def test_copies_overwrite_nothing(tmp_path, capsys):
    (tmp_path / CHAPTERS[3].name).write_text("somebody's work")
    assert classroom.main(["copies", str(tmp_path)]) == 1
    assert (
        f"{CHAPTERS[3].name} is in it; expected is a folder without chapters"
        in capsys.readouterr().err
    )
    assert [path.read_text() for path in tmp_path.iterdir()] == ["somebody's work"]


def test_where_copies_run_is_said(tmp_path, capsys):
    assert classroom.main(["copies", str(tmp_path / "class")]) == 0
    assert "inside a checkout of the course" in capsys.readouterr().out


# Marks


@every_chapter
def test_a_solved_chapter_gets_yes_for_every_exercise(path):
    marks = returned.mark(solved(path), path.stem[:2], seconds=120)
    assert marks == {
        name: ("yes", "") for name, task in check.EXERCISES.items() if task.chapter == path.stem[:2]
    }


def test_a_blank_chapter_gets_no_for_every_exercise():
    marks = returned.mark(read(CHAPTERS[0]), "01")
    assert list(marks) == FIRST
    assert all(
        passed == "no" and why.lower().startswith("not answered yet")
        for passed, why in marks.values()
    )


def test_a_wrong_answer_is_told_as_check_tells_it():
    name = FIRST[0]
    message = next(iter(check.EXERCISES[name].wrong))
    wrong = f"wrong = lambda *case: check.EXERCISES[{name!r}].wrong[{message!r}](*case)"
    marks = returned.mark(handed_in(**{name: f"{wrong}\ncheck.{name}(wrong)"}), "01")
    assert marks[name] == ("no", f"{message} (look at it: the code reaches into check)")


def test_the_best_of_several_answers_counts_and_a_first_mistake_costs_nothing():
    book = handed_in(**{FIRST[0]: f"check.{FIRST[0]}(lambda *case: 0)"})
    book.cells += handed_in().cells
    assert returned.mark(book, "01") == YES


HANGS = "while True: pass"
FLOOD = "while True: print('Right. ' * 1000)"


@pytest.mark.parametrize(
    "code, why",
    [
        (HANGS, "time out"),
        (FLOOD, "time out"),
        ("import os; os._exit(0)", "its process ended"),
        ("import os, signal; os.kill(os.getpid(), 9)", "its process ended"),
        ("input('your name?')\n1 / 0", None),
        ("print('✓ Right.' * 10**6)", None),
        ("raise SystemExit", None),
    ],
)
def test_a_cell_that_hangs_floods_ends_or_fails_costs_its_own_row_only(code, why):
    name = FIRST[1]
    start = time.monotonic()
    marks = returned.mark(handed_in(code, **{name: f"{code}\ncheck.{name}(0)"}), "01", seconds=10)
    assert set(marks) == set(FIRST) and marks[name][0] == "no"
    assert why is None or marks[name][1] == why
    assert all(marks[other] == ("yes", "") for other in FIRST if other != name)
    assert time.monotonic() - start < 90


@pytest.mark.parametrize(
    "body, why",
    [
        ("while True: pass", "time out"),
        ("import os; os._exit(1)", "its process ended"),
        ("return ['x' * 10**6] * 10", "ValueError: the answer is too large"),
        ("return [0] * 10**15", "MemoryError"),
        ("a = []; a.append(a); return a", "RecursionError: "),
        ("return open", "you gave <function open"),
        ("raise KeyError('x')", "your code raised KeyError: 'x'"),
        ("raise KeyboardInterrupt", None),
        ("return 1j", "you gave 1j"),
    ],
)
def test_an_answer_that_fails_when_it_is_tried_costs_its_own_row_only(body, why):
    name = FIRST[-1]
    cell = f"def answer(*case):\n    {body}\ncheck.{name}(answer)"
    marks = returned.mark(handed_in(**{name: cell}), "01", seconds=10)
    assert marks[name][0] == "no" and (why is None or why in marks[name][1]), marks[name]
    assert all(marks[other] == ("yes", "") for other in FIRST if other != name)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits all memory of a process")
def test_an_answer_that_takes_all_memory_costs_its_own_row_only():
    name = FIRST[0]
    cell = f"def answer(*case):\n    return len(bytearray(3 * 10**9))\ncheck.{name}(answer)"
    marks = returned.mark(handed_in(**{name: cell}), "01", gigabytes=2)
    assert "your code raised MemoryError" in marks.pop(name)[1]
    assert set(marks.values()) == {("yes", "")}


EVERY_FILE = (
    "import os\nfor fd in range(3, 20):\n    try: os.write(fd, {!r})\n    except OSError: pass"
)
CHEATS = {
    "a check of one's own": "class check:\n    def __getattr__(self, name): return lambda answer: print('Right.')\n"
    "check = check()",
    "a check that says yes": "check.Exercise.__call__ = lambda self, answer: check.Verdict('right', 'Right.')",
    "other tasks": "for task in check.EXERCISES.values(): task.cases, task.right = [()], lambda: 0",
    "no tasks": "check.EXERCISES.clear()",
    "solved by decree": "check.SOLVED.update(check.EXERCISES)",
    "equal to all": "check.same = lambda a, b: True",
    "broken built-ins": "import builtins; builtins.len = builtins.zip = None",
    "other files": "from pathlib import Path\n"
    "for path in Path(check.__file__).parent.rglob('*.py'): path.write_text('')",
    "forged lines": EVERY_FILE.format(b'["x"]\n"done"\n[["cut"], 1]\n{"error": 3}\n[]\n99\n'),
    "half a line": EVERY_FILE.format(b"[1, "),
    "closed lines": "import os; os.closerange(3, 100)",
}


@pytest.mark.parametrize("cheat", CHEATS.values(), ids=CHEATS)
def test_tampering_makes_no_wrong_answer_right(cheat):
    wrong = {name: f"check.{name}(lambda *case: 0)" for name in FIRST}
    marks = returned.mark(handed_in("from helpers import check", cheat, **wrong), "01", seconds=10)
    assert list(marks) == FIRST and {passed for passed, _ in marks.values()} == {"no"}
    assert (ROOT / "helpers" / "check.py").read_text(encoding="utf-8"), (
        "the course itself was written to"
    )


def test_a_right_answer_counts_although_check_was_replaced():
    book = handed_in()
    book.cells.insert(3, new_code_cell(CHEATS["a check of one's own"]))
    assert {passed for passed, _ in returned.mark(book, "01").values()} == {"yes"}


def test_what_reaches_into_check_passes_with_a_remark():
    name = FIRST[0]
    marks = returned.mark(handed_in(**{name: f"check.{name}(check.{name}.right)"}), "01")
    assert {why for _, why in marks.values()} == {"(look at it: the code reaches into check)"}


@every_chapter
def test_no_chapter_as_it_is_reaches_into_check(path):
    assert not returned.REACHES.search("\n".join(cell.source for cell in code(solved(path))))


def test_a_deleted_cell_a_renamed_function_and_broken_syntax():
    first, second, third = FIRST[:3]
    marks = returned.mark(
        handed_in(
            **{first: "", second: f"check.{second}(renamed)", third: f"def f(:\ncheck.{third}(f)"}
        ),
        "01",
    )
    assert marks.pop(first) == NO_CALL[first]
    assert marks.pop(second) == ("no", "NameError: name 'renamed' is not defined")
    assert marks.pop(third) == ("no", "its cell is not valid Python")
    assert set(marks.values()) <= {("yes", "")}


def test_what_a_notebook_started_ends_with_it(tmp_path):
    if not hasattr(os, "killpg"):
        pytest.skip("this system has no process groups")
    alive = tmp_path / "alive"
    writer = f"import time\nwhile True: open({str(alive)!r}, 'w').close(); time.sleep(.05)"
    start = f"import subprocess, sys, time\nsubprocess.Popen([sys.executable, '-c', {writer!r}]); time.sleep(1)"
    returned.mark(handed_in(start), "01")
    assert alive.exists()
    alive.unlink()
    time.sleep(0.5)
    assert not alive.exists()


@pytest.mark.parametrize("task", check.EXERCISES.values(), ids=lambda task: task.name)
def test_answers_survive_the_journey(task):
    if task.cases is None and callable(task.right):
        return  # a rule: the solved chapter shows it

    def sent(answer):
        given = returned.unpack(json.dumps(returned.pack(task.outcomes(answer))))
        return returned.decide(task.name, False, callable(answer), "", given)

    assert sent(task.right) == ("yes", "")
    for message, wrong in task.wrong.items():
        assert (
            task.cases is None
            and callable(wrong)
            or sent(wrong) == ("no", "not answered yet" if task(wrong).state == "open" else message)
        )
    assert (
        returned.decide(task.name, True, False, "...", [None] * len(task.outcomes(task.right)))[0]
        == "no"
    )


def test_values_of_every_kind_are_sent():
    torch = pytest.importorskip("torch")
    for value in [
        None,
        True,
        3,
        2.5,
        float("inf"),
        "\ud800é",
        b"\xff",
        [1, (2, {3})],
        {("a", 1): [b"x"]},
        ...,
        {},
        KeyError("x"),
        frozenset("ab"),
        torch.ones(2, 3),
        torch.zeros(0, 3),
        torch.tensor(True),
    ]:
        assert check.same(returned.unpack(json.dumps(returned.pack(value))), value), value
    assert not check.same(returned.unpack(json.dumps(returned.pack(len))), len)


@pytest.mark.parametrize(
    "sent",
    [(), (1, 2), (False, True, "f", []), (False, True, "f", 5), (False, True, "f", [1] * 99)],
)
def test_what_is_no_answer_is_no(sent):
    assert returned.decide(FIRST[0], *sent) == ("no", "what it sent is no answer")


# The table


def test_the_table_of_a_folder(tmp_path, capfd):
    other = FIRST[0]
    hangs = handed_in(**{other: f"{HANGS}\ncheck.{other}(0)"})
    for name, book in {
        "ada": handed_in(),
        f"{NAMES[0]}_ben": hangs,
        f"cleo/{NAMES[0]}": handed_in(**{other: ""}),
        "=dan": handed_in(),
        "eve": new_notebook(),
    }.items():
        path = tmp_path / f"{name}.ipynb"
        path.parent.mkdir(exist_ok=True)
        nbformat.write(book, path)
    (tmp_path / "fay.ipynb").write_text("{")
    assert classroom.main(["mark", str(tmp_path), "--seconds=10"]) == 0
    rows = list(csv.DictReader(io.StringIO(capfd.readouterr().out)))
    assert list(rows[0]) == ["learner", "exercise", "passed", "why"]
    by = {}
    for row in rows:
        by.setdefault(row["learner"], {})[row["exercise"]] = (row["passed"], row["why"])
    assert set(by) == {"ada", "ben", "cleo", "'=dan", "eve", "fay"}
    assert by["ada"] == by["'=dan"] == YES
    assert lost(other, "time out", by["ben"]) and lost(
        other, f"no cell calls check.{other}", by["cleo"]
    )
    assert by["eve"] == {"": ("no", "eve.ipynb is no chapter of this course")}
    assert by["fay"] == {"": ("no", "fay.ipynb is no notebook: NotJSONError")}


def test_a_folder_without_notebooks_and_a_table_in_a_file(tmp_path, capsys):
    assert classroom.main(["mark", str(tmp_path)]) == 1
    assert (
        "no notebook is in it; expected is a folder of returned notebooks"
        in capsys.readouterr().err
    )
    nbformat.write(new_notebook(), tmp_path / "ada.ipynb")
    assert classroom.main(["mark", str(tmp_path), f"--output={tmp_path / 'marks.csv'}"]) == 0
    assert (tmp_path / "marks.csv").read_text().splitlines() == [
        "learner,exercise,passed,why",
        "ada,,no,ada.ipynb is no chapter of this course",
    ]


def test_the_commands_start():
    import subprocess

    run = subprocess.run(
        [sys.executable, "-m", "helpers.backstage.classroom", "mark", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0 and "--seconds" in run.stdout
