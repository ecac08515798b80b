"""Copies for a class, and marks for what comes back: honest notebooks, broken and tampered ones."""

import codecs
import csv
import io
import json
import os
import re
import subprocess
import sys
import time

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from helpers import check
from helpers.__main__ import main
from helpers.backstage import classroom, marks
from helpers.backstage.copies import without_outputs
from helpers.backstage.downloads import DOWNLOADS
from helpers.backstage.marks import mark
from helpers.backstage.returned import LARGEST_FILE, from_json, to_json
from tests.machines.lab import course_copy
from tests.tools.books import CHAPTERS, NAMES, ROOT, code, execute, exercises, read, shortened, tags

every_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=NAMES)
FIRST = list(check.exercises("01"))
YES = {name: ("yes", "") for name in FIRST}
NO_CALL = {name: ("no", f'no cell calls check.exercise("{name}", ...)') for name in FIRST}


def solved(path):
    """A chapter with the folded solutions pasted in."""
    book = read(path)
    for cell, solution in exercises(book):
        cell.source = solution
    return book


def handed_in(*cells, **instead):
    """Chapter 1 cut down to its solved exercises, a cell each, after `cells`.

    `instead` has other sources by name.
    """
    book = solved(CHAPTERS[1])
    sources = [
        *cells,
        code(book)[0].source,
        "import re\nfrom helpers import check\nfrom helpers.words import *\n",
    ]
    for cell, _ in exercises(book):
        (name,) = marks.CALL.findall(cell.source)
        sources.append(instead.get(name, cell.source))
    return new_notebook(
        cells=[new_markdown_cell("# Chapter 1: cut down"), *map(new_code_cell, sources)]
    )


def solved_cell(name):
    """The solution of one of the first chapter's exercises, with its call of check."""
    (found,) = [sol for _, sol in exercises(read(CHAPTERS[1])) if f'"{name}"' in sol]
    return found


def gives(name, expression):
    """A cell that hands this expression in."""
    return f'check.exercise("{name}", {expression})'


# Copies for the class


@pytest.fixture(scope="module")
def copies(tmp_path_factory):
    """The class's copies, written by the command into a folder inside a checkout."""
    folder = course_copy(tmp_path_factory.mktemp("course")) / "class"
    assert main(["copies", str(folder)]) == 0
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
    ], "code cells were changed"
    text = "\n".join(cell.source for cell in book.cells)
    assert exercises(course) and "Solution" not in text and "colab-badge" not in text
    for _, solution in exercises(course):
        assert solution.strip() not in text
    # Its pictures come along inside it, as in a learner's own copy.
    before = {cell.id: cell.source for cell in without_outputs(course).cells}
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
    book = read(copies / CHAPTERS[1].name)
    execute(book, {"PYTHONPATH": "", "COURSE_DOWNLOADS": str(DOWNLOADS)}, folder=copies)
    said = [str(cell.outputs) for cell in book.cells if "exercise" in tags(cell)]
    assert said and all("Not answered yet" in text for text in said)


@pytest.mark.parametrize("name", ["", "class", "class/monday"])
def test_copies_never_go_into_the_courses_own_notebooks(name, capsys):
    assert main(["copies", str(ROOT / "notebooks" / name)]) == 1
    assert "expected a folder outside the course's own notebooks" in capsys.readouterr().err
    assert not (ROOT / "notebooks" / "class").exists()


def test_copies_overwrite_nothing(tmp_path, capsys):
    (tmp_path / CHAPTERS[3].name).write_text("somebody's work")
    assert main(["copies", str(tmp_path)]) == 1
    assert (
        f"has {CHAPTERS[3].name} in it; expected a folder without chapters"
        in capsys.readouterr().err
    )
    assert [path.read_text() for path in tmp_path.iterdir()] == ["somebody's work"]


def test_where_copies_run_is_said(tmp_path, capsys):
    assert main(["copies", str(tmp_path / "class")]) == 0
    assert "inside a checkout of the course" in capsys.readouterr().out


# Marks


@pytest.mark.gate
@every_chapter
def test_a_solved_chapter_gets_yes_for_every_exercise(path):
    book = shortened(solved(path), lambda cell: "exercise" in tags(cell))
    given = mark(book, path.stem[:2], seconds=120)
    assert given == {name: ("yes", "") for name in check.exercises(path.stem[:2])}


