"""Sliding windows: pairs of inputs and targets cut from one row of token ids (chapter 4).

GPTDatasetV1 and create_dataloader_v1 keep the names, arguments, defaults and results of Sebastian
Raschka's "Build a Large Language Model (From Scratch)", chapter 2.
"""

import os
import warnings
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import BatchSampler, DataLoader, Dataset, RandomSampler

from .backstage.doors import no_path, one_text, whole_number
from .backstage.random_order import RandomOrder
from .backstage.token_files import read_tokens, write_tokens  # noqa: F401
from .bpe import gpt2_tokenizer
from .chunks import LONGEST, find_chunks

HELD = 1_000_000  # windows whose order create_dataloader_v1 lets torch hold, in 48 bytes each


def count_windows(n_tokens: int, max_length: int, stride: int) -> int:
    """Number of windows that fit; the last token is in no input, for nothing comes after it.

    >>> count_windows(25, max_length=10, stride=10), count_windows(25, 10, 5)
    (2, 3)
    """
    whole_number(n_tokens, "n_tokens", 0)
    if whole_number(max_length, "max_length") < 1:
        raise ValueError(
            f"max_length is {max_length}; a window needs at least 1 token. "
            "Choose a max_length from 1 to the model's context length."
        )
    if whole_number(stride, "stride") < 1:
        raise ValueError(
            f"stride is {stride}; the window would never move on. "
            f"Choose a stride from 1 to max_length ({max_length})."
        )
    # Windows may start up to n_tokens - max_length - 1: there the last target is the last token.
    return max(0, ceil((n_tokens - max_length) / stride))


@dataclass(frozen=True)
class Coverage:
    """What a choice of max_length, stride and batch_size shows a model, in counts."""

    windows: int
    overlap: int  # tokens that two neighbouring windows share
    targets_seen: int  # positions whose token is a target in some window
    targets_lost: int  # of the n_tokens - 1 possible targets, those that no window asks for
    tail: int  # of those, the ones after the last target
    batches: int  # with drop_last=True
    batches_kept: int  # with drop_last=False


def coverage(n_tokens: int, max_length: int, stride: int, batch_size: int = 1) -> Coverage:
    """Count windows, overlap, targets and batches without cutting anything.

    >>> coverage(14, max_length=4, stride=4).targets_lost, coverage(14, 4, 5).targets_lost
    (1, 5)
    """
    whole_number(batch_size, "batch_size", 1)
    windows = count_windows(n_tokens, max_length, stride)
    overlap = max(0, max_length - stride)
    possible = max(0, n_tokens - 1)
    seen = last = 0
    if windows > 0:
        # The first window brings all its targets, each later one those that are new.
        seen = max_length + (windows - 1) * (max_length - overlap)
        last = max_length + (windows - 1) * stride  # position of the last target
    lost, tail = possible - seen, possible - last
    full, kept = windows // batch_size, ceil(windows / batch_size)
    return Coverage(windows, overlap, seen, lost, tail, full, kept)


class WindowDataset(Dataset):
    """All windows over one row of token ids; item i is (inputs, targets), each int64 [max_length].

    token_ids: a list, a 1-D tensor or array, or the pathlib.Path of a token file, which stays on
    disk. `input_ids` and `target_ids` hold all windows, one row each, as views that share memory.
    Items are copies; dataset[[4, 1]] copies two windows at once, each part int64 [2, max_length].
    """

    def __init__(self, token_ids, max_length: int, stride: int):
        count_windows(0, max_length, stride)  # refuses what is not a size
        self.max_length, self.stride = max_length, stride
        if isinstance(token_ids, os.PathLike):
            self.source = Path(token_ids).absolute()
        else:
            self.source = _as_row(token_ids)
        self._cut()
        seen = coverage(len(self.token_ids), max_length, stride)
        between = seen.targets_lost - seen.tail
        if between > 0:
            warnings.warn(
                f"stride {stride} is larger than max_length {max_length}, so targets between "
                f"windows are lost: {between}. Use a stride from 1 to {max_length}.",
                stacklevel=2,
            )

    def _cut(self) -> None:
        row = self.source
        if isinstance(row, Path):
            row = torch.from_numpy(read_tokens(row))
        if len(row) <= self.max_length:
            raise ValueError(
                f"The text has {len(row)} tokens; a window of max_length {self.max_length} needs "
                f"{self.max_length + 1}, one more for the last target. "
                "Use a longer text or a smaller max_length."
            )
        self.token_ids = row
        # Two views, not one of width max_length + 1: .view(-1) could not flatten its halves.
        self.input_ids = row[:-1].unfold(0, self.max_length, self.stride)
        self.target_ids = row[1:].unfold(0, self.max_length, self.stride)

    def __len__(self) -> int:
        return len(self.input_ids)

    def __getitem__(self, index) -> tuple[torch.Tensor, torch.Tensor]:
        return _copy(self.input_ids, index), _copy(self.target_ids, index)

    def __getstate__(self) -> dict:
        # To a worker process only the source travels, or a token file's path; it cuts anew there.
        views = "token_ids", "input_ids", "target_ids"
        return {name: value for name, value in vars(self).items() if name not in views}

    def __setstate__(self, state: dict) -> None:
        vars(self).update(state)
        self._cut()


