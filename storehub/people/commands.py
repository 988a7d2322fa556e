"""People, terminals and sessions: what head office publishes, and who signs in with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, update
from sqlalchemy.dialects.postgresql import insert

from courier.news import News
from retail.access_facts import AccessDecided
from retail.refusal import Refusal
from storehub.catalog.commands import understood
from storehub.people.queries import digest
from storehub.people.tables import audit_log, people, sessions, terminals

SESSION = timedelta(hours=8)
"""How long a token is good (NFR-5.1)."""

ALLOWED = "allowed"
REFUSED = "refused"


class EnrolmentCodeNotValid(Refusal):
    """The code is unknown to this store, used or too old."""

    code = "enrolment-code-not-valid"


def take_people(tx: Connection, news: Sequence[News]) -> None:
    """Put, change or remove people."""
    rows = [row for _, row in understood(news, _person)]
    tx.execute(people.delete().where(people.c.employee_id.in_([p.key for p in news if p.deleted])))
    _put(tx, rows)


def _person(body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "employee_id": body["employee_id"],
        "name": body.get("name") or body["employee_id"],
        "role": body["role"],
        "pin_hash": body["pin_hash"],
        "store_ids": body.get("store_ids"),
        "is_active": bool(body.get("is_active", True)),
    }


def _put(tx: Connection, rows: list[dict[str, Any]]) -> None:
    if rows:
        statement = insert(people)
        changed = {name: statement.excluded[name] for name in rows[0] if name != "employee_id"}
        tx.execute(statement.on_conflict_do_update(index_elements=["employee_id"], set_=changed), rows)


def take_terminals(tx: Connection, news: Sequence[News], store_id: str) -> None:
    """Put or close terminals of this store. A new code does not end what was enrolled with an older one."""
    for piece, body in understood(news, lambda body: {**body, "terminal_id": body["terminal_id"]}):
        if body.get("store_id") not in (None, store_id):
            continue
        expires_at = body.get("enrolment_code_expires_at")
        values = {
            "enrolment_code_hash": body.get("enrolment_code_hash"),
            "enrolment_code_expires_at": datetime.fromisoformat(expires_at) if expires_at else None,
            "is_active": bool(body.get("is_active", True)),
        }
        tx.execute(
            insert(terminals)
            .values(terminal_id=_terminal_id(piece, body), **values)
            .on_conflict_do_update(index_elements=["terminal_id"], set_=values)
        )
    gone = [piece.key.rpartition("/")[2] for piece in news if piece.deleted]
    tx.execute(update(terminals).where(terminals.c.terminal_id.in_(gone)).values(is_active=False))


def _terminal_id(piece: News, body: Mapping[str, Any]) -> str:
    return str(body["terminal_id"] or piece.key)


def enrol_terminal(tx: Connection, code: str, secret: str, at: datetime) -> str:
    """Make the terminal of this code one of ours, with this secret; returns its id.

    Raises `EnrolmentCodeNotValid`. An earlier secret of the terminal is good no longer.
    """
    column = terminals.c
    terminal_id = tx.execute(
        update(terminals)
        .where(
            column.enrolment_code_hash == digest(code),
            column.enrolment_code_expires_at > at,
            column.used_code_hash.is_distinct_from(column.enrolment_code_hash),
            column.is_active,
        )
        .values(used_code_hash=column.enrolment_code_hash, secret_hash=digest(secret), enrolled_at=at)
        .returning(column.terminal_id)
    ).scalar_one_or_none()
    if terminal_id is None:
        raise EnrolmentCodeNotValid
    return str(terminal_id)


def open_session(
    tx: Connection, *, session_id: UUID, employee_id: str, terminal_id: str, at: datetime
) -> list[UUID]:
    """Open a cashier's session at a terminal; returns the sessions it ends (FR-6.1: one at a time)."""
    ended = close_sessions(tx, employee_id, terminal_id, at)
    tx.execute(
        sessions.insert().values(
            id=session_id,
            employee_id=employee_id,
            terminal_id=terminal_id,
            opened_at=at,
            expires_at=at + SESSION,
        )
    )
    return ended


def close_sessions(tx: Connection, employee_id: str, terminal_id: str, at: datetime) -> list[UUID]:
    """End the cashier's open session at the terminal; returns what was ended."""
    column = sessions.c
    return list(
        tx.execute(
            update(sessions)
            .where(
                column.employee_id == employee_id,
                column.terminal_id == terminal_id,
                column.closed_at.is_(None),
            )
            .values(closed_at=at)
            .returning(column.id)
        ).scalars()
    )


def audit(
    tx: Connection,
    *,
    entry_id: UUID,
    at: datetime,
    actor: str,
    deed: str,
    outcome: str,
    role: str | None = None,
    terminal_id: str | None = None,
    subject: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Note who asked for what and whether it was allowed (FR-6.2, NFR-5.3)."""
    tx.execute(
        audit_log.insert().values(
            id=entry_id,
            at=at,
            actor=actor[:100],
            role=role,
            terminal_id=terminal_id,
            deed=deed,
            outcome=outcome,
            subject=subject[:200] if subject else None,
            detail=dict(detail) if detail else None,
        )
    )


def take_decision(tx: Connection, fact: AccessDecided) -> None:
    """Note what a till decided, once however often it is told."""
    about = {
        "act": fact.permission.value if fact.permission else None,
        "amount": fact.amount or None,
        "asked_by": fact.asked_by,
        "reason": fact.reason or None,
        "alarm": fact.alarm or None,
    }
    row = {
        "id": fact.decision_id,
        "at": fact.decided_at,
        "actor": fact.actor[:100],
        "role": fact.role.value if fact.role else None,
        "terminal_id": fact.terminal_id,
        "deed": fact.deed.value,
        "outcome": fact.outcome.value,
        "detail": {name: value for name, value in about.items() if value is not None} or None,
    }
    tx.execute(insert(audit_log).values(row).on_conflict_do_nothing())
