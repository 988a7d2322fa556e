"""Reading the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, tuple_

from hq.audit.tables import audit_log

PAGE_MAX = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines: those that fit all that is given; `subject` by its beginning."""

    actor: str | None = None
    deed: str | None = None
    subject: str | None = None
    outcome: str | None = None
    first: datetime | None = None
    until: datetime | None = None


def page(tx: Connection, wanted: Wanted, *, before: UUID | None, limit: int) -> list[dict[str, Any]]:
    """The newest lines before one (its id), or of all."""
    c = audit_log.c
    query = select(audit_log).order_by(c.at.desc(), c.id.desc()).limit(limit)
    for column, value in ((c.actor, wanted.actor), (c.deed, wanted.deed), (c.outcome, wanted.outcome)):
        if value is not None:
            query = query.where(column == value)
    if wanted.subject is not None:
        query = query.where(c.subject.startswith(wanted.subject, autoescape=True))
    if wanted.first is not None:
        query = query.where(c.at >= wanted.first)
    if wanted.until is not None:
        query = query.where(c.at < wanted.until)
    if before is not None:
        mark = select(c.at, c.id).where(c.id == before).scalar_subquery()
        query = query.where(tuple_(c.at, c.id) < mark)
    return [_line(row) for row in tx.execute(query).mappings()]


def _line(row: Any) -> dict[str, Any]:
    detail = dict(row["detail"])
    return {
        "id": str(row["id"]),
        "at": row["at"].isoformat(),
        "actor": row["actor"],
        "deed": row["deed"],
        "subject": row["subject"],
        "outcome": row["outcome"],
        "before": detail.pop("before", None),
        "after": detail.pop("after", None),
        "detail": detail,
    }
