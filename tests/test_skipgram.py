"""Skip-gram: from counts and from running text, reproducible, and as good as it has to be."""

import numpy as np
import pytest

from helpers import skipgram
from helpers import vectors as v
from helpers.backstage import downloads
from helpers.backstage.gensim_data import gensim_data


@pytest.mark.parametrize("seed", range(10))
def test_toy_corpus_is_learnt(seed):
    sentences, analogies = v.toy_corpus(seed)
    words, counts = v.count_contexts(sentences)
    assert len(sentences) == 3000 and len(words) == 210 and len(set(analogies)) == 200
    right = []
    for table in skipgram.train_skipgram_exact(counts, steps=(0, 5, 20, 200), seed=seed).values():
        right.append(
            v.score_analogies(v.keyed_vectors(words, table), questions={"toy": analogies})[
                "toy"
            ].right
        )
    assert right[0] <= 6 and right[1] <= 12 and 80 < right[2] < 190 and right[3] == 200


def test_wikipedia_texts(monkeypatch, tmp_path):
    pytest.importorskip("gensim", reason="the sample is in its package")
    monkeypatch.setattr(downloads, "DOWNLOADS", tmp_path / "new")
    texts = skipgram.wikipedia_texts()
    assert len(texts) == 106 and sum(map(len, texts)) == 452_944
    assert (
        " ".join(texts[0][:4]) == "anarchism is political philosophy"
        and skipgram.wikipedia_texts() == texts
    )
    assert [path.name for path in downloads.DOWNLOADS.iterdir()] == ["wikipedia-sample.txt"]
    shares = []
    table = skipgram.train_skipgram(
        texts, epochs=2, callback=lambda done, so_far: shares.append((done, len(so_far)))
    )
    assert (
        len(table) == 9002
        and table.index_to_key[:3] == ["the", "of", "and"]
        and table.norms is None
    )
    assert (
        shares[0] == (0, 9002)
        and 30 < len(shares) < 50
        and sorted(shares) == shares
        and shares[-1][0] < 1
    )
    assert table.evaluate_word_pairs(gensim_data("wordsim353.tsv"))[1][0] > 0.35


@pytest.mark.parametrize(
    "harm",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "",
        lambda text: "once upon a time",
        lambda text: text.replace("\n", " ", 1),
        lambda text: text.encode("utf-16"),
        lambda text: b"\xff" + text.encode(),
    ],
)
def test_a_damaged_sample_of_wikipedia_is_made_anew(monkeypatch, tmp_path, harm):
    """It takes seconds to make, so a small one stands for it, with its own numbers."""
    texts = [["anarchism", "is", "philosophy"], ["autism", "is", "a", "disorder"]]
    made = []
    monkeypatch.setattr(downloads, "DOWNLOADS", tmp_path)
    monkeypatch.setattr(skipgram, "ARTICLES_AND_WORDS", (2, 7))
    monkeypatch.setattr(skipgram, "clean_articles", lambda: made.append(1) or texts)
    assert skipgram.wikipedia_texts() == skipgram.wikipedia_texts() == texts and len(made) == 1
    kept = tmp_path / "wikipedia-sample.txt"
    damaged = harm(kept.read_text("utf-8"))
    kept.write_bytes(damaged if isinstance(damaged, bytes) else damaged.encode())
    assert skipgram.wikipedia_texts() == texts and len(made) == 2
    assert skipgram.wikipedia_texts() == texts and len(made) == 2, "it was not kept again"


@pytest.mark.parametrize(
    "settings",
    [
        {"dim": "50"}, {"dim": 0}, {"window": 2.5}, {"negatives": -1}, {"epochs": "5"},
        {"seed": "1"}, {"min_count": 0}, {"rate": "0.7"}, {"rate": 0}, {"rate": np.nan},
        {"sample": -1}, {"texts": "a rose is a rose"}, {"texts": ["a rose is a rose"]},
        {"texts": [["a", 7]]},
    ],
)  # fmt: skip
def test_a_setting_that_can_not_be_one_is_told_what_is_expected(settings):
    texts = v.toy_corpus(0, sentences=40)[0]
    with pytest.raises((TypeError, ValueError), match=" (is|was given as) .*Expected .*(Give|Cut)"):
        skipgram.train_skipgram(**{"texts": texts, **settings})


@pytest.mark.parametrize(
    "counts",
    [np.zeros((3, 3)), np.ones((3, 2)), np.ones(3), -np.eye(2), np.nan * np.eye(2), [["1"]], None],
)
def test_what_is_no_table_of_counts_is_refused_in_words(counts):
    with pytest.raises(ValueError, match="ounts.*Expected a table .words, words.*Give what"):
        skipgram.train_skipgram_exact(counts, steps=(0,))


def test_a_rate_with_which_training_loses_its_way_is_named():
    with pytest.raises(ValueError, match="With rate=1e.30 the rows became nan.*Give a smaller"):
        skipgram.train_skipgram(v.toy_corpus(0)[0], dim=8, epochs=1, sample=1e-2, rate=1e30)


def test_skipgram_on_little_text():
    texts = [sentence for seed in range(3) for sentence in v.toy_corpus(seed)[0]]
    once, twice = (
        skipgram.train_skipgram(texts, dim=20, epochs=2, sample=1e-2, seed=3) for _ in range(2)
    )
    assert np.array_equal(once.vectors, twice.vectors) and np.isfinite(once.vectors).all()
    assert once.index_to_key[0] == "the" and once.vectors.shape == (210, 20)
    near = [word for word, _ in once.most_similar("Paris", topn=5)]
    assert {"French", "Seine", "France"} & set(near)
    for texts in ([], [["a", "b"]], [["a"] * 300]):
        with pytest.raises(ValueError, match="keep too few.*Expected: 256 or more"):
            skipgram.train_skipgram(texts)
