"""What a person decides at the checkout desk: prices, discounts, goods that no catalogue knows."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import orjson
import pytest

from retail.approval import Approval, approve
from retail.facts import SaleRecorded
from retail.open_item import OPEN_SKU
from retail.staff import Permission, Role
from terminal.checkout.by_hand import Discount, OpenItem
from terminal.checkout.desk import CheckoutDesk
from tests.tills import AT, BREAD, CASHIER, COFFEE, COLA, MANAGER, TestTill, feed, promotion

PEN = OpenItem("4006381333931", "Bút dạ", 12_000, Decimal("0.10"))
TWO_AND_ONE = promotion(
    "P21", "Cola 2+1", "buy_x_get_y", buy_quantity=2, get_quantity=1, eligible_skus=["COLA"]
)


@pytest.fixture
def till(tmp_path: Path) -> Iterator[TestTill]:
    till = TestTill(tmp_path)
    yield till
    till.close()


@pytest.fixture
def desk(till: TestTill) -> CheckoutDesk:
    return till.desks.checkout(CASHIER)


def scan(till: TestTill, desk: CheckoutDesk, *barcodes: str) -> None:
    for barcode in barcodes:
        desk.scan(barcode)
        till.clock.forward(5)


def yes(amount: int, reason: str = "regular customer") -> Approval:
    """The manager's yes over so much."""
    return approve(
        Permission.PRICE_OVERRIDE,
        amount,
        approved_by=MANAGER.employee_id,
        role=Role.MANAGER,
        reason=reason,
        at=AT,
    )


def notice(desk: CheckoutDesk) -> str | None:
    return desk.state.notice.code if desk.state.notice else None


def sold(till: TestTill, desk: CheckoutDesk) -> SaleRecorded:
    """The fact of this basket, paid in cash."""
    draft = desk.to_pay()
    assert draft is not None
    payment = till.desks.payment(draft, CASHIER)
    payment.pay_cash(1_000_000)
    assert payment.state.receipt is not None
    return SaleRecorded.from_body(orjson.loads(till.envelopes()[-1])["payload"])


def test_a_cashier_needs_a_yes_for_another_price_and_the_line_says_whose_it_was(till, desk):
    scan(till, desk, COLA)
    line = desk.state.basket.lines[0].line_item_id
    desk.override(line, 8_000, 0, "dented can")
    assert (notice(desk), desk.state.totals.total_amount) == ("approval-needed", 10_000)
    desk.override(line, 8_000, 0, "dented can", yes(2_000))
    assert desk.state.totals.total_amount == 8_000
    fact = sold(till, desk)
    assert (fact.lines[0].override_reason, fact.lines[0].approved_by) == ("dented can", "M01")
    assert fact.cashier_id == CASHIER.employee_id


def test_a_yes_to_one_piece_at_a_lower_price_is_none_to_a_hundred(till, desk):
    scan(till, desk, COLA)
    line = desk.state.basket.lines[0].line_item_id
    desk.override(line, 8_000, 0, "dented can", yes(2_000))
    desk.set_quantity(line, 100)
    assert (notice(desk), desk.state.totals.total_amount) == ("approval-needed", 8_000)
    desk.override(line, 10_000, 2_000, "dented can", yes(2_000))
    desk.set_quantity(line, 3)
    assert (notice(desk), desk.state.totals.total_amount) == (None, 28_000), "no more is given away"
    desk.set_quantity(line, 1)
    assert desk.state.totals.total_amount == 8_000
    manager = till.desks.checkout(MANAGER)
    manager.override(line, 8_000, 0, "dented can")
    manager.set_quantity(line, 2)
    assert manager.state.totals.total_amount == 16_000


def test_a_yes_over_less_than_is_given_away_does_not_do(till, desk):
    scan(till, desk, COLA)
    desk.override(desk.state.basket.lines[0].line_item_id, 5_000, 0, "dented can", yes(4_999))
    assert (notice(desk), desk.state.totals.total_amount) == ("approval-does-not-cover", 10_000)


def test_a_manager_at_the_till_needs_nobody_but_a_reason(till):
    desk = till.desks.checkout(MANAGER)
    scan(till, desk, COLA)
    line = desk.state.basket.lines[0].line_item_id
    desk.discount_line(line, Discount(percent=10), "  ")
    assert notice(desk) == "reason-needed"
    desk.discount_line(line, Discount(percent=10), "near its date")
    assert desk.state.totals.total_amount == 9_000
    assert desk.state.basket.lines[0].approved_by is None


