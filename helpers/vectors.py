"""Word vectors: tables to ask, analogies and their catch, maps, a corpus to train one's own (chapter 5)."""
from __future__ import annotations

import difflib
import gzip
import json
import pickle
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import gensim.downloader as store
import numpy as np
from gensim.models import KeyedVectors

from .backstage import downloads

SMALL, FULL = "google-news-small", "word2vec-google-news-300"
# All that the pickled table may name; gensim's two classes become plain objects without methods.
ADMITTED = {("gensim.models.keyedvectors", "Word2VecKeyedVectors"): SimpleNamespace,
            ("gensim.models.keyedvectors", "Vocab"): SimpleNamespace,
            ("numpy.core.multiarray", "_reconstruct"): np.zeros(1).__reduce__()[0],
            ("numpy.core.multiarray", "scalar"): np.float32(0).__reduce__()[0],
            ("numpy", "ndarray"): np.ndarray, ("numpy", "dtype"): np.dtype}


class Score(NamedTuple):
    """Of `total` questions `right` were right; `query_word` answers were words of the question."""
    right: int
    total: int
    query_word: int


class UnknownWord(KeyError):
    """A word that the table does not hold; the message names the nearest spellings."""
    __str__ = Exception.__str__     # KeyError would show the message in quotes


class _TableUnpickler(pickle.Unpickler):
    def find_class(self, module, name):
        if (module, name) not in ADMITTED:
            raise pickle.UnpicklingError(f"the file names {module}.{name}, which is not admitted")
        return ADMITTED[module, name]


def keyed_vectors(words: list[str], rows: np.ndarray) -> KeyedVectors:
    """A gensim KeyedVectors around an array of shape (words, dimensions), which isn't copied."""
    table = KeyedVectors(rows.shape[1])
    table.index_to_key, table.vectors, table.next_index = list(words), rows, len(words)
    table.key_to_index = {word: i for i, word in enumerate(words)}
    return table


def load_word_vectors(name: str | Path = SMALL) -> KeyedVectors:
    """A table of float32 word vectors, in their original lengths, as a gensim KeyedVectors.

    "google-news-small": 31,530 words x 300 of word2vec on Google News (Mikolov et al. 2013): 26,423, most frequent
    first (but for names at their end), then 5,107 by alphabet. "word2vec-google-news-300": all 3,000,000. Both are kept
    in DOWNLOADS, memory-mapped from the second load on. Or a file: word2vec .bin, .txt (GloVe too), .npz.
    """
    if name not in (SMALL, FULL):
        return _load_file(Path(name))
    folder = downloads.DOWNLOADS / name
    with suppress(OSError, ValueError, EOFError):     # not there yet, or damaged: then it is made anew
        words = json.loads((folder / "words.json").read_text("utf-8"))
        rows = np.load(folder / "vectors.npy", mmap_mode="r")
        if len(words) == len(rows):
            return keyed_vectors(words, np.asarray(rows))
    words, rows = _join_tables() if name == SMALL else _download_full()
    with suppress(OSError):     # no room to keep it, or another kernel was faster: nothing is lost
        shutil.rmtree(folder, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=downloads.TEMPORARY, dir=folder.parent) as beside:
            (new := Path(beside, "table")).mkdir()
            (new / "words.json").write_text(json.dumps(words), "utf-8")
            np.save(new / "vectors.npy", rows)
            new.rename(folder)
    return keyed_vectors(words, rows)


def _join_tables() -> tuple[list[str], np.ndarray]:
    unit = KeyedVectors.load_word2vec_format(downloads.fetch("google-news-bolukbasi.bin"), binary=True)
    with open(downloads.fetch("google-news-lengths.kv"), "rb") as file:
        table = _TableUnpickler(file).load()
    full = dict(zip(map(str, table.index2word), table.vectors, strict=True))
    known = [i for i, word in enumerate(unit.index_to_key) if word in full]
    more = [word for word in full if word not in unit.key_to_index]
    rows = original_rows(unit.vectors, known, np.array([full[unit.index_to_key[i]] for i in known]))
    return unit.index_to_key + more, np.concatenate([rows, [full[word] for word in more]])


