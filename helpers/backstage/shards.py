"""Shards: the same tokens, windows and vocabulary for a text that one machine can't hold (chapter 9).

A corpus is a list of documents, cut into parts. Each part becomes a token file of its own, a shard, made by whoever
is free: this process, or the workers of a cluster. A part's tokens depend on nothing but its documents, so the shards
are the same bytes for any number of workers, in any order, and after a worker has died.

`client` is a dask.distributed.Client (see `connect`). All that is asked of it is `map` and `gather`.
"""
from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import Dataset, Sampler

from ..bpe import BytePairTokenizer
from .downloads import file_hash, progress, write_whole
from ..windows import RandomOrder, count_windows, gpt2_tokenizer, read_tokens, write_tokens

INDEX = "index.json"


def dask():
    """The module dask.distributed; an ImportError that says what to do where it is not installed."""
    try:
        import distributed
    except ImportError:
        raise ImportError("Dask is not installed; chapter 9 needs it (the other chapters do not). In the course's "
                          "folder, run: python -m pip install -r notebooks/09-requirements.txt") from None
    return distributed


def connect(address: str | None = None, workers: int = 2):
    """A Dask client: of the cluster at `address`, or of a new one on this machine, with `workers` processes."""
    if address:
        return dask().Client(address)
    cluster = dask().LocalCluster(n_workers=0, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0",
                                  silence_logs="CRITICAL")     # a worker's death is told by what comes after it
    client = dask().Client(cluster)
    cluster.scale(workers)
    for number in progress(range(workers), desc="Starting workers"):
        client.wait_for_workers(number + 1, timeout=60)
    return client


# ---- writing ---------------------------------------------------------------------------------------


def parts_of(documents: Sequence[str | Path], per_part: int) -> list[Sequence[str | Path]]:
    """Cut a list of documents into parts of `per_part`; the last one may be shorter.

    >>> parts_of(["a", "b", "c"], 2)
    [['a', 'b'], ['c']]
    """
    if per_part < 1:
        raise ValueError(f"per_part is {per_part}; a part needs at least 1 document. Choose 1 or more.")
    return [documents[first:first + per_part] for first in range(0, len(documents), per_part)]


def write_shards(documents: Sequence[str | Path], folder: str | Path, per_part: int = 100, client=None) -> dict:
    """Encode documents with GPT-2's tokenizer into shards of `per_part` documents; return the index.

    documents: texts, or paths of UTF-8 text files, which the workers read themselves: every machine must then see the
    files and `folder`. What an interrupted run left whole is kept and not made again. The index is written last.
    """
    folder, parts = Path(folder), parts_of(documents, per_part)
    if not parts:
        raise ValueError("No document came; expected is a list of texts or paths. Pass at least one.")
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder.resolve() / f"shard-{number:05}.bin" for number in range(len(parts))]
    index = {"tokenizer": "gpt2", "shards": _each(make_shard, parts, paths, client=client, desc="Writing shards")}
    write_whole(folder / INDEX, json.dumps(index))
    for left in set(folder.resolve().glob("shard-*")) - {*paths, *map(_record_path, paths)}:
        left.unlink()       # of workers that died, and of an earlier, longer corpus
    return index


def make_shard(documents: Sequence[str | Path], path: Path) -> dict:
    """Encode documents into one shard and return its record; what is there already, whole, is kept.

    The record: name, n_tokens, sha256 of the file, source (sha256 of the documents), ends (behind which token each
    document ends). It is kept beside the shard, where `read_tokens` looks for the number of tokens.
    """
    digest = hashlib.sha256()
    for text in _texts(documents):
        raw = text.encode("utf-8", "surrogatepass")
        digest.update(b"%d\n%b" % (len(raw), raw))
    source = digest.hexdigest()
    try:
        record = json.loads(_record_path(path).read_text("utf-8"))
        if record["source"] == source and record["sha256"] == file_hash(path):
            return record
    except (OSError, ValueError, KeyError):
        pass                # none yet, or half of one
    tokenizer = gpt2_tokenizer()
    n_tokens = write_tokens(_texts(documents), path, tokenizer, bar=False)
    ends = np.flatnonzero(read_tokens(path) == tokenizer.eot_token) + 1     # write_tokens puts it behind each document
    record = {"name": path.name, "n_tokens": n_tokens, "sha256": file_hash(path), "source": source,
              "ends": ends.tolist()}
    write_whole(_record_path(path), json.dumps(record))
    return record


def count_chunks(documents: Sequence[str | Path], per_part: int = 100, client=None) -> Counter[str]:
    """How often each chunk occurs in all documents, counted part by part, in the order of first sight.

    That is all that byte-pair training needs of a text: BytePairTokenizer.train takes it in place of one.
    """
    total: Counter[str] = Counter()
    for counts in _each(_count_part, parts_of(documents, per_part), client=client, desc="Counting chunks"):
        total.update(counts)        # in the order of the parts: ties="first" asks what was seen first
    return total


def _count_part(documents: Sequence[str | Path]) -> Counter[str]:
    return BytePairTokenizer([]).count_chunks(_texts(documents))


