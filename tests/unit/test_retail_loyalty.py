"""Points earned, tiers reached, points paid with, points taken back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail.basket import total_of
from retail.loyalty import (
    LoyaltyRules,
    PointsMissing,
    PointsNotRedeemable,
    Tier,
    earned,
    eligible_amount,
    progress,
    redeemable,
    redemption,
    taken_back,
)
from tests.unit.shelf import line

SILVER, GOLD = Tier("silver", 100, 120), Tier("gold", 500, 150)
RULES = LoyaltyRules(
    earn_per=10_000, point_value=500, redeem_least=20, redeem_step=10, redeem_share=50, tiers=(SILVER, GOLD)
)


@pytest.mark.parametrize(
    ("paid", "tier", "points"),
    [
        (9_999, None, 0),
        (10_000, None, 1),
        (55_000, None, 5),
        (55_000, SILVER, 6),
        (55_000, GOLD, 7),
        (-5, None, 0),
    ],
)
def test_points_are_earned_on_full_steps(paid: int, tier: Tier | None, points: int) -> None:
    assert earned(paid, RULES, tier) == points


def test_what_points_have_paid_earns_none() -> None:
    assert earned(100_000, RULES, redeemed=10_000) == 9


@pytest.mark.parametrize(
    ("points", "tier", "following", "missing"),
    [(0, None, SILVER, 100), (99, None, SILVER, 1), (100, SILVER, GOLD, 400), (500, GOLD, None, 0)],
)
def test_a_tier_is_reached_with_its_points(
    points: int, tier: Tier | None, following: Tier | None, missing: int
) -> None:
    found = progress(points, RULES.tiers)
    assert (found.tier, found.next_tier, found.points_missing) == (tier, following, missing)


@pytest.mark.parametrize(
    ("balance", "due", "points"),
    [(1_000, 100_000, 100), (37, 100_000, 30), (19, 100_000, 0), (1_000, 15_000, 0), (1_000, 20_000, 20)],
)
def test_points_pay_for_at_most_half_of_this_bill(balance: int, due: int, points: int) -> None:
    assert redeemable(balance, due, RULES) == points


def test_points_pay_what_they_are_worth() -> None:
    assert redemption(30, 100, 100_000, RULES) == 15_000
    assert redemption(20, 20, 100_000, RULES) == 10_000, "the least there is, and all the member has"
    assert redemption(100, 1_000, 100_000, RULES) == 50_000, "the most there is"


def test_points_are_whole_numbers_however_large_the_bill_is() -> None:
    thirds = LoyaltyRules(earn_per=1, earn_points=3, point_value=7, redeem_share=33)
    assert redeemable(10**15, 999_999_999_999_999, thirds) == 47_142_857_142_857
    assert type(redeemable(10**15, 999_999_999_999_999, thirds)) is int
    assert earned(999_999_999_999_999, thirds) == 2_999_999_999_999_997


def test_what_points_paid_beyond_the_goods_earns_nothing_either() -> None:
    assert earned(5, LoyaltyRules(earn_per=1), redeemed=5) == 0


def test_the_least_figures_rules_can_have_are_possible() -> None:
    assert redeemable(10, 10, LoyaltyRules(1, 0, 1, 1, 1, 100)) == 10
    assert redeemable(10, 10, LoyaltyRules(1, redeem_share=0)) == 0


def test_one_dong_takes_all_its_points_back() -> None:
    assert taken_back(5, 1, 0, 1) == 5
    assert taken_back(5, 0, 0, 1) == 0


@pytest.mark.parametrize("points", [10, 25, 110])
def test_points_that_cannot_be_used_are_refused(points: int) -> None:
    with pytest.raises(PointsNotRedeemable) as refused:
        redemption(points, 1_000, 100_000, RULES)
    assert refused.value.detail == {"points": points, "least": 20, "most": 100, "step": 10}


def test_points_a_member_does_not_have_are_refused() -> None:
    with pytest.raises(PointsMissing) as refused:
        redemption(40, 30, 100_000, RULES)
    assert refused.value.detail == {"points": 40, "balance": 30}


@pytest.mark.parametrize(
    "wrong",
    [
        {"earn_per": 0},
        {"earn_per": 1, "point_value": 0},
        {"earn_per": 1, "redeem_least": 0},
        {"earn_per": 1, "redeem_step": 0},
        {"earn_per": 1, "redeem_share": 101},
        {"earn_per": 1, "redeem_share": -1},
        {"earn_per": 1, "earn_points": -1},
        {"earn_per": 1, "tiers": (GOLD, SILVER)},
    ],
)
def test_rules_that_cannot_be_meant_are_a_mistake(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^earn_per, .* at least 1$|^earn_points is .* tiers rise$"):
        LoyaltyRules(**wrong)


@given(
    points=st.integers(0, 10_000),
    parts=st.lists(st.integers(0, 100_000), min_size=1, max_size=8),
)
def test_refunds_in_parts_take_back_exactly_what_was_earned(points: int, parts: list[int]) -> None:
    paid = sum(parts)
    taken, before = [], 0
    for part in parts:
        taken.append(taken_back(points, paid, before, part))
        before += part
    assert all(each >= 0 for each in taken)
    assert sum(taken) == (points if paid else 0)


def test_the_setting_says_the_rules_and_what_is_left_out_has_its_default() -> None:
    body = {
        "earn_per": 10_000,
        "point_value": 500,
        "redeem_least": 20,
        "redeem_step": 10,
        "redeem_share": 50,
        "tiers": [
            {"name": "silver", "points_needed": 100, "multiplier": 120},
            {"name": "gold", "points_needed": 500, "multiplier": 150},
        ],
    }
    assert LoyaltyRules.from_body(body) == RULES
    assert LoyaltyRules.from_body({"earn_per": 1}) == LoyaltyRules(1)
    assert (RULES.tier("gold"), RULES.tier("lead"), RULES.tier("")) == (GOLD, None, None)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"earn_per": 0},
        {"earn_per": 1.5},
        {"earn_per": True},
        {"earn_per": 10, "earn_point": 2},
        {"earn_per": 10, "tiers": [{"name": "", "points_needed": 1}]},
        {"earn_per": 10, "tiers": [{"name": "gold", "points_needed": 1, "multiplier": -1}]},
        {"earn_per": 10, "tiers": [{"name": "a", "points_needed": 2}, {"name": "b", "points_needed": 1}]},
        {"earn_per": 10, "excluded_categories": "Thuốc lá"},
        {"earn_per": 10, "excluded_categories": [7]},
    ],
)
def test_a_setting_that_cannot_be_meant_gives_no_rules(wrong: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        LoyaltyRules.from_body(wrong)


def test_what_earns_is_what_was_paid_for_the_goods_with_its_tax() -> None:
    cola, smoke = line("cola", price=11_000), line("smoke", price=30_000, n=2, category="Thuốc lá")
    rules = LoyaltyRules(1_000, excluded_categories=frozenset({"Thuốc lá"}))
    inclusive, exclusive = total_of([cola, smoke], True), total_of([cola, smoke], False)

    assert eligible_amount(inclusive, rules, prices_include_tax=True) == 11_000
    assert eligible_amount(exclusive, rules, prices_include_tax=False) == 11_880
    assert eligible_amount(exclusive, LoyaltyRules(1), prices_include_tax=False) == exclusive.total_amount
