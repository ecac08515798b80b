"""Word vectors against gensim: `python -m tests.benchmarks.vectors`, some minutes on one machine.

CPU time with one thread, both sides taking turns, the medians of the rounds. What both compute is
compared too: they must give the same rows, the same answers and the same score, and skip-gram is
also judged by WordSim353. The table is also written to notebooks/teaching/vectors_benchmark.md.
"""

from __future__ import annotations

import os

os.environ |= dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"
)  # before numpy is there

import sys
import tempfile
from pathlib import Path
from statistics import median

import numpy as np
from gensim.models import KeyedVectors, Word2Vec
from gensim.test.utils import datapath

from helpers.backstage.downloads import ROOT
from helpers.skipgram import train_skipgram, wikipedia_texts
from helpers.vectors import analogy, analogy_questions, load_word_vectors, score_analogies
from tests.benchmarks.table import machine, markdown, take_turns

REPORT = ROOT / "notebooks" / "teaching" / "vectors_benchmark.md"
ROUNDS = 5
# Settings for little text, sizes as in train_skipgram: gensim's default alpha is half as good here.
GENSIM = {
    "sg": 1,
    "vector_size": 50,
    "window": 8,
    "alpha": 0.1,
    "sample": 1e-4,
    "epochs": 5,
    "min_count": 5,
}


def compared(
    task: str, times: dict[str, list[float]], limit: str, note: dict[str, str] | None = None
) -> list[list[str]]:
    """Rows of the table: ours, then gensim, beside ours the median of the rounds' ratios."""
    (ours, mine), (theirs, other) = times.items()
    ratio = median(a / b for a, b in zip(mine, other, strict=True))
    note = note or {}
    rows = [
        [task, ours, f"{median(mine):.4f}", f"{ratio:.3f}", limit, note.get(ours, "")],
        ["", theirs, f"{median(other):.4f}", "1", "", note.get(theirs, "")],
    ]
    print(*map(" | ".join, rows), sep="\n", file=sys.stderr, flush=True)
    return rows


def loading(vectors: KeyedVectors) -> list[list[str]]:
    """The second load, with and without a first question, against a word2vec file of the same."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "rows.bin"))
        vectors.save_word2vec_format(path, binary=True)

        def gensim():
            return KeyedVectors.load_word2vec_format(path, binary=True)

        results, times = take_turns(
            {"load_word_vectors": load_word_vectors, "load_word2vec_format": gensim}, ROUNDS
        )
        one, other = results["load_word_vectors"][0], results["load_word2vec_format"][0]
        assert one.index_to_key == other.index_to_key and np.array_equal(one.vectors, other.vectors)
        rows = compared(
            "second load, 31,530 words x 300",
            times,
            "at most 0.100",
            {"load_word_vectors": "same rows"},
        )
        _, times = take_turns(
            {
                "load_word_vectors": lambda: load_word_vectors().most_similar("king"),
                "load_word2vec_format": lambda: gensim().most_similar("king"),
            },
            ROUNDS,
        )
        return rows + compared("... and a first question", times, "")


def neighbours(vectors: KeyedVectors) -> list[list[str]]:
    """Questions one at a time."""
    asked = [
        question[:3]
        for questions in analogy_questions().values()
        for question in questions[::50]
        if all(word in vectors for word in question)
    ]
    results, times = take_turns(
        {
            "analogy": lambda: [analogy(vectors, *question)[0][0] for question in asked],
            "most_similar": lambda: [
                vectors.most_similar(positive=[b, c], negative=[a])[0][0] for a, b, c in asked
            ],
        },
        ROUNDS,
    )
    assert results["analogy"] == results["most_similar"]
    return compared(f"{len(asked)} questions one by one", times, "", {"analogy": "same answers"})


def scoring(vectors: KeyedVectors) -> list[list[str]]:
    """All questions, with and without leaving out; gensim can only do the first, twice."""
    path = datapath("questions-words.txt")
    results, times = take_turns(
        {
            "score_analogies": lambda: [
                score_analogies(vectors, exclude)["all"] for exclude in (True, False)
            ],
            "evaluate_word_analogies": lambda: [
                vectors.evaluate_word_analogies(path, case_insensitive=False)[1][-1]
                for _ in range(2)
            ],
        },
        3,
    )
    struck, theirs = results["score_analogies"][0][0], results["evaluate_word_analogies"][0][0]
    right, wrong = len(theirs["correct"]), len(theirs["incorrect"])
    assert struck[:2] == (right, right + wrong), (struck, right, wrong)
    score = f"{right:,} of {right + wrong:,} right"
    return compared(
        "all questions, two ways",
        times,
        "at most 0.125",
        {"score_analogies": score, "evaluate_word_analogies": score},
    )


def training() -> tuple[list[list[str]], str]:
    """Skip-gram with negative sampling on the Wikipedia sample, and both speeds."""
    texts = wikipedia_texts()
    words, seeds = (
        sum(map(len, texts)) * GENSIM["epochs"],
        {"train_skipgram": iter(range(9)), "Word2Vec": iter(range(9))},
    )
    results, times = take_turns(
        {
            "train_skipgram": lambda: train_skipgram(texts, seed=next(seeds["train_skipgram"])),
            "Word2Vec": lambda: (
                Word2Vec(texts, workers=1, seed=next(seeds["Word2Vec"]), **GENSIM).wv
            ),
        },
        3,
    )
    quality = {
        name: median(
            table.evaluate_word_pairs(datapath("wordsim353.tsv"))[1][0] for table in tables
        )
        for name, tables in results.items()
    }
    speed = {name: words / median(seconds) for name, seconds in times.items()}
    notes = {
        name: f"{speed[name] / 1000:,.0f},000 words a second, WordSim353 {quality[name]:.3f}"
        for name in times
    }
    return compared("skip-gram, 5 times 452,944 words", times, "at most 1.000", notes), (
        f"By these medians our skip-gram trains {speed['train_skipgram'] / speed['Word2Vec']:.2f} times as many "
        "words a CPU second as gensim; "
        f"WordSim353 differs by {quality['train_skipgram'] - quality['Word2Vec']:+.3f}."
    )


def main() -> None:
    """Measure all, then print and write the table."""
    vectors = load_word_vectors()
    vectors.most_similar("king")  # gensim computes the lengths at the first question
    rows = loading(vectors) + neighbours(vectors) + scoring(vectors)
    skipgram, sentence = training()
    table = markdown(
        ["task", "program", "CPU s", "ours / gensim", "aim", "what came out"],
        rows + skipgram,
        left=2,
    )
    text = f"""# How fast are our word vectors? A benchmark of chapter 5

Written by `python -m tests.benchmarks.vectors`: run it to get the figures for your own machine.
These are from {machine("gensim", "numpy", "torch")}.
All times are CPU times with one thread, the medians of 3 or {ROUNDS} rounds in which both sides
took turns; a ratio is taken within each round.

{table}

{sentence} Each round of skip-gram has a different seed, and the medians are shown.
A second load maps the rows into memory, and looks only at their lengths (each finite and above 0)
and whether all words differ. All questions at once are a few products of matrices, where gensim
asks one question after another. One question at a time costs what it costs gensim: one product of
the table with a row.
"""
    print(text)
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
