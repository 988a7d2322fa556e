"""People and their sign-ins."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.postgresql import insert

from courier import feed
from courier.feed import Change
from hq.database import courier, lock_master_data
from hq.people import pins
from hq.people.queries import person_row
from hq.people.tables import people, sign_in_failures
from retail.refusal import Refusal
from retail.staff import Role

FREE_TRIES = 3
FIRST_WAIT_SECONDS = 30
LONGEST_WAIT_SECONDS = 900


class PinNeeded(Refusal):
    """A new person needs a PIN (`employee_id`)."""

    code = "pin-needed"


class LastAdmin(Refusal):
    """The chain would have nobody left who can manage people (`employee_id`)."""

    code = "last-admin"


class SignInMustWait(Refusal):
    """Too many wrong PINs or secrets in a row (`seconds` to wait)."""

    code = "too-many-attempts"


@dataclass(frozen=True, slots=True)
class Person:
    """A person as head office keeps them. `store_ids` None: every store; empty: head office only."""

    employee_id: str
    name: str
    role: Role
    store_ids: tuple[str, ...] | None = None
    language: str = "vi"
    is_active: bool = True


def put_person(tx: Connection, person: Person, pin: str | None, at: datetime) -> bool:
    """Make or change a person and publish them to their stores; True when they are new.

    Without a PIN the old one stays. Raises `PinNeeded` and `LastAdmin`.
    """
    lock_master_data(tx)
    known = person_row(tx, person.employee_id)
    if known is None and pin is None:
        raise PinNeeded(employee_id=person.employee_id)
    if known is not None and (pin is None or pins.fits(known["pin_hash"], pin)):
        pin_hash: str = known["pin_hash"]
    else:
        assert pin is not None
        pin_hash = pins.hashed(pin)
    if (person.role is not Role.ADMIN or not person.is_active) and _is_last_admin(tx, person.employee_id):
        raise LastAdmin(employee_id=person.employee_id)
    body = {
        "employee_id": person.employee_id,
        "name": person.name,
        "role": person.role.value,
        "pin_hash": pin_hash,
        "store_ids": list(person.store_ids) if person.store_ids is not None else None,
        "language": person.language,
        "is_active": person.is_active,
    }
    if known is not None and all(known[name] == value for name, value in body.items()):
        return False
    statement = insert(people).values(**body, updated_at=at)
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=["employee_id"],
            set_={name: statement.excluded[name] for name in (*body, "updated_at") if name != "employee_id"},
        )
    )
    feed.publish(tx, courier, [Change("person", person.employee_id, body, person.store_ids)], at)
    return known is None


def first_admin(tx: Connection, employee_id: str, pin: str, at: datetime) -> bool:
    """Make the administrator that a new chain starts with; nothing happens when there is one already.

    This person belongs to head office: no store gets the hash of the PIN, unless a later change says so.
    """
    lock_master_data(tx)
    there_is_one = tx.execute(
        select(people.c.employee_id).where(people.c.role == Role.ADMIN.value, people.c.is_active).limit(1)
    ).first()
    if there_is_one:
        return False
    return put_person(tx, Person(employee_id, employee_id, Role.ADMIN, store_ids=()), pin, at)


def _is_last_admin(tx: Connection, employee_id: str) -> bool:
    admins = set(
        tx.execute(
            select(people.c.employee_id).where(people.c.role == Role.ADMIN.value, people.c.is_active)
        ).scalars()
    )
    return admins == {employee_id}


def begin_attempt(tx: Connection, subject: str, at: datetime) -> None:
    """Count an attempt before it is judged, so that many at once cannot outrun the count.

    To be committed before the PIN is looked at; `end_attempt` takes it back for a right one. Raises
    `SignInMustWait` while the subject has to wait.
    """
    table = sign_in_failures
    row = tx.execute(
        insert(table)
        .values(subject=subject, failures=0, retry_at=at)
        .on_conflict_do_update(index_elements=["subject"], set_={"subject": subject})
        .returning(table.c.failures, table.c.retry_at)
    ).one()
    if at < row.retry_at:
        raise SignInMustWait(seconds=math.ceil((row.retry_at - at).total_seconds()))
    failures = row.failures + 1
    retry_at = at + timedelta(seconds=wait_seconds(failures))
    tx.execute(update(table).where(table.c.subject == subject).values(failures=failures, retry_at=retry_at))


def wait_seconds(failures: int) -> int:
    """How long to wait after so many wrong attempts in a row: doubling, up to a quarter of an hour."""
    if failures < FREE_TRIES:
        return 0
    doublings = min(failures - FREE_TRIES, 10)
    return min(FIRST_WAIT_SECONDS << doublings, LONGEST_WAIT_SECONDS)


def end_attempt(tx: Connection, subject: str) -> None:
    """The attempt was right: forget the wrong ones."""
    tx.execute(sign_in_failures.delete().where(sign_in_failures.c.subject == subject))
