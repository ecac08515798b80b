"""Files of word vectors, read on numpy alone.

word2vec's two formats (GloVe's and fastText's texts too), plain or packed by gzip, bzip2 or zip;
the arrays of a .npz file; those in a KeyedVectors that gensim saved. A file's bytes say what it
is; where they leave it open, a .bin in its name does. Each reader gives (words, rows): a list of
str, numbers [words, width].
"""

from __future__ import annotations

import bz2
import gzip
import itertools
import os
import zipfile
import zlib
from array import array
from pathlib import Path
from typing import BinaryIO

import numpy as np

from .keyed_files import read_keyed
from .vector_checks import FETCH, SAVE, BadTable, Table, check_table, decode, say

SMALL = "google-news-small"
FULL = "word2vec-google-news-300"
FORMATS = (
    f"{SMALL}, {FULL} or a file: "
    "word2vec (.bin), text, a word and equally many numbers on each line (.txt, .vec), plain or "
    "in a .gz, .bz2 or .zip; gensim's KeyedVectors (.kv); arrays words and vectors (.npz)"
)
CHUNK = 1 << 20  # bytes that are read at once


# Word2vec's formats


def is_number(part: bytes) -> bool:
    """Whether float() reads it."""
    try:
        float(part)
    except ValueError:
        return False
    return True


def count_numbers(line: bytes) -> int:
    """How many numbers stand at the end of a line, after a word."""
    parts = line.split()[1:]
    return len(list(itertools.takewhile(is_number, reversed(parts))))


def read_header(line: bytes) -> tuple[int, int] | None:
    """The numbers of words and dimensions in a first line, if it holds just these two."""
    parts = line.split()
    if len(parts) == 2 and all(part.isdigit() for part in parts):
        return int(parts[0]), int(parts[1])
    return None


def bad_line(at: int, line: bytes, width: int) -> BadTable:
    """The error for a line that is no word with `width` numbers after it."""
    came, parts = count_numbers(line), line.split()
    if len(parts) == width and all(map(is_number, parts)):
        return BadTable(f"line {at:,} has no word before its {width} numbers")
    if came < width and not line.endswith(b"\n"):
        return BadTable(f"it is cut off: its last line has {came} of {width} numbers", FETCH)
    if came == width:
        return BadTable(f"line {at:,} has a tab or a carriage return inside its word")
    return BadTable(f"line {at:,} has {came} numbers where {width} are expected")


def read_text(file: BinaryIO) -> Table:
    """Lines of a word and its numbers; a first line may say how many words and dimensions.

    The last fields of a line are the numbers, so a word may hold blanks, as some of GloVe's do.
    """
    line = file.readline().removeprefix(b"\xef\xbb\xbf")  # a byte order mark
    if line.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in line:
        fault = "its first line isn't UTF-8 text, but UTF-16, or in another format"
        raise BadTable(fault, "If it is text, save it again as UTF-8.")
    header = read_header(line)
    width = header[1] if header else count_numbers(line)
    if not width:
        raise BadTable("it has another format: its first line doesn't end in numbers", SAVE)
    words, numbers, last = [], array("f"), line
    lines = enumerate(file, 2) if header else enumerate(itertools.chain([line], file), 1)
    for at, line in lines:
        fields = line.rsplit(None, width)
        if not fields:
            continue  # a blank line
        word, last = fields[0].strip(), line
        parts = word.split()
        # Where a word of several parts ends in a number, the line has one number too many.
        too_many = len(parts) > 1 and is_number(parts[-1])
        if len(fields) <= width or too_many or b"\t" in word or b"\r" in word:
            raise bad_line(at, line, width)
        try:
            numbers.extend(map(float, fields[1:]))
        except ValueError:
            raise bad_line(at, line, width) from None
        words.append(word)
    check_count(len(words), header)
    texts = decode(words)
    if texts and not last.endswith(b"\n"):
        cut = "the last line has no line end. If the file is cut off, its last number is too short."
        say(texts[-1:], cut)
    return texts, np.frombuffer(numbers, np.float32).reshape(-1, width)


def check_count(came: int, header: tuple[int, int] | None) -> None:
    """BadTable unless there are as many rows as the first line promises, if it does."""
    said = f"its first line promises {header[0]:,} rows, and {came:,} are there" if header else ""
    if header and came < header[0]:
        raise BadTable(f"it is cut off: {said}", FETCH)
    if header and came > header[0]:
        raise BadTable(said)


