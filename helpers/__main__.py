"""`python -m helpers`: fetch what is missing, say what is ready, open the course in JupyterLab."""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from typing import NamedTuple

from helpers import NEWEST, bounds
from helpers.backstage import pack
from helpers.backstage.downloads import DOWNLOADS, ROOT, MissingDataError, gpt2_files
from helpers.texts import load_text

REQUIREMENTS = ROOT / "requirements.txt"
FIRST = "notebooks/01_regex_tokenization.ipynb"


class Row(NamedTuple):
    """One line of the table."""

    what: str
    state: str  # "ready", "missing", or "untried": another version than the course names
    facts: str
    needed: bool = True
    problem: str = ""  # the whole message, shown beneath the table


def packages() -> list[Row]:
    """The version of each package that requirements.txt names, and whether it is one that is named there."""
    tried = sys.version_info[:2] <= NEWEST
    rows = [Row("Python", "ready" if tried else "untried", sys.version.split()[0])]
    remedy = f"{sys.executable} -m pip install -r {REQUIREMENTS}"
    for name, allowed in bounds().items():
        try:
            found = version(name)
            from packaging.specifiers import SpecifierSet  # it comes with JupyterLab
        except ModuleNotFoundError:  # PackageNotFoundError is one too
            rows.append(Row(name, "missing", "not installed", problem=f"Install it: {remedy}"))
            continue
        if SpecifierSet(allowed, prereleases=True).contains(found):
            rows.append(Row(name, "ready", found))
        else:
            problem = f"{found} is here; the course is tried with {allowed}. If something fails: {remedy}"
            rows.append(Row(name, "untried", found, False, problem))
    return rows


def text(name: str) -> str:
    """Load a text, fetching it if need be; say how long it is."""
    return f"{len(load_text(name)):,} characters"


def merges() -> str:
    """Lay GPT-2's files where tiktoken looks; say how many tokens tiktoken then knows."""
    gpt2_files()
    import tiktoken

    return f"{tiktoken.get_encoding('gpt2').n_vocab:,} tokens"


def vectors() -> str:
    """Load the word vectors, which builds their arrays the first time; say how many words."""
    from helpers.vectors import load_word_vectors

    return f"{len(load_word_vectors()):,} words"


def wikipedia() -> str:
    """Clean the sample of Wikipedia the first time; say how many words of it there are."""
    from helpers.skipgram import wikipedia_texts

    return f"{sum(map(len, wikipedia_texts())):,} words"


STEPS: list[tuple[str, Callable[[], str], bool]] = [  # what, how, whether it is needed
    ("text: the-wall-walker", lambda: text("the-wall-walker"), True),
    ("text: the-verdict", lambda: text("the-verdict"), False),
    ("text: the-awakening", lambda: text("the-awakening"), False),
    ("GPT-2's merges", merges, True),
    ("word vectors", vectors, True),
    ("text: Wikipedia sample", wikipedia, True),
]


def prepare(what: str, step: Callable[[], str], needed: bool) -> Row:
    """Run one step, which fetches what is missing; whatever stops it goes into the table."""
    try:
        return Row(what, "ready", step(), needed)
    except Exception as error:  # the table reports every cause, and the other steps go on
        kind = "" if isinstance(error, MissingDataError) else f"{type(error).__name__}: "
        problem, facts = f"{kind}{error}", "see below" if needed else "optional, see below"
        return Row(what, "missing", facts, needed, problem)


def table(rows: list[Row]) -> str:
    """The rows in three columns, then what to do about each that is missing."""
    wide = max(len(row.what) for row in rows)
    lines = [f"{row.what:{wide}}  {row.state:7}  {row.facts}" for row in rows]
    return "\n".join(lines + [f"\n{row.what}: {row.problem}" for row in rows if row.problem])


def server_command(port: int, root: bool, display: bool) -> list[str]:
    """The command that serves the course on 127.0.0.1 with a token, at its first chapter."""
    command = [sys.executable, "-m", "jupyterlab", "--ip=127.0.0.1", f"--port={port}"]
    command += [f"--ServerApp.root_dir={ROOT}", f"--LabApp.default_url=/lab/tree/{FIRST}"]
    return command + ["--allow-root"] * root + ["--no-browser"] * (root or not display)


def hand_over(pack_to: str | None, unpack_from: str | None) -> int:
    """Write the data into one file, or lay it out of one; 1 if that can't be done."""
    try:
        if pack_to:
            path, lacking = pack.pack(pack_to)
            without = f" Without {' and '.join(lacking)}, which could not be had." if lacking else ""
            print(f"{path}\n{path.stat().st_size / 1e6:.0f} MB: all that the course needs in {DOWNLOADS}.{without}\n"
                  f"Where it is copied to: python -m helpers --unpack {path.name}")
        else:
            names = pack.unpack(unpack_from)
            print(f"{', '.join(names)}: checked, and laid into {DOWNLOADS}")
    except MissingDataError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def main(argv: list[str] | None = None) -> int:
    """Prepare, print the table, start JupyterLab; 1 if something that is needed is missing."""
    parser = argparse.ArgumentParser(prog="python -m helpers", description=__doc__.split(": ")[1])
    parser.add_argument("--check", action="store_true", help="end after the table; open nothing")
    parser.add_argument("--port", type=int, default=8888, help="JupyterLab's port (default 8888)")
    parser.add_argument("--pack", nargs="?", const=pack.NAME, metavar="FILE",
                        help=f"write all data into one file ({pack.NAME}) to hand to a class")
    parser.add_argument("--unpack", metavar="FILE", help="lay the data out of such a file")
    options = parser.parse_args(argv)
    if options.pack or options.unpack:
        return hand_over(options.pack, options.unpack)
    rows = packages() + [prepare(*step) for step in STEPS]
    rows.append(Row("disk", "ready", f"{shutil.disk_usage(ROOT).free / 1e9:.1f} GB free"))
    print(table(rows), flush=True)
    if any(row.needed and row.state == "missing" for row in rows):
        print("\nSomething that the course needs is missing: see above what to do.", flush=True)
        return 1
    if options.check:
        return 0
    root = getattr(os, "geteuid", lambda: 1)() == 0
    display = sys.platform != "linux" or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))
    command = server_command(options.port, root, display)
    where = "at the address with ?token= that it prints" if "--no-browser" in command else "in a browser"
    print(f"\nJupyterLab opens {where}. Ctrl+C twice ends it.", flush=True)
    if sys.platform == "win32":  # there a replaced process would lose the terminal
        return subprocess.call(command)
    os.execv(sys.executable, command)


if __name__ == "__main__":
    sys.exit(main())
