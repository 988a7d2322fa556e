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

    The tests share their machine, and a till does not, so a pause is not read off the clock. It is
    counted in the ticks that a second thread of the same program made meanwhile: a machine that stands
    still, or a disk under everybody, stops both. On Linux the time in which the GUI thread wanted to
    run and the machine ran something else is taken off as well.
    """

    def __init__(self) -> None:
        self.worst_ms = 0.0
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._beat)
        self._ticks = 0
        self._over = threading.Event()
        self._ticker = threading.Thread(target=self._tick, name="watchdog", daemon=True)
        self._before = (0, 0.0, 0.0)

    def __enter__(self) -> Self:
        self._ticker.start()
        self._before = self._now()
        self._timer.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _problem: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._beat()
        self._timer.stop()
        self._over.set()
        self._ticker.join()

    def restart(self) -> float:
        """The longest pause so far, in milliseconds; counts from nought again."""
        self._beat()
        worst, self.worst_ms = self.worst_ms, 0.0
        return worst

    def _tick(self) -> None:
        while not self._over.wait(TICK_MS / 1_000):
            self._ticks += 1

    def _beat(self) -> None:
        now = self._now()
        ticks, passed, waited = now[0] - self._before[0], now[1] - self._before[1], now[2] - self._before[2]
        # A tick that took more than twice its interval was held up itself.
        pause_ms = min((passed - waited) * 1_000, ticks * 2.0 * TICK_MS)
        self.worst_ms = max(self.worst_ms, pause_ms)
        self._before = now

    def _now(self) -> tuple[int, float, float]:
        """Ticks, seconds on the clock, and seconds this thread has waited for a processor."""
        return self._ticks, time.monotonic(), _waited()


def _waited() -> float:
    statistics = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
    if not statistics.exists():
        return 0.0
    return int(statistics.read_text().split()[1]) / 1e9
