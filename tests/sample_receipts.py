"""Receipts for the tests of drawing and printing; a test states only what matters to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from retail.basket import Line, total_of
from retail.calendar import StoreCalendar
from retail.payment import cash_tender
from retail.quantity import Unit
from retail.receipt import Receipt, StoreCard, receipt_of
from tests import make

SOLD_AT = datetime(2026, 11, 20, 7, 5, 30, tzinfo=UTC)
"""14:05 in Ho Chi Minh City."""

STORE = StoreCard(
    make.STORE,
    "Everopen Nguyễn Huệ",
    "42 Nguyễn Huệ, Phường Sài Gòn, Thành phố Hồ Chí Minh",
    "0312345678",
    "028 3822 1234",
)


def line(
    product_name: str,
    quantity: int,
    unit_price: int,
    *,
    tax_rate: str = "0.08",
    unit: Unit = Unit.PIECE,
    line_discount: int = 0,
) -> Line:
    """A line of a product of any name."""
    return make.line(
        quantity=quantity,
        product_name=product_name,
        unit_price=unit_price,
        tax_rate=Decimal(tax_rate),
        unit=unit,
        line_discount=line_discount,
    )


COFFEE = line("Cà phê sữa đá", 2, 25_000)


def receipt(
    lines: Sequence[Line] = (COFFEE,),
    *,
    prices_include_tax: bool = True,
    tendered: int | None = None,
    qr_amount: int = 0,
    receipt_number: str = "POS_01-000042",
    proof: str = "7f3a9c",
    currency: str = "VND",
    store: StoreCard = STORE,
) -> Receipt:
    """A paid sale's receipt: `qr_amount` by VNPay, the rest in cash (exactly, or `tendered` of it)."""
    tenders = [make.qr_tender(qr_amount)] if qr_amount else []
    due = total_of(lines, prices_include_tax).total_amount - qr_amount
    if due:
        tenders.append(cash_tender(UUID(int=1), due, tendered or due))
    sale = make.sale(
        lines,
        sold_at=SOLD_AT,
        prices_include_tax=prices_include_tax,
        tenders=tenders,
        receipt_number=receipt_number,
        currency=currency,
    )
    return receipt_of(sale, store, StoreCalendar(), proof)