def original_rows(unit: np.ndarray, known: list[int], originals: np.ndarray) -> np.ndarray:
    """Rows of length 1 back in their original lengths; of the rows `known` the `originals` are given.

    The originals are bfloat16: 8 significant bits. A row's largest number had one of 128 significands, and only one
    of these brings the other numbers onto that grid too. The power of 2 comes from a linear fit of the known lengths
    to the rows and their place in the table: left out of the fit, 5 of 7,906 got a wrong one.
    """
    most = -np.sort(-np.abs(unit.astype(np.float64)), axis=1)[:, :24]
    best, length = np.full(len(unit), np.inf), np.zeros(len(unit))
    for significand in downloads.progress(range(128, 256), desc="Recovering lengths"):
        scale = significand / most[:, 0]
        bits = np.frexp(most * scale[:, None])[0] * 256
        miss = np.abs(bits - np.rint(bits)).max(axis=1)
        best, length = np.where(miss < best, (miss, scale), (best, length))
    facts = np.c_[np.ones(len(unit)), np.log(np.arange(len(unit)) + 10), unit]
    fit = np.linalg.lstsq(facts[known], np.log2(np.linalg.norm(originals, axis=1)), rcond=None)[0]
    length *= 2.0 ** np.rint(facts @ fit - np.log2(length))
    rows = (unit * length[:, None]).astype(np.float32).view(np.uint32)
    rows = ((rows + 0x8000) & 0xFFFF0000).view(np.float32)     # rounded to bfloat16
    rows[known] = originals
    return rows


@contextmanager
def _temporary_files_in(folder: str) -> Iterator[None]:
    before, tempfile.tempdir = tempfile.tempdir, folder
    try:
        yield
    finally:
        tempfile.tempdir = before


def _download_full() -> tuple[list[str], np.ndarray]:
    """All words of the full table by gensim's downloader, after a look at the free disk."""
    store.logger.setLevel("CRITICAL")     # else its traceback comes before our message
    for place, need in ((tempfile.gettempdir(), 1.8), (store.BASE_DIR, 1.8), (downloads.DOWNLOADS, 5.6)):
        Path(place).mkdir(parents=True, exist_ok=True)
        if (free := shutil.disk_usage(place).free / 1e9) < need:
            raise OSError(f"{place} has {free:.1f} GB free. {FULL} needs {need} GB there. Let TMPDIR, GENSIM_DATA_DIR "
                          f"and COURSE_DOWNLOADS name folders on a larger disk, or use load_word_vectors({SMALL!r}).")
    shutil.rmtree(Path(store.BASE_DIR, FULL + "_tmp"), ignore_errors=True)     # left by a broken try
    try:
        with tempfile.TemporaryDirectory() as scratch, _temporary_files_in(scratch):     # gensim leaves parts there
            path = store.load(FULL, return_path=True)
        table = KeyedVectors.load_word2vec_format(path, binary=True)
    except Exception as error:     # gensim raises bare Exceptions too
        raise downloads.MissingDataError(
            f"{FULL} could not be had: {error}.\nExpected: 1.66 GB, fetched by gensim.downloader to "
            f"{Path(store.BASE_DIR, FULL)}.\nWhat to do: with a network, delete that folder if it is there and try "
            f"again. Without one, use load_word_vectors({SMALL!r}).") from error
    return table.index_to_key, table.vectors


class _Uneven(ValueError):
    """Rows that are not all equally long."""


def _load_file(path: Path) -> KeyedVectors:     # of the learner's own
    try:
        if path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as file:
                words, rows = file["words"].tolist(), file["vectors"].astype(np.float32)
            if rows.ndim != 2 or not len(words) == len(set(words)) == len(rows):
                raise _Uneven(f"it has {len(set(words))} different words, and vectors of shape {rows.shape}")
            return keyed_vectors(words, rows)
        if path.name.endswith((".bin", ".bin.gz")):
            _check_binary(path)
            return KeyedVectors.load_word2vec_format(path, binary=True)
        return KeyedVectors.load_word2vec_format(path, no_header=not _check_text(path))
    except FileNotFoundError as error:
        cause, fault, advice = error, "there is no such file", "Look for it, and give its whole path."
    except _Uneven as error:
        cause, fault, advice = error, error, "Mend the file, or have it written anew: all rows must be equally long."
    except (EOFError, zipfile.BadZipFile, zlib.error) as error:
        cause, fault, advice = error, f"it is cut off: {error}", "Fetch or copy it once more."
    except Exception as error:
        cause, fault, advice = error, f"it has another format: {error}", "Save it in one of these formats."
    raise ValueError(f"{path} can't be read as word vectors: {fault}.\nExpected: {SMALL}, {FULL} or a file: word2vec "
                     "(.bin), text with a word and equally many numbers a line (.txt), or arrays words and vectors "
                     f"(.npz).\nWhat to do: {advice}") from cause


def _check_binary(path: Path) -> None:
    """Raise unless the first rows of a word2vec file are as long as its first line says: gensim may not notice."""
    with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
        if not (first := file.readline()):
            raise EOFError("nothing is in it")
        numbers = int(first.split()[1])
        start, rows = 0, file.read(20 * (4 * numbers + 50))
    while (end := rows.find(b" ", start)) >= 0:
        try:
            word = rows[start:end].decode().strip("\n")
        except UnicodeDecodeError:
            word = ""
        if not word.isprintable() or not word:
            raise _Uneven(f"its rows have not the {numbers} numbers that its first line promises")
        start = end + 1 + 4 * numbers


