"""Figures that matplotlib draws, legible on white and on dark pages: curves, squares, your own."""

import base64
import io
from itertools import cycle

from .drawings import INK, LABEL, LINE
from .tables import BARS, PALETTE


def style() -> None:
    """Make matplotlib's figures fit a projector and any page: large letters, no background."""
    import matplotlib.pyplot as plt
    from matplotlib import colormaps
    from matplotlib.colors import LinearSegmentedColormap

    plt.rc("font", size=14)
    plt.rc("figure", figsize=(8, 4.5), facecolor="none")
    plt.rc("lines", linewidth=2.5)
    plt.rc("axes", facecolor="none", edgecolor=LINE, labelcolor=INK, labelpad=8, titlepad=9)
    plt.rc("axes", prop_cycle=plt.cycler(color=PALETTE))
    plt.rc("axes.spines", top=False, right=False)
    plt.rc("xtick", color=LINE, labelcolor=INK)
    plt.rc("ytick", color=LINE, labelcolor=INK)
    plt.rc("legend", facecolor=LABEL, edgecolor="none", framealpha=1)
    if "signs" not in colormaps:  # as in tables of numbers: orange above 0, blue below
        ends = [PALETTE[0], "white", PALETTE[1]]
        colormaps.register(LinearSegmentedColormap.from_list("signs", ends))
    plt.rc("image", cmap="signs")


def figure(fig, alt: str) -> None:
    """Show a matplotlib figure with its alt text, each text in it on a pale box; close it."""
    import matplotlib.pyplot as plt
    from IPython.display import display
    from matplotlib.text import Text
    from PIL import Image

    box = {"facecolor": LABEL, "edgecolor": "none", "boxstyle": "round,pad=0.15"}
    for text in fig.findobj(Text):
        text.set_bbox(box)
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", bbox_inches="tight", facecolor="none")
    plt.close(fig)
    picture = Image.open(buffer)
    if any(axes.images for axes in fig.axes):  # letters make do with four steps of transparency
        steps = picture.getchannel("A").point(lambda alpha: round(alpha / 85) * 85)
        picture.putalpha(steps)
    else:  # lines and dots with 256 colours
        picture = picture.quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    picture.save(buffer, format="png")
    data = {"image/png": base64.b64encode(buffer.getvalue()).decode(), "text/plain": alt}
    display(data, metadata={"image/png": {"alt": alt}}, raw=True)


def curves(
    drawn: dict[str, dict[int, float]], levels: dict[str, float], along: str, up: str
) -> None:
    """Show curves {name: {step: value}}, and levels {name: value} to compare them with.

    along, up: what the axes say. The alt text gives the two ends of each curve, and each level.
    """
    import matplotlib.pyplot as plt

    style()
    fig, ax = plt.subplots()
    said = []
    looks = zip(cycle(BARS), cycle("os^D"), strict=False)
    for (name, points), (colour, mark) in zip(drawn.items(), looks, strict=False):
        steps, values = list(points), list(points.values())
        ax.plot(steps, values, color=colour, marker=mark, label=name)
        said.append(
            f"{name}: {up} from {values[0]:.1f} at {along} {steps[0]} "
            f"to {values[-1]:.1f} at {along} {steps[-1]}"
        )
    for (name, value), look in zip(levels.items(), cycle(("--", ":", "-.")), strict=False):
        ax.axhline(value, color=LINE, linestyle=look, label=name)
        said.append(f"{name}: {value:.1f}")
    ax.set(xlabel=along, ylabel=up)
    # beneath, where it hides neither a curve nor a level
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2)
    figure(fig, f"Curves: {'; '.join(said)}.")


def squares(tables: dict, axis: str, number: str, alt: str = "", steps: int = 20) -> None:
    """Show square tables {name: tensor} of numbers from -1 to 1, orange above 0 and blue below.

    axis: what a row and a column stand for ("position"); number: what the numbers are ("cosine").
    alt: what the alt text says besides the means beside the diagonal. steps: of the colours.
    """
    import matplotlib.pyplot as plt

    style()
    size = {"figsize": (4.4 * len(tables) + 0.6, 4.4), "layout": "constrained"}
    fig, axes = plt.subplots(1, len(tables), squeeze=False, **size)
    said = f"Heat maps of the {number} of each {axis} (row) with each {axis} (column)."
    colours = plt.get_cmap("signs", steps)
    for ax, (name, table) in zip(axes[0], tables.items(), strict=True):
        picture = ax.imshow(table.numpy(), colours, interpolation="nearest", vmin=-1, vmax=1)
        ax.set(title=name, xlabel=axis, ylabel=axis)
        means = ", ".join(f"{table.diagonal(apart).mean():.2f}" for apart in (1, 3, 5))
        said += f" {name}, means 1, 3 and 5 beside the diagonal: {means}."
    fig.colorbar(picture, ax=axes, label=number)
    figure(fig, f"{said} {alt}".strip())
