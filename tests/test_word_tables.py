"""The tables that the course knows by name: two joined, kept and verified, or all rows fetched."""

import gzip
import hashlib
import http.server
import json
import shutil
import tempfile
import threading
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from helpers import vectors as v
from helpers.backstage import downloads, word_tables

KeyedVectors = pytest.importorskip("gensim.models", reason="the reference").KeyedVectors
store = pytest.importorskip("gensim.downloader")


@pytest.fixture
def kept(monkeypatch, tmp_path):
    """An empty DOWNLOADS of the test's own that fetches from the real one."""
    real = {
        name: downloads.DOWNLOADS / f"{name}"
        for name in ("google-news-bolukbasi.bin", "google-news-lengths.kv")
    }
    monkeypatch.setattr(downloads, "fetch", real.__getitem__)
    monkeypatch.setattr(downloads, "DOWNLOADS", tmp_path / "downloads")
    downloads.DOWNLOADS.mkdir()
    return downloads.DOWNLOADS


# The two tables that are joined


def test_lengths_are_recovered():
    """Half of the known words from the other half: all significands, nearly all powers of 2."""
    try:
        (words, unit), full = word_tables.two_tables()
    except downloads.MissingDataError as error:
        pytest.skip(str(error))
    known = [i for i, word in enumerate(words) if word in full]
    originals = np.array([full[words[i]] for i in known])
    assert len(known) == 7906
    rows = word_tables.original_rows(unit, known[::2], originals[::2])[known[1::2]]
    ratio = rows / originals[1::2]
    assert set(np.unique(ratio)) <= {0.5, 1, 2} and (ratio == 1).all(axis=1).sum() >= len(ratio) - 8


# Kept arrays


@pytest.fixture
def quick(monkeypatch):
    """The join of two tables without its seconds."""
    calls = []
    monkeypatch.setattr(
        word_tables,
        "join_tables",
        lambda: calls.append(1) or (["a", "b", "ü_ #"], 1 + np.eye(3, 2, dtype="f")),
    )
    monkeypatch.setitem(word_tables.SHAPES, v.SMALL, (3, 2))
    return calls


@pytest.mark.parametrize(
    "name, harm",
    [
        ("vectors.npy", lambda p: p.write_bytes(p.read_bytes()[:-4])),
        ("vectors.npy", lambda p: p.write_bytes(b"")),
        ("vectors.npy", lambda p: p.unlink()),
        ("words.json", lambda p: p.write_text('["a", "b"]')),
        ("words.json", lambda p: p.write_text('["a", "b')),
        ("words.json", lambda p: p.write_bytes(b"\xff")),
        ("words.json", lambda p: p.write_text("7")),
        ("words.json", lambda p: p.write_text('["a", "b", null]')),
        ("words.json", lambda p: p.write_text('["a", "b", "a"]')),
        ("words.json", lambda p: p.write_text("[" * 100_000)),
        ("vectors.npy", lambda p: np.save(p, np.full((3, 2), np.nan, np.float32))),
        ("vectors.npy", lambda p: np.save(p, np.full((3, 2), np.inf, np.float32))),
        ("vectors.npy", lambda p: np.save(p, np.zeros((3, 2), np.float32))),
        ("vectors.npy", lambda p: p.write_bytes(p.read_bytes()[:-8] + bytes(8))),
        ("vectors.npy", lambda p: np.save(p, np.ones((3, 1), np.float32))),
        ("vectors.npy", lambda p: np.save(p, np.ones((3, 2)))),
        ("vectors.npy", lambda p: np.save(p, np.array([["1", "2"]] * 3))),
    ],
)
def test_damaged_arrays_are_made_anew(kept, quick, name, harm):
    assert (
        v.load_word_vectors().index_to_key
        == v.load_word_vectors().index_to_key
        == ["a", "b", "ü_ #"]
    )
    assert len(quick) == 1
    harm(kept / v.SMALL / name)
    assert np.array_equal(v.load_word_vectors()["b"], [1, 2]) and len(quick) == 2
    assert np.array_equal(v.load_word_vectors()["b"], [1, 2]) and len(quick) == 2
    assert [path.name for path in kept.iterdir()] == [v.SMALL]


def test_no_room_to_keep_the_arrays(kept, quick, monkeypatch):
    monkeypatch.setattr(np, "save", lambda *_: (_ for _ in ()).throw(OSError(28, "no space left")))
    assert len(v.load_word_vectors()) == 3 and not list(kept.iterdir())


def test_the_small_table_is_joined_from_what_gensim_reads_in_its_files():
    try:
        path = downloads.fetch("google-news-bolukbasi.bin")
    except downloads.MissingDataError as error:
        pytest.skip(str(error))
    (words, rows), _ = word_tables.two_tables()
    gensims = KeyedVectors.load_word2vec_format(path, binary=True)
    assert words == gensims.index_to_key and np.array_equal(rows, gensims.vectors)


