"""Playgrounds: the pictures of `show`, moved by sliders and text boxes.

A playground is a pure function from values to a picture, and the plain ipywidgets that hold the
values. In a live notebook it moves; where no widget lives, its first drawing stands still.
"""

from .cuts import PRESETS, merges, regex, split_visibly, tokens, vocabulary, windows  # noqa: F401
from .playground import Playground, area, choice, line, slider, tick  # noqa: F401
from .rows import analogies, costs, lookup, pipe, positions  # noqa: F401
