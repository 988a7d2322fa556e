"""The story of a price: figures for programs, words for people, and nothing that is not so."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest

from retail.basket import Basket, Line
from retail.explain import DAYS, Explanation, Reason, explain
from retail.promotion import Hours, Promotion
from retail.promotion_book import PromotionBook
from retail.promotion_rule import (
    BundlePrice,
    BuyXGetY,
    FixedAmountDiscount,
    Part,
    PercentageDiscount,
)
from retail.quantity import Unit
from tests.unit.shelf import SUNDAY_NOON, line, occasion, promotion

TEN = PercentageDiscount(1_000)


def told(*given: Promotion, lines: tuple[Line, ...]) -> Explanation:
    return explain(Basket(prices_include_tax=True, lines=lines), PromotionBook(given), occasion())


def reasons(*given: Promotion, lines: tuple[Line, ...]) -> list[Reason]:
    """Why the last of these promotions gave nothing."""
    return list(told(*given, lines=lines).not_given[-1].reasons)


def codes(*given: Promotion, lines: tuple[Line, ...]) -> list[tuple[str, dict[str, Any]]]:
    return [(each.code, dict(each.detail)) for each in reasons(*given, lines=lines)]


def part(sku: str, quantity: int = 1) -> Part:
    return Part(frozenset({sku}), frozenset(), quantity)


def test_a_line_tells_its_figures_with_its_words() -> None:
    cola = line("cola", 2, n=7, price_version=42)
    story = told(promotion("TEN", TEN, name="Ten off"), lines=(cola,))

    assert story.lines[0].line_item_id == UUID(int=7)
    assert [(each.code, dict(each.detail)) for each in story.lines[0].reasons] == [
        ("list-price", {"amount": 10_000, "version": 42}),
        ("promotion", {"promo_id": "TEN", "name": "Ten off", "amount": 2_000}),
    ]
    assert [each.vi for each in story.lines[0].reasons] == ["Giá niêm yết 10.000 ₫", "Ten off: giảm 2.000 ₫"]
    assert story.totals.total_amount == 18_000


def test_a_price_made_by_hand_names_its_reason_or_none() -> None:
    dented = line("cola", list_price=12_000, override_reason="dented")
    silent = line("cola", list_price=12_000)
    said = [told(lines=(each,)).lines[0].reasons[1] for each in (dented, silent)]

    assert [dict(each.detail) for each in said] == [
        {"amount": 10_000, "reason": "dented"},
        {"amount": 10_000, "reason": ""},
    ]
    assert said[0].en == "Price changed by hand to 10,000 ₫ (dented)"


def test_goods_change_places_in_a_set_until_all_have_one() -> None:
    """The melon fits the first part alone: the apple moves on to the second, and the pear to the third."""
    parts = (("melon", "apple"), ("apple", "pear"), ("pear",))
    fruit = BundlePrice(tuple(Part(frozenset(skus), frozenset(), 1) for skus in parts), 10**6)
    lines = (line("pear"), line("apple", n=2), line("melon", n=3))

    assert codes(promotion("FRUIT", fruit), lines=lines) == [("no-saving", {})]
    assert codes(promotion("FRUIT", fruit), lines=lines[1:]) == [("buy-more", {"units": 1, "offer": "FRUIT"})]


def test_a_promotion_that_gave_nothing_is_named() -> None:
    (only,) = told(promotion("P", TEN, name="Ten off", members_only=True), lines=(line("cola"),)).not_given

    assert (only.promo_id, only.name) == ("P", "Ten off")


def test_days_are_named_in_both_languages_and_numbered_for_programs() -> None:
    weekend = promotion("P", TEN, days_of_week=frozenset({1, 6}))
    (only,) = reasons(weekend, lines=(line("cola"),))

    assert only.vi == "Chỉ áp dụng thứ hai, thứ bảy"
    assert only.detail["days_of_week"] == [1, 6]
    assert [vi for vi, _ in DAYS][5:] == ["thứ bảy", "chủ nhật"]


@pytest.mark.parametrize(
    ("starts_at", "words"),
    [
        (SUNDAY_NOON + timedelta(hours=2), "Bắt đầu lúc 14:00"),
        # On the store's own clock, whatever the machine's is.
        (datetime.fromisoformat("2026-11-22T14:00:00"), "Bắt đầu lúc 14:00"),
        (datetime.fromisoformat("2026-11-23T08:30:00"), "Bắt đầu lúc 08:30 23/11/2026"),
    ],
)
def test_a_moment_is_said_on_the_stores_clock_and_kept_as_it_was_given(
    starts_at: datetime, words: str
) -> None:
    (only,) = reasons(promotion("P", TEN, starts_at=starts_at), lines=(line("cola"),))

    assert only.vi == words
    assert only.detail["moment"] == starts_at.isoformat()


def test_goods_of_a_category_are_goods_of_the_promotion() -> None:
    drinks = promotion("P", BuyXGetY(1, 1, None, 10_000), eligible_categories=frozenset({"drinks"}))
    meal = promotion("P", BundlePrice((Part(frozenset(), frozenset({"drinks"}), 2),), 9_000), name="Two")

    assert codes(drinks, lines=(line("cola"),)) == [("buy-more", {"units": 1, "offer": "1+1"})]
    assert codes(meal, lines=(line("cola"),)) == [("buy-more", {"units": 1, "offer": "Two"})]


def test_what_reaches_its_minimum_exactly_lacks_no_money() -> None:
    """Ten percent of 4 is nothing, so nothing is given, and nothing is missing either."""
    from_twenty = promotion("P", TEN, minimum_purchase=20)

    assert codes(from_twenty, lines=(line("gum", 5, 4),)) == [("no-saving", {})]
    assert codes(from_twenty, lines=(line("gum", 4, 4),)) == [("spend-more", {"amount": 4})]


def test_a_group_that_is_complete_lacks_no_unit_when_another_saves_more() -> None:
    half = promotion("HALF", PercentageDiscount(5_000))
    two_plus_one = promotion("P", BuyXGetY(2, 1, None, 10_000))

    assert codes(half, two_plus_one, lines=(line("cola", 3),)) == [("taken", {})]


def test_units_of_a_part_are_counted_over_all_its_lines() -> None:
    two_teas = promotion("P", BundlePrice((part("cola"), part("tea", 3)), 5_000), name="Drinks")
    lines = (line("cola"), line("tea", n=2), line("tea", price=9_000, n=3))

    assert codes(two_teas, lines=lines) == [("buy-more", {"units": 1, "offer": "Drinks"})]


@pytest.mark.parametrize("price", [32_000, 35_000])
def test_a_bundle_that_costs_no_less_than_its_dearest_goods_says_so(price: int) -> None:
    """Two of the three colas count, the dear ones; the tea counts beside them."""
    bundle = promotion("P", BundlePrice((part("cola", 2), part("tea")), price))
    lines = (line("cola", 1, 8_000), line("cola", 2, 10_000, n=2), line("tea", 1, 12_000, n=3))

    assert codes(bundle, lines=lines) == [("no-saving", {})]


def test_a_bundle_that_saves_a_little_is_not_called_useless() -> None:
    half = promotion("HALF", PercentageDiscount(5_000))
    bundle = promotion("P", BundlePrice((Part(frozenset(), frozenset({"drinks"}), 2), part("tea")), 31_999))
    lines = (
        line("cola", 1, 8_000),
        line("cola", 2, 10_000, n=2),
        line("tea", 1, 12_000, n=3, category="hot"),
    )

    assert codes(half, bundle, lines=lines) == [("taken", {})]


def test_goods_by_weight_are_one_piece_of_a_bundle() -> None:
    pair = promotion("P", BundlePrice((part("mango", 2),), 50_000), name="Mangos")
    one = line("mango", 800, 60_000, unit=Unit.GRAM)
    two = (one, line("mango", 200, 60_000, n=2, unit=Unit.GRAM))

    assert codes(pair, lines=(one,)) == [("buy-more", {"units": 1, "offer": "Mangos"})]
    assert told(pair, lines=two).totals.total_amount == 50_000


def test_one_piece_cannot_stand_in_two_parts_of_a_bundle() -> None:
    either = Part(frozenset({"tea", "cola"}), frozenset(), 1)
    menu = promotion("MENU", BundlePrice((either, either, part("cake")), 100))
    assert codes(menu, lines=(line("tea"), line("cake", 5, n=2))) == [
        ("buy-more", {"units": 1, "offer": "MENU"})
    ]
    drinks = promotion("DRINKS", BundlePrice((either, part("tea")), 19_000))
    two_teas = (line("tea", 1, n=1), line("tea", 1, n=2))
    assert told(drinks, lines=two_teas).totals.promotion_discount == 1_000
    assert codes(drinks, lines=(line("tea"),)) == [("buy-more", {"units": 1, "offer": "DRINKS"})]


def test_goods_for_nothing_complete_no_group_and_no_other_promotion_is_blamed() -> None:
    free_bag = line("bag", 1, 0, n=2)
    two_plus_one = promotion("2+1", BuyXGetY(2, 1, None, 10_000))
    assert codes(two_plus_one, lines=(line("cola", 2), free_bag)) == [
        ("buy-more", {"units": 1, "offer": "2+1"})
    ]
    assert codes(promotion("TEN", TEN), lines=(free_bag,)) == [("no-saving", {})]


def test_everything_that_is_missing_is_told_at_once() -> None:
    given = promotion(
        "P",
        FixedAmountDiscount(5_000, per_transaction=True),
        minimum_purchase=50_000,
        members_only=True,
        hours=Hours(time(14), time(16)),
    )

    assert [each.code for each in reasons(given, lines=(line("cola"),))] == [
        "other-hours",
        "not-a-member",
        "spend-more",
    ]
