"""Refunds of recorded sales (FR-1.5): by line and quantity, against what was really paid."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field, StrictInt
from sqlalchemy import Connection

from retail.approval import Approval
from retail.facts import SaleRecorded
from retail.refund import BroughtBack, Counter
from retail.staff import Permission, Role
from storehub.api.approvals import PinApproval, approval_for
from storehub.api.call import Answer, Call, CallDep, Deed
from storehub.catalog.rules import ChainRules
from storehub.sales.queries import RecordedSale, TransactionNotFound, recorded_sale
from storehub.sales.refunds import refund_sale, refunds_of

router = APIRouter(prefix="/api/v1/transactions", tags=["refunds"])


class Goods(BaseModel):
    """Pieces or grams of a line that came back; `restock` when they can be sold again."""

    line_item_id: UUID
    quantity: StrictInt
    restock: bool = True


class NewRefund(BaseModel):
    """What came back (nothing named: all that is left), why, and who says yes where that is needed."""

    lines: list[Goods] | None = Field(default=None, max_length=500)
    reason: Annotated[str, Field(max_length=500)] = ""
    as_cash: bool = False
    approval: PinApproval | None = None


@router.post("/{transaction_id}/refunds", status_code=201)
def refund(transaction_id: UUID, body: NewRefund, call: CallDep) -> Answer:
    """Give money back against a recorded sale; a cashier needs an approval."""
    with call.hub.engine.connect() as tx:
        rules = call.hub.rules(tx)
        recorded = recorded_sale(tx, transaction_id)
    act = _act(call, rules, recorded.sale) if recorded else Permission.REFUND
    approval = approval_for(call, act, body.approval, reason=body.reason, subject=str(transaction_id))

    def do(tx: Connection) -> dict[str, Any]:
        back = None
        if body.lines is not None:
            back = [BroughtBack(line.line_item_id, line.quantity, line.restock) for line in body.lines]
        fact = refund_sale(
            tx,
            transaction_id,
            back,
            counter(call, rules, body.reason, approval, as_cash=body.as_cash),
            rules.refunds,
            refund_id=call.hub.new_id(),
            event_id=call.keyed_id(),
        )
        return fact.to_body()

    return call.write(Deed("refund sale", Permission.SELL, str(transaction_id)), do, 201)


@router.get("/{transaction_id}/refunds")
def list_refunds(transaction_id: UUID, call: CallDep) -> Answer:
    """The refunds of a sale, the oldest first."""

    def find(tx: Connection) -> dict[str, Any]:
        recorded_or_404(tx, transaction_id)
        return {"refunds": [fact.to_body() for fact in refunds_of(tx, transaction_id)]}

    return call.read(find)


def recorded_or_404(tx: Connection, transaction_id: UUID) -> RecordedSale:
    """The recorded sale; raises `TransactionNotFound` for one that is unknown or still open."""
    recorded = recorded_sale(tx, transaction_id)
    if recorded is None:
        raise TransactionNotFound(transaction_id=str(transaction_id))
    return recorded


def counter(
    call: Call, rules: ChainRules, reason: str, approval: Approval | None, *, as_cash: bool = False
) -> Counter:
    """Where, when and by whom, as the caller's token says it; a terminal alone counts as a cashier."""
    return Counter(
        store_id=call.hub.store_id,
        terminal_id=call.caller.terminal_id,
        employee_id=call.caller.name,
        role=call.caller.role or Role.CASHIER,
        business_date=rules.calendar.business_date(call.at),
        at=call.at,
        reason=reason,
        approval=approval,
        as_cash=as_cash,
    )


def _act(call: Call, rules: ChainRules, sale: SaleRecorded) -> Permission:
    days = (rules.calendar.business_date(call.at) - sale.business_date).days
    return Permission.REFUND if days <= rules.refunds.window_days else Permission.LATE_REFUND
