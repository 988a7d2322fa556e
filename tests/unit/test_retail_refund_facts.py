"""Facts of refunds, voids, shifts and access: every version reads back as written, and lies are noticed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail.access_facts import AccessDecided, AccessDeed, AccessOutcome
from retail.approval import Approval
from retail.basket import AppliedPromotion
from retail.discrepancy import PriceDiscrepancyFound, PromotionDifference, PromotionDiscrepancyFound
from retail.facts import (
    KINDS,
    READERS,
    FactNotReadable,
    InventoryAdjusted,
    PaymentCaptured,
    SaleRecorded,
    read_fact,
)
from retail.quantity import Unit
from retail.reading import FactDoesNotAddUp, demand_sum
from retail.refund_facts import RefundLine, RefundRecorded, RefundTender, TransactionVoided
from retail.shift_facts import CashMove, CashMoved, ShiftClosed, ShiftOpened
from retail.staff import Permission, Role
from tests.make_returns import cash, line, sale

words = st.text(max_size=20)
amounts = st.integers(0, 10**12)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - naive bounds
days = st.dates(date(2020, 1, 1), date(2100, 1, 1))
rates = st.decimals(0, 1, places=4)
approvals = st.none() | st.builds(Approval, words, st.sampled_from(Permission), amounts, words, moments)
tenders = st.builds(RefundTender, words, amounts, st.none() | st.uuids())


@st.composite
def refund_lines(draw: st.DrawFn) -> RefundLine:
    subtotal = draw(amounts)
    discount = draw(st.integers(0, subtotal))
    promotions = st.builds(AppliedPromotion, words, words, amounts)
    return RefundLine(
        line_item_id=draw(st.uuids()),
        sku_id=draw(words),
        product_name=draw(words),
        quantity=draw(st.integers(1, 999)),
        unit=draw(st.sampled_from(Unit)),
        line_subtotal=subtotal,
        line_discount=discount,
        tax_rate=draw(rates),
        tax_amount=draw(amounts),
        applied_promotions=tuple(draw(st.lists(promotions, max_size=2))),
        pack_of=draw(st.none() | words),
        pack_size=draw(st.integers(1, 99)),
        restock=draw(st.booleans()),
    )


@st.composite
def refunds(draw: st.DrawFn) -> RefundRecorded:
    lines = tuple(draw(st.lists(refund_lines(), max_size=3)))
    inclusive = draw(st.booleans())
    total = sum(item.line_total + (0 if inclusive else item.tax_amount) for item in lines)
    paid = tuple(draw(st.lists(tenders, max_size=2)))
    return RefundRecorded(
        refund_id=draw(st.uuids()),
        transaction_id=draw(st.none() | st.uuids()),
        store_id=draw(words),
        terminal_id=draw(words),
        business_date=draw(days),
        refunded_at=draw(moments),
        refunded_by=draw(words),
        reason=draw(words),
        approval=draw(approvals),
        currency=draw(words),
        prices_include_tax=inclusive,
        lines=lines,
        tenders=paid,
        rounding_amount=sum(tender.amount for tender in paid) - total,
        receipt_number=draw(st.none() | words),
    )


voids = st.builds(
    TransactionVoided,
    *(st.uuids(), words, days, moments, words, words, words, amounts),
    tenders=st.lists(tenders, max_size=2).map(tuple),
    terminal_id=st.none() | words,
)
openings = st.builds(ShiftOpened, st.uuids(), words, words, words, moments, days, amounts, words)
moves = st.builds(
    CashMoved,
    *(st.uuids(), st.uuids(), words, words, st.sampled_from(CashMove), amounts, words, moments, words, days),
    approval=approvals,
)
counts = st.lists(st.tuples(st.integers(1, 10**6), st.integers(0, 99)), max_size=3).map(tuple)
closings = st.builds(
    ShiftClosed,
    *(st.uuids(), words, words, words, moments, words, days, counts, amounts, amounts, amounts),
    first_receipt=st.none() | words,
    last_receipt=st.none() | words,
    reason=words,
    approval=approvals,
)

decisions = st.builds(
    AccessDecided,
    *(st.uuids(), words, words, words, st.sampled_from(AccessDeed), st.sampled_from(AccessOutcome), moments),
    role=st.none() | st.sampled_from(Role),
    permission=st.none() | st.sampled_from(Permission),
    amount=amounts,
    asked_by=st.none() | words,
    reason=words,
    alarm=st.booleans(),
)

adjustments = st.builds(
    InventoryAdjusted,
    *(words, words, words, st.integers(-(10**9), 10**9), words, st.none() | words, moments, words),
)
captures = st.builds(
    PaymentCaptured, *(st.uuids(), st.uuids(), words, st.integers(1, 10**12), words, words, moments)
)
differences = st.builds(
    PriceDiscrepancyFound,
    *(words, st.uuids(), st.uuids(), words, amounts, amounts),
    hub_price=st.none() | amounts,
    hub_version=st.none() | amounts,
    noted_at=moments,
)
applied = st.lists(st.builds(AppliedPromotion, words, words, amounts), max_size=2).map(tuple)
other_promotions = st.builds(
    PromotionDiscrepancyFound,
    *(words, st.uuids(), amounts, amounts, st.integers(1, 500)),
    lines=st.lists(st.builds(PromotionDifference, st.uuids(), applied, applied), max_size=3).map(tuple),
    noted_at=moments,
)

every_kind = pytest.mark.parametrize(
    "facts",
    [
        refunds(),
        voids,
        openings,
        moves,
        closings,
        decisions,
        adjustments,
        captures,
        differences,
        other_promotions,
    ],
    ids=["refund", "void", "open", "move", "close", "access", "adjust", "capture", "price", "promotion"],
)


@every_kind
@given(data=st.data())
def test_a_fact_reads_back_as_it_was_written(facts: st.SearchStrategy[Any], data: st.DataObject) -> None:
    fact = data.draw(facts)
    body = fact.to_body()
    assert read_fact(fact.event_type, fact.version, body) == fact
    assert fact.from_body(body).to_body() == body


def test_a_price_difference_says_what_each_side_had_under_names_that_stay() -> None:
    found = PriceDiscrepancyFound(
        *("STORE_001", UUID(int=1), UUID(int=2), "COLA", 10_000, 7),
        hub_price=12_000,
        hub_version=9,
        noted_at=datetime(2026, 11, 1, 4, 30, tzinfo=UTC),
    )

    assert found.to_body() == {
        "store_id": "STORE_001",
        "transaction_id": str(UUID(int=1)),
        "line_item_id": str(UUID(int=2)),
        "sku_id": "COLA",
        "till_price": 10_000,
        "till_version": 7,
        "hub_price": 12_000,
        "hub_version": 9,
        "noted_at": "2026-11-01T04:30:00+00:00",
    }
    body = found.to_body()
    del body["hub_price"], body["hub_version"]
    assert read_fact("PriceDiscrepancyFound", 1, body) == replace(found, hub_price=None, hub_version=None)


@pytest.mark.parametrize("field", ["till_price", "till_version", "hub_price", "hub_version"])
def test_a_price_difference_in_fractions_is_not_read(field: str) -> None:
    found = PriceDiscrepancyFound(
        "STORE_001", UUID(int=1), UUID(int=2), "COLA", 10_000, 7, 12_000, 9, datetime(2026, 11, 1, tzinfo=UTC)
    )

    with pytest.raises(FactNotReadable):
        read_fact("PriceDiscrepancyFound", 1, found.to_body() | {field: 1.5})


@every_kind
@given(data=st.data())
def test_a_body_holds_what_json_holds(facts: st.SearchStrategy[Any], data: st.DataObject) -> None:
    def plain(value: object) -> bool:
        if isinstance(value, dict):
            return all(isinstance(key, str) and plain(part) for key, part in value.items())
        if isinstance(value, list):
            return all(map(plain, value))
        return value is None or type(value) in (str, int, bool)

    assert plain(data.draw(facts).to_body())


@given(refunds(), st.integers(-5, 5).filter(bool))
def test_a_refund_with_a_changed_sum_is_not_read(fact: RefundRecorded, change: int) -> None:
    for name in ("subtotal", "discount_amount", "tax_amount", "total_amount", "rounding_amount"):
        body = fact.to_body()
        body[name] += change
        with pytest.raises(FactDoesNotAddUp) as refused:
            RefundRecorded.from_body(body)
        wanted = None if fact.transaction_id is None else str(fact.transaction_id)
        assert refused.value.detail["transaction_id"] == wanted


def test_a_fact_of_a_first_till_is_read_without_the_fields_that_came_later() -> None:
    sold = sale(tenders=[cash(10_000)]).to_body()
    del sold["rounding_amount"]
    assert SaleRecorded.from_body(sold).rounding_amount == 0
    voided = {
        "transaction_id": "00000000-0000-0000-0000-000000000001",
        "store_id": "STORE_001",
        "business_date": "2026-11-22",
        "voided_at": "2026-11-22T03:00:00+00:00",
        "voided_by": "lan",
        "approved_by": "minh",
        "reason": "twice",
        "amount": 10_000,
    }
    fact = TransactionVoided.from_body(voided)
    assert (fact.tenders, fact.terminal_id) == ((), None)


def test_a_sale_whose_tenders_forget_the_rounding_is_not_read() -> None:
    sold = sale(line(unit_price=10_300), rounding_amount=-300)
    assert SaleRecorded.from_body(sold.to_body()) == sold
    for wrong in (0, -299):
        with pytest.raises(Exception, match="paid"):
            SaleRecorded.from_body({**sold.to_body(), "rounding_amount": wrong})


def test_every_kind_of_fact_has_a_reader_under_its_name_and_version() -> None:
    assert {(kind.event_type, kind.version) for kind in KINDS} == set(READERS)
    assert len(KINDS) == len(READERS)
    with pytest.raises(FactNotReadable) as refused:
        read_fact("RefundRecorded", 2, {})
    assert refused.value.detail["version"] == 2
    with pytest.raises(FactNotReadable) as broken:
        read_fact("RefundRecorded", 1, {"refund_id": "x"})
    assert broken.value.detail["event_type"] == "RefundRecorded"


def test_a_sum_that_is_right_is_handed_on() -> None:
    assert demand_sum(3, 3, field="amount", transaction_id=None) == 3
    with pytest.raises(FactDoesNotAddUp) as refused:
        demand_sum(3, 4, field="amount", transaction_id=None)
    assert refused.value.detail == {"transaction_id": None, "field": "amount", "stated": 3, "computed": 4}


def test_a_rate_is_written_without_idle_zeros() -> None:
    item = RefundLine(sale().transaction_id, "a", "A", 1, Unit.PIECE, 1, 0, Decimal("0.1000"), 0)
    assert item.to_body()["tax_rate"] == "0.1"


def test_facts_of_tills_that_knew_less_are_read_with_what_was_meant_then() -> None:
    returned = RefundLine.from_body(
        {name: value for name, value in a_line().to_body().items() if name not in ("pack_size", "restock")}
    )
    assert (returned.pack_size, returned.restock) == (1, True)
    body = a_refund().to_body()
    del body["rounding_amount"]
    assert RefundRecorded.from_body(body).rounding_amount == 0
    closed = a_closing().to_body()
    del closed["reason"]
    assert ShiftClosed.from_body(closed).reason == ""


def test_a_lie_is_named_by_its_field() -> None:
    with pytest.raises(FactDoesNotAddUp) as caught:
        replace(a_refund(), tenders=(RefundTender("CASH", 9_999, None),))
    assert caught.value.detail["field"] == "tenders"
    closed = a_closing().to_body()
    with pytest.raises(FactDoesNotAddUp) as caught:
        ShiftClosed.from_body(closed | {"counted_amount": closed["counted_amount"] + 1})
    assert caught.value.detail["field"] == "counted_amount"


@pytest.mark.parametrize(
    ("where", "name", "value"),
    [
        ("line_items", "quantity", 0),
        ("line_items", "quantity", -1),
        ("line_items", "quantity", 10_000),
        ("line_items", "line_subtotal", -10_000),
        ("line_items", "tax_amount", -1),
        ("line_items", "pack_of", ["cola"]),
        ("line_items", "pack_size", 0),
        ("line_items", "sku_id", None),
        ("tenders", "payment_method", None),
        ("tenders", "amount", -1),
    ],
)
def test_goods_and_money_that_cannot_have_come_back_are_not_read(where: str, name: str, value: Any) -> None:
    body = a_refund().to_body()
    body[where] = [body[where][0] | {name: value}]
    with pytest.raises((FactNotReadable, FactDoesNotAddUp)):
        read_fact("RefundRecorded", 1, body)


def a_line() -> RefundLine:
    return RefundLine(
        line_item_id=UUID(int=1),
        sku_id="COLA",
        product_name="Cola",
        quantity=1,
        unit=Unit.PIECE,
        line_subtotal=10_000,
        line_discount=0,
        tax_rate=Decimal("0.08"),
        tax_amount=741,
    )


def a_refund() -> RefundRecorded:
    return RefundRecorded(
        refund_id=UUID(int=2),
        transaction_id=None,
        store_id="STORE_001",
        terminal_id="POS_01",
        business_date=date(2026, 11, 22),
        refunded_at=datetime(2026, 11, 22, tzinfo=UTC),
        refunded_by="M1",
        reason="dented",
        approval=None,
        currency="VND",
        prices_include_tax=True,
        lines=(a_line(),),
        tenders=(RefundTender("CASH", 10_000, None),),
    )


def a_closing() -> ShiftClosed:
    return ShiftClosed(
        UUID(int=3),
        "STORE_001",
        "POS_01",
        "C1",
        datetime(2026, 11, 22, tzinfo=UTC),
        "C1",
        date(2026, 11, 22),
        ((10_000, 2),),
        20_000,
        0,
        0,
        None,
        None,
    )
