"""A hub on an old state of its disk, or whose head office has a later life back: it lacks what is up there.

A machine that was set back to a snapshot, or a database that was put back by hand, knows nothing of what
head office has had since. What tills sold they bring again; the hub's own facts, and what went with a lost
till, are at head office alone. A running hub gets all of it from there, as one does that takes a lost one's
place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol

import structlog
from sqlalchemy import Engine

from courier import outbox
from courier.outage import Outage, Rejected
from courier.outbox import OUTBOX_HEAD, bump
from courier.sender import RECEIVER_AHEAD
from storehub.database import courier
from storehub.restore import BackupOutlived, Restored, catch_up, facts_of
from storehub.uplink import Uplink

log = structlog.get_logger(__name__)


class LooksUp(Protocol):
    """The hub's way to ask head office about its store."""

    def look_up(self, path: str, **params: int) -> dict[str, Any]:
        """The answer of a GET; raises `Outage` or `Rejected`."""


def known_of(access: LooksUp, store_id: str) -> dict[str, Any]:
    """What head office knows of the store now; `projected`: whether its books are level with it."""
    return access.look_up(f"/v1/stores/{store_id}/restoration")


def facts_behind(
    access: LooksUp, known: Mapping[str, Any], after: int
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The facts of the store's pipe behind a position, up to what was `known`, each with its position."""
    last = int(known["next_position"]) - 1
    while after < last:
        page = facts_of(access.look_up(f"/v1/stores/{known['store_id']}/facts", after=after))
        if not page:
            return
        yield from page
        after = page[-1][0]


def rejoin(engine: Engine, store_id: str, access: LooksUp, clock: Callable[[], datetime]) -> Restored | None:
    """Get what head office has behind our last position; None: nothing, or not now.

    All of it or nothing. Raises `BackupOutlived` where we have given positions out that are other facts' up
    there (then `storehub restore` into an empty database is the way), `Outage` and `Rejected`.
    """
    with engine.connect() as tx:
        ours = outbox.last_position(tx, courier)
    known = known_of(access, store_id)
    if not known["projected"] or int(known["next_position"]) <= ours + 1:
        return None
    facts = list(facts_behind(access, known, ours))
    with engine.begin() as tx:
        # Nobody is given a position until this is done.
        if bump(tx, courier.heads, OUTBOX_HEAD, by=0) != ours:
            return None
        return catch_up(tx, store_id, known, facts, clock())


def rejoin_when_behind(uplink: Uplink, engine: Engine, clock: Callable[[], datetime]) -> bool:
    """`rejoin` when head office says that it is ahead of us; whether something came."""
    if uplink.report.trouble != RECEIVER_AHEAD:
        return False
    try:
        back = rejoin(engine, uplink.store_id, uplink.access, clock)
    except BackupOutlived as other:
        log.error("head office has another history: restore into an empty database", **other.detail)  # noqa: TRY400
        return False
    except (Outage, Rejected) as deaf:
        log.info("what head office has more is not here yet", error=str(deaf))
        return False
    if back is None:
        return False
    log.error("this disk was an old one: head office had more", facts=back.facts, missing=back.missing)
    uplink.try_now()
    return True
