"""What benchmarks share: programs that take turns, and their figures as a table."""

from __future__ import annotations

import gc
import platform
import sys
from collections.abc import Callable
from importlib.metadata import version
from time import process_time


def take_turns(
    programs: dict[str, Callable[[], object]], rounds: int
) -> tuple[dict[str, list], dict[str, list[float]]]:
    """By program what each round gave, and the CPU seconds that it took; in a round all programs run one after another."""
    results: dict[str, list] = {name: [] for name in programs}
    times: dict[str, list[float]] = {name: [] for name in programs}
    for turn in range(rounds):
        for name, program in programs.items():
            print(f"round {turn + 1} of {rounds}: {name}", file=sys.stderr, flush=True)
            gc.collect()
            start = process_time()
            result = program()
            times[name].append(process_time() - start)
            results[name].append(result)
    return results, times


def markdown(heads: list[str], rows: list[list[str]], left: int = 0) -> str:
    """A Markdown table; its first `left` columns stand to the left, the others to the right."""
    sides = [" --- |" if i < left else " ---: |" for i in range(len(heads))]
    return "\n".join(
        f"| {' | '.join(row)} |" if row else f"|{''.join(sides)}" for row in [heads, [], *rows]
    )


def machine(*packages: str) -> str:
    """What the figures were measured with: Python, the packages and the system."""
    names = ", ".join(f"{name} {version(name)}" for name in packages)
    return f"Python {platform.python_version()}, {names}, {platform.system()} {platform.machine()}"