def test_a_blank_chapter_gets_no_for_every_exercise():
    assert mark(read(CHAPTERS[1]), "01") == {name: ("no", "not answered yet") for name in FIRST}


def test_a_wrong_answer_is_told_as_check_tells_it():
    name = FIRST[0]
    message = next(iter(check.find(name).wrong))
    wrong = gives(name, f"check.find({name!r}).wrong[{message!r}]")
    given = mark(handed_in(**{name: wrong}), "01")
    assert given[name] == ("no", f"{message} (look at it: the code reaches into check)")


def test_the_best_of_several_answers_counts_and_a_first_mistake_costs_nothing():
    book = handed_in(**{FIRST[0]: gives(FIRST[0], "lambda *case: 0")})
    book.cells += handed_in().cells
    assert mark(book, "01") == YES


def test_questions_of_every_form_are_asked_in_a_returned_notebook_too():
    name = FIRST[0]
    quizzes = "".join(f'check.quiz("{path.stem[:2]}")\n' for path in CHAPTERS)
    assert mark(handed_in(**{name: quizzes + solved_cell(name)}), "01") == YES


HANGS = "while True: pass"
STUBBORN = "while True:\n    try:\n        while True: pass\n    except BaseException: pass"
FLOOD = "while True: print('Right. ' * 1000)"
ZEROS = "import os\nwhile True:\n" + "".join(
    f"    try: os.write({fd}, b'0\\n')\n    except OSError: pass\n" for fd in range(1, 9)
)


@pytest.mark.gate
@pytest.mark.parametrize(
    "source, why",
    [
        (HANGS, "timed out"),
        (STUBBORN, "timed out"),
        (FLOOD, "timed out"),
        (ZEROS, None),
        ("import os; os._exit(0)", "its process ended"),
        ("import os, signal; os.kill(os.getpid(), 9)", "its process ended"),
        ("input('your name?')\n1 / 0", None),
        ("print('✓ Right.' * 10**6)", None),
        ("raise SystemExit", None),
    ],
)
def test_a_cell_that_hangs_floods_ends_or_fails_costs_its_own_row_only(source, why):
    name = FIRST[1]
    start = time.monotonic()
    given = mark(handed_in(source, **{name: f"{source}\n{gives(name, '0')}"}), "01", seconds=3)
    assert set(given) == set(FIRST) and given[name][0] == "no"
    assert why is None or given[name][1] == why
    assert all(given[other] == ("yes", "") for other in FIRST if other != name)
    assert time.monotonic() - start < 60


@pytest.mark.parametrize(
    "body, why",
    [
        ("while True: pass", "timed out"),
        ("import os; os._exit(1)", "its process ended"),
        ("return ['x' * 10**6] * 10", "ValueError: the answer is too large"),
        ("return [0] * 10**15", "MemoryError"),
        ("a = []; a.append(a); return a", "RecursionError: "),
        ("return open", "you gave <function open"),
        ("raise KeyError('x')", "Your code raised KeyError: 'x'"),
        ("raise KeyboardInterrupt", None),
        ("return 1j", "you gave 1j"),
    ],
)
def test_an_answer_that_fails_when_it_is_tried_costs_its_own_row_only(body, why):
    name = FIRST[-1]
    cell = f"def answer(*case):\n    {body}\n{gives(name, 'answer')}"
    given = mark(handed_in(**{name: cell}), "01", seconds=3)
    assert given[name][0] == "no" and (why is None or why in given[name][1]), given[name]
    assert all(given[other] == ("yes", "") for other in FIRST if other != name)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits all memory of a process")
def test_an_answer_that_takes_all_memory_costs_its_own_row_only():
    name = FIRST[0]
    cell = f"def answer(*case):\n    return len(bytearray(3 * 10**9))\n{gives(name, 'answer')}"
    given = mark(handed_in(**{name: cell}), "01", gigabytes=2)
    assert "Your code raised MemoryError" in given.pop(name)[1]
    assert set(given.values()) == {("yes", "")}


