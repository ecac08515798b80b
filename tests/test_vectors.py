"""A table of word vectors: its values, gensim's answers, maps, messages; the toy world."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from gensim.models import KeyedVectors

from helpers import vectors as v
from helpers.backstage import downloads

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def news() -> KeyedVectors:
    """The small Google News table, or a skip that says why it is not here."""
    try:
        return v.load_word_vectors()
    except downloads.MissingDataError as error:
        pytest.skip(str(error))


# The table and its values


def test_table(news):
    assert (
        news.vectors.shape == (31_530, 300)
        and news.vectors.dtype == np.float32
        and len(news) == 31_530
    )
    assert (
        news.index_to_key[:5] == ["in", "for", "that", "is", "on"]
        and len(news.key_to_index) == 31_530
    )
    assert all(type(word) is str for word in news.index_to_key)
    assert not (
        news.vectors.view(np.uint32) & 0xFFFF
    ).any()  # every number is a bfloat16, as in the full table
    assert {"crown_prince", "sultan", "Paris", "France"} <= news.key_to_index.keys()
    assert (
        not {"Queen_Consort", "Computer", "com_puter", "earthworm", "Rome"}
        & news.key_to_index.keys()
    )


def test_computer(news):
    first = [
        0.107421875,
        -0.201171875,
        0.123046875,
        0.211914062,
        -0.0913085938,
        0.216796875,
        -0.131835938,
        0.0830078125,
    ]
    assert news["computer"].shape == (300,) and np.abs(news["computer"][:8] - first).max() < 1e-9
    assert (
        f"{news['computer'][61]:.8e}" == "5.02929688e-02"
    )  # in print the row breaks off at 5.02929
    found = news.most_similar("computer", topn=3)  # the fourth and fifth line need the full table
    assert [word for word, _ in found] == ["computers", "laptop", "laptop_computer"]
    assert [cosine for _, cosine in found] == pytest.approx(
        [0.7979379892, 0.6640493274, 0.6548868418], abs=1e-6
    )


def test_king(news):
    full = dict(
        queen=0.7118193507,
        monarch=0.6189674139,
        princess=0.5902431011,
        crown_prince=0.5499460697,
        prince=0.5377321839,
        kings=0.5236844420,
        Queen_Consort=0.5235945582,
        queens=0.5181134343,
        sultan=0.5098593831,
        monarchy=0.5087411999,
    )
    del full["Queen_Consort"]  # the one line that needs the full table
    found = news.most_similar(positive=["king", "woman"], negative=["man"], topn=9)
    assert [word for word, _ in found] == list(full)
    assert [cosine for _, cosine in found] == pytest.approx(list(full.values()), abs=1e-6)


@pytest.mark.parametrize(
    "pair, cosine",
    [
        ("woman man", 0.76640123),
        ("king queen", 0.6510957),
        ("uncle aunt", 0.7643474),
        ("boy girl", 0.8543272),
        ("computer water", 0.07963113),
        ("paper knife", 0.13640551),
    ],
)
def test_similarities(news, pair, cosine):
    assert news.similarity(*pair.split()) == pytest.approx(cosine, abs=1e-6)


def test_distances_need_the_original_lengths(news):
    def distance(one, two):
        return np.linalg.norm(news[one] - news[two])

    assert f"{distance('man', 'woman'):.2f} {distance('nephew', 'niece'):.2f}" == "1.73 1.96"
    assert np.linalg.norm(news["semiconductor"]) == pytest.approx(3.847, abs=5e-4)


def test_second_load_is_memory_mapped(news):
    table = v.load_word_vectors()
    assert isinstance(table.vectors.base, np.memmap) and not table.vectors.flags.writeable
    assert table.index_to_key == news.index_to_key and np.array_equal(table.vectors, news.vectors)


# Analogies


@pytest.fixture
def tiny() -> KeyedVectors:
    """Six words on a circle."""
    turns = np.arange(6)[:, None] / 6 * 2 * np.pi
    rows = np.hstack([np.cos(turns), np.sin(turns)]).astype("f")
    return v.keyed_vectors("one two three four five six".split(), rows)


def test_analogy_with_and_without_the_query_words(news):
    found = v.analogy(news, "man", "king", "woman", exclude=False, topn=3)
    assert [(word, asked) for word, _, asked in found] == [
        ("king", True),
        ("queen", False),
        ("monarch", False),
    ]
    assert [cosine for _, cosine, _ in found] == pytest.approx(
        [0.7992598, 0.7118194, 0.6189674], abs=1e-6
    )
    assert v.analogy(news, "man", "king", "woman")[0] == (
        "queen",
        pytest.approx(0.7118194, abs=1e-6),
        False,
    )
    assert (
        v.analogy(news, "France", "Paris", "Italy", topn=1)[0][0] == "Italian"
    )  # Rome is not in the table
    assert v.analogy(news, "Canada", "Ottawa", "Japan", topn=1)[0][0] == "Tokyo"
    assert len(v.analogy(news, "man", "king", "woman")) == 10


def test_an_unknown_word_is_answered_with_the_nearest_spellings(news):
    with pytest.raises(
        v.MissingWord, match="^'computr' is not among the 31,530 words.*Use another.*: computer, "
    ):
        v.analogy(news, "man", "computr", "woman")
    with pytest.raises(KeyError):
        v.check_words(news, ["no such word"])


def test_an_empty_word(news):
    with pytest.raises(ValueError, match="is empty.*fill it in"):
        v.analogy(news, "man", " ", "woman")


def test_a_word_twice_in_a_query(news):
    with pytest.raises(ValueError, match="'man' is there twice.*change one"):
        v.analogy(news, "man", "king", "man")


def test_a_map_of_too_few_words(news):
    with pytest.raises(ValueError, match="2 words came.*3 or more"):
        v.project(news, ["man", "king"])


def test_nearest_spellings(news):
    assert (
        v.nearest_spellings(news, "computr")[0] == "computer"
        and v.nearest_spellings(news, "FRANCE")[0] == "France"
    )
    assert (
        v.nearest_spellings(news, "crown prince")[0] == "crown_prince"
        and v.nearest_spellings(news, "qwrtzuu") == []
    )


def test_questions():
    questions = v.analogy_questions()
    assert len(questions) == 14 and sum(map(len, questions.values())) == 19_544
    assert questions["family"][0] == ["boy", "girl", "brother", "sister"]
    assert all(len(question) == 4 for section in questions.values() for question in section)


def test_scores_equal_gensim(news, tmp_path):
    names = ["capital-common-countries", "family"]
    questions = {name: v.analogy_questions()[name] for name in names}
    lines = [line for name in names for line in [f": {name}", *map(" ".join, questions[name])]]
    (tmp_path / "questions.txt").write_text("\n".join(lines))
    total, sections = news.evaluate_word_analogies(
        str(tmp_path / "questions.txt"), case_insensitive=False
    )
    scores = v.score_analogies(news, sections=names)
    for section in sections[:-1]:
        right, wrong = len(section["correct"]), len(section["incorrect"])
        assert scores[section["section"]] == (right, right + wrong, 0)
    assert scores["all"].right / scores["all"].total == total and scores["all"].total == 518


def test_scores_without_leaving_out(news):
    asked = [
        question
        for question in v.analogy_questions()["family"]
        if all(word in news for word in question)
    ][::20]
    score = v.score_analogies(news, exclude=False, questions={"some": asked})["some"]
    answers = [(v.analogy(news, a, b, c, exclude=False, topn=1)[0], d) for a, b, c, d in asked]
    assert len(answers) == score.total > 20
    assert score.right == sum(word == d for (word, _, _), d in answers)
    assert score.query_word == sum(of_query for (_, _, of_query), _ in answers)


def test_scores_of_nothing(tiny):
    assert v.score_analogies(tiny)["all"] == (0, 0, 0)


# A Python that gensim has no build for

ANSWERS = """
from helpers import vectors as v
table = v.load_word_vectors()
family = [q.split() for q in ("man king woman queen", "boy girl brother sister")]
words, rows = ["a", "b", "<pad>", "c"], [[1, 0], [1, 1], [0, 0], [-1, 0.5]]
small = v.keyed_vectors(words, rows)
answers = {
    "the class": type(table).__mro__[1].__name__,
    "rows": [len(table), table.vector_size, *table["king"][:5].tolist(), "earthworm" in table],
    "two rows": table[["king", "queen"]].shape,
    "at length 1": table.get_vector("king", norm=True)[:5].tolist(),
    "all at length 1": table.get_normed_vectors()[7, :5].tolist(),
    "neighbours": table.most_similar("king", topn=5),
    "of a sum": table.most_similar(positive=["king", "woman"], negative=["man"], topn=5),
    "of a row": table.similar_by_vector(table["king"] - table["man"], topn=5),
    "not the zeros": small.most_similar("a"),
    "cosine": float(table.similarity("king", "queen")),
    "analogy": v.analogy(table, "man", "king", "woman"),
    "with all words": v.analogy(table, "man", "king", "woman", exclude=False),
    "score": v.score_analogies(table, questions={"family": family}),
    "map": [part.tolist() for part in v.project(table, "king queen man woman".split())],
    "spelled alike": v.nearest_spellings(table, "computr"),
}
"""
WITHOUT = """
import json, sys
sys.modules["gensim"] = None  # from here on its import fails
from helpers.backstage.downloads import MissingDataError
from helpers import skipgram
refused = {}
for ask in (v.analogy_questions, skipgram.clean_articles, v.word_tables.download_full):
    try:
        ask()
    except MissingDataError as error:
        refused[len(refused)] = str(error)
