"""Shifts: what the drawer must hold, what X and Z say, and a business day that is cut in passing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail.approval import ApprovalDoesNotCover, ApprovalNeeded, ReasonNeeded
from retail.cash import BadCashCount
from retail.facts import Fact, InventoryAdjusted, SaleRecorded, ShiftClosed
from retail.money import AMOUNT_LIMIT
from retail.payment import VND_NOTES, BadAmount
from retail.reading import FactDoesNotAddUp
from retail.refund import BroughtBack, RefundRules, refund, refund_all, void
from retail.shift import (
    DrawerDiffers,
    Handover,
    ShiftFigures,
    ShiftNotOpen,
    ShiftStillOpen,
    TenderFigures,
    close_shift,
    figures_by_day,
    figures_of,
    move_cash,
    open_shift,
)
from retail.shift_facts import CashMove
from retail.staff import Permission, Role
from tests.make_returns import (
    AT,
    TODAY,
    approval,
    cash,
    cash_moved,
    counter,
    line,
    number,
    qr,
    sale,
    shift_opened,
)

RULES = RefundRules()
TOMORROW = TODAY + timedelta(days=1)
LAN = Handover("lan", Role.CASHIER, AT, TODAY)


def a_shift() -> list[Fact]:
    """One of everything that can happen at a drawer."""
    rice = line("rice", 1, 21_000, n=2, tax_rate=Decimal("0.05"), line_discount=1_000)
    first = sale(line("cola", 2), rice, tenders=[cash(15_000), qr(25_000)], n=1)
    second = sale(line("cola", 3, 10_100), n=2, rounding_amount=-300)
    third = sale(line("cola", 1), tenders=[qr(10_000)], n=3)
    part = refund(first, [], [BroughtBack(number(1), 1)], counter(as_cash=True), RULES, refund_id=number(9))
    return [
        shift_opened(500_000),
        first,
        cash_moved(CashMove.PAY_IN, 100_000),
        second,
        part,
        third,
        void(third, [], counter()),
        cash_moved(CashMove.PAY_OUT, 20_000),
        cash_moved(CashMove.SAFE_DROP, 400_000),
    ]


def close(facts: list[Fact], count: dict[int, int], handover: Handover = LAN, limit: int = 0) -> ShiftClosed:
    return close_shift(facts, count, handover, denominations=VND_NOTES, difference_limit=limit)


def test_the_drawer_must_hold_float_and_cash_sales_less_what_went_out() -> None:
    figures = figures_of(a_shift())
    assert figures.cash == TenderFigures("CASH", 2, 45_000, 1, 10_000)
    assert figures.expected_amount == 500_000 + 45_000 - 10_000 + 100_000 - 20_000 - 400_000


def test_the_figures_name_everything_a_z_report_shows() -> None:
    assert figures_of(a_shift()).to_body(blind=False) == {
        "sales_count": 3,
        "refunds_count": 1,
        "voids_count": 1,
        "first_receipt": "POS_01-000001",
        "last_receipt": "POS_01-000003",
        "float_amount": 500_000,
        "sales_amount": 80_300,
        "discount_amount": 1_000,
        "rounding_amount": -300,
        "refund_amount": 10_000,
        "void_amount": 10_000,
        "pay_in": 100_000,
        "pay_out": 20_000,
        "safe_drop": 400_000,
        "expected_amount": 215_000,
        "tenders": [
            {
                "payment_method": "CASH",
                "sales_count": 2,
                "sales_amount": 45_000,
                "refund_count": 1,
                "refund_amount": 10_000,
            },
            {
                "payment_method": "QR_MOMO",
                "sales_count": 2,
                "sales_amount": 35_000,
                "refund_count": 1,
                "refund_amount": 10_000,
            },
        ],
        "taxes": [
            {"tax_rate": "0.05", "tax_amount": 952},
            {"tax_rate": "0.08", "tax_amount": 1_481 + 2_244 + 741 - 741},
        ],
    }


def test_a_blind_report_does_not_say_what_to_count() -> None:
    body = figures_of(a_shift()).to_body(blind=True)
    assert sorted(body) == ["first_receipt", "last_receipt", "refunds_count", "sales_count", "voids_count"]


def test_refunds_take_back_their_own_rounding() -> None:
    sold = sale(line("cola", 1, 10_300), rounding_amount=-300)
    back = refund_all(sold, [], counter(), RULES, refund_id=number(9))
    figures = figures_of([sold, back])
    assert (figures.rounding_amount, figures.expected_amount) == (0, 0)


def test_a_void_that_does_not_say_how_is_taken_as_the_sale_was_paid_or_as_cash() -> None:
    sold = sale(tenders=[qr(10_000)])
    silent = replace(void(sold, [], counter()), tenders=())
    assert figures_of([sold, silent]).expected_amount == 0
    assert figures_of([silent]).expected_amount == -10_000
    assert figures_by_day([sold, silent])[TODAY].expected_amount == 0


def test_a_void_gives_the_rounding_of_its_sale_back() -> None:
    sold = sale(line("cola", 1, 10_300), rounding_amount=-300)
    gone = void(sold, [], counter())
    for voided in (gone, replace(gone, tenders=())):
        figures = figures_of([sold, voided])
        assert (figures.void_amount, figures.rounding_amount, figures.expected_amount) == (10_300, 0, 0)


def test_a_shift_without_a_sale_has_figures_too() -> None:
    figures = figures_of([shift_opened(500_000)])
    assert figures == ShiftFigures(float_amount=500_000)
    assert (figures.cash, figures.expected_amount) == (TenderFigures("CASH"), 500_000)
    stock = InventoryAdjusted("STORE_001", "cola", "MANUAL", 1, "found", None, AT, "lan")
    assert figures_of([stock]) == ShiftFigures()


def test_opening_takes_a_free_drawer_and_a_possible_float() -> None:
    opened = shift_opened(0)
    assert open_shift(opened, None) is opened
    with pytest.raises(ShiftStillOpen) as refused:
        open_shift(opened, shift_opened())
    assert refused.value.detail == {"cashier_id": "lan", "opened_at": AT.isoformat()}
    assert open_shift(shift_opened(AMOUNT_LIMIT), None).float_amount == AMOUNT_LIMIT
    for wrong in (-1, AMOUNT_LIMIT + 1):
        with pytest.raises(BadAmount) as bad:
            open_shift(shift_opened(wrong), None)
        assert bad.value.detail == {"amount": wrong}


def test_a_cashier_brings_money_to_the_safe_and_a_manager_moves_it_otherwise() -> None:
    drop = cash_moved(CashMove.SAFE_DROP, 1, reason=" evening  drop ")
    assert move_cash(drop, Role.CASHIER).reason == "evening drop"
    for kind in (CashMove.PAY_IN, CashMove.PAY_OUT):
        moved = cash_moved(kind, 50_000)
        assert move_cash(moved, Role.MANAGER) == moved
        with pytest.raises(ApprovalNeeded) as refused:
            move_cash(moved, Role.CASHIER)
        assert refused.value.detail == {"permission": "move cash", "amount": 50_000}
        yes = replace(moved, approval=approval(Permission.MOVE_CASH, 50_000))
        assert move_cash(yes, Role.CASHIER) == yes
    with pytest.raises(ReasonNeeded):
        move_cash(replace(drop, reason=" "), Role.CASHIER)
    most = cash_moved(CashMove.SAFE_DROP, AMOUNT_LIMIT)
    assert move_cash(most, Role.CASHIER) == most
    for amount in (0, -1, AMOUNT_LIMIT + 1):
        with pytest.raises(BadAmount) as bad:
            move_cash(cash_moved(CashMove.SAFE_DROP, amount), Role.CASHIER)
        assert bad.value.detail == {"amount": amount}


def test_a_count_that_fits_closes_the_shift() -> None:
    closed = close(a_shift(), {100_000: 2, 10_000: 1, 5_000: 1})
    assert closed.counted == ((100_000, 2), (10_000, 1), (5_000, 1))
    assert (closed.counted_amount, closed.expected_amount, closed.over_short) == (215_000, 215_000, 0)
    assert (closed.sales_count, closed.sales_amount) == (3, 80_300)
    assert (closed.first_receipt, closed.last_receipt) == ("POS_01-000001", "POS_01-000003")
    assert (closed.shift_id, closed.cashier_id, closed.closed_by) == (number(500), "lan", "lan")
    assert (closed.terminal_id, closed.store_id, closed.business_date) == ("POS_01", "STORE_001", TODAY)


def test_a_difference_beyond_the_limit_needs_somebody_who_may_accept_it() -> None:
    short = {100_000: 2, 10_000: 1}
    assert close(a_shift(), short, limit=5_000).over_short == -5_000
    with pytest.raises(DrawerDiffers) as refused:
        close(a_shift(), short, limit=4_999)
    assert refused.value.detail == {}, "the count stays blind"
    over = {100_000: 2, 10_000: 2}
    with pytest.raises(DrawerDiffers):
        close(a_shift(), over, limit=4_999)
    yes = replace(LAN, approval=approval(Permission.ACCEPT_DIFFERENCE, 5_000), reason="a  torn note")
    assert close(a_shift(), short, yes).reason == "a torn note"
    assert close(a_shift(), short, yes).approval == yes.approval
    with pytest.raises(ReasonNeeded):
        close(a_shift(), short, replace(yes, reason=""))
    small = replace(yes, approval=approval(Permission.ACCEPT_DIFFERENCE, 4_999))
    with pytest.raises(ApprovalDoesNotCover):
        close(a_shift(), short, small)


def test_somebody_elses_shift_is_closed_by_a_manager() -> None:
    count = {100_000: 2, 10_000: 1, 5_000: 1}
    hoa = replace(LAN, employee_id="hoa")
    with pytest.raises(ApprovalNeeded) as refused:
        close(a_shift(), count, hoa)
    assert refused.value.detail == {"permission": "close shift of others", "amount": 0}
    yes = approval(Permission.CLOSE_SHIFT_OF_OTHERS, 0)
    assert close(a_shift(), count, replace(hoa, approval=yes, reason="Lan is ill")).reason == "Lan is ill"
    minh = replace(LAN, employee_id="minh", role=Role.MANAGER)
    assert close(a_shift(), count, minh).closed_by == "minh"
    assert close(a_shift(), {}, replace(minh, reason="robbed")).over_short == -215_000


def test_only_an_open_shift_can_be_closed_and_only_with_real_notes() -> None:
    facts = a_shift()
    count = {100_000: 2, 10_000: 1, 5_000: 1}
    for wrong in (facts[1:], [*facts, close(facts, count)], [shift_opened(), *facts]):
        with pytest.raises(ShiftNotOpen):
            close(wrong, count)
    with pytest.raises(BadCashCount):
        close(facts, {215_000: 1})


def test_a_closing_whose_figures_were_changed_is_noticed() -> None:
    body = close(a_shift(), {100_000: 2, 10_000: 1, 5_000: 1}).to_body()
    assert (body["counted_amount"], body["over_short"]) == (215_000, 0)
    for field in ("counted_amount", "over_short"):
        with pytest.raises(FactDoesNotAddUp):
            ShiftClosed.from_body({**body, field: body[field] + 1})


def test_a_sale_after_the_cut_is_booked_on_the_new_day_while_the_till_goes_on() -> None:
    night = sale(n=1)
    morning = sale(line(quantity=2), n=2, business_date=TOMORROW)
    back = refund_all(night, [], counter(business_date=TOMORROW), RULES, refund_id=number(9))
    days = figures_by_day([shift_opened(500_000), night, morning, back])
    assert list(days) == [TODAY, TOMORROW]
    assert (days[TODAY].sales_amount, days[TODAY].float_amount) == (10_000, 500_000)
    assert (days[TOMORROW].sales_amount, days[TOMORROW].refund_amount) == (20_000, 10_000)
    assert days[TOMORROW].float_amount == 0


# ------------------------------------------------------------------------------------------- laws


@st.composite
def shifts(draw: st.DrawFn) -> list[Fact]:
    facts: list[Fact] = [shift_opened(draw(st.integers(0, 10**6)))]
    open_sales: list[SaleRecorded] = []
    for n in range(1, draw(st.integers(0, 8)) + 1):
        day = draw(st.sampled_from([TODAY, TOMORROW]))
        deed = draw(st.sampled_from(["sale", "refund", "void", "move"]))
        if deed == "move":
            kind, amount = draw(st.sampled_from(CashMove)), draw(st.integers(1, 10**5))
            facts.append(cash_moved(kind, amount, 600 + n, business_date=day))
        elif deed == "sale" or not open_sales:
            item = line(quantity=draw(st.integers(1, 3)), unit_price=draw(st.integers(1, 9_999)), n=n)
            due = item.line_subtotal
            part = draw(st.integers(0, due))
            rounding = draw(st.integers(-min(part, 400), 400))
            tenders = [cash(part), qr(due - part)] if 0 < part < due else [cash(due + rounding)]
            rounding = sum(tender.amount for tender in tenders) - due
            sold = sale(item, tenders=tenders, n=n, business_date=day, rounding_amount=rounding)
            open_sales.append(sold)
            facts.append(sold)
        else:
            sold = open_sales.pop()
            who = counter(business_date=max(day, sold.business_date), as_cash=draw(st.booleans()))
            if deed == "refund":
                facts.append(refund_all(sold, [], who, RULES, refund_id=number(900 + n)))
            else:
                facts.append(void(sold, [], replace(who, business_date=sold.business_date)))
    return facts


SUMS = (
    *("float_amount", "sales_count", "sales_amount", "discount_amount", "rounding_amount", "refunds_count"),
    *("refund_amount", "voids_count", "void_amount", "pay_in", "pay_out", "safe_drop", "expected_amount"),
)


def drawer(facts: list[Fact]) -> int:
    """The drawer's content, counted note by note as it happens."""
    content = 0
    for fact in facts:
        body = fact.to_body()
        gains = {"SaleRecorded": 1, "RefundRecorded": -1, "TransactionVoided": -1}.get(fact.event_type, 0)
        content += gains * sum(
            tender["amount"] for tender in body.get("tenders", ()) if tender["payment_method"] == "CASH"
        )
        content += body.get("float_amount", 0)
        if fact.event_type == "CashMoved":
            content += body["amount"] if body["kind"] == "PAY_IN" else -body["amount"]
    return content


