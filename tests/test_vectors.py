"""A table of word vectors: its values, gensim's answers, maps, messages; the toy world."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from helpers import vectors as v
from helpers.backstage import downloads

KeyedVectors = pytest.importorskip("gensim.models", reason="the reference").KeyedVectors

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
    with pytest.raises(ValueError, match="Got 2 words.*3 or more"):
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


# Rows of zeros, and tables that are checked as they come

ROWS = {"a": (1, 0, 0), "b": (1, 1, 0), "c": (0, 0, 1), "d": (0, 1, 1), "<pad>": (0, 0, 0)}
BAD = {**ROWS, "bad": (np.nan, np.nan, np.nan)}


def gensims_own(rows) -> KeyedVectors:
    """A table that gensim made, without our check."""
    table = KeyedVectors(3)
    table.add_vectors(list(rows), np.array(list(rows.values()), np.float32))
    return table


def checked(rows) -> KeyedVectors:
    """A table of ours."""
    return v.keyed_vectors(list(rows), np.array(list(rows.values()), np.float32))


@pytest.mark.parametrize("table", [checked(ROWS), gensims_own(ROWS), gensims_own(BAD)])
@pytest.mark.filterwarnings("ignore:invalid value")
def test_a_row_of_zeros_can_not_win_a_score_or_an_analogy(table):
    asked = {
        "one": [["a", "b", "c", "d"]],
        "none": [["a", "b", "c", "<pad>"], ["a", "b", "c", "e"]],
    }
    scores = v.score_analogies(table, questions=asked)
    assert scores == {"one": (1, 1, 0), "none": (0, 0, 0), "all": (1, 1, 0)}
    assert v.score_analogies(table, exclude=False, questions=asked)["all"].total == 1
    # b - a + c at length 1, and at length 1 the row of d: cosines by hand.
    target = np.array([1, 1, 0]) / 2**0.5 - np.array([1, 0, 0]) + np.array([0, 0, 1])
    cosine = target @ np.array([0, 1, 1]) / 2**0.5 / np.linalg.norm(target)
    assert v.analogy(table, "a", "b", "c") == [("d", pytest.approx(cosine, abs=1e-6), False)]
    assert len(v.analogy(table, "a", "b", "c", exclude=False)) == 4


def test_a_row_of_zeros_is_in_nobodys_list_of_neighbours():
    table = checked({"a": (1, 0, 0), "b": (-1, 0.1, 0), "<pad>": (0, 0, 0), "c": (-1, 0, 0)})
    for found in (table.most_similar("a"), table.similar_by_vector(table["a"])):
        assert [word for word, _ in found if word != "a"] == ["b", "c"]
        assert np.isfinite([cosine for _, cosine in found]).all()
    assert table.most_similar("a", topn=1)[0][0] == "b"
    assert np.isfinite(table.get_normed_vectors()).all()
    assert table.get_normed_vectors()[2].tolist() == [0, 0, 0]


@pytest.mark.parametrize("table", [checked(ROWS), gensims_own(ROWS)])
@pytest.mark.parametrize(
    "ask",
    [
        lambda table: v.analogy(table, "a", "b", "<pad>"),
        lambda table: v.analogy(table, "<pad>", "b", "a", exclude=False),
        lambda table: v.project(table, ["a", "b", "<pad>"]),
        lambda table: v.check_words(table, ["<pad>"]),
    ],
)
def test_a_question_about_a_row_of_zeros_is_answered_in_words(table, ask):
    with pytest.raises(
        ValueError,
        match="row of '<pad>' has length 0, and points nowhere.*Expected.*Use another word",
    ):
        ask(table)


def test_a_question_about_a_row_of_nan_is_answered_in_words():
    with pytest.raises(ValueError, match="row of 'bad' has length nan.*Use another word"):
        v.analogy(gensims_own(BAD), "a", "b", "bad")


def test_neighbours_of_a_row_of_zeros_are_refused_in_words():
    for ask in (checked(ROWS).most_similar, lambda word: checked(ROWS).get_vector(word, norm=True)):
        with pytest.raises(
            ValueError,
            match="row of '<pad>' has length 0, and points nowhere.*Use another word",
        ):
            ask("<pad>")


def test_words_that_cancel_out_give_words_and_no_number():
    turns = np.deg2rad([0, 60, -60, 10])
    table = v.keyed_vectors(list("abcd"), np.c_[np.cos(turns), np.sin(turns)])
    with pytest.raises(ValueError, match="add up to a row of zeros.*Expected.*Change one"):
        v.analogy(table, "a", "b", "c")


@pytest.mark.parametrize("factor", [1, 2.5, 1e-3])
def test_a_map_of_words_that_point_the_same_way_is_refused_in_words(factor):
    table = v.keyed_vectors(list("abc"), np.outer([1, factor, 3], [1.0, 0.3, 0.2]))
    with pytest.raises(
        ValueError, match="a, b, c all point the same way.*use some whose rows differ"
    ):
        v.project(table, ["a", "b", "c"])


def test_a_map_needs_two_dimensions():
    table = v.keyed_vectors(list("abc"), [[1], [-1], [2]])
    with pytest.raises(ValueError, match="in 1 dimensions. A map needs 3 or more words in 2"):
        v.project(table, ["a", "b", "c"])


@pytest.mark.parametrize(
    "starts, ends, said",
    [
        ([[0, 0]], [[1, 0]], "with 2 pairs or more(.|\\n)*Add a pair"),
        ([], [], "with 2 pairs or more(.|\\n)*Add a pair"),
        ([0, 0], [1, 0], "of the same shape"),
        ([[0, 0], [1, 1]], [[1, 0]], "of the same shape"),
        ([[0, 0], [1, 1]], [[1, 0], [1, 1]], "pair number 2 has length 0.0(.|\\n)*Leave that"),
        ([[0, 0], [1, 1]], [[np.nan, 0], [1, 1]], "pair number 1 has length nan"),
        ([["0", "0"], ["1", "1"]], [["1", "0"], ["2", "2"]], "Expected numbers. Turn them"),
        ([[0], [1, 1]], [[1, 0], [1, 1]], "not all of the same length"),
    ],
)
def test_offsets_without_a_direction_give_words_and_no_number(starts, ends, said):
    with pytest.raises((ValueError, TypeError), match=said):
        v.offset_cosine(starts, ends)


def test_offsets_of_whole_numbers_below_0():
    starts, ends = np.array([[3, 0], [5, 0]], np.uint8), np.array([[1, 0], [2, 0]], np.uint8)
    assert v.offset_cosine(starts, ends) == pytest.approx(1)


@pytest.mark.parametrize(
    "words, rows, fault",
    [
        (["a", "b"], [[1, 2], [np.nan, 0]], "the row of 'b' holds nan, inf"),
        (["a", "b"], [[1, 2], [np.inf, 0]], "the row of 'b' holds nan, inf"),
        (["a", "b"], [[1, 2], [3]], "its rows are not all of the same length"),
        (["a", None], [[1, 2], [3, 4]], "word number 2 is None, which isn't a str"),
        (["a", 5], [[1, 2], [3, 4]], "word number 2 is 5, which isn't a str"),
        (["a"], [[1, 2], [3, 4]], "it has 1 words, and vectors of shape"),
        (["a", "b"], [1, 2], "it has 2 words, and vectors of shape"),
        ([], np.zeros((0, 3)), "it has 0 words, and vectors of shape"),
        ("ab", [[1, 2], [3, 4]], "its words are of type str"),
        (None, [[1, 2], [3, 4]], "its words are of type NoneType"),
        (["a", "b"], [["1", "2"], ["3", "4"]], "its numbers are of type <U1"),
        (["a", "b"], [[1, None], [3, 4]], "its numbers are of type object"),
        (["a", "b"], None, "its numbers are of type object"),
    ],
)
def test_what_is_no_table_is_refused_in_three_parts(words, rows, fault):
    said = f"a table of word vectors: {fault}(.|\\n)*Expected: .*\\nWhat to do: "
    with pytest.raises(ValueError, match=said):
        v.keyed_vectors(words, rows)


def test_a_word_that_comes_twice_keeps_its_first_row(capsys):
    table = v.keyed_vectors(["a", "a", "b"], np.arange(9, dtype=np.float32).reshape(3, 3))
    assert table.index_to_key == ["a", "b"] and table.key_to_index == {"a": 0, "b": 1}
    assert table.vectors.tolist() == [[0, 1, 2], [6, 7, 8]]
    assert "'a': there more than once" in capsys.readouterr().err


def test_a_table_shares_the_array_that_it_was_given():
    rows = np.eye(2, dtype=np.float32)
    table = v.keyed_vectors(["a", "b"], rows)
    rows[0, 1] = 7
    assert table["a"].tolist() == [1, 7]


# The doors


@pytest.mark.parametrize(
    "ask",
    [
        lambda k: v.analogy(k, 1, "king", "woman"),
        lambda k: v.analogy(k, "man", b"king", "woman"),
        lambda k: v.analogy(k, ["man", "king"], "woman", "queen"),
        lambda k: v.analogy(k, "man", "king", None),
        lambda k: v.analogy("vectors.txt", "man", "king", "woman"),
        lambda k: v.analogy(k, "man", "king", "woman", topn="3"),
        lambda k: v.analogy(k, "man", "king", "woman", topn=0),
        lambda k: v.analogy(k, "man", "king", "woman", topn=2.5),
        lambda k: v.analogy(k, "man", "king", "woman", topn=True),
        lambda k: v.analogy(k, "man", "king", "woman", exclude="no"),
        lambda k: v.score_analogies(k, questions={"x": [["man", "king", "woman"]]}),
        lambda k: v.score_analogies(k, questions={"x": ["man king woman queen"]}),
        lambda k: v.score_analogies(k, questions={"x": [["man", "king", "woman", 5]]}),
        lambda k: v.score_analogies(k, questions=[["man", "king", "woman", "queen"]]),
        lambda k: v.score_analogies(k, sections=["no such section"]),
        lambda k: v.score_analogies(k, sections="family"),
        lambda k: v.score_analogies(k, exclude="no"),
        lambda k: v.score_analogies({"king": [1, 2]}),
        lambda k: v.project(k, "king queen man"),
        lambda k: v.project(k, ["king", "queen", 3]),
        lambda k: v.project(k, None),
        lambda k: v.project(None, ["king", "queen", "man"]),
        lambda k: v.nearest_spellings(k, 5),
        lambda k: v.nearest_spellings(k, "king", "3"),
        lambda k: v.toy_corpus(seed="1"),
        lambda k: v.toy_corpus(sentences="300"),
        lambda k: v.toy_corpus(sentences=-1),
        lambda k: v.count_contexts("a rose is a rose"),
        lambda k: v.count_contexts(["a rose is a rose"]),
        lambda k: v.count_contexts([["a", 1]]),
    ],
)
def test_each_door_says_what_came_what_was_expected_and_what_to_do(news, ask):
    with pytest.raises((TypeError, ValueError)) as caught:
        ask(news)
    message = str(caught.value)
    assert any(f" {verb} " in message for verb in ("is", "are", "was given as")), message
    assert "Expected" in message or "Each must" in message or "The sections are" in message, message
    what_to_do = "Write|Give|Load|Cut|Use|fill"
    assert any(word in message for word in what_to_do.split("|")), message


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
    "similar spellings": v.nearest_spellings(table, "computr"),
}
"""
WITHOUT = """
import json, sys
sys.modules["gensim"] = None  # from here on its import fails
from helpers.backstage.downloads import MissingDataError
from helpers import __main__ as start, skipgram
refused = {}
for ask in (skipgram.clean_articles, v.word_tables.download_full):
    try:
        ask()
    except MissingDataError as error:
        refused[len(refused)] = str(error)
rows = skipgram.train_skipgram([sentence for s in (0, 1) for sentence in v.toy_corpus(s)[0]],
                               dim=8, epochs=1, sample=1e-2)
answers["needed"] = [what for what, _, needed in start.STEPS if needed]
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
    assert alone.pop("needed") == [
        "text: the-wall-walker",
        "GPT-2's merges",
        "word vectors",
        "questions and news",
    ], "a course without gensim would not open, for want of what only gensim can make"
    assert alone == close_to(beside)
    assert [word for word, _ in alone["not the zeros"]] == ["b", "c"]
    assert len(refused) == 2, "what needs gensim itself must say so"
    for message in refused.values():
        assert "can't be fetched" in message and "Expected: gensim" in message, message
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
