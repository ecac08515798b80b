"""Word vectors: a table to ask, analogies and their catch, maps, a toy world (chapter 5)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .backstage import downloads, word_tables
from .backstage.doors import whole_number
from .backstage.gensim_data import gensim_data
from .backstage.keyed_vectors import KeyedVectors, WordVectors, lengths, nearest
from .backstage.vector_checks import check_table
from .backstage.vector_files import read_file
from .backstage.word_checks import (
    MissingWord,  # noqa: F401
    check_flag,
    check_offsets,
    check_questions,
    check_sentences,
    check_vectors,
    check_words,
    nearest_spellings,  # noqa: F401
)
from .backstage.word_tables import FULL, SMALL


class Score(NamedTuple):
    """Of `total` questions `right` were right; `query_word` answers were words of the question."""

    right: int
    total: int
    query_word: int


def _as_table(words: list[str], rows: np.ndarray) -> KeyedVectors:
    """A table around words and rows that have passed the check."""
    table = WordVectors(rows.shape[1])  # empty; gensim's own add_vectors would copy
    table.vectors = rows
    table.index_to_key = words
    table.key_to_index = {word: i for i, word in enumerate(words)}
    table.next_index = len(words)
    return table


def keyed_vectors(words: list[str], rows: np.ndarray) -> KeyedVectors:
    """A table around an array of float32 or float64 (words, dimensions), which isn't copied.

    Raises ValueError unless each word has a row, all equally long and of finite numbers. Of a word
    that occurs twice the first row is kept, and rows of zeros are named. Gives what
    `load_word_vectors` gives.
    """
    return _as_table(*check_table(words, rows))


def load_word_vectors(name: str | Path = SMALL) -> KeyedVectors:
    """A table of word vectors, in their original lengths (a few off by a factor of 2): float32, or
    float64 where a file of your own has that.

    "google-news-small": 31,530 words x 300 of word2vec on Google News (Mikolov et al. 2013),
    26,423 of them most frequent first (but for names at their end), then 5,107 alphabetically.
    "word2vec-google-news-300": all 3,000,000. Both are kept in DOWNLOADS, memory-mapped from
    the second load on. Or a file: word2vec's .bin or .txt (GloVe's and fastText's too), also in
    a .gz, .bz2 or .zip; a .kv that gensim saved; a .npz with the arrays words and vectors.

    The table is a gensim KeyedVectors. Where gensim is missing, it is a small one with the same
    answers: table[word], get_vector(word, norm=True), get_normed_vectors(), similarity,
    most_similar(positive, negative, topn), similar_by_vector, vectors, index_to_key,
    key_to_index, vector_size, len(table), word in table. All functions here take either.

    Raises ValueError if the file holds no such table; MissingDataError if it can't be fetched.
    """
    if not isinstance(name, (str, Path)):
        raise TypeError(
            f"{name!r} was given as a table's name. Expected {SMALL!r}, {FULL!r} or the path of "
            "a file, as a str. Give one of them."
        )
    # Two tables have names; any other name is the path of a file.
    if name == SMALL:
        return _as_table(*word_tables.kept(SMALL, word_tables.join_tables))
    if name == FULL:
        return _as_table(*word_tables.kept(FULL, word_tables.download_full))
    return _as_table(*read_file(Path(name)))


def analogy(
    vectors: KeyedVectors, a: str, b: str, c: str, exclude: bool = True, topn: int = 10
) -> list[tuple[str, float, bool]]:
    """Answers to "a is to b as c is to ?": (word, cosine, whether it is a word of the question).

    The words nearest to b - a + c, all at length 1 (3CosAdd: Mikolov, Yih, Zweig 2013).
    `exclude` leaves out a, b and c, as is usual; Linzen 2016 shows what that hides.
    """
    check_words(vectors, [a, b, c])
    whole_number(topn, "topn", 1)
    check_flag("exclude", exclude)
    # At length 1 all three words weigh the same.
    rows = {word: vectors.get_vector(word, norm=True) for word in (a, b, c)}
    out = [vectors.key_to_index[word] for word in rows] if exclude else []
    found = nearest(vectors, rows[b] - rows[a] + rows[c], topn, out)
    return [(word, cosine, word in rows) for word, cosine in found]


def analogy_questions() -> dict[str, list[list[str]]]:
    """The 19,544 questions of Mikolov et al. 2013 by section, out of gensim's own wheel."""
    text = gensim_data("questions-words.txt").read_text("utf-8")
    questions = {}
    # A section begins with a line ": its name", and then has a question a line.
    for section in text.split(": ")[1:]:
        name, *lines = section.splitlines()
        questions[name] = [line.split() for line in lines]
    return questions


