"""Windows against others' ways of cutting them: `python -m tests.benchmarks.windows`.

Each size is measured in a process of its own, all ways side by side on the same random ids, with
one thread. Times are CPU times. A round takes some batches of every way in turn; the table gives
the medians of the rounds. Without an argument the table is also written to
notebooks/teaching/windows_benchmark.md, where teachers find it.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import process_time

import numpy as np
import psutil
import torch
from torch.utils.data import DataLoader

from helpers.backstage.downloads import ROOT
from helpers.windows import WindowDataset, create_dataloader_v1
from tests.benchmarks.table import machine, markdown
from tests.tools.books import BookDataset, token_file

REPORT = ROOT / "notebooks" / "teaching" / "windows_benchmark.md"
TOKENS = (1_000_000, 10_000_000)
LENGTHS = (4, 256, 1024)  # the stride is as long as the window
BATCH = 64
ROUNDS = 15

WAYS = {  # key in the results -> its heading in the table
    "memcpy": "memcpy",
    "gather": "gather",
    "loader": "our loader",
    "file": "our loader, file",
    "list": "list of tensors",
    "nanogpt": "get_batch, file",
}


def get_batch(path: Path, max_length: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The way of nanoGPT's train.py: map the file anew, draw starts, widen and stack windows."""
    ids = np.memmap(path, dtype=np.uint16, mode="r")
    starts = torch.randint(len(ids) - max_length, (BATCH,)).tolist()
    wide = [
        [torch.from_numpy(ids[i + shift : i + shift + max_length].astype(np.int64)) for i in starts]
        for shift in (0, 1)
    ]
    return torch.stack(wide[0]), torch.stack(wide[1])


def memcpy(row: torch.Tensor, max_length: int) -> Iterator:
    """The floor: only copy the bytes of a batch, in one piece from somewhere in the ids."""
    size = BATCH * max_length
    starts = torch.randint(len(row) - size, (1000,)).tolist()
    while True:
        for start in starts:
            yield row[start : start + size].clone(), row[start + 1 : start + 1 + size].clone()


def gather(dataset: WindowDataset) -> Iterator:
    """Shuffled batches of our dataset without a DataLoader."""
    while True:
        for indices in torch.randperm(len(dataset)).split(BATCH)[:-1]:
            yield dataset[indices.tolist()]


def epochs(loader: DataLoader) -> Iterator:
    """The batches of a loader, epoch after epoch."""
    while True:
        yield from loader


def cost(act) -> tuple[object, float, int]:
    """What act() gives, the CPU seconds it took, and the bytes by which resident memory grew."""
    gc.collect()
    memory, start = psutil.Process().memory_info().rss, process_time()
    result = act()
    return result, process_time() - start, psutil.Process().memory_info().rss - memory


def measure(n_tokens: int, max_length: int) -> dict[str, float]:
    """All figures of one size: seconds and bytes of building, seconds a batch."""
    torch.set_num_threads(1)
    row = torch.from_numpy(np.random.default_rng(0).integers(50_257, size=n_tokens))
    found: dict[str, float] = {}
    WindowDataset(row[:5000], max_length, max_length)  # what a first call loads is not counted
    builds = [cost(lambda: WindowDataset(row, max_length, max_length)) for _ in range(ROUNDS)]
    found["build"], found["bytes"] = median(b[1] for b in builds), max(0, builds[0][2])
    del builds
    token_ids = row.tolist()
    kept, found["build from list"], found["bytes from list"] = cost(
        lambda: WindowDataset(token_ids, max_length, max_length)
    )
    del kept
    book, found["build list"], found["bytes list"] = cost(
        lambda: BookDataset(token_ids, max_length, max_length)
    )
    token_ids = None  # gives its memory back

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = Path(folder, "tokens.bin")
        token_file(path, n_tokens)[:] = row
        size = {"batch_size": BATCH, "max_length": max_length, "stride": max_length}
        ways = {
            "memcpy": memcpy(row, max_length),
            "gather": gather(WindowDataset(row, max_length, max_length)),
            "loader": epochs(create_dataloader_v1(row, **size)),
            "file": epochs(create_dataloader_v1(path, **size)),
            "list": epochs(DataLoader(book, BATCH, shuffle=True, drop_last=True)),
            "nanogpt": iter(lambda: get_batch(path, max_length), None),
        }
        found |= compare(ways)
        ways.clear()
    return found


