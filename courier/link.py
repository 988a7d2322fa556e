"""Online, doubtful, offline: what a side may say about its link, as a table that can be printed.

A ping every 10 s; three misses in a row are offline (spec 4.3). Any answer at all is as good as a
ping's. A link that flaps is asked less often (spec 6.4).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum


class LinkState(StrEnum):
    """What the sync light shows."""

    ONLINE = "online"
    DOUBTFUL = "doubtful"
    OFFLINE = "offline"


class Sign(StrEnum):
    """What happened on the link. `MISSED_LAST` is the miss that makes it three in a row."""

    HEARD = "heard"
    DOUBTED = "doubted"
    MISSED = "missed"
    MISSED_LAST = "missed for the last time"


MOVES: dict[tuple[LinkState, Sign], LinkState] = {
    (LinkState.ONLINE, Sign.HEARD): LinkState.ONLINE,
    (LinkState.ONLINE, Sign.DOUBTED): LinkState.DOUBTFUL,
    (LinkState.ONLINE, Sign.MISSED): LinkState.DOUBTFUL,
    (LinkState.ONLINE, Sign.MISSED_LAST): LinkState.OFFLINE,
    (LinkState.DOUBTFUL, Sign.HEARD): LinkState.ONLINE,
    (LinkState.DOUBTFUL, Sign.DOUBTED): LinkState.DOUBTFUL,
    (LinkState.DOUBTFUL, Sign.MISSED): LinkState.DOUBTFUL,
    (LinkState.DOUBTFUL, Sign.MISSED_LAST): LinkState.OFFLINE,
    (LinkState.OFFLINE, Sign.HEARD): LinkState.ONLINE,
    (LinkState.OFFLINE, Sign.DOUBTED): LinkState.OFFLINE,
    (LinkState.OFFLINE, Sign.MISSED): LinkState.OFFLINE,
    (LinkState.OFFLINE, Sign.MISSED_LAST): LinkState.OFFLINE,
}


@dataclass(frozen=True, slots=True)
class LinkPolicy:
    """Settings `ping_seconds` and `ping_misses`, and how flapping is damped.

    More than `changes_max` changes of state within `flap_seconds` double the time between pings with
    every further one, up to `ping_seconds_max`.
    """

    ping_seconds: float = 10.0
    misses_max: int = 3
    flap_seconds: float = 300.0
    changes_max: int = 4
    ping_seconds_max: float = 60.0


@dataclass(frozen=True, slots=True)
class LinkHealth:
    """A link as one side sees it; `changes` are the moments of its latest changes of state."""

    since: datetime
    state: LinkState = LinkState.DOUBTFUL
    misses: int = 0
    last_heard_at: datetime | None = None
    ping_at: datetime | None = None
    changes: tuple[datetime, ...] = ()


def heard(health: LinkHealth, now: datetime, policy: LinkPolicy) -> LinkHealth:
    """The other side answered something."""
    after = _moved(replace(health, misses=0, last_heard_at=now), Sign.HEARD, now, policy)
    return replace(after, ping_at=now + ping_wait(after, now, policy))


def missed(health: LinkHealth, now: datetime, policy: LinkPolicy) -> LinkHealth:
    """A ping was not answered."""
    misses = health.misses + 1
    sign = Sign.MISSED_LAST if misses >= policy.misses_max else Sign.MISSED
    after = _moved(replace(health, misses=misses), sign, now, policy)
    return replace(after, ping_at=now + ping_wait(after, now, policy))


def doubted(health: LinkHealth, now: datetime, policy: LinkPolicy) -> LinkHealth:
    """Something else failed: no miss, but while the link counted as online a reason to ping at once."""
    was_online = health.state is LinkState.ONLINE
    after = _moved(health, Sign.DOUBTED, now, policy)
    return replace(after, ping_at=now) if was_online else after


def ping_wait(health: LinkHealth, now: datetime, policy: LinkPolicy) -> timedelta:
    """Time from one ping to the next."""
    seconds = policy.ping_seconds * 2 ** min(_excess(health, now, policy), 16)
    return timedelta(seconds=min(seconds, max(policy.ping_seconds, policy.ping_seconds_max)))


def flaps(health: LinkHealth, now: datetime, policy: LinkPolicy) -> bool:
    """Whether the link changes too often for its coming back to mean anything."""
    return _excess(health, now, policy) > 0


def _excess(health: LinkHealth, now: datetime, policy: LinkPolicy) -> int:
    since = now - timedelta(seconds=policy.flap_seconds)
    return max(0, sum(1 for moment in health.changes if moment > since) - policy.changes_max)


def _moved(health: LinkHealth, sign: Sign, now: datetime, policy: LinkPolicy) -> LinkHealth:
    state = MOVES[health.state, sign]
    if state is health.state:
        return health
    since = now - timedelta(seconds=policy.flap_seconds)
    changes = (*(moment for moment in health.changes if moment > since), now)
    return replace(health, state=state, since=now, changes=changes[-32:])


def link_table() -> str:
    """The moves as a Markdown table, one row a state, one column a sign."""
    signs = list(Sign)
    rows = ["| state | " + " | ".join(signs) + " |", "| --- " * (len(signs) + 1) + "|"]
    rows += [f"| {state} | " + " | ".join(MOVES[state, sign] for sign in signs) + " |" for state in LinkState]
    return "\n".join(rows)
