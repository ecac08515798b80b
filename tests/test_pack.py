"""The one file for a class: what is packed, and each way in which an archive can be bad."""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import shutil
import stat
import warnings
import zipfile
from pathlib import Path

import pytest

from helpers.backstage import downloads, pack
from helpers.backstage.downloads import File, MissingDataError

TALE, SONG = b"Once there was a wall, and a walker on it.\n" * 50, b"A stone is a stone. " * 30


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A course of two files, a needed one and a book, both there."""
    files = {}
    monkeypatch.setattr(downloads, "FILES", files)
    for name, content, wheel in (("tale", TALE, "talewheel==1.0"), ("song", SONG, "")):
        digest = hashlib.sha256(content).hexdigest()
        url = "" if wheel else "http://127.0.0.1:9/song.txt"
        files[name] = File(f"{name}.txt", name, len(content), digest, wheel, "tale.txt", url)
    monkeypatch.setattr(downloads, "DOWNLOADS", tmp_path / "here")
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "tale.txt").write_bytes(TALE)
    (tmp_path / "here" / "song.txt").write_bytes(SONG)
    return tmp_path / "here"


@pytest.fixture
def away(tmp_path, monkeypatch):
    """Another machine, which has nothing."""
    monkeypatch.setattr(downloads, "DOWNLOADS", tmp_path / "away")
    return tmp_path / "away"


def archive(path: Path, *members) -> Path:
    """A zip archive of (name or ZipInfo, content)."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile warns of doubles
        for name, content in members:
            file.writestr(name, content)
    return path


def refused(path: Path) -> str:
    """The message with which an archive is refused, in three parts; nothing of it is left."""
    outside = set(path.parent.rglob("*"))
    with pytest.raises(MissingDataError) as caught:
        pack.unpack(path)
    message = str(caught.value)
    assert message.startswith(f"{path} can't be unpacked: ")
    assert "wrote was expected" in message and "What to do: " in message
    laid = set(path.parent.rglob("*")) - outside
    assert not [new for new in laid if new != downloads.DOWNLOADS], laid
    return message


def test_what_is_packed_comes_out_the_same_elsewhere(tmp_path, away, folder, monkeypatch):
    monkeypatch.setattr(downloads, "DOWNLOADS", folder)
    assert pack.pack(tmp_path / "class.zip") == (tmp_path / "class.zip", [])
    monkeypatch.setattr(downloads, "DOWNLOADS", away)
    assert pack.unpack(tmp_path / "class.zip") == ["tale.txt", "song.txt"]
    assert (away / "tale.txt").read_bytes() == TALE and (away / "song.txt").read_bytes() == SONG
    assert sorted(path.name for path in away.iterdir()) == ["song.txt", "tale.txt"]
    assert pack.unpack(tmp_path / "class.zip") == [
        "tale.txt",
        "song.txt",
    ]  # again: nothing is wrong with that


def test_the_same_files_give_the_same_archive(tmp_path):
    one, two = (pack.pack(tmp_path / f"{n}.zip")[0].read_bytes() for n in (1, 2))
    assert one == two


def test_a_book_that_can_not_be_had_is_left_out_and_named(tmp_path, folder):
    (folder / "song.txt").unlink()
    assert pack.pack(tmp_path / "class.zip")[1] == ["song"]
    assert zipfile.ZipFile(tmp_path / "class.zip").namelist() == ["tale.txt"]


def test_what_was_never_asked_for_is_packed_only_where_it_lies_here(tmp_path, folder, monkeypatch):
    song = dataclasses.replace(downloads.FILES["song"], optional=True)
    monkeypatch.setitem(downloads.FILES, "song", song)
    pack.pack(tmp_path / "with.zip")
    assert zipfile.ZipFile(tmp_path / "with.zip").namelist() == ["tale.txt", "song.txt"]
    (folder / "song.txt").unlink()
    assert pack.pack(tmp_path / "without.zip")[1] == []
    assert zipfile.ZipFile(tmp_path / "without.zip").namelist() == ["tale.txt"]


def test_without_a_needed_file_nothing_is_packed(tmp_path, folder, monkeypatch):
    (folder / "tale.txt").write_bytes(b"spoilt")
    monkeypatch.setattr(downloads, "PACKAGES", Path(tmp_path, "packages.txt"))
    downloads.PACKAGES.write_text("")
    before = set(tmp_path.iterdir())
    with pytest.raises(MissingDataError, match="(?s)tale .tale. can't be fetched.*What to do"):
        pack.pack(tmp_path / "class.zip")
    assert set(tmp_path.iterdir()) == before


def test_no_file_is_replaced_by_a_pack(tmp_path):
    (tmp_path / "mine.zip").write_text("my own words")
    with pytest.raises(MissingDataError, match="is there already(?s:.*)What to do"):
        pack.pack(tmp_path / "mine.zip")
    assert (tmp_path / "mine.zip").read_text() == "my own words"


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS])
def test_a_disk_that_is_full_or_read_only_leaves_no_half_pack(tmp_path, monkeypatch, code):
    def fail(self, *_):
        self.fp.write(b"half of it")
        raise OSError(code, "that disk")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", fail)
    before = set(tmp_path.iterdir())
    with pytest.raises(MissingDataError, match="could not be written: that disk(?s:.*)What to do"):
        pack.pack(tmp_path / "class.zip")
    assert set(tmp_path.iterdir()) == before


