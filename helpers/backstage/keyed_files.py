"""A KeyedVectors that gensim saved: its words and rows, out of a pickle that may run nothing."""

from __future__ import annotations

import pickle
from pathlib import Path
from types import SimpleNamespace
from typing import BinaryIO

import numpy as np

from .vector_checks import FETCH, SAVE, BadTable, Table


def latin_1(text: str, name: str) -> bytes:
    """The bytes of an old pickle, which holds them as text."""
    return text.encode("latin-1")


# All that a pickled table may name; gensim's classes become plain objects without methods.
ADMITTED = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("_codecs", "encode"): latin_1,
}
for part in ("numpy.core.multiarray", "numpy._core.multiarray"):
    ADMITTED[part, "_reconstruct"] = np.zeros(1).__reduce__()[0]
    ADMITTED[part, "scalar"] = np.float32(0).__reduce__()[0]
for name in ("KeyedVectors", "Word2VecKeyedVectors", "EuclideanKeyedVectors", "Vocab"):
    ADMITTED["gensim.models.keyedvectors", name] = SimpleNamespace
ADMITTED["helpers.backstage.keyed_vectors", "WordVectors"] = SimpleNamespace


class TableUnpickler(pickle.Unpickler):
    """Reads a pickle that names nothing but ADMITTED, so that no code of others can run."""

    def find_class(self, module: str, name: str):
        if (module, name) not in ADMITTED:
            fault = f"it isn't a KeyedVectors: it names {module}.{name}, which isn't allowed here"
            advice = (
                "In gensim, save its vectors with save_word2vec_format('own.bin', binary=True)."
            )
            raise BadTable(fault, advice)
        return ADMITTED[module, name]


def read_keyed(file: BinaryIO, path: Path) -> Table:
    """The words and rows of a KeyedVectors that gensim saved; large arrays lie beside it."""
    try:
        table = TableUnpickler(file, encoding="latin-1").load()
    except pickle.UnpicklingError as error:
        raise BadTable(f"it is cut off or damaged: {error}", FETCH) from error
    if not isinstance(table, SimpleNamespace):
        raise BadTable(f"it isn't a KeyedVectors, but {type(table).__name__}", SAVE)
    facts, beside = vars(table), getattr(table, "__numpys", [])
    # gensim before version 4 has other names for both.
    words = facts.get("index_to_key", facts.get("index2word"))
    name = "vectors" if "vectors" in (*facts, *beside) else "syn0"
    rows = facts.get(name)
    if rows is None and name in beside:
        ending = "npz" if path.suffix in (".gz", ".bz2") else "npy"
        lies = path.with_name(f"{path.name}.{name}.{ending}")
        if not lies.exists():
            raise BadTable(f"its rows should lie beside it, in {lies.name}", "Keep them together.")
        rows = np.load(lies, allow_pickle=False)
        rows = rows["val"] if ending == "npz" else rows
    if not isinstance(words, list) or not isinstance(rows, np.ndarray):
        raise BadTable("it isn't a KeyedVectors: it holds no words, or no rows", SAVE)
    return words, rows
