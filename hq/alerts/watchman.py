"""The watchman: brings the alerts up to date by the clock, and at once when something was set aside."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import Engine

from hq.alerts.causes import Cause
from hq.alerts.commands import refresh
from hq.database import AWAY

log = structlog.get_logger(__name__)

ROUND_SECONDS = 15.0


class Watchman:
    """A thread of `hq serve`; `wake` may be called from any thread, `look` is a round as a plain call."""

    def __init__(
        self,
        engine: Engine,
        new_id: Callable[[], UUID],
        clock: Callable[[], datetime],
        more: Callable[[datetime], Iterable[Cause]] = lambda _: (),
    ) -> None:
        self._engine = engine
        self._new_id = new_id
        self._clock = clock
        self._more = more
        self._bell = threading.Event()
        self._stopped = threading.Event()

    def wake(self) -> None:
        """Something has come that is not in order."""
        self._bell.set()

    def stop(self) -> None:
        """End `run`."""
        self._stopped.set()
        self._bell.set()

    def look(self) -> None:
        """Raise and clear."""
        at = self._clock()
        with self._engine.begin() as tx:
            refresh(tx, self._new_id, at, self._more(at))

    def run(self) -> None:
        """Look until `stop`; neither a dead database nor a bug ends it."""
        while not self._stopped.is_set():
            self._bell.clear()
            try:
                self.look()
            except AWAY as away:
                log.warning("watchman waits for the database", error=type(away).__name__)
            except Exception:
                log.exception("watchman failed")
            self._bell.wait(ROUND_SECONDS)
