"""The small loops that sleep: each does what its decision says, and no more.

Every loop is the body of a thread: `run(stop)` returns soon after `stop` is set and the loop was
called (`wake` or `try_now`). None of them ends for an error: an outage is waited out, a bug is logged
and tried again, because a till whose sender has died silently is worse than one that complains.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from courier import cursor, follower, outbox, sender
from courier.news import NewsPage
from courier.outage import Outage, Rejected
from courier.pacing import Dice, wait_seconds
from courier.remote import Remote
from courier.tables import CourierTables
from courier.watch import Bell, Clock, LinkReport, LinkWatch

__all__ = ["FollowerLoop", "LinkReport", "LinkWatch", "SenderLoop"]

log = structlog.get_logger(__name__)

PERSIST_SECONDS = 5.0
"""While a long queue is sent, how often the acknowledged position is written down."""


class SenderLoop:
    """Sends what the outbox holds, in order, for ever (decisions: `courier.sender`)."""

    def __init__(
        self,
        *,
        engine: Engine,
        tables: CourierTables,
        client: Remote,
        clock: Clock,
        dice: Dice,
        link: LinkWatch,
        policy: sender.SenderPolicy | None = None,
    ) -> None:
        self._engine = engine
        self._tables = tables
        self._client = client
        self._clock = clock
        self._dice = dice
        self._link = link
        self._policy = policy or sender.SenderPolicy()
        self._bell = Bell()
        self._persisted: tuple[int, datetime] | None = None

    def wake(self) -> None:
        """New facts are in the outbox; ends an idle wait, not a back-off."""
        self._bell.ring(at_once=False)

    def try_now(self) -> None:
        """End any wait: the network is back, or a person says so."""
        self._bell.ring(at_once=True)

    def run(self, stop: threading.Event) -> None:
        """Send until `stop` is set and the loop was called."""
        state = sender.started(self._policy)
        while not stop.is_set():
            event = self._do(sender.next_step(state, self._clock(), self._policy))
            if event is None:
                continue
            state = sender.after(state, self._clock(), event, self._policy, self._dice)
            if not isinstance(event, sender.Called) or state.failures:
                # A call that leads straight to sending is not held up by counting what there is to send.
                self._settle(state)

    def _do(self, step: sender.Step) -> sender.Event | None:
        try:
            match step:
                case sender.Wait(until):
                    at_once = self._bell.wait((until - self._clock()).total_seconds())
                    if at_once is None:
                        return None
                    return sender.TryNow() if at_once else sender.Called()
                case sender.Ask():
                    next_position = self._client.cursor()
                    self._link.heard()
                    return sender.CursorHeard(next_position)
                case sender.Send():
                    return self._send(step)
        except Outage as outage:
            log.info("facts not sent", reason=outage.reason)
            self._link.doubted()
            return sender.Failed(outage.reason)
        except Rejected as rejected:
            _complain("facts rejected", rejected)
            return sender.Failed("too-large" if rejected.status == 413 else "rejected")
        except SQLAlchemyError as broken:
            log.warning("outbox not readable", error=str(broken))
            return sender.Failed("database")
        except Exception:
            log.exception("sender stumbled")
            return sender.Failed("bug")

    def _send(self, step: sender.Send) -> sender.Event:
        with outbox.reading(self._engine) as tx:
            batch = outbox.pending(tx, self._tables, step.from_position, step.count_max, step.bytes_max)
            last_position = outbox.last_position(tx, self._tables) if not batch else 0
        if not batch:
            if step.from_position > last_position + 1:
                log.error("receiver is ahead", wants=step.from_position, last_position=last_position)
            return sender.NothingWaiting(last_position)
        if batch[0].position != step.from_position:
            log.error("positions missing", wants=step.from_position, first=batch[0].position)
            return sender.PositionsMissing()
        verdict = self._client.post(step.from_position, [pending.text for pending in batch])
        self._link.heard()
        for error in verdict.errors:
            log.warning(
                "fact set aside by the receiver",
                event_id=error.event_id,
                position=error.position,
                code=error.code,
                detail=error.detail,
            )
        return sender.Answered(step.from_position, verdict.next_position)

    def _settle(self, state: sender.SenderState) -> None:
        """Write down how far the receiver has us, when it is worth a commit, and report the queue."""
        try:
            self._persist(state)
            with outbox.reading(self._engine) as tx:
                if state.next_position is None:
                    length = outbox.backlog(tx, self._tables).length
                else:
                    length = max(0, outbox.last_position(tx, self._tables) - state.next_position + 1)
        except SQLAlchemyError as broken:
            log.warning("outbox not readable", error=str(broken))
            return
        self._link.queue(length, state.trouble)

    def _persist(self, state: sender.SenderState) -> None:
        if state.next_position is None:
            return
        now = self._clock()
        done, at = self._persisted or (None, None)
        idle = state.wait_until is not None
        due = at is None or idle or now - at >= timedelta(seconds=PERSIST_SECONDS)
        if state.next_position == done or not due:
            return
        with self._engine.begin() as tx:
            outbox.acknowledge(tx, self._tables, state.next_position, now)
        self._persisted = (state.next_position, now)


class FollowerLoop:
    """Asks for news, has it applied, for ever (decisions: `courier.follower`).

    `apply` gets an open transaction and one page with everything that is new; the cursor `news` is moved
    in the same transaction. `applied` is called after its commit.
    """

    def __init__(
        self,
        *,
        engine: Engine,
        tables: CourierTables,
        client: Remote,
        clock: Clock,
        dice: Dice,
        link: LinkWatch,
        apply: Callable[[Connection, NewsPage], None],
        applied: Callable[[NewsPage], None] | None = None,
        policy: follower.FollowerPolicy | None = None,
    ) -> None:
        self._engine = engine
        self._tables = tables
        self._client = client
        self._clock = clock
        self._dice = dice
        self._link = link
        self._apply = apply
        self._applied = applied
        self._policy = policy or follower.FollowerPolicy()
        self._bell = Bell()

    def wake(self) -> None:
        """There may be news."""
        self._bell.ring(at_once=True)

    def try_now(self) -> None:
        """End any wait."""
        self._bell.ring(at_once=True)

    def run(self, stop: threading.Event) -> None:
        """Follow until `stop` is set and the loop was called."""
        state: follower.FollowerState | None = None
        failures = 0
        while not stop.is_set():
            if state is None:
                state = self._started()
                if state is None:
                    failures += 1
                    self._bell.wait(wait_seconds(failures, self._dice, self._policy.pacing))
                continue
            event = self._do(follower.next_step(state, self._clock()))
            if event is not None:
                state = follower.after(state, self._clock(), event, self._policy, self._dice)
                self._link.news(state.trouble)

    def _started(self) -> follower.FollowerState | None:
        try:
            with outbox.reading(self._engine) as tx:
                return follower.FollowerState(cursor.read(tx, self._tables.sync_cursors, cursor.NEWS))
        except SQLAlchemyError as broken:
            log.warning("news cursor not readable", error=str(broken))
            return None

    def _do(self, step: follower.Step) -> follower.Event | None:
        try:
            match step:
                case follower.Wait(until):
                    called = self._bell.wait((until - self._clock()).total_seconds())
                    return None if called is None else follower.TryNow()
                case follower.Fetch(after):
                    page = self._client.news(after)
                    self._link.heard()
                    if page.current_version < after:
                        log.error("news line is behind ours", theirs=page.current_version, ours=after)
                    return follower.PageCame(page)
                case follower.Apply(page):
                    return self._have_applied(page)
        except Outage as outage:
            log.info("news not heard", reason=outage.reason)
            self._link.doubted()
            return follower.Failed(outage.reason)
        except Rejected as rejected:
            _complain("news rejected", rejected)
            return follower.Failed("rejected")
        except SQLAlchemyError as broken:
            log.warning("news not applied", error=str(broken))
            return follower.Failed("database")
        except Exception:
            log.exception("follower stumbled")
            return follower.Failed("not-applied")

    def _have_applied(self, page: NewsPage) -> follower.Event:
        with self._engine.begin() as tx:
            self._apply(tx, page)
            cursor.move(tx, self._tables.sync_cursors, cursor.NEWS, page.current_version, self._clock())
        log.info("news applied", version=page.current_version, count=len(page.news))
        if self._applied is not None:
            self._applied(page)
        return follower.Applied(page.current_version)


def _complain(event: str, rejected: Rejected) -> None:
    log.error(event, status=rejected.status, code=rejected.code, detail=rejected.detail)
