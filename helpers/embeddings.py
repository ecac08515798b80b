"""Token vectors plus position vectors: what a GPT's first layer reads (chapters 6 and 7)."""

from __future__ import annotations

import math
from numbers import Real

import torch
from torch import nn

from .backstage.doors import whole_number

# The four sizes of GPT-2, (layers, dimensions): Radford et al. 2019, table 2.
# All of them have 50,257 tokens and a context of 1,024.
GPT2_SIZES = {
    "gpt2": (12, 768),
    "gpt2-medium": (24, 1024),
    "gpt2-large": (36, 1280),
    "gpt2-xl": (48, 1600),
}
POSITIONS = ("learned", "sinusoidal", "none")


def sinusoidal_positions(length: int, dim: int) -> torch.Tensor:
    """The fixed table of Vaswani et al. 2017, section 3.5: float32 [length, dim], dim even.

    The dot product of two of its vectors depends on how far apart they stand.

    >>> sinusoidal_positions(2, 2)
    tensor([[0.0000, 1.0000],
            [0.8415, 0.5403]])
    """
    if whole_number(dim, "dim") < 2 or dim % 2:
        raise ValueError(
            f"dim is {dim}; expected an even number above 0, because sine and cosine "
            "fill the columns in pairs. Choose an even dim."
        )
    whole_number(length, "length", 0)
    position = torch.arange(length, dtype=torch.float64).unsqueeze(1)  # [length, 1]
    column = torch.arange(0, dim, 2, dtype=torch.float64)  # every second: 0, 2, 4, ...
    angle = position / 10_000 ** (column / dim)  # [length, dim / 2]
    table = torch.empty(length, dim)
    # Each angle fills two columns, side by side.
    table[:, 0::2] = angle.sin()
    table[:, 1::2] = angle.cos()
    return table


def is_spread(value) -> bool:
    """Whether a random start may have it: a finite number of 0 or more."""
    return isinstance(value, Real) and not isinstance(value, bool) and 0 <= value < math.inf


def spreads(std) -> tuple[float, float]:
    """The spread of the tokens and that of the positions, from one number or from two."""
    given = tuple(std) if isinstance(std, (tuple, list)) else (std, std)
    numbers = [each for each in given if is_spread(each)]
    if len(given) != 2 or len(numbers) != 2:
        raise ValueError(
            f"std is {std!r}; expected one number, 0 or more, or two: for the tokens and for the "
            "positions. Write, for example, std=(0.02, 0.01)."
        )
    return given


def rotate(x: torch.Tensor) -> torch.Tensor:
    """Rotary positions (Su et al. 2021) for [tokens, dim], dim even; gives the same shape.

    Meant for queries and keys. Vectors keep their lengths, and the dot product of one turned for
    position m and one turned for n depends on both and on m - n, the signed offset.
    """
    is_tensor = isinstance(x, torch.Tensor)
    if not is_tensor or x.ndim != 2 or not x.is_floating_point():
        came = f"a tensor {list(x.shape)} of {x.dtype}" if is_tensor else type(x).__name__
        raise ValueError(
            f"The vectors came as {came}; expected a tensor of floats [tokens, dim]. Pass the "
            "queries or keys of one sequence, or x.float() for whole numbers."
        )
    waves = sinusoidal_positions(*x.shape).to(x)  # with the number type of x
    sin, cos = waves[:, 0::2], waves[:, 1::2]
    even, odd = x[:, 0::2], x[:, 1::2]
    # Each pair of columns is a point, which is turned by the angle of its position.
    turned = torch.stack([even * cos - odd * sin, even * sin + odd * cos], dim=2)
    return turned.reshape(x.shape)  # the pairs side by side again


class InputEmbedding(nn.Module):
    """Token vector + position vector: ids [batch, tokens] in, float32 [batch, tokens, dim] out.

    position: "learned" (as GPT-2), "sinusoidal" (as the first Transformer) or "none".
    std: spread of the random start, one number or (tokens, positions), as GPT-2's
    (0.02, 0.01); None is torch's N(0, 1).

    >>> InputEmbedding(6, 4, 3)(torch.tensor([[2, 3, 5, 1]])).shape
    torch.Size([1, 4, 3])
    """

    def __init__(
        self, vocab_size: int, context_length: int, dim: int, position: str = "learned", std=None
    ):
        super().__init__()
        if position not in POSITIONS:
            raise ValueError(
                f"position is {position!r}; expected one of {POSITIONS}. Choose one of them."
            )
        sizes = {"vocab_size": vocab_size, "context_length": context_length, "dim": dim}
        for name, size in sizes.items():
            whole_number(size, name, 1)
        self.context_length = context_length
        self.token = nn.Embedding(vocab_size, dim)  # a vector for each id
        self.position = waves = None
        if position == "learned":
            self.position = nn.Embedding(context_length, dim)  # a vector for each position
        if position == "sinusoidal":
            waves = sinusoidal_positions(context_length, dim)
        # A buffer moves with the model to another device; this one is not saved.
        self.register_buffer("waves", waves, persistent=False)
        if std is not None:
            token_std, position_std = spreads(std)
            nn.init.normal_(self.token.weight, std=token_std)
            if self.position is not None:
                nn.init.normal_(self.position.weight, std=position_std)

    def positions(self, length: int) -> torch.Tensor | None:
        """The vectors of positions 0 to length - 1, [length, dim]; None where there are none."""
        most = self.context_length
        if whole_number(length, "length", 0) > most:
            raise IndexError(
                f"The window has {length} tokens; expected at most {most}, the context length "
                f"of this embedding. Cut the window: ids[..., :{most}] keeps the first tokens, "
                f"ids[..., -{most}:] the last."
            )
        if self.position is not None:
            return self.position.weight[:length]
        return None if self.waves is None else self.waves[:length]

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """The sums for ids [..., tokens], as [..., tokens, dim]."""
        self._check(ids)
        tokens, positions = self.token(ids), self.positions(ids.shape[-1])
        # Each window of the batch gets the same position vectors.
        return tokens if positions is None else tokens + positions

    def _check(self, ids: torch.Tensor) -> None:
        """TypeError, ValueError or IndexError says what is wrong with the ids."""
        kind = getattr(ids, "dtype", type(ids).__name__)
        if kind not in (torch.int64, torch.int32):  # the types that torch takes as ids
            raise TypeError(
                f"The ids have type {kind}; expected a tensor of whole numbers (torch.int64): ids "
                "name rows. Pass torch.tensor([tokenizer.encode(text)]), or ids.long()."
            )
        if ids.ndim == 0:
            raise ValueError(
                "The ids are one number, shape []; expected [batch, tokens]. "
                "Pass ids.reshape(1, 1)."
            )
        last = self.token.num_embeddings - 1
        wrong = ids[(ids < 0) | (ids > last)]  # torch's own error would name no id
        if len(wrong):
            raise IndexError(
                f"Id {wrong[0].item()} has no row; expected ids from 0 to {last}. "
                "Use the tokenizer that this table was made for."
            )
