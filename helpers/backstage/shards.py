"""Shards: the same tokens, windows and counts for a text that one machine can't hold (chapter 9).

Each part of a list of documents becomes a token file, a shard, made by whoever is free: this
process, or the workers of a dask Client. Its tokens depend on nothing but its documents, so the
shards are the same bytes whoever makes them.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import Dataset, Sampler

from .. import bpe
from ..pretrained import PUBLISHED
from ..progress import progress
from ..texts import read_text
from ..windows import count_windows
from .doors import a_path, no_path, one_text, whole_number
from .downloads import file_hash, write_whole
from .random_order import RandomOrder
from .token_files import read_tokens, write_tokens

END = PUBLISHED["gpt2"].special_tokens[bpe.END_OF_TEXT]  # stands after each document
Documents = Sequence[str | Path]  # texts, and paths of UTF-8 files


def dask():
    """The module dask.distributed, or an ImportError that says how to install it."""
    try:
        import distributed
    except ImportError:
        raise ImportError(
            "Dask is not installed; chapter 9 needs it (the other chapters do not). In the "
            "course's folder, run: python -m pip install -r notebooks/09-requirements.txt"
        ) from None
    return distributed


def connect(address: str | None = None, workers: int = 2):
    """A Dask client: of the cluster at `address`, or of a new one, which only this machine sees."""
    if address:
        return dask().Client(address)
    here = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}
    distributed = dask()
    # Dask gives up on a worker that isn't back 15 s after its death; a busy laptop needs longer.
    distributed.config["distributed"]["deploy"]["lost-worker-timeout"] = "10 minutes"
    cluster = distributed.LocalCluster(
        n_workers=0, threads_per_worker=1, silence_logs="CRITICAL", **here
    )
    client = distributed.Client(cluster)
    cluster.scale(workers)
    for number in progress(range(workers), desc="Starting workers"):
        client.wait_for_workers(number + 1, timeout=60)

    async def all_guarded():
        await cluster

    # A worker can answer before the process that would replace it is ready to do so.
    cluster.sync(all_guarded)
    return client


def hand_out(function, *columns, client=None, desc: str = "") -> list:
    """What map(function, *columns) gives, as a list: from this process, or from the workers."""
    total = len(columns[0])
    if client is None:
        return list(progress(map(function, *columns), total=total, desc=desc))
    jobs = client.map(function, *columns, pure=False)  # pure=False: run it even if it ran before
    for _ in progress(dask().as_completed(jobs), total=total, desc=desc):
        pass  # only the bar moves on
    return client.gather(jobs)  # what each gave, in the order of the jobs


def _parts(documents: Documents, per_part: int) -> list[Documents]:
    """The documents in parts of `per_part`; the last part may be shorter."""
    if isinstance(documents, (str, bytes)) or not isinstance(documents, Sequence):
        raise TypeError(
            f"The documents are of type {type(documents).__name__}; expected a list of texts and "
            "of paths (pathlib.Path). Put a single one into a list."
        )
    whole_number(per_part, "per_part", 1)
    starts = range(0, len(documents), per_part)
    return [documents[start : start + per_part] for start in starts]


def write_shards(
    documents: Documents, folder: str | Path, per_part: int = 100, client=None
) -> dict:
    """Encode documents with GPT-2's tokenizer into shards; return the index, which is written last.

    Workers read the documents and write to the folder themselves, so all machines must see both.
    What an interrupted run left whole is kept and not made again.
    """
    folder, parts = a_path(folder).resolve(), _parts(documents, per_part)
    if not parts:
        raise ValueError("Got no document; expected a list of texts or paths. Pass at least one.")
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / shard_name(number) for number in range(len(parts))]
    records = hand_out(make_shard, parts, paths, client=client, desc="Shards ready")
    index = {"tokenizer": "gpt2", "shards": records}
    write_whole(folder / "index.json", json.dumps(index))
    names = {path.name for path in paths}
    for file in list(folder.glob("shard-*")):
        if file.name.removesuffix(".json") not in names:
            file.unlink()  # of a worker that died, or of an earlier, longer corpus
    return index


def shard_name(number: int) -> str:
    """The name of a shard's file, counted from 0."""
    return f"shard-{number:05}.bin"


def make_shard(documents: Documents, path: Path) -> dict:
    """Encode documents into one shard and return its record; a whole shard of them is kept."""
    digest = hashlib.sha256()
    for text in _texts(documents):
        digest.update(json.dumps(text).encode())  # in quotes, which show where a text ends
    source, beside = digest.hexdigest(), path.with_name(path.name + ".json")
    with suppress(OSError, ValueError, RecursionError):  # no record yet, or half of one
        record = record_of(path, source)
        if json.loads(beside.read_text("utf-8")) == record:
            return record
    write_tokens(_texts(documents), path, bpe.gpt2_tokenizer(), bar=False)
    record = record_of(path, source)
    write_whole(beside, json.dumps(record))
    return record


def record_of(path: Path, source: str) -> dict:
    """What the index says of a shard: name, n_tokens, sha256 of the file, source, ends.

    source: sha256 of its documents. ends: token counts up to the end of each. The record lies
    where read_tokens looks for the number of tokens. OSError or ValueError if it isn't whole.
    """
    tokens = read_tokens(path)
    ends = np.flatnonzero(tokens == END) + 1
    record = {"name": path.name, "n_tokens": len(tokens), "sha256": file_hash(path)}
    return {**record, "source": source, "ends": ends.tolist()}


