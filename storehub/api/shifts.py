"""Shifts, cash movements, X and Z reports (FR-6.1, FR-7.1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, StrictInt
from sqlalchemy import Connection

from courier.envelope import SEQUENCE_LIMIT
from courier.problem import Problem
from retail.approval import Approval
from retail.shift import Handover, ShiftNotOpen, ShiftStillOpen, close_shift, figures_of, move_cash
from retail.shift import open_shift as checked_opening
from retail.shift_facts import CashMove, CashMoved, ShiftOpened
from retail.staff import Permission, Role, demand, may
from storehub.api.approvals import PinApproval, approval_for
from storehub.api.call import Answer, Call, CallDep, Deed
from storehub.printers.job import Document
from storehub.shifts.commands import seal
from storehub.shifts.queries import (
    Shift,
    completeness_of,
    facts_of,
    open_shift_at,
    sealed_of_open_shift,
    shift_of,
    shifts_of,
)

router = APIRouter(prefix="/api/v1/shifts", tags=["shifts"])

FACTS_AT_ONCE = 500

Words = Annotated[str, Field(max_length=500)]


class NewShift(BaseModel):
    """The float in minor units, counted into the drawer."""

    float_amount: StrictInt


class NewCashMovement(BaseModel):
    """Cash in or out without a sale; `amount` in minor units, always positive."""

    kind: CashMove
    amount: StrictInt
    reason: Words = ""
    approval: PinApproval | None = None


class Counted(BaseModel):
    """How many notes or coins of one kind lay in the drawer."""

    denomination: StrictInt
    count: StrictInt


class Closing(BaseModel):
    """The blind count; a reason and an approval only where the store's limit of difference asks for them."""

    counted: list[Counted] = Field(max_length=50)
    reason: Words = ""
    approval: PinApproval | None = None


class ReportAsked(BaseModel):
    """X or Z; `blind` is a terminal's word for whoever works at it."""

    report: Literal["X", "Z"]
    blind: bool = True


@router.post("", status_code=201)
def open_shift(body: NewShift, call: CallDep) -> Answer:
    """Take over the drawer of the caller's terminal."""

    def do(tx: Connection) -> dict[str, Any]:
        rules = call.hub.rules(tx)
        current = open_shift_at(tx, call.caller.terminal_id)
        if current is not None:
            raise ShiftStillOpen(cashier_id=current.cashier_id, opened_at=current.opened_at.isoformat())
        opened = ShiftOpened(
            shift_id=call.hub.new_id(),
            store_id=call.hub.store_id,
            terminal_id=call.caller.terminal_id,
            cashier_id=call.caller.name,
            opened_at=call.at,
            business_date=rules.calendar.business_date(call.at),
            float_amount=body.float_amount,
            currency=rules.currency,
        )
        seal(tx, checked_opening(opened, None), event_id=call.hub.new_id(), at=call.at)
        return shift_of(tx, opened.shift_id).to_body()

    return call.write(Deed("open shift", Permission.COUNT_DRAWER, call.caller.terminal_id), do, 201)


@router.get("")
def list_shifts(
    call: CallDep, terminal_id: str | None = None, open_only: bool = False, business_date: date | None = None
) -> Answer:
    """The newest shifts first."""

    def find(tx: Connection) -> dict[str, Any]:
        found = shifts_of(tx, terminal_id=terminal_id, open_only=open_only, business_date=business_date)
        return {"shifts": [shift.to_body() for shift in found]}

    return call.read(find)


@router.get("/open/facts")
def open_shift_facts(call: CallDep, after: Annotated[int, Query(ge=0, le=SEQUENCE_LIMIT)] = 0) -> Answer:
    """A till: its sealed facts since the shift began that is open on it, a page behind a number. A new disk
    goes on with the shift of the lost one."""
    store_id, terminal_id = call.hub.store_id, call.caller.terminal_id
    deed = Deed("take over shift", Permission.VIEW_REPORTS, terminal_id, by_terminals=True)
    return call.read(
        lambda tx: {"facts": sealed_of_open_shift(tx, store_id, terminal_id, after, FACTS_AT_ONCE)}, deed
    )


@router.post("/{shift_id}/cash-movements", status_code=201)
def move(shift_id: UUID, body: NewCashMovement, call: CallDep) -> Answer:
    """Pay in, pay out or bring to the safe; all but the safe need a manager."""
    act = Permission.SAFE_DROP if body.kind is CashMove.SAFE_DROP else Permission.MOVE_CASH
    approval = approval_for(call, act, body.approval, reason=body.reason, subject=str(shift_id))

    def do(tx: Connection) -> dict[str, Any]:
        shift = _open_one(tx, shift_id)
        moved = CashMoved(
            movement_id=call.hub.new_id(),
            shift_id=shift.shift_id,
            store_id=shift.store_id,
            terminal_id=shift.terminal_id,
            kind=body.kind,
            amount=body.amount,
            reason=body.reason,
            moved_at=call.at,
            moved_by=call.caller.name,
            business_date=call.hub.rules(tx).calendar.business_date(call.at),
            approval=replace(approval, amount=body.amount) if approval else None,
        )
        fact = move_cash(moved, _role(call))
        seal(tx, fact, event_id=call.keyed_id(), at=call.at)
        call.hub.printing.follow(tx, fact, call.at)
        return fact.to_body()

    answer = call.write(Deed("move cash", Permission.SELL, str(shift_id)), do, 201)
    call.hub.wake_printer()
    return answer


