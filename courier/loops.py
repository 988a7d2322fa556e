"""The small loops over sender and follower: each step does what the decision says, and no more.

None of them ends for an error: an outage is waited out, a bug is logged and tried again, because a till
whose sender has died silently is worse than one that complains.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from courier import cursor, follower, outbox, sender
from courier.beginning import where_it_begins
from courier.news import NewsPage
from courier.outage import Outage, Rejected
from courier.pacing import Dice, wait_seconds
from courier.remote import Remote
from courier.stepping import SteppingLoop
from courier.tables import CourierTables
from courier.watch import Clock, LinkReport, LinkWatch

__all__ = ["FollowerLoop", "LinkReport", "LinkWatch", "SenderLoop"]

log = structlog.get_logger(__name__)

PERSIST_SECONDS = 5.0
"""While a long queue is sent, how often the acknowledged position is written down."""

AHEAD_FROM = 50
"""A batch of so many is part of a long queue: the next one is read while it is under way."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the outbox held from a position on, and where that was nothing, its last position of all."""

    batch: list[outbox.Pending]
    last_position: int = 0


class SenderLoop(SteppingLoop):
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
        super().__init__()
        self._engine = engine
        self._tables = tables
        self._client = client
        self._clock = clock
        self._dice = dice
        self._link = link
        self._policy = policy or sender.SenderPolicy()
        self._state = sender.started(self._policy)
        self._persisted: tuple[int, datetime] | None = None
        self._unanswered = 0
        self._reader: Executor | None = None
        self._ahead: tuple[sender.Send, Future[Look]] | None = None

    def run(self, stop: threading.Event) -> None:
        """As every loop; a long queue is read ahead in a thread of its own (a simulation has none)."""
        with ThreadPoolExecutor(1, thread_name_prefix="outbox-ahead") as self._reader:
            super().run(stop)

    def wake(self) -> None:
        """New facts are in the outbox; ends an idle wait, not a back-off."""
        self._bell.ring(at_once=False)

    def step(self) -> float:
        """Ask, send or answer a call; returns the seconds to wait."""
        now = self._clock()
        step = sender.next_step(self._state, now, self._policy)
        event: sender.Event
        if isinstance(step, sender.Wait):
            at_once = self._bell.answered()
            if at_once is None:
                return (step.until - now).total_seconds()
            event = sender.TryNow() if at_once else sender.Called()
        else:
            event = self._do(step)
        self._state = sender.after(self._state, self._clock(), event, self._policy, self._dice)
        if not isinstance(event, sender.Called) or self._state.failures:
            # A call that leads straight to sending is not held up by counting what there is to send.
            self._settle(
                self._state, event.last_position if isinstance(event, sender.NothingWaiting) else None
            )
        return 0.0

    def _do(self, step: sender.Ask | sender.Begin | sender.Send) -> sender.Event:
        try:
            match step:
                case sender.Ask():
                    return self._ask()
                case sender.Begin(wanted):
                    return self._begin(wanted)
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

    def _ask(self) -> sender.Event:
        next_position = self._client.cursor()
        self._link.heard()
        with outbox.reading(self._engine) as tx:
            last_position = outbox.last_position(tx, self._tables)
            # Further than it was left here where somebody else says that it came another way (an old disk).
            done = outbox.acknowledged(tx, self._tables)
        self._unanswered = min(next_position, max(done + 1, self._unanswered))
        return sender.CursorHeard(sender.goes_on(next_position, self._unanswered, last_position))

    def _send(self, step: sender.Send) -> sender.Event:
        look = self._looked_ahead(step) or self._look(step)
        batch, last_position = look.batch, look.last_position
        first = batch[0].position if batch else last_position + 1
        if first > step.from_position:
            # The receiver was restored from a state older than what we keep.
            log.error("positions missing", wants=step.from_position, first=first)
            return sender.PositionsMissing()
        if not batch:
            if step.from_position > last_position + 1:
                log.error("receiver is ahead", wants=step.from_position, last_position=last_position)
            return sender.NothingWaiting(last_position)
        self._look_ahead(step, batch)
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
        self._unanswered = min(verdict.next_position, batch[-1].position + 1)
        return sender.Answered(step.from_position, self._unanswered)

    def _begin(self, wanted: int) -> sender.Event:
        """Have the receiver not want for ever what is on no disk."""
        with outbox.reading(self._engine) as tx:
            found = where_it_begins(tx, self._tables, wanted)
        if found is None:
            return sender.Begun(wanted)
        log.error("positions not on this disk", first=wanted, last=found.position - 1)
        try:
            next_position = self._client.begin(found)
        except Rejected as rejected:
            # A receiver of an older version has no such door.
            _complain("beginning rejected", rejected)
            return sender.Failed(sender.POSITIONS_MISSING)
        self._link.heard()
        self._unanswered = min(next_position, found.position)
        return sender.Begun(self._unanswered)

    def _look(self, step: sender.Send) -> Look:
        limits = step.from_position, step.count_max, step.bytes_max
        with outbox.reading(self._engine) as tx:
            batch = outbox.pending(tx, self._tables, *limits)
            last_position = outbox.last_position(tx, self._tables) if not batch else 0
            if not batch and last_position >= step.from_position:
                # Committed between the two looks, where a transaction sees what others commit (Postgres).
                batch = outbox.pending(tx, self._tables, *limits)
        return Look(batch, last_position)

    def _look_ahead(self, step: sender.Send, batch: list[outbox.Pending]) -> None:
        """Read what comes behind this batch while it is under way, if it looks like a long queue."""
        if self._reader is None or len(batch) < AHEAD_FROM:
            return
        count_max = min(step.count_max * 2, self._policy.count_max)
        following = sender.Send(batch[-1].position + 1, count_max, step.bytes_max)
        self._ahead = following, self._reader.submit(self._look, following)

    def _looked_ahead(self, step: sender.Send) -> Look | None:
        """What was read ahead, if it is what is to be sent now: positions never change what they hold."""
        ahead, self._ahead = self._ahead, None
        if ahead is None or ahead[0] != step:
            return None
        look = ahead[1].result()
        return look if look.batch else None

    def _settle(self, state: sender.SenderState, last_position: int | None) -> None:
        """Write down how far the receiver has us, when it is worth a commit, and report the queue;
        `last_position` where the step has just looked it up."""
        try:
            self._persist(state)
            if last_position is not None and state.next_position is not None:
                length = max(0, last_position - state.next_position + 1)
            else:
                length = self._length(state)
        except SQLAlchemyError as broken:
            log.warning("outbox not readable", error=str(broken))
            return
        self._link.queue(length, state.trouble)

    def _length(self, state: sender.SenderState) -> int:
        with outbox.reading(self._engine) as tx:
            if state.next_position is None:
                return outbox.backlog(tx, self._tables).length
            return max(0, outbox.last_position(tx, self._tables) - state.next_position + 1)

    def _persist(self, state: sender.SenderState) -> None:
        if state.next_position is None:
            return
        now = self._clock()
        done, at = self._persisted or (None, None)
        idle = state.wait_until is not None
        due = at is None or idle or now - at >= timedelta(seconds=PERSIST_SECONDS)
        if self._unanswered == done or not due:
            return
        with self._engine.begin() as tx:
            outbox.acknowledge(tx, self._tables, self._unanswered, now)
        self._persisted = (self._unanswered, now)