def test_what_a_notebook_prints_is_kept_nowhere():
    prints = f"for _ in range(40): print('x' * 10**8)\n{solved_cell(FIRST[0])}"
    assert mark(handed_in(**{FIRST[0]: prints}), "01", gigabytes=2) == YES


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such limit")
def test_no_file_that_a_notebook_writes_grows_without_end(tmp_path):
    file = tmp_path / "large"
    write = f"file = open({str(file)!r}, 'wb')\nfile.truncate({LARGEST_FILE + 1})"
    assert mark(handed_in(write), "01") == YES
    assert file.stat().st_size <= LARGEST_FILE


@pytest.mark.gate
def test_the_whole_of_a_notebook_has_a_limit_too(monkeypatch):
    monkeypatch.setattr(marks, "WHOLE", 2)
    book = handed_in(*["import time; time.sleep(4)"] * 9)  # no cell alone takes too long
    start = time.monotonic()
    assert mark(book, "01", seconds=5) == {name: ("no", "timed out") for name in FIRST}
    assert time.monotonic() - start < 20


def test_what_a_notebook_prints_comes_out_by_no_door(capfd):
    doors = (
        "import os, sys\nos.write(1, b'forged'); os.write(2, b'forged')\n"
        "print('forged', file=sys.__stdout__, flush=True); os.system('echo forged')\n"
    )
    book = handed_in(**{FIRST[0]: doors + solved_cell(FIRST[0])})
    assert mark(book, "01") == YES
    assert capfd.readouterr() == ("", "")


def test_only_so_many_answers_of_a_notebook_are_judged(monkeypatch):
    judged, real = [], marks.judge
    monkeypatch.setattr(marks, "judge", lambda *sent: judged.append(1) or real(*sent))
    many = f"for _ in range(3000): {gives(FIRST[0], 'lambda *case: 0')}"
    given = mark(handed_in(**{FIRST[0]: many}), "01")
    assert given[FIRST[0]][0] == "no" and len(judged) <= marks.MOST_LINES


EVERY_FILE = (
    "import os\nfor fd in range(3, 20):\n    try: os.write(fd, {!r})\n    except OSError: pass"
)
FORGED = b"""["x"]
"done"
[["cut"], 1]
{"error": 3}
[]
99
-1
["cut_ledger", 0, []]
["cut_ledger", 0, 0, 0]
{"grid": [[2], [1]]}
"""
JUDGE = "from helpers.exercises.judge import Exercise\n"
CHEATS = {
    "a check of one's own": "class check:\n    def __getattr__(self, name): "
    "return lambda *answer: print('Right.')\ncheck = check()",
    "a check that says yes": "check.exercise = lambda *answer: print('✓ Right.')",
    "a judge that says yes": JUDGE + "Exercise.judge = lambda *all: Exercise._praise",
    "the right outcomes": JUDGE + "tried = Exercise.outcomes\n"
    "Exercise.outcomes = lambda self, answer: tried(self, self.right)",
    "other tasks": "for task in check.exercises().values(): task.cases, task.right = [()], int",
    "no tasks": "check.LOADED.clear()",
    "solved by decree": "check.SOLVED.update(check.exercises())",
    "equal to all": "from helpers.exercises import judge; judge.same = lambda a, b: True",
    "broken built-ins": "import builtins; builtins.len = builtins.zip = None",
    "other files": "from pathlib import Path\n"
    "for path in Path(check.__file__).parent.rglob('*.py'): path.write_text('')",
    "forged lines": EVERY_FILE.format(FORGED),
    "half a line": EVERY_FILE.format(b"[1, "),
    "no end": "import os\nfor name in ('../results', '../job'): os.remove(name); os.mkfifo(name)",
    "an array": EVERY_FILE.format(b'{"grid": [[2], [1, 2]]}\n'),
    "closed lines": "import os; os.closerange(3, 100)",
}


@pytest.mark.parametrize("cheat", CHEATS.values(), ids=CHEATS)
def test_tampering_makes_no_wrong_answer_right(cheat):
    wrong = {name: gives(name, "lambda *case: 0") for name in FIRST}
    given = mark(handed_in("from helpers import check", cheat, **wrong), "01", seconds=10)
    assert list(given) == FIRST and {passed for passed, _ in given.values()} == {"no"}
    source = (ROOT / "helpers" / "check.py").read_text(encoding="utf-8")
    assert source, "the course itself was written to"


@pytest.mark.parametrize("cheat", ["a check of one's own", "a check that says yes"])
def test_a_right_answer_counts_although_check_was_replaced(cheat):
    book = handed_in()
    book.cells.insert(3, new_code_cell(CHEATS[cheat]))
    assert {passed for passed, _ in mark(book, "01").values()} == {"yes"}


