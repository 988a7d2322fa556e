"""The laws of promotions, on random shops, held against a reference that tries everything."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from retail.basket import Basket, Line, Totals, ring_up
from retail.facts import SaleRecorded
from retail.promotion import Promotion
from retail.promotion_book import PromotionBook
from retail.promotion_choice import forms_of
from retail.promotion_goods import goods_of
from retail.promotion_rule import (
    BundlePrice,
    BuyXGetY,
    FixedAmountDiscount,
    Part,
    PercentageDiscount,
    Tier,
    Tiered,
)
from retail.promotion_sharing import outcome_of
from retail.promotion_turns import in_turn
from retail.quantity import Unit
from retail.refund_lines import LeftOfLine
from tests.unit import promotion_reference
from tests.unit.promotion_strategies import (
    any_lines,
    any_promotions,
    bill_promotions,
    few_units,
    plain_promotions,
)
from tests.unit.shelf import line, occasion, promotion

MEMBER = occasion(is_member=True, vouchers=frozenset(f"P{number}" for number in range(10)))


def rung_up(lines: Sequence[Line], promotions: Sequence[Promotion], **more: Any) -> Totals:
    return ring_up(
        Basket(prices_include_tax=more.pop("inclusive", True), lines=tuple(lines)), promotions, MEMBER
    )


def by_promotion(totals: Totals) -> dict[str, int]:
    return {applied.promo_id: applied.discount_amount for applied in totals.applied_promotions}


@settings(max_examples=400, deadline=None)
@given(lines=few_units(), promotions=plain_promotions())
def test_no_combination_saves_more_than_the_one_chosen(
    lines: list[Line], promotions: list[Promotion]
) -> None:
    assert_best(lines, promotions)


@settings(max_examples=400, deadline=None)
@given(lines=few_units(), promotions=bill_promotions())
def test_no_combination_with_amounts_off_the_bill_saves_more_than_the_one_chosen(
    lines: list[Line], promotions: list[Promotion]
) -> None:
    assert_best(lines, promotions)


def assert_best(lines: list[Line], promotions: list[Promotion]) -> None:
    units = [
        promotion_reference.Unit(each.sku_id, each.category, each.unit_price)
        for each in lines
        for _ in range(each.quantity)
    ]

    totals = rung_up(lines, promotions)

    assert (totals.promotion_discount, by_promotion(totals)) == promotion_reference.best(units, promotions)


@settings(max_examples=300, deadline=None)
@given(lines=any_lines(), promotions=any_promotions(), inclusive=st.booleans())
def test_every_saving_is_on_a_line_and_no_line_is_below_zero(
    lines: list[Line], promotions: list[Promotion], inclusive: bool
) -> None:
    totals = rung_up(lines, promotions, inclusive=inclusive)

    known = {each.promo_id for each in promotions}
    for rung in totals.lines:
        assert 0 <= rung.line_total == rung.line_subtotal - rung.line_discount
        assert rung.promotion_discount == sum(applied.discount_amount for applied in rung.promotions)
        assert all(applied.discount_amount > 0 and applied.promo_id in known for applied in rung.promotions)
        assert not (rung.promotions and rung.line.is_priced_by_hand)
    assert totals.discount_amount == sum(rung.line_discount for rung in totals.lines)
    assert totals.subtotal - totals.discount_amount == sum(rung.line_total for rung in totals.lines)
    assert totals.tax_amount == sum(rung.tax_amount for rung in totals.lines)
    assert totals.promotion_discount == sum(by_promotion(totals).values())


@settings(max_examples=200, deadline=None)
@given(data=st.data(), lines=any_lines(), promotions=any_promotions())
def test_the_order_of_scanning_and_of_publishing_changes_nothing(
    data: st.DataObject, lines: list[Line], promotions: list[Promotion]
) -> None:
    shuffled = data.draw(st.permutations(lines))
    published = data.draw(st.permutations(promotions))

    first = {rung.line.line_item_id: rung.promotions for rung in rung_up(lines, promotions).lines}
    second = {rung.line.line_item_id: rung.promotions for rung in rung_up(shuffled, published).lines}

    assert first == second


@settings(max_examples=200, deadline=None)
@given(lines=any_lines(), promotions=any_promotions())
def test_the_same_goods_in_one_line_or_in_many_save_the_same(
    lines: list[Line], promotions: list[Promotion]
) -> None:
    together = [each for each in lines if each.unit is Unit.PIECE and not each.is_priced_by_hand]
    apart = [
        line(
            each.sku_id,
            1,
            each.unit_price,
            n=1000 * number + unit,
            category=each.category,
        )
        for number, each in enumerate(together, start=1)
        for unit in range(each.quantity)
    ]

    assert by_promotion(rung_up(apart, promotions)) == by_promotion(rung_up(together, promotions))


@settings(max_examples=200, deadline=None)
@given(lines=few_units(5), promotions=plain_promotions(4, entangled=False))
def test_one_more_unit_never_saves_less(lines: list[Line], promotions: list[Promotion]) -> None:
    more = [line("a", 1, 11, n=99, category="x"), *lines]

    assert rung_up(more, promotions).promotion_discount >= rung_up(lines, promotions).promotion_discount


@settings(max_examples=200, deadline=None)
@given(lines=few_units(5), promotions=plain_promotions(4, entangled=False))
def test_one_more_promotion_never_saves_less(lines: list[Line], promotions: list[Promotion]) -> None:
    fewer = promotions[1:]

    assert rung_up(lines, promotions).promotion_discount >= rung_up(lines, fewer).promotion_discount


@settings(max_examples=200, deadline=None)
@given(data=st.data(), lines=any_lines(), promotions=any_promotions())
def test_removing_a_line_leaves_what_would_have_been_without_it(
    data: st.DataObject, lines: list[Line], promotions: list[Promotion]
) -> None:
    gone = data.draw(st.sampled_from(lines))
    book = PromotionBook(promotions)
    basket = Basket(prices_include_tax=True, lines=tuple(lines))
    ring_up(basket, book, MEMBER)

    after = ring_up(basket.without_line(gone.line_item_id), book, MEMBER)

    assert after == rung_up([each for each in lines if each is not gone], promotions)


@settings(max_examples=200, deadline=None)
@given(lines=any_lines(), promotions=any_promotions())
def test_parts_brought_back_one_by_one_give_exactly_what_was_paid(
    lines: list[Line], promotions: list[Promotion]
) -> None:
    for rung in rung_up(lines, promotions).lines:
        left, paid, tax = LeftOfLine.whole(rung), 0, 0
        for _ in range(min(rung.line.quantity, 7) - 1):
            part = left.share(1, restock=True)
            left, paid, tax = left.without(part), paid + part.line_total, tax + part.tax_amount
        last = left.share(left.quantity, restock=True)
        assert (paid + last.line_total, tax + last.tax_amount) == (rung.line_total, rung.tax_amount)


@settings(max_examples=200, deadline=None)
@given(promotions=any_promotions())
def test_a_promotion_reads_back_what_it_wrote(promotions: list[Promotion]) -> None:
    for each in promotions:
        assert Promotion.from_body(each.to_body()) == each


@settings(max_examples=100, deadline=None)
@given(lines=any_lines(), promotions=any_promotions())
def test_a_fact_with_promotions_reads_back_what_it_wrote(
    lines: list[Line], promotions: list[Promotion]
) -> None:
    totals = rung_up(lines, promotions)
    sale = SaleRecorded(
        transaction_id=lines[0].line_item_id,
        store_id="STORE_001",
        terminal_id="POS_01",
        cashier_id="CASHIER_007",
        receipt_number="POS_01-000001",
        business_date=MEMBER.at.date(),
        sold_at=MEMBER.at,
        currency="VND",
        prices_include_tax=True,
        lines=tuple(lines),
        totals=totals,
        tenders=(),
    )
    body = sale.to_body() | {"tenders": [_cash(totals.total_amount)]}

    read = SaleRecorded.from_body(body)

    assert read.totals == totals
    assert read.to_body() == body | {"payment_method": "CASH"}


def _cash(amount: int) -> dict[str, Any]:
    return {
        "payment_id": "00000000-0000-0000-0000-000000000001",
        "payment_method": "CASH",
        "amount": amount,
        "tendered": amount,
        "change": 0,
        "provider": None,
        "provider_txn_id": None,
    }


def calls_of(deed: Callable[[], Any]) -> tuple[Any, int]:
    """What the deed gives, and how many functions were called for it: its work, on any machine."""
    calls = 0

    def count(_frame: object, event: str, _what: object) -> None:
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        return deed(), calls
    finally:
        sys.setprofile(before)


@settings(max_examples=20, deadline=None)
@given(
    promotions=any_promotions(40),
    quantities=st.lists(st.integers(1, 9_999), min_size=30, max_size=60),
)
def test_an_absurd_basket_is_answered_with_bounded_work(
    promotions: list[Promotion], quantities: list[int]
) -> None:
    lines = [
        line("abc"[n % 3], quantity, 100 + n, n=n, category="xxy"[n % 3])
        for n, quantity in enumerate(quantities, start=1)
    ]

    totals, calls = calls_of(lambda: rung_up(lines, promotions))

    # About two seconds; a search without bounds would go on for days.
    assert calls < 10_000_000
    assert all(rung.line_total >= 0 for rung in totals.lines)


def test_a_long_receipt_under_hundreds_of_promotions_is_answered_with_bounded_work() -> None:
    """Every promotion has goods on many lines, and half of them are groups that may be stacked."""
    categories = [f"c{number}" for number in range(20)]
    lines = [line(f"s{n}", n % 9 + 1, 500 * (n % 97 + 1), n=n, category=f"c{n % 20}") for n in range(1, 301)]
    rules = (BuyXGetY(2, 1, None, 5_000), FixedAmountDiscount(5_000, True), PercentageDiscount(500))
    promotions = [
        promotion(
            f"P{number}",
            rules[number % 3],
            eligible_categories=frozenset(categories[number % 20 :][:3]),
            stackable=number % 2 == 0,
        )
        for number in range(300)
    ]

    _, calls = calls_of(lambda: rung_up(lines, promotions))

    # A second; asked good by good for every group, it took several times as long.
    assert calls < 1_000_000


def test_amounts_off_the_bill_are_switched_on_and_off_with_bounded_work() -> None:
    """Seven amounts that cannot all be given whole, beside groups that nobody can search to the end."""
    lines = [line(f"s{n}", n % 7 + 1, 500 * (n % 89 + 1), n=n, category=f"c{n % 10}") for n in range(1, 301)]
    rules = (BuyXGetY(2, 1, None, 5_000), PercentageDiscount(500), FixedAmountDiscount(500, False))
    promotions = [
        promotion(
            f"P{number}",
            rules[number % 3],
            eligible_categories=frozenset({f"c{number % 10}", f"c{(number + 3) % 10}"}),
            stackable=True,
        )
        for number in range(24)
    ]
    promotions += [
        promotion(
            f"BILL{number}",
            FixedAmountDiscount(90_000_000, True),
            eligible_skus=frozenset({f"s{number + 1}", f"s{number + 2}"}),
            stackable=True,
        )
        for number in range(7)
    ]

    _, calls = calls_of(lambda: rung_up(lines, promotions))

    # About a second; with everything searched anew for each of the 128 ways it took ten.
    assert calls < 2_000_000


@settings(max_examples=100, deadline=None)
@given(lines=any_lines(), promotions=any_promotions(12))
def test_it_is_never_worse_than_the_best_single_promotion(
    lines: list[Line], promotions: list[Promotion]
) -> None:
    alone = max(rung_up(lines, [each]).promotion_discount for each in promotions)

    assert rung_up(lines, promotions).promotion_discount >= alone


@settings(max_examples=60, deadline=None)
@given(lines=any_lines(), promotions=any_promotions(8))
def test_it_is_never_worse_than_the_best_single_promotions_in_turn(
    lines: list[Line], promotions: list[Promotion]
) -> None:
    goods = goods_of(lines, PromotionBook(promotions).on(MEMBER))
    offers = [forms[0] for forms in forms_of(goods)]
    in_turns = outcome_of(in_turn(goods, offers), goods, offers)

    assert not in_turns.is_valid or rung_up(lines, promotions).promotion_discount >= in_turns.total


def test_a_group_takes_from_a_minimum_only_the_share_that_falls_on_its_goods() -> None:
    """Three coffees and a cake: the cheapest free. Of its 18,000 the cake bears 3,484, by its price."""
    free = promotion("FREE", BuyXGetY(3, 1, None, 10_000), stackable=True)
    cakes = promotion(
        "CAKES",
        PercentageDiscount(1_000),
        eligible_skus=frozenset({"cake"}),
        minimum_purchase=16_000,
        stackable=True,
    )
    lines = [line("coffee", 3, 25_000), line("cake", 1, 20_000, n=2)]

    totals = rung_up(lines, [free, cakes])

    assert by_promotion(totals) == {"FREE": 18_000, "CAKES": 2_000}
    assert {rung.line.sku_id: rung.line_total for rung in totals.lines} == {"coffee": 60_484, "cake": 14_516}


def off_the_bill(promo_id: str, amount: int, skus: str = "", **more: Any) -> Promotion:
    return promotion(promo_id, FixedAmountDiscount(amount, True), eligible_skus=frozenset(skus), **more)


def test_an_amount_off_the_bill_leaves_goods_alone_that_another_minimum_needs() -> None:
    """47,000 of a and b are needed, and they cost 49,000: the first amount falls on c alone."""
    lines = [line("a", 1, 13_000), line("b", 2, 18_000, n=2), line("c", 1, 17_000, n=3)]
    first = off_the_bill("FIRST", 13_000, "bc")
    second = off_the_bill("SECOND", 4_000, "ab", minimum_purchase=47_000)

    totals = rung_up(lines, [first, second])

    assert by_promotion(totals) == {"FIRST": 13_000, "SECOND": 4_000}
    assert {rung.line.sku_id: rung.promotion_discount for rung in totals.lines}["c"] == 13_000


def test_of_amounts_off_the_bill_that_look_at_the_same_goods_the_largest_is_given() -> None:
    lines = [line("a", 3, 200_000), line("b", 1, 50_000, n=2)]
    steps = [
        off_the_bill(f"OFF{amount}", amount, minimum_purchase=10 * amount)
        for amount in (10_000, 20_000, 50_000)
    ]

    assert by_promotion(rung_up(lines, steps)) == {"OFF50000": 50_000}


def test_amounts_off_the_bill_that_look_at_different_goods_each_have_their_own_whatever_their_rank() -> None:
    lines = [line("a", 1, 30_000), line("b", 1, 20_000, n=2)]
    for rank in (-1, 0, 1):
        anything, only_b = off_the_bill("ANY", 10_000), off_the_bill("B", 5_000, "b", priority=rank)

        assert by_promotion(rung_up(lines, [anything, only_b])) == {"ANY": 10_000, "B": 5_000}


def test_a_step_that_takes_an_amount_off_the_bill_excludes_another_amount_on_the_same_goods() -> None:
    lines = [line("a", 1, 60_000), line("b", 1, 30_000, n=2)]
    steps = promotion("STEPS", Tiered((Tier(10_000, percent=100), Tier(50_000, amount=10_000))))

    assert by_promotion(rung_up(lines, [steps, off_the_bill("ANY", 8_000)])) == {"STEPS": 10_000}


def test_units_under_a_stackable_discount_bear_no_amount_off_the_bill_that_is_not_stackable() -> None:
    twice = promotion("TWICE", PercentageDiscount(8_000), stackable=True, max_uses_per_transaction=2)

    saved = by_promotion(rung_up([line("a", 3, 10_000)], [twice, off_the_bill("ANY", 15_000)]))

    assert saved == {"TWICE": 16_000, "ANY": 10_000}


def test_a_bundle_that_saves_less_is_given_where_more_would_cost_another_its_minimum() -> None:
    """31,000 in all, of which 25,000 must be left: with c and b for 14,000 only 24,000 would be."""
    lines = [line("b", 2, 7_000), line("c", 1, 14_000, n=2), line("d", 1, 3_000, n=3)]
    any_two = BundlePrice((Part(frozenset("bcd"), frozenset(), 2),), 14_000)

    saved = by_promotion(
        rung_up(
            lines,
            [
                promotion("TWO", any_two, stackable=True),
                off_the_bill("BILL", 5_000, minimum_purchase=25_000, stackable=True),
            ],
        )
    )

    assert saved == {"TWO": 3_000, "BILL": 5_000}


def test_what_one_discount_took_off_a_line_is_not_there_for_the_next() -> None:
    lines = [line("a", 1, 3), line("a", 1, 3, n=2)]
    first, second = (off_the_bill(f"P{amount}", amount, stackable=True) for amount in (1, 5))

    assert [rung.line_total for rung in rung_up(lines, [first, second]).lines] == [0, 0]


def test_an_amount_off_the_bill_falls_on_as_many_units_as_it_needs() -> None:
    lines = [line("a", 3, 10_000), line("b", 1, 30_000, n=2)]

    saved = by_promotion(rung_up(lines, [off_the_bill("ANY", 20_000), off_the_bill("A", 15_000, "a")]))

    assert saved == {"ANY": 20_000, "A": 15_000}


def test_what_takes_too_long_is_answered_without_the_group_that_saves_least() -> None:
    groups = [
        promotion(f"P{percent}", BuyXGetY(2, 1, None, 100 * percent), stackable=True)
        for percent in (10, 20, 30)
    ]

    assert by_promotion(rung_up([line("cola", 9)], groups)) == {"P20": 6_000, "P30": 9_000}
    assert by_promotion(rung_up([line("cola", 6)], groups)) == {"P10": 2_000, "P20": 4_000, "P30": 6_000}


def test_a_bundle_for_nothing_saves_all_it_holds() -> None:
    bundle = BundlePrice((Part(frozenset("a"), frozenset(), 1), Part(frozenset("b"), frozenset(), 1)), 0)

    totals = rung_up([line("a", 2, 10), line("b", 1, 5, n=2)], [promotion("P", bundle)])

    assert totals.total_amount == 10
