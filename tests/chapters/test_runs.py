"""Each chapter run in full: on another text, with its exercises solved, without a network and what may be missing.

The sections to go further run from last to first here, and in every other run from first to last.
.ci/run runs all of it under Colab's older widgets and without gensim, as on Python 3.14.
"""

import os
import re
import subprocess
import sys

import pytest

from helpers.backstage.downloads import DOWNLOADS
from helpers.backstage.gensim_data import USED, gensim_data
from helpers.models import ARCHIVE
from tests.tools.books import CHAPTERS, NAMES, ROOT, Chapter, code, execute, exercises, read, shown
from tests.tools.minutes import core, further

# What the first four chapters print on The Verdict: the counts that readers of the book know.
KNOWN = {
    "01_regex_tokenization": ["20479", "4690"],
    "02_vocabularies": ["1130", "1132"],
    "03_byte_pair_encoding": ["5145"],
    "04_sliding_windows": ["40, 367, 2885, 1464", "1807, 3619, 402, 271"],
}
LIVE = "application/vnd.jupyter.widget-view+json"
PLAYGROUND = re.compile(r"^play\.\w+\(", flags=re.M)
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


# Packages that can't be imported, and files that are not there, when a chapter is run here.
BLOCKED = {"03": "tokenizers", "05": "gensim"}  # chapter 5 runs as on Python 3.14
LACKS = {
    "00": {"o200k_base.tiktoken", "tiktoken", ARCHIVE},
    "02": {"gpt2-encoder.json", "gpt2-vocab.bpe"},
    "03": {"cl100k_base.tiktoken", "o200k_base.tiktoken", "tiktoken"},
    "05": {"wikipedia-sample.txt"},
    "06": {ARCHIVE},
    "08": {ARCHIVE},
}
# What is said then, by chapter: (part of a cell's source, what that cell shows).
SAYS = {
    "00": [
        ("o200k_base", "GPT-4o's tokenizer is left out from here on."),
        ('check.outcome("hour_hindi"', "unknown here, since its file is missing"),
        ("load_model()", "The trained model is missing here"),
        ('check.outcome("hour_bank"', "unknown here, since the trained model is missing"),
        ("play.meanings", "The trained model is missing here"),
    ],
    "02": [("gpt2_vocab", "can't be fetched"), ("gpt2_vocab", "What to do")],
    "03": [
        ("later = {", "GPT-4, 2023 is left out from here on."),
        ("later = {", "GPT-4o, 2024 is left out from here on."),
        ("import tokenizers", "The package tokenizers is missing"),
    ],
    "05": [("", "300 texts")],
    "06": [("load_model()", "The trained model is missing"), ("", "This needs the trained model")],
    "08": [
        ("load_model()\n", "all-MiniLM-L6-v2"),
        ('"pipe_bank", came', "the trained model is missing"),
        ("states[:, number]", "Without the trained model"),
        ("minilm.sentence(asked)", "Without the trained model"),
    ],
}


def from_last_to_first(chapter):
    """The code cells of the core, then of the sections to go further, the last one first.

    Every other run takes them as they stand; the chapters say that they can be taken in any order.
    "Clean up" ends the workers that other sections need, so it stays last.
    """
    parts = sorted(reversed(further(chapter)), key=lambda part: part.heading == "Clean up")
    return [cell for part in [*core(chapter), *parts] for cell in part.cells]


pytestmark = pytest.mark.gate


@pytest.fixture(scope="module", params=CHAPTERS, ids=NAMES)
def run(request, verdict, tmp_path_factory):
    """A chapter's path, and the chapter as it came out on The Verdict, solved, without what it may lack."""
    path = request.param
    lacks = LACKS.get(path.stem[:2], set())
    kept, blocked = tmp_path_factory.mktemp("downloads"), tmp_path_factory.mktemp("blocked")
    for file in [*DOWNLOADS.iterdir(), *map(gensim_data, USED)]:
        beside = kept / file.name
        if file.name not in lacks and not beside.exists():
            beside.symlink_to(file)
    if path.stem[:2] in BLOCKED:
        module = blocked / f"{BLOCKED[path.stem[:2]]}.py"
        module.write_text("raise ImportError('not installed')\n")
    chapter = Chapter(path.stem[:2])
    for cell, solution in exercises(chapter.book):
        cell.source = solution
    chapter.book.cells = from_last_to_first(chapter)
    about = {
        "COURSE_TEXT": "the-verdict",
        "COURSE_DOWNLOADS": str(kept),
        "TIKTOKEN_CACHE_DIR": str(kept / "tiktoken"),
        "PYTHONPATH": os.pathsep.join([str(blocked), CUT["PYTHONPATH"]]),
        "PIP_NO_INDEX": "1",
    }
    return path, execute(chapter.book, about)


def test_the_chapter_runs_on_the_verdict_without_a_network_and_its_solutions_pass(run):
    path, book = run
    for cell, _ in exercises(read(path)):
        done = next(ran for ran in book.cells if ran.id == cell.id)
        said = shown(done)
        assert re.search(r"^\W*Right", said), (
            f"{path.name}: the solution fails its own check:\n{done.source}\n{said}"
        )
    printed = "\n".join(shown(cell) for cell in code(book))
    numbers = printed.replace(",", "")
    if path.stem.startswith("04"):  # its batch has each id in parentheses, after its token
        numbers = ", ".join(re.findall(r"\((\d+)\)", printed))
    for value in KNOWN.get(path.stem, []):
        assert value in numbers, f"{path.name} no longer prints {value} on The Verdict"


def test_each_playground_is_live(run):
    path, book = run
    for cell in code(book):
        if PLAYGROUND.search(cell.source) and "model is missing here" not in shown(cell):
            live = any(LIVE in output.get("data", {}) for output in cell.outputs)
            assert live, f"{path.name}: no widget came from\n{cell.source}\n{shown(cell)}"


def test_without_what_may_be_missing_each_cell_says_so_and_the_chapter_runs_to_its_end(run):
    path, book = run
    for part, words in SAYS.get(path.stem[:2], []):
        said = "\n".join(shown(cell) for cell in code(book) if part in cell.source)
        assert words in said, f"{path.name}: a cell with {part!r} does not say {words!r}:\n{said}"
    assert code(book)[-1].execution_count, f"{path.name} did not run to its end"


def test_without_gensim_our_own_table_gives_the_numbers_that_gensim_gives(run):
    path, book = run
    if path.stem.startswith("05"):
        asked = "usual = vectors.most_similar"
        (usual,) = [shown(cell) for cell in code(book) if asked in cell.source]
        assert usual == Chapter("05").printed(asked)