@pytest.mark.parametrize(
    "source",
    [
        *(CHEATS[cheat] for cheat in list(CHEATS)[:8]),
        f"check.exercise({FIRST[0]!r}, check.find({FIRST[0]!r}).right)",
        "getattr(check, 'find')",
        "from helpers.check import find",
    ],
)
def test_what_reaches_into_check_is_seen(source):
    assert marks.REACHES.search(f"import re\n{source}")


def test_what_reaches_into_check_passes_with_a_remark():
    name = FIRST[0]
    given = mark(handed_in(**{name: gives(name, f"check.find({name!r}).right")}), "01")
    assert set(given.values()) == {("yes", "(look at it: the code reaches into check)")}


@every_chapter
def test_no_chapter_as_it_is_reaches_into_check(path):
    assert not marks.REACHES.search("\n".join(cell.source for cell in code(solved(path))))


def test_a_deleted_cell_a_renamed_function_and_broken_syntax():
    first, second, third = FIRST[:3]
    changed = {first: "", second: gives(second, "renamed"), third: "def f(:\n" + gives(third, "f")}
    given = mark(handed_in(**changed), "01")
    assert given.pop(first) == NO_CALL[first]
    assert given.pop(second) == ("no", "NameError: name 'renamed' is not defined")
    assert given.pop(third) == ("no", "its cell is not valid Python")
    assert set(given.values()) == {("yes", "")}


@pytest.mark.parametrize("magic", ["%%time", "%%capture", "!true"])
def test_a_right_answer_beside_a_magic_is_right(magic):
    cell = f"{magic}\n{solved_cell(FIRST[0])}"
    assert mark(handed_in(**{FIRST[0]: cell}), "01") == YES


def test_what_a_notebook_started_ends_with_it(tmp_path):
    if not hasattr(os, "killpg"):
        pytest.skip("this system has no process groups")
    alive = tmp_path / "alive"
    writer = f"import time\nwhile True: open({str(alive)!r}, 'w').close(); time.sleep(.05)"
    start = (
        "import subprocess, sys, time\n"
        f"subprocess.Popen([sys.executable, '-c', {writer!r}]); time.sleep(1)"
    )
    mark(handed_in(start), "01")
    assert alive.exists()
    alive.unlink()
    time.sleep(0.5)
    assert not alive.exists()


# What is sent


@pytest.mark.parametrize("task", check.exercises().values(), ids=lambda task: task.name)
def test_answers_survive_the_journey(task):
    def sent(answer):
        answer, given = from_json(json.dumps(to_json([answer, task.outcomes(answer)])))
        return marks.judge(task, answer, given)

    assert sent(task.right) == ("yes", "")
    for message, wrong in task.wrong.items():
        is_open = check.exercise(task.name, wrong).state == "open"
        assert sent(wrong) == ("no", "not answered yet" if is_open else message)
    blank = [None] * len(task.outcomes(task.right))
    assert marks.judge(task, ..., blank) == ("no", "not answered yet")


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
        [1, (2, [3])],
        {("a", 1): [b"x"]},
        ...,
        {},
        KeyError("x"),
        torch.ones(2, 3),
        torch.zeros(0, 3),
        torch.tensor(True),
    ]:
        assert check.same(from_json(json.dumps(to_json(value))), value), value
    for value in [len, {3}, 1j]:  # what can't be sent equals nothing
        assert not check.same(from_json(json.dumps(to_json(value))), value)


@pytest.mark.parametrize("given", [[], [1] * 99, None, 5])
def test_what_is_no_answer_is_no(given):
    passed, why = marks.judge(check.find(FIRST[0]), 0, given)
    assert passed == "no" and why.startswith("what it sent isn't an answer")


# The table


def written(folder, **books):
    """The folder with these notebooks in it; a value may also be the bytes of a file."""
    for name, book in books.items():
        path = folder / f"{name}.ipynb"
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(book if isinstance(book, bytes) else nbformat.writes(book).encode())
    return folder


def by_learner(table):
    """{learner: {exercise: (passed, why)}} of a table as CSV."""
    found = {}
    for row in csv.DictReader(io.StringIO(table)):
        found.setdefault(row["learner"], {})[row["exercise"]] = (row["passed"], row["why"])
    return found


