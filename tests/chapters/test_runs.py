"""Each chapter run in full, on another text, with its exercises solved, and with the network cut."""

import os
import re
import subprocess
import sys

import pytest

from tests.tools.books import CHAPTERS, NAMES, ROOT, execute, exercises, read, shown

# What the first four chapters print on The Verdict: the counts that readers of the book know.
KNOWN = {
    "01_regex_tokenization": ["20479", "4690"],
    "02_vocabularies": ["1130", "1132"],
    "03_byte_pair_encoding": ["5145"],
    "04_sliding_windows": ["40, 367, 2885, 1464", "1807, 3619, 402, 271"],
}
CUT = {
    "PYTHONPATH": os.pathsep.join(
        [str(ROOT / "tests" / "machines" / "offline"), os.environ.get("PYTHONPATH", "")]
    )
}


def test_the_network_is_cut_for_these_runs():
    program = "import socket; socket.create_connection(('192.0.2.1', 80))"
    environment = {**os.environ, **CUT}
    ran = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True)
    assert b"cut for this test" in ran.stderr, ran.stderr


@pytest.mark.parametrize("path", CHAPTERS, ids=NAMES)
def test_the_chapter_runs_on_the_verdict_without_a_network_and_its_solutions_pass(path, verdict):
    book = read(path)
    for cell, solution in exercises(book):
        cell.source = solution
    execute(book, {"COURSE_TEXT": "the-verdict", **CUT})
    for cell, _ in exercises(read(path)):
        done = next(ran for ran in book.cells if ran.id == cell.id)
        said = shown(done)
        assert re.search(r"^\W*Right", said), (
            f"{path.name}: the solution fails its own check:\n{done.source}\n{said}"
        )
    printed = "\n".join(shown(cell) for cell in book.cells if cell.cell_type == "code")
    numbers = printed.replace(",", "") if path.stem[:2] in ("01", "02", "03") else printed
    for value in KNOWN.get(path.stem, []):
        assert value in numbers, f"{path.name} no longer prints {value} on The Verdict"
