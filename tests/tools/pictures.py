"""Draw the README's pictures anew: `python -m tests.tools.pictures` photographs each chapter's still playground.

What is photographed is the HTML that the committed notebook carries, so the pictures show what a learner sees. Each
picture keeps that HTML's hash, by which a test notices that a notebook has changed since. Hindi and emoji need fonts:
on Debian fonts-noto-core and fonts-noto-color-emoji.
"""

from __future__ import annotations

import hashlib
import re

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.machines.lab import browser
from tests.tools.books import CHAPTERS, ROOT, code, read

PICTURES = ROOT / "notebooks" / "pictures"
# Two chapters have two playgrounds; the last one says more at a glance.
WHICH = {"00_first_hour": -1, "03_byte_pair_encoding": -1}
PAGE = '<!doctype html><body style="margin:0;padding:14px;width:900px;background:#fff;font-family:sans-serif">%s</body>'


def still(path) -> str:
    """The HTML of a chapter's playground as it stands in the committed notebook."""
    cells = [
        cell for cell in code(read(path)) if re.search(r"^play\.\w+\(", cell.source, flags=re.M)
    ]
    bundles = [output.get("data", {}) for cell in cells for output in cell.outputs]
    found = [data["text/html"] for data in bundles if "text/html" in data]
    return found[WHICH.get(path.stem, 0)]


def hash_of(path) -> str:
    """The hash of a chapter's still, as its picture keeps it."""
    return hashlib.sha256(still(path).encode()).hexdigest()


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with browser() as page:
        page.set_viewport_size({"width": 930, "height": 1000})
        for path in CHAPTERS:
            page.set_content(PAGE % still(path))
            height = min(1000, page.evaluate("document.body.getBoundingClientRect().height") + 28)
            drawn = PICTURES / f"{path.stem}.png"
            page.screenshot(path=drawn, clip={"x": 0, "y": 0, "width": 930, "height": height})
            kept = PngInfo()
            kept.add_text("still", hash_of(path))
            Image.open(drawn).convert("RGB").quantize(256).save(drawn, pnginfo=kept)


if __name__ == "__main__":
    main()
