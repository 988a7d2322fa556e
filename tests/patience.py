"""Waiting for real threads and processes: as soon as it is true, and long enough for a busy machine."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = 0.01


def eventually(come_true: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until it is so; fail when it is not within the time."""
    deadline = time.monotonic() + seconds
    while not come_true():
        assert time.monotonic() < deadline, f"it did not come true in {seconds} s"
        time.sleep(PAUSE_SECONDS)
