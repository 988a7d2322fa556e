"""The clerk records what came in while the last call was under way, all of it in one statement.

A single till pays nothing for it. Five tills that sell at the same moment share a commit instead of
waiting for each other's behind the outbox's head row.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from time import perf_counter

import structlog

from courier.outage import Outage
from storehub.sales.record import PipeBatch, guarded_parameters
from storehub.sales.wire import StatementFailed, Wire

log = structlog.get_logger(__name__)

SALES_MAX = 200
"""Sales in one statement, so that nobody waits long behind a till that catches up."""


class Clerk:
    """Takes batches from the tills' door; lives in one event loop. `timed` hears how long each call took."""

    def __init__(
        self, wire: Wire, clock: Callable[[], datetime], timed: Callable[[float], None] = lambda _: None
    ) -> None:
        self._wire = wire
        self._clock = clock
        self._timed = timed
        self._waiting: list[tuple[PipeBatch, asyncio.Future[bool]]] = []
        self._work: asyncio.Task[None] | None = None

    async def record(self, batch: PipeBatch) -> bool:
        """Record the batch and return True after its commit.

        False: nothing was done, because the batch does not follow what is recorded or does not fit the
        tables; somebody slower has to look. Raises `Outage` when the database is away.
        """
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((batch, done))
        if self._work is None:
            self._work = asyncio.get_running_loop().create_task(self._record_waiting())
        return await done

    def close(self) -> None:
        """Close the connection; whatever still waits is answered with an outage."""
        if self._work is not None:
            self._work.cancel()
        self._give_up(Outage("closing"))
        self._wire.close()

    async def _record_waiting(self) -> None:
        try:
            while self._waiting:
                group = self._next_group()
                try:
                    await self._record_group(group)
                except Outage as outage:
                    log.warning("database is away, the tills keep their sales", reason=str(outage))
                    for _, done in group:
                        _answer(done, outage)
                    # The others would only wait for the same silence.
                    self._give_up(outage)
                except asyncio.CancelledError:
                    for _, done in group:
                        _answer(done, Outage("closing"))
                    raise
                except Exception as bug:
                    log.exception("clerk stumbled", pipes=[batch.pipe for batch, _ in group])
                    for _, done in group:
                        _answer(done, bug)
        finally:
            self._work = None

    def _next_group(self) -> list[tuple[PipeBatch, asyncio.Future[bool]]]:
        """What goes into the next statement: one batch of a till at most, `SALES_MAX` sales or one batch."""
        group: list[tuple[PipeBatch, asyncio.Future[bool]]] = []
        left = []
        count = 0
        for batch, done in self._waiting:
            count += len(batch.recordings)
            same_till = any(batch.pipe == other.pipe for other, _ in group)
            if group and (count > SALES_MAX or same_till):
                left.append((batch, done))
            else:
                group.append((batch, done))
        self._waiting = left
        return group

    async def _record_group(self, group: list[tuple[PipeBatch, asyncio.Future[bool]]]) -> None:
        parameters = guarded_parameters([batch for batch, _ in group], self._clock())
        begun = perf_counter()
        try:
            taken = await self._wire.call(parameters)
        except StatementFailed:
            if len(group) == 1:
                _answer(group[0][1], False)
                return
            # One of them spoils it for all; alone, each shows what it is.
            for batch, done in group:
                await self._record_group([(batch, done)])
            return
        for batch, done in group:
            _answer(done, batch.recordings[0].envelope.origin in taken)
        self._timed(perf_counter() - begun)

    def _give_up(self, reason: Outage) -> None:
        waiting, self._waiting = self._waiting, []
        for _, done in waiting:
            _answer(done, reason)


def _answer(done: asyncio.Future[bool], outcome: bool | Exception) -> None:
    if done.done():
        return  # the till has hung up
    if isinstance(outcome, Exception):
        done.set_exception(outcome)
    else:
        done.set_result(outcome)