@router.post("/{shift_id}/close")
def close(shift_id: UUID, body: Closing, call: CallDep) -> Answer:
    """Hand the drawer back: the count is given before anybody has said what should be in it."""
    act = Permission.ACCEPT_DIFFERENCE
    approval = approval_for(call, act, body.approval, reason=body.reason, subject=str(shift_id))

    def do(tx: Connection) -> dict[str, Any]:
        shift = _open_one(tx, shift_id, for_update=True)
        if shift.cashier_id != call.caller.name:
            demand(_role(call), Permission.CLOSE_SHIFT_OF_OTHERS)
        rules = call.hub.rules(tx)
        closed = close_shift(
            facts_of(tx, shift),
            _count(body),
            Handover(
                call.caller.name,
                _role(call),
                call.at,
                rules.calendar.business_date(call.at),
                body.reason,
                approval,
            ),
            denominations=rules.notes,
            difference_limit=rules.drawer_difference_limit,
        )
        difference = abs(closed.over_short)
        closed = replace(closed, approval=_cut(closed.approval, difference))
        seal(tx, closed, event_id=call.hub.new_id(), at=call.at)
        call.hub.printing.follow(tx, closed, call.at)
        return _z_body(tx, shift_of(tx, shift_id))

    answer = call.write(Deed("close shift", Permission.COUNT_DRAWER, str(shift_id)), do)
    call.hub.wake_printer()
    return answer


@router.post("/{shift_id}/print", status_code=202)
def print_report(shift_id: UUID, body: ReportAsked, call: CallDep) -> Answer:
    """Put a report into the print queue; an X is blind for whoever has yet to count the drawer."""
    blind = body.blind if call.caller.role is None else not may(call.caller.role, Permission.VIEW_REPORTS)

    def do(tx: Connection) -> dict[str, Any]:
        shift = shift_of(tx, shift_id)
        if body.report == "Z" and shift.closed_at is None:
            raise Problem(409, "shift-not-closed", "The shift is still open; its X report has the figures")
        document = Document.X_BLIND if blind else Document.X_REPORT
        # The first Z came by itself when the shift was closed.
        z = shift.closed_at is not None
        wanted = Document.Z_REPORT if z else document
        if not call.hub.printing.put_report(tx, wanted, shift_id, call.at, copy=z):
            raise Problem(409, "no-printer", "This store has no printer (setting STOREHUB_PRINTER)")
        return {"status": "WAITING"}

    deed = Deed("print shift report", Permission.COUNT_DRAWER, str(shift_id), by_terminals=True)
    answer = call.write(deed, do, 202)
    call.hub.wake_printer()
    return answer


@router.get("/{shift_id}/x-report")
def x_report(shift_id: UUID, call: CallDep) -> Answer:
    """The figures so far; whoever has yet to count the drawer does not see what should be in it."""

    def find(tx: Connection) -> dict[str, Any]:
        shift = shift_of(tx, shift_id)
        blind = shift.closed_at is None and not may(_role(call), Permission.VIEW_REPORTS)
        return shift.to_body() | figures_of(facts_of(tx, shift)).to_body(blind=blind)

    return call.read(find)


@router.get("/{shift_id}/z-report")
def z_report(shift_id: UUID, call: CallDep) -> Answer:
    """The figures as they were at the closing."""

    def find(tx: Connection) -> dict[str, Any]:
        shift = shift_of(tx, shift_id)
        if shift.z_report is None:
            raise Problem(409, "shift-not-closed", "The shift is still open; its X report has the figures")
        return _z_body(tx, shift)

    return call.read(find)


def _open_one(tx: Connection, shift_id: UUID, *, for_update: bool = False) -> Shift:
    shift = shift_of(tx, shift_id, for_update=for_update)
    if shift.closed_at is not None:
        raise ShiftNotOpen
    return shift


def _z_body(tx: Connection, shift: Shift) -> dict[str, Any]:
    line = completeness_of(tx, shift)
    proof = {"completeness": line.to_body() if line is not None else None}
    return shift.to_body() | (shift.z_report or {}) | proof


def _role(call: Call) -> Role:
    """A terminal alone counts as a cashier."""
    return call.caller.role or Role.CASHIER


def _count(body: Closing) -> dict[int, int]:
    count: dict[int, int] = {}
    for row in body.counted:
        count[row.denomination] = count.get(row.denomination, 0) + row.count
    return count


def _cut(approval: Approval | None, amount: int) -> Approval | None:
    """An approval given on the spot is for the difference there was, and for nothing where there was none."""
    return replace(approval, amount=amount) if approval and amount else None