def read_binary(file: BinaryIO) -> Table:
    """A line "words dimensions", then for each word its bytes, a blank and its float32 numbers."""
    count, width = read_header(file.readline()) or (0, 0)
    if not count or not width:
        raise BadTable("it has another format: its first line is not two whole numbers", SAVE)
    misfit = f"its rows lack the {width} numbers that its first line promises, or one of its words "
    misfit += "holds a blank"
    words, numbers, data = [], bytearray(), b""
    start = 0  # of a word in data
    while len(words) < count:
        end = data.find(b" ", start)
        stop = end + 1 + 4 * width
        if end < 0 or len(data) < stop:
            more = file.read(CHUNK)
            if not more:
                raise BadTable(f"it is cut off: {len(words):,} of {count:,} rows are whole", FETCH)
            data, start = data[start:] + more, 0
            continue
        word = data[start:end].lstrip(b"\n")  # word2vec.c ends each row with a line end
        if not word:
            raise BadTable(f"word number {len(words) + 1:,} is empty, or {misfit}")
        if min(word) < 32:  # a part of a number, taken for a word
            raise BadTable(misfit)
        words.append(word)
        numbers += data[end + 1 : stop]
        start = stop
    if data[start:].strip() or file.read(1):
        raise BadTable(f"{misfit}, or it has more than {count:,} rows")
    rows = np.frombuffer(numbers, "<f4").astype(np.float32, copy=False)
    return decode(words), rows.reshape(-1, width)


def read_arrays(path: Path) -> Table:
    """The arrays `words` and `vectors` of a .npz file."""
    with np.load(path, allow_pickle=False) as file:
        lacking = [name for name in ("words", "vectors") if name not in file]
        if lacking:
            raise BadTable(f"it has no array {lacking[0]}, only {', '.join(file)}", SAVE)
        words, rows = file["words"], file["vectors"]
    if words.ndim != 1:
        raise BadTable(f"its words have the shape {words.shape}")
    return (decode(words.tolist()) if words.dtype.kind == "S" else words.tolist()), rows


# Any of them


def is_binary(start: bytes, named: bool) -> bool:
    """Whether a file with this start is word2vec's binary; `named`: whether it's called .bin."""
    first, _, rest = start.partition(b"\n")
    header = read_header(first)
    if header and count_numbers(rest.partition(b"\n")[0]) == header[1]:
        return False  # its first row is a line of text
    # Nearly every row of numbers in bytes has some that are no characters of a text.
    no_text = any(byte < 32 and byte not in b"\t\n\r" for byte in rest)
    return (named or no_text) if header else (named and no_text)


def read_stream(file: BinaryIO, path: Path, member: str = "") -> Table:
    """The table in an open file that isn't packed, or was unpacked; `member`: its name in a zip."""
    start = file.read(CHUNK)
    file.seek(0)
    if not start:
        raise BadTable("it is cut off: nothing is in it", FETCH)
    if start.startswith(b"\xba\x16\x4f\x2f"):
        advice = "Use the .vec file that fastText writes beside it."
        raise BadTable("it is a whole model of fastText, with parts of words", advice)
    if start[0] == 0x80 and start[1:2] in (b"\2", b"\3", b"\4", b"\5"):  # a pickle's version
        return read_keyed(file, path)
    named = ".bin" in path.suffixes + Path(member).suffixes
    return read_binary(file) if is_binary(start, named) else read_text(file)


def read_zip(file: BinaryIO, path: Path) -> Table:
    """The table in a .zip of one file, or in a .npz, which is a zip of arrays."""
    with zipfile.ZipFile(file) as archive:
        names = [name for name in archive.namelist() if not name.startswith("__MACOSX/")]
        names = [name for name in names if not name.endswith("/")]  # no folders
        if any(name.endswith(".npy") for name in names):
            return read_arrays(path)
        if len(names) != 1:
            fault = f"it is an archive of {len(names)} files ({', '.join(names[:5])})"
            raise BadTable(fault, "Unpack it, and give the path of the one that you want.")
        with archive.open(names[0]) as member:
            return read_stream(member, path, names[0])


def read_any(path: Path) -> Table:
    """The table in a file of any format that is read here, plain or packed."""
    with open(path, "rb") as file:
        start = file.read(10)
        file.seek(0)
        if start.startswith(b"PK\x03\x04"):
            return read_zip(file, path)
        if start.startswith(b"\x1f\x8b"):
            return read_stream(gzip.GzipFile(fileobj=file), path)
        if start.startswith(b"BZh") and start[4:] in (b"1AY&SY", b"\x17rE8P\x90"):
            return read_stream(bz2.BZ2File(file), path)
        return read_stream(file, path)


def read_file(path: Path) -> Table:
    """The checked table in a learner's own file; ValueError in three parts where there is none."""
    path = Path(os.path.expanduser(path))
    try:
        return check_table(*read_any(path))
    except BadTable as error:
        fault, advice = error.fault, error.advice
    except FileNotFoundError:
        fault, advice = "there is no such file", "Look for it, and give its whole path."
    except EOFError as error:
        fault, advice = f"it is cut off: {error}", FETCH
    except (zipfile.BadZipFile, zlib.error, gzip.BadGzipFile) as error:
        fault, advice = f"it is damaged or cut off: {error}", FETCH
    except OSError as error:
        # Without a number it isn't the system's error but bz2's.
        fault = f"it can't be opened: {error}" if error.errno else f"it is damaged: {error}"
        advice = "Check what it is, and who may read it." if error.errno else FETCH
    except Exception as error:  # of a file that is none of these, whatever it is
        fault, advice = f"it has another format: {error}", SAVE
    raise ValueError(
        f"{path} can't be read as word vectors: {fault}.\nExpected: {FORMATS}.\n"
        f"What to do: {advice}"
    ) from None