# Hostile archives


@pytest.mark.parametrize(
    "name",
    [
        "../tale.txt",
        "/etc/tale.txt",
        "..\\tale.txt",
        "C:\\tale.txt",
        "a/../../tale.txt",
        "tale.txt/",
        "TALE.TXT",
        "sitecustomize.py",
        "",
        "tale.txt ",
        "\u202etxt.elat",
    ],
)
def test_a_name_that_is_not_the_courses_is_refused(tmp_path, away, name):
    if name:
        message = refused(archive(tmp_path / "bad.zip", (name, TALE)))
        assert "isn't one of the course's files" in message
    else:
        assert "it is empty" in refused(archive(tmp_path / "bad.zip"))


def test_one_bad_member_among_good_ones_and_nothing_is_used(tmp_path, away):
    refused(archive(tmp_path / "bad.zip", ("tale.txt", TALE), ("../x", b"")))
    refused(archive(tmp_path / "bad2.zip", ("tale.txt", TALE), ("song.txt", SONG[::-1])))
    assert not away.exists() or not list(away.iterdir())


def test_a_link_leads_nowhere(tmp_path, away):
    link = zipfile.ZipInfo("tale.txt")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    refused(archive(tmp_path / "bad.zip", (link, b"/etc/passwd")))
    pack.unpack(archive(tmp_path / "odd.zip", (link, TALE)))
    assert not (away / "tale.txt").is_symlink() and (away / "tale.txt").read_bytes() == TALE


def test_a_double_is_refused(tmp_path, away):
    path = archive(tmp_path / "bad.zip", ("tale.txt", TALE), ("tale.txt", TALE))
    assert "a file is in it twice" in refused(path)


def test_a_member_that_is_too_large_is_not_even_read(tmp_path, away, monkeypatch):
    path = archive(tmp_path / "bad.zip", ("tale.txt", b"\0" * 50_000_000))
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("read"))
    assert f"has 50,000,000 bytes instead of {len(TALE):,}" in refused(path)


def test_a_member_that_lies_about_its_size_is_refused(tmp_path, away):
    path = archive(tmp_path / "bad.zip", ("tale.txt", TALE * 100))
    real, lie = (len(content).to_bytes(4, "little") for content in (TALE * 100, TALE))
    path.write_bytes(path.read_bytes().replace(real, lie))
    assert "Bad CRC-32" in refused(path)


def test_an_archive_larger_than_all_files_together_is_not_even_opened(tmp_path, away, monkeypatch):
    monkeypatch.setattr(pack, "MOST", 1000)
    path = archive(tmp_path / "bad.zip", ("tale.txt", TALE))
    path.write_bytes(path.read_bytes() + b"\0" * 1000)
    monkeypatch.setattr(zipfile, "ZipFile", lambda *_: pytest.fail("opened"))
    assert "larger than all files of the course together" in refused(path)


def test_a_member_with_other_bytes_is_refused(tmp_path, away):
    message = refused(archive(tmp_path / "bad.zip", ("tale.txt", TALE[::-1])))
    assert "(tale.txt) does not match the known hash" in message


def test_an_archive_that_is_cut_off_or_none_at_all_is_refused(tmp_path, away):
    path = archive(tmp_path / "bad.zip", ("tale.txt", TALE))
    path.write_bytes(path.read_bytes()[:-30])
    assert "not a zip file" in refused(path)
    path.write_bytes(b"<html>Please log in</html>")
    assert "not a zip file" in refused(path)


def test_damaged_bytes_within_are_refused(tmp_path, away):
    path = archive(tmp_path / "bad.zip", ("tale.txt", TALE))
    raw = bytearray(path.read_bytes())
    raw[45:60] = bytes(15)
    path.write_bytes(raw)
    refused(path)


@pytest.mark.parametrize("way", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_another_compression_is_refused(tmp_path, away, way):
    path = tmp_path / "bad.zip"
    with zipfile.ZipFile(path, "w", way) as file:
        file.writestr("tale.txt", TALE)
    assert "compressed in a way that is not used here" in refused(path)


def test_an_encrypted_member_is_refused(tmp_path, away):
    path = archive(tmp_path / "bad.zip", ("tale.txt", TALE))
    raw = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        raw[raw.index(mark) + offset] |= 1
    path.write_bytes(raw)
    assert "encrypted" in refused(path)


def test_a_file_that_is_not_there_is_named(tmp_path, away):
    assert "No such file" in refused(tmp_path / "gone.zip")


def test_a_full_disk_on_the_way_out_leaves_what_was_there(tmp_path, away, monkeypatch):
    path = archive(tmp_path / "good.zip", ("tale.txt", TALE))
    away.mkdir()
    (away / "tale.txt").write_text("my own words")

    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", fail)
    assert "the disk is full" in refused(path)
    assert [path.read_text() for path in away.iterdir()] == ["my own words"]
