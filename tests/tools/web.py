"""Build the web edition of the course: `python -m tests.tools.web [--linkcheck]`.

Pages are made from the committed notebooks, which are not run, by Sphinx with the settings in .web.
They land in site/html, which opens from the disk and asks no other host for anything.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat

from tests.tools.books import CHAPTERS, ROOT, read
from tests.tools.glossary import PAGE, glossary

SITE = ROOT / "site"
PAGES = ["README.md", "LICENSE", "data/README.md", "notebooks"]
CONTENTS = """

```{toctree}
:hidden:
:caption: Chapters
:glob:

notebooks/0*
notebooks/glossary
```

```{toctree}
:hidden:
:caption: Teaching
:glob:

notebooks/teaching/guide
notebooks/teaching/*
data/README
```
"""


def lay_out(source: Path) -> None:
    """Copy what becomes a page; the README is the start page."""
    shutil.rmtree(source, ignore_errors=True)
    for name in PAGES:
        place = source / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            skipped = shutil.ignore_patterns(".*", "my-*")
            shutil.copytree(ROOT / name, place, ignore=skipped)
        else:
            shutil.copy(ROOT / name, place)
    start = (source / "README.md").read_text(encoding="utf-8")
    (source / "README.md").unlink()
    (source / "index.md").write_text(start + CONTENTS, encoding="utf-8")
    (source / PAGE.relative_to(ROOT)).write_text(glossary(), encoding="utf-8")
    (source / "files").mkdir()
    for path in CHAPTERS:
        shutil.copy(path, source / "files")
        book = read(path)
        for cell in (cell for cell in book.cells if cell.cell_type == "markdown"):
            cell.source = on_the_web(cell.source)
        title, _, rest = book.cells[0].source.partition("\n")
        load = f"{{download}}`Download this chapter as a notebook <../files/{path.name}>`"
        book.cells[0].source = f"{title}\n\n{load}\n{rest}"
        nbformat.write(book, source / path.relative_to(ROOT))


def on_the_web(markdown: str) -> str:
    """A cell as the web edition shows it: no link to the program's files, no badge from elsewhere."""
    plain = re.sub(r"\[([^\]]*)\]\(\.\./(?:helpers|tests)/[^)]*\)", r"\1", markdown)
    return re.sub(r"\[!\[([^\]]*)\]\([^)]*badge\.svg\)\]", r"[\1]", plain)


def build(site: Path = SITE, builder: str = "html") -> Path:
    """Build the pages under `site`; return their folder. A warning of Sphinx is an error."""
    lay_out(site / "source")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", builder]
    command += ["-c", str(ROOT / ".web"), str(site / "source"), str(site / builder)]
    subprocess.run(command, check=True)
    return site / builder


def main() -> None:
    """Read the command line, build, and say where the start page is."""
    parser = argparse.ArgumentParser(prog="python -m tests.tools.web", description=__doc__)
    parser.add_argument("--linkcheck", action="store_true", help="try every link, over the network")
    options = parser.parse_args()
    if options.linkcheck:
        build(builder="linkcheck")
    print(build() / "index.html")


if __name__ == "__main__":
    main()