def _as_row(token_ids) -> torch.Tensor:
    """Token ids as a tensor, copied only where they are a list or do not lie side by side."""
    try:
        row = token_ids.cpu() if isinstance(token_ids, torch.Tensor) else token_ids
        row = np.asarray(row)  # for a list, several times as fast as torch.tensor
        came = f", of shape {list(row.shape)} and {row.dtype}"
    except (TypeError, RuntimeError, ValueError) as error:  # such as rows of unequal lengths
        row, came = np.array(None), f" ({error})"
    if row.ndim != 1 or (len(row) > 0 and row.dtype.kind not in "iu"):
        raise ValueError(
            f"token_ids is of type {type(token_ids).__name__}{came}; expected one row of whole "
            "numbers. Pass tokenizer.encode(text), or the pathlib.Path of a token file."
        )
    return torch.from_numpy(np.ascontiguousarray(row))  # torch can't take reversed arrays


def _copy(windows: torch.Tensor, index) -> torch.Tensor:
    """One window, or those of a list of numbers, as int64 in memory of their own."""
    rows = windows.numpy()  # numpy gathers row by row; torch, id by id, takes four times as long
    if not isinstance(index, list):
        rows = rows[index].copy()
    elif windows.is_contiguous():
        rows = rows.take(index, axis=0)  # the fastest, but only where windows lie side by side
    else:
        rows = rows[index]
    return torch.from_numpy(rows.astype(np.int64, copy=False))


class GPTDatasetV1(WindowDataset):
    """The book's dataset: the windows of a text, encoded with `tokenizer`."""

    def __init__(self, txt: str, tokenizer, max_length: int, stride: int):
        one_text(txt)
        no_path(txt)
        if isinstance(tokenizer, str) or not hasattr(tokenizer, "encode"):
            raise TypeError(
                f"The tokenizer is of type {type(tokenizer).__name__}; expected one that can "
                "encode, as tiktoken's and ours can. Pass gpt2_tokenizer()."
            )
        longest = max(map(len, txt.split()), default=0)
        if longest > LONGEST // 4:  # older releases of tiktoken take minutes for such a chunk
            find_chunks(txt)  # which says so
        ids = tokenizer.encode(txt, allowed_special={"<|endoftext|>"})
        super().__init__(ids, max_length, stride)


def create_dataloader_v1(
    txt,
    batch_size: int = 4,
    max_length: int = 256,
    stride: int = 128,
    shuffle: bool = True,
    drop_last: bool = True,
    num_workers: int = 0,
    tokenizer=None,
    seed: int | None = None,
) -> DataLoader:
    """The book's loader: batches [inputs, targets], each int64 [batch_size, max_length].

    txt: a text, token ids, or the pathlib.Path of a token file. tokenizer: GPT-2's by default.
    seed: makes the shuffled order repeatable; without it torch's global generator decides. Up to
    HELD windows are shuffled as in the book, by torch's RandomSampler; more in a RandomOrder. The
    loader's own batch_size is None, since its sampler gives the numbers of whole batches.
    """
    if isinstance(txt, str):
        dataset = GPTDatasetV1(txt, tokenizer or gpt2_tokenizer(), max_length, stride)
    else:
        dataset = WindowDataset(txt, max_length, stride)
    n = len(dataset)
    if whole_number(batch_size, "batch_size") < 1 or (drop_last and batch_size > n):
        raise ValueError(
            f"batch_size is {batch_size} and the number of windows {n}, so there is no full batch."
            f" Use a batch_size from 1 to {n}, a smaller stride or max_length, or drop_last=False."
        )
    whole_number(num_workers, "num_workers", 0)
    generator = None
    if seed is not None:
        generator = torch.Generator().manual_seed(whole_number(seed, "seed"))
    order = range(n)  # that of the text
    if shuffle and n <= HELD:
        order = RandomSampler(dataset, generator=generator)
    elif shuffle:
        order = RandomOrder(n, generator)
    # batch_size=None: the loader asks for all windows of a batch at once, and stacks nothing.
    batches = BatchSampler(order, batch_size, drop_last)
    return DataLoader(dataset, None, sampler=batches, num_workers=num_workers, generator=generator)
