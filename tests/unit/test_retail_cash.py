"""Cash: rounding as its own line, and change as notes and coins."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail.cash import (
    EXACT,
    BadCashCount,
    BadCashRule,
    CashRounding,
    Change,
    RoundingKind,
    cash_due,
    cash_total,
    change_in_notes,
    checked_denominations,
    checked_part,
    counted_cash,
    take_cash,
)
from retail.money import AMOUNT_LIMIT
from retail.payment import VND_NOTES, BadAmount, Overpaid, Underpaid, settle
from tests.make_returns import cash, number, qr

DOWN = CashRounding(RoundingKind.DOWN, 500)
NEAREST = CashRounding(RoundingKind.NEAREST, 500)
rules = st.sampled_from([EXACT, DOWN, NEAREST, CashRounding(RoundingKind.DOWN, 1000)])


@pytest.mark.parametrize(
    ("rule", "amount", "asked"),
    [
        ("none", 10_301, 10_301),
        ("down-500", 10_499, 10_000),
        ("down-500", 10_500, 10_500),
        ("down-1000", 10_999, 10_000),
        ("nearest-500", 10_249, 10_000),
        ("nearest-500", 10_250, 10_500),
        ("nearest-1000", 10_499, 10_000),
        ("down-500", 499, 499),
        ("nearest-500", 249, 249),
        ("down-500", 0, 0),
        ("down-1", 3, 3),
    ],
)
def test_cash_is_rounded_by_the_stores_rule_and_never_to_nothing(rule: str, amount: int, asked: int) -> None:
    assert CashRounding.from_text(rule).rounded(amount) == asked


@pytest.mark.parametrize(
    "text",
    [
        "",
        "up-500",
        "down",
        "down-0",
        "down-x",
        "nearest--1",
        "none-500",
        f"down-{AMOUNT_LIMIT + 1}",
        "down-²",
    ],
)
def test_a_rule_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadCashRule) as refused:
        CashRounding.from_text(text)
    assert refused.value.detail == {"value": text}


def test_a_step_may_be_as_large_as_money() -> None:
    assert CashRounding.from_text(f"down-{AMOUNT_LIMIT}").step == AMOUNT_LIMIT


@given(rules, st.integers(0, 10**9), st.integers(0, 10**9))
def test_rounding_keeps_order_and_stays_within_a_step(rule: CashRounding, a: int, b: int) -> None:
    low, high = sorted((a, b))
    assert rule.rounded(low) <= rule.rounded(high)
    assert abs(rule.rounded(a) - a) < rule.step or rule is EXACT
    if rule.kind is RoundingKind.DOWN:
        assert rule.rounded(a) <= a
    if a >= rule.step:
        assert rule.rounded(a) % rule.step == 0


def test_only_what_is_paid_in_cash_is_rounded() -> None:
    due = cash_due(10_300, [qr(4_000)], DOWN)
    assert (due.exact, due.amount, due.rounding_amount) == (6_300, 6_000, -300)
    tender, rounding = take_cash(number(1), 10_300, [qr(4_000)], 10_000, DOWN)
    assert (tender.amount, tender.tendered, tender.change, rounding) == (6_000, 10_000, 4_000, -300)
    settle(10_300 + rounding, [qr(4_000), tender])


def test_cash_in_part_is_not_rounded_until_it_closes_the_sale() -> None:
    first, nothing = take_cash(number(1), 10_300, [], 5_000, NEAREST)
    assert (first.amount, first.change, nothing) == (5_000, 0, 0)
    rest, rounding = take_cash(number(2), 10_300, [first], 6_000, NEAREST)
    assert (rest.amount, rest.change, rounding) == (5_500, 500, 200)


def test_exact_cash_to_the_dong_needs_no_rounding_up() -> None:
    tender, rounding = take_cash(number(1), 10_300, [], 10_300, NEAREST)
    assert (tender.amount, tender.change, rounding) == (10_300, 0, 0)
    assert tender.payment_id == number(1)


def test_the_rounded_rest_to_the_note_closes_the_sale() -> None:
    tender, rounding = take_cash(number(1), 10_300, [], 10_500, NEAREST)
    assert (tender.payment_id, tender.amount, tender.change, rounding) == (number(1), 10_500, 0, 200)
    tender, rounding = take_cash(number(1), 10_300, [], 10_000, DOWN)
    assert (tender.amount, tender.change, rounding) == (10_000, 0, -300)


def test_a_sum_between_the_exact_and_the_rounded_rest_names_what_is_missing() -> None:
    with pytest.raises(Underpaid) as refused:
        take_cash(number(1), 10_300, [], 10_400, NEAREST)
    assert refused.value.detail == {"missing": 100}


def test_cash_for_a_sale_that_is_paid_is_refused_with_the_excess() -> None:
    with pytest.raises(Overpaid) as refused:
        take_cash(number(1), 10_000, [cash(10_000)], 1, EXACT)
    assert refused.value.detail == {"excess": 1}
    with pytest.raises(BadAmount):
        take_cash(number(1), 10_000, [], 0, EXACT)
    assert take_cash(number(1), 0, [], 0, DOWN)[0].amount == 0, "a sale of nothing is closed with nothing"


@given(rules, st.integers(1, 10**6), st.lists(st.integers(1, 10**5), max_size=3), st.integers(1, 2 * 10**6))
def test_cash_that_is_enough_closes_a_sale_of_any_split(
    rule: CashRounding, total: int, parts: list[int], tendered: int
) -> None:
    tenders = [qr(part, n) for n, part in enumerate(parts)]
    if sum(parts) >= total:
        return
    due = cash_due(total, tenders, rule)
    if due.exact < tendered < due.amount:
        with pytest.raises(Underpaid):
            take_cash(number(9), total, tenders, tendered, rule)
        return
    tender, rounding = take_cash(number(9), total, tenders, tendered, rule)
    assert tender.tendered == tendered == tender.amount + tender.change
    if tendered >= due.amount:
        assert settle(total + rounding, [*tenders, tender])
        assert rounding == due.rounding_amount
    else:
        assert (rounding, tender.change) == (0, 0)


def test_a_tender_without_change_covers_at_most_what_is_due() -> None:
    assert checked_part(10_000, [cash(4_000)], 6_000) == 6_000
    with pytest.raises(Overpaid) as refused:
        checked_part(10_000, [cash(4_000)], 6_001)
    assert refused.value.detail == {"excess": 1}
    assert checked_part(10_000, [], 1) == 1
    with pytest.raises(BadAmount) as bad:
        checked_part(10_000, [], 0)
    assert bad.value.detail == {"amount": 0}


def test_change_is_counted_out_in_notes_the_largest_first() -> None:
    assert change_in_notes(188_500, VND_NOTES) == Change(
        ((100_000, 1), (50_000, 1), (20_000, 1), (10_000, 1), (5_000, 1), (2_000, 1), (1_000, 1), (500, 1)), 0
    )
    assert change_in_notes(700, VND_NOTES) == Change(((500, 1),), 200)
    assert change_in_notes(0, VND_NOTES) == Change((), 0)
    for amount in (-1, AMOUNT_LIMIT + 1):
        with pytest.raises(BadAmount) as refused:
            change_in_notes(amount, VND_NOTES)
        assert refused.value.detail == {"amount": amount}
    assert change_in_notes(AMOUNT_LIMIT, VND_NOTES).left == 0


def fewest(amount: int, notes: tuple[int, ...]) -> int | None:
    """The fewest notes by trying all of them."""
    best = {0: 0}
    for reach in range(1, amount + 1):
        ways = [best[reach - note] for note in notes if reach - note in best]
        if ways:
            best[reach] = min(ways) + 1
    return best.get(amount)


@given(st.integers(0, 3_000))
def test_no_other_choice_of_notes_is_shorter(steps: int) -> None:
    change = change_in_notes(steps * 500, VND_NOTES)
    assert cash_total(change.notes) == steps * 500
    assert sum(count for _, count in change.notes) == fewest(steps, tuple(note // 500 for note in VND_NOTES))


@given(st.sets(st.integers(1, 12), min_size=1, max_size=4))
def test_denominations_are_taken_exactly_when_the_largest_first_is_always_right(notes: set[int]) -> None:
    coins = tuple(sorted({*notes, 1}))

    def greedy(amount: int) -> int:
        count = 0
        for coin in reversed(coins):
            count, amount = count + amount // coin, amount % coin
        return count

    always_right = all(greedy(amount) == fewest(amount, coins) for amount in range(40))
    try:
        taken = checked_denominations(coins)
    except BadCashRule:
        assert not always_right
    else:
        assert always_right
        assert taken == tuple(reversed(coins))


@pytest.mark.parametrize("notes", [(), (0, 500), (-500, 500), (500, 700), (1, 3, 4)])
def test_denominations_that_cannot_be_used_are_refused(notes: tuple[int, ...]) -> None:
    with pytest.raises(BadCashRule) as refused:
        change_in_notes(1_000, notes)
    assert refused.value.detail == {"value": list(notes)}


def test_real_money_is_taken() -> None:
    euro = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000)
    dollar = (1, 5, 10, 25, 50, 100, 500, 1_000, 2_000, 5_000, 10_000)
    for notes in (VND_NOTES, euro, dollar, (1,)):
        assert checked_denominations(notes) == tuple(sorted(notes, reverse=True))


def test_a_drawer_count_names_notes_there_are() -> None:
    count = counted_cash({500: 3, 50_000: 2, 1_000: 0}, VND_NOTES)
    assert count == ((50_000, 2), (500, 3))
    assert cash_total(count) == 101_500
    for wrong in ({300: 1}, {500: -1}, {500: 100_001}):
        with pytest.raises(BadCashCount) as refused:
            counted_cash(wrong, VND_NOTES)
        assert {refused.value.detail["denomination"]: refused.value.detail["count"]} == wrong
    assert counted_cash({500: 100_000}, VND_NOTES) == ((500, 100_000),)


@given(st.dictionaries(st.sampled_from(VND_NOTES), st.integers(0, 50)))
def test_a_count_is_worth_the_sum_of_its_notes(count: dict[int, int]) -> None:
    assert cash_total(counted_cash(count, VND_NOTES)) == sum(note * n for note, n in count.items())


def test_every_pair_of_kind_and_step_reads_back_from_its_text() -> None:
    for kind, step in product((RoundingKind.DOWN, RoundingKind.NEAREST), (1, 500, 1_000)):
        assert CashRounding.from_text(f"{kind}-{step}") == CashRounding(kind, step)
