"""Tenders: what is handed over, what comes back, and when a sale is paid."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail.money import AMOUNT_LIMIT
from retail.payment import (
    CASH,
    METHODS,
    QR_METHODS,
    VND_NOTES,
    BadAmount,
    Overpaid,
    Tender,
    Underpaid,
    UnknownPaymentMethod,
    cash_tender,
    checked_method,
    due_after,
    quick_amounts,
    settle,
)
from tests.unit.retail_strategies import tender_strategy

ID = UUID(int=7)


def qr(amount: int) -> Tender:
    return Tender(ID, "QR_MOMO", amount, provider="MOMO", provider_txn_id="M1")


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_cash_covers_what_is_due_and_the_rest_comes_back(due: int, tendered: int) -> None:
    if tendered == 0 and due > 0:
        with pytest.raises(BadAmount):
            cash_tender(ID, due, tendered)
        return
    tender = cash_tender(ID, due, tendered)
    assert tender.amount + tender.change == tender.tendered == tendered
    assert tender.amount == min(due, tendered)
    assert tender.change == max(0, tendered - due)


def test_the_largest_sum_of_cash_is_taken_and_nothing_does_not_pay_the_smallest() -> None:
    assert cash_tender(ID, 1, AMOUNT_LIMIT).change == AMOUNT_LIMIT - 1
    with pytest.raises(BadAmount):
        cash_tender(ID, 1, 0)


@pytest.mark.parametrize("tendered", [-1, AMOUNT_LIMIT + 1])
def test_an_absurd_sum_of_cash_is_refused(tendered: int) -> None:
    with pytest.raises(BadAmount) as caught:
        cash_tender(ID, 55_000, tendered)
    assert caught.value.detail == {"amount": tendered}


def test_what_is_still_due_is_never_below_nothing() -> None:
    assert due_after(55_000, []) == 55_000
    assert due_after(55_000, [qr(20_000), cash_tender(ID, 35_000, 5_000)]) == 30_000
    assert due_after(55_000, [qr(60_000)]) == 0


@given(st.integers(0, 10**9).flatmap(lambda total: st.tuples(st.just(total), tender_strategy(total))))
def test_tenders_that_cover_the_total_settle_it(paid: tuple[int, tuple[Tender, ...]]) -> None:
    total, tenders = paid
    assert settle(total, list(tenders)) == tenders
    assert due_after(total, tenders) == 0


@pytest.mark.parametrize(
    ("total", "tenders", "refusal", "detail"),
    [
        (55_000, [], Underpaid, {"missing": 55_000}),
        (55_000, [qr(54_999)], Underpaid, {"missing": 1}),
        (55_000, [qr(55_001)], Overpaid, {"excess": 1}),
        (55_000, [qr(55_000), qr(55_000)], Overpaid, {"excess": 55_000}),
        (55_000, [qr(-5), qr(55_005)], BadAmount, {"amount": -5}),
        (55_000, [qr(0), qr(55_000)], BadAmount, {"amount": 0}),
        (0, [qr(1)], Overpaid, {"excess": 1}),
        (500, [Tender(ID, CASH, 500, tendered=1000, change=400)], BadAmount, {"amount": 500}),
    ],
    ids=str,
)
def test_a_sale_is_paid_exactly_or_not_at_all(
    total: int, tenders: list[Tender], refusal: type[Exception], detail: dict[str, int]
) -> None:
    with pytest.raises(refusal) as caught:
        settle(total, tenders)
    assert caught.value.detail == detail  # type: ignore[attr-defined]  # every refusal has one


@pytest.mark.parametrize("amount", [0.5, "500", None, True])
def test_an_amount_that_is_no_whole_number_settles_nothing(amount: Any) -> None:
    with pytest.raises(BadAmount):
        settle(1, [qr(amount)])


def test_a_sale_that_costs_nothing_needs_no_tender() -> None:
    assert settle(0, []) == ()


def test_a_tender_of_nothing_closes_a_sale_that_costs_nothing_and_no_other() -> None:
    nothing = cash_tender(ID, 0, 0)
    assert settle(0, [nothing]) == (nothing,)
    with pytest.raises(BadAmount):
        settle(1, [nothing, qr(1)])


def test_the_methods_are_cash_and_the_providers_qr() -> None:
    assert {CASH, "QR_VNPAY", "QR_MOMO", "QR_VIETQR"} == METHODS
    assert all(checked_method(method) == method for method in METHODS)
    assert set(QR_METHODS.values()) == {"VNPAY", "MOMO", "VIETQR"}


@pytest.mark.parametrize("method", ["", "cash", "CHEQUE", "QR"])
def test_a_method_the_store_does_not_take_is_refused(method: str) -> None:
    with pytest.raises(UnknownPaymentMethod) as caught:
        checked_method(method)
    assert caught.value.detail == {"payment_method": method}


@pytest.mark.parametrize(
    ("due", "keys"),
    [
        (55_000, [55_000, 56_000, 60_000, 100_000, 200_000, 500_000]),
        (403_000, [403_000, 410_000, 420_000, 450_000, 500_000, 600_000]),
        (500_000, [500_000, 600_000]),
        (693_200, [693_200, 700_000, 800_000, 1_000_000]),
        (0, []),
        (-5, []),
    ],
)
def test_the_quick_keys_are_sums_that_customers_hand_over(due: int, keys: list[int]) -> None:
    assert quick_amounts(due) == keys


def test_a_note_worth_a_fiftieth_of_the_sum_still_rounds_it() -> None:
    assert quick_amounts(49_995, (1_000,)) == [49_995, 50_000]
    assert quick_amounts(49_950, (999,)) == [49_950]
    assert quick_amounts(49_951, (999,)) == [49_951]
    assert quick_amounts(49_949, (999,)) == [49_949, 49_950]


@given(st.integers(1, 10**8))
def test_quick_keys_cover_what_is_due_begin_with_it_and_are_few(due: int) -> None:
    keys = quick_amounts(due)
    assert keys[0] == due
    assert keys == sorted(set(keys))
    assert len(keys) <= 6
    assert all(any(key % note == 0 for note in VND_NOTES) for key in keys[1:])


def test_a_tender_reads_back_what_it_wrote() -> None:
    for tender in (qr(20_000), cash_tender(ID, 35_000, 50_000)):
        assert Tender.from_body(tender.to_body()) == tender
    assert cash_tender(ID, 35_000, 50_000).to_body() == {
        "payment_id": str(ID),
        "payment_method": "CASH",
        "amount": 35_000,
        "tendered": 50_000,
        "change": 15_000,
        "provider": None,
        "provider_txn_id": None,
    }


def test_a_tender_that_names_no_change_gave_none() -> None:
    body = {"payment_id": str(ID), "payment_method": "QR_MOMO", "amount": 20_000}
    assert Tender.from_body(body) == Tender(ID, "QR_MOMO", 20_000)
