"""Files of word vectors: two joined, all rows fetched, the learner's own; what is refused."""

import gzip
import hashlib
import http.server
import json
import pickle
import shutil
import tempfile
import threading
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from gensim import downloader as store
from gensim.models import KeyedVectors

from helpers import vectors as v
from helpers.backstage import downloads, word_tables


@pytest.fixture
def tiny(tmp_path) -> KeyedVectors:
    """Six words on a circle, in a file of word2vec's binary format at tmp_path / "tiny.bin"."""
    turns = np.arange(6)[:, None] / 6 * 2 * np.pi
    rows = np.hstack([np.cos(turns), np.sin(turns)]).astype("f")
    table = v.keyed_vectors("one two three four five six".split(), rows)
    table.save_word2vec_format(tmp_path / "tiny.bin", binary=True)
    return table


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


# Kept arrays, pickles, files


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


def test_a_pickle_that_names_anything_but_arrays_and_tables_runs_none_of_it(tmp_path):
    for bad in (print, eval, np.load, SimpleNamespace, np.random.default_rng(0), Path("x")):
        path = tmp_path / "a.kv"
        path.write_bytes(pickle.dumps(bad))
        with pytest.raises(ValueError, match="it is no KeyedVectors: .*not admitted"):
            v.load_word_vectors(path)


@pytest.mark.parametrize("name", ["tiny.bin", "tiny.bin.gz", "tiny.txt", "glove.txt", "tiny.npz"])
def test_own_files(tiny, tmp_path, name):
    lines = [
        f"{word} {x} {y}\n"
        for word, (x, y) in zip(tiny.index_to_key, tiny.vectors.tolist(), strict=True)
    ]
    (tmp_path / "glove.txt").write_text("".join(lines))
    (tmp_path / "tiny.txt").write_text("6 2\n" + "".join(lines))
    (tmp_path / "tiny.bin.gz").write_bytes(gzip.compress((tmp_path / "tiny.bin").read_bytes()))
    np.savez(tmp_path / "tiny.npz", words=np.array(tiny.index_to_key), vectors=tiny.vectors)
    table = v.load_word_vectors(tmp_path / name)
    assert table.index_to_key == tiny.index_to_key and np.array_equal(table.vectors, tiny.vectors)
    assert v.load_word_vectors(str(tmp_path / name)).most_similar("one") == tiny.most_similar("one")


def test_the_first_word_of_a_binary_file_may_be_in_any_script(tmp_path):
    """Persian joins with U+200C, which is no printable character."""
    words = ["می\u200cروم", "日本", "a\xa0b"]
    table = v.keyed_vectors(words, np.eye(3, dtype=np.float32))
    table.save_word2vec_format(tmp_path / "a.bin", binary=True)
    assert v.load_word_vectors(tmp_path / "a.bin").index_to_key == words


def _refused(path, data, fault, advice):
    """A file with these bytes is refused for this fault, in three parts, and stays as it was."""
    path.write_bytes(data)
    message = f"can't be read as word vectors: {fault}.*\nExpected: .*\nWhat to do: {advice}"
    with pytest.raises(ValueError, match=message):
        v.load_word_vectors(path)
    assert path.read_bytes() == data


@pytest.mark.parametrize(
    "name, change, fault",
    [
        (
            "a.bin",
            lambda d: d.replace(b"6 2", b"6 3", 1),
            "its rows have not the 3 numbers that its first line promises",
        ),
        ("a.bin", lambda d: d.replace(b"6 2", b"6 1", 1), "its rows have not the 1 numbers"),
        (
            "a.bin.gz",
            lambda d: gzip.compress(d.replace(b"6 2", b"6 4", 1)),
            "its rows have not the 4 numbers",
        ),
        ("a.txt", lambda _: b"2 3\na 1 2 3\nb 1 2\n", "line 3 has 2 numbers where 3 are expected"),
        (
            "a.txt",
            lambda _: b"2 2\na 1 2 3\nb 1 2 3\n",
            "line 2 has 3 numbers where 2 are expected",
        ),
        (
            "glove.txt",
            lambda _: b"a 1 2 3\nb 1\nc 1 2 3\n",
            "line 2 has 1 numbers where 3 are expected",
        ),
    ],
)
def test_a_file_of_the_wrong_dimension(tiny, tmp_path, name, change, fault):
    _refused(tmp_path / name, change((tmp_path / "tiny.bin").read_bytes()), fault, "Mend the file")


@pytest.mark.parametrize(
    "name, change, fault",
    [
        ("a.bin", lambda d: d[:-3], "5 of 6 rows are whole"),
        ("a.bin", lambda d: d[:20], "1 of 6 rows are whole"),
        ("a.bin", lambda d: b"", "nothing is in it"),
        ("a.txt", lambda d: b"", "nothing is in it"),
        ("a.bin.gz", lambda d: gzip.compress(d)[:-20], "Compressed file ended"),
        (
            "a.txt",
            lambda _: b"3 2\na 1 2\nb 1 2\n",
            "its first line promises 3 rows, and 2 are there",
        ),
        ("a.txt", lambda _: b"2 2\na 1 2\nb 1", "its last line has 1 of 2 numbers"),
        ("glove.txt", lambda _: b"a 1 2 3\nb 1 2 3\nc 1 ", "its last line has 1 of 3 numbers"),
    ],
)
def test_a_file_that_is_cut_off(tiny, tmp_path, name, change, fault):
    _refused(
        tmp_path / name,
        change((tmp_path / "tiny.bin").read_bytes()),
        f"it is cut off: {fault}",
        "Fetch or copy",
    )


@pytest.mark.parametrize(
    "arrays, fault, advice",
    [
        (
            dict(words=["a", "b"], vectors=np.eye(3)),
            r"it has 2 words, and vectors of shape \(3, 3\)",
            "Mend",
        ),
        (
            dict(words=["a", "b"], vectors=np.ones(2)),
            r"it has 2 words, and vectors of shape \(2,\)",
            "Mend",
        ),
        (
            dict(words=np.array(["a", None]), vectors=np.eye(2)),
            "it has another format: Object arrays",
            "Save it",
        ),
        (
            dict(tokens=["a"], vectors=np.eye(1)),
            "it has no array words, only tokens, vectors",
            "Save it",
        ),
    ],
)
def test_arrays_that_are_no_table(tmp_path, arrays, fault, advice):
    np.savez(tmp_path / "a.npz", **arrays)
    _refused(tmp_path / "a.npz", (tmp_path / "a.npz").read_bytes(), fault, advice)


def test_files_of_another_kind(tmp_path):
    _refused(tmp_path / "photo.txt", b"\xff\xd8\xff a b c", "it has another format", "Save it")
    _refused(tmp_path / "photo.bin", b"\xff\xd8\xff a b c", "it has another format", "Save it")
    _refused(
        tmp_path / "photo.npz",
        b"\xff\xd8\xff a b c",
        "it is cut off|it has another format",
        "Fetch|Save",
    )
    for name in ("not-there.bin", "glove-no-such-table"):
        with pytest.raises(
            ValueError, match="there is no such file(.|\n)*google-news-small(.|\n)*Look for it"
        ):
            v.load_word_vectors(tmp_path / name)


# The full table, by a small stand-in in gensim's own layout on this machine


@pytest.fixture
def promised():
    """How many bytes `server` says a file has, by its name, where it lies."""
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
            match=f"could not be had.*{said}(.|\n)*Expected: 1.66 GB(.|\n)*What to do: .*again",
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