def _check_text(path: Path) -> bool:
    """Whether a text file has a first line "rows numbers". Raise unless all rows are there and equally long.

    A row with a single number would be taken for many equal ones.
    """
    with open(path, "rb") as file:
        if not (first := file.readline().split()):
            raise EOFError("nothing is in it")
        header = len(first) == 2
        numbers, at = (int(first[1]) if header else len(first) - 1), 1
        for at, line in enumerate(file, 2):
            if (came := len(line.split()) - 1) != numbers:
                if not line.endswith(b"\n") and came < numbers:
                    raise EOFError(f"its last line has {came} of {numbers} numbers")
                raise _Uneven(f"line {at:,} has {came} numbers where {numbers} are expected")
    if header and at - 1 != int(first[0]):
        raise EOFError(f"its first line promises {int(first[0]):,} rows, and {at - 1:,} are there")
    return header


def nearest_spellings(vectors: KeyedVectors, word: str, n: int = 5) -> list[str]:
    """Words of the table (of its first 50,000) that are spelled most like `word`, best first."""
    word = word.strip().replace(" ", "_")
    words = [known for known in vectors.index_to_key[:50_000] if abs(len(known) - len(word)) < 3]
    same = [known for known in words if known.lower() == word.lower()]
    if not words:
        return []
    # Letters in common are counted for all at once; only where these could suffice does difflib look at their order.
    rows = np.array(words, dtype=str).view(np.uint32).reshape(len(words), -1)
    shared = sum(np.minimum((rows == ord(char)).sum(axis=1), word.count(char)) for char in set(word))
    most = 2 * shared / (np.array([*map(len, words)]) + len(word))
    likely, best, matcher = np.flatnonzero(most >= 0.6), [], difflib.SequenceMatcher(b=word)
    for place in likely[np.argsort(-most[likely], kind="stable")]:
        if len(best) >= n and most[place] < best[n - 1][0]:
            break
        matcher.set_seq1(words[place])
        best = sorted([*best, (matcher.ratio(), words[place])], reverse=True)[:n]
    return list(dict.fromkeys(same + [known for ratio, known in best if ratio >= 0.6]))[:n]


def check_words(vectors: KeyedVectors, words: list[str]) -> None:
    """Raise a message unless every word is in the table, none empty and none there twice."""
    for word in words:
        if not word.strip():
            raise ValueError(f"One of {list(words)} is empty. Each must be a word: fill it in.")
        if list(words).count(word) > 1:
            raise ValueError(f"{word!r} is there twice in {list(words)}. All must differ: change one.")
        if word not in vectors.key_to_index:
            near = ", ".join(nearest_spellings(vectors, word)) or "none"
            raise UnknownWord(f"{word!r} is not among the {len(vectors):,} words of this table. Capitals count, and "
                              f"phrases are joined by _. Use another word; spelled alike: {near}.")


def analogy(vectors: KeyedVectors, a: str, b: str, c: str, exclude: bool = True, topn: int = 10) -> list[tuple]:
    """Answers to "a is to b as c is to ?": (word, cosine, whether it is a word of the question).

    The words nearest to b - a + c, all at length 1 (Mikolov, Yih, Zweig 2013; 3CosAdd in Levy and Goldberg 2014).
    `exclude` leaves out a, b and c, as is usual; Linzen 2016 shows what that hides.
    """
    check_words(vectors, [a, b, c])
    start, end, other = [word if exclude else vectors.get_vector(word, norm=True) for word in (a, b, c)]
    found = vectors.most_similar(positive=[end, other], negative=[start], topn=topn)
    return [(word, float(cosine), word in (a, b, c)) for word, cosine in found]


def analogy_questions() -> dict[str, list]:
    """The 19,544 questions of Mikolov et al. 2013 by section, out of gensim's own wheel."""
    from gensim.test.utils import datapath  # its import takes longer than all else here

    parts = Path(datapath("questions-words.txt")).read_text("utf-8").split(": ")[1:]
    return {name: [line.split() for line in lines] for name, *lines in map(str.splitlines, parts)}


