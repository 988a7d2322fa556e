"""The Checkout API of spec 7.1, step by step: for kiosks and partners. Tills send finished sales instead."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field, StrictInt
from sqlalchemy import Connection

from courier.problem import Problem
from retail.basket import BasketEmpty, RungLine
from retail.facts import SaleRecorded
from retail.payment import CASH, checked_method
from retail.sale import Deed as SaleDeed
from retail.sale import SaleState
from retail.staff import Permission
from retail.stock import NotEnoughStock
from storehub.api.approvals import PinApproval, approval_for
from storehub.api.call import Answer, Call, CallDep, Deed
from storehub.api.money import ask_provider, refreshed
from storehub.api.refunds import counter
from storehub.api.views import finished_view, line_view, sale_view, totals_view
from storehub.catalog.queries import Ware, ware_of_barcode, ware_of_sku
from storehub.members.commands import release_vouchers
from storehub.members.queries import member_of
from storehub.payments.commands import PaymentAlreadyCaptured, ask, check_due, due_of, rounding_of, take_cash
from storehub.payments.queries import Ask, asks_of_sale
from storehub.payments.tables import RequestState
from storehub.sales import commands as sales
from storehub.sales.queries import OpenSale, lock, recorded_sale, sale_of
from storehub.sales.refunds import void_sale
from storehub.stock.queries import Level, level_of

router = APIRouter(prefix="/api/v1/transactions", tags=["checkout"])


class NewSale(BaseModel):
    """Who sells where; both are the token's."""

    terminal_id: str = Field(min_length=1, max_length=50)
    cashier_id: str = Field(min_length=1, max_length=50)


class NewItem(BaseModel):
    """What was scanned (or a product by its SKU), and how many scans it stands for (grams if weighed)."""

    barcode: str | None = None
    sku_id: str | None = None
    quantity: StrictInt = 1


class NewQuantity(BaseModel):
    """Pieces or grams."""

    quantity: StrictInt


class NewPayment(BaseModel):
    """`amount` in minor units: what is asked for by QR, or what was handed over in cash."""

    payment_method: str
    amount: StrictInt


class Void(BaseModel):
    """Why a sale is void; a paid one needs a reason, and a cashier an approval."""

    reason: Annotated[str, Field(max_length=500)] = ""
    approval: PinApproval | None = None


@router.post("", status_code=201)
def create_transaction(body: NewSale, call: CallDep) -> Answer:
    """Begin a sale."""
    call.demand_own(body.terminal_id, body.cashier_id)
    transaction_id = call.hub.new_id()

    def do(tx: Connection) -> dict[str, Any]:
        sales.open_sale(
            tx,
            transaction_id=transaction_id,
            store_id=call.hub.store_id,
            terminal_id=body.terminal_id,
            cashier_id=body.cashier_id,
            rules=call.hub.rules(tx),
            at=call.at,
        )
        return {
            "transaction_id": str(transaction_id),
            "status": SaleState.DRAFT.value,
            "created_at": call.at.isoformat(),
        }

    answer = call.write(Deed("open sale", Permission.SELL, str(transaction_id)), do, 201)
    call.hub.metrics.sale_begun(body.terminal_id)
    return answer


@router.get("/{transaction_id}")
def get_transaction(transaction_id: UUID, call: CallDep) -> Answer:
    """A sale as it stands."""
    return call.read(lambda tx: _view(tx, call, transaction_id))


@router.post("/{transaction_id}/items")
def add_item(transaction_id: UUID, body: NewItem, call: CallDep) -> Answer:
    """Put an item into the basket, at the price of now."""
    if (body.barcode is None) == (body.sku_id is None):
        raise Problem(422, "invalid-request", "An item is named by barcode or by sku_id, one of them")

    def do(tx: Connection) -> dict[str, Any]:
        sale = lock(tx, transaction_id)
        ware = _ware(tx, call, body)
        rung = sales.add_item(
            tx,
            sale,
            ware,
            call.hub.ring_up(tx, call.at, sale),
            line_item_id=call.hub.new_id(),
            quantity=body.quantity,
            at=call.at,
        )
        level = _checked_level(tx, call, rung)
        return line_view(rung) | {"available_quantity": level.available_stock}

    return call.write(Deed("add item", Permission.SELL, str(transaction_id)), do)


