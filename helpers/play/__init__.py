"""Playgrounds: the pictures of `show`, moved by sliders and text boxes.

Each is a pure function from values to a picture, and plain ipywidgets for the values.
"""

from .cuts import PRESETS, merges, regex, split_visibly, tokens, vocabulary, windows  # noqa: F401
from .meanings import meanings  # noqa: F401
from .playground import Playground, area, choice, line, player, slider, tick  # noqa: F401
from .rows import analogies, costs, lookup, pipe, positions  # noqa: F401
