"""Refund and void: what was really paid, never more, whoever asks in whatever parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail.approval import ApprovalDoesNotCover, ApprovalNeeded, ReasonNeeded
from retail.basket import AppliedPromotion, LineNotFound, total_of
from retail.cash import EXACT, CashRounding, RoundingKind
from retail.facts import SaleRecorded, read_fact
from retail.quantity import BadQuantity, Unit
from retail.reading import FactDoesNotAddUp
from retail.refund import (
    BroughtBack,
    FactOfAnotherSale,
    NothingToRefund,
    NotRefundable,
    ReceiptNeeded,
    RefundRules,
    RefundWindowOver,
    VoidAfterRefund,
    VoidTooLate,
    left_of,
    refund,
    refund_all,
    refund_without_receipt,
    state_of,
    void,
)
from retail.refund_facts import RefundRecorded, RefundTender
from retail.refund_lines import RefundTooMuch
from retail.refusal import Refusal
from retail.sale import DeedNotAllowed, SaleState
from retail.staff import Permission, Role
from tests.make_returns import AT, TODAY, approval, cash, counter, line, number, qr, sale

RULES = RefundRules()
DOWN = CashRounding(RoundingKind.DOWN, 500)
NEAREST = CashRounding(RoundingKind.NEAREST, 500)


def back(*quantities: int, restock: bool = True) -> list[BroughtBack]:
    """So much of line 1, 2, …; nothing of a line with 0."""
    return [BroughtBack(number(n), q, restock) for n, q in enumerate(quantities, 1) if q]


def given_back(sold: SaleRecorded, *parts: list[BroughtBack], **how: Any) -> list[RefundRecorded]:
    """The refunds of these parts, one after the other."""
    rules = how.pop("rules", RULES)
    done: list[RefundRecorded] = []
    for n, part in enumerate(parts):
        done.append(refund(sold, done, part, counter(**how), rules, refund_id=number(100 + n)))
    return done


def refused_by(deed: Callable[[], object]) -> Refusal:
    with pytest.raises(Refusal) as refused:
        deed()
    return refused.value


def test_a_third_of_a_broken_two_plus_one_gives_back_a_third_of_what_was_paid() -> None:
    sold = sale(line("cola", 3, 10_000, line_discount=10_000))
    parts = given_back(sold, back(1), back(1), back(1))
    assert [part.total_amount for part in parts] == [6_667, 6_667, 6_666]
    assert [part.subtotal for part in parts] == [10_000] * 3
    assert sum(part.total_amount for part in parts) == sold.totals.total_amount == 20_000


def test_a_refund_names_the_promotions_whose_savings_it_takes_back() -> None:
    two_plus_one = AppliedPromotion("P1", "Mua 2 tặng 1", 10_000)
    happy_hour = AppliedPromotion("P2", "Giờ vàng", 1_000)
    sold = sale(line("cola", 3, 10_000, line_discount=500), savings=[(two_plus_one, happy_hour)])
    assert sold.totals.total_amount == 18_500
    parts = given_back(sold, back(1), back(1), back(1))
    assert [part.total_amount for part in parts] == [6_167, 6_167, 6_166]
    taken = [{p.promo_id: p.discount_amount for p in part.lines[0].applied_promotions} for part in parts]
    assert [sum(each.values()) for each in taken] == [3_666, 3_666, 3_668]
    assert {name: sum(each[name] for each in taken) for name in ("P1", "P2")} == {"P1": 10_000, "P2": 1_000}
    assert parts[0].lines[0].applied_promotions[0].name == "Mua 2 tặng 1"


def test_a_promotion_that_fell_on_a_line_twice_is_named_once() -> None:
    twice = (AppliedPromotion("P1", "Combo", 1_000), AppliedPromotion("P1", "Combo", 2_000))
    (part,) = given_back(sale(line("cola", 2), savings=[twice]), back(2))
    assert part.lines[0].applied_promotions == (AppliedPromotion("P1", "Combo", 3_000),)


@given(
    st.integers(1, 12),
    st.integers(0, 9_999),
    st.lists(st.integers(0, 3_000), max_size=4),
    st.lists(st.integers(1, 5), max_size=5),
)
def test_savings_come_back_with_their_goods_and_never_more_of_them(
    quantity: int, unit_price: int, savings: list[int], parts: list[int]
) -> None:
    worth = unit_price * quantity
    given_savings = [saving for n, saving in enumerate(savings) if sum(savings[: n + 1]) <= worth]
    if sum(given_savings) > worth:
        return
    by_hand = (worth - sum(given_savings)) // 3
    applied = tuple(AppliedPromotion(f"P{n}", "", saving) for n, saving in enumerate(given_savings))
    sold = sale(line("cola", quantity, unit_price, line_discount=by_hand), savings=[applied])
    done: list[RefundRecorded] = []
    left = quantity
    for n, part in enumerate([*parts, quantity]):
        if left:
            some = back(min(part, left))
            done.append(refund(sold, done, some, counter(), RULES, refund_id=number(100 + n)))
            left -= min(part, left)
    taken: dict[str, int] = {}
    for fact in done:
        (item,) = fact.lines
        assert sum(p.discount_amount for p in item.applied_promotions) <= item.line_discount
        for saving in item.applied_promotions:
            assert saving.discount_amount > 0
            taken[saving.promo_id] = taken.get(saving.promo_id, 0) + saving.discount_amount
    assert taken == {saving.promo_id: saving.discount_amount for saving in applied if saving.discount_amount}
    assert sum(fact.total_amount for fact in done) == sold.totals.total_amount


def test_a_line_that_was_free_gives_nothing_back_and_the_paid_one_all() -> None:
    sold = sale(line("cola", 2, 10_000), line("water", 1, 5_000, n=2, line_discount=5_000))
    free, paid = given_back(sold, back(0, 1), back(2))
    assert (free.total_amount, free.tenders) == (0, ())
    assert (paid.total_amount, paid.tenders[0].amount) == (20_000, 20_000)


def test_a_refund_says_what_of_which_line_came_back() -> None:
    sold = sale(line("cola", 2), line("rice", 1, 30_000, n=2, tax_rate=Decimal("0.05")))
    (part,) = given_back(sold, back(1, 1, restock=False))
    assert (part.transaction_id, part.refund_id) == (sold.transaction_id, number(100))
    assert (part.business_date, part.refunded_at, part.receipt_number) == (TODAY, AT, None)
    assert (part.store_id, part.terminal_id, part.refunded_by) == ("STORE_001", "POS_01", "minh")
    assert (part.currency, part.prices_include_tax, part.rounding_amount) == ("VND", True, 0)
    assert [(item.sku_id, item.quantity, item.line_total, item.restock) for item in part.lines] == [
        ("cola", 1, 10_000, False),
        ("rice", 1, 30_000, False),
    ]
    assert [item.product_name for item in part.lines] == ["Cola", "Rice"]
    (numbered,) = given_back(sold, back(1), receipt_number="POS_01-000002")
    assert numbered.receipt_number == "POS_01-000002"
    assert part.reason == "customer changed their mind"
    assert part.tax_amount == sum(item.tax_amount for item in part.lines)


def test_tax_goes_back_to_the_dong_where_prices_are_without_it() -> None:
    sold = sale(line("cola", 3, 3_333), prices_include_tax=False)
    parts = given_back(sold, back(1), back(2))
    assert sum(part.tax_amount for part in parts) == sold.totals.tax_amount
    assert sum(part.total_amount for part in parts) == sold.totals.total_amount


def test_more_than_is_left_is_refused_with_what_is_left() -> None:
    sold = sale(line("cola", 3))
    done = given_back(sold, back(2))
    refused = refused_by(lambda: refund(sold, done, back(2), counter(), RULES, refund_id=number(9)))
    assert isinstance(refused, RefundTooMuch)
    assert refused.detail == {"line_item_id": str(number(1)), "quantity": 2, "left_quantity": 1}


def test_the_same_line_named_twice_is_one_line_of_the_sum() -> None:
    sold = sale(line("cola", 3))
    (part,) = given_back(sold, [*back(1), *back(1)])
    assert [item.quantity for item in part.lines] == [2]
    with pytest.raises(RefundTooMuch):
        given_back(sold, [*back(2), *back(2)])


def test_a_line_may_come_back_half_good_and_half_broken() -> None:
    sold = sale(line("cola", 3, 10_000, line_discount=10_000))
    (part,) = given_back(sold, [*back(1), *back(2, restock=False)])
    assert [(item.quantity, item.restock, item.line_total) for item in part.lines] == [
        (1, True, 6_667),
        (2, False, 13_333),
    ]


def test_lines_and_quantities_that_cannot_be_are_refused() -> None:
    sold = sale(line("cola", 3))
    assert isinstance(refused_by(lambda: given_back(sold, [])), NothingToRefund)
    stranger = [BroughtBack(number(77), 1)]
    assert refused_by(lambda: given_back(sold, stranger)).detail == {"line_item_id": str(number(77))}
    assert isinstance(refused_by(lambda: given_back(sold, stranger)), LineNotFound)
    for quantity in (0, -1):
        with pytest.raises(BadQuantity):
            given_back(sold, [BroughtBack(number(1), quantity)])


def test_a_category_that_is_final_is_not_taken_back() -> None:
    rules = RefundRules(final_categories=frozenset({"drinks"}))
    refused = refused_by(lambda: given_back(sale(), back(1), rules=rules))
    assert isinstance(refused, NotRefundable)
    assert refused.detail == {"sku_id": "cola", "category": "drinks"}


def test_after_everything_came_back_there_is_nothing_to_refund() -> None:
    sold = sale(line("cola", 2))
    done = given_back(sold, back(1), back(1))
    assert state_of(sold, []) is SaleState.PAID
    assert state_of(sold, done[:1]) is SaleState.PAID
    assert state_of(sold, done) is SaleState.REFUNDED
    refused = refused_by(lambda: refund(sold, done, back(1), counter(), RULES, refund_id=number(9)))
    assert isinstance(refused, DeedNotAllowed)


def test_a_fact_of_another_sale_is_no_history_of_this_one() -> None:
    strange = given_back(sale(n=2), back(1))
    refused = refused_by(lambda: state_of(sale(n=1), strange))
    assert isinstance(refused, FactOfAnotherSale)
    assert refused.detail == {"transaction_id": str(sale(n=2).transaction_id)}


# ------------------------------------------------------------------------------- who and when


def test_inside_the_window_a_manager_refunds_alone_and_a_cashier_needs_a_yes() -> None:
    sold = sale()
    last_day = TODAY + timedelta(days=7)
    assert given_back(sold, back(1), business_date=last_day)[0].approval is None
    refused = refused_by(lambda: given_back(sold, back(1), role=Role.CASHIER))
    assert isinstance(refused, ApprovalNeeded)
    assert refused.detail == {"permission": "refund", "amount": 10_000}
    yes = approval(amount=10_000)
    assert given_back(sold, back(1), role=Role.CASHIER, approval=yes)[0].approval == yes
    small = approval(amount=9_999)
    refused = refused_by(lambda: given_back(sold, back(1), role=Role.CASHIER, approval=small))
    assert isinstance(refused, ApprovalDoesNotCover)


def test_a_cashier_may_give_small_sums_back_alone_and_an_auditor_nothing() -> None:
    rules = RefundRules(cashier_limit=10_000)
    assert given_back(sale(), back(1), rules=rules, role=Role.CASHIER)
    with pytest.raises(ApprovalNeeded):
        given_back(sale(line(unit_price=10_001)), back(1), rules=rules, role=Role.CASHIER)
    with pytest.raises(ApprovalNeeded):
        given_back(sale(), back(1), rules=rules, role=Role.AUDITOR)


def test_a_cashier_s_small_sums_are_counted_together_but_for_those_somebody_approved() -> None:
    rules = RefundRules(cashier_limit=10_000)
    sold = sale(line(quantity=4, unit_price=6_000))
    assert given_back(sold, back(1), rules=rules, role=Role.CASHIER)
    with pytest.raises(ApprovalNeeded):
        given_back(sold, back(1), back(1), rules=rules, role=Role.CASHIER)

    (approved,) = given_back(sold, back(1), rules=rules, role=Role.CASHIER, approval=approval(amount=6_000))
    another = refund(sold, [approved], back(1), counter(role=Role.CASHIER), rules, refund_id=number(31))
    assert another.approval is None


def test_after_the_window_only_a_late_refund_is_left() -> None:
    sold = sale()
    late = TODAY + timedelta(days=8)
    refused = refused_by(lambda: given_back(sold, back(1), business_date=late))
    assert isinstance(refused, RefundWindowOver)
    assert refused.detail == {"days": 8, "window_days": 7}
    assert given_back(sold, back(1), business_date=late, role=Role.ADMIN)
    yes = approval(Permission.LATE_REFUND)
    assert given_back(sold, back(1), business_date=late, approval=yes)
    with pytest.raises(ApprovalDoesNotCover):
        given_back(sold, back(1), business_date=late, approval=approval(Permission.REFUND))


def test_a_refund_needs_a_reason_in_words() -> None:
    assert isinstance(refused_by(lambda: given_back(sale(), back(1), reason="  ")), ReasonNeeded)
    assert given_back(sale(), back(1), reason=" too   warm ")[0].reason == "too warm"


# ---------------------------------------------------------------------------------- the money


def test_money_goes_back_the_way_it_came_and_cash_goes_last() -> None:
    sold = sale(line(quantity=3), tenders=[cash(12_000), qr(18_000)])
    parts = given_back(sold, back(1), back(1), back(1))
    assert [part.tenders for part in parts] == [
        (RefundTender("QR_MOMO", 10_000, number(8)),),
        (RefundTender("QR_MOMO", 8_000, number(8)), RefundTender("CASH", 2_000)),
        (RefundTender("CASH", 10_000),),
    ]


def test_two_payments_of_one_provider_are_paid_back_each_its_own() -> None:
    sold = sale(line(quantity=3), tenders=[qr(11_000, 8), qr(19_000, 9)])
    parts = given_back(sold, back(1), back(2))
    assert [[(t.amount, t.payment_id) for t in part.tenders] for part in parts] == [
        [(10_000, number(8))],
        [(1_000, number(8)), (19_000, number(9))],
    ]


def test_a_provider_that_cannot_take_money_back_is_paid_out_in_cash() -> None:
    sold = sale(line(quantity=2), tenders=[qr(20_000)])
    first = refund(sold, [], back(1), counter(as_cash=True), RULES, refund_id=number(100))
    second = refund(sold, [first], back(1), counter(), RULES, refund_id=number(101))
    assert first.tenders == (RefundTender("CASH", 10_000),)
    assert second.tenders == (RefundTender("QR_MOMO", 10_000, number(8)),)


def test_cash_rounding_comes_back_with_the_last_part() -> None:
    sold = sale(line(quantity=3, unit_price=3_433), rounding_amount=-299)
    assert sold.tenders[0].amount == 10_000
    rules = RefundRules(rounding=DOWN)
    parts = given_back(sold, back(1), back(1), back(1), rules=rules)
    assert [part.rounding_amount for part in parts] == [-433, 67, 67]
    assert [part.tenders[0].amount for part in parts] == [3_000, 3_500, 3_500]


def test_rounding_up_part_by_part_never_pays_out_more_than_was_paid() -> None:
    sold = sale(line(quantity=3, unit_price=300))
    parts = given_back(sold, back(1), back(1), back(1), rules=RefundRules(rounding=NEAREST))
    assert [sum(t.amount for t in part.tenders) for part in parts] == [500, 0, 400]


def test_goods_brought_back_one_by_one_are_not_rounded_up_one_by_one() -> None:
    """Ten at 500 ₫ under nearest 1,000 ₫: each rounded up by itself, five would bring all the money."""
    sold = sale(line(quantity=10, unit_price=500))
    rules = RefundRules(rounding=CashRounding(RoundingKind.NEAREST, 1_000))
    parts = given_back(sold, *([back(1)] * 9), rules=rules)
    assert [sum(tender.amount for tender in part.tenders) for part in parts] == [1_000, 0] * 4 + [1_000]
    assert [part.rounding_amount for part in parts] == [500, -500] * 4 + [500]


def test_rounding_touches_the_cash_part_only() -> None:
    sold = sale(line(quantity=2, unit_price=10_200), tenders=[qr(10_000), cash(10_400)])
    (part, _) = given_back(sold, back(1), back(1), rules=RefundRules(rounding=NEAREST))
    assert part.tenders == (RefundTender("QR_MOMO", 10_000, number(8)), RefundTender("CASH", 200))
    sold = sale(line(quantity=2, unit_price=10_700), tenders=[qr(10_000), cash(11_400)])
    (part, _) = given_back(sold, back(1), back(1), rules=RefundRules(rounding=NEAREST))
    assert part.tenders == (RefundTender("QR_MOMO", 10_000, number(8)), RefundTender("CASH", 500))


def test_rounding_up_beside_a_provider_never_pays_out_more_than_is_left() -> None:
    sold = sale(line(unit_price=20_300), line("tea", 1, 100, n=2), tenders=[qr(20_000), cash(400)])
    parts = given_back(sold, back(1), back(0, 1), rules=RefundRules(rounding=NEAREST))
    assert [[tender.amount for tender in part.tenders] for part in parts] == [[20_000, 400], []]


# ------------------------------------------------------------------------------ without a receipt


def without_receipt(rules: RefundRules = RULES, *, limit: int | None = None, **how: Any) -> RefundRecorded:
    totals = total_of([line(quantity=2, unit_price=10_150), line("rice", n=2, unit_price=5_000)], True)
    return refund_without_receipt(
        totals,
        counter(**how),
        replace(rules, limit_without_receipt=limit),
        refund_id=number(9),
        currency="VND",
        prices_include_tax=True,
    )


def test_without_a_receipt_goods_go_back_at_todays_price_in_cash() -> None:
    part = without_receipt(RefundRules(rounding=NEAREST), limit=25_300)
    assert (part.transaction_id, part.total_amount, part.rounding_amount) == (None, 25_300, 200)
    assert part.tenders == (RefundTender("CASH", 25_500),)
    assert [(item.quantity, item.restock) for item in part.lines] == [(2, True), (1, True)]
    assert (part.refund_id, part.store_id, part.terminal_id) == (number(9), "STORE_001", "POS_01")
    assert (part.business_date, part.refunded_at, part.refunded_by) == (TODAY, AT, "minh")
    assert (part.currency, part.prices_include_tax, part.receipt_number) == ("VND", True, None)
    assert part.reason == "customer changed their mind"
    assert RefundRecorded.from_body(part.to_body()) == part
    yes = approval(Permission.REFUND_WITHOUT_RECEIPT, 25_300)
    assert without_receipt(role=Role.CASHIER, approval=yes, receipt_number="R-1").approval == yes
    assert without_receipt(receipt_number="R-1").receipt_number == "R-1"


def test_goods_worth_nothing_give_nothing_back() -> None:
    totals = total_of([line(unit_price=0)], True)
    part = refund_without_receipt(
        totals, counter(), RULES, refund_id=number(9), currency="VND", prices_include_tax=True
    )
    assert (part.total_amount, part.tenders) == (0, ())


def test_without_a_receipt_there_are_limits() -> None:
    with pytest.raises(ReceiptNeeded) as refused:
        without_receipt(limit=25_299)
    assert refused.value.detail == {"amount": 25_300, "limit_amount": 25_299}
    with pytest.raises(ApprovalNeeded) as needed:
        without_receipt(role=Role.CASHIER)
    assert needed.value.detail == {"permission": "refund without receipt", "amount": 25_300}
    with pytest.raises(ReasonNeeded):
        without_receipt(reason="")
    with pytest.raises(NotRefundable):
        without_receipt(RefundRules(final_categories=frozenset({"drinks"})))
    nothing = total_of([], True)
    with pytest.raises(NothingToRefund):
        refund_without_receipt(
            nothing, counter(), RULES, refund_id=number(9), currency="VND", prices_include_tax=True
        )


# ------------------------------------------------------------------------------------------- void


def test_a_void_gives_every_tender_back_the_way_it_came() -> None:
    sold = sale(line(quantity=3), tenders=[cash(5_000, 1), qr(18_000), cash(7_000, 2)])
    voided = void(sold, [], counter())
    assert voided.tenders == (RefundTender("QR_MOMO", 18_000, number(8)), RefundTender("CASH", 12_000))
    assert (voided.amount, voided.voided_by, voided.approved_by) == (30_000, "minh", "minh")
    assert (voided.transaction_id, voided.terminal_id) == (sold.transaction_id, "POS_01")
    assert (voided.store_id, voided.business_date, voided.voided_at) == ("STORE_001", TODAY, AT)
    assert voided.reason == "customer changed their mind"
    assert state_of(sold, [voided]) is SaleState.VOID
    assert void(sale(tenders=[qr(10_000)]), [], counter()).tenders == (
        RefundTender("QR_MOMO", 10_000, number(8)),
    )


def test_a_void_is_for_the_same_day_for_a_whole_sale_and_for_a_manager() -> None:
    sold = sale(line(quantity=2))
    tomorrow = counter(business_date=TODAY + timedelta(days=1))
    assert refused_by(lambda: void(sold, [], tomorrow)).detail == {"business_date": "2026-11-22"}
    assert isinstance(refused_by(lambda: void(sold, [], tomorrow)), VoidTooLate)
    part = given_back(sold, back(1))
    after = refused_by(lambda: void(sold, part, counter()))
    assert isinstance(after, VoidAfterRefund)
    assert after.detail == {"transaction_id": str(sold.transaction_id)}
    whole = given_back(sold, back(2))
    assert isinstance(refused_by(lambda: void(sold, whole, counter())), DeedNotAllowed)
    voided = void(sold, [], counter())
    assert isinstance(refused_by(lambda: void(sold, [voided], counter())), DeedNotAllowed)
    again = refused_by(lambda: refund(sold, [voided], back(1), counter(), RULES, refund_id=number(9)))
    assert isinstance(again, DeedNotAllowed)
    cashier = counter(Role.CASHIER, employee_id="lan")
    assert refused_by(lambda: void(sold, [], cashier)).detail == {"permission": "void", "amount": 20_000}
    yes = counter(Role.CASHIER, employee_id="lan", approval=approval(Permission.VOID))
    assert void(sold, [], yes).approved_by == "minh"
    assert isinstance(refused_by(lambda: void(sold, [], counter(reason=""))), ReasonNeeded)


# ------------------------------------------------------------------------------------------- laws

rates = st.sampled_from([Decimal("0.05"), Decimal("0.08"), Decimal("0.1")])
roundings = st.sampled_from([EXACT, DOWN, NEAREST])


@st.composite
def sales(draw: st.DrawFn) -> SaleRecorded:
    lines = []
    for n in range(1, draw(st.integers(1, 4)) + 1):
        unit = draw(st.sampled_from(Unit))
        quantity = draw(st.integers(1, 9 if unit is Unit.PIECE else 2_000))
        item = line(f"sku{n}", quantity, draw(st.integers(0, 50_000)), n=n, unit=unit, tax_rate=draw(rates))
        lines.append(replace(item, line_discount=draw(st.integers(0, item.line_subtotal))))
    inclusive = draw(st.booleans())
    total = total_of(lines, inclusive).total_amount
    by_qr = draw(st.integers(0, total))
    rest = total - by_qr
    rounding = draw(roundings).rounded(rest) - rest
    tenders = [qr(by_qr)] if by_qr else []
    if rest + rounding or not tenders:
        tenders.append(cash(rest + rounding))
    return sale(*lines, tenders=tenders, prices_include_tax=inclusive, rounding_amount=rounding)


def paid(sold: SaleRecorded) -> int:
    return sum(tender.amount for tender in sold.tenders)


def paid_back(parts: list[RefundRecorded]) -> int:
    return sum(tender.amount for part in parts for tender in part.tenders)


@given(sales(), roundings)
def test_refunding_all_returns_the_exact_payment(sold: SaleRecorded, rounding: CashRounding) -> None:
    part = refund_all(sold, [], counter(), RefundRules(rounding=rounding), refund_id=number(9))
    assert part.refund_id == number(9)
    assert part.total_amount == sold.totals.total_amount
    assert part.tax_amount == sold.totals.tax_amount
    assert part.discount_amount == sold.totals.discount_amount
    assert paid_back([part]) == paid(sold)
    assert part.rounding_amount == sold.rounding_amount
    by_method = {t.payment_method: t.amount for t in part.tenders}
    assert by_method == {t.payment_method: t.amount for t in sold.tenders if t.amount}


@given(sales(), roundings, st.data())
def test_no_number_of_parts_gives_more_than_was_paid_and_all_parts_give_all(
    sold: SaleRecorded, rounding: CashRounding, data: st.DataObject
) -> None:
    rules = RefundRules(rounding=rounding)
    done: list[RefundRecorded] = []
    for n in range(6):
        some = [
            BroughtBack(left.rung.line.line_item_id, data.draw(st.integers(1, left.quantity)))
            for left in left_of(sold, done)
            if left.quantity and data.draw(st.booleans())
        ]
        if not some:
            continue
        how = counter(as_cash=data.draw(st.booleans()))
        part = refund(sold, done, some, how, rules, refund_id=number(100 + n))
        assert part.total_amount >= 0
        assert all(tender.amount > 0 for tender in part.tenders)
        assert all(item.line_discount >= 0 <= item.line_total for item in part.lines)
        done.append(part)
        assert paid_back(done) <= paid(sold)
        assert read_fact("RefundRecorded", 1, part.to_body()) == part
    if state_of(sold, done) is SaleState.PAID:
        done.append(refund_all(sold, done, counter(), rules, refund_id=number(99)))
    assert state_of(sold, done) is SaleState.REFUNDED
    assert paid_back(done) == paid(sold)
    for name in ("subtotal", "discount_amount", "tax_amount", "total_amount"):
        assert sum(getattr(part, name) for part in done) == getattr(sold.totals, name)
    assert sum(part.rounding_amount for part in done) == sold.rounding_amount


@given(sales())
def test_a_voids_tenders_are_the_payment(sold: SaleRecorded) -> None:
    assert sum(tender.amount for tender in void(sold, [], counter()).tenders) == paid(sold)


def test_a_refund_whose_figures_were_changed_is_noticed() -> None:
    body = given_back(sale(line(quantity=2)), back(1))[0].to_body()
    for field in ("subtotal", "discount_amount", "tax_amount", "total_amount"):
        with pytest.raises(FactDoesNotAddUp) as refused:
            RefundRecorded.from_body({**body, field: body[field] + 1})
        assert refused.value.detail["field"] == field
    tender = {**body["tenders"][0], "amount": 1}
    with pytest.raises(FactDoesNotAddUp):
        RefundRecorded.from_body({**body, "tenders": [tender]})
