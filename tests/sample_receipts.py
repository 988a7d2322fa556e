"""Receipts for the tests of drawing and printing; a test states only what matters to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from retail.basket import Basket, Line, ring_up
from retail.calendar import StoreCalendar
from retail.facts import SaleRecorded
from retail.payment import Tender, cash_tender
from retail.quantity import Unit
from retail.receipt import Receipt, StoreCard, receipt_of

SOLD_AT = datetime(2026, 11, 20, 7, 5, 30, tzinfo=UTC)
"""14:05 in Ho Chi Minh City."""

STORE = StoreCard(
    "STORE_001",
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
    return Line(
        line_item_id=UUID(int=1),
        sku_id="SKU",
        barcode="8934680083898",
        product_name=product_name,
        category="",
        quantity=quantity,
        unit_price=unit_price,
        list_price=unit_price,
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
    totals = ring_up(Basket(prices_include_tax, currency, tuple(lines)))
    tenders = []
    if qr_amount:
        tenders.append(
            Tender(UUID(int=2), "QR_VNPAY", qr_amount, provider="VNPAY", provider_txn_id="VNPAY_TXN_99887")
        )
    due = totals.total_amount - qr_amount
    if due:
        tenders.append(cash_tender(UUID(int=3), due, tendered or due))
    sale = SaleRecorded(
        transaction_id=UUID(int=4),
        store_id=store.store_id,
        terminal_id="POS_01",
        cashier_id="CASHIER_007",
        receipt_number=receipt_number,
        business_date=SOLD_AT.date(),
        sold_at=SOLD_AT,
        currency=currency,
        prices_include_tax=prices_include_tax,
        lines=tuple(lines),
        totals=totals,
        tenders=tuple(tenders),
    )
    return receipt_of(sale, store, StoreCalendar(), proof)
