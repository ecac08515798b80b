"""The files of data/files.json in one zip file for a class, and back out of it, each byte checked.

A member is looked up by its name among the course's files, so no name leads out of the folder.
"""

import os
import zipfile
from functools import partial
from pathlib import Path

from . import downloads
from .downloads import FAILURES, MissingDataError, in_words, take_out, verified

NAME = "from-text-to-tensors-data.zip"
MOST = sum(item.size for item in downloads.FILES.values()) + 1_000_000  # bytes of an archive


def pack(target: str | Path = NAME) -> tuple[Path, list[str]]:
    """Write the archive, which replaces no file; return its path, and the books that are missing.

    An optional file is packed if it lies here already, and not fetched for it.
    Raises MissingDataError where a needed file is missing or the archive can't be written.
    """
    target, content, lacking = Path(target).absolute(), {}, []
    for name, item in downloads.FILES.items():
        if item.optional and not downloads.is_ready(name):
            continue
        try:
            content[item.name] = downloads.fetch(name).read_bytes()
        except MissingDataError:
            if item.wheel:
                raise
            lacking.append(name)  # a book: the course runs without it
    beside = target.with_name(f"{target.name}{downloads.TEMPORARY}{os.getpid()}")
    try:
        if target.exists():
            raise FileExistsError("it is there already, and no file is replaced")
        with zipfile.ZipFile(beside, "x") as archive:
            for name, data in content.items():  # without times: equal files give equal archives
                archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
        os.replace(beside, target)
    except OSError as error:
        raise MissingDataError(
            f"{target} could not be written: {error.strerror or error}.\nA new file on a disk with "
            f"room for {MOST / 1e6:.0f} MB was expected.\n"
            "What to do: name another file after --pack."
        ) from None
    finally:
        beside.unlink(missing_ok=True)
    return target, lacking


def unpack(source: str | Path) -> list[str]:
    """Put the files of an archive into DOWNLOADS; return their names.

    All are checked before any is written. Of a bad archive nothing is used; MissingDataError.
    """
    source = Path(source).absolute()
    ours = {item.name: item for item in downloads.FILES.values()}
    try:
        if source.stat().st_size > MOST:
            raise ValueError("it is larger than all files of the course together")
        with downloads.workspace(MOST) as folder, zipfile.ZipFile(source) as archive:
            names = archive.namelist()
            for name in names:
                if name not in ours:
                    raise ValueError(f"{name[:80]!r} in it isn't one of the course's files")
                verified(ours[name], folder, partial(take_out, archive, name, ours[name]))
            if len(set(names)) != len(names) or not names:
                raise ValueError("it is empty, or a file is in it twice")
            for name in names:
                os.replace(Path(folder, name), downloads.DOWNLOADS / name)
    except FAILURES as error:
        raise MissingDataError(
            f"{source} can't be unpacked: {in_words(error)}.\nA file that "
            "python -m helpers --pack wrote was expected. Nothing of this one was used.\n"
            "What to do: put right what is named here, or have it packed and copied again."
        ) from None
    return names
