"""`python -m helpers`: fetch what is missing, say what is ready, open the course in JupyterLab."""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from . import NEWEST, ROOT
from .backstage import classroom, copies, downloads, pack
from .backstage.downloads import MissingDataError
from .backstage.gensim_data import USED, gensim_data
from .backstage.packages import REQUIREMENTS, bounds
from .texts import load_text

FIRST = f"{copies.MINE.name}/01_regex_tokenization.ipynb"
# No news may cover the page, nor the question whether to fetch any: a default in SETTINGS.
QUIET = [
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
]
SETTINGS = ROOT / "helpers" / "backstage" / "jupyter"


class Row(NamedTuple):
    """One line of the table."""

    what: str
    # "ready", "missing", "later": not asked for yet, "untried": no version that the course names
    state: str
    facts: str
    needed: bool = True
    problem: str = ""  # the whole message, shown beneath the table


def packages() -> list[Row]:
    """The version of each package that requirements.txt names, and whether it is one of those."""
    tried = sys.version_info[:2] <= NEWEST
    rows = [Row("Python", "ready" if tried else "untried", sys.version.split()[0])]
    remedy = f"{sys.executable} -m pip install -r {REQUIREMENTS}"
    for name, allowed in bounds().items():
        try:
            found = version(name)
            from packaging.specifiers import SpecifierSet  # it comes with JupyterLab
        except (ModuleNotFoundError, PackageNotFoundError):
            rows.append(Row(name, "missing", "not installed", problem=f"Install it: {remedy}"))
            continue
        if SpecifierSet(allowed, prereleases=True).contains(found):
            rows.append(Row(name, "ready", found))
        else:
            problem = f"{found} is here; the course is tested with {allowed}. If something fails: "
            rows.append(Row(name, "untried", found, False, problem + remedy))
    return rows


def text(name: str) -> str:
    """Load a text, fetching it if need be; say how long it is."""
    return f"{len(load_text(name)):,} characters"


def merges() -> str:
    """Put GPT-2's files where tiktoken looks; say how many tokens tiktoken then knows."""
    from .bpe import gpt2_tokenizer

    return f"{gpt2_tokenizer().n_vocab:,} tokens"


def vectors() -> str:
    """Load the word vectors, which builds their arrays the first time; say how many words."""
    from .vectors import load_word_vectors

    return f"{len(load_word_vectors()):,} words"


def questions() -> str:
    """Find what gensim's package holds, or fetch it where gensim is missing; say how many."""
    return f"{len([gensim_data(name) for name in USED])} files"


def wikipedia() -> str:
    """Clean the sample of Wikipedia the first time; say how many words of it there are."""
    from .skipgram import wikipedia_texts

    return f"{sum(map(len, wikipedia_texts())):,} words"


STEPS: list[tuple[str, Callable[[], str], bool]] = [  # what, how, whether it is needed
    ("text: the-wall-walker", lambda: text("the-wall-walker"), True),
    ("text: the-verdict", lambda: text("the-verdict"), False),
    ("text: the-awakening", lambda: text("the-awakening"), False),
    ("GPT-2's merges", merges, True),
    ("word vectors", vectors, True),
    ("questions and news", questions, True),
    ("text: Wikipedia sample", wikipedia, find_spec("gensim") is not None),  # made by gensim
]


def prepare(what: str, step: Callable[[], str], needed: bool) -> Row:
    """Run one step, which fetches what is missing; whatever stops it goes into the table."""
    try:
        return Row(what, "ready", step(), needed)
    except MissingDataError as error:
        problem = str(error)
    except Exception as error:  # the table reports every cause, and the other steps go on
        problem = f"{type(error).__name__}: {error}"
    return Row(what, "missing", "see below" if needed else "optional, see below", needed, problem)


def fetched(name: str) -> str:
    """Fetch a file if need be; say what it is."""
    downloads.fetch(name)
    item = downloads.FILES[name]
    return f"{item.size / 1e6:.1f} MB: {item.about}"


def optional(fetch_them: bool) -> list[Row]:
    """The files that are fetched only when a chapter asks for them, or now if so wanted."""
    rows = []
    for name, item in downloads.FILES.items():
        if not item.optional:
            continue
        if fetch_them or downloads.is_ready(name):
            rows.append(prepare(name, partial(fetched, name), False))
        else:
            size = f"{item.size / 1e6:.1f} MB"
            rows.append(Row(name, "later", f"{size}, when asked for; --all fetches it now", False))
    return rows


def disk() -> Row:
    """The free space on the disk that holds the downloads."""
    place = downloads.DOWNLOADS
    while not place.exists():
        place = place.parent
    return Row("disk", "ready", f"{shutil.disk_usage(place).free / 1e9:.1f} GB free at {place}")


def table(rows: list[Row]) -> str:
    """The rows in three columns, then what to do about each that is missing."""
    wide = max(len(row.what) for row in rows)
    lines = [f"{row.what:{wide}}  {row.state:7}  {row.facts}" for row in rows]
    return "\n".join(lines + [f"\n{row.what}: {row.problem}" for row in rows if row.problem])