@router.patch("/{transaction_id}/items/{line_item_id}")
def change_item(transaction_id: UUID, line_item_id: UUID, body: NewQuantity, call: CallDep) -> Answer:
    """Change the quantity of a line."""

    def do(tx: Connection) -> dict[str, Any]:
        sale = lock(tx, transaction_id)
        rung = sales.set_quantity(
            tx, sale, line_item_id, body.quantity, call.hub.ring_up(tx, call.at, sale), call.at
        )
        level = _checked_level(tx, call, rung)
        return line_view(rung) | {"available_quantity": level.available_stock}

    return call.write(Deed("change item", Permission.SELL, str(transaction_id)), do)


@router.delete("/{transaction_id}/items/{line_item_id}", status_code=204)
def remove_item(transaction_id: UUID, line_item_id: UUID, call: CallDep) -> Answer:
    """Take a line out of the basket."""

    def do(tx: Connection) -> None:
        sale = lock(tx, transaction_id)
        sales.remove_item(tx, sale, line_item_id, call.hub.ring_up(tx, call.at, sale), call.at)

    return call.write(Deed("remove item", Permission.SELL, str(transaction_id)), do, 204)


@router.post("/{transaction_id}/calculate")
def calculate(transaction_id: UUID, call: CallDep) -> Answer:
    """What the sale comes to."""
    return call.read(lambda tx: totals_view(_as_of_now(tx, call, transaction_id).totals))


@router.post("/{transaction_id}/payments")
def initiate_payment(transaction_id: UUID, body: NewPayment, call: CallDep) -> Answer:
    """Ask for money by QR code, or take cash. One open payment at a time; a sale may be paid in parts."""
    checked_method(body.payment_method)
    deed = Deed("ask payment", Permission.SELL, str(transaction_id))
    call.allow(deed)
    payment_id = call.keyed_id()
    with call.hub.engine.begin() as tx:
        request = _asked(tx, call, transaction_id, payment_id, body)
        call.note(tx, deed, "allowed", {"payment_method": body.payment_method, "amount": body.amount})
    return ask_provider(call, request)


@router.post("/{transaction_id}/finalize")
def finalize(transaction_id: UUID, call: CallDep) -> Answer:
    """Record the sale as paid. Asked again, it says the same again."""
    finished: list[SaleRecorded] = []
    with call.hub.engine.connect() as tx:
        asks = asks_of_sale(tx, transaction_id)
    for request in asks:
        if request.state is RequestState.PENDING:
            refreshed(call.hub, request)

    def do(tx: Connection) -> dict[str, Any]:
        sale = lock(tx, transaction_id)
        if sale.state is not SaleState.PAID:
            finished.append(_finished(tx, call, sale))
        return finished_view(sale_of(tx, transaction_id))

    answer = call.write(Deed("finalize sale", Permission.SELL, str(transaction_id)), do)
    call.hub.metrics.sales_recorded(finished)
    call.hub.wake_printer()
    return answer


@router.post("/{transaction_id}/void")
def void(transaction_id: UUID, call: CallDep, body: Void | None = None) -> Answer:
    """Cancel a sale: an open one by anybody who sells, a paid one with a manager's yes, as a fact."""
    said = body or Void()
    subject = str(transaction_id)
    approval = approval_for(call, Permission.VOID, said.approval, reason=said.reason, subject=subject)

    def do(tx: Connection) -> dict[str, Any]:
        sale = lock(tx, transaction_id)
        if sale.receipt_number is None:
            _void_open(tx, call, sale)
        else:
            where = counter(call, call.hub.rules(tx), said.reason, approval)
            void_sale(tx, transaction_id, where, event_id=call.hub.new_id())
        return _view(tx, call, transaction_id)

    return call.write(Deed("void sale", Permission.SELL, subject), do)


