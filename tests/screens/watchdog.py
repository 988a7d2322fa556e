"""Measures for how long at a stretch the GUI thread does not look after its window."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from PySide6.QtCore import Qt, QTimer

TICK_MS = 2


class Watchdog:
    """A heartbeat in the GUI thread; `worst_ms` is the longest pause between two beats.

    On Linux the time in which the thread wanted to run and the machine ran something else is taken off:
    the tests share their machine, and a till does not.
    """

    def __init__(self) -> None:
        self.worst_ms = 0.0
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._beat)
        self._before = (0.0, 0.0)

    def __enter__(self) -> Self:
        self._before = self._now()
        self._timer.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _problem: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._beat()
        self._timer.stop()

    def _beat(self) -> None:
        now = self._now()
        passed, waited = (after - before for after, before in zip(now, self._before, strict=True))
        self.worst_ms = max(self.worst_ms, (passed - waited) * 1_000)
        self._before = now

    def _now(self) -> tuple[float, float]:
        """Seconds on the clock, and seconds this thread has waited for a processor."""
        return time.monotonic(), _waited()


def _waited() -> float:
    statistics = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
    if not statistics.exists():
        return 0.0
    return int(statistics.read_text().split()[1]) / 1e9
