"""Token files: ids on disk, two bytes each, and how many there must be (helpers/windows.py)."""

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import numpy as np

from ..bpe import gpt2_tokenizer
from ..progress import progress
from .doors import a_path, documents_of, whole_number


def write_tokens(
    documents: str | Iterable[str], path: str | os.PathLike, tokenizer=None, bar: bool = True
) -> int:
    """Encode documents into a file of uint16 ids, the end-of-text id after each; return how many.

    Of an iterable, no more than one document is in memory at a time. bar: show progress.
    The file holds nothing but ids, so numpy.fromfile reads it too. How many there must be stands in
    a second file, `path` with .json added. The old files stay until the new ones are written.
    """
    tokenizer = tokenizer or gpt2_tokenizer()
    if tokenizer.n_vocab > 65_536:
        raise ValueError(
            f"The tokenizer has {tokenizer.n_vocab} ids; a token file holds ids up to 65,535. "
            "Use a tokenizer with a smaller vocabulary, such as GPT-2's."
        )
    path = a_path(path)
    files = [path, Path(f"{path}.json")]
    parts = [file.with_name(f"{file.name}.{os.getpid()}.part") for file in files]
    try:
        n_tokens = _encode_to(parts[0], documents, tokenizer, bar)
        parts[1].write_text(json.dumps({"n_tokens": n_tokens}))
        # The ids go first: in between, read_tokens sees a number that doesn't fit, or none.
        os.replace(parts[0], files[0])
        os.replace(parts[1], files[1])
    finally:
        for part in parts:
            part.unlink(missing_ok=True)
    return n_tokens


def _encode_to(path: Path, documents: str | Iterable[str], tokenizer, bar: bool) -> int:
    if isinstance(documents, (str, list, tuple)):
        documents = list(documents_of(documents))
        if sum(map(len, documents)) < 1_000_000:
            bar = False  # it would be over before it is seen
    else:
        documents = documents_of(documents)
    n_tokens = 0
    with open(path, "wb") as file:
        for document in progress(documents, desc="Encoding documents", disable=not bar):
            # Only ever whole documents: the tokens of pieces are not the tokens of the whole.
            ids = tokenizer.encode_ordinary(document) + [tokenizer.eot_token]
            n_tokens += file.write(np.array(ids, dtype="<u2")) // 2
    if n_tokens == 0:
        raise ValueError("Got no document; expected a text or several. Pass at least one.")
    return n_tokens


def read_tokens(path: str | os.PathLike, n_tokens: int | None = None) -> np.ndarray:
    """Map a token file into memory: uint16 [number of tokens], read from disk where it is used.

    n_tokens: how many there must be, for a file of another program; by default, what write_tokens
    wrote beside it. ValueError for a file that is missing, empty, cut off or too long.
    """
    path, beside = a_path(path), Path(f"{path}.json")
    if n_tokens is None:
        with suppress(OSError, ValueError, LookupError, TypeError, RecursionError):  # stays unknown
            n_tokens = whole_number(json.loads(beside.read_text("utf-8"))["n_tokens"], "n_tokens")
    size, came = 0, "is missing"
    if path.exists():
        size = path.stat().st_size
        came = f"has {size:,} bytes" if size else "is empty"
    if size % 2 == 1:
        came += ", cut off in the middle of a token"
    if size == 0 or n_tokens is None or size != 2 * n_tokens:
        wanted = "at least one token of two bytes"
        if n_tokens is not None:
            wanted = f"{n_tokens:,} tokens of two bytes each"
        elif size > 0:
            wanted = (
                f"{beside.name} beside it, which says how many tokens there must be, or n_tokens"
            )
        advice = "Write the whole file again with write_tokens."
        raise ValueError(f"{path.name} {came}; expected {wanted}. {advice}")
    # Mode "c" (copy on write) never writes to the file, and torch takes it without a warning.
    return np.memmap(path, dtype="<u2", mode="c")