def _as_of_now(tx: Connection, call: Call, transaction_id: UUID) -> OpenSale:
    sale = sale_of(tx, transaction_id)
    return sale.rung_up(call.hub.ring_up(tx, call.at, sale))


def _view(tx: Connection, call: Call, transaction_id: UUID) -> dict[str, Any]:
    sale = _as_of_now(tx, call, transaction_id)
    return sale_view(sale, asks_of_sale(tx, transaction_id), recorded_sale(tx, transaction_id))


def _ware(tx: Connection, call: Call, item: NewItem) -> Ware:
    if item.barcode is not None:
        return ware_of_barcode(tx, item.barcode, call.hub.store_id, call.at)
    assert item.sku_id is not None
    return ware_of_sku(tx, item.sku_id, call.hub.store_id, call.at)


def _checked_level(tx: Connection, call: Call, rung: RungLine) -> Level:
    """The stock behind a line that was just written; raises `NotEnoughStock` where the setting blocks."""
    level = level_of(tx, rung.line.pack_of or rung.line.sku_id)
    if level.available_stock < 0 and call.hub.rules(tx).blocks_beyond_stock:
        raise NotEnoughStock(sku_id=level.sku_id, available_quantity=level.current_stock)
    return level


def _asked(tx: Connection, call: Call, transaction_id: UUID, payment_id: UUID, body: NewPayment) -> Ask:
    """The request for money, new or the one that the same Idempotency-Key left behind."""
    sale = lock(tx, transaction_id)
    asks = asks_of_sale(tx, transaction_id)
    due = 0
    if all(known.payment_id != payment_id for known in asks):
        if not sale.basket.lines:
            raise BasketEmpty
        ring_up = call.hub.ring_up(tx, call.at, sale)
        due = due_of(sale.rung_up(ring_up).totals.total_amount, asks)
        check_due(body.payment_method, body.amount, due)
        if sale.state is not SaleState.PENDING_PAYMENT:
            sales.ask_payment(tx, sale, ring_up, call.at)
    told: dict[str, Any] = {
        "payment_id": payment_id,
        "transaction_id": sale.transaction_id,
        "terminal_id": call.caller.terminal_id,
        "currency": sale.basket.currency,
        "at": call.at,
    }
    if body.payment_method == CASH:
        rounding = call.hub.rules(tx).cash_rounding
        return take_cash(tx, due=due, tendered=body.amount, rounding=rounding, **told)
    return ask(tx, payment_method=body.payment_method, amount=body.amount, **told)


def _finished(tx: Connection, call: Call, sale: OpenSale) -> SaleRecorded:
    if not sale.basket.lines:
        raise BasketEmpty
    ring_up = call.hub.ring_up(tx, call.at, sale)
    sale, asks = sale.rung_up(ring_up), asks_of_sale(tx, sale.transaction_id)
    due_of(sale.totals.total_amount, asks)
    if sale.state is SaleState.DRAFT and sale.totals.total_amount == 0:
        # Nothing to pay is paid as soon as it is asked for.
        sale = sales.ask_payment(tx, sale, ring_up, call.at)
    member = member_of(tx, sale.member_id)
    return sales.finish(
        tx,
        sale,
        [request.as_tender for request in asks if request.state is RequestState.CAPTURED],
        rounding_of(asks),
        call.hub.rules(tx),
        tier=member.tier if member else "",
        event_id=call.hub.new_id(),
        jobs=lambda fact: call.hub.printing.jobs_for(fact, call.at),
        at=call.at,
    )


def _void_open(tx: Connection, call: Call, sale: OpenSale) -> None:
    """A basket that was given up; money that is asked for or there has to be seen to first."""
    asks = asks_of_sale(tx, sale.transaction_id)
    due_of(sale.totals.total_amount, asks)
    for request in asks:
        if request.state is RequestState.CAPTURED:
            raise PaymentAlreadyCaptured(payment_id=str(request.payment_id))
    release_vouchers(tx, sale.transaction_id)
    sales.change_state(tx, sale, SaleDeed.VOID, call.at)
