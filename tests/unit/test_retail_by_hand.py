"""Goods and prices that a person decides: open items, discounts by hand, the age check."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail.age import AgeCheck, born_by
from retail.basket import AppliedPromotion, Basket, DiscountTooLarge, total_of
from retail.facts import SaleRecorded, read_fact
from retail.hand_discount import BadPercent, discounted, given_away, percent_of, repriced
from retail.open_item import OPEN_SKU, NameNeeded, open_line
from retail.price import BadPrice
from retail.stock import AdjustmentType, levels_of, movements_of_sale
from tests import make


def an_open_line(**changes: object):
    usual = {
        "line_item_id": UUID(int=9),
        "barcode": "4006381333931",
        "product_name": " Bút   dạ ",
        "unit_price": 12_000,
        "tax_rate": Decimal("0.08"),
        "reason": "not in the catalogue",
        "approved_by": "M01",
    }
    return open_line(**{**usual, **changes})  # type: ignore[arg-type]


def test_an_open_item_has_a_name_a_price_and_no_stock():
    line = an_open_line()
    assert (line.sku_id, line.product_name, line.is_priced_by_hand) == (OPEN_SKU, "Bút dạ", True)
    moved = movements_of_sale([make.line("cola", 2), line])
    assert [(each.sku_id, each.quantity_delta) for each in moved] == [("SKU_12345", -2)]
    assert movements_of_sale([line], AdjustmentType.VOID) == []
    assert levels_of([], [line]) == {}


@pytest.mark.parametrize(
    ("wrong", "refusal"), [({"product_name": "  "}, NameNeeded), ({"unit_price": 0}, BadPrice)]
)
def test_an_open_item_without_a_name_or_a_price_is_refused(wrong, refusal):
    with pytest.raises(refusal):
        an_open_line(**wrong)


def test_who_said_yes_and_who_looked_at_the_papers_are_read_back_from_the_fact():
    looked = AgeCheck(date(2008, 11, 20), "C07", datetime(2026, 11, 20, 1, 0, tzinfo=UTC))
    sale = make.sale([an_open_line(), make.line("cola", 1)], age_check=looked)
    body = sale.to_body()
    back = read_fact("SaleRecorded", 1, body)
    assert isinstance(back, SaleRecorded)
    assert back == sale
    assert "approved_by" not in body["line_items"][1], "what nobody approved says nothing of it"


def test_a_sale_without_an_age_check_says_nothing_of_it():
    assert "age_check" not in make.sale([make.line()]).to_body()


@pytest.mark.parametrize(
    ("today", "last"),
    [
        (date(2026, 11, 20), date(2008, 11, 20)),
        (date(2028, 2, 29), date(2010, 2, 28)),
        (date(2026, 3, 1), date(2008, 3, 1)),
    ],
)
def test_eighteen_years_end_on_the_birthday(today, last):
    assert born_by(today) == last


def test_a_percentage_is_rounded_to_the_nearest_and_is_between_1_and_100():
    assert [percent_of(10_005, 10), percent_of(55_000, 100)] == [1_001, 55_000]
    for wrong in (0, 101, -5):
        with pytest.raises(BadPercent):
            percent_of(10_000, wrong)


def test_what_is_given_away_is_counted_from_the_list_price():
    line = make.line("cola", 3)
    assert given_away(line, 8_000, 500) == 3 * 2_000 + 500
    assert given_away(line, 12_000, 0) == 0


PRICES = st.lists(st.tuples(st.integers(0, 200_000), st.integers(1, 20)), min_size=1, max_size=12)


@given(PRICES, st.data())
def test_a_discount_on_the_basket_is_exact_and_takes_no_promotion_away(prices, data):
    """The law: what was told minus the discount, to the đồng, whatever promotions there were."""
    lines = [
        make.line("cola", count, unit_price=amount, list_price=amount, line_item_id=UUID(int=place + 1))
        for place, (amount, count) in enumerate(prices)
    ]
    savings = [
        (AppliedPromotion("P", "Giảm", data.draw(st.integers(0, line.line_subtotal))),) for line in lines
    ]
    told = total_of(lines, True, savings)
    if told.total_amount == 0:
        return
    amount = data.draw(st.integers(1, told.total_amount))
    after = discounted(Basket(True, lines=tuple(lines)), told, amount, "kind", "M01")
    assert total_of(after.lines, True).total_amount == told.total_amount - amount
    assert all(line.is_priced_by_hand and line.approved_by == "M01" for line in after.lines)
    for line, rung in zip(after.lines, told.lines, strict=True):
        assert line.line_discount >= rung.line_discount, "nobody pays more for a line than before"


@pytest.mark.parametrize("amount", [0, -1, 10_001])
def test_a_discount_of_nothing_or_of_more_than_everything_is_refused(amount):
    basket = Basket(True, lines=(make.line("cola", 1),))
    with pytest.raises(DiscountTooLarge):
        discounted(basket, total_of(basket.lines, True), amount, "kind", None)


def test_a_line_keeps_the_reason_it_was_priced_for_when_the_basket_is_discounted_too():
    line = repriced(make.line("cola", 1), 8_000, 0, "dented", "M02")
    basket = Basket(True, lines=(line, replace(make.line("coffee", 1), line_item_id=UUID(int=5))))
    after = discounted(basket, total_of(basket.lines, True), 3_300, "loyal", "M01")
    assert [each.override_reason for each in after.lines] == ["dented", "loyal"]
    assert sum(each.line_discount for each in after.lines) == 3_300
    alone = discounted(basket, total_of(basket.lines, True), 3_300, "loyal", None)
    assert [each.approved_by for each in alone.lines] == ["M02", None], "who said yes before stays named"
