"""Files of word vectors: all that gensim reads is read, and what is refused is told its true cause."""

import bz2
import gzip
import io
import pickle
import warnings
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from helpers import vectors as v
from helpers.backstage.gensim_data import gensim_data

models = pytest.importorskip("gensim.models", reason="gensim is what our readers are compared to")
KeyedVectors, Word2Vec = models.KeyedVectors, models.Word2Vec
QUICK = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


# The ways in which programs write a table, and pack it


def lines_of(words, rows, gap=" ", end="\n") -> str:
    """A line for each word, every number with all its digits."""
    lines = [[word, *map(repr, row)] for word, row in zip(words, rows.tolist(), strict=True)]
    return "".join(gap.join(line) + end for line in lines)


def as_text(words, rows, **how) -> bytes:
    """GloVe's format."""
    return lines_of(words, rows, **how).encode()


def with_header(words, rows, **how) -> bytes:
    """word2vec's and fastText's format."""
    return f"{len(words)} {rows.shape[1]}\n".encode() + as_text(words, rows, **how)


def as_bytes(words, rows, end=b"") -> bytes:
    """word2vec's binary format; word2vec.c ends each row with a line end, gensim doesn't."""
    data = f"{len(words)} {rows.shape[1]}\n".encode()
    for word, row in zip(words, rows, strict=True):
        data += word.encode() + b" " + row.astype("<f4").tobytes() + end
    return data


def as_arrays(words, rows) -> bytes:
    """numpy's .npz."""
    file = io.BytesIO()
    np.savez(file, words=np.array(words), vectors=rows)
    return file.getvalue()


def as_keyed(words, rows) -> bytes:
    """What gensim's own save() writes for a small table."""
    table = KeyedVectors(rows.shape[1])
    table.add_vectors(list(words), rows)
    return pickle.dumps(table, protocol=4)


WRITTEN = {
    "a.txt": as_text,
    "b.txt": with_header,
    "c.vec": lambda words, rows: with_header(words, rows, end=" \n"),
    "d.txt": lambda words, rows: with_header(words, rows, gap="\t"),
    "e.txt": lambda words, rows: as_text(words, rows, gap="\t", end="\r\n"),
    "f.txt": lambda words, rows: b"\xef\xbb\xbf" + as_text(words, rows),
    "g.txt": lambda words, rows: b"\xef\xbb\xbf" + with_header(words, rows) + b"\n\n",
    "h": with_header,
    "i.bin": as_bytes,
    "j.bin": lambda words, rows: as_bytes(words, rows, b"\n"),
    "k.npz": as_arrays,
    "l.kv": as_keyed,
}


