"""Writing the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from hq.audit.tables import audit_log

DONE = "done"


def note(
    tx: Connection,
    *,
    note_id: UUID,
    actor: str,
    deed: str,
    subject: str,
    outcome: str,
    at: datetime,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write down a deed and what became of it; `detail` never holds a PIN, secret or token."""
    tx.execute(
        audit_log.insert().values(
            id=note_id,
            at=at,
            actor=actor[:100],
            deed=deed[:50],
            subject=subject[:200],
            outcome=outcome[:50],
            detail=dict(detail or {}),
        )
    )
