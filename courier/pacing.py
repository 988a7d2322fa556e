"""How long to wait before the next try: 1 s, 2 s, 4 s … 300 s with jitter, for ever (spec 6.1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

Dice = Callable[[], float]
"""A number from 0 (included) to 1 (excluded), like `random.random`."""


@dataclass(frozen=True, slots=True)
class Pacing:
    """The shortest and the longest wait, in seconds before jitter."""

    first_seconds: float = 1.0
    longest_seconds: float = 300.0


def still_waits(now: datetime, until: datetime | None, longest_seconds: float) -> bool:
    """Whether a wait goes on. One that ends later than the longest wait was begun before the clock was put
    back: it is over, or a machine whose clock was wrong by a day would be silent for a day."""
    return until is not None and now < until <= now + timedelta(seconds=longest_seconds)


def wait_seconds(failures: int, dice: Dice, pacing: Pacing) -> float:
    """The wait after so many failures in a row: doubled each time, then between half and all of it.

    Jitter keeps a thousand stores that lost head office in the same second from coming back in one.
    """
    if failures <= 0:
        return 0.0
    doublings = min(failures - 1, 62)
    whole = min(pacing.first_seconds * 2.0**doublings, pacing.longest_seconds)
    return whole * (1 + dice()) / 2
