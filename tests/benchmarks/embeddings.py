"""Lookup against one-hot times matrix, and how fast chapter 8 trains.

`python -m tests.benchmarks.embeddings`, two minutes. CPU time with one thread, the ways taking
turns, the medians of the rounds; a ratio is taken within each round. All ways must give the same
numbers. Memory is the most that torch's record of a call has in use at once, result included.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from statistics import median

import torch
from torch import nn
from torch.nn import functional as F
from torch.profiler import ProfilerActivity, profile

from helpers.bpe import BytePairTokenizer
from helpers.embeddings import InputEmbedding
from helpers.texts import load_text
from helpers.windows import WindowDataset
from tests.benchmarks.table import machine, markdown, take_turns
from tests.tools.books import Chapter

VOCAB, WIDTHS, TOKENS = (
    50_257,
    (256, 768),
    1_024,
)  # GPT-2's tokens, the book's width and GPT-2's, one full window
ROUNDS, REPEATS = 5, 100
BATCH, LENGTH, STEPS = 16, 32, 100  # chapter 8 has 400 steps


class OneHot(nn.Module):
    """The table as nn.Embedding has it, read by one-hot rows times the table."""

    def __init__(self, embedding: nn.Embedding):
        super().__init__()
        self.weight, self.num_embeddings = embedding.weight, embedding.num_embeddings

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return F.one_hot(ids, self.num_embeddings).to(self.weight.dtype) @ self.weight


def peak(call: Callable[[], object]) -> int:
    """The most bytes that a call has in use at once, as torch's profiler records them."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as record:
        result = call()
        del result
    events = [
        event for event in record.profiler.kineto_results.events() if event.name() == "[memory]"
    ]
    used = most = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        used += event.nbytes()
        most = max(most, used)
    assert most > 0 == used, "what a call takes, it must give back"
    return most


def reading(dim: int) -> list[list[str]]:
    """TOKENS ids through a table of VOCAB rows, both ways."""
    lookup = nn.Embedding(VOCAB, dim)
    ids = torch.randint(VOCAB, (TOKENS,))
    one_hot = OneHot(lookup)

    def many() -> None:  # one lookup is too short to be timed
        for _ in range(REPEATS):
            lookup(ids)

    with torch.no_grad():
        assert torch.equal(lookup(ids), one_hot(ids))
        _, times = take_turns({"lookup": many, "one-hot": partial(one_hot, ids)}, ROUNDS)
        bytes_used = {"lookup": peak(partial(lookup, ids)), "one-hot": peak(partial(one_hot, ids))}
    times["lookup"] = [seconds / REPEATS for seconds in times["lookup"]]
    return rows(f"{TOKENS:,} tokens, table {VOCAB:,} x {dim}", times, bytes_used, TOKENS)


def training() -> list[list[str]]:
    """Chapter 8's model and its training, on its text; beside it the same with one-hot rows."""
    chapter = Chapter("08").defined(
        "class Attention",
        "class TinyModel",
        "def loss_of",
        "def train(",
        torch=torch,
        nn=nn,
        F=F,
        InputEmbedding=InputEmbedding,
        progress=lambda steps, desc: steps,
    )
    text = load_text("the-wall-walker")
    tokenizer = BytePairTokenizer.train(text, 512)
    windows = WindowDataset(tokenizer.encode_ordinary(text), LENGTH, 1)

    def model(one_hot: bool) -> nn.Module:
        torch.manual_seed(123)
        made = chapter["TinyModel"](tokenizer.n_vocab, LENGTH)
        if one_hot:
            made.embedding.token = OneHot(made.embedding.token)
        return made

    def draw() -> tuple[torch.Tensor, torch.Tensor]:
        return windows[torch.randint(len(windows), (BATCH,))]

    def train(one_hot: bool, steps: int = STEPS) -> float:
        made = model(one_hot)
        chapter["train"](made, draw, steps)
        return chapter["loss_of"](made, *windows[torch.arange(BATCH)]).item()

    train(False, 1)  # torch's optimizer imports much at its first step
    losses, times = take_turns(
        {"lookup": partial(train, False), "one-hot": partial(train, True)}, ROUNDS
    )
    assert abs(losses["lookup"][0] - losses["one-hot"][0]) < 0.01
    bytes_used = {
        "lookup": step_peak(model(False), chapter, draw),
        "one-hot": step_peak(model(True), chapter, draw),
    }
    return rows(
        f"training: {STEPS} steps of {BATCH} x {LENGTH} tokens, table {tokenizer.n_vocab} x 64",
        times,
        bytes_used,
        STEPS * BATCH * LENGTH,
    )


def step_peak(model: nn.Module, chapter: dict, draw: Callable) -> int:
    """The most bytes in use for the loss of one batch and its gradients."""
    batch = draw()

    def step() -> None:
        chapter["loss_of"](model, *batch).backward()
        model.zero_grad()

    return peak(step)


def rows(
    task: str, times: dict[str, list[float]], bytes_used: dict[str, int], tokens: int
) -> list[list[str]]:
    """Rows of the table: lookup first, to which one-hot is compared."""
    first = times["lookup"]
    return [
        [
            task if way == "lookup" else "",
            way,
            f"{median(taken) * 1e3:,.3f}",
            f"{tokens / median(taken):,.0f}",
            f"{median(a / b for a, b in zip(taken, first, strict=True)):,.2f}",
            f"{bytes_used[way] / 1e6:,.2f}",
            f"{bytes_used[way] / bytes_used['lookup']:,.1f}",
        ]
        for way, taken in times.items()
    ]


def main() -> None:
    """Measure all and print the table."""
    torch.set_num_threads(1)
    torch.manual_seed(123)
    table = markdown(
        [
            "task",
            "way",
            "CPU ms",
            "tokens a CPU second",
            "times as long",
            "most memory, MB",
            "times as much",
        ],
        [*(row for dim in WIDTHS for row in reading(dim)), *training()],
        left=2,
    )
    print(f"{machine('torch', 'numpy')}; medians of {ROUNDS} rounds\n\n{table}")


if __name__ == "__main__":
    main()
