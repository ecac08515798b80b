"""Byte-pair encoding against its peers: `python -m tests.benchmarks.bpe`, some minutes on one machine.

CPU time (that of all threads; Hugging Face on one), the programs taking turns, the median of the rounds. The
text is 2 MB of English Wikipedia, from gensim's wheel: articles with their capitals, numbers and punctuation.
"""

from __future__ import annotations

import bz2
import os
import statistics
import warnings
from collections.abc import Callable
from functools import partial
from time import process_time

import tiktoken
import tokenizers
from gensim.corpora import wikicorpus
from gensim.test.utils import datapath

from helpers.backstage.downloads import fetch
from helpers.bpe import BytePairTokenizer
from helpers.pretrained import PUBLISHED
from tests import naive

AT_MOST = {  # times the first program of the task
    "ours, ties=smallest": 1.5,
    "ours, ties=first": 2.5,
    "ours, warm": 2.5,
    "ours, cold": 5,
    "ours, to_tiktoken": 1.05,
}
DUMP = "enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2"
SHORT = [
    "Hello world",
    "It's 2024, isn't it? café 👋",
    "The quick brown fox jumps over the lazy dog.",
]


def wikipedia(size: int) -> str:
    """The first bytes of gensim's sample of Wikipedia, without its mark-up."""
    with bz2.open(datapath(DUMP)) as dump:
        pages = wikicorpus.extract_pages(dump, ("0",))
        text = "\n\n".join(wikicorpus.filter_wiki(page) for _, page, _ in pages)
    return text.encode()[:size].decode("utf-8", "ignore")


def ours(text: str, size: int, ties: str) -> BytePairTokenizer:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return BytePairTokenizer.train(text, size, ties=ties)


def hugging_face(text: str, size: int) -> tokenizers.Tokenizer:
    byte_level = tokenizers.pre_tokenizers.ByteLevel
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = byte_level(add_prefix_space=False, use_regex=True)
    tokenizer.train_from_iterator(
        [text],
        tokenizers.trainers.BpeTrainer(
            vocab_size=size,
            initial_alphabet=byte_level.alphabet(),
            show_progress=False,
            max_token_length=None,
        ),
    )
    return tokenizer


def hugging_face_gpt2() -> tokenizers.Tokenizer:
    files = [str(fetch(name)) for name in PUBLISHED["gpt2"].files]
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE.from_file(*files))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(
        add_prefix_space=False, use_regex=True
    )
    return tokenizer


def often(encode: Callable, text: str) -> None:
    for _ in range(10_000):
        encode(text)


def measure(title: str, runs: dict, rounds: int) -> None:
    """Print the median CPU time of each program, and how many times that of the first one it is."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            start = process_time()
            run()
            times[name].append(process_time() - start)
    medians = {name: statistics.median(values) for name, values in times.items()}
    base = next(iter(medians.values()))
    for name, seconds in medians.items():
        bound = AT_MOST.get(name, "") if "2 MB" in title else ""
        times = f"{seconds:10.4f} | {seconds / base:7.2f} | {bound:>7} |"
        print(f"| {title:44} | {name:24} | {times}", flush=True)


def main() -> None:
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    text = wikipedia(2_000_000)
    small = text[:100_000]
    gpt2, theirs, hugging = (
        BytePairTokenizer.pretrained("gpt2"),
        tiktoken.get_encoding("gpt2"),
        hugging_face_gpt2(),
    )
    assert gpt2.encode_ordinary(text) == theirs.encode_ordinary(text) == hugging.encode(text).ids
    assert naive.encode(small, gpt2.merges) == gpt2.encode_ordinary(small)
    assert naive.train(small[:20_000], 144) == [*ours(small[:20_000], 400, "first").merges]

    engine = gpt2.to_tiktoken()

    def cold() -> None:
        gpt2._known.clear()
        gpt2.encode_ordinary(text)

    print(f"| {'task':44} | {'program':24} | {'CPU s':>10} | {'times':>7} | {'at most':>7} |")
    print(f"|{'-' * 46}|{'-' * 26}|-----------:|--------:|--------:|")
    measure(
        "train: 2 MB to 8,000 tokens",
        {
            "Hugging Face tokenizers": lambda: hugging_face(text, 8000),
            "ours, ties=smallest": lambda: ours(text, 8000, "smallest"),
            "ours, ties=first": lambda: ours(text, 8000, "first"),
        },
        5,
    )
    measure(
        "train: 100 KB to 500 tokens",
        {
            "Hugging Face tokenizers": lambda: hugging_face(small, 500),
            "ours, ties=first": lambda: ours(small, 500, "first"),
            "naive": lambda: naive.train(small, 244),
        },
        3,
    )
    measure(
        "encode: 2 MB with GPT-2's merges",
        {
            "tiktoken encode_ordinary": lambda: theirs.encode_ordinary(text),
            "ours, warm": lambda: gpt2.encode_ordinary(text),
            "ours, cold": cold,
            "Hugging Face tokenizers": lambda: hugging.encode(text),
        },
        5,
    )
    measure(
        "encode: 2 MB, the same engine",
        {
            "tiktoken encode_ordinary": lambda: theirs.encode_ordinary(text),
            "ours, to_tiktoken": lambda: engine.encode_ordinary(text),
        },
        15,
    )
    measure(
        "encode: 100 KB with GPT-2's merges",
        {
            "tiktoken encode_ordinary": lambda: theirs.encode_ordinary(small),
            "ours, warm": lambda: gpt2.encode_ordinary(small),
            "naive": lambda: naive.encode(small, gpt2.merges),
        },
        5,
    )
    for short in SHORT:
        measure(
            f"encode 10,000 times: {short[:20]!r}",
            {
                "tiktoken encode": partial(often, theirs.encode, short),
                "ours, warm": partial(often, gpt2.encode, short),
            },
            7,
        )
    measure(
        "encode: one letter 100,000 times",
        {
            "tiktoken encode_ordinary": lambda: theirs.encode_ordinary("a" * 100_000),
            "ours": lambda: gpt2.encode_ordinary("a" * 100_000),
        },
        5,
    )


if __name__ == "__main__":
    main()
