"""The exercises of chapter 8, from text to tensors; helpers/check.py says how one is written."""
from __future__ import annotations

from ..check import Exercise


def _score_cases() -> list:
    import torch
    chance = torch.Generator().manual_seed(8)
    return [(torch.randn(batch, tokens, size, generator=chance), torch.randint(size, (batch, tokens), generator=chance))
            for batch, tokens, size in ((2, 4, 5), (1, 3, 9), (3, 3, 3))]


def _loss(scores, targets, reduction="mean"):
    import torch
    scores, targets = scores.flatten(0, 1), targets.flatten()
    return torch.nn.functional.cross_entropy(scores, targets, reduction=reduction)


def _shuffled(number, stride=None):
    """Token numbers in a shuffled batch; `number(numbers, window, place)` is that of the window."""
    return lambda numbers, step, window, place: number(numbers, window, place) * (stride or step) + place


def _bytes_of(pieces, number, size=len, more=0):
    first = sum(map(size, pieces[:number]))
    return first, first + size(pieces[number]) + more


count_numbers = Exercise(
    "count_numbers", chapter="08", why="With the smallest GPT-2's sizes, 92 in 100 of them would be token rows.",
    hints=("Three parts: a row for each token, a row for each place, and four matrices.",
           "A row has `dim` numbers, and there is one for each token and one for each place. A matrix has two sides.",
           "A row has `dim` numbers; `nn.Linear(dim, dim, bias=False)` has `dim * dim`. The output is tied: "
           "it adds none."),
    cases=[(512, 32, 64), (211, 16, 32), (6, 7, 5)], right=lambda size, length, dim: (size + length + 4 * dim) * dim,
    wrong={"The token rows are counted twice. The output is tied: it uses the same rows.":
           lambda size, length, dim: (2 * size + length + 4 * dim) * dim,
           "Attention has four matrices here: query, key, value and out. One was counted.":
           lambda size, length, dim: (size + length + dim) * dim,
           "Attention has four matrices here. The one called out is missing.":
           lambda size, length, dim: (size + length + 3 * dim) * dim,
           "A matrix of attention has dim * dim numbers, not dim.": lambda size, length, dim: (size + length + 4) * dim,
           "A position is a row of `dim` numbers, not one number.":
           lambda size, length, dim: (size + 4 * dim) * dim + length})
shuffled_token = Exercise(
    "shuffled_token", chapter="08", why="Shuffling moves whole windows; inside of one the order stays.",
    hints=("`numbers` is a list. Which of its entries belongs to this window of the batch?",
           "`numbers` has one entry for each window of the batch, in the order of the batch.",
           "`number = numbers[window]`; the other line stays."),
    cases=[([7, 0, 3, 5], 4, 0, 2), ([2, 9, 4, 1], 3, 1, 1), ([6, 1, 0, 2], 2, 3, 0), ([1, 0], 5, 1, 3)],
    right=_shuffled(lambda numbers, window, place: numbers[window]),
    wrong={"Not answered yet: this is the function as it came. It takes the window's place in the batch for its "
           "number in the text.": _shuffled(lambda numbers, window, place: window),
           "This asks where the window of that number lies. Asked is the number of the one that lies there.":
           _shuffled(lambda numbers, window, place: numbers.index(window)),
           "Each window has one number. You took it by the place of the token.":
           _shuffled(lambda numbers, window, place: numbers[place]),
           "Windows start `stride` tokens apart. Leave the last line as it was.":
           _shuffled(lambda numbers, window, place: numbers[window], stride=1),
           "This takes 4 for the stride. It came as an argument.":
           _shuffled(lambda numbers, window, place: numbers[window], stride=4)})
next_token_loss = Exercise(
    "next_token_loss", chapter="08", why="The shift is made once, by the loader.", cases=_score_cases, right=_loss,
    hints=("Who shifts? Print `inputs[0]` and `targets[0]` of a batch from the loader.",
           "`targets[0]` is `inputs[0]` one token further on. So what does a second shift of the targets ask for?",
           "Take the line with the shift away; the line with `F.cross_entropy` was right."),
    wrong={"It still shifts: the targets from the loader are one token further on already.":
           lambda scores, targets: _loss(scores[:, :-1], targets[:, 1:]),
           "This shifts the other way: each score is compared with the token it came from. No shift is needed.":
           lambda scores, targets: _loss(scores[:, 1:], targets[:, :-1]),
           "The last place is left out. Its target is in the batch too.":
           lambda scores, targets: _loss(scores[:, :-1], targets[:, :-1]),
           "This is a sum over all places. Asked is the mean.": lambda scores, targets: _loss(scores, targets, "sum")})
trace = Exercise(
    "trace", chapter="08", why="Stride, place, bytes: that is the whole way back.",
    hints=("Which token is it, counted from 0? Section 2 has the formula for a stride of 4.",
           "A token starts where the bytes of all tokens before it end, and is as long as its own bytes.",
           "It is `pieces[window * stride + place]`; add up the lengths of all pieces before it."),
    cases=[([b"The", b" wall", b" walk", b"er", b" \xf0\x9f", b"\x91\x8b", b"!", b"ab", b" c", b"."], *spot)
           for spot in ((4, 1, 2), (2, 2, 1), (1, 1, 1), (3, 0, 0), (5, 1, 2))],
    right=lambda pieces, stride, window, place: _bytes_of(pieces, window * stride + place),
    wrong={"The stride is left out: window 1 does not start at token 1.":
           lambda pieces, stride, window, place: _bytes_of(pieces, window + place),
           "This takes 4 for the stride. It came as an argument.":
           lambda pieces, stride, window, place: _bytes_of(pieces, window * 4 + place),
           "This is where the window starts. Go on to its place.":
           lambda pieces, stride, window, place: _bytes_of(pieces, window * stride),
           "These are numbers of tokens. Asked are bytes: add up the lengths of the pieces.":
           lambda pieces, stride, window, place: _bytes_of(pieces, window * stride + place, lambda piece: 1),
           "The second number is one too small: asked is the last byte + 1, as in a slice.":
           lambda pieces, stride, window, place: _bytes_of(pieces, window * stride + place, more=-1),
           "Asked are two numbers, where the bytes lie; you gave the bytes themselves.":
           lambda pieces, stride, window, place: pieces[window * stride + place],
           "This is where the bytes start. Asked is also where they end: (first, last + 1).":
           lambda pieces, stride, window, place: _bytes_of(pieces, window * stride + place)[0],
           "The pieces are bytes, and \"\".join takes text. Write b\"\".join, or add up their lengths.":
           lambda pieces, stride, window, place: (start := len("".join(pieces[:window * stride + place])),
                                                  start + len(pieces[window * stride + place])),
           "This counts characters. A token need not be whole characters: count bytes.":
           lambda pieces, stride, window, place: _bytes_of(
               pieces, window * stride + place, lambda piece: len(piece.decode("utf-8", "replace")))})
