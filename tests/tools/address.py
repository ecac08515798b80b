"""Say where the course is published: `python -m tests.tools.address https://github.com/OWNER/NAME --reference v1`.

The address and the tag stand once in helpers/__init__.py. This sets both there, and in what can't read them there:
the badges and set-up cells of the notebooks, and README.md. Outputs of notebooks stay as they are.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from tests.tools.books import ROOT

SITE, COLAB = "https://github.com/", "https://colab.research.google.com/github/"
# The ways in which a file names the course beside a plain link: to clone it, to open it in Colab.
CLONE = re.compile(
    rf'address = \\?"(?P<address>{SITE}[\w.-]+/[\w.-]+).*?--branch=(?P<reference>[\w./-]+)', re.S
)
OPEN = re.compile(rf"{COLAB}(?P<name>[\w.-]+/[\w.-]+)/blob/(?P<reference>[^)\s]+?)/notebooks/")
ONE = {name: re.compile(rf'^{name} = "(.*)"$', re.M) for name in ("ADDRESS", "REFERENCE")}


def files(root: Path) -> list[Path]:
    """The files that name the address, beside helpers/__init__.py."""
    return [root / "README.md", *sorted((root / "notebooks").rglob("*.ipynb"))]


def present(root: Path) -> tuple[str, str]:
    """The address and the reference that helpers/__init__.py names."""
    text = (root / "helpers" / "__init__.py").read_text("utf-8")
    return ONE["ADDRESS"].search(text)[1], ONE["REFERENCE"].search(text)[1]


def disagreeing(root: Path) -> list[str]:
    """Each place that names another address or reference than helpers/__init__.py, in words."""
    address, reference = present(root)
    visit = re.compile(rf"(?P<address>{SITE}[\w.-]+/{address.rpartition('/')[2]})(?![\w-])")
    found = []
    for path in files(root):
        text = path.read_text("utf-8")
        named = [(m["address"], m["reference"], m[0]) for m in CLONE.finditer(text)]
        named += [(SITE + m["name"], m["reference"], m[0]) for m in OPEN.finditer(text)]
        named += [(m["address"], reference, m[0]) for m in visit.finditer(text)]
        found += [f"{path.name}: {words}" for *what, words in named if what != [address, reference]]
    return found


def publish(root: Path, address: str, reference: str) -> int:
    """Set both everywhere; return how many files have changed. ValueError for what is no address or tag."""
    if not re.fullmatch(rf"{SITE}[\w.-]+/[\w.-]+(?<!\.git)", address):
        raise ValueError(
            f"The address is {address!r}; expected is {SITE}OWNER/NAME. Copy it from the browser."
        )
    if not re.fullmatch(r"\w[\w./-]*", reference):
        raise ValueError(
            f"The reference is {reference!r}; expected is a tag or branch such as v1. Name one."
        )
    old, old_reference = present(root)
    changes = [
        (rf"--branch={re.escape(old_reference)}(?![\w./-])", f"--branch={reference}"),
        (
            rf"{re.escape(old.replace(SITE, COLAB))}/blob/{re.escape(old_reference)}/",
            f"{address.replace(SITE, COLAB)}/blob/{reference}/",
        ),
        (rf"{re.escape(old)}(?![\w-])", address),
    ]
    changed = 0
    for path in [root / "helpers" / "__init__.py", *files(root)]:
        text = new = path.read_bytes().decode("utf-8")
        if path.name == "__init__.py":
            new = ONE["REFERENCE"].sub(f'REFERENCE = "{reference}"', new)
        for pattern, replacement in changes:
            new = re.sub(pattern, replacement, new)
        if new != text:
            path.write_bytes(new.encode("utf-8"))
            changed += 1
    return changed


def main(argv: list[str] | None = None, root: Path = ROOT) -> int:
    address, reference = present(root)
    parser = argparse.ArgumentParser(
        prog="python -m tests.tools.address", description=__doc__.partition("\n\n")[2]
    )
    parser.add_argument("address", nargs="?", default=address, help=f"now {address}")
    parser.add_argument(
        "--reference", default=reference, help=f"a tag or a branch (now {reference})"
    )
    options = parser.parse_args(argv)
    try:
        changed = publish(root, options.address, options.reference)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    wrong = disagreeing(root)
    print(f"{changed} files changed." + "".join(f"\nNames another: {words}" for words in wrong))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
