"""Events of partners in the plain shapes of spec 6.2, which say less than our own facts do.

A plain sale names no barcodes, rates or tenders. What can be derived is derived the same way every
time (ids from the event's id, tax shared over the lines by amount); what cannot stays empty. A plain
event whose payload is a fact of ours in full is read as that fact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from retail.basket import Line, RungLine, Totals
from retail.calendar import StoreCalendar
from retail.facts import (
    Fact,
    FactDoesNotAddUp,
    InventoryAdjusted,
    PaymentCaptured,
    SaleRecorded,
    read_fact,
)
from retail.money import AMOUNT_LIMIT, share_out
from retail.payment import QR_METHODS, Tender
from retail.quantity import Unit, checked

UNKNOWN_METHOD = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class PartnerSale:
    """A sale as a partner reported it; the members mean what those of `SaleRecorded` mean."""

    transaction_id: UUID
    store_id: str
    terminal_id: str
    cashier_id: str
    receipt_number: str
    business_date: date
    sold_at: datetime
    currency: str
    prices_include_tax: bool
    totals: Totals
    tenders: tuple[Tender, ...]
    external_reference: str | None


def read_partner_event(
    event_id: UUID, body: Mapping[str, Any], calendar: StoreCalendar
) -> Fact | PartnerSale:
    """The fact of a plain event; raises what `read_fact` raises, KeyError, TypeError, ValueError."""
    kind, payload, timestamp = body["event_type"], body["payload"], body["timestamp"]
    if kind == SaleRecorded.event_type and "tenders" not in payload:
        return _read_sale(event_id, body, payload, calendar)
    if kind == InventoryAdjusted.event_type:
        payload = {
            "store_id": body["store_id"],
            "reason": "",
            "adjusted_at": timestamp,
            "adjusted_by": "",
            **payload,
        }
    elif kind == PaymentCaptured.event_type:
        payload = {"payment_id": str(event_id), "captured_at": timestamp, **payload}
    return read_fact(kind, body.get("version", 1), payload)


def _read_sale(
    event_id: UUID, body: Mapping[str, Any], payload: Mapping[str, Any], calendar: StoreCalendar
) -> PartnerSale:
    sold_at = datetime.fromisoformat(body["timestamp"])
    sale_id = UUID(payload["transaction_id"])
    include_tax, totals = _totals(event_id, payload)
    method = payload.get("payment_method") or UNKNOWN_METHOD
    tender = Tender(
        uuid5(event_id, "payment"),
        method,
        totals.total_amount,
        provider=QR_METHODS.get(method),
        provider_txn_id=payload.get("payment_provider_ref"),
    )
    day = payload.get("business_date")
    return PartnerSale(
        transaction_id=sale_id,
        store_id=body["store_id"],
        terminal_id=body.get("terminal_id") or payload.get("terminal_id") or "",
        cashier_id=payload.get("cashier_id") or "",
        receipt_number=payload.get("receipt_number") or "",
        business_date=date.fromisoformat(day) if day else calendar.business_date(sold_at),
        sold_at=sold_at,
        currency=payload.get("currency") or "",
        prices_include_tax=include_tax,
        totals=totals,
        tenders=(tender,),
        external_reference=payload.get("external_reference"),
    )


def _totals(event_id: UUID, payload: Mapping[str, Any]) -> tuple[bool, Totals]:
    """Whether prices contain the tax, and the totals; raises `FactDoesNotAddUp`."""
    lines = [_line(event_id, number, item) for number, item in enumerate(payload["line_items"], start=1)]
    subtotal, discount, tax, total = (
        _amount(payload, name) for name in ("subtotal", "discount_amount", "tax_amount", "total_amount")
    )
    include_tax = tax > 0 and subtotal - discount == total
    _same(payload, "subtotal", subtotal, sum(line.line_subtotal for line in lines))
    _same(payload, "total_amount", total, subtotal - discount + (0 if include_tax else tax))
    own = [line.line_total for line in lines]
    spare = discount - sum(line.line_discount for line in lines)
    if spare < 0 or spare > sum(own):
        _same(payload, "discount_amount", discount, sum(line.line_discount for line in lines))
    discounts = [line.line_discount + part for line, part in zip(lines, share_out(spare, own), strict=True)]
    amounts = [line.line_subtotal - part for line, part in zip(lines, discounts, strict=True)]
    taxes = share_out(tax, amounts)
    rung = tuple(
        RungLine(line, line.line_subtotal, given, amount, line_tax)
        for line, given, amount, line_tax in zip(lines, discounts, amounts, taxes, strict=True)
    )
    return include_tax, Totals(rung, subtotal, discount, tax, total, ())


def _line(event_id: UUID, number: int, item: Mapping[str, Any]) -> Line:
    quantity, price = checked(item["quantity"], Unit.PIECE), _amount(item, "unit_price")
    line_total = _amount(item, "line_total") if "line_total" in item else price * quantity
    if line_total > price * quantity:
        raise ValueError("line_total is at most unit_price × quantity")
    return Line(
        line_item_id=uuid5(event_id, f"line {number}"),
        sku_id=item["sku_id"],
        barcode=item.get("barcode") or "",
        product_name=item.get("product_name") or item["sku_id"],
        category=item.get("category") or "",
        quantity=quantity,
        unit_price=price,
        list_price=price,
        tax_rate=Decimal(0),
        line_discount=price * quantity - line_total,
    )


def _amount(body: Mapping[str, Any], name: str) -> int:
    amount = body.get(name, 0)
    if type(amount) is not int or not 0 <= amount <= AMOUNT_LIMIT:
        raise ValueError(f"{name} is a whole number of minor units")
    return amount


def _same(payload: Mapping[str, Any], name: str, stated: int, computed: int) -> None:
    if stated != computed:
        raise FactDoesNotAddUp(
            transaction_id=payload["transaction_id"], field=name, stated=stated, computed=computed
        )
