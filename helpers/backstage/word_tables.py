"""The tables of word vectors that the course knows by name: joined from two files, or fetched.

Each function gives a table as (words, rows): a list of str and float32 [words, dimensions].
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from ..progress import progress
from . import downloads
from .keyed_vectors import measure
from .vector_checks import Table, check_table
from .vector_files import FULL, SMALL, read_file

SHAPES = {SMALL: (31_530, 300), FULL: (3_000_000, 300)}


def is_sound(name: str, words: list[str], rows: np.ndarray) -> bool:
    """Whether these are as many different words and rows as the table has, each with a length."""
    if rows.shape != SHAPES[name] or rows.dtype != np.float32:
        return False
    different = {word for word in words if isinstance(word, str)}
    each = measure(rows)  # nan where a row is; 0 where a disk has lost what was written
    return len(words) == len(different) == len(rows) and bool(((each > 0) & (each < np.inf)).all())


def kept(name: str, build: Callable[[], Table]) -> Table:
    """The table that `build` makes, kept as two files in DOWNLOADS, memory-mapped from then on."""
    folder = downloads.DOWNLOADS / name
    with suppress(Exception):  # not there yet, or damaged in whatever way: then made anew
        words = json.loads((folder / "words.json").read_text("utf-8"))
        rows = np.load(folder / "vectors.npy", mmap_mode="r")
        if is_sound(name, words, rows):
            return words, np.asarray(rows)
    words, rows = check_table(*build())
    with suppress(OSError):  # no room to keep it, or another kernel was faster: nothing is lost
        shutil.rmtree(folder, ignore_errors=True)
        with downloads.workspace(rows.nbytes) as beside:
            new = Path(beside, "table")
            new.mkdir()
            (new / "words.json").write_text(json.dumps(words), "utf-8")
            np.save(new / "vectors.npy", rows)
            new.rename(folder)
    return words, rows


def two_tables() -> tuple[Table, dict[str, np.ndarray]]:
    """26,423 words at length 1, and 13,013 words with rows in their original lengths."""
    unit = read_file(downloads.fetch("google-news-bolukbasi.bin"))
    words, rows = read_file(downloads.fetch("google-news-lengths.kv"))
    return unit, dict(zip(words, rows, strict=True))


def join_tables() -> Table:
    """The small table: all words of the two that are fetched, in their original lengths."""
    (words, unit), originals = two_tables()
    known = [i for i, word in enumerate(words) if word in originals]
    rows = original_rows(unit, known, np.array([originals[words[i]] for i in known]))
    there = set(words)
    more = [word for word in originals if word not in there]
    return words + more, np.concatenate([rows, [originals[word] for word in more]])


def original_rows(unit: np.ndarray, known: list[int], originals: np.ndarray) -> np.ndarray:
    """Rows of length 1 back in their original lengths; of the rows `known` the originals are given.

    The originals are bfloat16: 8 significant bits. A row's largest number had one of 128
    significands, and only one of these brings the other numbers onto that grid too. The power
    of 2 comes from a linear fit: left out of it, 5 of 7,906 known rows got a wrong one.
    """
    largest = -np.sort(-np.abs(unit.astype(np.float64)), axis=1)[:, :24]
    least, length = np.full(len(unit), np.inf), np.zeros(len(unit))
    for significand in progress(range(128, 256), desc="Recovering lengths"):
        scale = significand / largest[:, 0]
        bits = np.frexp(largest * scale[:, None])[0] * 256
        miss = np.abs(bits - np.rint(bits)).max(axis=1)  # of the number that fits worst
        better = miss < least
        least[better], length[better] = miss[better], scale[better]
    # Frequent words have short rows, so the fit is to a row's numbers and its place in the table.
    facts = np.c_[np.ones(len(unit)), np.log(np.arange(len(unit)) + 10), unit]
    known_lengths = np.linalg.norm(originals, axis=1)
    fit = np.linalg.lstsq(facts[known], np.log2(known_lengths), rcond=None)[0]
    length *= 2.0 ** np.rint(facts @ fit - np.log2(length))
    # Rounded to bfloat16, the upper half of a float32.
    bits = (unit * length[:, None]).astype(np.float32).view(np.uint32)
    rows = ((bits + 0x8000) & 0xFFFF0000).view(np.float32)
    rows[known] = originals
    return rows


def download_full() -> Table:
    """All words of the full table by gensim's downloader, after a look at the free disk space."""
    try:
        import gensim.downloader as store
    except ImportError as error:
        raise downloads.MissingDataError(
            f"{FULL} can't be fetched: {error}.\nExpected: gensim, whose downloader fetches it.\n"
            f"What to do: install gensim, or use load_word_vectors({SMALL!r})."
        ) from None
    store.logger.setLevel("CRITICAL")  # else its traceback comes before our message
    temporary = tempfile.gettempdir()
    for place, need in ((temporary, 1.8), (store.BASE_DIR, 1.8), (downloads.DOWNLOADS, 5.6)):
        Path(place).mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(place).free / 1e9
        if free < need:
            raise OSError(
                f"{place} has {free:.1f} GB free. {FULL} needs {need} GB there. Set TMPDIR, "
                "GENSIM_DATA_DIR and COURSE_DOWNLOADS to folders on a larger disk, or use "
                f"load_word_vectors({SMALL!r})."
            )
    folder = Path(store.BASE_DIR, FULL)
    shutil.rmtree(f"{folder}_tmp", ignore_errors=True)  # left by a broken try
    try:
        with tempfile.TemporaryDirectory() as scratch:
            tempfile.tempdir = scratch  # gensim leaves parts in the folder for temporary files
            path = store.load(FULL, return_path=True)
        return read_file(Path(path))
    except Exception as error:  # gensim raises bare Exceptions too
        raise downloads.MissingDataError(
            f"{FULL} can't be fetched: {error}.\nExpected: 1.66 GB, fetched by gensim.downloader "
            f"to {folder}.\nWhat to do: with a network, delete that folder if it is there and try "
            f"again. Without one, use load_word_vectors({SMALL!r})."
        ) from error
    finally:
        tempfile.tempdir = temporary