def zipped(data: bytes) -> bytes:
    """A zip of one file, with a folder and what a Mac adds."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("folder/", b"")
        archive.writestr("folder/table", data)
        archive.writestr("__MACOSX/._table", b"x")
    return file.getvalue()


PACKED = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress, ".zip": zipped}


def load(folder: Path, name: str, data: bytes) -> KeyedVectors:
    """The table in a file with these bytes."""
    path = folder / name
    path.write_bytes(data)
    return v.load_word_vectors(path)


def same(table, words, rows) -> None:
    """Assert that the table has these words in this order, and these numbers to the last bit."""
    assert table.index_to_key == list(words)
    assert table.vectors.dtype == np.float32
    assert np.array_equal(table.vectors, rows)
    assert [table.key_to_index[word] for word in words] == list(range(len(words)))


NEWS = ("می\u200cروم", "日本", "naïve", "a_phrase", "</s>", "123", "1.5e3", "❤", "nan", "\u3000x")
BLANK = (". . .", "at name@example.com", "to the sea", "x")


def rows_for(words, width=5) -> np.ndarray:
    """Some float32 rows."""
    return np.random.default_rng(0).normal(size=(len(words), width)).astype(np.float32)


@pytest.mark.parametrize(
    "name, packed",
    [(name, way) for name in WRITTEN for way in PACKED if not (way and "npz" in name)],
)
def test_every_form_is_read_plain_and_packed(tmp_path, name, packed):
    rows = rows_for(NEWS)
    data = PACKED[packed](WRITTEN[name](NEWS, rows))
    same(load(tmp_path, name + packed, data), NEWS, rows)
    same(load(tmp_path, "no-suffix", data), NEWS, rows)


@pytest.mark.parametrize("name", ["a.txt", "b.txt", "c.vec", "d.txt", "e.txt", "f.txt", "k.npz"])
def test_a_word_may_hold_blanks_as_some_of_glove_do(tmp_path, name):
    rows = rows_for(BLANK, 3)
    same(load(tmp_path, name, WRITTEN[name](BLANK, rows)), BLANK, rows)


words_of_texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zs"]), min_size=1, max_size=6
)
numbers = st.floats(-(2.0**60), 2.0**60, width=32, allow_subnormal=False)


@st.composite
def tables(draw):
    """Different words in any script, and a row of finite numbers for each."""
    words = draw(st.lists(words_of_texts, min_size=1, max_size=5, unique=True))
    width = draw(st.integers(1, 4))
    rows = draw(st.lists(numbers, min_size=len(words) * width, max_size=len(words) * width))
    return words, np.array(rows, np.float32).reshape(-1, width)


@QUICK
@given(tables(), st.sampled_from(sorted(WRITTEN)), st.sampled_from(sorted(PACKED)))
def test_what_was_written_comes_back(tmp_path, table, name, packed):
    words, rows = table
    assume(not words[0].startswith("\ufeff"))  # it is a byte order mark there
    data = PACKED["" if name.endswith(".npz") else packed](WRITTEN[name](words, rows))
    same(load(tmp_path, name + packed, data), words, rows)


# gensim's own files

TEXTS = """EN.1-10.cbow1_wind5_hs0_neg10_size300_smpl1e-05.txt crime-and-punishment.vec
IT.1-10.cbow1_wind5_hs0_neg10_size300_smpl1e-05.txt high_precision.kv.txt lee_fasttext.vec
test_glove.txt toy-model.vec word2vec_pre_kv_c pang_lee_polarity_fasttext.vec
w2v_keyedvectors_load_test.modeldata""".split()
BINARIES = "euclidean_vectors.bin high_precision.kv.bin poincare_vectors.bin".split()


@pytest.mark.parametrize("packed", PACKED)
@pytest.mark.parametrize("name", TEXTS + BINARIES)
def test_gensims_own_files_are_read_as_gensim_reads_them(tmp_path, name, packed):
    path = gensim_data(name)
    how = {"binary": name in BINARIES, "unicode_errors": "replace"}
    gensims = KeyedVectors.load_word2vec_format(path, no_header=name == "test_glove.txt", **how)
    table = load(tmp_path, name + packed, PACKED[packed](Path(path).read_bytes()))
    same(table, gensims.index_to_key, gensims.vectors)


def test_a_table_that_an_older_gensim_saved_is_read():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gensims = KeyedVectors.load(str(gensim_data("old_keyedvectors_320.dat")))
    table = v.load_word_vectors(gensim_data("old_keyedvectors_320.dat"))
    same(table, gensims.index_to_key, gensims.vectors)


@pytest.mark.parametrize("name", ["own.kv", "own.kv.gz"])
@pytest.mark.parametrize("limit", [1, 10**7])
def test_what_gensim_saves_is_read_its_large_arrays_beside_it_too(tmp_path, name, limit):
    saved = Word2Vec([["a", "b", "c"] * 9], vector_size=4, min_count=1, seed=1).wv
    saved.save(str(tmp_path / name), sep_limit=limit)
    same(v.load_word_vectors(tmp_path / name), saved.index_to_key, saved.vectors)


def test_our_own_table_that_gensim_saved_is_read(tiny, tmp_path):
    tiny.save(str(tmp_path / "own.kv"))
    same(v.load_word_vectors(tmp_path / "own.kv"), tiny.index_to_key, tiny.vectors)


def test_rows_that_do_not_lie_beside_a_kv_are_named(tmp_path):
    saved = Word2Vec([["a", "b", "c"] * 9], vector_size=4, min_count=1).wv
    saved.save(str(tmp_path / "own.kv"), sep_limit=1)
    (tmp_path / "own.kv.vectors.npy").unlink()
    fault = "its rows should lie beside it, in own.kv.vectors.npy"
    _refused(tmp_path / "own.kv", (tmp_path / "own.kv").read_bytes(), fault, "Keep them")


class Harmful:
    """Its pickle makes a file as soon as it is read."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize(
    "bad", [print, eval, np.load, SimpleNamespace, np.random.default_rng(0), Path("x")]
)
def test_a_pickle_that_names_anything_but_arrays_and_tables_is_refused(tmp_path, bad):
    with pytest.raises(ValueError, match="isn't a KeyedVectors: .*n't allowed(.|\n)*save_word2vec"):
        load(tmp_path, "a.kv", pickle.dumps(bad))


