"""Reading alerts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from hq.alerts.tables import alerts

PAGE_MAX = 500


def listed(
    tx: Connection,
    *,
    store_ids: Sequence[str] | None,
    open_only: bool,
    since: datetime | None = None,
    limit: int = PAGE_MAX,
) -> list[dict[str, Any]]:
    """Alerts (of these stores), the newest first."""
    c = alerts.c
    query = select(alerts).order_by(c.raised_at.desc(), c.id).limit(limit)
    if open_only:
        query = query.where(c.cleared_at.is_(None))
    if since is not None:
        query = query.where(c.raised_at >= since)
    if store_ids is not None:
        query = query.where(c.store_id.in_(list(store_ids)))
    return [
        {
            "id": str(row.id),
            "kind": row.kind,
            "store_id": row.store_id,
            "subject": row.subject,
            "detail": row.detail,
            "raised_at": row.raised_at.isoformat(),
            "cleared_at": row.cleared_at.isoformat() if row.cleared_at else None,
        }
        for row in tx.execute(query)
    ]


def open_counts(tx: Connection) -> dict[str, int]:
    """How many alerts of each kind are open."""
    c = alerts.c
    rows = tx.execute(select(c.kind, func.count().label("n")).where(c.cleared_at.is_(None)).group_by(c.kind))
    return {row.kind: row.n for row in rows}
