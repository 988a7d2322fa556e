"""The follower of news as a decision: (state, moment, event) → state, and state → next step.

It gathers pages until there are no more and has them applied as one, so that nobody ever sees half of
a change (FR-5.2). A poke makes it ask at once; without one it asks every 15 minutes. What could not be
applied is asked for anew before the next try: the other side may have put it right meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from courier.news import NewsPage, merged
from courier.pacing import Dice, Pacing, still_waits, wait_seconds


@dataclass(frozen=True, slots=True)
class FollowerPolicy:
    """`pull_seconds` between questions that no poke called for."""

    pull_seconds: float = 900.0
    pacing: Pacing = field(default_factory=Pacing)


@dataclass(frozen=True, slots=True)
class FollowerState:
    """Where a follower stands: the version it has applied and the pages gathered behind it.

    `afresh`: its version was lost by the other side, so it gathers everything there is, from 0 on.
    `trouble` names why it waits (an outage's reason, `rejected`, `version-behind`, `not-applied`), None
    when all is well. `unapplied`: how often in a row what was gathered could not be applied; that it was
    gathered once more mends nothing yet, so waits grow and the trouble stays until something is applied.
    """

    version: int
    pages: tuple[NewsPage, ...] = ()
    failures: int = 0
    wait_until: datetime | None = None
    trouble: str | None = None
    afresh: bool = False
    unapplied: int = 0

    @property
    def complete(self) -> bool:
        """Whether everything that is new is gathered and waits to be applied."""
        return bool(self.pages) and not self.pages[-1].more

    @property
    def gathered(self) -> int:
        """The version up to which it has applied or gathered everything."""
        if self.pages:
            return self.pages[-1].current_version
        return 0 if self.afresh else self.version


@dataclass(frozen=True, slots=True)
class Fetch:
    """Step: ask for the news after this version."""

    after: int


@dataclass(frozen=True, slots=True)
class Apply:
    """Step: apply this page in one transaction."""

    page: NewsPage


@dataclass(frozen=True, slots=True)
class Wait:
    """Step: nothing before this moment, unless something calls."""

    until: datetime


Step = Fetch | Apply | Wait


@dataclass(frozen=True, slots=True)
class PageCame:
    """Event: the other side answered."""

    page: NewsPage


@dataclass(frozen=True, slots=True)
class Applied:
    """Event: the gathered pages were applied and committed; this is the version now."""

    version: int


@dataclass(frozen=True, slots=True)
class Failed:
    """Event: the world is down, the other side will not answer, or the news could not be applied."""

    reason: str


@dataclass(frozen=True, slots=True)
class TryNow:
    """Event: a poke, a network that is back or a person ends any wait."""


Event = PageCame | Applied | Failed | TryNow


def next_step(state: FollowerState, now: datetime, policy: FollowerPolicy | None = None) -> Step:
    """What to do at this moment."""
    policy = policy or FollowerPolicy()
    longest_seconds = max(policy.pacing.longest_seconds, policy.pull_seconds)
    if state.wait_until is not None and still_waits(now, state.wait_until, longest_seconds):
        return Wait(state.wait_until)
    if not state.complete:
        return Fetch(state.gathered)
    return Apply(replace(merged(state.pages), whole=state.afresh))


def after(
    state: FollowerState, now: datetime, event: Event, policy: FollowerPolicy, dice: Dice
) -> FollowerState:
    """The state after an event."""
    match event:
        case PageCame(page):
            if page.start_over and state.gathered > 0:
                return FollowerState(state.version, afresh=True)
            behind = page.current_version < state.gathered
            if behind or page.start_over or (page.more and page.current_version == state.gathered):
                # The other side's line of versions ends before ours: it is being restored.
                return _put_off(replace(state, pages=()), now, "version-behind", policy, dice)
            if page.current_version == state.version and not page.more and not state.afresh:
                return FollowerState(state.version, wait_until=now + timedelta(seconds=policy.pull_seconds))
            return FollowerState(
                state.version,
                (*state.pages, page),
                failures=state.unapplied,
                trouble=state.trouble if state.unapplied else None,
                afresh=state.afresh,
                unapplied=state.unapplied,
            )
        case Applied(version):
            # Asked once more at once: something may have come while this was applied.
            return FollowerState(version)
        case Failed(reason) if state.complete:
            dropped = replace(state, pages=(), unapplied=state.unapplied + 1)
            return _put_off(dropped, now, reason, policy, dice)
        case Failed(reason):
            return _put_off(state, now, reason, policy, dice)
        case TryNow():
            return replace(state, wait_until=None)


def _put_off(
    state: FollowerState, now: datetime, trouble: str, policy: FollowerPolicy, dice: Dice
) -> FollowerState:
    failures = state.failures + 1
    wait = timedelta(seconds=wait_seconds(failures, dice, policy.pacing))
    return replace(state, failures=failures, trouble=trouble, wait_until=now + wait)
