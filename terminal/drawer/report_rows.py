"""An X or Z report as rows of paper."""

from __future__ import annotations

from retail.payment import CASH
from retail.shift import ShiftFigures, TenderFigures
from retail.shift_facts import ShiftClosed
from terminal.drawer.state import Report
from terminal.widgets.receipt_paper import Row
from terminal.wording import Wording


def rows_of(report: Report, words: Wording) -> list[Row]:
    """Everything the report says, from top to bottom; a blind one says nothing of money in the drawer."""
    rows = [*_head(report, words), Row(rule=True)]
    figures = report.figures
    rows.append(Row(words.say("report.sales"), str(figures.sales_count)))
    rows.append(Row(words.say("report.refunds"), str(figures.refunds_count)))
    rows.append(Row(words.say("report.voids"), str(figures.voids_count)))
    if report.blind:
        return [*rows, Row(rule=True), Row(words.say("report.blind"), soft=True, size=14, middle=True)]
    rows += [Row(rule=True), *_money(figures, words), Row(rule=True), *_tenders(figures, words)]
    rows += [Row(rule=True), *_drawer(report, words)]
    if len(report.days) > 1:
        rows += [Row(rule=True), *_days(report, words)]
    if report.line is not None:
        rows += [Row(rule=True), *_proof(report, words)]
    return rows


def _head(report: Report, words: Wording) -> list[Row]:
    shift, closed = report.shift, report.closed
    title = "report.z" if closed is not None else "report.x"
    rows = [
        Row(words.say(title), size=20, bold=True, middle=True),
        Row(f"{shift.terminal_id} · {shift.cashier_id}", size=14, soft=True, middle=True),
        Row(words.say("report.opened"), words.day_and_moment(shift.opened_at), size=14, soft=True),
    ]
    if closed is None:
        return [*rows, Row(words.say("report.as-of"), words.day_and_moment(report.at), size=14, soft=True)]
    rows.append(Row(words.say("report.closed"), words.day_and_moment(closed.closed_at), size=14, soft=True))
    if closed.closed_by != closed.cashier_id:
        rows.append(Row(words.say("report.closed-by"), closed.closed_by, size=14, soft=True))
    return rows


def _money(figures: ShiftFigures, words: Wording) -> list[Row]:
    rows = [Row(words.say("report.turnover"), words.figure(figures.sales_amount), bold=True)]
    for code, amount in (
        ("report.discounts", figures.discount_amount),
        ("report.refunded", figures.refund_amount),
        ("report.voided", figures.void_amount),
    ):
        if amount:
            rows.append(Row(words.say(code), words.figure(amount)))
    if figures.rounding_amount:
        rows.append(Row(words.say("receipt.rounding"), words.signed(figures.rounding_amount)))
    rows += [
        Row(words.say("total.tax-rate", rate=words.rate(rate)), words.figure(amount), size=14, soft=True)
        for rate, amount in figures.tax_amounts
    ]
    return rows


def _tenders(figures: ShiftFigures, words: Wording) -> list[Row]:
    rows: list[Row] = []
    for tender in figures.tenders:
        name = words.say(f"pay.{tender.payment_method}")
        rows.append(Row(f"{name} × {tender.sales_count}", words.figure(tender.sales_amount)))
        if tender.refund_amount:
            rows.append(_returned(tender, words))
    return rows or [Row(words.say("report.nothing-paid"), soft=True)]


def _returned(tender: TenderFigures, words: Wording) -> Row:
    left = words.say("report.paid-back", times=tender.refund_count)
    return Row(left, words.signed(-tender.refund_amount), size=14, soft=True)


def _drawer(report: Report, words: Wording) -> list[Row]:
    figures, cash = report.figures, report.figures.cash
    moves = [
        ("report.float", figures.float_amount),
        ("pay.CASH" if cash.payment_method == CASH else "report.nothing-paid", cash.sales_amount),
        ("report.cash-back", -cash.refund_amount),
        ("move.PAY_IN", figures.pay_in),
        ("move.PAY_OUT", -figures.pay_out),
        ("move.SAFE_DROP", -figures.safe_drop),
    ]
    rows = [Row(words.say(code), words.signed(amount)) for code, amount in moves if amount]
    rows.append(Row(words.say("report.expected"), words.figure(figures.expected_amount), bold=True))
    return rows if report.closed is None else [*rows, *_count(report.closed, words)]


def _count(closed: ShiftClosed, words: Wording) -> list[Row]:
    rows = [
        Row(f"{words.figure(note)} × {count}", words.figure(note * count), size=14, soft=True)
        for note, count in closed.counted
    ]
    rows.append(Row(words.say("report.counted"), words.figure(closed.counted_amount), bold=True))
    difference = closed.over_short
    code = "report.over" if difference > 0 else "report.short" if difference else "report.even"
    rows.append(Row(words.say(code), words.signed(difference) if difference else "0", size=18, bold=True))
    if closed.reason:
        rows.append(Row(f"{words.say('report.reason')}: {closed.reason}", size=14, soft=True))
    if closed.approval is not None:
        rows.append(Row(words.say("report.approved-by"), closed.approval.approved_by, size=14, soft=True))
    return rows


def _days(report: Report, words: Wording) -> list[Row]:
    return [
        Row(
            words.say("report.day", day=words.day(day.isoformat()), sales=figures.sales_count),
            words.figure(figures.sales_amount),
            size=14,
            soft=True,
        )
        for day, figures in report.days
    ]


def _proof(report: Report, words: Wording) -> list[Row]:
    line = report.line
    assert line is not None, "a Z has its line"
    receipts = f"{line.first_receipt} … {line.last_receipt}" if line.sales_count else "–"
    return [
        Row(words.say("report.receipts"), size=14, soft=True),
        Row(receipts, middle=True),
        Row(words.say("report.line", sales=line.sales_count), words.figure(line.sales_amount)),
        Row(words.say("report.chain"), f"{line.sequence} · {line.head}", bold=True),
    ]
