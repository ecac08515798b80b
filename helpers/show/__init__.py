"""Pictures that need no kernel: tokens, tables, bars, windows, maps, merge trees, and steps.

Each function returns a `Picture`, which a notebook shows as HTML and a terminal as plain text.
Text from outside is escaped, and what cannot be seen in it is made visible. Most colours are those
of Okabe and Ito, which colour-blind people can tell apart, and a word, a number or a line always
says the same.
"""

from .composed import addition, ladder, lookup, ranks  # noqa: F401
from .drawings import stripes, svg, tree  # noqa: F401
from .figures import curves, figure, squares, style  # noqa: F401
from .maps import word_map  # noqa: F401
from .pictures import MARKS, PAGE, Picture, error, many, note, plain, steps, visible  # noqa: F401
from .strips import batch, questions, windows  # noqa: F401
from .tables import LOST, PALETTE, bars, heat, table, tokens, twin_colours  # noqa: F401