# The full table, by a small stand-in in gensim's own layout on this machine


@pytest.fixture
def promised():
    """How many bytes `server` falsely says a file has, by its name."""
    return {}


@pytest.fixture
def server(tiny, tmp_path, monkeypatch, kept, promised):
    """Serves what gensim-data does, with the six words of `tiny` under the full table's name."""
    folder = tmp_path / "site" / v.FULL
    folder.mkdir(parents=True)
    data = gzip.compress((tmp_path / "tiny.bin").read_bytes())
    (folder / f"{v.FULL}.gz").write_bytes(data)
    (folder / "__init__.py").write_text("raise RuntimeError('what is downloaded must not be run')")
    facts = {"checksum": hashlib.md5(data).hexdigest(), "parts": 1, "file_name": f"{v.FULL}.gz"}
    (folder.parent / "list.json").write_text(json.dumps({"corpora": {}, "models": {v.FULL: facts}}))

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def send_header(self, name, value):
            lie = promised.get(self.path.split("/")[-1]) if name == "Content-Length" else None
            super().send_header(name, lie or value)

    site = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(Quiet, directory=folder.parent)
    )
    threading.Thread(target=site.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{site.server_port}"
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(store._load_info, "__defaults__", (f"{address}/list.json", "utf-8"))
    monkeypatch.setattr(store, "DOWNLOAD_BASE_URL", address)
    monkeypatch.setattr(store, "BASE_DIR", str(tmp_path / "gensim-data"))
    monkeypatch.setitem(word_tables.SHAPES, v.FULL, (6, 2))
    _disk(monkeypatch, 10)
    yield folder
    site.shutdown()
    site.server_close()


@pytest.fixture
def scratch(tmp_path, monkeypatch):
    """An empty folder for temporary files, the test's own."""
    (folder := tmp_path / "scratch").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def _disk(monkeypatch, gigabytes):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=gigabytes * 1e9))


def test_full_table(server, tiny, tmp_path, kept):
    first = v.load_word_vectors(v.FULL)
    assert first.index_to_key == tiny.index_to_key and np.array_equal(first.vectors, tiny.vectors)
    shutil.rmtree(server)  # from here on nothing can be fetched
    shutil.rmtree(tmp_path / "gensim-data")  # and gensim's copy is not needed
    second = v.load_word_vectors(v.FULL)
    assert isinstance(second.vectors.base, np.memmap) and second.most_similar(
        "one"
    ) == tiny.most_similar("one")


def test_an_interrupted_download_of_the_full_table(
    server, promised, quick, tmp_path, kept, scratch
):
    """Cut, damaged on the way, or killed before: the next try starts anew, other tables stay."""
    v.load_word_vectors()
    (tmp_path / "gensim-data" / f"{v.FULL}_tmp").mkdir(
        parents=True
    )  # what a try that was killed leaves
    archive = server / f"{v.FULL}.gz"
    whole = archive.read_bytes()
    archive.write_bytes(whole[:50])
    for size, said in ((len(whole), "only 50 out of"), (50, "Checksum")):
        promised[archive.name] = size
        with pytest.raises(
            downloads.MissingDataError,
            match=f"can't be fetched.*{said}(.|\n)*Expected: 1.66 GB(.|\n)*What to do: .*again",
        ):
            v.load_word_vectors(v.FULL)
        assert [path.name for path in kept.iterdir()] == [v.SMALL] and len(
            v.load_word_vectors()
        ) == 3
        assert not list(scratch.iterdir()), "a part of 1.66 GB would lie there for good"
    archive.write_bytes(whole)
    promised.clear()
    assert len(v.load_word_vectors(v.FULL)) == 6 and len(quick) == 1


def test_a_download_of_the_full_table_that_the_learner_stops(server, kept, monkeypatch, scratch):
    def stopped(address, path, reporthook=None):
        Path(path).write_bytes(b"a part")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(store.urllib, "urlretrieve", stopped)
        v.load_word_vectors(v.FULL)
    assert not list(kept.iterdir()) and not list(scratch.iterdir())
    assert len(v.load_word_vectors(v.FULL)) == 6


def test_full_table_without_a_network(server, tmp_path, kept, monkeypatch, capfd):
    monkeypatch.setattr(store._load_info, "__defaults__", ("http://127.0.0.1:9/list.json", "utf-8"))
    with pytest.raises(downloads.MissingDataError, match="google-news-small"):
        v.load_word_vectors(v.FULL)
    assert "Traceback" not in capfd.readouterr().err


def test_full_table_on_a_small_disk(server, kept, monkeypatch):
    _disk(monkeypatch, 2)
    with pytest.raises(OSError, match=r"has 2\.0 GB free.* needs 5\.6 GB there.*COURSE_DOWNLOADS"):
        v.load_word_vectors(v.FULL)
