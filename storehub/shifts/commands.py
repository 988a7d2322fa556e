"""Booking shifts: the same functions for a till's facts and for the hub's own."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, insert, update

from retail.facts import Fact
from retail.shift import ShiftNotOpen, figures_of
from retail.shift_facts import CashMoved, ShiftClosed, ShiftOpened
from storehub.database import record_fact
from storehub.shifts.queries import facts_of, shift_of
from storehub.shifts.tables import cash_movements, shifts

ShiftFact = ShiftOpened | CashMoved | ShiftClosed


def seal(tx: Connection, fact: ShiftFact, *, event_id: UUID, at: datetime) -> None:
    """Make this a fact of the hub itself and book it."""
    recorded = record_fact(
        tx, fact, store_id=fact.store_id, event_id=event_id, aggregate_id=str(fact.shift_id), at=at
    )
    apply(tx, fact, recorded.position)


def apply(tx: Connection, fact: ShiftFact, position: int) -> None:
    """Book the fact at this position of the outbox; raises `ShiftNotFound`, `ShiftNotOpen`."""
    match fact:
        case ShiftOpened():
            _open(tx, fact, position)
        case CashMoved():
            shift_of(tx, fact.shift_id)
            _move(tx, fact, position)
        case ShiftClosed():
            _close(tx, fact, position)


def _open(tx: Connection, fact: ShiftOpened, position: int) -> None:
    tx.execute(
        insert(shifts).values(
            id=fact.shift_id,
            store_id=fact.store_id,
            terminal_id=fact.terminal_id,
            cashier_id=fact.cashier_id,
            business_date=fact.business_date,
            opened_at=fact.opened_at,
            opened_position=position,
            float_amount=fact.float_amount,
            currency=fact.currency,
        )
    )


def _move(tx: Connection, fact: CashMoved, position: int) -> None:
    tx.execute(
        insert(cash_movements).values(
            id=fact.movement_id,
            shift_id=fact.shift_id,
            kind=fact.kind.value,
            amount=fact.amount,
            reason=fact.reason,
            moved_at=fact.moved_at,
            moved_by=fact.moved_by,
            approved_by=fact.approval.approved_by if fact.approval else None,
            position=position,
        )
    )


def _close(tx: Connection, fact: ShiftClosed, position: int) -> None:
    shift = shift_of(tx, fact.shift_id, for_update=True)
    if shift.closed_at is not None:
        raise ShiftNotOpen
    facts: list[Fact] = facts_of(tx, shift)
    tx.execute(
        update(shifts)
        .where(shifts.c.id == fact.shift_id)
        .values(
            closed_at=fact.closed_at,
            closed_by=fact.closed_by,
            closed_position=position,
            expected_amount=fact.expected_amount,
            counted_amount=fact.counted_amount,
            over_short=fact.over_short,
            z_report=figures_of(facts).to_body(blind=False) | _count_of(fact),
        )
    )


def _count_of(fact: ShiftClosed) -> dict[str, object]:
    """The Z's own part: what was counted. `expected_amount` is what the drawer's own till said."""
    names = ("counted", "counted_amount", "expected_amount", "over_short", "reason", "approval")
    body = fact.to_body()
    return {name: body[name] for name in names}
