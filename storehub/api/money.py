"""Payments by QR, for open sales of this hub and for sales that only a till knows yet.

The provider is called between transactions, never inside one: it may take seconds, and locks may not.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field, StrictInt
from sqlalchemy import Connection

from courier.outage import Outage
from retail.sale import SaleState
from retail.staff import Permission
from storehub.api.call import Answer, Call, CallDep, Deed
from storehub.api.hub import Hub
from storehub.api.views import ask_view
from storehub.gateways.port import GatewayState, GatewayStatus
from storehub.payments import commands
from storehub.payments.orphans import orphans, settle
from storehub.payments.queries import Ask, ask_of, asks_of_sale
from storehub.payments.tables import RequestState
from storehub.sales.commands import change_state
from storehub.sales.queries import TransactionNotFound
from storehub.sales.queries import lock as lock_sale

router = APIRouter(prefix="/api/v1/payments", tags=["payments"])


class TillPayment(BaseModel):
    """A till asks for money for a sale of its own; the till makes the ids. `amount` in minor units."""

    payment_id: UUID
    transaction_id: UUID
    payment_method: str
    amount: StrictInt


@router.post("")
def ask_for_till(body: TillPayment, call: CallDep) -> Answer:
    """A QR code for a till; the same `payment_id` gives the same code."""
    deed = Deed("ask payment", Permission.SELL, str(body.payment_id), by_terminals=True)
    call.allow(deed)
    with call.hub.engine.begin() as tx:
        request = commands.ask(
            tx,
            payment_id=body.payment_id,
            transaction_id=body.transaction_id,
            terminal_id=call.caller.terminal_id,
            payment_method=body.payment_method,
            amount=body.amount,
            currency=call.hub.rules(tx).currency,
            at=call.at,
        )
        call.note(tx, deed, "allowed", {"payment_method": body.payment_method, "amount": body.amount})
    return ask_provider(call, request)


class Settled(BaseModel):
    """What was done about orphan money: the till's own people, and a word for the books."""

    settled_by: Annotated[str, Field(min_length=1, max_length=50)]
    approved_by: Annotated[str, Field(min_length=1, max_length=50)] | None = None
    word: Annotated[str, Field(min_length=1, max_length=200)]


@router.get("/orphans")
def list_orphans(call: CallDep) -> Answer:
    """Money that came and belongs to no sale, the oldest first."""
    return call.read(lambda tx: {"payments": [orphan.to_body() for orphan in orphans(tx, call.at)]})


@router.post("/{payment_id}/settle")
def settle_orphan(payment_id: UUID, body: Settled, call: CallDep) -> Answer:
    """Take orphan money off the list, with a word about what was done; a till has asked who may say so."""
    detail = {"settled_by": body.settled_by, "approved_by": body.approved_by, "word": body.word}
    deed = Deed("settle payment", Permission.REFUND, str(payment_id), by_terminals=True, detail=detail)

    def do(tx: Connection) -> dict[str, str]:
        settle(
            tx,
            payment_id,
            store_id=call.hub.store_id,
            event_id=call.hub.new_id(),
            word=body.word,
            settled_by=body.settled_by,
            approved_by=body.approved_by,
            at=call.at,
        )
        return {"payment_id": str(payment_id)}

    return call.write(deed, do)


@router.get("/{payment_id}/status")
def payment_status(payment_id: UUID, call: CallDep) -> Answer:
    """Where a payment stands, as the provider has it now."""
    with call.hub.engine.connect() as tx:
        request = ask_of(tx, payment_id)
    if request.state is RequestState.PENDING:
        request = refreshed(call.hub, request)
    return Answer(ask_view(request))


@router.post("/{payment_id}/cancel")
def cancel_payment(payment_id: UUID, call: CallDep) -> Answer:
    """Give a payment up. CAPTURED is the answer when the customer was quicker."""
    deed = Deed("cancel payment", Permission.SELL, str(payment_id), by_terminals=True)
    call.allow(deed)
    with call.hub.engine.connect() as tx:
        request = ask_of(tx, payment_id)
    if request.state is RequestState.PENDING:
        status = call.hub.gateway.cancel(request.for_gateway)
        if status.state is GatewayState.CAPTURED:
            return Answer(ask_view(settled(call.hub, request, status)))
    with call.hub.engine.begin() as tx:
        request = _cancelled(tx, call, request)
        call.note(tx, deed, "allowed")
    return Answer(ask_view(request))


def ask_provider(call: Call, request: Ask) -> Answer:
    """Have the provider make the code, unless it has; answers with the payment."""
    if request.state is RequestState.PENDING and request.qr_text is None:
        code = call.hub.gateway.create(request.for_gateway)
        with call.hub.engine.begin() as tx:
            request = commands.keep_code(tx, request.payment_id, code)
    return Answer(ask_view(request))


def refreshed(hub: Hub, request: Ask) -> Ask:
    """The request as the provider has it now; when the provider is silent, it is as pending as it was."""
    try:
        status = hub.gateway.status(request.for_gateway)
    except Outage:
        return request
    return settled(hub, request, status)


def settled(hub: Hub, request: Ask, status: GatewayStatus) -> Ask:
    """The request with the provider's word noted; a captured one becomes a fact in the same transaction."""
    if status.state is GatewayState.PENDING:
        return request
    with hub.engine.begin() as tx:
        return commands.take_note(
            tx,
            request.payment_id,
            status,
            store_id=hub.store_id,
            event_id=hub.new_id(),
            at=hub.clock(),
        )


def _cancelled(tx: Connection, call: Call, request: Ask) -> Ask:
    try:
        sale = lock_sale(tx, request.transaction_id)
    except TransactionNotFound:
        return commands.cancel(tx, request.payment_id, sale_state=None)
    cancelled = commands.cancel(tx, request.payment_id, sale_state=sale.state)
    deed = commands.deed_after_cancel(asks_of_sale(tx, sale.transaction_id))
    if deed is not None and sale.state is SaleState.PENDING_PAYMENT:
        change_state(tx, sale, deed, call.at)
    return cancelled
