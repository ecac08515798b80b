"""What all playgrounds share: the widgets, and the drawing that follows them."""

import ipywidgets

from .. import show

LONGEST = 5_000  # characters of a text box that are looked at
LOOK = {"style": {"description_width": "9em"}, "layout": {"width": "46em", "max_width": "98%"}}


class Playground:
    """`draw(**values) -> Picture`, and by name the widgets whose values it is given.

    `html` is the drawing for the present values, `still` the first one, which a saved notebook
    keeps. What `draw` raises is shown as words.
    """

    def __init__(self, draw, **controls):
        self.draw, self.controls = draw, controls
        self._view = ipywidgets.HTML()
        self.box = ipywidgets.VBox([*controls.values(), self._view])
        for control in controls.values():
            control.observe(self._redraw, names="value")
        self._redraw()
        self.still = self.html

    def _redraw(self, change=None):
        values = {name: control.value for name, control in self.controls.items()}
        top = show.Picture("")
        for name, value in values.items():
            if isinstance(value, str) and len(value) > LONGEST:
                values[name] = value[:LONGEST]
                top = show.note(f"Only the first {LONGEST:,} characters are used.")
        try:
            picture = top + self.draw(**values)
        except Exception as error:  # what went wrong belongs on the page, not in a log
            picture = top + show.note(str(error) or type(error).__name__)
        self.html = self._view.value = picture._repr_html_()

    def __repr__(self) -> str:
        return show.plain(self.still)

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        live = {"version_major": 2, "version_minor": 0, "model_id": self.box.model_id}
        bundle = {"application/vnd.jupyter.widget-view+json": live}
        return {**bundle, "text/html": self.still, "text/plain": repr(self)}


def slider(label: str, value: int, low: int, high: int) -> ipywidgets.IntSlider:
    """A whole number between two limits."""
    return ipywidgets.IntSlider(value, min=low, max=high, description=label, **LOOK)


def line(label: str, value: str) -> ipywidgets.Text:
    """A line of text."""
    return ipywidgets.Text(value, description=label, **LOOK)


def area(label: str, value: str) -> ipywidgets.Textarea:
    """Several lines of text."""
    return ipywidgets.Textarea(value, rows=3, description=label, **LOOK)


def choice(label: str, value, options) -> ipywidgets.Dropdown:
    """One of several values, or of pairs (what is shown, value)."""
    return ipywidgets.Dropdown(value=value, options=options, description=label, **LOOK)


def tick(label: str, value: bool) -> ipywidgets.Checkbox:
    """Yes or no."""
    return ipywidgets.Checkbox(value, description=label, **LOOK)


def reach(slider, box, count) -> None:
    """Let a slider go on to the last of the tokens that `count` counts in the text of a box."""

    def stretch(change=None):
        slider.max = max(1, slider.value, count(box.value[:LONGEST]) - 1)

    box.observe(stretch, names="value")
    stretch()
