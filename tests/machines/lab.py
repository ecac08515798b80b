"""A real JupyterLab in a real browser, as a learner has it: start, open a chapter, run it, look."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from helpers.backstage.downloads import DOWNLOADS
from tests.tools.books import ROOT

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
LAB = [
    "--no-browser",
    "--ip=127.0.0.1",
    "--allow-root",
    "--ServerApp.port_retries=0",
    "--ServerApp.disable_check_xsrf=True",
    "--IdentityProvider.token=",
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
]
FOLDERS = [
    "IPYTHONDIR",
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_DATA_DIR",
    "JUPYTER_RUNTIME_DIR",
    "JUPYTERLAB_SETTINGS_DIR",
    "JUPYTERLAB_WORKSPACES_DIR",
]


def own_folders(scratch: Path) -> dict[str, str]:
    """This process's environment, but all that Jupyter keeps lies in `scratch`."""
    return {**os.environ, **{name: str(scratch / name.lower()) for name in FOLDERS}}


def browser_path() -> str | None:
    """Where a Chromium or Chrome lies on this machine; None where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
    return next(filter(None, map(shutil.which, names)), None)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def jupyter_lab(folder: Path, scratch: Path) -> Iterator[str]:
    """A JupyterLab over `folder`, its own settings in `scratch`; gives its address and ends it.

    For tests only: it has no token, so that the tests can end kernels.
    """
    settings = scratch / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text(
        '{"fetchNews": "false", "checkForUpdates": false}'
    )
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "jupyterlab", *LAB]
    command += [f"--port={port}", f"--ServerApp.root_dir={folder}"]
    environment = own_folders(scratch)
    environment["JUPYTERLAB_SETTINGS_DIR"] = str(scratch / "settings")
    with open(scratch / "server.log", "w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env=environment)
    try:
        _wait(lambda: _ask(f"{address}/api/status") is not None, 60, "JupyterLab did not start")
        yield address
    finally:
        server.terminate()
        server.wait(20)


@contextmanager
def served(
    command: list[str], folder: Path, scratch: Path, seconds: float = 120
) -> Iterator[tuple[str, str]]:
    """What `python -m helpers` serves, at a free port: gives its address and token, and ends it."""
    port = free_port()
    environment = own_folders(scratch)
    environment.update({"BROWSER": "true", "COURSE_DOWNLOADS": str(DOWNLOADS)})
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "JUPYTER_TOKEN"):
        environment.pop(name, None)
    if "-c" in command:  # the last part is a line for a shell
        command = [*command[:-1], f"{command[-1]} --port {port}"]
    else:
        command = [*command, "--port", str(port)]
    server = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        text=True,
        encoding="utf-8",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )

    def end() -> None:
        if os.name == "nt":
            server.terminate()
        else:  # a shell does not pass a signal on: all of its group get it
            os.killpg(server.pid, signal.SIGTERM)

    stop = threading.Timer(seconds, end)  # the loop below then ends
    stop.start()
    try:
        said, found = "", None
        for line in server.stdout:
            said += line
            found = re.search(rf"(http://127\.0\.0\.1:{port})/\S*\?token=(\w+)", line)
            if found:
                break
        assert found, said
        threading.Thread(target=server.stdout.read, daemon=True).start()
        yield found.groups()
    finally:
        stop.cancel()
        end()
        server.wait(20)


@contextmanager
def served_voila(notebook: Path, port: int, scratch: Path) -> Iterator[str]:
    """A notebook as a page of Voila, for this machine only; gives its address, and ends it."""
    command = [sys.executable, "-m", "voila", str(notebook), f"--port={port}"]
    command += ["--Voila.ip=127.0.0.1", "--no-browser"]
    with open(scratch / "voila.log", "w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env=own_folders(scratch))
    try:
        _wait(lambda: _listens(port) or server.poll() is not None, 60, "Voila did not start")
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.terminate()
        server.wait(20)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def status(address: str) -> int:
    """The status of a server's answer; a server prints its address a moment before it listens."""
    for _ in range(100):
        try:
            with urllib.request.urlopen(address, timeout=30) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except urllib.error.URLError:
            time.sleep(0.1)
    raise TimeoutError(f"nobody listens at {address}")


@contextmanager
def browser() -> Iterator:
    """A page of a headless browser, large enough for a notebook."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser_path(), args=FLAGS)
        page = chromium.new_page(viewport={"width": 1280, "height": 1000})
        try:
            yield page
        finally:
            chromium.close()


def open_chapter(page, address: str, name: str) -> None:
    """Open a notebook and wait for its kernel."""
    page.goto(f"{address}/lab/tree/{name}?reset")
    page.wait_for_selector(".jp-NotebookPanel .jp-CodeCell", timeout=60_000)
    _wait(
        lambda: any(
            kernel["execution_state"] == "idle" and kernel["connections"]
            for kernel in _ask(f"{address}/api/kernels") or []
        ),
        60,
        "no kernel came up for the notebook",
    )


def run_all(page, seconds: int = 180) -> None:
    """Run > Run All Cells, and wait until every code cell has been run."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    # A notebook draws only the cells near the screen, so the kernel is asked whether it rests.
    page.wait_for_timeout(1500)
    address = page.url.split("/lab/")[0]
    deadline, calm = time.monotonic() + seconds, 0
    while calm < 3:
        assert time.monotonic() < deadline, "the notebook did not come to its end"
        page.wait_for_timeout(500)
        busy = [
            kernel
            for kernel in _ask(f"{address}/api/kernels") or []
            if kernel["execution_state"] != "idle"
        ]
        waiting = page.locator(".jp-InputPrompt", has_text="[*]:").count()
        calm = 0 if busy or waiting else calm + 1


def close(page, address: str) -> None:
    """Shut down the kernels of this server."""
    for kernel in _ask(f"{address}/api/kernels") or []:
        urllib.request.urlopen(
            urllib.request.Request(f"{address}/api/kernels/{kernel['id']}", method="DELETE")
        )


def _ask(address: str):
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return json.load(answer)
    except OSError:
        return None


def _wait(ready, seconds: float, message: str) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, message
        time.sleep(0.2)


def course_copy(folder: Path) -> Path:
    """The course copied into `folder`: to open a chapter there changes nothing in the checkout."""
    folder.mkdir(exist_ok=True)
    for part in ("README.md", "requirements.txt"):
        shutil.copy(ROOT / part, folder)
    for part in ("notebooks", "helpers"):
        shutil.copytree(
            ROOT / part,
            folder / part,
            ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"),
        )
    shutil.copytree(ROOT / "data", folder / "data", ignore=shutil.ignore_patterns("downloads"))
    return folder
