"""Reading shifts: which are open, and the facts that belong to one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection, Row, func, select

from courier.envelope import opened_text
from retail.completeness import CompletenessLine, completeness_line
from retail.facts import Fact, RefundRecorded, SaleRecorded, TransactionVoided, read_fact
from retail.refusal import Refusal
from retail.shift_facts import CashMoved, ShiftClosed, ShiftOpened
from storehub.database import courier
from storehub.shifts.tables import shifts

SHIFTS_MAX = 200
OF_A_DRAWER = tuple(
    kind.event_type
    for kind in (SaleRecorded, RefundRecorded, TransactionVoided, ShiftOpened, CashMoved, ShiftClosed)
)
"""What can move the figures of a drawer."""


class ShiftNotFound(Refusal):
    """No shift has this id in this store (`shift_id`)."""

    code = "shift-not-found"


@dataclass(frozen=True, slots=True)
class Shift:
    """A shift as the hub knows it; positions are those of its facts in the outbox."""

    shift_id: UUID
    store_id: str
    terminal_id: str
    cashier_id: str
    business_date: date
    opened_at: datetime
    opened_position: int
    float_amount: int
    currency: str
    closed_at: datetime | None
    closed_by: str | None
    closed_position: int | None
    z_report: dict[str, Any] | None

    def to_body(self) -> dict[str, Any]:
        """JSON types only; the float in minor units."""
        return {
            "shift_id": str(self.shift_id),
            "store_id": self.store_id,
            "terminal_id": self.terminal_id,
            "cashier_id": self.cashier_id,
            "business_date": self.business_date.isoformat(),
            "opened_at": self.opened_at.isoformat(),
            "float_amount": self.float_amount,
            "currency": self.currency,
            "status": "OPEN" if self.closed_at is None else "CLOSED",
            "closed_at": self.closed_at.isoformat() if self.closed_at else None,
            "closed_by": self.closed_by,
        }


def shift_of(tx: Connection, shift_id: UUID, *, for_update: bool = False) -> Shift:
    """The shift, locked until commit if wanted; raises `ShiftNotFound`."""
    wanted = select(shifts).where(shifts.c.id == shift_id)
    row = tx.execute(wanted.with_for_update() if for_update else wanted).one_or_none()
    if row is None:
        raise ShiftNotFound(shift_id=str(shift_id))
    return _shift(row)


def open_shift_at(tx: Connection, terminal_id: str) -> Shift | None:
    """The terminal's open shift; the newest, should a lost till have left one behind."""
    wanted = select(shifts).where(shifts.c.terminal_id == terminal_id, shifts.c.closed_at.is_(None))
    row = tx.execute(wanted.order_by(shifts.c.opened_position.desc()).limit(1)).one_or_none()
    return _shift(row) if row else None


def shifts_of(
    tx: Connection, *, terminal_id: str | None, open_only: bool, business_date: date | None
) -> list[Shift]:
    """The newest shifts first, no more than `SHIFTS_MAX`."""
    wanted = select(shifts).order_by(shifts.c.opened_position.desc()).limit(SHIFTS_MAX)
    if terminal_id is not None:
        wanted = wanted.where(shifts.c.terminal_id == terminal_id)
    if open_only:
        wanted = wanted.where(shifts.c.closed_at.is_(None))
    if business_date is not None:
        wanted = wanted.where(shifts.c.business_date == business_date)
    return [_shift(row) for row in tx.execute(wanted)]


def first_of_open_shifts(tx: Connection) -> int | None:
    """Where the oldest open shift was opened: the figures of its drawer are made of what stands behind."""
    opened = select(func.min(shifts.c.opened_position)).where(shifts.c.closed_at.is_(None))
    first: int | None = tx.execute(opened).scalar_one()
    return first


def facts_of(tx: Connection, shift: Shift) -> list[Fact]:
    """Everything that happened at the shift's drawer, in the order of the ledger, its own facts included."""
    column = courier.outbox.c
    wanted = select(column.payload).where(
        column.id >= shift.opened_position,
        column.event_type.in_(OF_A_DRAWER),
        column.origin.in_((shift.store_id, f"{shift.store_id}/{shift.terminal_id}")),
    )
    if shift.closed_position is not None:
        wanted = wanted.where(column.id <= shift.closed_position)
    found = []
    for text in tx.execute(wanted.order_by(column.id)).scalars():
        envelope = orjson.loads(text)
        if envelope["payload"].get("terminal_id") == shift.terminal_id:
            found.append(read_fact(envelope["event_type"], envelope["version"], envelope["payload"]))
    return found


def sealed_of_open_shift(
    tx: Connection, store_id: str, terminal_id: str, after: int, count_max: int
) -> list[str]:
    """A till's own sealed facts since its open shift began, behind a number, in order; none for a shift that
    was opened at the hub."""
    shift = open_shift_at(tx, terminal_id)
    if shift is None:
        return []
    c, origin = courier.outbox.c, f"{store_id}/{terminal_id}"
    first = select(c.sequence).where(c.id == shift.opened_position, c.origin == origin).scalar_subquery()
    wanted = select(c.payload).where(c.origin == origin, c.sequence >= first, c.sequence > after)
    return list(tx.execute(wanted.order_by(c.sequence).limit(count_max)).scalars())


def completeness_of(tx: Connection, shift: Shift) -> CompletenessLine | None:
    """The line that proves a closed shift's sales; None while its closing is not here any more, or yet."""
    c = courier.outbox.c
    sealed = tx.execute(select(c.payload).where(c.id == shift.closed_position)).scalar_one_or_none()
    if sealed is None:
        return None
    envelope = opened_text(sealed)
    return completeness_line(ShiftClosed.from_body(envelope.payload), envelope.sequence, envelope.hash)


def _shift(row: Row[Any]) -> Shift:
    return Shift(
        shift_id=row.id,
        store_id=row.store_id,
        terminal_id=row.terminal_id,
        cashier_id=row.cashier_id,
        business_date=row.business_date,
        opened_at=row.opened_at,
        opened_position=row.opened_position,
        float_amount=row.float_amount,
        currency=row.currency,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
        closed_position=row.closed_position,
        z_report=row.z_report,
    )
