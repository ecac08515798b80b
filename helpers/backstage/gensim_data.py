"""The data that lies in gensim's own package: questions, news, articles of Wikipedia."""

from importlib.util import find_spec
from pathlib import Path

from .downloads import FILES, MissingDataError, fetch

USED = ("questions-words.txt", "wordsim353.tsv", "lee_background.cor")  # by chapters 5 and 9


def gensim_data(name: str) -> Path:
    """The path of a file of gensim's test data; gensim itself is not imported.

    Where gensim is not installed, a file that data/files.json lists is fetched, out of gensim's
    wheel. Raises MissingDataError for what is unavailable.
    """
    found = find_spec("gensim")
    path = Path(found.origin).parent / "test" / "test_data" / name if found else None
    if path and path.exists():
        return path
    if name in FILES:
        return fetch(name)
    raise MissingDataError(
        f"{name} can't be fetched: it is in the package gensim, which is not installed here.\n"
        "Expected: gensim, which has no build for the newest Python yet.\n"
        "What to do: install gensim, on a Python that it has a build for, or go on without this."
    )
