"""Slips: what came back, what was charged for it, how the money went, and who said yes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from retail.calendar import StoreCalendar
from retail.quantity import Unit
from retail.receipt import StoreCard
from retail.refund import BroughtBack, RefundRules, refund, refund_without_receipt, void
from retail.refund_facts import RefundTender
from retail.slip import Slip, SlipLine, refund_slip, void_slip
from retail.staff import Permission, Role
from tests.make_returns import approval, counter, line, number, qr, sale

STORE = StoreCard("STORE_001", "Cửa hàng Lê Lợi")
CALENDAR = StoreCalendar()
RICE = line("rice", 1_500, 21_000, n=2, unit=Unit.GRAM)


def test_the_slip_of_a_refund_says_what_came_back_and_how_the_money_went() -> None:
    sold = sale(line("cola", 3), RICE, tenders=[qr(61_500)])
    back = [BroughtBack(number(1), 2), BroughtBack(number(2), 500)]
    fact = refund(
        sold,
        [],
        back,
        counter(Role.CASHIER, employee_id="lan", approval=approval(), receipt_number="POS_01-R00001"),
        RefundRules(),
        refund_id=number(9),
    )
    assert refund_slip(fact, sold, STORE, CALENDAR) == Slip(
        store=STORE,
        is_void=False,
        number="POS_01-R00001",
        sale_number="POS_01-000001",
        terminal_id="POS_01",
        made_by="lan",
        approved_by="minh",
        made_at=CALENDAR.local(fact.refunded_at),
        reason="customer changed their mind",
        currency="VND",
        lines=(SlipLine("Cola", 2, "piece", 20_000), SlipLine("Rice", 500, "gram", 10_500)),
        tax_amount=fact.tax_amount,
        total_amount=30_500,
        rounding_amount=0,
        tenders=(RefundTender("QR_MOMO", 30_500, number(8)),),
    )


def test_whoever_says_yes_to_their_own_deed_is_named_once() -> None:
    sold = sale()
    fact = refund(
        sold,
        [],
        [BroughtBack(number(1), 1)],
        counter(approval=approval()),
        RefundRules(),
        refund_id=number(9),
    )
    assert refund_slip(fact, sold, STORE, CALENDAR).approved_by is None
    assert refund_slip(replace(fact, approval=None), sold, STORE, CALENDAR).approved_by is None
    cancelled = void(sold, [], counter())
    assert void_slip(cancelled, sold, STORE, CALENDAR).approved_by is None


def test_a_slip_without_a_receipt_names_no_sale() -> None:
    fact = refund_without_receipt(
        sale().totals,
        counter(),
        RefundRules(),
        refund_id=number(9),
        currency="VND",
        prices_include_tax=True,
    )
    slip = refund_slip(fact, None, STORE, CALENDAR)
    assert (slip.sale_number, slip.total_amount, slip.lines[0].line_total) == (None, 10_000, 10_000)


def test_the_slip_of_a_void_is_the_whole_sale_with_its_rounding() -> None:
    sold = sale(line("cola", 3, 10_100), rounding_amount=-300)
    yes = approval(Permission.VOID)
    fact = void(sold, [], counter(Role.CASHIER, employee_id="lan", approval=yes))
    slip = void_slip(replace(fact, terminal_id="POS_02"), sold, STORE, CALENDAR)
    assert (slip.is_void, slip.number, slip.sale_number) == (True, None, "POS_01-000001")
    assert (slip.terminal_id, slip.made_by, slip.approved_by) == ("POS_02", "lan", "minh")
    assert slip.lines == (SlipLine("Cola", 3, "piece", 30_300),)
    assert (slip.total_amount, slip.rounding_amount) == (30_300, -300)
    assert slip.tenders == (RefundTender("CASH", 30_000),)
    assert slip.made_at == CALENDAR.local(fact.voided_at)


def test_a_void_of_a_first_till_went_back_as_it_was_paid_out_of_the_till_that_sold() -> None:
    sold = sale(line("cola", 3, 10_100), rounding_amount=-300)
    silent = replace(void(sold, [], counter()), tenders=(), terminal_id=None)
    slip = void_slip(silent, sold, STORE, CALENDAR)
    assert (slip.terminal_id, slip.rounding_amount) == ("POS_01", -300)


@pytest.mark.parametrize("prices_include_tax", [True, False])
def test_the_lines_of_a_slip_are_what_was_paid_and_add_up(*, prices_include_tax: bool) -> None:
    sold = sale(line("cola", 3), RICE, prices_include_tax=prices_include_tax)
    back = [BroughtBack(number(1), 1), BroughtBack(number(2), 1_500)]
    fact = refund(sold, [], back, counter(), RefundRules(), refund_id=number(9))
    for slip in (
        refund_slip(fact, sold, STORE, CALENDAR),
        void_slip(void(sold, [], counter()), sold, STORE, CALENDAR),
    ):
        assert sum(each.line_total for each in slip.lines) == slip.total_amount
        assert slip.tax_amount > 0
