"""The projector: keeps the books level with the ledger, woken by the ingestion door.

It is a thread of `hq serve`; `catch_up` is the same work as a plain call, for `hq doctor` and tests.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from datetime import datetime

import structlog
from sqlalchemy import Engine

from hq.database import AWAY
from hq.ledger.own import OWN
from hq.ledger.queries import PipeState, pipe_states
from hq.reports.entries import Place, Places
from hq.reports.projection import (
    BOOKS,
    PartitionsMissing,
    claim,
    make_partitions,
    project,
    retry_set_aside,
)
from hq.reports.waiting import ready
from hq.stores.queries import chain_calendar

log = structlog.get_logger(__name__)

RECHECK_SECONDS = 1.0
"""How often to look without having been called: facts that another instance took and then died over."""

BUSY_SECONDS = 0.05
"""How soon to look again at a pipe that another instance was at."""

RETRY_SECONDS = 2.0

GATHER_SECONDS = 0.05
"""How long the door has to be quiet before the work begins: it takes a burst of batches without us at the
same two cores, and what has gathered is projected in fewer transactions (measured: half as many again taken
a second)."""

GATHER_CALLS = 20
"""So many calls are gathered at most, which is a second: reports wait two (`hq.reports.sales`)."""

Clock = Callable[[], datetime]


class Projector:
    """Projects every pipe, batch by batch, for ever; `wake` may be called from any thread."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._bell = threading.Event()
        self._stopped = threading.Event()

    def wake(self) -> None:
        """There are new facts in the ledger."""
        self._bell.set()

    def stop(self) -> None:
        """End `run` after the batch it is at."""
        self._stopped.set()
        self._bell.set()

    def run(self) -> None:
        """Project until `stop`; neither a dead database nor a bug ends it."""
        waiting_facts = True
        while not self._stopped.is_set():
            self._bell.clear()
            try:
                if waiting_facts:
                    # This program may be newer than the one that could not read them.
                    self.retry()
                    waiting_facts = False
                if self._bell.wait(RECHECK_SECONDS if self.round() else BUSY_SECONDS):
                    self._gather()
            except AWAY as away:
                log.warning("projector waits for the database", error=type(away).__name__)
                self._stopped.wait(RETRY_SECONDS)
            except Exception:
                # A projector that died silently would be worse than one that complains and tries again.
                log.exception("projector failed")
                self._stopped.wait(RETRY_SECONDS)

    def _gather(self) -> None:
        for _ in range(GATHER_CALLS):
            self._bell.clear()
            if self._stopped.is_set() or not self._bell.wait(GATHER_SECONDS):
                return

    def catch_up(self) -> None:
        """Project until there is nothing left that nobody else is at."""
        while not self.round():
            if self._stopped.wait(BUSY_SECONDS):
                return

    def retry(self, only: Places | None = None) -> None:
        """Give facts (all, or `only` these) that could not be applied another chance."""
        behind: Place | None = ("", 0)
        while behind is not None and not self._stopped.is_set():
            try:
                with self._engine.begin() as tx:
                    behind = retry_set_aside(tx, chain_calendar(tx), behind, only)
            except PartitionsMissing as missing:
                with self._engine.begin() as tx:
                    make_partitions(tx, missing.months)

    def round(self) -> bool:
        """Take every pipe that lags to its end; False when somebody else was at one of them."""
        with self._engine.connect() as tx:
            lagging = [state for state in pipe_states(tx, BOOKS) if state.lag > 0]
        nobody_else = True
        for state in lagging:
            if state.pipe != OWN:
                nobody_else = self._to_its_end(state) and nobody_else
        if lagging:
            self._what_waited({state.pipe.partition("/")[0] for state in lagging})
        own = [state for state in lagging if state.pipe == OWN]
        if own and nobody_else:
            # What head office decided stands on what the stores had sent by then.
            return self._to_its_end(own[0])
        return nobody_else

    def _what_waited(self, store_ids: Collection[str]) -> None:
        """Apply what came before its sale. After the commits and not within them: of two instances that took
        a sale and its void at once, the later one sees both."""
        with self._engine.connect() as tx:
            found = ready(tx, store_ids)
        for places in found.items():
            self.retry(places)

    def _to_its_end(self, state: PipeState) -> bool:
        reached = state.projected
        while reached < state.received and not self._stopped.is_set():
            try:
                with self._engine.begin() as tx:
                    position = claim(tx, state.pipe, self._clock())
                    if position is None:
                        return False
                    reached = project(tx, state.pipe, position, chain_calendar(tx), self._clock())
            except PartitionsMissing as missing:
                with self._engine.begin() as tx:
                    make_partitions(tx, missing.months)
        return True
