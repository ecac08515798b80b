"""Say where the course is published, or that it isn't anywhere.

    python -m tests.tools.address https://github.com/OWNER/NAME --reference main
    python -m tests.tools.address --none
    python -m tests.tools.address             # only says what the files name

The reference is a branch or a tag. Both stand in the set-up cells, in the badges at the top of the
chapters, and in README.md; where there is no address, a sentence stands in a badge's place. The
outputs of the notebooks stay as they are. It needs nothing but Python.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SITE, COLAB = "https://github.com/", "https://colab.research.google.com/github/"
BY_HAND = (
    "To open this chapter in Colab, choose *File*, *Upload notebook* there, "
    "then put the course's zip beside it (the folder icon on the left)."
)
BADGE = re.compile(rf"\[!\[Open In Colab\]\([^)]*\)\]\({COLAB}[^)]*\)")
# What a set-up cell has in addition if the course is published.
IMPORT = "from urllib.request import urlretrieve\n"
FETCH = """\
if not found:
    web = "{address}/archive/{reference}.zip"
    try:
        file = Path(urlretrieve(web, "course.zip")[0])
        found = [file / name for name in ZipFile(file).namelist() if course in name]
    except OSError as error:
        print(f"{{web}} does not answer: {{error}}")
"""
FETCHES = re.compile(
    re.escape(FETCH)
    .replace(r"\{address\}", r"(?P<address>[^\"]*)")
    .replace(r"\{reference\}", r"(?P<reference>[^\"]*)")
    .replace(r"\{\{", r"\{")
    .replace(r"\}\}", r"\}")
)
# The part of README.md that says how the course is opened in Colab.
README = re.compile(r"(<!-- colab -->\n).*?(\n<!-- end -->)", re.S)
README_BY_HAND = (
    "In Colab, choose *File*, *Upload notebook*, take a chapter from `notebooks`, and put the course's "
    "zip beside it (the folder icon on the left):\nthe chapter's first cell unpacks the course, "
    "or finds it "
    "in your Google Drive once that is mounted."
)
README_PUBLISHED = (
    "In Colab, open a chapter by the badge at its top: [here is the first one]({first}).\n"
    "Its first cell fetches the course from [where it is published]({address})."
)


def chapters(root: Path) -> list[Path]:
    """The notebooks of the course."""
    return sorted((root / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def link(name: str, address: str, reference: str) -> str:
    """Where Colab opens a chapter that is published."""
    return f"{address.replace(SITE, COLAB)}/blob/{reference}/notebooks/{name}"


def set_up_cell(source: str, address: str, reference: str) -> str:
    """A chapter's first cell for this address, or for none."""
    source = FETCHES.sub("", source.replace(IMPORT, ""))
    if not address:
        return source
    fetch = FETCH.format(address=address, reference=reference)
    source = source.replace("from zipfile import", f"{IMPORT}from zipfile import")
    return source.replace("assert found", f"{fetch}assert found")


def title_cell(source: str, name: str, address: str, reference: str) -> str:
    """A chapter's title with its badge, or with the sentence in its place."""
    badge = "[![Open In Colab](https://colab.research.google.com/assets/colab-badge.svg)]"
    here = f"{badge}({link(name, address, reference)})" if address else BY_HAND
    return BADGE.sub(here, source.replace(BY_HAND, here))


def for_address(path: Path, address: str, reference: str) -> str:
    """The text of a notebook or of README.md as it is for this address and reference."""
    text = path.read_bytes().decode("utf-8")
    if path.suffix != ".ipynb":
        first = link(chapters(path.parent)[0].name, address, reference)
        said = README_PUBLISHED.format(first=first, address=address) if address else README_BY_HAND
        return README.sub(lambda found: found[1] + said + found[2], text)
    book = json.loads(text)
    title = book["cells"][0]
    first = next(cell for cell in book["cells"] if cell["cell_type"] == "code")
    changed = [
        (title, title_cell("".join(title["source"]), path.name, address, reference)),
        (first, set_up_cell("".join(first["source"]), address, reference)),
    ]
    for cell, source in changed:
        cell["source"] = source.splitlines(keepends=True)
    return json.dumps(book, ensure_ascii=False, indent=1) + "\n"


def files(root: Path) -> list[Path]:
    """The files that may name the address."""
    return [root / "README.md", *chapters(root)]


def present(root: Path) -> tuple[str, str]:
    """The address and the reference that the first chapter's set-up cell names; "" for none."""
    cells = json.loads(chapters(root)[0].read_text("utf-8"))["cells"]
    first = next(cell for cell in cells if cell["cell_type"] == "code")
    found = FETCHES.search("".join(first["source"]))
    return (found["address"], found["reference"]) if found else ("", "")


def disagreeing(root: Path) -> list[str]:
    """The names of the files that name another address or reference than the first chapter's cell."""
    named = present(root)
    return [
        path.name
        for path in files(root)
        if for_address(path, *named) != path.read_bytes().decode("utf-8")
    ]


def publish(root: Path, address: str, reference: str) -> int:
    """Set both everywhere, or take them away if both are ""; return how many files have changed.

    Raises ValueError for what is no address or reference, and changes nothing then.
    """
    if address and not re.fullmatch(rf"{SITE}[\w.-]+/[\w.-]+(?<!\.git)", address):
        raise ValueError(
            f"The address is {address!r}; expected {SITE}OWNER/NAME. Copy it from the browser."
        )
    if address and not re.fullmatch(r"\w[\w./-]*", reference):
        raise ValueError(
            f"The reference is {reference!r}; expected a branch or tag such as main. Name one."
        )
    changed = 0
    for path in files(root):
        new = for_address(path, address, reference).encode("utf-8")
        if new != path.read_bytes():
            path.write_bytes(new)
            changed += 1
    return changed


def main(argv: list[str] | None = None, root: Path = ROOT) -> int:
    """Read the command line; 1 if what is named is no address, or if files disagree."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.tools.address",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("address", nargs="?", help=f"{SITE}OWNER/NAME")
    parser.add_argument("--reference", default="main", help="a branch or a tag (default: main)")
    parser.add_argument("--none", action="store_true", help="the course is published nowhere")
    options = parser.parse_args(argv)
    try:
        if options.none:
            print(f"{publish(root, '', '')} files changed.")
        elif options.address:
            print(f"{publish(root, options.address, options.reference)} files changed.")
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    print("{} at {}".format(*present(root)) if any(present(root)) else "Published nowhere.")
    wrong = disagreeing(root)
    print("".join(f"{name} names another.\n" for name in wrong), end="")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
