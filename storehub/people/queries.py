"""Reading people, terminals and sessions."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, select

from retail.access_facts import AccessDeed
from retail.refusal import Refusal
from retail.staff import Role
from storehub.people.tables import audit_log, people, sessions, terminals

SIGN_IN = AccessDeed.SIGN_IN.value
APPROVE = AccessDeed.APPROVE.value
PIN_DEEDS = (SIGN_IN, APPROVE, AccessDeed.UNLOCK.value)
"""What a PIN is typed for; wrong ones count together."""
TRIED = ("allowed", "refused")
"""Outcomes that say whether a PIN was right."""
TRIES_MAX = 3
PAUSE = timedelta(seconds=30)

_hasher = PasswordHasher()


class TooManyTries(Refusal):
    """Three wrong PINs in a row: the next try is taken after a pause (`wait_seconds`)."""

    code = "too-many-tries"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who works in this store."""

    employee_id: str
    name: str
    role: Role
    pin_hash: str


def digest(secret: str) -> str:
    """How secrets and enrolment codes are kept: SHA-256, as they are long and random."""
    return hashlib.sha256(secret.encode()).hexdigest()


def person_of(tx: Connection, employee_id: str, store_id: str) -> Person | None:
    """The person when they may work in this store now."""
    row = tx.execute(select(people).where(people.c.employee_id == employee_id)).one_or_none()
    if row is None or not row.is_active or (row.store_ids is not None and store_id not in row.store_ids):
        return None
    try:
        return Person(row.employee_id, row.name, Role(row.role), row.pin_hash)
    except ValueError:  # a role of a later version
        return None


def pin_fits(person: Person | None, pin: str) -> bool:
    """Whether the PIN is the person's; takes as long as Argon2 makes it take, whoever asks."""
    try:
        _hasher.verify(person.pin_hash if person else _nobodys_hash(), pin)
    except (VerificationError, InvalidHashError):
        return False
    return person is not None


@cache
def _nobodys_hash() -> str:
    """What the PIN of somebody unknown is compared with, so that the time to answer tells nothing."""
    return _hasher.hash("nobody's PIN")


def check_tries(tx: Connection, employee_id: str, at: datetime) -> None:
    """Raises `TooManyTries` while the pause after three wrong PINs lasts."""
    column = audit_log.c
    latest = tx.execute(
        select(column.at, column.outcome)
        .where(
            column.actor == employee_id,
            column.deed.in_(PIN_DEEDS),
            column.outcome.in_(TRIED),
            # A till whose clock is ahead locks nobody out.
            column.at <= at,
        )
        .order_by(column.at.desc())
        .limit(TRIES_MAX)
    ).all()
    if len(latest) < TRIES_MAX or any(entry.outcome == "allowed" for entry in latest):
        return
    left = latest[0].at + PAUSE - at
    if left > timedelta(0):
        raise TooManyTries(wait_seconds=int(left.total_seconds()) + 1)


def knows_terminal(tx: Connection, terminal_id: str) -> bool:
    """Whether this is an open terminal of this store."""
    column = terminals.c
    known = select(column.terminal_id).where(column.terminal_id == terminal_id, column.is_active)
    return tx.execute(known).first() is not None


def secret_hash_of(tx: Connection, terminal_id: str) -> str | None:
    """Hash of the secret of an open, enrolled terminal of this store; None for any other."""
    column = terminals.c
    known = select(column.secret_hash).where(column.terminal_id == terminal_id, column.is_active)
    secret_hash: str | None = tx.execute(known).scalar_one_or_none()
    return secret_hash


def secret_fits(secret_hash: str | None, secret: str) -> bool:
    """Whether this is the secret that the hash was made of."""
    return secret_hash is not None and hmac.compare_digest(secret_hash, digest(secret))


def session_is_open(tx: Connection, session_id: UUID) -> bool:
    """Whether the session was opened and not ended since."""
    open_one = select(sessions.c.id).where(sessions.c.id == session_id, sessions.c.closed_at.is_(None))
    return tx.execute(open_one).first() is not None


def terminals_enrolled(tx: Connection) -> dict[str, datetime | None]:
    """The open terminals of this store and when each was enrolled."""
    column = terminals.c
    known = select(column.terminal_id, column.enrolled_at).where(column.is_active)
    return {row.terminal_id: row.enrolled_at for row in tx.execute(known.order_by(column.terminal_id))}