def _each(function, *columns, client, desc: str) -> list:
    """function of each row of the columns, in order: one after the other here, or on the client's workers."""
    if client is None:
        rows = progress(zip(*columns, strict=True), total=len(columns[0]), desc=desc)
        return [function(*row) for row in rows]
    jobs = client.map(function, *columns, pure=False)   # pure=False: a call made before is made again
    for _ in progress(dask().as_completed(jobs), total=len(jobs), desc=desc):
        pass
    return client.gather(jobs)  # what each gave, in the order of the jobs


def _texts(documents: Iterable[str | Path]) -> Iterator[str]:
    return (document.read_text("utf-8") if isinstance(document, Path) else document for document in documents)


def _record_path(path: Path) -> Path:
    return path.with_name(path.name + ".json")


# ---- reading ---------------------------------------------------------------------------------------


def check_shards(folder: str | Path) -> dict:
    """The index of a folder of shards, after all of them were read and their hashes compared."""
    path = Path(folder, INDEX)
    try:
        index = json.loads(path.read_text("utf-8"))
        shards = [(Path(folder, shard["name"]), shard["n_tokens"], shard["sha256"]) for shard in index["shards"]]
        shards[0]           # at least one
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise ValueError(f"{path.name} in {path.parent.name!r} can't be read ({type(error).__name__}); expected is "
                         "what write_shards wrote last. Run write_shards again: it keeps whole shards.") from None
    for file, n_tokens, sha256 in progress(shards, desc="Checking shards", disable=len(shards) < 50):
        came = ("is missing" if not file.exists() else
                f"has {file.stat().st_size:,} bytes" if file.stat().st_size != 2 * n_tokens else
                "" if file_hash(file) == sha256 else "was altered: its sha256 is another")
        if came:
            raise ValueError(f"{file.name} {came}; expected are {2 * n_tokens:,} bytes with the sha256 {sha256[:12]}… "
                             "Run write_shards again: it makes this shard anew.")
    return index


class ShardedWindows(Dataset):
    """The windows of all shards in a folder; item i is (inputs, targets), each int64 [max_length].

    Windows lie within documents, the end-of-text id at a document's end included as a target; with across=True they
    run through a shard from end to end. Shards are mapped into memory, never loaded. All hashes are checked first.
    """

    def __init__(self, folder: str | Path, max_length: int, stride: int, across: bool = False):
        self.folder, self.max_length, self.stride = Path(folder), max_length, stride
        shards = check_shards(folder)["shards"]
        self.names, self._open = [shard["name"] for shard in shards], {}
        ends = [[shard["n_tokens"]] if across else shard["ends"] for shard in shards]
        self._shard = np.repeat(np.arange(len(shards)), [*map(len, ends)])      # of each stretch of tokens
        self._first = np.concatenate([[0, *stretch[:-1]] for stretch in ends])
        lengths = np.concatenate(ends) - self._first
        counts = [count_windows(length, max_length, stride) for length in lengths.tolist()]
        self._until = np.cumsum(counts)                                         # windows up to each stretch's end
        if not len(self):
            raise ValueError(f"The longest document has {max(lengths)} tokens; a window of max_length {max_length} "
                             f"needs {max_length + 1}. Choose a smaller max_length, or across=True.")

    def __len__(self) -> int:
        return int(self._until[-1])

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        if not 0 <= index < len(self):
            raise IndexError(f"Window {index} was asked for; there are {len(self)}, counted from 0. Choose one.")
        at = int(np.searchsorted(self._until, index, side="right"))
        place = index - (int(self._until[at - 1]) if at else 0)
        first, name = int(self._first[at]) + place * self.stride, self.names[self._shard[at]]
        if name not in self._open:
            self._open[name] = read_tokens(self.folder / name)
        ids = torch.from_numpy(self._open[name][first:first + self.max_length + 1].astype(np.int64))
        return ids[:-1], ids[1:].clone()        # two memories: masking the one must not change the other

    def __getstate__(self) -> dict:
        """For worker processes: the maps are opened anew there."""
        return {**self.__dict__, "_open": {}}


class Order(Sampler):
    """The windows of one of several ranks, in an order of all n that is computed while it is read, never held.

    All ranks must take equally many steps. So rank r of R takes places r, r + R, r + 2R... of the epoch's order, and
    the n % R windows at its end come to nobody in this epoch; in another epoch they are others. `start`: how many
    windows of this rank are done; a run that stopped in mid-epoch goes on behind them, exactly.
    """

    def __init__(self, n: int, rank: int = 0, ranks: int = 1, seed: int = 0, epoch: int = 0, start: int = 0):
        if not 0 <= rank < ranks or not 0 <= start <= n // ranks:
            raise ValueError(f"rank {rank} of {ranks} ranks and start {start} came; expected is a rank from 0 to "
                             f"{ranks - 1} and a start from 0 to {n // max(1, ranks)}. Change them.")
        self.n, self.rank, self.ranks, self.seed, self.epoch, self.start = n, rank, ranks, seed, epoch, start

    def __len__(self) -> int:
        return self.n // self.ranks - self.start

    def __iter__(self) -> Iterator[int]:
        order = RandomOrder(self.n, torch.Generator().manual_seed(self.seed + self.epoch))
        return islice(order, self.rank + self.start * self.ranks, self.n - self.n % self.ranks, self.ranks)
