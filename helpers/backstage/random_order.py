"""A random order of more numbers than memory holds."""

from collections.abc import Iterator

import numpy as np
import torch
from torch.utils.data import Sampler


class RandomOrder(Sampler):
    """The numbers 0 to n - 1, each once, in a random order that is computed while it is read.

    Each round multiplies by an odd number, adds any number, and folds the upper half of the bits
    into the lower. All of this can be undone, so of the numbers with that many bits none occurs
    twice.
    """

    def __init__(self, n: int, generator: torch.Generator | None = None):
        self.n, self.generator = n, generator

    def __len__(self) -> int:
        return self.n

    def __iter__(self) -> Iterator[int]:
        bits = max(12, (self.n - 1).bit_length())
        keys = torch.randint(1 << 62, (6, 2), generator=self.generator).tolist()
        # 4,096 numbers at a time; what lies past the end is left out
        for start in range(0, 1 << bits, 1 << 12):
            numbers = np.arange(start, start + (1 << 12), dtype=np.uint64)
            for factor, term in keys:
                numbers = (numbers * (2 * factor + 1) + term) & ((1 << bits) - 1)
                numbers ^= numbers >> (bits + 1) // 2
            yield from numbers[numbers < self.n].tolist()
