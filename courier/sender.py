"""The sender of a pipe as a decision: (state, moment, event) → state, and state → next step.

The receiver's cursor is the truth. The sender asks for it when it starts, goes on where every answer
says, forwards or back, and tries for ever.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from courier.pacing import Dice, Pacing, still_waits, wait_seconds

TOO_MUCH = frozenset({"timeout", "broken", "server-error", "too-large"})
"""Failures of a batch that a smaller one might not meet."""

POSITIONS_MISSING = "positions-missing"
"""Trouble: the receiver wants positions that our outbox does not have, or not any more."""

RECEIVER_AHEAD = "receiver-ahead"
"""Trouble: the receiver has had more of this pipe than we ever sent; our disk is an old one."""


@dataclass(frozen=True, slots=True)
class SenderPolicy:
    """Batches by count and bytes; `recheck_seconds` between looks into the outbox nobody called for,
    `ask_seconds` between questions to a receiver that has everything (it may have been restored)."""

    count_max: int = 500
    bytes_max: int = 2_000_000
    recheck_seconds: float = 5.0
    ask_seconds: float = 300.0
    pacing: Pacing = field(default_factory=Pacing)


@dataclass(frozen=True, slots=True)
class SenderState:
    """Where a sender stands. `next_position` None: the receiver has to be asked.

    `count` is the batch size of the moment: halved when a batch does not get through, doubled when one
    does. `trouble` names why it waits (an outage's reason, `rejected`, `no-progress`,
    `receiver-ahead`, `positions-missing`), None when all is well. `missed`: the position that was wanted and
    is not there; when the receiver wants it once more, it is told where we begin.
    """

    count: int
    next_position: int | None = None
    failures: int = 0
    wait_until: datetime | None = None
    ask_at: datetime | None = None
    trouble: str | None = None
    missed: int | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """Step: ask the receiver for its cursor."""


@dataclass(frozen=True, slots=True)
class Send:
    """Step: send what the outbox has from this position on, within these limits."""

    from_position: int
    count_max: int
    bytes_max: int


@dataclass(frozen=True, slots=True)
class Begin:
    """Step: say where we begin to a receiver that wants this position, which is on no disk of ours."""

    wanted: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Step: nothing before this moment, unless something calls."""

    until: datetime


Step = Ask | Send | Begin | Wait


@dataclass(frozen=True, slots=True)
class CursorHeard:
    """Event: the receiver said where it wants to go on."""

    next_position: int


@dataclass(frozen=True, slots=True)
class Answered:
    """Event: the receiver answered a batch that began at `from_position`."""

    from_position: int
    next_position: int


@dataclass(frozen=True, slots=True)
class NothingWaiting:
    """Event: the outbox has nothing from the position on; `last_position` is its newest."""

    last_position: int


@dataclass(frozen=True, slots=True)
class PositionsMissing:
    """Event: the outbox no longer has the position that the receiver wants."""


@dataclass(frozen=True, slots=True)
class Begun:
    """Event: the receiver has heard where we begin, and wants to go on here."""

    next_position: int


@dataclass(frozen=True, slots=True)
class Failed:
    """Event: the world is down (`reason` of the outage) or the other side will not have it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Called:
    """Event: new facts are waiting. It ends an idle wait, not a back-off."""


@dataclass(frozen=True, slots=True)
class TryNow:
    """Event: a receiver that is back or a person ends any wait; the receiver is asked where it is."""


Event = CursorHeard | Answered | NothingWaiting | PositionsMissing | Begun | Failed | Called | TryNow


def started(policy: SenderPolicy) -> SenderState:
    """The state of a sender that knows nothing yet."""
    return SenderState(count=policy.count_max)


def goes_on(theirs: int, ours: int, last_position: int) -> int:
    """Where to go on when the receiver wants `theirs` and `ours` is the first that it never answered for.

    What we have and it never answered for is sent, even where it is further: the answer was lost, and it is a
    repeat, or another sender of our name has used those positions, and the facts under them are not ours.
    """
    return ours if ours <= min(theirs, last_position) else theirs


def next_step(state: SenderState, now: datetime, policy: SenderPolicy) -> Step:
    """What to do at this moment."""
    longest_seconds = max(policy.pacing.longest_seconds, policy.recheck_seconds)
    if state.wait_until is not None and still_waits(now, state.wait_until, longest_seconds):
        return Wait(state.wait_until)
    if state.next_position is None:
        return Ask()
    if state.next_position == state.missed:
        return Begin(state.next_position)
    return Send(state.next_position, state.count, policy.bytes_max)


def after(state: SenderState, now: datetime, event: Event, policy: SenderPolicy, dice: Dice) -> SenderState:
    """The state after an event."""
    match event:
        case CursorHeard(next_position):
            # A receiver that wants what we have not sent yet, or no longer have, has not helped us:
            # only an answer to a batch forgets the failures.
            return replace(state, next_position=next_position, wait_until=None, ask_at=_ask_at(now, policy))
        case Answered(from_position, next_position):
            if next_position == from_position:
                return _put_off(state, now, "no-progress", policy, dice)
            count = min(state.count * 2, policy.count_max)
            return SenderState(count=count, next_position=next_position, ask_at=_ask_at(now, policy))
        case NothingWaiting(last_position):
            if state.next_position is not None and state.next_position > last_position + 1:
                # Another history than ours: this sender was restored, or is a new one under an old name.
                return _ask_again(_put_off(state, now, RECEIVER_AHEAD, policy, dice))
            if state.ask_at is not None and not still_waits(now, state.ask_at, policy.ask_seconds):
                return _ask_again(replace(state, wait_until=None))
            idle = now + timedelta(seconds=policy.recheck_seconds)
            return replace(state, failures=0, trouble=None, wait_until=idle)
        case PositionsMissing():
            # Asked once more before anything is given up: one that is being restored may say otherwise then.
            missed = replace(state, missed=state.next_position)
            return _ask_again(_put_off(missed, now, POSITIONS_MISSING, policy, dice))
        case Begun(next_position):
            return replace(state, next_position=next_position, missed=None)
        case Failed(reason):
            # After an outage the other side may be another one, restored or empty: ask where it is.
            smaller = state.next_position is not None and reason in TOO_MUCH
            count = max(1, state.count // 2) if smaller else state.count
            return _ask_again(_put_off(replace(state, count=count), now, reason, policy, dice))
        case Called():
            return state if state.failures else replace(state, wait_until=None)
        case TryNow():
            return _ask_again(replace(state, wait_until=None))


def _put_off(
    state: SenderState, now: datetime, trouble: str, policy: SenderPolicy, dice: Dice
) -> SenderState:
    failures = state.failures + 1
    wait = timedelta(seconds=wait_seconds(failures, dice, policy.pacing))
    return replace(state, failures=failures, trouble=trouble, wait_until=now + wait)


def _ask_at(now: datetime, policy: SenderPolicy) -> datetime:
    return now + timedelta(seconds=policy.ask_seconds)


def _ask_again(state: SenderState) -> SenderState:
    return replace(state, next_position=None)
