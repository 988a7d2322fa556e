"""The receipt says what the sale's fact says, and nothing of its own."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

from retail.basket import AppliedPromotion, Basket, ring_up
from retail.calendar import StoreCalendar
from retail.payment import Tender, cash_tender
from retail.promotion_rule import PercentageDiscount
from retail.quantity import Unit
from retail.receipt import Receipt, ReceiptLine, ReceiptTender, StoreCard, receipt_of
from retail.tax import TaxTotal
from tests.unit.retail_strategies import line, sale
from tests.unit.shelf import occasion, promotion

STORE = StoreCard("STORE_001", "Everopen", "42 Nguyễn Huệ", "0312345678", "028 3822 1234")


def test_a_stores_card_is_read_from_its_news() -> None:
    body = {
        "store_id": "STORE_001",
        "name": "Everopen",
        "address": "42 Nguyễn Huệ",
        "tax_code": "0312345678",
        "phone": "028 3822 1234",
    }
    assert StoreCard.from_body(body) == STORE


def test_a_store_without_a_name_shows_its_id_and_leaves_out_what_it_has_not() -> None:
    bare = StoreCard("STORE_001", "STORE_001", "", "", "")
    assert StoreCard.from_body({"store_id": "STORE_001"}) == bare
    assert StoreCard.from_body({"store_id": "STORE_001", "address": None, "phone": None}) == bare


def test_a_receipt_shows_the_whole_sale() -> None:
    lines = (
        line(quantity=3),
        line(line_item_id=UUID(int=2), sku_id="MANGO", product_name="Xoài", quantity=350, unit=Unit.GRAM),
    )
    ten_off = promotion("TEN", PercentageDiscount(1_000), name="Ten off", eligible_skus=frozenset({"COLA"}))
    totals = ring_up(Basket(prices_include_tax=True, lines=lines), [ten_off], occasion())
    recorded = sale(
        lines,
        totals=totals,
        tenders=(
            Tender(UUID(int=8), "QR_MOMO", 10_000, provider="MOMO", provider_txn_id="M1"),
            cash_tender(UUID(int=9), 21_000, 50_000),
        ),
        rounding_amount=500,
    )

    assert receipt_of(recorded, STORE, StoreCalendar(), "c6eb03b9") == Receipt(
        store=STORE,
        transaction_id=str(UUID(int=100)),
        receipt_number="POS_01-000001",
        proof="C6EB",
        terminal_id="POS_01",
        cashier_id="CASHIER_007",
        sold_at=datetime(2026, 11, 1, 11, 30, 45, tzinfo=timezone(timedelta(hours=7))),
        currency="VND",
        prices_include_tax=True,
        lines=(
            ReceiptLine(
                "Coca-Cola 330ml",
                3,
                "piece",
                10_000,
                3_000,
                27_000,
                (AppliedPromotion("TEN", "Ten off", 3_000),),
            ),
            ReceiptLine("Xoài", 350, "gram", 10_000, 0, 3_500),
        ),
        subtotal=33_500,
        discount_amount=3_000,
        tax_amount=2_259,
        total_amount=30_500,
        taxes=(TaxTotal(Decimal("0.08"), 28_241, 2_259, 30_500),),
        tenders=(
            ReceiptTender("QR_MOMO", 10_000, None, 0, "M1"),
            ReceiptTender("CASH", 21_000, 50_000, 29_000, None),
        ),
        rounding_amount=500,
    )


def test_prices_without_tax_are_shown_as_such() -> None:
    recorded = sale((line(quantity=2, tax_rate=Decimal("0.10")),), prices_include_tax=False)

    receipt = receipt_of(recorded, STORE, StoreCalendar(), "0000")

    assert not receipt.prices_include_tax
    assert (receipt.subtotal, receipt.tax_amount, receipt.total_amount) == (20_000, 2_000, 22_000)
