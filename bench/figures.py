"""What a benchmark yields: a value beside the floor it was measured against, in turns, in one run."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

Taken = TypeVar("Taken")


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of `build/bench.json`.

    `value` and `baseline` in `unit`, medians over rounds; `ratio` is the median of the rounds' own
    ratios value / baseline; `n` how many single measurements stand behind the value; `aim` in words.
    """

    name: str
    value: float
    unit: str
    baseline: float
    ratio: float
    n: int
    aim: str

    def to_body(self) -> dict[str, float | int | str]:
        """As the file holds it."""
        return {
            "value": round(self.value, 4),
            "unit": self.unit,
            "baseline": round(self.baseline, 4),
            "ratio": round(self.ratio, 3),
            "n": self.n,
            "aim": self.aim,
        }


def in_turns(candidates: Mapping[str, Callable[[], Taken]], rounds: int) -> dict[str, list[Taken]]:
    """Measure every candidate once per round, so that a busy moment of the machine meets them all."""
    taken: dict[str, list[Taken]] = {name: [] for name in candidates}
    for number in range(rounds):
        names = list(candidates)
        for name in names if number % 2 == 0 else reversed(names):
            taken[name].append(candidates[name]())
    return taken


def figure(
    name: str, values: Sequence[float], floor: Sequence[float], *, unit: str, n: int, aim: str
) -> Figure:
    """The figure of a candidate against its floor, both measured in the same rounds."""
    ratios = [value / base for value, base in zip(values, floor, strict=True)]
    return Figure(
        name, statistics.median(values), unit, statistics.median(floor), statistics.median(ratios), n, aim
    )


def percentile(values: Sequence[float], part: float) -> float:
    """The value below which `part` (0…1) of the values lie (nearest rank)."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(part * len(ranked)))]
