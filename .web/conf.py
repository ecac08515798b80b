"""How Sphinx makes pages of the committed notebooks: settings of python -m tests.tools.web."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # where mathml.py lies

project = "From Text to Tensors"
author = "the course's authors"
language = "en"
smartquotes = False  # they would make one dash of the two in a token, and curl its quotes
extensions = ["myst_nb", "mathml"]
root_doc = "index"
exclude_patterns = ["data/downloads", "files", "**/.ipynb_checkpoints"]

# The notebooks are shown as they were saved, and never run.
nb_execution_mode = "off"
myst_enable_extensions = ["dollarmath", "html_image"]
myst_heading_anchors = 3
# What Lab shows live stands still here: the picture beneath it is used.
nb_mime_priority_overrides = [("html", "application/vnd.jupyter.widget-view+json", None)]
suppress_warnings = ["mystnb.unknown_mime_type", "misc.highlighting_failure", "myst.header"]

html_theme = "furo"
html_title = project
html_copy_source = False
html_show_sourcelink = False
html_static_path = ["_static"]
html_css_files = ["course.css"]
# Mathematics is set by the browser's own MathML, so no page asks another host for a script.
html_math_renderer = "mathml"