rows = skipgram.train_skipgram([sentence for s in (0, 1) for sentence in v.toy_corpus(s)[0]],
                               dim=8, epochs=1, sample=1e-2)
answers["trained"] = rows.most_similar("king", topn=3)
print(json.dumps([answers, refused]))
"""


def close_to(value):
    """The value with room for the last digits of each number in it."""
    if isinstance(value, dict):
        return {key: close_to(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [close_to(part) for part in value]
    return pytest.approx(value, abs=1e-5) if isinstance(value, float) else value


def test_without_gensim_all_answers_are_the_same(news):
    """Load, neighbours, analogy, score and map run on numpy alone, and give gensim's numbers."""
    blocked = 'import sys; sys.modules["gensim"] = None\n'
    environment = {**os.environ, "COURSE_DOWNLOADS": str(downloads.DOWNLOADS)}
    code = blocked + ANSWERS + WITHOUT
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, f"without gensim chapter 5 stops:\n{done.stderr}"
    alone, refused = json.loads(done.stdout)
    names = {}
    exec(ANSWERS, names)
    beside = json.loads(json.dumps(names["answers"]))
    assert (alone.pop("the class"), beside.pop("the class")) == ("PlainVectors", "KeyedVectors")
    assert len(alone.pop("trained")) == 3
    assert alone == close_to(beside)
    assert [word for word, _ in alone["not the zeros"]] == ["b", "c"]
    assert len(refused) == 3, "what needs gensim itself must say so"
    for message in refused.values():
        assert "could not be had" in message and "Expected: gensim" in message, message
        assert "What to do: install gensim" in message, message