def test_a_discount_on_a_line_comes_on_top_of_what_promotions_gave_it(till):
    feed(till.catalogue, TWO_AND_ONE, version=2)
    desk = till.desks.checkout(MANAGER)
    scan(till, desk, COLA, COLA, COLA)
    assert desk.state.totals.total_amount == 20_000
    line = desk.state.basket.lines[0].line_item_id
    desk.discount_line(line, Discount(percent=10), "crushed")
    assert desk.state.totals.total_amount == 18_000
    desk.restore_price(line)
    assert (desk.state.totals.total_amount, desk.state.totals.promotion_discount) == (20_000, 10_000)


def test_a_discount_on_the_basket_is_shared_over_its_lines_and_exact(till, desk):
    scan(till, desk, COLA, COFFEE, BREAD)
    before = desk.state.totals.total_amount
    discount = Discount(amount=10_000)
    assert desk.discount_on(None, discount) == 10_000
    desk.discount_basket(discount, "", yes(10_000, "late delivery"))
    assert desk.state.totals.total_amount == before - 10_000
    fact = sold(till, desk)
    assert sum(line.line_discount for line in fact.lines) == 10_000
    assert {(line.override_reason, line.approved_by) for line in fact.lines} == {("late delivery", "M01")}


def test_a_percentage_of_the_basket_is_asked_as_the_amount_it_comes_to(till, desk):
    scan(till, desk, COLA, COFFEE, BREAD)
    assert desk.discount_on(None, Discount(percent=10)) == 5_300
    desk.discount_basket(Discount(percent=10), "loyal", yes(5_300))
    assert desk.state.totals.total_amount == 53_000 - 5_300


def test_a_discount_of_more_than_everything_leaves_the_basket_as_it_was(till):
    desk = till.desks.checkout(MANAGER)
    scan(till, desk, COLA)
    desk.discount_basket(Discount(amount=10_001), "oops")
    assert (notice(desk), desk.state.totals.total_amount) == ("discount-too-large", 10_000)
    desk.discount_basket(Discount(percent=101), "oops")
    assert (notice(desk), desk.state.totals.total_amount) == ("bad-percent", 10_000)


def test_one_more_of_discounted_goods_is_a_line_at_the_full_price(till):
    desk = till.desks.checkout(MANAGER)
    scan(till, desk, COLA)
    desk.discount_basket(Discount(percent=50), "loyal")
    scan(till, desk, COLA)
    assert [line.line_total for line in desk.state.basket.lines] == [5_000, 10_000]


def test_goods_that_no_catalogue_knows_are_sold_with_a_yes_and_the_fact_names_their_barcode(till, desk):
    scan(till, desk, PEN.barcode)
    assert notice(desk) == "product-not-found"
    desk.sell_open_item(PEN, "customer waits")
    assert (notice(desk), desk.state.basket.lines) == ("approval-needed", ())
    desk.sell_open_item(PEN, "customer waits", yes(12_000))
    line = sold(till, desk).lines[0]
    assert (line.sku_id, line.barcode, line.product_name) == (OPEN_SKU, PEN.barcode, "Bút dạ")
    assert (line.unit_price, line.tax_rate, line.approved_by) == (12_000, Decimal("0.1"), "M01")


def test_an_open_item_comes_back_after_a_power_cut(till, desk):
    desk.sell_open_item(PEN, "customer waits", yes(12_000))
    till.reopen()
    line = till.desks.checkout(CASHIER).state.basket.lines[0]
    assert (line.sku_id, line.approved_by) == (OPEN_SKU, "M01")


def test_no_promotion_goes_on_an_open_item(till):
    everything = promotion("ALL", "Giảm tất cả", "percentage_discount", percent=50)
    feed(till.catalogue, everything, version=2)
    desk = till.desks.checkout(MANAGER)
    desk.sell_open_item(PEN, "customer waits")
    assert desk.state.totals.total_amount == 12_000


def test_the_tax_rates_of_the_store_come_with_the_usual_one_first(till, desk):
    assert desk.tax_rates() == [Decimal("0.08"), Decimal("0.05"), Decimal("0.10")]
