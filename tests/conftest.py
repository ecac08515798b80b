"""What all tests share: the data is there before the first test, and no test can reach a display."""

import os
from importlib.util import find_spec

import pytest

os.environ.setdefault("MPLBACKEND", "Agg")
# No tests are in these. The benchmarks need gensim, which Python 3.14 lacks, and Debian's Python
# has a sitecustomize of its own, so pytest can't import ours.
collect_ignore = ["benchmarks", "machines/offline"]


def pytest_configure(config):
    """Fetch the course's data once, before the workers start, so that no notebook prints a progress bar for it."""
    if not hasattr(config, "workerinput"):
        from helpers.__main__ import main

        main(["--all", "--check"])


def pytest_collection_modifyitems(items):
    """The files that take minutes come first, so that at the end no worker waits for another.

    Without gensim two chapters learn from a smaller text, so their saved outputs can't come out.
    """
    if find_spec("gensim") is None:
        why = pytest.mark.skip(reason="saved with gensim; test_runs.py runs it without")
        for item in items:
            if item.path.suffix == ".ipynb" and item.path.stem[:2] in ("05", "09"):
                item.add_marker(why)
    long = [
        "test_browser.py",
        "test_setup.py",
        "test_runs.py",
        "test_classroom.py",
        "test_bpe.py",
        "test_hostile.py",
    ]
    items.sort(
        key=lambda item: (
            long.index(item.path.name)
            if item.path.name in long
            else len(long) + (item.path.suffix != ".ipynb")
        )
    )


@pytest.fixture(scope="session")
def verdict() -> str:
    """The text of The Verdict, or a skip that says why it is not here."""
    return _book("the-verdict")


@pytest.fixture(scope="session")
def awakening() -> str:
    """The text of The Awakening, or a skip that says why it is not here."""
    return _book("the-awakening")


@pytest.fixture
def tiny(tmp_path):
    """Six words on a circle, in a file of word2vec's binary format at tmp_path / "tiny.bin"."""
    import numpy as np

    from helpers.vectors import keyed_vectors

    turns = np.arange(6)[:, None] / 6 * 2 * np.pi
    rows = np.hstack([np.cos(turns), np.sin(turns)]).astype("f")
    table = keyed_vectors("one two three four five six".split(), rows)
    table.save_word2vec_format(tmp_path / "tiny.bin", binary=True)
    return table


def _book(name: str) -> str:
    from helpers.backstage.downloads import MissingDataError
    from helpers.texts import load_text

    try:
        return load_text(name)
    except MissingDataError as error:
        pytest.skip(f"{name} can't be had here: {error}")
