"""What the books have added up and stores should hear of: members' points, vouchers that are used up.

Not with every sale: a till shows points "as of", and one piece of news a member and round is what a day
of many small purchases needs. Only books that are level with the ledger are told, so that books that are
being read anew tell nobody that their points are gone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy import Engine, text

from hq.database import AWAY
from hq.ledger.queries import pipe_states
from hq.members.commands import tell_points
from hq.reports.projection import BOOKS
from hq.vouchers.commands import tell_used_up

log = structlog.get_logger(__name__)

ROUND_SECONDS = 300.0
"""From one round to the next."""

BEHIND_SECONDS = 5.0
"""How soon to look again when the books were behind, or a round was full."""


class RollUp:
    """A thread of `hq serve`; `round` is a round as a plain call."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime], channel: str) -> None:
        """`channel`: where to say that there is news."""
        self._engine = engine
        self._clock = clock
        self._channel = channel
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End `run`."""
        self._stopped.set()

    def round(self) -> int | None:
        """Tell what stores have not been told; how many pieces that were, None while the books are behind."""
        with self._engine.begin() as tx:
            if any(state.lag for state in pipe_states(tx, BOOKS)):
                return None
            at = self._clock()
            told = tell_points(tx, at) + tell_used_up(tx, at)
            if told:
                tx.execute(text("SELECT pg_notify(:channel, '')"), {"channel": self._channel})
        return told

    def run(self) -> None:
        """Tell until `stop`; neither a dead database nor a bug ends it."""
        wait = BEHIND_SECONDS
        while not self._stopped.wait(wait):
            wait = BEHIND_SECONDS
            try:
                if self.round() == 0:
                    wait = ROUND_SECONDS
            except AWAY as away:
                log.warning("roll-up waits for the database", error=type(away).__name__)
            except Exception:
                log.exception("roll-up failed")