def compare(ways: dict[str, Iterator], rounds: int = ROUNDS) -> dict[str, float]:
    """Seconds of CPU time a batch of each way, in turns, and how they compare."""
    times: dict[str, list[float]] = {way: [] for way in ways}
    for turn in range(rounds + 1):
        for way, batches in ways.items():
            start = process_time()
            for _ in range(100):
                batch = next(batches)  # as in training, the last one lives until the next is there
            if turn:  # the first round warms up
                times[way].append((process_time() - start) / 100)
            del batch
    # Ratios are taken within a round, where both sides met the same machine.
    return {way: median(taken) for way, taken in times.items()} | {
        f"{over}/{under}": median(a / b for a, b in zip(times[over], times[under], strict=True))
        for over, under in (("loader", "memcpy"), ("list", "loader"))
    }


def tables(results: dict[tuple[int, int], dict[str, float]]) -> str:
    """The results as Markdown."""

    def size(key):
        return [f"{key[0] // 1_000_000}M", str(key[1])]

    building = markdown(
        [
            "tokens",
            "L",
            "views, ms",
            "list of tensors, ms",
            "times",
            "views, MB",
            "list of tensors, MB",
        ],
        [
            [
                *size(key),
                f"{found['build'] * 1e3:.2f}",
                f"{found['build list'] * 1e3:,.0f}",
                f"{found['build list'] / found['build']:,.0f}",
                f"{found['bytes'] / 1e6:,.0f}",
                f"{found['bytes list'] / 1e6:,.0f}",
            ]
            for key, found in results.items()
        ],
    )
    lists = markdown(
        [
            "tokens",
            "L",
            "from a Python list, ms",
            "list of tensors' time / ours",
            "MB added",
            "times the bytes of the ids",
        ],
        [
            [
                *size(key),
                f"{found['build from list'] * 1e3:,.0f}",
                f"{found['build list'] / found['build from list']:,.0f}",
                f"{found['bytes from list'] / 1e6:,.0f}",
                f"{found['bytes from list'] / (8 * key[0]):.2f}",
            ]
            for key, found in results.items()
        ],
    )
    speed = markdown(
        [
            "tokens",
            "L",
            *WAYS.values(),
            "our loader's time / memcpy's",
            "list's time / our loader's",
        ],
        [
            [
                *size(key),
                *(f"{1 / found[way]:,.0f}" for way in WAYS),
                f"{found['loader/memcpy']:.1f}",
                f"{found['list/loader']:.1f}",
            ]
            for key, found in results.items()
        ],
    )
    return f"""# How fast are views? A benchmark of chapter 4

Written by `python -m tests.benchmarks.windows`: run it to get the figures for your own machine.
These are from {machine("torch", "numpy")}.
L is max_length, and the stride equals it. A batch has {BATCH} windows. All times are CPU times, with
one thread; batches were measured in {ROUNDS} rounds, each of which takes 100 by each method in
turn, and the medians are shown.

## Building

`WindowDataset` over a tensor of ids, and the loop that copies each window of a Python list of ids
into a tensor of its own. MB is how much resident memory grew.

{building}

From the same Python list, `WindowDataset` must look at each number once, to make it a tensor of
eight bytes a token. That is most of the time, and no view can avoid it:

{lists}

## Shuffled batches a second

- **memcpy**: only copies the bytes of a batch, in one piece, to new memory. No method can be faster.
- **gather**: our dataset's batches of shuffled windows, without a DataLoader
- **our loader**: `create_dataloader_v1`, shuffling, over a tensor; **file**: over a token file
- **list of tensors**: an ordinary DataLoader over the lists that the loop built
- **get_batch, file**: as nanoGPT's train.py does it, over the same token file, with starts drawn
  at random

{speed}

The last two columns compare CPU times within each round and take the median. With windows of 4
tokens a batch has 4 KB, and what the DataLoader itself does for a batch takes most of the time.
With a million tokens in windows of 1024, an epoch has 15 batches, so beginning one counts too, for the
list of tensors as for ours.
"""


def main(arguments: list[str]) -> None:
    """Measure each size in a process of its own, then print and write the tables."""
    if len(arguments) == 2:  # one size: its figures as JSON
        print(json.dumps(measure(int(arguments[0]), int(arguments[1]))))
        return
    results = {}
    for n_tokens in map(int, arguments) if arguments else TOKENS:
        for max_length in LENGTHS:
            print(f"{n_tokens:,} tokens, L {max_length}", file=sys.stderr, flush=True)
            command = [
                sys.executable,
                "-m",
                "tests.benchmarks.windows",
                str(n_tokens),
                str(max_length),
            ]
            output = subprocess.run(
                command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
            ).stdout
            results[n_tokens, max_length] = json.loads(output)
    text = tables(results)
    print(text)
    if not arguments:
        REPORT.parent.mkdir(exist_ok=True)
        REPORT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
