"""The texts that the course runs on: our own story, two public books, or one of your own."""

import os
from pathlib import Path

from .backstage.downloads import DATA, fetch

OUR_STORY = "the-wall-walker"  # in data/, written for this course
BOOKS = ("the-verdict", "the-awakening")  # fetched, see data/README.md
SHORTEST = 1_500  # characters; with fewer, some windows and vocabularies of the chapters are empty


def text_name() -> str:
    """The name of the text that `load_text()` gives: COURSE_TEXT, or else our own story."""
    return os.environ.get("COURSE_TEXT") or OUR_STORY


def load_text(name: str | None = None) -> str:
    """A whole text as one string.

    Args:
        name: "the-wall-walker", "the-verdict", "the-awakening", or the path of a .txt or .md file
            of your own in UTF-8. None: the text that COURSE_TEXT names, or else our own story.

    Raises:
        ValueError: no text has this name, the file is not UTF-8, or it is shorter than SHORTEST.
        FileNotFoundError: there is no file at that path.
        MissingDataError: a book could not be fetched.
    """
    name = text_name() if name is None else str(name)
    if name == OUR_STORY:
        return read_text(DATA / f"{OUR_STORY}.txt")
    if name in BOOKS:
        return read_text(fetch(name))
    path = Path(name).expanduser()
    # One of these endings makes a name the path of a file, and no path has a \0 in it.
    if path.suffix.lower() in (".txt", ".md") and "\0" not in name:
        return _long_enough(read_text(path), path)
    raise ValueError(
        f"No text is called {name!r}. The texts are {', '.join((OUR_STORY, *BOOKS))}. "
        "Use one of these names, or the path of a .txt file of your own, as in 'my-story.txt'."
    )


def read_text(path: Path) -> str:
    """The file's text; a byte order mark is dropped, line ends become \\n."""
    try:
        text = path.read_text(encoding="utf-8-sig")  # sig: without a byte order mark
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path} is not UTF-8: byte {error.start:,} is 0x{error.object[error.start]:02x}. "
            "A text is read as UTF-8 here. Save it again as UTF-8 in your editor ('Save as', "
            "then the encoding)."
        ) from None
    except OSError as error:
        # The system's own words don't say in which folder it looked.
        what = "There is no file" if isinstance(error, FileNotFoundError) else "Can't read the file"
        raise type(error)(
            f"{what} at {path.absolute()} ({error.strerror}). A text file was expected there. "
            f"Check the path; a relative path begins at {Path.cwd()}."
        ) from None
    if "\0" in text:  # every second byte of a text in UTF-16 is 0, if it is English
        raise ValueError(
            f"{path} holds {text.count(chr(0)):,} characters of code 0, as a text in UTF-16 does "
            "when it is read as UTF-8. A text is read as UTF-8 here. Save it again as UTF-8 in "
            "your editor ('Save as', then the encoding)."
        )
    return text


def _long_enough(text: str, path: Path) -> str:
    """The text of a learner's own file, if it suffices for all chapters."""
    if len(text) < SHORTEST:
        raise ValueError(
            f"{path} has {len(text):,} characters. The chapters need a text of {SHORTEST:,} or "
            "more, because a short one leaves them too few words and windows to look at. Choose a "
            "longer text, or join several into one file."
        )
    return text
