"""The exercises of chapter 4, sliding windows; helpers/check.py says how one is written."""
from __future__ import annotations

from ..check import Exercise


def _pairs(ids, max_length, stride, shift=1, short=0):
    """The windows of chapter 4, whose answers are `shift` tokens further on; `short` starts fewer."""
    return [(ids[i:i + max_length], ids[i + shift:i + shift + max_length])
            for i in range(0, len(ids) - max_length - short, stride)]


def _inputs(ids, length, stride, more=0):
    """The inputs of the windows of chapter 4; `more` starts are tried."""
    return [ids[i:i + length] for i in range(0, len(ids) - length + more, stride)]


def _lost(n_tokens, max_length, stride, possible=None):
    """Of the possible targets (all but the first token), how many no window asks for."""
    asked = {i for _, target in _pairs(range(n_tokens), max_length, stride) for i in target}
    return (max(0, n_tokens - 1) if possible is None else possible) - len(asked)


window_pair = Exercise(
    "window_pair", chapter="04", why="Input and target have the same length, and the target starts one later.",
    hints=("An input of 4 ids that begins at 2 is ids[2:6]. Where does it end, in terms of `start`?",
           "The target begins one id later than the input, and ends one id later.",
           "`ids[start:start + max_length], ids[start + 1:start + max_length + 1]`"),
    cases=[([40, 367, 2885, 1464, 1807, 3619], 0, 4), (list(range(20, 40)), 3, 5), (list(range(9)), 7, 1)],
    right=lambda ids, start, length: (ids[start:start + length], ids[start + 1:start + length + 1]),
    wrong={"The target is the input itself. It has to move on by one.":
           lambda ids, start, length: (ids[start:start + length],) * 2,
           "The target is one id too short: its end has to move on by one as well.":
           lambda ids, start, length: (ids[start:start + length], ids[start + 1:start + length]),
           "The target begins where the window ends. The shift is one token, not a whole window.":
           lambda ids, start, length: (ids[start:start + length], ids[start + length:start + 2 * length]),
           "The ends are right only for a window that begins at 0: add `start` to them.":
           lambda ids, start, length: (ids[start:length], ids[start + 1:length + 1]),
           "The target is right. The input is one id too long: a slice stops before its end.":
           lambda ids, start, length: (ids[start:start + length + 1], ids[start + 1:start + length + 1]),
           "The input is right. The target is one id too long: it has as many ids as the input.":
           lambda ids, start, length: (ids[start:start + length], ids[start + 1:start + length + 2]),
           "Input and target are one id too long, both: a slice stops before its end.":
           lambda ids, start, length: (ids[start:start + length + 1], ids[start + 1:start + length + 2]),
           "This is one answer, for the last position. There is one for each position of the input.":
           lambda ids, start, length: (ids[start:start + length], ids[start + length:start + length + 1]),
           "This is one answer, for the last position, and not in a list. There is one for each position of the input.":
           lambda ids, start, length: (ids[start:start + length], ids[start + length])})

cut_with_overlap = Exercise(
    "cut_with_overlap", chapter="04", why="Stride and overlap make up a window: each is `max_length` less the other.",
    hints=("By how many tokens does a window of 4 move on, if it shares 1 with the next one?",
           "The third argument of `range` is the stride. What a window does not share, it moves on by.",
           "`range(0, len(ids) - max_length, max_length - overlap)`"),
    cases=[(list(range(12)), 4, 1), (list(range(20, 41)), 5, 3), (list(range(9)), 4, 0), (list(range(8)), 3, 2),
           ([5, 6, 7], 4, 1)],
    right=lambda ids, length, overlap: _inputs(ids, length, length - overlap),
    wrong={"Not answered yet: the overlap is still the stride, so windows of 4 that are to share 1 share 3. Change the "
           "line of `starts`.": lambda ids, length, overlap: _inputs(ids, length, overlap),
           "Neighbours share nothing here, whatever the overlap.": lambda ids, length, overlap: _inputs(
               ids, length, length),
           "Neighbours share one token more than asked. The stride is `max_length - overlap`, without a further 1.":
           lambda ids, length, overlap: _inputs(ids, length, length - overlap - 1),
           "Neighbours share one token less than asked. The shift of one belongs to the targets, not to the stride.":
           lambda ids, length, overlap: _inputs(ids, length, length - overlap + 1),
           "The windows move on too far, and leave gaps. What is shared makes the stride smaller.":
           lambda ids, length, overlap: _inputs(ids, length, length + overlap),
           "The step is below 0, so no window is cut. Take the overlap from `max_length`, not the other way round.":
           lambda ids, length, overlap: _inputs(ids, length, overlap - length),
           "The stride is right, but the last windows lack a next token. The second argument of `range` was right.":
           lambda ids, length, overlap: [ids[i:i + length] for i in range(0, len(ids), length - overlap)],
           "The stride is right, but a window may end at the last token, which has no next one. The second argument "
           "of `range` was right.": lambda ids, length, overlap: _inputs(ids, length, length - overlap, 1)})

