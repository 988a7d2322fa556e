"""A loop as steps: what happens is in `step`, which never waits; `run` is the thread that waits between.

Whoever has one clock for a whole chain (a simulation) calls `step` itself: again at once when it answers
0, else after so many seconds of its own clock, or as soon as the loop was `called`.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod


class Bell:
    """A call that ends a wait: for new work, or to try at once. Calls that nobody has answered melt into
    one."""

    def __init__(self) -> None:
        self._rung = threading.Event()
        self._at_once = False

    @property
    def rung(self) -> bool:
        """Whether a call waits for its answer."""
        return self._rung.is_set()

    def ring(self, at_once: bool) -> None:
        """End the wait under way, or the next one."""
        self._at_once = self._at_once or at_once
        self._rung.set()

    def wait(self, seconds: float) -> None:
        """Wait for a call; it stays unanswered."""
        self._rung.wait(max(0.0, seconds))

    def answered(self) -> bool | None:
        """Answer the call: None when there was none, else whether it was to try at once."""
        if not self._rung.is_set():
            return None
        self._rung.clear()
        at_once, self._at_once = self._at_once, False
        return at_once


class SteppingLoop(ABC):
    """What every loop of a carrier has: calls, steps, and the body of a thread."""

    def __init__(self) -> None:
        self._bell = Bell()

    @property
    def called(self) -> bool:
        """Whether `wake` or `try_now` was called and no step has taken notice yet: step at once."""
        return self._bell.rung

    def wake(self) -> None:
        """There is new work; what a loop makes of it is its own business."""
        self._bell.ring(at_once=True)

    def try_now(self) -> None:
        """End any wait: the network is back, or a person says so."""
        self._bell.ring(at_once=True)

    @abstractmethod
    def step(self) -> float:
        """Do the next thing and return the seconds until the one after it, 0 for at once."""

    def run(self, stop: threading.Event) -> None:
        """Step until `stop` is set and the loop was called."""
        while not stop.is_set():
            self._bell.wait(self.step())
