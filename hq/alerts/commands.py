"""Raising what has become the matter, clearing what is no more."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection, select, text, update

from hq.alerts.causes import Cause, causes
from hq.alerts.tables import alerts
from hq.stores.queries import chain_calendar

log = structlog.get_logger(__name__)

ALERTS_LOCK = 20_261_126
"""Key of the advisory lock that lets one instance at a time raise and clear."""


def refresh(tx: Connection, new_id: Callable[[], UUID], at: datetime, more: Iterable[Cause] = ()) -> None:
    """Bring the alerts to what is the matter now; a cleared one stays, with both moments.

    `more`: causes that the database does not know of.
    """
    tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ALERTS_LOCK})
    c = alerts.c
    known = {
        (row.kind, row.store_id, row.subject): row
        for row in tx.execute(select(alerts).where(c.cleared_at.is_(None)))
    }
    now: dict[tuple[str, str, str], Cause] = {}
    for cause in (*causes(tx, ZoneInfo(chain_calendar(tx).timezone), at), *more):
        now.setdefault((cause.kind.value, cause.store_id, cause.subject), cause)
    for key, cause in now.items():
        if key not in known:
            tx.execute(
                alerts.insert().values(
                    id=new_id(),
                    kind=cause.kind.value,
                    store_id=cause.store_id,
                    subject=cause.subject,
                    detail=cause.detail,
                    raised_at=at,
                )
            )
            log.info("alert raised", kind=cause.kind.value, store_id=cause.store_id, subject=cause.subject)
        elif known[key].detail != cause.detail:
            tx.execute(update(alerts).where(c.id == known[key].id).values(detail=cause.detail))
    gone = [row.id for key, row in known.items() if key not in now]
    if gone:
        tx.execute(update(alerts).where(c.id.in_(gone)).values(cleared_at=at))
        log.info("alerts cleared", count=len(gone))