count_lost = Exercise(
    "count_lost", chapter="04", why="A gap appears at every seam as soon as the stride is larger than a window.",
    hints=("Count the different targets that are seen, and take them from n_tokens - 1.",
           "The first window asks for max_length targets. Each further one adds `stride` new ones, "
           "but never more than max_length.",
           "Without a window, max(0, n_tokens - 1) targets are lost."),
    cases=[(14, 4, 4), (14, 4, 5), (25, 10, 10), (40, 4, 1), (4, 4, 2), (3, 8, 1), (0, 4, 4), (5, 4, 9), (1, 1, 1),
           (30, 4, 6), (29, 3, 5)],
    right=_lost,
    wrong={"This counts the first token as lost. It is never a target, so it does not count.":
           lambda n, length, stride: _lost(n, length, stride, n),
           "This counts what stands behind the last target only. With stride 5 and max_length 4 there are gaps too.":
           lambda n, length, stride: _lost(n, length, stride) if stride <= length else (n - 1 - length) % stride,
           "A text without any window loses all of its targets, and there are never less than 0.":
           lambda n, length, stride: _lost(n, length, stride) if n > length else 0,
           "Windows that overlap ask for a target more than once. Count it once.":
           lambda n, length, stride: max(0, n - 1) - length * len(_pairs(range(n), length, stride)),
           "The first window asks for max_length targets. Only each further one adds no more than the stride.":
           lambda n, length, stride: max(0, n - 1) - min(stride, length) * len(_pairs(range(n), length, stride)),
           "This counts one gap only. There is one between any two neighbouring windows.":
           lambda n, length, stride: _lost(n, length, stride) - max(0, stride - length) * max(
               0, len(_pairs(range(n), length, stride)) - 2),
           "This counts one token for each gap. A gap is as long as the stride is larger than a window.":
           lambda n, length, stride: _lost(n, length, stride) - max(0, stride - length - 1) * max(
               0, len(_pairs(range(n), length, stride)) - 1),
           "This counts a gap behind the last window too. What stands there belongs to the tail.":
           lambda n, length, stride: _lost(n, length, stride) + (
               max(0, stride - length) if n > length else 0),
           "The rest at the end is no short window: its targets are lost.": lambda n, length, stride: 0})

mended_windows = Exercise(
    "mended_windows", chapter="04", why="The shift from input to target is 1, whatever the stride.",
    hints=("Call it with list(range(12)), max_length 4 and stride 3. What is the answer to 0?",
           "Two numbers move something on here: the stride and the shift. Which belongs in the line of the targets?",
           "`ids[start + 1:start + 1 + max_length]`: the shift is 1, whatever the stride."),
    cases=[(list(range(12)), 4, 3), (list(range(9)), 4, 4), (list(range(8)), 3, 1), ([5, 6], 2, 1)], right=_pairs,
    wrong={"The target begins a whole stride later. For stride 3 the answer to 0 should be 1, not 3.":
           lambda ids, length, stride: _pairs(ids, length, stride, stride),
           "The targets are right, but a window is missing at the end. The range was right as it stood.":
           lambda ids, length, stride: _pairs(ids, length, stride, 1, 1),
           "The target is the input itself now. It has to move on by one.":
           lambda ids, length, stride: _pairs(ids, length, stride, 0),
           "The target begins right, but its end still goes by the stride.":
           lambda ids, length, stride: [(ids[i:i + length], ids[i + 1:i + stride + length])
                                        for i in range(0, len(ids) - length, stride)],
           "The target begins right, but it is one id too short: its end moves on by one as well.":
           lambda ids, length, stride: [(ids[i:i + length], ids[i + 1:i + length])
                                        for i in range(0, len(ids) - length, stride)],
           "The target begins right, and as many ids as the stride says are taken. It is as long as the input.":
           lambda ids, length, stride: [(ids[i:i + length], ids[i + 1:i + stride + 1])
                                        for i in range(0, len(ids) - length, stride)],
           "This is one answer, for the last position. There is one for each position of the input.":
           lambda ids, length, stride: [(ids[i:i + length], ids[i + length])
                                        for i in range(0, len(ids) - length, stride)],
           "Now the window itself moves on by one each time, so the stride is lost.":
           lambda ids, length, stride: _pairs(ids, length, 1)})