class FollowerLoop(SteppingLoop):
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
        super().__init__()
        self._engine = engine
        self._tables = tables
        self._client = client
        self._clock = clock
        self._dice = dice
        self._link = link
        self._apply = apply
        self._applied = applied
        self._policy = policy or follower.FollowerPolicy()
        self._state: follower.FollowerState | None = None
        self._failures = 0

    def step(self) -> float:
        """Ask, apply or answer a call; returns the seconds to wait."""
        if self._state is None:
            self._bell.answered()
            self._state = self._started()
            if self._state is None:
                self._failures += 1
                return wait_seconds(self._failures, self._dice, self._policy.pacing)
        now = self._clock()
        step = follower.next_step(self._state, now, self._policy)
        event: follower.Event
        if isinstance(step, follower.Wait):
            if self._bell.answered() is None:
                return (step.until - now).total_seconds()
            event = follower.TryNow()
        else:
            event = self._do(step)
        self._state = follower.after(self._state, self._clock(), event, self._policy, self._dice)
        self._link.news(self._state.trouble)
        return 0.0

    def _started(self) -> follower.FollowerState | None:
        try:
            with outbox.reading(self._engine) as tx:
                return follower.FollowerState(cursor.read(tx, self._tables.sync_cursors, cursor.NEWS))
        except SQLAlchemyError as broken:
            log.warning("news cursor not readable", error=str(broken))
            return None

    def _do(self, step: follower.Fetch | follower.Apply) -> follower.Event:
        try:
            match step:
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
