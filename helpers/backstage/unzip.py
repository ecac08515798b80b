"""The course out of the zip in which it came, as from GitHub's "Download ZIP", and on from there.

A notebook's first cell finds the zip and imports these helpers straight out of it.
"""

import shutil
import sys
from importlib import import_module
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile

MOST = 500_000_000  # bytes that the course may have: more than twice what it has, data included


def members(archive: ZipFile, top: str) -> dict[str, str]:
    """{name in the archive: path in the course} of the files beneath the folder `top`.

    Raises ValueError for a name that leads out of it, or for more than MOST bytes.
    """
    found, size = {}, 0
    for info in archive.infolist():
        path = PurePosixPath(info.filename)
        if info.is_dir() or not path.is_relative_to(top):
            continue
        if path.is_absolute() or ".." in path.parts or set(info.filename) & set("\\:"):
            raise ValueError(f"the name {info.filename!r} in it leads out of its folder")
        found[info.filename] = str(path.relative_to(top))
        size += info.file_size
    if size > MOST:
        raise ValueError(
            f"it holds {size / 1e6:,.0f} MB, more than any course does (was .venv zipped too?)"
        )
    return found


def lay_out(zipped: Path, top: str, folder: Path) -> None:
    """Unpack the course in a zip's folder `top` into a new folder: all of it, or nothing."""
    # One folder deeper, so that no notebook's first cell takes half of it for the course.
    part = folder.with_name(f"{folder.name}.part")
    inside = part / folder.name
    if folder.exists():
        raise FileExistsError(f"there is a {folder} already, without the course in it; rename it")
    shutil.rmtree(part, ignore_errors=True)  # what an interrupted attempt has left
    with ZipFile(zipped) as archive:
        for name, path in members(archive, top).items():
            target = inside / path
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(name) as source, open(target, "wb") as copy:
                shutil.copyfileobj(source, copy)
    inside.rename(folder)
    part.rmdir()


def start_from(root: Path) -> None:
    """Unpack the course whose root lies in a zip into ./course, and set up the helpers there.

    Raises a readable ImportError if that can't be done.
    """
    (zipped,) = [place for place in (root, *root.parents) if place.is_file()]
    folder = Path.cwd() / "course"
    try:
        lay_out(zipped, root.relative_to(zipped).as_posix(), folder)
    except (OSError, BadZipFile, ValueError, RuntimeError) as error:
        raise ImportError(
            f"{zipped} can't be unpacked: {error}.\nExpected: the course's zip, whole, and room "
            f"for it in {folder}.\nWhat to do: put right what is named here, or upload it again."
        ) from error
    sys.path[:] = [str(folder), *(place for place in sys.path if Path(place) != root)]
    # The helpers that are loaded came out of the zip: from here on those in the folder count.
    for name in [name for name in sys.modules if name.partition(".")[0] == "helpers"]:
        del sys.modules[name]
    import_module("helpers").set_up(folder)
