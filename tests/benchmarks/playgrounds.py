"""How long one move of a playground takes in the kernel: `python -m tests.benchmarks.playgrounds`.

One update is what happens between a widget's new value and the new HTML: drawing, and writing it
into the widget. It is CPU time. Each update changes the value; texts have 500 characters. What the browser then needs is not in the figures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from time import process_time

import numpy as np

from helpers import play
from helpers.bpe import BytePairTokenizer, gpt2_tokenizer
from helpers.texts import load_text
from helpers.vectors import load_word_vectors
from helpers.words import split_words

ROUNDS = 40
LENGTH = 500
LIMIT = 50  # milliseconds that a median may take


def spelled_wrongly(words: list[str]) -> Iterator[str]:
    """Words of the table with a letter too many, as a learner may type them."""
    for place in range(100, 10_000, 37):
        wrong = words[place][:3] + "z" + words[place][3:]
        if len(words[place]) > 4 and wrong not in words:
            yield wrong


def sums(words: Iterable[str]) -> Iterator[str]:
    """A sum for each word, as a learner types it."""
    return (f"{word} - man + woman" for word in words if word not in ("man", "woman"))


def cases() -> dict[str, Callable[[], tuple]]:
    """By the name of a row: what makes a playground, and the values that it is given in turn."""
    story = load_text()
    vectors = load_word_vectors()
    texts = [story[100 * turn : 100 * turn + LENGTH] for turn in range(ROUNDS + 5)]
    text, common = texts[0], [word for word in vectors.index_to_key[:400] if word.isalpha()]
    ids = [" ".join(str((turn + 5 * k) % 6) for k in range(12)) for turn in range(ROUNDS + 5)]
    ours = BytePairTokenizer.train(story, 1000)
    cuts = {"words": split_words, "our own": ours, "GPT-2": gpt2_tokenizer()}
    sentences = [" ".join(some.split())[:LENGTH] for some in texts]

    def case(make, control, values):
        return lambda: (make(), control, values)

    return {
        "regex, text": case(lambda: play.regex(text), "text", texts),
        "vocabulary, sentence": case(lambda: play.vocabulary(story, text), "sentence", texts),
        "vocabulary, share": case(lambda: play.vocabulary(story, text), "share", range(0, 100, 2)),
        "tokens, text": case(lambda: play.tokens(text, cuts), "text", texts),
        "merges, text": case(lambda: play.merges(text), "text", texts),
        "merges, step": case(lambda: play.merges(text), "step", range(60)),
        "windows, text": case(lambda: play.windows(text), "text", texts),
        "windows, stride": case(lambda: play.windows(text), "stride", [*range(1, 15)] * 4),
        "analogies, word": case(lambda: play.analogies(vectors), "formula", sums(common)),
        "analogies, unknown word": case(
            lambda: play.analogies(vectors), "formula", sums(spelled_wrongly(vectors.index_to_key))
        ),
        "lookup, ids": case(play.lookup, "ids", ids),
        "positions, sentence": case(lambda: play.positions(text), "sentence", sentences),
        "pipe, text": case(lambda: play.pipe(text), "text", texts),
        "pipe, position": case(lambda: play.pipe(text), "position", range(100)),
    }


def measure(case: Callable[[], tuple], rounds: int = ROUNDS) -> list[float]:
    """The milliseconds of each update; the first three, which warm up, are left out."""
    playground, name, values = case()
    control, times = playground.controls[name], []
    for value in values:
        if value != control.value and len(times) < rounds + 3:
            start = process_time()
            control.value = value
            times.append(1000 * (process_time() - start))
    return times[3:]


def main() -> None:
    """Print the table, and which rows are over the limit."""
    print(f"{'playground, what moves':26} {'median, ms':>10} {'95 %, ms':>10}")
    over = []
    for name, case in cases().items():
        median, high = np.percentile(measure(case), [50, 95])
        print(f"{name:26} {median:10.1f} {high:10.1f}", flush=True)
        if median >= LIMIT:
            over.append(name)
    print(f"Medians of {LIMIT} ms and more: {', '.join(over) or 'none'}")


if __name__ == "__main__":
    main()