def test_a_pickle_runs_nothing(tmp_path):
    with pytest.raises(ValueError, match="n't allowed"):
        load(tmp_path, "a.kv", pickle.dumps(Harmful(tmp_path / "harm")))
    assert not (tmp_path / "harm").exists(), "a file of word vectors could run code"


# What is said


def test_of_a_word_that_comes_twice_the_first_row_is_kept_and_this_is_reported(tmp_path, capsys):
    table = load(tmp_path, "a.txt", b"a 1 2 3\na 4 5 6\nb 7 8 9\n")
    same(table, ["a", "b"], [[1, 2, 3], [7, 8, 9]])
    assert "'a': there more than once; the first row of each is kept" in capsys.readouterr().err
    for name in ("b.txt", "i.bin", "k.npz"):
        data = WRITTEN[name](["a", "b", "a"], np.array([[1, 2], [3, 4], [5, 6]], np.float32))
        same(load(tmp_path, name, data), ["a", "b"], [[1, 2], [3, 4]])
        assert "'a': there more than once" in capsys.readouterr().err, name


def test_rows_of_zeros_are_kept_and_named(tmp_path, capsys):
    for name in WRITTEN:
        data = WRITTEN[name](["a", "<pad>"], np.array([[1, 2], [0, -0.0]], np.float32))
        same(load(tmp_path, name, data), ["a", "<pad>"], [[1, 2], [0, 0]])
        assert "'<pad>': only zeros" in capsys.readouterr().err, name


@pytest.mark.parametrize("packed", PACKED)
def test_words_cut_inside_a_character_are_replaced_counted_and_said(tmp_path, capsys, packed):
    cut = "日本".encode()[:-1]
    text = b"a 1 2\n" + cut + b" 3 4\n"
    binary = as_bytes(["a"], rows_for(["a"], 2)).replace(b"1 2", b"2 2", 1)
    binary += cut + b" " + np.array([3, 4], "<f4").tobytes()
    for name, data in (("a.txt", text), ("a.bin", binary)):
        table = load(tmp_path, name + packed, PACKED[packed](data))
        assert table.index_to_key == ["a", "日\ufffd"] and table["日\ufffd"].tolist() == [3, 4]
        said = capsys.readouterr().err
        assert "1 of 2 words were not valid UTF-8; \ufffd stands for what is not" in said


def test_a_text_that_ends_without_a_line_end_may_be_cut_off_and_this_is_reported(tmp_path, capsys):
    table = load(tmp_path, "a.txt", b"a 1 2\nb 3 4.2")
    same(table, ["a", "b"], np.float32([[1, 2], [3, 4.2]]))
    assert "the last line has no line end" in capsys.readouterr().err
    load(tmp_path, "a.txt", b"a 1 2\nb 3 4.25\n")
    assert capsys.readouterr().err == ""


def test_a_path_may_begin_at_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "vectors.txt").write_bytes(b"a 1 2\nb 3 4\n")
    same(v.load_word_vectors("~/vectors.txt"), ["a", "b"], [[1, 2], [3, 4]])


def test_the_google_file_is_read_whatever_its_name(tmp_path):
    words = [f"word_{k}" for k in range(40)]
    rows = rows_for(words, 300)
    for name in ("GoogleNews-vectors-negative300", "google.txt", "google.bin.1"):
        same(load(tmp_path, name, as_bytes(words, rows)), words, rows)


