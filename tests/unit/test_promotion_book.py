"""What head office writes, when a promotion is on, and what the till says about those that gave nothing."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from retail.basket import Basket, Line, ring_up
from retail.calendar import StoreCalendar
from retail.explain import WORDS, Explanation, explain, near_misses
from retail.promotion import BadPromotion, Hours, Promotion
from retail.promotion_book import Missing, Occasion, PromotionBook, missing
from retail.promotion_rule import (
    BundlePrice,
    BuyXGetY,
    FixedAmountDiscount,
    NthItem,
    Part,
    PercentageDiscount,
    Rule,
    Tier,
    Tiered,
)
from tests.unit.shelf import SUNDAY_NOON, line, occasion, promotion

PERCENT = {"promo_id": "P", "name": "Ten off", "kind": "percentage_discount", "percent": 10}
DATED = PERCENT | {"starts_at": "2026-11-01T00:00:00+07:00", "ends_at": "2026-12-01T00:00:00+07:00"}
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


SENTENCE = re.compile(r"(is|has|must|each|begins|rise)\b.*[^X]")
"""How a reason goes on behind the name of the field."""


def on(given: Promotion, at: datetime, **more: Any) -> bool:
    basket = Basket(prices_include_tax=True, lines=(line("cola"),))
    who = occasion(at, **more)
    is_given = ring_up(basket, [given], who).promotion_discount > 0
    assert is_given is not bool(missing(given, who)), "what is off says why, and what is on says nothing"
    return is_given


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("promo_id", ""),
        ("name", 7),
        ("kind", "half_price"),
        ("percent", 0),
        ("percent", 101),
        ("percent", "12.345"),
        ("percent", "ten"),
        ("percent", None),
        ("percent", True),
        ("percent", "1e9999999"),
        ("starts_at", None),
        ("starts_at", "yesterday"),
        ("ends_at", "2026-11-01T00:00:00+07:00"),
        ("ends_at", "2026-12-01T00:00:00"),
        ("days_of_week", [0]),
        ("days_of_week", "Monday"),
        ("days_of_week", [True]),
        ("days_of_week", [8]),
        ("hours", {"from": "22:00"}),
        ("hours", {"from": "22:00", "to": "22:00"}),
        ("hours", {"from": "22:00+07:00", "to": "23:00"}),
        ("eligible_skus", "cola"),
        ("excluded_skus", [7]),
        ("minimum_purchase", -1),
        ("minimum_purchase", 10.5),
        ("members_only", "yes"),
        ("max_uses_per_transaction", -1),
        ("priority", "high"),
    ],
)
def test_a_promotion_that_cannot_mean_anything_is_refused_by_its_field(field: str, value: object) -> None:
    with pytest.raises(BadPromotion) as refused:
        Promotion.from_body(DATED | {field: value})
    detail = refused.value.detail
    assert (detail["field"], detail["promo_id"]) == (field, (DATED | {field: value})["promo_id"])
    assert SENTENCE.fullmatch(detail["reason"])


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"kind": "fixed_amount_discount", "amount": 0, "per": "item"}, "amount"),
        ({"kind": "fixed_amount_discount", "amount": 5, "per": "line"}, "per"),
        ({"kind": "buy_x_get_y", "buy_quantity": 0, "get_quantity": 1}, "buy_quantity"),
        ({"kind": "nth_item", "n": 1, "percent": 50}, "n"),
        ({"kind": "bundle_price", "parts": [], "price": 5}, "parts"),
        ({"kind": "bundle_price", "parts": [{"skus": "a"}], "price": 5}, "skus"),
        ({"kind": "tiered", "tiers": [{"minimum_purchase": 5}]}, "tiers"),
        ({"kind": "tiered", "tiers": [{"minimum_purchase": 5, "percent": 5, "amount": 5}]}, "tiers"),
        (
            {
                "kind": "tiered",
                "tiers": [{"minimum_purchase": 9, "percent": 5}, {"minimum_purchase": 9, "percent": 6}],
            },
            "tiers",
        ),
    ],
)
def test_a_rule_that_cannot_mean_anything_is_refused_by_its_field(rule: dict[str, Any], field: str) -> None:
    with pytest.raises(BadPromotion) as refused:
        Promotion.from_body(DATED | rule)
    assert (refused.value.detail["field"], refused.value.detail["promo_id"]) == (field, "P")
    assert SENTENCE.fullmatch(refused.value.detail["reason"])


def test_fractions_of_a_percent_travel_as_text() -> None:
    given = Promotion.from_body(DATED | {"percent": "12.5"})
    assert given.rule == PercentageDiscount(1_250)
    assert given.to_body()["percent"] == "12.5"


def test_a_tier_may_begin_at_nothing() -> None:
    tiers = [{"minimum_purchase": 0, "percent": 5}, {"minimum_purchase": 1, "amount": 500}]
    given = Promotion.from_body(DATED | {"kind": "tiered", "tiers": tiers})
    assert given.rule == Tiered((Tier(0, percent=500), Tier(1, amount=500)))


def test_naming_the_goods_bought_as_the_goods_given_is_a_plain_two_plus_one() -> None:
    rule = {"kind": "buy_x_get_y", "buy_quantity": 2, "get_quantity": 1}
    body = DATED | rule | {"eligible_skus": ["a", "b"], "get_skus": ["b", "a"]}
    assert Promotion.from_body(body).rule == BuyXGetY(2, 1, None, 10_000)


def test_goods_given_stay_what_they_are_where_a_whole_category_is_bought() -> None:
    rule = {"kind": "buy_x_get_y", "buy_quantity": 2, "get_quantity": 1}
    body = DATED | rule | {"eligible_skus": ["cup"], "eligible_categories": ["drinks"], "get_skus": ["cup"]}
    given = Promotion.from_body(body)
    assert given.rule == BuyXGetY(2, 1, frozenset({"cup"}), 10_000)
    cola = (line("cola", 3),)
    assert ring_up(Basket(True, lines=cola), [given], occasion()).promotion_discount == 0
    assert Promotion.from_body(given.to_body()) == given


def test_hours_keep_their_seconds() -> None:
    given = Promotion.from_body(DATED | {"hours": {"from": "22:00:10", "to": "22:00:40"}})
    assert given.hours == Hours(time(22, 0, 10), time(22, 0, 40))
    assert Promotion.from_body(given.to_body()) == given


def test_a_period_is_half_open() -> None:
    given = Promotion.from_body(DATED)
    begin, end = datetime(2026, 11, 1, tzinfo=HANOI), datetime(2026, 12, 1, tzinfo=HANOI)
    second = timedelta(seconds=1)
    assert [on(given, at) for at in (begin - second, begin, end - second, end)] == [False, True, True, False]


def test_a_period_without_an_offset_is_read_on_each_store_s_own_clock() -> None:
    given = Promotion.from_body(
        PERCENT | {"starts_at": "2026-11-01T00:00:00", "ends_at": "2026-11-02T00:00:00"}
    )
    at, day, second = datetime(2026, 10, 31, 17, 0, tzinfo=UTC), timedelta(days=1), timedelta(seconds=1)
    assert [on(given, when) for when in (at - second, at, at + day - second, at + day)] == [
        False,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("utc", "is_on"),
    [
        (datetime(2026, 11, 20, 14, 59, 59, tzinfo=UTC), False),  # Friday 21:59:59
        (datetime(2026, 11, 20, 15, 0, tzinfo=UTC), True),
        (datetime(2026, 11, 20, 18, 59, 59, tzinfo=UTC), True),  # Saturday 01:59:59
        (datetime(2026, 11, 20, 19, 0, tzinfo=UTC), False),
        (datetime(2026, 11, 21, 16, 0, tzinfo=UTC), False),  # Saturday 23:00
    ],
)
def test_a_happy_hour_over_midnight_belongs_to_the_evening_it_began_on(utc: datetime, is_on: bool) -> None:
    hours = Hours(time(22), time(2))
    given = promotion("P", PercentageDiscount(1_000), hours=hours, days_of_week=frozenset({5}))
    assert on(given, utc) is is_on


def test_a_running_book_takes_every_change_at_its_second() -> None:
    hours = Hours(time(22), time(2))
    book = PromotionBook(
        [
            promotion("HOURS", PercentageDiscount(1_000), hours=hours),
            promotion("DAY", PercentageDiscount(1_000), days_of_week=frozenset({6})),
            promotion(
                "DATE", PercentageDiscount(1_000), starts_at=datetime(2026, 11, 20, 20, 0, 7, tzinfo=UTC)
            ),
            promotion(
                "WALL", PercentageDiscount(1_000), starts_at=datetime.fromisoformat("2026-11-21T03:00:09")
            ),
        ]
    )
    at = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    for seconds in range(0, 36 * 3_600, 61):
        now = occasion(at + timedelta(seconds=seconds))
        assert book.on(now).promotions == {id(each) for each in book.promotions if not missing(each, now)}


def test_a_running_book_follows_a_clock_that_is_put_back() -> None:
    """In New York the hour from 1:00 to 2:00 comes twice on 1 November 2026."""
    new_york = StoreCalendar("America/New_York")
    late = promotion("LATE", PercentageDiscount(1_000), hours=Hours(time(1, 30), time(3)))
    early = promotion("EARLY", PercentageDiscount(1_000), hours=Hours(time(0, 30), time(1, 15)))
    book = PromotionBook([late, early])
    for minutes in range(0, 300, 5):
        now = occasion(
            datetime(2026, 11, 1, 4, 0, tzinfo=UTC) + timedelta(minutes=minutes), calendar=new_york
        )
        running = [each.promo_id for each in (late, early) if id(each) in book.on(now).promotions]
        assert running == [each.promo_id for each in (late, early) if not missing(each, now)]


def test_a_book_answers_each_customer_by_themselves() -> None:
    book = PromotionBook([promotion("P", PercentageDiscount(1_000), members_only=True)])
    basket = Basket(prices_include_tax=True, lines=(line("cola"),))
    totals = [
        ring_up(basket, book, occasion(is_member=member)).total_amount for member in (True, False, True)
    ]
    assert totals == [9_000, 10_000, 9_000]


def test_without_an_occasion_nothing_is_given() -> None:
    basket = Basket(prices_include_tax=True, lines=(line("cola"),))
    assert ring_up(basket, [promotion("P", PercentageDiscount(1_000))]) == ring_up(basket)


def told(*given: Promotion, lines: tuple[Any, ...] = (), at: Occasion | None = None) -> Explanation:
    basket = Basket(prices_include_tax=True, lines=lines or (line("cola", 2),))
    return explain(basket, PromotionBook(given), at or occasion())


def reason(*given: Promotion, **more: Any) -> tuple[str, str, str]:
    (only,) = told(*given, **more).not_given[0].reasons
    return only.code, only.en, only.vi


def test_one_more_for_two_plus_one_is_said_in_both_languages() -> None:
    assert reason(promotion("P", BuyXGetY(2, 1, None, 10_000))) == (
        "buy-more",
        "1 more for 2+1",
        "Thêm 1 món nữa để được 2+1",
    )


def test_a_promotion_of_this_afternoon_says_when_it_starts() -> None:
    later = promotion("P", PercentageDiscount(500), starts_at=SUNDAY_NOON + timedelta(hours=2))
    assert reason(later)[:2] == ("not-started", "Starts at 14:00")


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        ({"starts_at": SUNDAY_NOON + timedelta(days=2)}, "not-started", "Starts at 12:00 24/11/2026"),
        ({"ends_at": SUNDAY_NOON}, "ended", "Ended at 12:00"),
        ({"store_ids": frozenset({"STORE_002"})}, "other-store", "Not in this store"),
        ({"days_of_week": frozenset({1, 6})}, "other-day", "Only on Monday, Saturday"),
        ({"members_only": True}, "not-a-member", "For members only"),
        ({"voucher_required": True}, "no-voucher", "Needs a voucher"),
        ({"eligible_skus": frozenset({"tea"})}, "no-goods", "None of its goods are in the basket"),
        ({"minimum_purchase": 50_000}, "spend-more", "Spend 30,000 ₫ more"),
        (
            {"hours": Hours(time(14), time(16))},
            "other-hours",
            "Only from 14:00 to 16:00",
        ),
    ],
)
def test_a_promotion_that_gave_nothing_says_what_is_missing(
    more: dict[str, Any], code: str, words: str
) -> None:
    assert reason(promotion("P", PercentageDiscount(500), **more))[:2] == (code, words)


def test_a_bundle_says_how_many_parts_are_missing_and_when_it_would_save_nothing() -> None:
    parts = (Part(frozenset({"cola"}), frozenset(), 1), Part(frozenset({"tea"}), frozenset(), 2))
    assert reason(promotion("P", BundlePrice(parts, 5_000), name="Drinks"))[1] == "2 more for Drinks"
    lines = (line("cola"), line("tea", 2, n=2))
    assert reason(promotion("P", BundlePrice(parts, 30_000)), lines=lines)[0] == "no-saving"


def test_a_price_made_by_hand_takes_no_promotion_and_says_so() -> None:
    by_hand = line("cola", 2, line_discount=500, override_reason="dented")
    story = told(promotion("P", PercentageDiscount(500)), lines=(by_hand,))
    assert [each.code for each in story.lines[0].reasons] == ["list-price", "override", "hand-discount"]
    assert story.not_given[0].reasons[0].code == "price-by-hand"


def test_a_line_tells_the_rules_that_made_its_price_and_the_loser_who_won() -> None:
    story = told(
        promotion("A", PercentageDiscount(1_000), name="Ten off"),
        promotion("B", FixedAmountDiscount(500, per_transaction=False)),
    )
    assert [each.en for each in story.lines[0].reasons] == ["List price 10,000 ₫", "Ten off: 2,000 ₫ off"]
    assert story.not_given[0].promo_id == "B"
    assert story.not_given[0].reasons[0].code == "taken"
    assert story.not_given[0].is_near


def test_a_till_hears_only_of_promotions_that_are_on_and_have_goods_in_the_basket() -> None:
    cola = frozenset({"cola"})
    book = PromotionBook(
        [
            promotion("GIVEN", PercentageDiscount(500), eligible_skus=cola),
            promotion("NEAR", BuyXGetY(2, 1, None, 10_000), eligible_skus=cola),
            promotion("LATER", PercentageDiscount(500), eligible_skus=cola, hours=Hours(time(20), time(21))),
            promotion("OTHERS", PercentageDiscount(500), eligible_skus=frozenset({"tea"})),
        ]
    )
    basket = Basket(prices_include_tax=True, lines=(line("cola", 2),))
    now = occasion(SUNDAY_NOON)

    missed = near_misses(ring_up(basket, book, now), "VND", book, now)

    assert missed == [each for each in explain(basket, book, now).not_given if each.promo_id == "NEAR"]
    assert [each.reasons[0].detail["units"] for each in missed] == [1]


def test_every_reason_has_words_in_both_languages() -> None:
    assert all(vi and en for vi, en in WORDS.values())
    assert {str(each) for each in Missing} <= set(WORDS)


def test_a_promotion_is_published_as_head_office_and_tills_agreed() -> None:
    given = Promotion(
        "P",
        "Coffee hour",
        BuyXGetY(2, 1, frozenset({"tea", "cola"}), 5_000),
        datetime(2026, 11, 1, tzinfo=HANOI),
        datetime(2026, 12, 1, tzinfo=HANOI),
        store_ids=frozenset({"STORE_002", "STORE_001"}),
        days_of_week=frozenset({6, 1}),
        hours=Hours(time(22), time(2, 30)),
        eligible_skus=frozenset({"cola"}),
        eligible_categories=frozenset({"drinks"}),
        excluded_skus=frozenset({"water"}),
        minimum_purchase=50_000,
        members_only=True,
        voucher_required=True,
        max_uses_per_transaction=3,
        priority=7,
        stackable=True,
    )
    assert given.to_body() == {
        "promo_id": "P",
        "name": "Coffee hour",
        "kind": "buy_x_get_y",
        "starts_at": "2026-11-01T00:00:00+07:00",
        "ends_at": "2026-12-01T00:00:00+07:00",
        "store_ids": ["STORE_001", "STORE_002"],
        "days_of_week": [1, 6],
        "hours": {"from": "22:00", "to": "02:30"},
        "eligible_skus": ["cola"],
        "eligible_categories": ["drinks"],
        "excluded_skus": ["water"],
        "minimum_purchase": 50_000,
        "members_only": True,
        "voucher_required": True,
        "max_uses_per_transaction": 3,
        "priority": 7,
        "stackable": True,
        "buy_quantity": 2,
        "get_quantity": 1,
        "get_skus": ["cola", "tea"],
        "get_discount_percent": 50,
    }
    assert Promotion.from_body(given.to_body()) == given


@pytest.mark.parametrize(
    ("rule", "fields"),
    [
        (PercentageDiscount(800), {"kind": "percentage_discount", "percent": 8}),
        (PercentageDiscount(1_255), {"kind": "percentage_discount", "percent": "12.55"}),
        (PercentageDiscount(10_000), {"kind": "percentage_discount", "percent": 100}),
        (FixedAmountDiscount(500, False), {"kind": "fixed_amount_discount", "amount": 500, "per": "item"}),
        (
            FixedAmountDiscount(500, True),
            {"kind": "fixed_amount_discount", "amount": 500, "per": "transaction"},
        ),
        (
            BuyXGetY(2, 1, None, 10_000),
            {
                "kind": "buy_x_get_y",
                "buy_quantity": 2,
                "get_quantity": 1,
                "get_skus": None,
                "get_discount_percent": 100,
            },
        ),
        (NthItem(2, 5_050), {"kind": "nth_item", "n": 2, "percent": "50.5"}),
        (
            BundlePrice((Part(frozenset("ba"), frozenset(), 2), Part(frozenset(), frozenset("yx"), 1)), 0),
            {
                "kind": "bundle_price",
                "parts": [
                    {"skus": ["a", "b"], "categories": [], "quantity": 2},
                    {"skus": [], "categories": ["x", "y"], "quantity": 1},
                ],
                "price": 0,
            },
        ),
        (
            Tiered((Tier(0, percent=550), Tier(9, amount=5))),
            {
                "kind": "tiered",
                "tiers": [{"minimum_purchase": 0, "percent": "5.5"}, {"minimum_purchase": 9, "amount": 5}],
            },
        ),
    ],
    ids=lambda given: given["kind"] if isinstance(given, dict) else "",
)
def test_every_kind_is_published_with_its_own_fields(rule: Rule, fields: dict[str, Any]) -> None:
    given = promotion("P", rule)
    body = given.to_body()

    assert {name: body[name] for name in fields} == fields
    assert (body["ends_at"], "hours" in body) == (None, False)
    assert Promotion.from_body(body) == given


@pytest.mark.parametrize(
    ("field", "least", "most"),
    [
        ("minimum_purchase", 0, 10**15),
        ("priority", -(10**15), 10**15),
        ("max_uses_per_transaction", 1, 9_999),
    ],
)
def test_figures_have_room_between_their_limits_and_none_beyond(field: str, least: int, most: int) -> None:
    for value in (least, most):
        assert getattr(Promotion.from_body(DATED | {field: value}), field) == value
    for value in (least - 1, most + 1):
        if value:  # no limit of uses may also be written as 0
            with pytest.raises(BadPromotion):
                Promotion.from_body(DATED | {field: value})


@pytest.mark.parametrize(
    ("rule", "field", "least", "most"),
    [
        ({"kind": "fixed_amount_discount", "per": "item"}, "amount", 1, 10**15),
        ({"kind": "buy_x_get_y", "get_quantity": 1}, "buy_quantity", 1, 9_999),
        ({"kind": "buy_x_get_y", "buy_quantity": 1}, "get_quantity", 1, 9_999),
        ({"kind": "nth_item", "percent": 50}, "n", 2, 9_999),
        ({"kind": "bundle_price", "parts": [{"skus": ["a"]}]}, "price", 0, 10**15),
    ],
)
def test_figures_of_a_rule_have_room_between_their_limits_and_none_beyond(
    rule: dict[str, Any], field: str, least: int, most: int
) -> None:
    for value in (least, most):
        assert Promotion.from_body(DATED | rule | {field: value}).to_body()[field] == value
    for value in (least - 1, most + 1):
        with pytest.raises(BadPromotion):
            Promotion.from_body(DATED | rule | {field: value})


def test_the_goods_that_are_given_do_not_count_as_bought() -> None:
    """Two drinks bring a cup: cups are no drinks, and two cups bring nothing."""
    rule = BuyXGetY(2, 1, get_skus=frozenset({"cup"}), get_percent=10_000)
    given = promotion("P", rule, eligible_categories=frozenset({"drinks"}))
    drink, cup = line("cola", 2), line("cup", 1, 5_000, n=2, category="kitchen")

    def saved(*lines: Line) -> int:
        return ring_up(Basket(True, lines=lines), [given], occasion()).discount_amount

    assert saved(drink, cup) == 5_000
    assert saved(line("cup", 3, 5_000, n=2, category="kitchen")) == 0
    assert saved(line("bread", 2, category="bakery"), cup) == 0
    assert saved(line("cola", 2, category="bakery"), cup) == 0