def score_section(vectors: KeyedVectors, questions: list[list[str]], exclude: bool) -> Score:
    """The Score over the questions whose four words all have rows that aren't zeros."""
    number, each = vectors.key_to_index, lengths(vectors)
    mute = np.isinf(each)  # a row of zeros answers nothing, and no question about it is asked
    known = [
        words for words in questions if all(w in number and not mute[number[w]] for w in words)
    ]
    # The questions share few words: one product gives their cosines with all words.
    asked = list({number[word] for words in known for word in words[:3]})
    unit = vectors.vectors / each[:, None]
    cosines = dict(zip(asked, unit[asked] @ unit.T, strict=True))
    right = query_word = 0
    for words in known:
        a, b, c, answer = [number[word] for word in words]
        nearness = cosines[b] - cosines[a] + cosines[c]  # as b - a + c has, but for its length
        nearness[mute] = -np.inf  # below all others
        if exclude:
            nearness[[a, b, c]] = -np.inf
        best = nearness.argmax()
        right += int(best == answer)
        query_word += int(best in (a, b, c))
    return Score(right, len(known), query_word)


def score_analogies(
    vectors: KeyedVectors, exclude: bool = True, sections: list = None, questions: dict = None
) -> dict[str, Score]:
    """A Score by section, and "all", over the questions {section: [[a, b, c, answer], ...]}.

    With `exclude` the same as gensim's evaluate_word_analogies(case_insensitive=False), which asks
    one by one, for a table of up to 300,000 words.
    """
    check_vectors(vectors)
    check_flag("exclude", exclude)
    questions = analogy_questions() if questions is None else questions
    sections = check_questions(questions, sections)
    scores = {}
    for section in sections:
        scores[section] = score_section(vectors, questions[section], exclude)
    totals = [sum(column) for column in zip(*scores.values(), strict=True)] or [0, 0, 0]
    return {**scores, "all": Score(*totals)}


def project(vectors: KeyedVectors, words: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Points (n, 2) of the words on a map, and the shares (2,) of all variance that its axes keep.

    Principal components of the rows at length 1.
    """
    check_words(vectors, words)
    if len(words) < 3 or vectors.vector_size < 2:
        raise ValueError(
            f"Got {len(words)} words in {vectors.vector_size} dimensions. A map needs 3 or more "
            "words in 2 or more dimensions: add some."
        )
    rows = np.array([vectors.get_vector(word, norm=True) for word in words], dtype=np.float64)
    rows -= rows.mean(axis=0)  # the map shows how words differ, not what all have in common
    _, sizes, axes = np.linalg.svd(rows, full_matrices=False)  # the greatest spread first
    if sizes[0] < 1e-6:
        raise ValueError(
            f"The rows of {', '.join(words)} all point the same way. A map shows how words differ: "
            "use some whose rows differ."
        )
    axes = axes[:2]
    # An axis may point either way: let its largest weight be positive.
    for axis in axes:
        if axis[np.abs(axis).argmax()] < 0:
            axis *= -1
    return rows @ axes.T, sizes[:2] ** 2 / (sizes**2).sum()


def offset_cosine(starts: np.ndarray, ends: np.ndarray) -> float:
    """Mean cosine between any two of the n offsets ends - starts: 1 if all are parallel."""
    offsets = check_offsets(starts, ends)
    # A cosine compares directions, so each offset is brought to length 1.
    unit = offsets / np.linalg.norm(offsets, axis=1, keepdims=True)
    n = len(unit)
    # All n x n cosines, less the n of an offset with itself, which are 1.
    return float(((unit @ unit.T).sum() - n) / (n * (n - 1)))


def toy_corpus(seed: int = 0, sentences: int = 3000, analogies: int = 200) -> tuple[list, list]:
    """Sentences (lists of words) about the pairs of data/toy-families.json, and their analogies."""
    whole_number(seed, "seed", 0)
    whole_number(sentences, "sentences", 1)
    whole_number(analogies, "analogies", 1)
    families = json.loads((downloads.DATA / "toy-families.json").read_text("utf-8"))
    pairs, asked = [], []  # of a pair: its two words, its two topics, the patterns to fill
    for family in families.values():
        rows = [row.split() for row in family["pairs"]]
        pairs += [(row, family["patterns"]) for row in rows]
        # Any two pairs of a family make a question: a is to b as c is to d.
        asked += [(*one[:2], *other[:2]) for one in rows for other in rows if one is not other]
    chance = np.random.default_rng(seed)
    text = []
    for pair, side, topic in chance.integers((len(pairs), 2, 2), size=(sentences, 3)):
        # A word of the pair and a topic of the pair; all others depend on the word's side.
        words, patterns = pairs[pair]
        sentence = patterns[side][topic].format(words[side], words[2 + topic])
        text.append(sentence.split())
    chosen = chance.permutation(len(asked))[:analogies]
    return text, [asked[i] for i in chosen]


def count_contexts(sentences: list[list[str]]) -> tuple[list[str], np.ndarray]:
    """The words alphabetically, and how often any two stand in one sentence: (words, words)."""
    check_sentences(sentences)
    words = sorted({word for sentence in sentences for word in sentence})
    number = {word: i for i, word in enumerate(words)}  # its row and column
    times = np.zeros((len(sentences), len(words)))  # a word stands in a sentence
    for line, sentence in zip(times, sentences, strict=True):
        for word in sentence:
            line[number[word]] += 1
    # Each place of one word meets each place of the other, but no place is its own context.
    return words, times.T @ times - np.diag(times.sum(axis=0))
