"""How far the other side's clock is from ours: measured, shown, and never trusted for any order.

Every answer of a courier's door carries the moment it was made (`everopen-now`). Half the round trip is
taken for the way back, so a measurement is off by at most half of its round trip; of the latest ones the
quickest counts, as in NTP.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime

HEADER = "everopen-now"
SAMPLES = 8


class SkewMeter:
    """Their clock minus ours, in seconds."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, float]] = deque(maxlen=SAMPLES)

    def note(self, asked_at: datetime, said: str, heard_at: datetime) -> None:
        """An answer said their moment; the others are ours, before and after. Nonsense is left out."""
        round_trip = (heard_at - asked_at).total_seconds()
        try:
            ahead = (datetime.fromisoformat(said) - asked_at).total_seconds()
        except (ValueError, TypeError):
            return
        if round_trip >= 0:
            self._samples.append((round_trip, ahead - round_trip / 2))

    @property
    def seconds(self) -> float | None:
        """How far they are ahead, to the hundredth; None while nothing was measured."""
        samples = tuple(self._samples)
        return round(min(samples)[1], 2) if samples else None


TRUSTED_SECONDS = 3_600.0


def may_forget(skew_seconds: float | None) -> bool:
    """Whether our clock is good enough to say that a fact is old: it was compared with the other side's and
    is less than an hour off. One that runs a year ahead would let go of facts that somebody still needs."""
    return skew_seconds is not None and abs(skew_seconds) < TRUSTED_SECONDS
