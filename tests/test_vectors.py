"""Tables of word vectors, analogies, maps and training: the values, the same answers as gensim, the messages."""

import gzip
import hashlib
import http.server
import io
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
from gensim.test.utils import datapath

from helpers import skipgram
from helpers.backstage import downloads
from helpers import vectors as v


@pytest.fixture(scope="module")
def news() -> KeyedVectors:
    """The small Google News table, or a skip that says why it is not here."""
    try:
        return v.load_word_vectors()
    except downloads.MissingDataError as error:
        pytest.skip(str(error))


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


# The table and its values


def test_table(news):
    assert (
        news.vectors.shape == (31_530, 300)
        and news.vectors.dtype == np.float32
        and len(news) == 31_530
    )
    assert (
        news.index_to_key[:5] == ["in", "for", "that", "is", "on"]
        and len(news.key_to_index) == 31_530
    )
    assert all(type(word) is str for word in news.index_to_key)
    assert not (
        news.vectors.view(np.uint32) & 0xFFFF
    ).any()  # every number is a bfloat16, as in the full table
    assert {"crown_prince", "sultan", "Paris", "France"} <= news.key_to_index.keys()
    assert (
        not {"Queen_Consort", "Computer", "com_puter", "earthworm", "Rome"}
        & news.key_to_index.keys()
    )


def test_computer(news):
    first = [
        0.107421875,
        -0.201171875,
        0.123046875,
        0.211914062,
        -0.0913085938,
        0.216796875,
        -0.131835938,
        0.0830078125,
    ]
    assert news["computer"].shape == (300,) and np.abs(news["computer"][:8] - first).max() < 1e-9
    assert (
        f"{news['computer'][61]:.8e}" == "5.02929688e-02"
    )  # in print the row breaks off at 5.02929
    found = news.most_similar("computer", topn=3)  # the fourth and fifth line need the full table
    assert [word for word, _ in found] == ["computers", "laptop", "laptop_computer"]
    assert [cosine for _, cosine in found] == pytest.approx(
        [0.7979379892, 0.6640493274, 0.6548868418], abs=1e-6
    )


def test_king(news):
    full = dict(
        queen=0.7118193507,
        monarch=0.6189674139,
        princess=0.5902431011,
        crown_prince=0.5499460697,
        prince=0.5377321839,
        kings=0.5236844420,
        Queen_Consort=0.5235945582,
        queens=0.5181134343,
        sultan=0.5098593831,
        monarchy=0.5087411999,
    )
    del full["Queen_Consort"]  # the one line that needs the full table
    found = news.most_similar(positive=["king", "woman"], negative=["man"], topn=9)
    assert [word for word, _ in found] == list(full)
    assert [cosine for _, cosine in found] == pytest.approx(list(full.values()), abs=1e-6)


@pytest.mark.parametrize(
    "pair, cosine",
    [
        ("woman man", 0.76640123),
        ("king queen", 0.6510957),
        ("uncle aunt", 0.7643474),
        ("boy girl", 0.8543272),
        ("computer water", 0.07963113),
        ("paper knife", 0.13640551),
    ],
)
def test_similarities(news, pair, cosine):
    assert news.similarity(*pair.split()) == pytest.approx(cosine, abs=1e-6)


def test_distances_need_the_original_lengths(news):
    def distance(one, two):
        return np.linalg.norm(news[one] - news[two])

    assert f"{distance('man', 'woman'):.2f} {distance('nephew', 'niece'):.2f}" == "1.73 1.96"
    assert np.linalg.norm(news["semiconductor"]) == pytest.approx(3.847, abs=5e-4)


def test_lengths_are_recovered():
    """Half of the words whose originals are known, from the other half: all significands, nearly all powers of 2."""
    try:
        with open(downloads.fetch("google-news-lengths.kv"), "rb") as file:
            table = v._TableUnpickler(file).load()
        unit = KeyedVectors.load_word2vec_format(
            downloads.fetch("google-news-bolukbasi.bin"), binary=True
        )
    except downloads.MissingDataError as error:
        pytest.skip(str(error))
    full = dict(zip(map(str, table.index2word), table.vectors, strict=True))
    known = [i for i, word in enumerate(unit.index_to_key) if word in full]
    originals = np.array([full[unit.index_to_key[i]] for i in known])
    assert len(known) == 7906
    rows = v.original_rows(unit.vectors, known[::2], originals[::2])[known[1::2]]
    ratio = rows / originals[1::2]
    assert set(np.unique(ratio)) <= {0.5, 1, 2} and (ratio == 1).all(axis=1).sum() >= len(ratio) - 8


# Kept arrays, pickles, files


def test_second_load_is_memory_mapped(news):
    table = v.load_word_vectors()
    assert isinstance(table.vectors.base, np.memmap) and not table.vectors.flags.writeable
    assert table.index_to_key == news.index_to_key and np.array_equal(table.vectors, news.vectors)