def test_the_table_of_a_folder(tmp_path, capfd):
    other = FIRST[0]
    hangs = handed_in(**{other: f"{HANGS}\n{gives(other, '0')}"})
    books = {
        "ada": handed_in(),
        f"{NAMES[1]}_ben": hangs,
        f"cleo/{NAMES[1]}": handed_in(**{other: ""}),
        f"cleo/{NAMES[1]} (1)": handed_in(),
        "=dan": handed_in(),
        "eve": new_notebook(),
    }
    written(tmp_path, **books, fay=b"{", **{f"gus/{NAMES[1]}": b"{"})
    assert main(["mark", str(tmp_path), "--seconds=3"]) == 0
    table = capfd.readouterr().out
    assert table.startswith("learner,chapter,exercise,passed,why\n")
    assert table.count(",01,") == 6 * len(FIRST)
    by = by_learner(table)
    totals = {learner: rows.pop("total") for learner, rows in by.items()}
    n = len(FIRST)
    assert totals == {
        "ada": (f"{n} of {n}", ""),
        "ben": (f"{n - 1} of {n}", ""),
        "cleo": (f"{n} of {n}", ""),  # the better of the two
        "'=dan": (f"{n} of {n}", ""),
        "eve": ("0 of 0", ""),
        "fay": ("0 of 0", ""),
        "gus": (f"0 of {n}", ""),  # nobody gains by handing in what can't be read
    }
    assert by["ada"] == by["'=dan"] == YES
    assert by["ben"] == {**YES, other: ("no", "timed out")}
    assert by["eve"] == {"": ("no", "eve.ipynb isn't a chapter of this course")}
    assert by["fay"][""][1].startswith("fay.ipynb isn't a notebook: NotJSONError")
    assert all("isn't a notebook" in why for _, why in by["gus"].values())


def test_the_rows_stand_in_the_order_of_the_notebook():
    book = handed_in()
    asked = [name for cell in code(book) for name in marks.CALL.findall(cell.source)]
    assert list(marks.mark(book, "01", 30, 4)) == asked
    book.cells.reverse()
    assert list(marks.mark(book, "01", 30, 4)) == asked[::-1]


DEEP = "x" + ".a" * 600
ODD = {
    "surrogate": "raise ValueError('\\ud800')",
    "exclamations": "!true\n" * 600,
    "attributes": f"class A: pass\nx = A(); x.a = x\n{DEEP}",
    "minus": "-" * 60_000 + "1",
    "blank": "\n" * 100_000,
    "list": "deep = []\nfor _ in range(700): deep = [deep]",
}


@pytest.mark.gate
def test_whatever_one_notebook_holds_each_learner_has_rows(tmp_path, capfd):
    """Each of these once ended the marking of a whole class."""
    name = FIRST[0]
    books = {
        odd: handed_in(**{name: f"{source}\n{gives(name, '0')}"}) for odd, source in ODD.items()
    }
    books["list"] = handed_in(**{name: f"{ODD['list']}\n{gives(name, 'lambda *case: deep')}"})
    books["chapter"] = new_notebook(cells=[new_markdown_cell("# Chapter " + "9" * 5000)])
    books["cells"] = b'{"cells": 5, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}'
    books["deep"] = b"[" * 100_000
    written(tmp_path, **books, **{"folder.ipynb/ada": handed_in(), "n" * 249: new_notebook()})
    if os.name != "nt":
        os.mkfifo(tmp_path / "pipe.ipynb")
        (tmp_path / "loop.ipynb").symlink_to(tmp_path / "loop.ipynb")
        (tmp_path / "zero.ipynb").symlink_to("/dev/zero")
    if sys.platform == "linux":
        with open(os.fsencode(tmp_path) + b"/\xff.ipynb", "wb") as file:
            file.write(nbformat.writes(handed_in()).encode())
    start = time.monotonic()
    feedback = tmp_path / "feedback"
    assert main(["mark", str(tmp_path), f"--feedback={feedback}", "--seconds=10"]) == 0
    assert time.monotonic() - start < 120
    by = by_learner(capfd.readouterr().out)
    for odd in ODD:
        assert set(by[odd]) == {*FIRST, "total"}, by[odd]
        assert all(by[odd][other] == ("yes", "") for other in FIRST[1:]), by[odd]
        assert by[odd][name][0] == "no" and by[odd][name][1], by[odd]
    assert by["surrogate"][name] == ("no", "ValueError: \\ud800")
    for broken in {"chapter", "cells", "deep", "pipe", "loop", "zero"}.intersection(by):
        assert by[broken][""][0] == "no", by[broken]
    assert set(by) >= {"chapter", "cells", "deep", "folder"}
    if sys.platform == "linux":
        assert by["\\udcff"].pop("total") and by["\\udcff"] == YES
        assert {"pipe", "loop", "zero"} <= set(by)
    assert len(list(feedback.iterdir())) == len(by)