@given(shifts())
def test_the_expected_amount_is_what_a_hand_counting_along_would_hold(facts: list[Fact]) -> None:
    assert figures_of(facts).expected_amount == drawer(facts)


@given(shifts())
def test_sales_and_rounding_less_what_came_back_are_the_tenders(facts: list[Fact]) -> None:
    figures = figures_of(facts)
    came_back = figures.refund_amount + figures.void_amount
    assert figures.sales_amount + figures.rounding_amount - came_back == sum(
        tender.sales_amount - tender.refund_amount for tender in figures.tenders
    )


@given(shifts())
def test_the_days_of_a_shift_add_up_to_the_shift(facts: list[Fact]) -> None:
    whole = figures_of(facts)
    days = figures_by_day(facts)
    assert list(days) == sorted(days)
    for name in SUMS:
        assert sum(getattr(day, name) for day in days.values()) == getattr(whole, name)
    taxes: dict[Decimal, int] = {}
    for day in days.values():
        for rate, amount in day.tax_amounts:
            taxes[rate] = taxes.get(rate, 0) + amount
    assert taxes == dict(whole.tax_amounts)


@given(shifts(), st.data())
def test_sums_do_not_depend_on_the_order_of_the_facts(facts: list[Fact], data: st.DataObject) -> None:
    mixed = data.draw(st.permutations(facts))
    there, here = figures_of(facts), figures_of(mixed)
    assert replace(there, first_receipt=None, last_receipt=None) == replace(
        here, first_receipt=None, last_receipt=None
    )


@given(shifts(), st.dictionaries(st.sampled_from(VND_NOTES), st.integers(0, 99)), st.integers(0, 10**7))
def test_over_and_short_is_counted_less_expected(
    facts: list[Fact], count: dict[int, int], limit: int
) -> None:
    minh = Handover("minh", Role.MANAGER, AT, TOMORROW, reason="counted twice")
    closed = close(facts, count, minh, limit)
    assert closed.over_short == sum(note * n for note, n in count.items()) - drawer(facts)
    assert ShiftClosed.from_body(closed.to_body()) == closed


def test_the_facts_of_a_shift_name_their_day() -> None:
    assert {fact.to_body()["business_date"] for fact in a_shift()} == {date(2026, 11, 22).isoformat()}
