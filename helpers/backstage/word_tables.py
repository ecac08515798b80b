"""Tables of word vectors as files: joined out of two, fetched whole, or the learner's own.

Each function gives a table as (words, rows): a list of str and float32 [words, dimensions].
"""

from __future__ import annotations

import gzip
import json
import pickle
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import gensim.downloader as store
import numpy as np
from gensim.models import KeyedVectors

from . import downloads

SMALL = "google-news-small"
FULL = "word2vec-google-news-300"
# All that the pickled table may name; gensim's two classes become plain objects without methods.
ADMITTED = {
    ("gensim.models.keyedvectors", "Word2VecKeyedVectors"): SimpleNamespace,
    ("gensim.models.keyedvectors", "Vocab"): SimpleNamespace,
    ("numpy.core.multiarray", "_reconstruct"): np.zeros(1).__reduce__()[0],
    ("numpy.core.multiarray", "scalar"): np.float32(0).__reduce__()[0],
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
}
Table = tuple[list[str], np.ndarray]


class TableUnpickler(pickle.Unpickler):
    """Reads a pickle that names nothing but ADMITTED, so that no code of others can run."""

    def find_class(self, module: str, name: str):
        if (module, name) not in ADMITTED:
            raise pickle.UnpicklingError(f"the file names {module}.{name}, which is not admitted")
        return ADMITTED[module, name]


def kept(name: str, build: Callable[[], Table]) -> Table:
    """The table that `build` makes, kept as two files in DOWNLOADS, memory-mapped from then on."""
    folder = downloads.DOWNLOADS / name
    with suppress(OSError, ValueError, EOFError):  # not there yet, or damaged: then made anew
        words = json.loads((folder / "words.json").read_text("utf-8"))
        rows = np.load(folder / "vectors.npy", mmap_mode="r")
        if len(words) == len(rows):
            return words, np.asarray(rows)
    words, rows = build()
    with suppress(OSError):  # no room to keep it, or another kernel was faster: nothing is lost
        shutil.rmtree(folder, ignore_errors=True)
        with downloads.workspace(rows.nbytes) as beside:
            new = Path(beside, "table")
            new.mkdir()
            (new / "words.json").write_text(json.dumps(words), "utf-8")
            np.save(new / "vectors.npy", rows)
            new.rename(folder)
    return words, rows


def two_tables() -> tuple[KeyedVectors, dict[str, np.ndarray]]:
    """26,423 words at length 1, and 13,013 words with rows in their original lengths."""
    path = downloads.fetch("google-news-bolukbasi.bin")
    unit = KeyedVectors.load_word2vec_format(path, binary=True)
    with open(downloads.fetch("google-news-lengths.kv"), "rb") as file:
        table = TableUnpickler(file).load()
    words = [str(word) for word in table.index2word]
    return unit, dict(zip(words, table.vectors, strict=True))


def join_tables() -> Table:
    """The small table: all words of the two that are fetched, in their original lengths."""
    unit, originals = two_tables()
    words = unit.index_to_key
    known = [i for i, word in enumerate(words) if word in originals]
    rows = original_rows(unit.vectors, known, np.array([originals[words[i]] for i in known]))
    more = [word for word in originals if word not in unit.key_to_index]
    return words + more, np.concatenate([rows, [originals[word] for word in more]])


def original_rows(unit: np.ndarray, known: list[int], originals: np.ndarray) -> np.ndarray:
    """Rows of length 1 back in their original lengths; of the rows `known` the originals are given.

    The originals are bfloat16: 8 significant bits. A row's largest number had one of 128
    significands, and only one of these brings the other numbers onto that grid too. The power
    of 2 comes from a linear fit: left out of it, 5 of 7,906 known rows got a wrong one.
    """
    largest = -np.sort(-np.abs(unit.astype(np.float64)), axis=1)[:, :24]
    least, length = np.full(len(unit), np.inf), np.zeros(len(unit))
    for significand in downloads.progress(range(128, 256), desc="Recovering lengths"):
        scale = significand / largest[:, 0]
        bits = np.frexp(largest * scale[:, None])[0] * 256
        miss = np.abs(bits - np.rint(bits)).max(axis=1)  # of the number that fits worst
        better = miss < least
        least[better], length[better] = miss[better], scale[better]
    # Frequent words are short, so the fit is to a row's numbers and its place in the table.
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
    """All words of the full table by gensim's downloader, after a look at the free disk."""
    store.logger.setLevel("CRITICAL")  # else its traceback comes before our message
    temporary = tempfile.gettempdir()
    for place, need in ((temporary, 1.8), (store.BASE_DIR, 1.8), (downloads.DOWNLOADS, 5.6)):
        Path(place).mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(place).free / 1e9
        if free < need:
            raise OSError(
                f"{place} has {free:.1f} GB free. {FULL} needs {need} GB there. Let TMPDIR, "
                "GENSIM_DATA_DIR and COURSE_DOWNLOADS name folders on a larger disk, or use "
                f"load_word_vectors({SMALL!r})."
            )
    folder = Path(store.BASE_DIR, FULL)
    shutil.rmtree(f"{folder}_tmp", ignore_errors=True)  # left by a broken try
    try:
        with tempfile.TemporaryDirectory() as scratch:
            tempfile.tempdir = scratch  # gensim leaves parts in the folder for temporary files
            path = store.load(FULL, return_path=True)
        table = KeyedVectors.load_word2vec_format(path, binary=True)
    except Exception as error:  # gensim raises bare Exceptions too
        raise downloads.MissingDataError(
            f"{FULL} could not be had: {error}.\nExpected: 1.66 GB, fetched by gensim.downloader "
            f"to {folder}.\nWhat to do: with a network, delete that folder if it is there and try "
            f"again. Without one, use load_word_vectors({SMALL!r})."
        ) from error
    finally:
        tempfile.tempdir = temporary
    return table.index_to_key, table.vectors