# What is refused


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
            "its rows lack the 3 numbers that its first line promises",
        ),
        ("a.bin", lambda d: d.replace(b"6 2", b"6 1", 1), "its rows lack the 1 numbers"),
        (
            "a.bin.gz",
            lambda d: gzip.compress(d.replace(b"6 2", b"6 4", 1)),
            "its rows lack the 4 numbers",
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


def zip_of_two(_) -> bytes:
    """A zip of two tables, as GloVe publishes them."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("glove.50d.txt", b"a 1 2\n")
        archive.writestr("glove.100d.txt", b"a 1 2 3 4\n")
    return file.getvalue()


REFUSED = [
    ("a.txt", b"a 1 2\nbad nan nan\n", "the row of 'bad' holds nan, inf or", "Mend"),
    ("a.txt", b"a 1 2\nbad 1 -inf\n", "the row of 'bad' holds nan, inf or", "Mend"),
    ("a.txt", b"a 1 2\nbad 1 1e39\n", "the row of 'bad' holds nan, inf or", "Mend"),
    ("a.txt", b"a 1 2\nbad 1e30 1e30\n", "the row of 'bad' .* too large", "Mend"),
    ("a.txt", b"a 1 2\n 3 4\n", "line 2 has no word before its 2 numbers", "Mend"),
    ("a.txt", b"a 1 2\nb\tc 3 4\n", "line 2 has a tab or a carriage return", "Mend"),
    ("a.txt", b"a 1 2\rb 3 4\rc 5 6\r", "line 1 has a tab or a carriage return", "Mend"),
    ("a.txt", b"a 1,5 2,5\nb 3,5 4,5\n", "it has another format: its first line", "Save"),
    ("a.txt", b"1 2\na 1 2\nb 3 4\n", "its first line promises 1 rows, and 2 are", "Mend"),
    ("a.txt", "a 1 2\nb 3 4\n".encode("utf-16"), "its first line isn't UTF-8 text", "If it is text"),
    ("a.txt", "a 1 2\n".encode("utf-16-le"), "its first line isn't UTF-8 text", "If it is text"),
    ("a.txt", b"once upon a time\n", "it has another format: its first line", "Save"),
    ("a.txt", b"5 0\na\nb\n", "it has another format: its first line", "Save"),
    ("a.bin", b"3 0\na b c \0", "it has another format: its first line", "Save"),
    ("a.bin", b"\xba\x16\x4f\x2f\x0c\0\0\0", "it is a whole model of fastText", "Use the .vec"),
    ("a.bin", b"1 1\n \0\0\0\1", "word number 1 is empty, or its rows lack", "Mend"),
    ("a.bin", b"1 1\na \0\0\x80\x3f\0\0\0\1", "its rows lack the 1 numbers", "Mend"),
    ("a.bin", b"2 1\na \0\0\x80\x7fb \0\0\0\1", "the row of 'a' holds nan, inf", "Mend"),
    ("a.zip", zip_of_two(0), r"it is an archive of 2 files \(glove.50d.txt, ", "Unpack it"),
    ("a.zip", zip_of_two(0)[:60], "it is damaged or cut off: File is not a zip", "Fetch"),
    ("a.txt.bz2", bz2.compress(b"a 1 2\n")[:-9], "it is cut off: Compressed file", "Fetch"),
    ("a.bz2", bz2.compress(b"a 1\n" * 99)[:20] + b"x" * 50, "it is damaged: Invalid", "Fetch"),
    ("a.gz", gzip.compress(b"a 1 2\n")[:-8] + b"12345678", "it is damaged or cut off", "Fetch"),
    ("a.kv", as_keyed(["a", "b"], np.eye(2))[:-9], "it is cut off", "Fetch"),
    ("a.kv", pickle.dumps(["a"], protocol=4), "it isn't a KeyedVectors, but list", "Save"),
    ("a.kv", as_keyed(["a", "b"], np.eye(2, dtype="f") + np.nan), "the row of 'a' holds nan", "Mend"),
]  # fmt: skip


@pytest.mark.parametrize("name, data, fault, advice", REFUSED, ids=[row[2] for row in REFUSED])
def test_what_is_refused_is_told_its_true_cause(tmp_path, name, data, fault, advice):
    _refused(tmp_path / name, data, fault, advice)


@pytest.mark.parametrize("name", [None, 7, b"a.txt", ["a.txt"]])
def test_a_name_that_is_no_name_is_told_what_is_expected(name):
    with pytest.raises(TypeError, match="was given as a table's name. Expected.*Give"):
        v.load_word_vectors(name)


def test_a_folder_is_no_table(tmp_path):
    with pytest.raises(ValueError, match="it can't be opened: (.|\n)*What to do: Check what it is"):
        v.load_word_vectors(tmp_path)


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


# Damaged, truncated and mixed


def loaded(path: Path, data: bytes, capsys):
    """The table and what was said, or None where the file was refused in three parts."""
    path.write_bytes(data)
    capsys.readouterr()
    try:
        table = v.load_word_vectors(path)
    except ValueError as error:
        parts = ("can't be read as word vectors: ", ".\nExpected: ", ".\nWhat to do: ")
        places = [str(error).find(part) for part in parts]
        assert -1 < places[0] < places[1] < places[2], error
        return None, ""
    rows = table.vectors
    assert rows.shape == (len(table), table.vector_size) and np.isfinite(rows).all()
    assert list(table.key_to_index) == table.index_to_key and rows.dtype == np.float32
    return table, capsys.readouterr().err


@QUICK
@given(tables(), st.sampled_from(sorted(WRITTEN)), st.sampled_from(sorted(PACKED)), st.floats(0, 1))
def test_of_a_truncated_file_no_number_is_wrong(tmp_path, capsys, table, name, packed, share):
    words, rows = table
    assume(not words[0].startswith("\ufeff"))
    data = PACKED["" if name.endswith(".npz") else packed](WRITTEN[name](words, rows))
    found, said = loaded(tmp_path / (name + packed), data[: int(share * len(data))], capsys)
    if found is None:
        return
    n = len(found)
    if "the last line has no line end" in said:
        n -= 1  # the numbers of this line may be short, and that was said
    assert found.index_to_key[:n] == words[:n]
    assert n == 0 or np.array_equal(found.vectors[:n], rows[:n])


@st.composite
def damages(draw):
    """A change to a file: some bytes are changed, lost, inserted, or come from another file."""
    kind = draw(st.sampled_from(["change", "lose", "insert", "mix"]))
    at, size = draw(st.floats(0, 1)), draw(st.integers(1, 6))
    new = draw(st.one_of(st.binary(min_size=1, max_size=6), st.sampled_from([b"\n", b" ", b"1"])))

    def damage(data: bytes, other: bytes) -> bytes:
        place = int(at * len(data))
        if kind == "mix":
            return data[:place] + other[int(at * len(other)) :]
        kept = {"change": place + len(new), "lose": place + size, "insert": place}[kind]
        return data[:place] + (b"" if kind == "lose" else new) + data[kept:]

    return damage


@settings(QUICK, max_examples=300)
@given(
    tables(),
    st.sampled_from(sorted(WRITTEN)),
    st.sampled_from(sorted(WRITTEN)),
    st.sampled_from(sorted(PACKED)),
    damages(),
)
def test_a_damaged_file_gives_a_sound_table_or_words(
    tmp_path, capsys, table, name, other, packed, damage
):
    """Where gensim reads the damaged file, and so do we, both have the same numbers."""
    words, rows = table
    data = damage(WRITTEN[name](words, rows), WRITTEN[other](words, rows))
    found, _ = loaded(tmp_path / (name + packed), PACKED[packed](data), capsys)
    headed = name not in ("a.txt", "e.txt", "f.txt") and name[-3:] in ("txt", "vec", "bin")
    if found is None or not headed:
        return
    (tmp_path / "plain").write_bytes(data)
    is_text = all(byte > 31 or byte in b"\n\r\t" for byte in data)
    binary = name.endswith(".bin") and not is_text  # the changes may leave nothing but text
    try:
        gensims = KeyedVectors.load_word2vec_format(
            tmp_path / "plain", binary=binary, unicode_errors="replace"
        )
    except Exception:
        return  # gensim stops at it
    both = [word for word in gensims.index_to_key if word in found]
    if len(both) == len(gensims):
        assert np.array_equal(gensims[both], found[both]), "another number than gensim reads"


@settings(QUICK, max_examples=300)
@given(st.binary(max_size=60), st.sampled_from([*WRITTEN, "a.txt.gz", "a.bin.bz2", "a.zip"]))
def test_any_bytes_give_a_sound_table_or_words(tmp_path, capsys, data, name):
    loaded(tmp_path / name, data, capsys)
    loaded(tmp_path / name, b"2 2\n" + data, capsys)
    loaded(tmp_path / name, b"\x80\x04" + data + b".", capsys)
