"""Cash at the payment desk: the rounding line, likely sums, and change as notes and coins."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from retail.cash import Change
from retail.facts import SaleRecorded
from terminal.payment.desk import PaymentDesk
from terminal.till.qr import QrProgress, QrStatus
from tests.tills import BREAD, CASHIER, COLA, TestTill, feed, price, setting
from tests.unit.test_desk_payment import HubOfTheTest


@pytest.fixture
def hub() -> HubOfTheTest:
    return HubOfTheTest()


@pytest.fixture
def till(tmp_path: Path, hub: HubOfTheTest) -> Iterator[TestTill]:
    till = TestTill(tmp_path, hub)
    feed(till.catalogue, price("COLA", 10_400), version=2)
    yield till
    till.close()


def desk_for(till: TestTill, rounding: str, *barcodes: str) -> PaymentDesk:
    feed(till.catalogue, setting("cash_rounding", rounding), version=3)
    checkout = till.desks.checkout(CASHIER)
    for barcode in barcodes or (COLA, BREAD):
        checkout.scan(barcode)
    draft = checkout.to_pay()
    assert draft is not None
    return till.desks.payment(draft, CASHIER)


def fact(till: TestTill) -> dict[str, Any]:
    (text,) = till.envelopes()
    payload: dict[str, Any] = orjson.loads(text)["payload"]
    assert SaleRecorded.from_body(payload).to_body() == payload
    return payload


@pytest.mark.parametrize(
    ("rounding", "cash_due"), [("none", 35_400), ("nearest-500", 35_500), ("down-1000", 35_000)]
)
def test_cash_is_rounded_by_the_chains_rule_on_a_line_of_its_own(till, rounding, cash_due):
    desk = desk_for(till, rounding)
    assert (desk.state.due, desk.state.cash_due) == (35_400, cash_due)
    assert desk.state.quick_amounts[0] == cash_due

    desk.pay_cash(50_000)

    assert (desk.state.change, desk.state.due) == (50_000 - cash_due, 0)
    paid = fact(till)
    assert (paid["total_amount"], paid["rounding_amount"]) == (35_400, cash_due - 35_400)
    assert [tender["amount"] for tender in paid["tenders"]] == [cash_due]
    assert desk.state.receipt is not None
    assert desk.state.receipt.rounding_amount == cash_due - 35_400


def test_a_sum_between_the_exact_and_the_rounded_one_says_what_is_missing(till):
    desk = desk_for(till, "nearest-500")

    desk.pay_cash(35_450)

    assert desk.state.notice is not None
    assert (desk.state.notice.code, desk.state.notice.detail) == ("underpaid", {"missing": 50})


def test_the_exact_sum_to_the_last_dong_is_taken_as_it_is(till):
    desk_for(till, "nearest-500").pay_cash(35_400)

    assert fact(till)["rounding_amount"] == 0


def test_a_qr_payment_is_never_rounded(till, hub):
    desk = desk_for(till, "down-1000")

    desk.ask_qr("QR_VNPAY")
    hub.progress = QrProgress(QrStatus.CAPTURED, "V-1")
    desk.check_qr()

    assert hub.asked[0][3] == 35_400
    assert fact(till)["rounding_amount"] == 0


def test_a_part_in_cash_and_the_rest_by_qr_is_exact(till, hub):
    desk = desk_for(till, "down-1000")

    desk.pay_cash(20_000)
    assert (desk.state.due, desk.state.cash_due) == (15_400, 15_000)
    desk.ask_qr("QR_VNPAY")
    hub.progress = QrProgress(QrStatus.CAPTURED, "V-1")
    desk.check_qr()

    paid = fact(till)
    assert [tender["amount"] for tender in paid["tenders"]] == [20_000, 15_400]
    assert paid["rounding_amount"] == 0


def test_a_part_by_qr_and_the_rest_in_cash_rounds_the_rest(till, hub):
    desk = desk_for(till, "nearest-500")
    desk.ask_qr("QR_MOMO", 20_100)
    hub.progress = QrProgress(QrStatus.CAPTURED, "M-1")
    desk.check_qr()
    assert (desk.state.due, desk.state.cash_due) == (15_300, 15_500)

    till.reopen()
    draft = till.desks.checkout(CASHIER).to_pay()
    assert draft is not None
    again = till.desks.payment(draft, CASHIER)
    again.pay_cash(20_000)

    assert again.state.change == 4_500
    paid = fact(till)
    assert [tender["amount"] for tender in paid["tenders"]] == [20_100, 15_500]
    assert paid["rounding_amount"] == 200


def test_change_is_told_as_notes_and_coins(till):
    desk = desk_for(till, "down-1000")

    desk.pay_cash(100_000)

    assert desk.state.change_notes == Change(((50_000, 1), (10_000, 1), (5_000, 1)), 0)


def test_the_notes_of_a_store_are_a_setting(till):
    feed(till.catalogue, setting("denominations", [20_000, 10_000, 1_000, 200]), version=2)

    desk = desk_for(till, "none")
    desk.pay_cash(50_000)

    assert desk.state.change_notes == Change(((10_000, 1), (1_000, 4), (200, 3)), 0)


def test_what_no_note_can_pay_is_said_too(till):
    desk = desk_for(till, "none")

    desk.pay_cash(36_000)

    assert desk.state.change_notes == Change(((500, 1),), 100)


def test_a_replay_pays_what_was_paid_then(till):
    feed(till.catalogue, setting("cash_rounding", "down-1000"), version=3)
    checkout = till.desks.checkout(CASHIER, with_promotions=False)
    checkout.scan(COLA)
    draft = checkout.to_pay()
    assert draft is not None

    desk = till.desks.payment(draft, CASHIER, external_reference="basket-9")
    desk.pay_cash(desk.state.due)

    assert (fact(till)["rounding_amount"], fact(till)["tenders"][0]["tendered"]) == (0, 10_400)


@pytest.mark.allow_log("news not readable")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cash_rounding", "up-500"),
        ("cash_rounding", 500),
        ("denominations", [3, 2]),
        ("denominations", [1, 10**9]),
        ("denominations", "all"),
    ],
)
def test_a_bad_setting_of_cash_stops_nobody_from_paying(till, name, value):
    feed(till.catalogue, setting(name, value), version=2)
    checkout = till.desks.checkout(CASHIER)
    checkout.scan(COLA)
    draft = checkout.to_pay()
    assert draft is not None

    till.desks.payment(draft, CASHIER).pay_cash(20_000)

    assert fact(till)["rounding_amount"] == 0
