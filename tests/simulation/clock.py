"""One clock and one dice for a whole chain; every box has its own, wrong, idea of the time."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

DAWN = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
"""When every world begins: eight in the morning in Ho Chi Minh City."""

LAST_MOMENT = 1 << 48


class Time:
    """The true time and what is going to happen; nothing else in a world makes it pass."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._numbers = count()
        self._coming: list[tuple[float, int, Callable[[], None]]] = []

    def at(self, seconds: float, deed: Callable[[], None]) -> None:
        """Have it happen then; what is due at the same moment happens in the order it was asked for."""
        heapq.heappush(self._coming, (max(seconds, self.seconds), next(self._numbers), deed))

    def after(self, seconds: float, deed: Callable[[], None]) -> None:
        """Have it happen so many seconds from now."""
        self.at(self.seconds + seconds, deed)

    def next_within(self, until: float) -> Callable[[], None] | None:
        """Let time pass to the next thing that happens before `until`; None when there is none."""
        if not self._coming or self._coming[0][0] > until:
            self.seconds = max(self.seconds, until)
            return None
        moment, _, deed = heapq.heappop(self._coming)
        self.seconds = max(self.seconds, moment)
        return deed


class BoxClock:
    """What a box takes for the time: `ahead_seconds` off the truth."""

    def __init__(self, time: Time) -> None:
        self._time = time
        self.ahead_seconds = 0.0

    def __call__(self) -> datetime:
        return DAWN + timedelta(seconds=self._time.seconds + self.ahead_seconds)


class Ids:
    """UUIDv7 by a box's clock and a dice, as `uuid7` makes them at a program's edge."""

    def __init__(self, clock: BoxClock, dice: random.Random) -> None:
        self._clock = clock
        self._dice = dice

    def __call__(self) -> UUID:
        milliseconds = int(self._clock().timestamp() * 1000) % LAST_MOMENT
        bits = self._dice.getrandbits(74)
        return UUID(
            int=milliseconds << 80 | 0x7 << 76 | (bits >> 62) << 64 | 0b10 << 62 | bits & (1 << 62) - 1
        )
