"""Facts: what is written can be read, adds up, and says so when it does not."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail.basket import Basket, ring_up
from retail.calendar import StoreCalendar
from retail.facts import (
    READERS,
    Fact,
    FactDoesNotAddUp,
    FactNotReadable,
    InventoryAdjusted,
    PaymentCaptured,
    SaleRecorded,
    TransactionVoided,
    read_fact,
)
from retail.payment import Tender
from retail.receipt import StoreCard, receipt_of
from tests.unit.retail_strategies import line, sale, sale_strategy

AT = datetime(2026, 11, 1, 4, 30, 45, tzinfo=UTC)
OTHERS: list[Fact] = [
    TransactionVoided(UUID(int=1), "STORE_001", AT.date(), AT, "M1", "M1", "wrong customer", 55_000),
    InventoryAdjusted("STORE_001", "COLA", "SHRINKAGE", -3, "broken", None, AT, "M1"),
    PaymentCaptured(UUID(int=1), UUID(int=2), "QR_VNPAY", 55_000, "VNPAY", "VNPAY_TXN_99887", AT),
    InventoryAdjusted("STORE_001", "COLA", "RECEIVING", 24, "delivery", "DN-7", AT, "M1"),
]


def over_the_wire(body: dict[str, Any]) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(json.dumps(body))
    return parsed


@given(sale_strategy())
def test_a_sale_reads_back_what_it_wrote(recorded: SaleRecorded) -> None:
    assert read_fact("SaleRecorded", 1, over_the_wire(recorded.to_body())) == recorded


@pytest.mark.parametrize("fact", OTHERS, ids=lambda fact: fact.event_type)
def test_every_fact_reads_back_what_it_wrote(fact: Fact) -> None:
    assert read_fact(fact.event_type, fact.version, over_the_wire(fact.to_body())) == fact


def test_a_sale_has_the_fields_of_the_specification() -> None:
    body = sale(
        (line(quantity=2, unit_price=25_000, tax_rate=Decimal("0.10")),),
        prices_include_tax=False,
        tenders=(
            Tender(UUID(int=9), "QR_VNPAY", 55_000, provider="VNPAY", provider_txn_id="VNPAY_TXN_99887"),
        ),
    ).to_body()

    expected = {
        "cashier_id": "CASHIER_007",
        "subtotal": 50_000,
        "tax_amount": 5_000,
        "discount_amount": 0,
        "total_amount": 55_000,
        "payment_method": "QR_VNPAY",
        "payment_provider_ref": "VNPAY_TXN_99887",
    }
    assert {name: body[name] for name in expected} == expected
    (item,) = body["line_items"]
    assert {name: item[name] for name in ("sku_id", "quantity", "unit_price", "line_total")} == {
        "sku_id": "COLA",
        "quantity": 2,
        "unit_price": 25_000,
        "line_total": 50_000,
    }


@given(sale_strategy())
def test_a_body_holds_no_float(recorded: SaleRecorded) -> None:
    def floats(value: Any) -> list[float]:
        if isinstance(value, dict):
            return [found for part in value.values() for found in floats(part)]
        if isinstance(value, list):
            return [found for part in value for found in floats(part)]
        return [value] if isinstance(value, float) else []

    assert floats(recorded.to_body()) == []


@pytest.mark.parametrize("name", ["subtotal", "discount_amount", "tax_amount", "total_amount"])
@pytest.mark.parametrize("change", [1, -1])
def test_a_total_that_is_not_the_sum_of_its_lines_is_noticed(name: str, change: int) -> None:
    body = over_the_wire(sale().to_body())
    body[name] += change
    with pytest.raises(FactDoesNotAddUp) as caught:
        read_fact("SaleRecorded", 1, body)
    assert caught.value.detail["field"] == name
    assert caught.value.detail["transaction_id"] == body["transaction_id"]
    assert caught.value.detail["stated"] - caught.value.detail["computed"] == change


@pytest.mark.parametrize("name", ["line_subtotal", "line_total", "tax_amount"])
def test_a_line_that_does_not_add_up_is_noticed(name: str) -> None:
    body = over_the_wire(sale((line(), line(line_item_id=UUID(int=2)))).to_body())
    body["line_items"][0][name] += 1
    body["line_items"][1][name] -= 1
    with pytest.raises(FactDoesNotAddUp) as caught:
        read_fact("SaleRecorded", 1, body)
    assert caught.value.detail["field"] == f"line 1 {name}"


def test_a_line_of_a_till_that_knew_less_is_a_piece_for_anybody() -> None:
    body = over_the_wire(sale().to_body())
    for later in ("pack_of", "pack_size", "age_restricted", "override_reason", "applied_promotions"):
        del body["line_items"][0][later]
    fact = read_fact("SaleRecorded", 1, body)
    assert isinstance(fact, SaleRecorded)
    assert fact.lines == (line(),)


def change(body: dict[str, Any], path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """The body with another value deep inside and totals left as they were."""
    changed = copy.deepcopy(body)
    part: Any = changed
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    return changed


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("line_items", 0, "quantity"), -1),
        (("line_items", 0, "quantity"), 1.0),
        (("line_items", 0, "unit_price"), -10_000),
        (("line_items", 0, "unit_price"), 10_000.0),
        (("line_items", 0, "line_discount"), -1),
        (("line_items", 0, "list_price"), "10000"),
        (("line_items", 0, "list_price"), -1),
        (("line_items", 0, "pack_size"), 0),
        (("line_items", 0, "pack_size"), "6"),
        (("line_items", 0, "pack_size"), 10**30),
        (("tenders",), []),
        (("tenders", 0, "amount"), 9_999),
        (("tenders", 0, "amount"), 10_000.0),
        (("tenders", 0, "change"), 5),
    ],
    ids=str,
)
def test_a_sale_that_cannot_have_happened_does_not_add_up(path: tuple[str | int, ...], value: Any) -> None:
    body = change(over_the_wire(sale().to_body()), path, value)
    with pytest.raises(FactDoesNotAddUp):
        read_fact("SaleRecorded", 1, body)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("transaction_id",), "17"),
        (("transaction_id",), None),
        (("sold_at",), "2026-11-01T04:30:45"),
        (("sold_at",), "yesterday"),
        (("business_date",), "2026-13-01"),
        (("prices_include_tax",), "yes"),
        (("line_items",), None),
        (("line_items",), {}),
        (("line_items", 0), "line"),
        (("line_items", 0, "tax_rate"), "a lot"),
        (("line_items", 0, "tax_rate"), "0.12345"),
        (("line_items", 0, "tax_rate"), "sNaN"),
        (("line_items", 0, "tax_rate"), None),
        (("line_items", 0, "unit"), "bottle"),
        (("line_items", 0, "sku_id"), 7),
        (("line_items", 0, "category"), None),
        (("line_items", 0, "pack_of"), ["SKU_UNIT"]),
        (("line_items", 0, "price_version"), "7"),
        (("line_items", 0, "price_version"), 2**63),
        (("line_items", 0, "age_restricted"), "no"),
        (("line_items", 0, "applied_promotions"), [{"promo_id": [], "name": "", "discount_amount": 0}]),
        (("tenders", 0, "payment_method"), []),
        (("tenders", 0, "tendered"), "10000"),
        (("tenders", 0, "payment_id"), 5),
        (("member_id",), 7),
        (("points_earned",), -1),
        (("points_earned",), 1.5),
        (("vouchers",), "TET-1"),
        (("vouchers",), [{"code": 7, "promo_id": "TET"}]),
    ],
    ids=str,
)
def test_a_body_that_is_no_sale_is_not_readable(path: tuple[str | int, ...], value: Any) -> None:
    body = change(over_the_wire(sale().to_body()), path, value)
    with pytest.raises((FactNotReadable, FactDoesNotAddUp)):
        read_fact("SaleRecorded", 1, body)


def test_a_sale_with_an_impossible_line_says_why() -> None:
    body = change(over_the_wire(sale().to_body()), ("line_items", 0, "quantity"), 0)
    with pytest.raises(FactDoesNotAddUp) as caught:
        read_fact("SaleRecorded", 1, body)
    assert "quantity" in caught.value.detail["reason"]


@pytest.mark.parametrize("name", ["line_items", "tenders", "prices_include_tax", "sold_at", "total_amount"])
def test_a_sale_without_an_essential_part_is_not_readable(name: str) -> None:
    body = over_the_wire(sale().to_body())
    del body[name]
    with pytest.raises(FactNotReadable) as caught:
        read_fact("SaleRecorded", 1, body)
    assert (caught.value.detail["event_type"], caught.value.detail["version"]) == ("SaleRecorded", 1)
    assert name in caught.value.detail["reason"]


@pytest.mark.parametrize(
    ("fact", "name"), [(OTHERS[0], "amount"), (OTHERS[1], "quantity_delta"), (OTHERS[2], "amount")], ids=str
)
@pytest.mark.parametrize("value", [1.5, "7", None, True])
def test_amounts_of_every_fact_are_whole_numbers(fact: Fact, name: str, value: Any) -> None:
    with pytest.raises(FactNotReadable):
        read_fact(fact.event_type, fact.version, over_the_wire(fact.to_body()) | {name: value})


@pytest.mark.parametrize(
    ("kind", "version"), [("SaleRecorded", 2), ("SaleRecorded", 0), ("Unheard", 1), ("", 1)]
)
def test_a_kind_or_version_of_the_future_is_not_readable_and_says_which(kind: str, version: int) -> None:
    with pytest.raises(FactNotReadable) as caught:
        read_fact(kind, version, {})
    assert caught.value.detail == {
        "event_type": kind,
        "version": version,
        "reason": "unknown kind or version",
    }


json_values: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just([]) | st.just({})
)


@given(st.data())
def test_whatever_stands_in_a_fact_it_is_read_or_refused(data: st.DataObject) -> None:
    body = over_the_wire(sale((line(), line(line_item_id=UUID(int=2)))).to_body())
    part: Any = data.draw(st.sampled_from([body, body["line_items"][0], body["tenders"][0]]))
    part[data.draw(st.sampled_from(sorted(part)))] = data.draw(json_values)
    try:
        fact = read_fact("SaleRecorded", 1, body)
    except (FactNotReadable, FactDoesNotAddUp):
        return
    assert isinstance(fact, SaleRecorded)
    assert fact.totals.total_amount == sum(tender.amount for tender in fact.tenders)


def test_every_fact_has_a_reader_for_its_version() -> None:
    assert set(READERS) == {
        ("SaleRecorded", 1),
        ("TransactionVoided", 1),
        ("InventoryAdjusted", 1),
        ("PaymentCaptured", 1),
        ("RefundRecorded", 1),
        ("ShiftOpened", 1),
        ("CashMoved", 1),
        ("ShiftClosed", 1),
        ("AccessDecided", 1),
        ("PaymentSettled", 1),
        ("PriceDiscrepancyFound", 1),
        ("PromotionDiscrepancyFound", 1),
    }


def test_the_totals_of_a_fact_are_those_of_its_basket() -> None:
    recorded = sale((line(quantity=3), line(line_item_id=UUID(int=2), tax_rate=Decimal("0.05"))))
    again = read_fact("SaleRecorded", 1, over_the_wire(recorded.to_body()))
    assert isinstance(again, SaleRecorded)
    assert again.totals == ring_up(Basket(True, lines=again.lines))


def test_a_receipt_shows_the_sale_on_the_store_s_clock() -> None:
    recorded = sale((line(quantity=2, line_discount=1_000),))
    card = StoreCard("STORE_001", "Cửa hàng Hàng Bài", "1 Hàng Bài, Hà Nội", "0101234567", "024 1234 5678")

    receipt = receipt_of(recorded, card, StoreCalendar(), proof="c6eb03b9")

    assert receipt.sold_at == AT
    assert receipt.sold_at.utcoffset() == timedelta(hours=7)
    assert receipt.sold_at.astimezone(timezone(timedelta(hours=7))).hour == 11
    assert receipt.proof == "C6EB"
    assert (receipt.subtotal, receipt.discount_amount, receipt.total_amount) == (20_000, 1_000, 19_000)
    assert [(shown.product_name, shown.quantity, shown.line_total) for shown in receipt.lines] == [
        ("Coca-Cola 330ml", 2, 19_000)
    ]
    assert [(shown.payment_method, shown.amount, shown.change) for shown in receipt.tenders] == [
        ("CASH", 19_000, 0)
    ]
    assert receipt.taxes == recorded.totals.taxes


def test_a_store_without_a_name_shows_its_number() -> None:
    card = StoreCard.from_body({"store_id": "STORE_001", "name": None, "address": None})
    assert card == StoreCard("STORE_001", "STORE_001")
