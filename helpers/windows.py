"""Sliding windows: pairs of inputs and targets cut from one stream of token ids (chapter 4).

Windows are views, not copies: the inputs and the targets of all windows are two `unfold`s of one tensor,
the second one token further on. GPTDatasetV1 and create_dataloader_v1 keep the names, arguments, defaults
and results of Sebastian Raschka's "Build a Large Language Model (From Scratch)", chapter 2.
"""
from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Sampler
from torch.utils.data._utils.collate import default_collate_fn_map

from .chunks import GPT2_PATTERN, LONGEST, Cutter, valid
from .backstage.downloads import gpt2_files, progress

HELD = 1_000_000        # windows whose order create_dataloader_v1 lets torch hold, in 48 bytes each


def count_windows(n_tokens: int, max_length: int, stride: int) -> int:
    """Number of windows that fit: max(0, ceil((n_tokens - max_length) / stride)).

    The last token of a text is never part of an input: it has no successor to be the target.

    >>> count_windows(25, max_length=10, stride=10), count_windows(25, 10, 5)
    (2, 3)
    """
    if max_length < 1:
        raise ValueError(f"max_length is {max_length}; a window needs at least 1 token. "
                         "Choose a max_length from 1 to the model's context length.")
    if stride < 1:
        raise ValueError(f"stride is {stride}; the window would never move on. "
                         f"Choose a stride from 1 to max_length ({max_length}).")
    return max(0, -(-(n_tokens - max_length) // stride))


@dataclass(frozen=True)
class Coverage:
    """What a choice of max_length, stride and batch_size shows a model, in counts."""

    windows: int
    overlap: int            # tokens that two neighbouring windows share
    targets_seen: int       # different tokens that are a target in some window
    targets_lost: int       # of the n_tokens - 1 possible targets, those that no window asks for
    tail: int               # of those, the ones behind the last target
    batches: int            # with drop_last=True
    batches_kept: int       # with drop_last=False


def coverage(n_tokens: int, max_length: int, stride: int, batch_size: int = 1) -> Coverage:
    """Count windows, overlap, targets and batches without cutting anything.

    >>> coverage(14, max_length=4, stride=4).targets_lost, coverage(14, 4, 5).targets_lost
    (1, 5)
    """
    n, possible = count_windows(n_tokens, max_length, stride), max(0, n_tokens - 1)
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}; a batch needs at least 1 window. Choose 1 or more.")
    seen = (n - 1) * min(stride, max_length) + max_length if n else 0
    tail = possible - ((n - 1) * stride + max_length) if n else possible
    return Coverage(n, max(0, max_length - stride), seen, possible - seen, tail,
                    n // batch_size, -(-n // batch_size))


class WindowDataset(Dataset):
    """All windows over one row of token ids; item i is (inputs, targets), each int64 [max_length].

    token_ids: a list, a 1-D tensor or array, or the pathlib.Path of a token file (see write_tokens), which
    stays on disk and is mapped into memory. `input_ids` and `target_ids` hold all windows, one row each; of
    a token file they are raw int16, where large ids are negative: take the items, which are right.
    Neighbouring windows share memory: change a copy, not an item.
    """

    def __init__(self, token_ids, max_length: int, stride: int):
        self.path = Path(token_ids).absolute() if isinstance(token_ids, os.PathLike) else None
        self.max_length, self.stride = max_length, stride
        count_windows(0, max_length, stride)        # refuses what is no size
        self._cut(token_ids)
        if len(self) == 0:
            raise ValueError(f"The text has {len(self.token_ids)} tokens; a window of max_length {max_length} needs "
                             f"{max_length + 1}, one more for the last target. Use a longer text or a smaller "
                             "max_length.")
        if stride > max_length:
            lost = coverage(len(self.token_ids), max_length, stride).targets_lost
            warnings.warn(f"stride {stride} is larger than max_length {max_length}, so {lost} tokens are never a "
                          f"target. Use a stride from 1 to {max_length}.", stacklevel=2)

    def _cut(self, token_ids) -> None:
        if self.path:       # torch's uint16 has few operations: torch sees the file as int16, numpy reads uint16
            row = read_tokens(self.path).view(np.int16)
        else:
            try:            # numpy turns a list into an array in an eighth of torch's time
                row = np.asarray(token_ids.cpu() if isinstance(token_ids, torch.Tensor) else token_ids)
                what = f"of shape {list(row.shape)} and {row.dtype}"
            except (TypeError, RuntimeError, ValueError) as error:
                row, what = np.array(None), f"({error})"
            if row.ndim != 1 or (len(row) and row.dtype.kind not in "iu"):
                raise ValueError(f"token_ids is a {type(token_ids).__name__} {what}; expected is one row of whole "
                                 "numbers. Pass tokenizer.encode(text), or the pathlib.Path of a token file.")
        self.token_ids = row = torch.from_numpy(row)
        # Two views, not one of width max_length + 1: the halves of that could not be flattened by .view(-1).
        self.input_ids, self.target_ids = (
            ids.unfold(0, self.max_length, self.stride) if len(row) > self.max_length
            else ids.new_empty((0, self.max_length)) for ids in (row[:-1], row[1:]))
        arrays = self.input_ids.numpy(), self.target_ids.numpy()
        self._arrays = tuple(ids.view(np.uint16) for ids in arrays) if self.path else arrays

    def __len__(self) -> int:
        return len(self.input_ids)

    def __getitem__(self, index):
        return tuple(torch.from_numpy(ids[index].astype(np.int64, copy=False)) for ids in self._arrays)

    def __getitems__(self, indices: list[int]) -> _Batch:
        """A whole batch at once: DataLoader asks for it where a dataset has this method."""
        # numpy gathers row by row, in one thread; torch's input_ids[rows] goes id by id and takes three times as long.
        # take is faster still, where windows lie side by side (stride = max_length); elsewhere it would copy them all.
        rows = np.asarray(indices)
        parts = (ids.take(rows, 0) if ids.flags.c_contiguous else ids[rows] for ids in self._arrays)
        return _Batch(*(torch.from_numpy(part.astype(np.int64, copy=False)) for part in parts))

    def __getstate__(self):
        """For worker processes: views are cut anew there, and of a token file only the path travels."""
        views = {"input_ids", "target_ids", "_arrays"} | ({"token_ids"} if self.path else set())
        return {name: value for name, value in self.__dict__.items() if name not in views}

    def __setstate__(self, state):
        self.__dict__.update(state)
        self._cut(self.path or self.token_ids)


# A plain DataLoader stacks its samples one by one, which copies a gathered batch once more and takes about
# twice the time. default_collate asks `default_collate_fn_map` for the type of a batch's first sample; a type
# of our own there, the second way in default_collate's documentation, changes no other dataset's batches.
# A worker process imports this module together with the dataset, so the type is known there as well.
class _Sample(tuple):
    """(inputs, targets) of one window of a _Batch; its type tells default_collate what to do."""


class _Batch:
    """The windows of a batch, gathered in one step; it reads like a list of (inputs, targets)."""

    def __init__(self, inputs: torch.Tensor, targets: torch.Tensor):
        self.inputs, self.targets = inputs, targets

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitem__(self, index: int) -> _Sample:
        return _Sample((self.inputs[index], self.targets[index]))


def _collate(batch, *, collate_fn_map=None) -> list[torch.Tensor]:
    """What default_collate makes of (inputs, targets) samples, without copying a _Batch once more."""
    whole = isinstance(batch, _Batch)
    return [batch.inputs, batch.targets] if whole else list(map(torch.stack, zip(*batch, strict=True)))


default_collate_fn_map[_Sample] = _collate


class RandomOrder(Sampler):
    """The numbers 0 to n - 1, each once, in a random order that is computed while it is read, not held in memory.

    Each round multiplies by an odd number, adds one, and folds the upper half of the bits into the lower. All of
    this can be undone, so of the numbers with that many bits none comes twice. Those past n - 1 are left out.
    """

    def __init__(self, n: int, generator: torch.Generator | None = None):
        self.n, self.generator = n, generator

    def __len__(self) -> int:
        return self.n

    def __iter__(self) -> Iterator[int]:
        bits = max(12, (self.n - 1).bit_length())
        keys = torch.randint(1 << 62, (6, 2), generator=self.generator).tolist()
        for start in range(0, 1 << bits, 1 << 12):
            numbers = np.arange(start, start + (1 << 12), dtype=np.uint64)
            for factor, term in keys:
                numbers = (numbers * (2 * factor + 1) + term) & ((1 << bits) - 1)
                numbers ^= numbers >> (bits + 1) // 2
            yield from numbers[numbers < self.n].tolist()


class GPTDatasetV1(WindowDataset):
    """The book's dataset: the windows of a text, encoded with `tokenizer`."""

    def __init__(self, txt: str, tokenizer, max_length: int, stride: int):
        if max(map(len, txt.split()), default=0) > LONGEST // 4:     # any tokenizer would take minutes for such a chunk
            Cutter(GPT2_PATTERN).chunks(valid(txt))             # which says so
        super().__init__(tokenizer.encode(txt, allowed_special={"<|endoftext|>"}), max_length, stride)


def create_dataloader_v1(txt, batch_size: int = 4, max_length: int = 256, stride: int = 128,
                         shuffle: bool = True, drop_last: bool = True, num_workers: int = 0,
                         tokenizer=None, seed: int | None = None) -> DataLoader:
    """The book's loader: batches [inputs, targets], each int64 [batch_size, max_length].

    txt: a text, token ids, or the pathlib.Path of a token file. tokenizer: GPT-2's by default.
    seed: makes the shuffled order repeatable; without it torch's global generator decides. Up to HELD windows are
    shuffled as in the book, by torch's RandomSampler; that takes 48 bytes a window, so more come in a RandomOrder.
    """
    text = isinstance(txt, str)
    dataset = (GPTDatasetV1(txt, tokenizer or gpt2_tokenizer(), max_length, stride) if text
               else WindowDataset(txt, max_length, stride))
    if batch_size < 1 or (drop_last and batch_size > len(dataset)):
        raise ValueError(f"batch_size is {batch_size} and the number of windows {len(dataset)}, so there is no full "
                         f"batch. Use a batch_size from 1 to {len(dataset)}, a smaller stride or max_length, "
                         "or drop_last=False.")
    generator = None if seed is None else torch.Generator().manual_seed(seed)
    order = RandomOrder(len(dataset), generator) if shuffle and len(dataset) > HELD else None
    return DataLoader(dataset, batch_size, shuffle and order is None, sampler=order, drop_last=drop_last,
                      num_workers=num_workers, collate_fn=_collate, generator=generator)


def gpt2_tokenizer():
    """tiktoken's GPT-2 tokenizer, from files on this machine."""
    import tiktoken
    gpt2_files()
    return tiktoken.get_encoding("gpt2")


def write_tokens(documents: str | Iterable[str], path: str | os.PathLike, tokenizer=None, bar: bool = True) -> int:
    """Encode documents into a file of uint16 ids, the end-of-text id after each; return how many ids.

    Of an iterable, such as a generator, no more than one document is in memory at a time. A text is only ever
    cut between documents: tokens of pieces are not the tokens of the whole. bar: show progress where it may take long.

    The file holds nothing but ids, so numpy.fromfile and other programs read it too. It can't say itself where it
    should end; how many ids there must be stands in a second file, `path` with .json behind it. Both are written
    beside the old ones first, which stay until all is written. Then the ids are renamed before their number, so
    whatever happens between the two, read_tokens sees a number that doesn't fit, or none.
    """
    tokenizer = tokenizer or gpt2_tokenizer()
    if tokenizer.n_vocab > 1 << 16:
        raise ValueError(f"The tokenizer has {tokenizer.n_vocab} ids; a token file holds ids up to 65,535. "
                         "Use a tokenizer with a smaller vocabulary, such as GPT-2's.")
    documents = [documents] if isinstance(documents, str) else documents
    small = isinstance(documents, (list, tuple)) and sum(map(len, documents)) < 1_000_000
    path, count = Path(path), 0
    targets = [path, path.with_name(path.name + ".json")]
    beside = [target.with_name(f"{target.name}.{os.getpid()}.part") for target in targets]
    try:
        with open(beside[0], "wb") as file:
            for document in progress(documents, desc="Encoding documents", disable=small or not bar):
                ids = tokenizer.encode_ordinary(document) + [tokenizer.eot_token]
                count += file.write(np.array(ids, dtype="<u2").tobytes()) // 2
        if count == 0:
            raise ValueError("No document came; expected is a text or several. Pass at least one.")
        beside[1].write_text(json.dumps({"n_tokens": count}))
        for written, target in zip(beside, targets, strict=True):
            os.replace(written, target)
    finally:
        for written in beside:
            written.unlink(missing_ok=True)
    return count


def read_tokens(path: str | os.PathLike, n_tokens: int | None = None) -> np.ndarray:
    """Map a token file into memory: uint16 [number of tokens], read from disk only where it is used.

    n_tokens: how many there must be; by default, what write_tokens wrote into the file beside it. Give it for a
    file of another program. ValueError for a file that is missing, empty, cut off or too long, wherever the cut is.
    """
    path = Path(path)
    beside, size = path.with_name(path.name + ".json"), path.stat().st_size if path.exists() else None
    if n_tokens is None:
        with suppress(OSError, ValueError, KeyError, TypeError):
            n_tokens = int(json.loads(beside.read_text("utf-8"))["n_tokens"])
    if not size or size != 2 * (n_tokens or 0):
        came = "is missing" if size is None else f"has {size:,} bytes" if size else "is empty"
        came += ", cut off in the middle of a token" if size and size % 2 else ""
        wanted = (f"{n_tokens:,} tokens of two bytes each" if n_tokens is not None else
                  f"{beside.name} beside it, which says how many tokens there must be, or n_tokens" if size else
                  "at least one token of two bytes")
        raise ValueError(f"{path.name} {came}; expected is {wanted}. Write the whole file again with write_tokens.")
    # Mode "c" (copy on write) never writes to the file and spares torch's warning about read-only memory.
    return np.memmap(path, dtype="<u2", mode="c")
