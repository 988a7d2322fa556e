"""Promotions in turn, the quick answer: what they give, on which goods, never too often."""

from __future__ import annotations

from dataclasses import replace

import pytest

from retail.basket import Line
from retail.promotion import Promotion
from retail.promotion_book import PromotionBook
from retail.promotion_choice import forms_of
from retail.promotion_goods import goods_of
from retail.promotion_rule import BundlePrice, BuyXGetY, FixedAmountDiscount, NthItem, Part
from retail.promotion_turns import in_turn
from tests.unit.shelf import line, occasion, promotion

FREE = 10_000
PAIR = BundlePrice((Part(frozenset({"a"}), frozenset(), 1), Part(frozenset({"b"}), frozenset(), 1)), 15_000)
DRINKS = (
    line("a", 1, 20_000),
    line("a", 1, 18_000, n=2),
    line("a", 1, 16_000, n=3),
    line("b", 3, 5_000, n=4),
)


def given(each: Promotion, *lines: Line) -> tuple[int, dict[tuple[str, int], int]]:
    """What the promotion saves in turn, and how many units of each product and price it uses."""
    goods = goods_of(lines, PromotionBook([each]).on(occasion()))
    choice = in_turn(goods, [forms[0] for forms in forms_of(goods)])
    used = {(key[0], key[2]): units for key, units in choice.taken.items() if units}
    return sum(amount for _, _, amount in choice.shares), used


@pytest.mark.parametrize(
    ("uses", "saving"), [(None, 24_000), (1, 10_000), (2, 18_000), (3, 24_000), (9, 24_000)]
)
def test_a_set_is_given_as_often_as_it_may_dearest_first(uses: int | None, saving: int) -> None:
    assert given(promotion("SET", PAIR, max_uses_per_transaction=uses), *DRINKS)[0] == saving


@pytest.mark.parametrize(("uses", "saving"), [(None, 28_000), (1, 10_000), (2, 20_000), (3, 28_000)])
def test_pairs_are_given_as_often_as_they_may(uses: int | None, saving: int) -> None:
    two_for_one = promotion("PAIR", BuyXGetY(1, 1, None, FREE), max_uses_per_transaction=uses)
    assert given(two_for_one, line("a", 4), line("b", 3, 8_000, n=2))[0] == saving


@pytest.mark.parametrize(
    ("uses", "used"), [(1, {("a", 12_000): 1}), (3, {("a", 12_000): 2, ("b", 10_000): 1})]
)
def test_an_amount_off_each_falls_on_the_dearest_units_it_may(
    uses: int, used: dict[tuple[str, int], int]
) -> None:
    off = promotion("OFF", FixedAmountDiscount(1_000, False), max_uses_per_transaction=uses)
    assert given(off, line("b", 2, n=2), line("a", 2, 12_000)) == (1_000 * uses, used)


def test_groups_are_neighbours_in_price_and_the_cheapest_of_each_is_given() -> None:
    third = promotion("THIRD", NthItem(3, 5_000))
    lines = (line("a", 2, 12_000), line("b", 1, 10_000, n=2), line("c", 4, 8_000, n=3))
    assert given(third, *lines) == (
        5_000 + 4_000,
        {("a", 12_000): 2, ("b", 10_000): 1, ("c", 8_000): 3},
    )


def test_what_is_only_bought_is_the_cheapest_and_what_is_given_the_dearest() -> None:
    offer = promotion(
        "GIFT", BuyXGetY(1, 1, frozenset({"c", "d"}), FREE), eligible_skus=frozenset({"a", "b"})
    )
    lines = (
        line("a", 1, 12_000),
        line("b", 1, 10_000, n=2),
        line("c", 1, 7_000, n=3),
        line("d", 1, 9_000, n=4),
    )
    once = replace(offer, max_uses_per_transaction=1)
    assert given(once, *lines) == (9_000, {("b", 10_000): 1, ("d", 9_000): 1})
    assert given(offer, *lines)[0] == 16_000
