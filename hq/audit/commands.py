"""Writing the audit log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert

from hq.audit.tables import audit_log
from retail.access_facts import AccessDecided

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


def note_decisions(tx: Connection, facts: Sequence[AccessDecided]) -> None:
    """Write down who was let in at the tills, and who was not; a fact that is read again adds nothing."""
    if facts:
        rows = [
            {
                "id": fact.decision_id,
                "at": fact.decided_at,
                "actor": fact.actor[:100],
                "deed": fact.deed.value,
                "subject": f"{fact.store_id}/{fact.terminal_id}"[:200],
                "outcome": fact.outcome.value,
                "detail": _detail(fact),
            }
            for fact in facts
        ]
        tx.execute(insert(audit_log).on_conflict_do_nothing(), rows)


def _detail(fact: AccessDecided) -> dict[str, Any]:
    about = {
        "role": fact.role.value if fact.role else None,
        "act": fact.permission.value if fact.permission else None,
        "amount": fact.amount or None,
        "asked_by": fact.asked_by,
        "reason": fact.reason or None,
        "alarm": fact.alarm or None,
    }
    return {name: value for name, value in about.items() if value is not None}