def score_analogies(vectors: KeyedVectors, exclude: bool = True, sections: list[str] | None = None,
                    questions: dict[str, list] | None = None) -> dict[str, Score]:
    """A Score by section, and "all", over the questions [a, b, c, answer] whose four words the table holds.

    One matrix product a section; else as gensim's evaluate_word_analogies(case_insensitive=False) does one by one.
    """
    questions = questions or analogy_questions()
    unit, number, scores = vectors.get_normed_vectors(), vectors.key_to_index, {}
    for section in sections or questions:
        asked = [[number[w] for w in question] for question in questions[section] if number.keys() >= set(question)]
        ids, best = np.array(asked, dtype=int).reshape(-1, 4), np.zeros(len(asked), dtype=int)
        used, places = np.unique(ids[:, :3], return_inverse=True)     # few words, in many questions
        near, places = unit[used] @ unit.T, places.reshape(-1, 3)
        for at in range(0, len(ids), 16):     # more at once no longer fit the processor's cache
            a, b, c = places[at:at + 16].T
            cosines = near[b] - near[a] + near[c]     # but for one factor a question
            if exclude:
                np.put_along_axis(cosines, ids[at:at + 16, :3], -np.inf, axis=1)
            best[at:at + 16] = cosines.argmax(axis=1)
        hits = best[:, None] == ids
        scores[section] = Score(int(hits[:, 3].sum()), len(ids), int(hits[:, :3].any(axis=1).sum()))
    return {**scores, "all": Score(*map(sum, zip(*scores.values(), strict=True)))}


def project(vectors: KeyedVectors, words: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Points (n, 2) of the words on a map, and the shares (2,) of all variance that its axes keep.

    Principal components of the rows at length 1. An axis may point either way: here its largest weight is positive.
    """
    check_words(vectors, words)
    if len(words) < 3:
        raise ValueError(f"{len(words)} words came. A map needs 3 or more: add some.")
    rows = np.array([vectors.get_vector(word, norm=True) for word in words], dtype=np.float64)
    rows -= rows.mean(axis=0)
    _, sizes, axes = np.linalg.svd(rows, full_matrices=False)
    axes = np.array([axis * np.sign(axis[np.abs(axis).argmax()]) for axis in axes[:2]])
    return rows @ axes.T, sizes[:2] ** 2 / (sizes**2).sum()


def offset_cosine(starts: np.ndarray, ends: np.ndarray) -> float:
    """Mean cosine between the offsets ends - starts, (n, dimensions), of all pairs: 1 if all are parallel."""
    unit = (ends - starts) / np.linalg.norm(ends - starts, axis=1, keepdims=True)
    return float(((unit @ unit.T).sum() - len(unit)) / (len(unit) * (len(unit) - 1)))


def toy_corpus(seed: int = 0, sentences: int = 3000, analogies: int = 200) -> tuple[list, list]:
    """Sentences (lists of words) about the pairs of data/toy-families.json, and analogies between these pairs.

    A sentence joins a word of one pair and a topic of this pair; its other words depend on the word's side.
    """
    families = json.loads((downloads.DATA / "toy-families.json").read_text("utf-8"))
    pairs = [(row.split(), family["patterns"]) for family in families.values() for row in family["pairs"]]
    chance, text = np.random.default_rng(seed), []
    for pair, side, topic in chance.integers((len(pairs), 2, 2), size=(sentences, 3)):
        words, patterns = pairs[pair]
        text.append(patterns[side][topic].format(words[side], words[2 + topic]).split())
    asked = [(*a[:2], *b[:2]) for a, one in pairs for b, other in pairs if one is other and a is not b]
    return text, [asked[i] for i in chance.permutation(len(asked))[:analogies]]


def count_contexts(sentences: list[list[str]]) -> tuple[list[str], np.ndarray]:
    """The words in alphabetical order, and how often each two stand in one sentence: (words, words)."""
    words = sorted({word for sentence in sentences for word in sentence})
    number, times = {word: i for i, word in enumerate(words)}, np.zeros((len(sentences), len(words)))
    for i, sentence in enumerate(sentences):
        np.add.at(times[i], [number[word] for word in sentence], 1)
    return words, times.T @ times - np.diag(times.sum(axis=0))     # no place is its own context


def train_skipgram_exact(counts: np.ndarray, dim: int = 50, steps: tuple = (0, 5, 20, 50, 200), seed: int = 0) -> dict:
    """Skip-gram from counts of context words (words, words): {step: vectors (words, dim)} for the chosen steps.

    The loss of Mikolov et al. 2013 before their shortcuts: how surprising the context words of each word are.
    """
    import torch
    threads = torch.get_num_threads()
    torch.set_num_threads(1)     # for matrices this small more only get in each other's way
    counts, chance, kept = torch.as_tensor(counts).float(), torch.Generator().manual_seed(seed), {}
    word, context = (0.3 * torch.randn(2, len(counts), dim, generator=chance)).unbind()
    adam = torch.optim.Adam([word.requires_grad_(), context.requires_grad_()], lr=0.05)
    for step in range(max(steps) + 1):
        if step in steps:
            kept[step] = word.detach().numpy().copy()
        loss = -(counts * (word @ context.T).log_softmax(dim=1)).sum() / counts.sum()
        adam.zero_grad()
        loss.backward()
        adam.step()
    torch.set_num_threads(threads)
    return kept