def test_a_very_large_file_is_not_even_read(tmp_path, monkeypatch):
    monkeypatch.setattr(classroom, "LARGEST", 100)
    monkeypatch.setattr(nbformat, "read", lambda *_, **__: pytest.fail("read"))
    (tmp_path / "ada.ipynb").write_bytes(b"[" * 101)
    (row,) = classroom.rows_of(tmp_path / "ada.ipynb", "ada", 1, 1)
    assert row.passed == "no" and "a very large one" in row.why


@pytest.mark.parametrize(
    "path, learner",
    [
        ("ada.ipynb", "ada"),
        ("team-1.ipynb", "team-1"),
        ("ada/01_regex_tokenization.ipynb", "ada"),
        ("ada_01_regex_tokenization.ipynb", "ada"),
        ("Copy of 01_regex_tokenization_ada.ipynb", "ada"),
        ("01_regex_tokenization_ada (1).ipynb", "ada"),
        ("ada/Copy of 01_regex_tokenization (2).ipynb", "ada"),
        ("01_regex_tokenization - Ada Lovelace.ipynb", "Ada Lovelace"),
        ("doedan_1234_56789_01_regex_tokenization-1.ipynb", "doedan"),
        ("doedan_LATE_1234_56789_01_regex_tokenization.ipynb", "doedan"),
        ("Dan Doe_123_assignsubmission_file_/01_regex_tokenization.ipynb", "Dan Doe"),
        ("Copy of 01_regex_tokenization (1).ipynb", "Copy of 01_regex_tokenization (1)"),
    ],
)
def test_who_a_notebook_is_from(path, learner, tmp_path):
    assert classroom.learner_of(tmp_path / path, tmp_path) == learner