def server_command(port: int, root: bool, display: bool) -> list[str]:
    """The command that serves the course on 127.0.0.1 with a token, at its first chapter."""
    command = [sys.executable, "-m", "jupyterlab", "--ip=127.0.0.1", f"--port={port}"]
    command += [f"--ServerApp.root_dir={ROOT}", f"--LabApp.default_url=/lab/tree/{FIRST}", *QUIET]
    if root:
        command.append("--allow-root")
    if root or not display:
        command.append("--no-browser")
    return command


def server_environment() -> dict[str, str]:
    """This process's environment, with our settings of JupyterLab beside others that are there."""
    others = os.environ.get("JUPYTER_CONFIG_PATH")
    folders = [others, str(SETTINGS)] if others else [str(SETTINGS)]
    return {**os.environ, "JUPYTER_CONFIG_PATH": os.pathsep.join(folders)}


def open_course(port: int, only_check: bool, fetch_all: bool) -> int:
    """Prepare, print the table, start JupyterLab; 1 if something that is needed is missing."""
    rows = packages()
    rows += [prepare(*step) for step in STEPS]
    rows += optional(fetch_all)
    rows.append(disk())
    print(table(rows), flush=True)
    if any(row.needed and row.state == "missing" for row in rows):
        print("\nSomething that the course needs is missing: see above for what to do.", flush=True)
        return 1
    if only_check:
        return 0
    copies.lay_out(copies.MINE)
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    display = sys.platform != "linux" or "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ
    command = server_command(port, root, display)
    where = "in a browser"
    if "--no-browser" in command:
        where = "at the address with ?token= that it prints"
    print(f"\nYour own chapters are in {copies.MINE}.")
    print(f"JupyterLab opens {where}. Ctrl+C twice ends it.", flush=True)
    if sys.platform == "win32":  # there a replaced process would lose the terminal
        return subprocess.call(command, env=server_environment())
    os.execve(sys.executable, command, server_environment())


def pack_data(target: str) -> None:
    """Write the data into one file, and say what to do with it."""
    path, lacking = pack.pack(target)
    print(f"{path}: all that the course needs, {path.stat().st_size / 1e6:.0f} MB")
    if lacking:
        print(f"Without {' and '.join(lacking)}, which can't be fetched.")
    print(f"Once it is copied, run: python -m helpers --unpack {path.name}")


def write_fresh(chapter: str) -> None:
    """Write a fresh copy of a chapter, and say where the old one is."""
    path, kept = copies.fresh(chapter, copies.MINE)
    print(f"{path}: a fresh copy. If it is open: File > Reload Notebook from Disk.")
    if kept:
        print(f"What was there is kept as {kept.name}.")


def write_copies(folder: Path) -> None:
    """Write the class's copies, and say where they run."""
    print(*classroom.write_copies(folder), sep="\n")
    print(
        "They look for the course in their own folder, above it and one level down: give "
        f"them out inside a checkout of the course ({ROOT}). In Colab, put its zip beside them."
    )


def arguments(argv: list[str] | None) -> argparse.Namespace:
    """What is asked for on the command line."""
    parser = argparse.ArgumentParser(prog="python -m helpers", description=__doc__.split(": ")[1])
    add = parser.add_argument
    add("--check", action="store_true", help="end after the table; open nothing")
    add("--all", action="store_true", help="also fetch what a chapter may ask for later")
    add("--port", type=int, default=8888, help="JupyterLab's port (default 8888)")
    add("--pack", nargs="?", const=pack.NAME, metavar="FILE", help="write all data into one file")
    add("--unpack", metavar="FILE", help="unpack the data from such a file")
    commands = parser.add_subparsers(dest="command", title="commands")
    add = commands.add_parser("fresh", help="a fresh chapter; the old one is kept").add_argument
    add("chapter", help="its number, such as 03")
    add = commands.add_parser(
        "copies", help="for a class, without solutions or outputs"
    ).add_argument
    add("folder", type=Path, help="a new folder; inside the checkout the copies run as they are")
    add = commands.add_parser("mark", help="run returned notebooks: who solved what").add_argument
    add("folder", type=Path, help="it holds NAME.ipynb, or a folder for each learner")
    add("--output", type=Path, help="a file for the table (default: it is printed)")
    add("--feedback", type=Path, help="a folder for what each learner gets back")
    add("--seconds", type=float, default=60, help="for a cell; ten times that for a notebook")
    add("--gigabytes", type=float, default=4, help="of memory, where the system can limit it")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Do what is asked for; 1 if it can't be done."""
    options = arguments(argv)
    try:
        if options.command == "fresh":
            write_fresh(options.chapter)
        elif options.command == "copies":
            write_copies(options.folder)
        elif options.command == "mark":
            given = options.folder, options.output, options.feedback
            classroom.write_marks(*given, options.seconds, options.gigabytes)
        elif options.pack:
            pack_data(options.pack)
        elif options.unpack:
            names = pack.unpack(options.unpack)
            print(f"{', '.join(names)}: checked, and put into {downloads.DOWNLOADS}")
        else:
            return open_course(options.port, options.check, options.all)
    except (MissingDataError, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
