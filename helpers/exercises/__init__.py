"""The exercises of all chapters, a room for each; they register themselves with helpers/check.py."""
from . import (  # noqa: F401
    chapter_01,
    chapter_02,
    chapter_03,
    chapter_04,
    chapter_05,
    chapter_06,
    chapter_07,
    chapter_08,
    chapter_09,
)
