"""What all playgrounds share: the widgets, and the drawing that follows them."""

from collections.abc import Callable
from functools import partial
from html import escape

import ipywidgets

from .. import show

LONGEST = 5_000  # characters of a text box that are looked at
# Of the line with the state, of a box for text, and of what stands two on a line.
WIDEST, WIDE, HALF = "60em", "46em", "27em"
OLD = "border-left:4px dotted #808080;padding-left:.6em"  # beside the last good drawing
LINE = "font:12px/1.5 monospace;user-select:all;max-height:3em;overflow:auto"


class Playground:
    """`draw(**values) -> Picture`, and by name the widgets whose values it is given.

    `html` is the drawing for the present values, `still` the first one, which a saved notebook
    keeps. What `draw` raises is a message, with the last good drawing beneath it. `state` is the
    line that makes this playground anew: it begins with `call`, as "play.merges(", and holds the
    values. `movers`: by the name of a control, a widget that moves it.
    """

    def __init__(self, draw, call: str = "", movers: dict | None = None, **controls):
        self.draw, self.controls, self.movers = draw, controls, movers or {}
        self._call, self._good = call, show.Picture("")
        self._view = ipywidgets.HTML()
        self._line = labelled(ipywidgets.HTML, "in a cell", "", WIDEST)
        shown = []
        for name, control in controls.items():
            control.observe(self._redraw, names="value")
            mover = self.movers.get(name)
            if isinstance(mover, ipywidgets.Play):  # never on another line than its slider
                shown.append(side_by_side([control, mover]))
            else:
                shown += [control, mover] if mover else [control]
        beneath = [self._view, self._line] if call else [self._view]
        self.box = ipywidgets.VBox([side_by_side(shown), *beneath])
        self._redraw()
        self.still = self.html

    def _redraw(self, change=None):
        values, top = {}, show.Picture("")
        for name, control in self.controls.items():
            values[name] = control.value
            if isinstance(control.value, str) and len(control.value) > LONGEST:
                values[name] = control.value[:LONGEST]
                top = show.note(f"Only the first {LONGEST:,} characters are used.")
        try:
            self._good = self.draw(**values)
            picture = top + self._good
        except Exception as error:  # what went wrong belongs on the page, not in a log
            old = show.Picture(f'<div style="{OLD}">{self._good.html}</div>')
            picture = top + show.error(str(error) or type(error).__name__) + old
        self.html = self._view.value = picture._repr_html_()
        given = ", ".join(f"{name}={value!r}" for name, value in values.items())
        self.state = f"{self._call}{given})" if self._call else ""
        self._line.value = f'{show.PAGE}<div style="{LINE}">{escape(self.state)}</div>'

    def __repr__(self) -> str:
        return show.plain(self.still)

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        live = {"version_major": 2, "version_minor": 0, "model_id": self.box.model_id}
        bundle = {"application/vnd.jupyter.widget-view+json": live}
        return {**bundle, "text/html": self.still, "text/plain": repr(self)}


def side_by_side(widgets) -> ipywidgets.Box:
    """They share a line where there is room, so that the drawing is on the same screen."""
    return ipywidgets.Box(widgets, layout={"flex_flow": "row wrap"})


def labelled(kind, label: str, value, width: str = HALF, **more) -> ipywidgets.Widget:
    """A widget of this kind with its label, on a narrow page no wider than that."""
    look = {"style": {"description_width": "9em"}, "layout": {"width": width, "max_width": "98%"}}
    return kind(value=value, description=label, **more, **look)


def slider(label: str, value: int, low: int, high: int, step: int = 1) -> ipywidgets.IntSlider:
    """A whole number between two limits."""
    return labelled(ipywidgets.IntSlider, label, value, min=low, max=high, step=step)


line = partial(labelled, ipywidgets.Text, width=WIDE)  # line(label, text)
area = partial(labelled, ipywidgets.Textarea, width=WIDE, rows=2)  # several lines
tick = partial(labelled, ipywidgets.Checkbox)  # tick(label, True)
choice = partial(labelled, ipywidgets.Dropdown)  # choice(label, value, options=[...])


def examples(label: str, box, options) -> ipywidgets.Dropdown:
    """A list whose pairs (what is shown, text) fill a box, and "your own" once that is edited."""
    texts = [text for _, text in options]

    def fill(text):
        box.value = text or box.value

    def follow(text):
        chosen.value = text if text in texts else ""

    chosen = choice(label, "", options=[*options, ("your own", "")])
    watch([box], follow)
    watch([chosen], fill)
    return chosen


def player(slider, pause: int = 1000) -> ipywidgets.Play:
    """A button that moves a slider on its own, a step after each pause, in milliseconds."""
    button = ipywidgets.Play(value=slider.value, max=slider.max, interval=pause)
    for name in ("max", "value"):
        ipywidgets.link((slider, name), (button, name))
    return button


def watch(controls, act: Callable) -> None:
    """Call `act` with the values of the controls, now and after each change of one of them."""

    def again(change=None):
        values = [control.value for control in controls]
        act(*[value[:LONGEST] if isinstance(value, str) else value for value in values])

    for control in controls:
        control.observe(again, names="value")
    again()


def reach(slider, boxes, last: Callable[..., int]) -> None:
    """Let a slider end where `last(*values of the boxes)` says.

    A text that is typed anew is short at first, so the chosen value comes back when it is longer.
    """
    chosen = placed = slider.value

    def stretch(*values):
        nonlocal chosen, placed
        if slider.value != placed:  # somebody has moved it
            chosen = slider.value
        end = max(0, last(*values))
        slider.max = max(1, end)  # a slider needs two ends, even where there is one place
        slider.value = placed = min(chosen, end)

    watch(boxes, stretch)
