"""The checks at the doors of chapter 5: what came, what was expected, what to do."""

from __future__ import annotations

import difflib
import math
from numbers import Real

import numpy as np

from .doors import whole_number
from .keyed_vectors import KeyedVectors, check_direction


class MissingWord(KeyError):
    """A word that the table does not hold; the message names the nearest spellings."""

    __str__ = Exception.__str__  # KeyError would show the message in quotes


def check_positive(name: str, value: float) -> None:
    """Raise an error unless a value is a number above 0."""
    if not isinstance(value, Real) or isinstance(value, bool) or not 0 < value < math.inf:
        raise ValueError(
            f"{name} is {value!r}. Expected a number above 0. Give one, without quotes."
        )


def check_flag(name: str, value: bool) -> None:
    """Raise an error unless a value is True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} is {value!r}. Expected True or False. Give one of them.")


def check_vectors(vectors: KeyedVectors) -> None:
    """Raise an error unless this is a table of word vectors."""
    if not hasattr(vectors, "key_to_index"):
        raise TypeError(
            f"The vectors are of type {type(vectors).__name__}. Expected a table of word vectors. "
            "Load one with load_word_vectors(), or make one with keyed_vectors(words, rows)."
        )


def nearest_spellings(vectors: KeyedVectors, word: str, n: int = 5) -> list[str]:
    """Words of the table (of its first 50,000) that are spelled most like `word`, best first."""
    check_vectors(vectors)
    check_word(word)
    whole_number(n, "n", 1)
    word = word.strip().replace(" ", "_")  # as the tables join phrases
    # Only words of nearly the same length, since comparing takes long.
    words = [known for known in vectors.index_to_key[:50_000] if abs(len(known) - len(word)) < 3]
    # The same word in other capitals comes first.
    found = [known for known in words if known.lower() == word.lower()]
    for known in difflib.get_close_matches(word, words, n, cutoff=0.75):
        if known not in found:
            found.append(known)
    return found[:n]


def check_word(word: str) -> None:
    """Raise an error unless this is a str with something in it."""
    if not isinstance(word, str):
        raise TypeError(f"{word!r} was given as a word. Expected a str. Write it in quotes.")
    if not word.strip():
        raise ValueError(f"A word is empty ({word!r}). Each must be a word: fill it in.")


def check_words(vectors: KeyedVectors, words: list[str]) -> None:
    """Raise an error unless the words differ, and each has a row that isn't zeros."""
    check_vectors(vectors)
    if isinstance(words, str) or not hasattr(words, "__len__"):
        raise TypeError(
            f"The words are {words!r}. Expected a list of words. Write them as "
            "['king', 'queen'], or 'king queen'.split()."
        )
    words = list(words)  # it may be a tuple, or an array
    for word in words:
        check_word(word)
        if words.count(word) > 1:
            raise ValueError(f"{word!r} is there twice in {words}. All must differ: change one.")
        if word not in vectors.key_to_index:
            near = ", ".join(nearest_spellings(vectors, word)) or "none"
            raise MissingWord(
                f"{word!r} is not among the {len(vectors):,} words of this table. Capitals count, "
                f"and _ joins the words of a phrase. Use another word; similar spellings: {near}."
            )
        check_direction(word, vectors[word])


def check_questions(questions: dict[str, list], sections: list[str] | None) -> list[str]:
    """The sections to ask; a message unless each has a list of questions of four words."""
    if not isinstance(questions, dict):
        raise TypeError(
            f"The questions are of type {type(questions).__name__}. Expected a dict of sections, "
            "each a list of questions of four words. Write {'mine': [[a, b, c, d], ...]}."
        )
    sections = list(questions) if sections is None else list(sections)
    for section in sections:
        if section not in questions:
            raise ValueError(
                f"{section!r} is not a section. The sections are {', '.join(map(str, questions))}."
                " Give a list of some of them."
            )
        for asked in questions[section]:
            words = asked if isinstance(asked, (list, tuple)) else []
            if len([word for word in words if isinstance(word, str)]) != 4 or len(words) != 4:
                raise ValueError(
                    f"{asked!r} was given as a question in section {section!r}. Expected four "
                    "words: a is to b as c is to d. Write ['man', 'king', 'woman', 'queen']."
                )
    return sections


def check_offsets(starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """ends - starts; a message unless they are two or more, each with a direction."""
    try:
        starts, ends = np.asarray(starts), np.asarray(ends)
    except ValueError:
        raise ValueError(
            "The rows are not all of the same length. Expected two arrays (pairs, dimensions). "
            "Give each pair as many numbers as the others."
        ) from None
    if starts.dtype.kind not in "fiu" or ends.dtype.kind not in "fiu":
        raise TypeError(
            f"Got arrays of {starts.dtype} and {ends.dtype}. Expected numbers. Turn them into "
            "numbers first."
        )
    if starts.shape != ends.shape or starts.ndim != 2 or len(starts) < 2:
        raise ValueError(
            f"Got arrays of the shapes {starts.shape} and {ends.shape}. Expected two of the "
            "same shape (pairs, dimensions), with 2 pairs or more, since two offsets are compared. "
            "Add a pair, or give both the same shape."
        )
    offsets = ends.astype(np.float64) - starts  # of any numbers, also below 0
    far = np.linalg.norm(offsets, axis=1)
    unfit = np.flatnonzero(~((far > 0) & np.isfinite(far)))
    if len(unfit):
        raise ValueError(
            f"The offset of pair number {unfit[0] + 1} has length {far[unfit[0]]}. Expected "
            "finite numbers, and a start and an end that differ, since only then does the offset "
            "have a direction. Leave that pair out, or fix it."
        )
    return offsets


def check_sentences(sentences: list[list[str]]) -> None:
    """Raise an error unless these are lists of words."""
    one_text = isinstance(sentences, str)
    for sentence in [sentences] if one_text else sentences:
        if isinstance(sentence, str) or not all(isinstance(word, str) for word in sentence):
            raise TypeError(
                f"{str(sentence)[:60]!r} was given as a sentence. Expected lists of words, such as "
                "[['a', 'rose'], ['a', 'day']]. Cut each sentence into words: sentence.split()."
            )
