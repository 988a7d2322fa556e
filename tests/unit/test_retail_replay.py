"""A recorded sale rung up once more: what the rules make of it, and where it was sold otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from retail.basket import AppliedPromotion, Basket, Line, ring_up
from retail.calendar import StoreCalendar
from retail.facts import SaleRecorded
from retail.promotion import Promotion
from retail.promotion_book import Occasion, PromotionBook
from retail.promotion_rule import BuyXGetY, PercentageDiscount
from retail.replay import replayed
from tests.unit.retail_strategies import sale
from tests.unit.shelf import line, promotion

HANOI = StoreCalendar()
TWO_PLUS_ONE = promotion(
    "COLA21", BuyXGetY(2, 1, None, 10_000), name="Cola 2+1", eligible_skus=frozenset({"cola"})
)
LINES = (line("cola", 3), line("cake", 1, 25_000, n=2))


def sold(lines: tuple[Line, ...], *promotions: Promotion, **occasion: object) -> SaleRecorded:
    """The sale as a till with these promotions would have made it."""
    plain = sale(lines)
    at = Occasion(plain.sold_at, plain.store_id, HANOI, **occasion)  # type: ignore[arg-type]
    return replace(plain, totals=ring_up(Basket(True, lines=lines), promotions, at))


def test_a_sale_by_the_rules_differs_in_nothing() -> None:
    recorded = sold(LINES, TWO_PLUS_ONE)

    again = replayed(recorded, [TWO_PLUS_ONE], HANOI)

    assert again.totals == recorded.totals
    assert again.totals.promotion_discount == 10_000
    assert again.differences == ()


def test_a_line_with_other_promotions_than_the_rules_give_is_named_with_both() -> None:
    recorded = sold(LINES)

    (difference,) = replayed(recorded, PromotionBook([TWO_PLUS_ONE]), HANOI).differences

    assert difference.line_item_id == LINES[0].line_item_id
    assert difference.sold == ()
    assert difference.by_rules == (AppliedPromotion("COLA21", "Cola 2+1", 10_000),)


def test_a_promotion_that_is_called_otherwise_by_now_is_no_difference() -> None:
    recorded = sold(LINES, TWO_PLUS_ONE)

    assert replayed(recorded, [replace(TWO_PLUS_ONE, name="2+1")], HANOI).differences == ()


def test_another_amount_of_the_same_promotion_is_a_difference() -> None:
    recorded = sold(LINES, TWO_PLUS_ONE)
    half = replace(TWO_PLUS_ONE, rule=BuyXGetY(2, 1, None, 5_000))

    (difference,) = replayed(recorded, [half], HANOI).differences

    assert [part.discount_amount for part in (*difference.sold, *difference.by_rules)] == [10_000, 5_000]


def test_the_moment_is_the_one_at_which_the_bill_was_made() -> None:
    """Payment began before the promotion ended, and was over after it."""
    recorded = sold(LINES, TWO_PLUS_ONE)
    ended = replace(TWO_PLUS_ONE, ends_at=recorded.sold_at)
    early = replace(recorded, rung_up_at=recorded.sold_at - timedelta(seconds=30))

    assert replayed(early, [ended], HANOI).differences == ()
    assert len(replayed(recorded, [ended], HANOI).differences) == 1


def test_the_store_and_its_clock_are_the_sale_s_own() -> None:
    recorded = sold(LINES, TWO_PLUS_ONE)
    elsewhere = replace(TWO_PLUS_ONE, store_ids=frozenset({"STORE_002"}))
    local = recorded.sold_at.astimezone(HANOI.local(recorded.sold_at).tzinfo).replace(tzinfo=None)
    on_its_clock = replace(TWO_PLUS_ONE, starts_at=local, ends_at=local + timedelta(minutes=1))

    assert len(replayed(recorded, [elsewhere], HANOI).differences) == 1
    assert replayed(recorded, [on_its_clock], HANOI).differences == ()
    assert len(replayed(recorded, [on_its_clock], StoreCalendar("UTC")).differences) == 1


def test_a_member_s_price_stands_because_the_till_has_seen_the_card() -> None:
    members = promotion("MEMBER5", PercentageDiscount(500), members_only=True)
    more = promotion("MEMBER9", PercentageDiscount(900), members_only=True, excluded_skus=frozenset({"cola"}))

    recorded = sold(LINES, members, more, is_member=True)
    assert replayed(recorded, [members, more], HANOI).differences == ()
    assert replayed(sold(LINES, members), [members], HANOI).differences == ()


def test_a_voucher_opens_only_the_promotion_it_was_shown_for() -> None:
    shown = promotion("SHOWN", PercentageDiscount(500), voucher_required=True)
    other = promotion("OTHER", PercentageDiscount(900), voucher_required=True)

    recorded = sold(LINES, shown, other, vouchers=frozenset({"SHOWN"}))

    assert {part.promo_id for part in recorded.totals.applied_promotions} == {"SHOWN"}
    assert replayed(recorded, [shown, other], HANOI).differences == ()


def test_a_promotion_without_conditions_proves_no_member_and_no_voucher() -> None:
    plain = promotion("PLAIN", PercentageDiscount(300))
    members = promotion("MEMBER5", PercentageDiscount(500), members_only=True)
    voucher = promotion("VOUCHER", PercentageDiscount(900), voucher_required=True)

    recorded = sold(LINES, plain, members, voucher)

    assert replayed(recorded, [plain, members, voucher], HANOI).differences == ()


def test_the_lines_keep_the_prices_they_were_scanned_at_and_the_sale_its_tax_basis() -> None:
    recorded = replace(sale(LINES, prices_include_tax=False), currency="VND")

    again = replayed(recorded, (), HANOI)

    assert again.totals == recorded.totals
    assert [rung.line for rung in again.totals.lines] == list(LINES)