def count_chunks(documents: Documents, per_part: int = 100, client=None) -> Counter[str]:
    """How often each chunk occurs in all documents; BytePairTokenizer.train takes it too."""
    parts = _parts(documents, per_part)
    total: Counter[str] = Counter()
    # In the order of the parts, for ties="first" asks what was seen first
    for counts in hand_out(_count_part, parts, client=client, desc="Counting chunks"):
        total.update(counts)
    return total


def _count_part(documents: Documents) -> Counter[str]:
    return bpe.count_chunks(_texts(documents))


def _texts(documents: Documents) -> Iterator[str]:
    for document in documents:
        if isinstance(document, Path):
            document = read_text(document)
        one_text(document)
        no_path(document)
        yield document


def check_shards(folder: str | Path) -> dict:
    """The index of a folder of shards, after all of them were read and their hashes compared."""
    path = a_path(folder) / "index.json"
    try:
        index = json.loads(path.read_text("utf-8"))
        records = index["shards"]
        records[0]  # at least one
        for number, record in enumerate(records):
            whole_number(record["n_tokens"], "n_tokens", 1)
            if record["name"] != shard_name(number) or not isinstance(record["sha256"], str):
                raise ValueError
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise ValueError(
            f"{path.name} in {path.parent.name!r} can't be read ({type(error).__name__}); expected "
            "what write_shards wrote last. Run write_shards again: it keeps whole shards."
        ) from None
    few = len(records) < 50
    for record in progress(records, desc="Checking shards", disable=few):
        name, n_tokens, sha256 = record["name"], record["n_tokens"], record["sha256"]
        file, came = path.with_name(name), ""
        if not file.exists():
            came = "is missing"
        elif file.stat().st_size != 2 * n_tokens:
            came = f"has {file.stat().st_size:,} bytes"
        elif file_hash(file) != sha256:
            came = "was altered: its sha256 is different"
        elif record != record_of(file, record.get("source")):
            came = "does not match what index.json says about it"
        if came:
            raise ValueError(
                f"{name} {came}; expected {2 * n_tokens:,} bytes with the sha256 "
                f"{sha256[:12]}… Run write_shards again: it makes this shard again."
            )
    return index


class ShardedWindows(Dataset):
    """The windows of all shards in a folder; item i is (inputs, targets), each int64 [max_length].

    Windows lie within documents, whose end-of-text id is a target too; with across=True they run
    through a shard from end to end. Hashes are checked first, shards are mapped and never loaded.
    """

    def __init__(self, folder: str | Path, max_length: int, stride: int, across: bool = False):
        self.folder, self.max_length, self.stride = a_path(folder), max_length, stride
        # A stretch is what windows may run through: a document, or a whole shard.
        self.names, self.firsts, lengths = [], [], []
        for shard in check_shards(folder)["shards"]:
            ends = [shard["n_tokens"]] if across else shard["ends"]
            for first, end in pairwise([0, *ends]):
                self.names.append(shard["name"])
                self.firsts.append(first)
                lengths.append(end - first)
        counts = [count_windows(length, max_length, stride) for length in lengths]
        self.before = np.cumsum([0, *counts])  # how many windows stand before each stretch
        self.maps = {}  # the tokens of each shard that was asked for, by its name
        if len(self) == 0:
            stretch, other = ("shard", "") if across else ("document", ", or across=True")
            raise ValueError(
                f"The longest {stretch} has {max(lengths)} tokens; a window of max_length "
                f"{max_length} needs {max_length + 1}. Choose a smaller max_length{other}."
            )

    def __len__(self) -> int:
        return int(self.before[-1])

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        if not 0 <= index < len(self):
            raise IndexError(
                f"Window {index} was asked for; there are {len(self)}, counted from 0. Choose one."
            )
        stretch = np.searchsorted(self.before, index, side="right") - 1
        start = self.firsts[stretch] + (index - self.before[stretch]) * self.stride
        name = self.names[stretch]
        if name not in self.maps:
            self.maps[name] = read_tokens(self.folder / name)
        ids = self.maps[name][start : start + self.max_length + 1]
        ids = torch.from_numpy(ids.astype(np.int64))
        return ids[:-1], ids[1:].clone()  # two memories: masking one must not change the other

    def __getstate__(self) -> dict:
        return {**vars(self), "maps": {}}  # a worker process opens the shards anew


class Order(Sampler):
    """The windows of one of several ranks, in an order of all n that is never held in memory.

    All ranks take equally many steps. Rank r of R takes places r, r + R, r + 2R... of the epoch's
    order; the n % R windows at its end go to nobody. `start`: how many windows of this rank are
    done; a run that stopped in mid-epoch goes on after them, exactly.
    """

    def __init__(
        self, n: int, rank: int = 0, ranks: int = 1, seed: int = 0, epoch: int = 0, start: int = 0
    ):
        sizes = {"n": n, "rank": rank, "seed": seed, "epoch": epoch, "start": start}
        for name, number in sizes.items():
            whole_number(number, name)
        whole_number(ranks, "ranks", 1)
        if not 0 <= rank < ranks or not 0 <= start <= n // ranks:
            raise ValueError(
                f"rank is {rank} of {ranks}, and start is {start}; expected a rank from 0 "
                f"to {ranks - 1} and a start from 0 to {n // ranks}. Change them."
            )
        self.n, self.rank, self.ranks = n, rank, ranks
        self.seed, self.epoch, self.start = seed, epoch, start

    def __len__(self) -> int:
        return self.n // self.ranks - self.start

    def __iter__(self) -> Iterator[int]:
        chance = torch.Generator().manual_seed(self.seed + self.epoch)
        first = self.rank + self.start * self.ranks
        end = self.n - self.n % self.ranks
        return islice(RandomOrder(self.n, chance), first, end, self.ranks)
