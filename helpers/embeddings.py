"""Token rows, position rows and their sum: what a GPT's first layer reads (chapters 6 and 7)."""
from __future__ import annotations

import torch
from torch import nn

# The four sizes of GPT-2, (layers, dimensions): Radford et al. 2019, table 2. All have 50,257
# tokens and a context of 1,024.
GPT2_SIZES = {"gpt2": (12, 768), "gpt2-medium": (24, 1024), "gpt2-large": (36, 1280),
              "gpt2-xl": (48, 1600)}
POSITIONS = ("learned", "sinusoidal", "none")


def sinusoidal_positions(length: int, dim: int) -> torch.Tensor:
    """The fixed table of Vaswani et al. 2017, section 3.5: float32 [length, dim].

    Columns 2i and 2i + 1 hold sine and cosine of position / 10000^(2i / dim), so the dot product
    of two rows depends on their distance only. ValueError if dim is odd.

    >>> sinusoidal_positions(2, 2)
    tensor([[0.0000, 1.0000],
            [0.8415, 0.5403]])
    """
    if dim < 2 or dim % 2:
        raise ValueError(f"dim is {dim}; expected is an even number from 2 on, because sine and "
                         "cosine fill the columns in pairs. Choose an even dim.")
    position = torch.arange(length, dtype=torch.float64).unsqueeze(1)
    angle = position / 10_000 ** (torch.arange(0, dim, 2, dtype=torch.float64) / dim)
    return torch.stack([angle.sin(), angle.cos()], dim=2).reshape(length, dim).float()


def rotate(x: torch.Tensor) -> torch.Tensor:
    """Rotary positions (Su et al. 2021): turn each pair of columns by its position's angle.

    x: [tokens, dim], dim even; gives the same shape. Rows keep their lengths, and the dot product
    of two turned rows depends on the rows and on their distance, not on where they stand.
    """
    waves = sinusoidal_positions(*x.shape).to(x)
    sin, cos = waves[:, 0::2], waves[:, 1::2]
    even, odd = x[:, 0::2], x[:, 1::2]
    return torch.stack([even * cos - odd * sin, even * sin + odd * cos], dim=2).reshape(x.shape)


class InputEmbedding(nn.Module):
    """Token row + position row: ids [batch, tokens] in, float32 [batch, tokens, dim] out.

    position: "learned" (as GPT-2), "sinusoidal" (as the first Transformer) or "none".
    std: spread of the random start, one number or (tokens, positions); None is torch's N(0, 1).
    GPT-2 started from (0.02, 0.01).

    >>> InputEmbedding(6, 4, 3)(torch.tensor([[2, 3, 5, 1]])).shape
    torch.Size([1, 4, 3])
    """

    def __init__(self, vocab_size: int, context_length: int, dim: int, position: str = "learned",
                 std: float | tuple[float, float] | None = None):
        super().__init__()
        if position not in POSITIONS:
            raise ValueError(f"position is {position!r}; expected is one of {POSITIONS}. "
                             "Choose one of them.")
        self.context_length = context_length
        self.token = nn.Embedding(vocab_size, dim)
        self.position = nn.Embedding(context_length, dim) if position == "learned" else None
        waves = sinusoidal_positions(context_length, dim) if position == "sinusoidal" else None
        self.register_buffer("waves", waves, persistent=False)
        if std is not None:
            token_std, position_std = std if isinstance(std, tuple) else (std, std)
            nn.init.normal_(self.token.weight, std=token_std)
            if self.position is not None:
                nn.init.normal_(self.position.weight, std=position_std)

    def positions(self, length: int) -> torch.Tensor | None:
        """The rows of positions 0 to length - 1, [length, dim]; None where there are none.

        IndexError if length is more than context_length.
        """
        if length > self.context_length:
            raise IndexError(f"The window has {length} tokens; expected are at most "
                             f"{self.context_length}, the context length of this embedding. "
                             f"Cut the window: ids[..., :{self.context_length}] keeps the "
                             f"first tokens, ids[..., -{self.context_length}:] the last.")
        if self.position is not None:
            return self.position(torch.arange(length, device=self.position.weight.device))
        return None if self.waves is None else self.waves[:length]

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """The sums for ids [..., tokens], as [..., tokens, dim].

        TypeError, ValueError or IndexError says what is wrong with the ids.
        """
        self._check(ids)
        tokens, positions = self.token(ids), self.positions(ids.shape[-1])
        return tokens if positions is None else tokens + positions

    def _check(self, ids: torch.Tensor) -> None:
        kind = getattr(ids, "dtype", type(ids).__name__)
        if kind not in (torch.int64, torch.int32):
            raise TypeError(f"The ids came as {kind}; expected is a tensor of whole numbers "
                            "(torch.int64), because ids are names of rows. Pass "
                            "torch.tensor([tokenizer.encode(text)]), or ids.long().")
        if ids.ndim == 0:
            raise ValueError("The ids came as one number, shape []; expected is [batch, tokens]. "
                             "Pass ids.reshape(1, 1).")
        rows = self.token.num_embeddings
        wrong = ids[(ids < 0) | (ids >= rows)]
        if len(wrong):
            raise IndexError(f"Id {wrong[0].item()} has no row; expected are ids from 0 to "
                             f"{rows - 1}. Use the tokenizer that this table was made for.")
