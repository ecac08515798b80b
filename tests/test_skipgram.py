"""Skip-gram: from counts and from running text, reproducible, and as good as it has to be."""

import numpy as np
import pytest
from gensim.test.utils import datapath

from helpers import skipgram
from helpers import vectors as v
from helpers.backstage import downloads


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
    assert table.evaluate_word_pairs(datapath("wordsim353.tsv"))[1][0] > 0.35


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
