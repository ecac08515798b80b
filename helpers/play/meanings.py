"""A playground with a trained model: one word in several lines, block by block (chapter 0)."""

from functools import partial

from .. import show
from .playground import Playground, area, line, slider

BARE = 0.6  # the cosine without colour, so that 0.7 and 0.9 look different
MOST_LINES = 12  # so that the table fits a screen
LONGEST = 500  # characters of a line, which in most scripts fit the model's 512 tokens


def _draw_meanings(model, text, word, blocks):
    if model is None:
        return show.note("The trained model is missing here, so there is nothing to compare.")
    lines = [part for part in text.splitlines() if part.strip()]
    if not lines:
        return show.note("There are no lines to compare: write some, each with the word.")
    long = max(map(len, lines))
    if len(lines) > MOST_LINES or long > LONGEST:
        raise ValueError(
            f"Lines: {len(lines)}; characters in the longest: {long:,}. Expected at "
            f"most {MOST_LINES} lines of at most {LONGEST} characters. Shorten the text."
        )
    from ..models import cosines  # it brings torch

    # One row of seven for each line: going in, and after each block.
    states = [model.states_of(part, word)[blocks] for part in lines]
    names = [f"{number}. {part}" for number, part in enumerate(lines, start=1)]
    caption = f"{word} after {blocks} of 6 blocks: how alike, as cosines"
    return show.heat(cosines(states), names, range(1, len(names) + 1), caption=caption, bare=BARE)


def meanings(model, text: str, word: str, blocks: int = 6) -> Playground:
    """How alike a word's vectors are in the lines of a text, after some of a model's blocks.

    `model` is that of load_model, or None where it is missing: then a note says so.
    """
    boxes = {"text": area("text", text, rows=6), "word": line("word", word)}
    boxes["blocks"] = slider("blocks", blocks, 0, 6)
    return Playground(partial(_draw_meanings, model), "play.meanings(model=minilm, ", **boxes)
