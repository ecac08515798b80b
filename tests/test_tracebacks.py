"""An error in a notebook shows the learner's own lines, and %tb all the others."""

import json
import re
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from helpers import ROOT
from helpers.backstage.tracebacks import shorten, steps
from tests.tools.books import CHAPTERS, NAMES, code, execute, read, tags

COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def failed(source: str, name: str):
    """The error of a source that comes from a file of this name."""
    with pytest.raises(ValueError) as caught:
        exec(compile(source, name, "exec"), {})
    return caught.value


def files(traceback) -> list[str]:
    return [Path(step.tb_frame.f_code.co_filename).name for step in steps(traceback)]


def test_what_pythons_own_modules_do_is_left_out():
    error = failed("import json\ndef read():\n    json.loads('{')\nread()", "cell.py")
    assert "decoder.py" in files(error.__traceback__)
    assert files(shorten(error.__traceback__)) == [Path(__file__).name, "cell.py", "cell.py"]


def test_lines_before_and_after_a_package_stay():
    source = "import json\ndef hook(pairs):\n    raise ValueError\n"
    error = failed(source + "json.loads('{}', object_hook=hook)", "cell.py")
    assert files(error.__traceback__)[-1] == "cell.py" and "decoder.py" in files(
        error.__traceback__
    )
    assert files(shorten(error.__traceback__))[-2:] == ["cell.py", "cell.py"]


def test_a_list_that_fails_in_the_middle_is_one_step_in_every_python():
    error = failed("def read():\n    return [int(word) for word in ['x']]\nread()", "cell.py")
    assert files(shorten(error.__traceback__))[-2:] == ["cell.py", "cell.py"]
    names = [step.tb_frame.f_code.co_name for step in steps(shorten(error.__traceback__))]
    assert names[-2:] == ["<module>", "read"], "its line would be shown twice"
    error = failed("words = [\n    int(word)\n    for word in ['x']\n]", "cell.py")
    last = list(steps(shorten(error.__traceback__)))[-1]
    assert last.tb_lineno == 2, "the line that failed is hidden"


def test_an_error_in_which_no_line_is_the_learners_is_shown_in_full():
    error = failed("raise ValueError", json.__file__)
    inside = list(steps(error.__traceback__))[-1]
    assert shorten(inside) is inside


@pytest.fixture(scope="module")
def errors() -> list[str]:
    """What two cells show after the set-up: a mistake that ends in the helpers, and %tb."""
    mistake = "from helpers.words import build_vocab\nbuild_vocab(7)"
    sources = [f"import helpers\nhelpers.set_up({str(ROOT)!r})", mistake, "%tb"]
    book = new_notebook(cells=[new_code_cell(source) for source in sources])
    for cell in book.cells:
        cell.metadata["tags"] = ["raises-exception"]
    ran = execute(book, folder=ROOT).cells[1:]
    return [COLOURS.sub("", "\n".join(cell.outputs[0].traceback)) for cell in ran]


def test_the_line_of_the_cell_and_the_message_are_there_and_no_line_of_the_helpers(errors):
    assert "build_vocab(7)" in errors[0] and "TypeError: " in errors[0], errors[0]
    assert "words.py" not in errors[0], f"a learner reads the course's own code:\n{errors[0]}"


def test_all_lines_come_with_the_command_for_it(errors):
    assert "words.py" in errors[1], f"%tb hides the lines that a teacher looks for:\n{errors[1]}"


@pytest.mark.parametrize("path", CHAPTERS, ids=NAMES)
def test_no_error_that_a_chapter_shows_has_a_line_of_a_package(path):
    for cell in code(read(path)):
        if "raises-exception" in tags(cell):
            for output in cell.outputs:
                shown = "\n".join(output.get("traceback", []))
                assert "site-packages" not in shown and "helpers/" not in shown, (
                    f"{path.name}, {cell.id}: a class reads lines that nobody here wrote:\n{shown}"
                )