def test_a_folder_without_notebooks_and_a_table_in_a_file(tmp_path, capsys):
    assert main(["mark", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "has no notebook in it; expected a folder of returned notebooks" in said
    written(tmp_path, ada=new_notebook())
    written(tmp_path / "__MACOSX", **{"._ada": b"Mac OS X"})
    assert main(["mark", str(tmp_path), f"--output={tmp_path / 'marks.csv'}"]) == 0
    assert (tmp_path / "marks.csv").read_bytes().startswith(codecs.BOM_UTF8), "Excel shows ä as Ã¤"
    assert (tmp_path / "marks.csv").read_text("utf-8-sig").splitlines() == [
        "learner,chapter,exercise,passed,why",
        "ada,,,no,ada.ipynb isn't a chapter of this course",
        "ada,all,total,0 of 0,",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "__MACOSX",
        "ada.ipynb",
        "marks.csv",
    ]


def test_a_table_that_is_there_stays_until_the_new_one_is_whole(tmp_path, monkeypatch):
    output = tmp_path / "marks.csv"
    output.write_text("the first table")
    written(tmp_path, ada=new_notebook(), ben=new_notebook())

    def stopped(path, *_):
        if path.stem == "ben":
            raise KeyboardInterrupt
        return [classroom.Row("ada", "01", "cut", "yes", "")]

    monkeypatch.setattr(classroom, "rows_of", stopped)
    with pytest.raises(KeyboardInterrupt):
        main(["mark", str(tmp_path), f"--output={output}"])
    assert output.read_text() == "the first table"
    assert "ada,01,cut,yes" in (tmp_path / "marks.csv.part").read_text()  # what was done is kept


@pytest.mark.parametrize("to_file", [False, True])
def test_with_a_file_for_the_table_the_progress_is_shown(to_file, tmp_path, monkeypatch):
    written(tmp_path, ada=new_notebook())
    shown = []

    def progress(items, disable, **_):
        shown.append(disable)
        return items

    monkeypatch.setattr(classroom, "progress", progress)
    main(["mark", str(tmp_path)] + [f"--output={tmp_path / 'marks.csv'}"] * to_file)
    assert shown == [None if to_file else True]  # None: where somebody watches


def test_each_learner_gets_a_file_back(tmp_path, monkeypatch):
    written(tmp_path, ada=new_notebook())
    rows = [
        classroom.Row("ada", "01", "cut", "yes", ""),
        classroom.Row("ada", "01", "join", "no", "Say <b>why</b>."),
        classroom.Row("ada", "", "", "no", "x.ipynb isn't a chapter of this course"),
    ]
    monkeypatch.setattr(classroom, "rows_of", lambda *_: rows)
    for _ in range(2):  # a second time replaces it
        assert main(["mark", str(tmp_path), f"--feedback={tmp_path / 'back'}"]) == 0
    assert (tmp_path / "back" / "ada.md").read_text(encoding="utf-8") == (
        "# ada: 1 of 2 solved\n\n- ✓ Chapter 01, `cut`: yes\n"
        "- ○ Chapter 01, `join`: no. Say &lt;b&gt;why&lt;/b&gt;.\n"
        "- ○ Not marked: no. x.ipynb isn&#x27;t a chapter of this course\n"
    )


# The guide's own command lines, from copies to marks


def guide_command(word):
    """The arguments of the one command of the guide that begins with this word."""
    guide = (ROOT / "notebooks" / "teaching" / "guide.md").read_text(encoding="utf-8")
    (line,) = re.findall(rf"^ *python -m helpers ({word} .*)$", guide, flags=re.M)
    return line.split()


def test_what_the_guide_says_leads_from_copies_to_marks_and_feedback(tmp_path, monkeypatch, capfd):
    """Three learners: one who solves all, one who is wrong in all, one who attacks the marking."""
    course = course_copy(tmp_path / "course")
    monkeypatch.chdir(course)
    assert main(guide_command("copies")) == 0
    right, wrong, hostile = (read(course / "class" / CHAPTERS[1].name) for _ in range(3))
    solutions = {cell.id: solution for cell, solution in exercises(read(CHAPTERS[1]))}
    for cell in code(right):
        cell.source = solutions.get(cell.id, cell.source)
    for book in (wrong, hostile):
        for cell in (cell for cell in code(book) if cell.id in solutions):
            cell.source = gives(marks.CALL.findall(cell.source)[0], "lambda *case: 0")
    attack = CHEATS["a check that says yes"], CHEATS["other files"], "import os; os._exit(0)"
    hostile.cells[3:3] = map(new_code_cell, ["from helpers import check", *attack])
    handed = {"ada": right, f"ben_{NAMES[1]}": wrong, f"cleo/{NAMES[1]}": hostile}
    written(course / "returned", **handed)
    helpers = {path: path.read_bytes() for path in (course / "helpers").rglob("*.py")}

    assert main(guide_command("mark")) == 0
    by = by_learner((course / "marks.csv").read_text(encoding="utf-8-sig"))
    n = len(FIRST)
    for learner, solved_by in {"ada": n, "ben": 0, "cleo": 0}.items():
        assert by[learner].pop("total") == (f"{solved_by} of {n}", "")
        assert list(by[learner]) == FIRST, f"{learner} has no row for some exercise"
        back = (course / "back" / f"{learner}.md").read_text(encoding="utf-8")
        assert back.startswith(f"# {learner}: {solved_by} of {n} solved\n")
        assert back.count("✓") == solved_by and back.count("○") == n - solved_by
    assert by["ada"] == YES
    assert all(why for _, why in by["ben"].values()), "a wrong answer is not told what is wrong"
    assert helpers == {path: path.read_bytes() for path in helpers}, "a notebook changed the course"


def test_a_copy_finds_the_course_on_pythons_path_as_on_a_hub(copies, tmp_path):
    program = code(read(copies / CHAPTERS[0].name))[0].source + "\nprint(root)"
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert ran.stdout.split() == [str(ROOT)], ran.stderr


def test_the_commands_start(capsys):
    for command, word in (("copies", "folder"), ("mark", "--seconds")):
        with pytest.raises(SystemExit) as ended:
            main([command, "--help"])
        assert ended.value.code == 0 and word in capsys.readouterr().out
