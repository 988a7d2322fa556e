"""Promotions at the desks: what the basket saves, when that changes, and what is written down of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest

from courier.news import News
from retail.facts import SaleRecorded
from terminal.checkout.desk import CheckoutDesk
from terminal.checkout.hint import Hint
from terminal.checkout.state import CheckoutState, WantedLine
from terminal.payment.desk import PaymentDesk
from tests.tills import AT, BREAD, CASHIER, COFFEE, COLA, MANAGER, TestTill, deleted, feed, price, promotion

TWO_AND_ONE = promotion(
    "P21", "Cola 2+1", "buy_x_get_y", buy_quantity=2, get_quantity=1, eligible_skus=["COLA"]
)
HAPPY_HOUR = promotion(
    "HAPPY",
    "Giờ vàng",
    "percentage_discount",
    percent=50,
    eligible_skus=["COFFEE"],
    hours={"from": "14:00", "to": "15:00"},
)
TWO_O_CLOCK = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)
"""14:00:00 in Ho Chi Minh City."""


@pytest.fixture
def till(tmp_path: Path) -> Iterator[TestTill]:
    till = TestTill(tmp_path)
    feed(till.catalogue, TWO_AND_ONE, HAPPY_HOUR, version=2)
    yield till
    till.close()


@pytest.fixture
def desk(till: TestTill) -> CheckoutDesk:
    return till.desks.checkout(CASHIER)


def scan(till: TestTill, desk: CheckoutDesk, *barcodes: str) -> None:
    for barcode in barcodes:
        desk.scan(barcode)
        till.clock.forward(5)


def paid(till: TestTill, desk: CheckoutDesk) -> PaymentDesk:
    draft = desk.to_pay()
    assert draft is not None
    return till.desks.payment(draft, CASHIER)


def facts(till: TestTill) -> list[dict[str, Any]]:
    return [orjson.loads(text)["payload"] for text in till.envelopes()]


def savings(state: CheckoutState) -> dict[str, int]:
    return {each.name: each.discount_amount for each in state.totals.applied_promotions}


def test_the_third_cola_is_free_and_a_line_taken_out_undoes_exactly_its_effect(till, desk):
    scan(till, desk, COLA, COLA, COFFEE)
    before = desk.state.totals
    assert savings(desk.state) == {}

    desk.add_product("COLA")
    assert (savings(desk.state), desk.state.totals.total_amount) == ({"Cola 2+1": 10_000}, 38_000)

    desk.set_quantity(desk.state.basket.lines[0].line_item_id, 2)
    assert desk.state.totals == before


def test_the_fact_and_the_receipt_name_each_promotion(till, desk):
    scan(till, desk, COLA, COLA, COLA, BREAD)

    payment = paid(till, desk)
    payment.pay_cash(45_000)

    (fact,) = facts(till)
    assert (fact["total_amount"], fact["discount_amount"]) == (45_000, 10_000)
    assert fact["line_items"][0]["applied_promotions"] == [
        {"promo_id": "P21", "name": "Cola 2+1", "discount_amount": 10_000}
    ]
    assert fact["line_items"][1]["applied_promotions"] == []
    receipt = payment.state.receipt
    assert receipt is not None
    assert [(each.name, each.discount_amount) for each in receipt.lines[0].promotions] == [
        ("Cola 2+1", 10_000)
    ]


def test_a_price_made_by_hand_gets_no_promotion_on_top(till):
    desk = till.desks.checkout(MANAGER)
    scan(till, desk, COLA, COLA, COLA)
    desk.override(desk.state.basket.lines[0].line_item_id, 9_000, 0, "dented cans")

    assert savings(desk.state) == {}
    assert desk.state.totals.total_amount == 27_000


def test_a_promotion_of_another_store_or_one_that_is_deleted_gives_nothing(till, desk):
    elsewhere = promotion("FAR", "Far", "percentage_discount", percent=10, store_ids=["STORE_002"])
    feed(till.catalogue, elsewhere, deleted("promotion", "P21"), version=3)

    scan(till, desk, COLA, COLA, COLA)

    assert savings(desk.state) == {}


# ------------------------------------------------------------------ at the second, in a running till


def test_a_price_of_14_00_00_holds_from_that_second_for_new_scans_only(till, desk):
    later = price("BREAD", 20_000, price_id="BREAD/14", effective_from="2026-11-20T14:00:00+07:00")
    feed(till.catalogue, later, version=3)

    till.clock.at = TWO_O_CLOCK.replace(hour=6, minute=59, second=59)
    desk.scan(BREAD)
    till.clock.at = TWO_O_CLOCK
    desk.add_product("BREAD")

    assert [(line.unit_price, line.quantity) for line in desk.state.basket.lines] == [
        (25_000, 1),
        (20_000, 1),
    ]


def test_vat_is_8_percent_until_midnight_of_the_new_year_and_10_from_that_second_on(till, desk):
    dated = [
        {"tax_class": "standard", "rate": rate, "effective_from": since}
        for rate, since in (("0.08", "2025-07-01T00:00:00+07:00"), ("0.10", "2027-01-01T00:00:00+07:00"))
    ]
    feed(
        till.catalogue,
        *(News(3, "tax_rate", body["effective_from"], body) for body in dated),
        deleted("promotion", "P21"),
        version=3,
    )
    new_year = datetime(2026, 12, 31, 17, 0, tzinfo=UTC)

    till.clock.at = new_year.replace(hour=16, minute=59, second=59)
    desk.scan(COLA)
    till.clock.at = new_year
    desk.add_product("COLA")

    rates = [(tax.rate, tax.gross_amount) for tax in desk.state.totals.taxes]
    assert rates == [(Decimal("0.08"), 10_000), (Decimal("0.10"), 10_000)]


def test_a_happy_hour_that_begins_counts_when_anything_is_next_done(till, desk):
    scan(till, desk, COFFEE)
    till.clock.at = TWO_O_CLOCK
    assert desk.state.totals.total_amount == 18_000

    desk.select(desk.state.basket.lines[0].line_item_id)

    assert (savings(desk.state), desk.state.totals.total_amount) == ({"Giờ vàng": 9_000}, 9_000)


def test_a_happy_hour_that_begins_or_ends_is_noticed_by_the_second(till, desk):
    scan(till, desk, COFFEE)
    heard: list[int] = []
    desk.listen(lambda state: heard.append(state.totals.total_amount))

    for at in (TWO_O_CLOCK.replace(hour=6, minute=59, second=59), TWO_O_CLOCK, TWO_O_CLOCK.replace(hour=8)):
        till.clock.at = at
        desk.keep_up()
        desk.keep_up()

    assert heard == [9_000, 18_000]


def test_news_of_a_promotion_reach_the_open_basket(till, desk):
    scan(till, desk, BREAD)
    half = promotion("HALF", "Half", "percentage_discount", percent=50, eligible_skus=["BREAD"])
    feed(till.catalogue, half, version=3)

    desk.keep_up()

    assert savings(desk.state) == {"Half": 12_500}


def test_other_news_leave_the_book_of_promotions_as_it_is(till):
    before = till.catalogue.promotions()
    feed(till.catalogue, price("BREAD", 26_000), version=3)

    assert till.catalogue.promotions() is before


# ------------------------------------------------------------------ the bill stands when payment begins


@pytest.mark.parametrize("until", [TWO_O_CLOCK.replace(hour=8), TWO_O_CLOCK.replace(day=21)], ids=str)
def test_a_happy_hour_that_ends_before_the_note_is_handed_over_changes_no_bill(till, desk, until):
    till.clock.at = TWO_O_CLOCK
    scan(till, desk, COFFEE)
    payment = paid(till, desk)
    assert payment.state.due == 9_000

    till.clock.at = until
    feed(till.catalogue, deleted("promotion", "HAPPY"), version=3)
    payment.pay_cash(10_000)

    assert payment.state.change == 1_000
    (fact,) = facts(till)
    assert (fact["total_amount"], fact["sold_at"]) == (9_000, until.isoformat())
    assert datetime.fromisoformat(fact["rung_up_at"]) == TWO_O_CLOCK.replace(second=5)
    assert SaleRecorded.from_body(fact).to_body() == fact


def test_a_happy_hour_that_begins_after_the_total_was_told_changes_no_bill(till, desk):
    scan(till, desk, COFFEE)
    payment = paid(till, desk)

    till.clock.at = TWO_O_CLOCK
    payment.pay_cash(18_000)

    assert [fact["total_amount"] for fact in facts(till)] == [18_000]


def test_the_bill_of_a_begun_payment_outlives_a_power_cut(till, desk):
    till.clock.at = TWO_O_CLOCK
    scan(till, desk, COFFEE, COLA, COLA, COLA)
    paid(till, desk).pay_cash(20_000)

    till.reopen()
    till.clock.at = TWO_O_CLOCK.replace(day=21)
    feed(till.catalogue, deleted("promotion", "P21"), version=3)
    checkout = till.desks.checkout(CASHIER)
    assert (checkout.state.paying, checkout.state.totals.total_amount) == (True, 29_000)
    payment = paid(till, checkout)
    assert payment.state.due == 9_000
    payment.pay_cash(9_000)

    (fact,) = facts(till)
    assert fact["total_amount"] == 29_000
    assert [line["promotion_discount"] for line in fact["line_items"]] == [9_000, 10_000]
    assert fact["rung_up_at"] == TWO_O_CLOCK.replace(second=20).isoformat()


def test_a_basket_that_nothing_was_paid_for_is_rung_up_anew_after_a_power_cut(till, desk):
    till.clock.at = TWO_O_CLOCK
    scan(till, desk, COFFEE)
    assert paid(till, desk).state.due == 9_000

    till.reopen()
    till.clock.at = TWO_O_CLOCK.replace(hour=8)

    assert till.desks.checkout(CASHIER).state.totals.total_amount == 18_000


def test_a_payment_that_is_taken_back_opens_the_basket_at_todays_promotions(till, desk):
    till.clock.at = TWO_O_CLOCK
    scan(till, desk, COFFEE)
    payment = paid(till, desk)
    payment.pay_cash(5_000)

    till.clock.at = TWO_O_CLOCK.replace(hour=8)
    payment.back()
    desk.refresh()

    assert desk.state.totals.total_amount == 18_000


def test_a_draft_of_an_older_program_is_paid_as_its_customer_was_told(till, desk):
    scan(till, desk, COLA, COLA, COLA)
    paid(till, desk).pay_cash(5_000)
    with till.journal.deed() as tx:
        (text,) = tx.execute("SELECT body FROM drafts").fetchone()
        body = {name: value for name, value in orjson.loads(text).items() if name != "savings"}
        tx.execute("UPDATE drafts SET body = ?", (orjson.dumps(body).decode(),))

    till.reopen()

    assert paid(till, till.desks.checkout(CASHIER)).state.due == 25_000


def test_a_replay_sells_what_was_sold_without_promotions_or_rounding(till):
    desk = till.desks.checkout(MANAGER, with_promotions=False)
    wanted = [WantedLine(COLA, 3), WantedLine(COFFEE, 1, 18_100, 50, "REPLAY")]
    assert desk.add_lines(wanted) == []
    till.clock.at = TWO_O_CLOCK
    desk.keep_up()
    draft = desk.to_pay()
    assert draft is not None

    payment = till.desks.payment(draft, MANAGER, sold_at=AT, external_reference="basket-1")
    payment.pay_cash(payment.state.due)

    (fact,) = facts(till)
    assert (fact["total_amount"], fact["rounding_amount"]) == (48_050, 0)
    assert "rung_up_at" not in fact
    assert [line["applied_promotions"] for line in fact["line_items"]] == [[], []]


# ------------------------------------------------------------------ what is near


def test_the_promotion_that_costs_least_to_reach_is_the_hint(till, desk):
    spend = promotion("S100", "Giảm 5.000", "fixed_amount_discount", amount=5_000, per="transaction")
    spend.body["minimum_purchase"] = 45_000
    feed(till.catalogue, spend, version=3)

    scan(till, desk, COLA, COLA)
    assert desk.hint(desk.state) == Hint("P21", "Cola 2+1", units=1)

    scan(till, desk, BREAD)
    assert savings(desk.state) == {"Giảm 5.000": 5_000}
    assert desk.hint(desk.state) == Hint("P21", "Cola 2+1", units=1)


def test_no_hint_for_a_promotion_that_is_off_far_away_or_given(till, desk):
    far = promotion("FAR", "Far", "percentage_discount", percent=5, minimum_purchase=1_000_000)
    feed(till.catalogue, far, version=3)
    assert desk.hint(desk.state) is None

    scan(till, desk, COFFEE, COLA, COLA, COLA)

    assert desk.hint(desk.state) is None