# Maps


def test_project(news):
    words = "France Paris Japan Tokyo China Beijing Russia Moscow".split()
    points, shares = v.project(news, words)
    assert points.shape == (8, 2) and 0 < shares[1] < shares[0] and shares.sum() < 1
    rows = np.array([news.get_vector(word, norm=True) for word in words])
    values = np.linalg.eigvalsh(np.cov(rows.T))[::-1]
    assert shares == pytest.approx(values[:2] / values.sum(), abs=1e-5)
    assert points.var(axis=0, ddof=1) == pytest.approx(values[:2], abs=1e-5)
    assert np.abs(points.mean(axis=0)).max() < 1e-7
    again, _ = v.project(news, words[::-1])
    assert np.allclose(
        again[::-1], points, atol=1e-6
    )  # the sign of an axis does not hang on the order
    flat, full = v.offset_cosine(points[::2], points[1::2]), v.offset_cosine(rows[::2], rows[1::2])
    assert flat > 0.9 > full > 0.4


def test_offset_cosine():
    starts, ends = np.zeros((3, 2)), np.array([[1, 0], [2, 0], [0, 1]])
    assert v.offset_cosine(starts[:2], ends[:2]) == pytest.approx(1)
    assert v.offset_cosine(starts, ends) == pytest.approx(1 / 3)


# The toy world


def test_toy_corpus_by_seed():
    assert v.toy_corpus(1) == v.toy_corpus(1) != v.toy_corpus(2)


def test_count_contexts():
    words, counts = v.count_contexts(["a rose is a rose".split(), ["a", "b"]])
    assert words == ["a", "b", "is", "rose"]
    assert counts.tolist() == [[2, 1, 2, 4], [1, 0, 0, 0], [2, 0, 0, 2], [4, 0, 2, 2]]