@pytest.fixture
def quick(monkeypatch):
    """The join of two tables without its seconds."""
    calls = []
    monkeypatch.setattr(
        v, "_join_tables", lambda: calls.append(1) or (["a", "b", "ü_ #"], np.eye(3, 2, dtype="f"))
    )
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
    assert np.array_equal(v.load_word_vectors()["b"], [0, 1]) and len(quick) == 2
    assert np.array_equal(v.load_word_vectors()["b"], [0, 1]) and len(quick) == 2
    assert [path.name for path in kept.iterdir()] == [v.SMALL]


def test_no_room_to_keep_the_arrays(kept, quick, monkeypatch):
    monkeypatch.setattr(np, "save", lambda *_: (_ for _ in ()).throw(OSError(28, "no space left")))
    assert len(v.load_word_vectors()) == 3 and not list(kept.iterdir())


def test_unpickler_admits_six_names():
    assert len(v.ADMITTED) == 6
    for bad in (print, eval, np.load, SimpleNamespace, np.random.default_rng(0)):
        with pytest.raises(pickle.UnpicklingError, match="not admitted"):
            v._TableUnpickler(io.BytesIO(pickle.dumps(bad))).load()


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


def _refused(path, data, fault, advice):
    """A file with these bytes is refused with this fault in the three parts of the message, and stays as it was."""
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
        ("a.bin", lambda d: d[:-3], "unexpected end"),
        ("a.bin", lambda d: d[:20], "unexpected end"),
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
            r"it has 2 different words, and vectors of shape \(3, 3\)",
            "Mend",
        ),
        (dict(words=["a", "a"], vectors=np.eye(2)), "it has 1 different words", "Mend"),
        (
            dict(words=["a", "b"], vectors=np.ones(2)),
            r"it has 2 different words, and vectors of shape \(2,\)",
            "Mend",
        ),
        (
            dict(words=np.array(["a", None]), vectors=np.eye(2)),
            "it has another format: Object arrays",
            "Save it",
        ),
        (
            dict(tokens=["a"], vectors=np.eye(1)),
            "it has another format: 'words is not a file",
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
    """Serves list.json and the releases of gensim-data with the six words of `tiny` under the full table's name."""
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
    """Cut by the network, damaged on the way, or killed before: the next try starts anew, other tables stay."""
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


# Analogies


def test_analogy_with_and_without_the_query_words(news):
    found = v.analogy(news, "man", "king", "woman", exclude=False, topn=3)
    assert [(word, asked) for word, _, asked in found] == [
        ("king", True),
        ("queen", False),
        ("monarch", False),
    ]
    assert [cosine for _, cosine, _ in found] == pytest.approx(
        [0.7992598, 0.7118194, 0.6189674], abs=1e-6
    )
    assert v.analogy(news, "man", "king", "woman")[0] == (
        "queen",
        pytest.approx(0.7118194, abs=1e-6),
        False,
    )
    assert (
        v.analogy(news, "France", "Paris", "Italy", topn=1)[0][0] == "Italian"
    )  # Rome is not in the table
    assert v.analogy(news, "Canada", "Ottawa", "Japan", topn=1)[0][0] == "Tokyo"
    assert len(v.analogy(news, "man", "king", "woman")) == 10


def test_an_unknown_word_is_answered_with_the_nearest_spellings(news):
    with pytest.raises(
        v.UnknownWord, match="^'computr' is not among the 31,530 words.*Use another.*: computer, "
    ):
        v.analogy(news, "man", "computr", "woman")
    with pytest.raises(KeyError):
        v.check_words(news, ["no such word"])


def test_an_empty_word(news):
    with pytest.raises(ValueError, match="is empty.*fill it in"):
        v.analogy(news, "man", " ", "woman")


def test_a_word_twice_in_a_query(news):
    with pytest.raises(ValueError, match="'man' is there twice.*change one"):
        v.analogy(news, "man", "king", "man")


def test_a_map_of_too_few_words(news):
    with pytest.raises(ValueError, match="2 words came.*3 or more"):
        v.project(news, ["man", "king"])


def test_nearest_spellings(news):
    assert (
        v.nearest_spellings(news, "computr")[0] == "computer"
        and v.nearest_spellings(news, "FRANCE")[0] == "France"
    )
    assert (
        v.nearest_spellings(news, "crown prince")[0] == "crown_prince"
        and v.nearest_spellings(news, "qwrtzuu") == []
    )


def test_questions():
    questions = v.analogy_questions()
    assert len(questions) == 14 and sum(map(len, questions.values())) == 19_544
    assert questions["family"][0] == ["boy", "girl", "brother", "sister"]
    assert all(len(question) == 4 for section in questions.values() for question in section)


def test_scores_equal_gensim(news, tmp_path):
    names = ["capital-common-countries", "family"]
    questions = {name: v.analogy_questions()[name] for name in names}
    lines = [line for name in names for line in [f": {name}", *map(" ".join, questions[name])]]
    (tmp_path / "questions.txt").write_text("\n".join(lines))
    total, sections = news.evaluate_word_analogies(
        str(tmp_path / "questions.txt"), case_insensitive=False
    )
    scores = v.score_analogies(news, sections=names)
    for section in sections[:-1]:
        right, wrong = len(section["correct"]), len(section["incorrect"])
        assert scores[section["section"]] == (right, right + wrong, 0)
    assert scores["all"].right / scores["all"].total == total and scores["all"].total == 518


def test_scores_without_leaving_out(news):
    asked = [
        question
        for question in v.analogy_questions()["family"]
        if all(word in news for word in question)
    ][::20]
    score = v.score_analogies(news, exclude=False, questions={"some": asked})["some"]
    answers = [(v.analogy(news, a, b, c, exclude=False, topn=1)[0], d) for a, b, c, d in asked]
    assert len(answers) == score.total > 20
    assert score.right == sum(word == d for (word, _, _), d in answers)
    assert score.query_word == sum(of_query for (_, _, of_query), _ in answers)


def test_scores_of_nothing(tiny):
    assert v.score_analogies(tiny)["all"] == (0, 0, 0)


# Maps


def test_project(news):
    words = "France Paris Japan Tokyo China Beijing Russia Moscow".split()
    points, shares = v.project(news, words)
    assert points.shape == (8, 2) and 0 < shares[1] < shares[0] and shares.sum() < 1
    rows = np.array([news.get_vector(word, norm=True) for word in words])
    values = np.linalg.eigvalsh(np.cov(rows.T))[::-1]
    assert shares == pytest.approx(values[:2] / values.sum(), abs=1e-5)
    assert points.var(axis=0, ddof=1) == pytest.approx(values[:2], abs=1e-5)
    assert np.abs(points.mean(axis=0)).max() < 1e-7
    again, _ = v.project(news, words[::-1])
    assert np.allclose(
        again[::-1], points, atol=1e-6
    )  # the sign of an axis does not hang on the order
    flat, full = v.offset_cosine(points[::2], points[1::2]), v.offset_cosine(rows[::2], rows[1::2])
    assert flat > 0.9 > full > 0.4


def test_offset_cosine():
    starts, ends = np.zeros((3, 2)), np.array([[1, 0], [2, 0], [0, 1]])
    assert v.offset_cosine(starts[:2], ends[:2]) == pytest.approx(1)
    assert v.offset_cosine(starts, ends) == pytest.approx(1 / 3)


# Training


@pytest.mark.parametrize("seed", range(10))
def test_toy_corpus_is_learnt(seed):
    sentences, analogies = v.toy_corpus(seed)
    words, counts = v.count_contexts(sentences)
    assert len(sentences) == 3000 and len(words) == 210 and len(set(analogies)) == 200
    right = []
    for table in v.train_skipgram_exact(counts, steps=(0, 5, 20, 200), seed=seed).values():
        right.append(
            v.score_analogies(v.keyed_vectors(words, table), questions={"toy": analogies})[
                "toy"
            ].right
        )
    assert right[0] <= 6 and right[1] <= 12 and 80 < right[2] < 190 and right[3] == 200


def test_toy_corpus_by_seed():
    assert v.toy_corpus(1) == v.toy_corpus(1) != v.toy_corpus(2)


def test_count_contexts():
    words, counts = v.count_contexts(["a rose is a rose".split(), ["a", "b"]])
    assert words == ["a", "b", "is", "rose"]
    assert counts.tolist() == [[2, 1, 2, 4], [1, 0, 0, 0], [2, 0, 0, 2], [4, 0, 2, 2]]


def test_wikipedia_texts(monkeypatch, tmp_path):
    monkeypatch.setattr(downloads, "DOWNLOADS", tmp_path / "new")
    texts = skipgram.wikipedia_texts()
    assert len(texts) == 106 and sum(map(len, texts)) == 452_944
    assert (
        " ".join(texts[0][:4]) == "anarchism is political philosophy"
        and skipgram.wikipedia_texts() == texts
    )
    assert [path.name for path in downloads.DOWNLOADS.iterdir()] == ["wikipedia-sample.txt"]
    shares = []
    table = skipgram.train_skipgram(
        texts, epochs=2, callback=lambda done, so_far: shares.append((done, len(so_far)))
    )
    assert (
        len(table) == 9002
        and table.index_to_key[:3] == ["the", "of", "and"]
        and table.norms is None
    )
    assert (
        shares[0] == (0, 9002)
        and 30 < len(shares) < 50
        and sorted(shares) == shares
        and shares[-1][0] < 1
    )
    assert table.evaluate_word_pairs(datapath("wordsim353.tsv"))[1][0] > 0.35


def test_skipgram_on_little_text():
    texts = [sentence for seed in range(3) for sentence in v.toy_corpus(seed)[0]]
    once, twice = (
        skipgram.train_skipgram(texts, dim=20, epochs=2, sample=1e-2, seed=3) for _ in range(2)
    )
    assert np.array_equal(once.vectors, twice.vectors) and np.isfinite(once.vectors).all()
    assert once.index_to_key[0] == "the" and once.vectors.shape == (210, 20)
    near = [word for word, _ in once.most_similar("Paris", topn=5)]
    assert {"French", "Seine", "France"} & set(near)
    for texts in ([], [["a", "b"]], [["a"] * 300]):
        with pytest.raises(ValueError, match="keep too few.*Expected: 256 or more"):
            skipgram.train_skipgram(texts)