class UnevenRows(ValueError):
    """Rows that are not all equally long."""


def unreadable(path: Path, fault: object, advice: str) -> ValueError:
    """The error for a file that holds no table: what is wrong with it, and what to do."""
    return ValueError(
        f"{path} can't be read as word vectors: {fault}.\nExpected: {SMALL}, {FULL} or a file: "
        "word2vec (.bin), text with a word and equally many numbers a line (.txt), or arrays words "
        f"and vectors (.npz).\nWhat to do: {advice}"
    )


def read_file(path: Path) -> Table:
    """The table in a learner's own file: word2vec's .bin, .txt (GloVe too) or .npz."""
    try:
        if path.stat().st_size == 0:
            raise EOFError("nothing is in it")
        if path.suffix == ".npz":
            return read_arrays(path)
        binary = path.name.endswith((".bin", ".bin.gz"))
        header = check_binary(path) if binary else check_text(path)
        table = KeyedVectors.load_word2vec_format(path, binary=binary, no_header=not header)
        return table.index_to_key, table.vectors
    except FileNotFoundError as error:
        advice = "Look for it, and give its whole path."
        raise unreadable(path, "there is no such file", advice) from error
    except UnevenRows as error:
        advice = "Mend the file, or have it written anew: all rows must be equally long."
        raise unreadable(path, error, advice) from error
    except (EOFError, zipfile.BadZipFile, zlib.error) as error:
        advice = "Fetch or copy it once more."
        raise unreadable(path, f"it is cut off: {error}", advice) from error
    except Exception as error:
        advice = "Save it in one of these formats."
        raise unreadable(path, f"it has another format: {error}", advice) from error


def read_arrays(path: Path) -> Table:
    """The arrays `words` and `vectors` of a .npz file."""
    with np.load(path, allow_pickle=False) as file:
        words = file["words"].tolist()
        rows = file["vectors"].astype(np.float32)
    different = len(set(words))
    if rows.ndim != 2 or not different == len(words) == len(rows):
        raise UnevenRows(f"it has {different} different words, and vectors of shape {rows.shape}")
    return words, rows


def check_binary(path: Path) -> bool:
    """Raise unless the first rows are as long as the first line says: gensim may not notice."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rb") as file:
        numbers = int(file.readline().split()[1])
        some = file.read(20 * (4 * numbers + 50))
    start = 0
    while b" " in some[start:]:
        end = some.index(b" ", start)
        # Where rows are longer or shorter, a part of a number is taken for a word.
        word = some[start:end].strip(b"\n")
        if not word or min(word) < 32:
            promised = f"the {numbers} numbers that its first line promises"
            raise UnevenRows(f"its rows have not {promised}")
        start = end + 1 + 4 * numbers
    return True


def check_text(path: Path) -> bool:
    """Whether a first line "rows numbers" is there; raise unless all rows are, and equally long.

    gensim would take a row with a single number for many equal ones.
    """
    with open(path, "rb") as file:
        first = file.readline().split()
        if not first:
            raise EOFError("nothing is in it")
        has_header = len(first) == 2
        numbers = int(first[1]) if has_header else len(first) - 1
        at = 1
        for at, line in enumerate(file, 2):
            came = len(line.split()) - 1
            if came < numbers and not line.endswith(b"\n"):
                raise EOFError(f"its last line has {came} of {numbers} numbers")
            if came != numbers:
                raise UnevenRows(f"line {at:,} has {came} numbers where {numbers} are expected")
    if has_header and at - 1 != int(first[0]):
        raise EOFError(f"its first line promises {int(first[0]):,} rows, and {at - 1:,} are there")
    return has_header
