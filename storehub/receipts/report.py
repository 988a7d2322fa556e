"""X and Z reports as rows, for paper."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection

from retail.calendar import StoreCalendar
from retail.completeness import CompletenessLine
from retail.figures import figure_text, rate_text
from retail.money import currency_of
from retail.receipt import StoreCard
from retail.shift import ShiftFigures, figures_by_day, figures_of
from retail.shift_facts import ShiftClosed
from storehub.catalog.queries import chain_rules, store_card
from storehub.printers.job import Edition
from storehub.receipts.layout import Centred, Code, Pair, Row, Rule, Weight, clean, edition_rows
from storehub.receipts.wording import Wording
from storehub.shifts.queries import Shift, completeness_of, facts_of, shift_of

Figure = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class ShiftReport:
    """The figures of a shift as of `at`; a Z has its closing and the line that proves it."""

    store: StoreCard
    calendar: StoreCalendar
    shift: Shift
    figures: ShiftFigures
    days: Mapping[date, ShiftFigures]
    at: datetime
    blind: bool = False
    closed: ShiftClosed | None = None
    line: CompletenessLine | None = None


def report_now(tx: Connection, shift_id: UUID, at: datetime, *, blind: bool) -> ShiftReport:
    """The Z of a closed shift, the X of an open one; raises `ShiftNotFound`."""
    shift = shift_of(tx, shift_id)
    facts = facts_of(tx, shift)
    closed = facts[-1] if facts and isinstance(facts[-1], ShiftClosed) else None
    return ShiftReport(
        store=store_card(tx, shift.store_id),
        calendar=chain_rules(tx).calendar,
        shift=shift,
        figures=figures_of(facts),
        days=figures_by_day(facts),
        at=closed.closed_at if closed else at,
        blind=blind and closed is None,
        closed=closed,
        line=completeness_of(tx, shift) if closed else None,
    )


@dataclass(frozen=True, slots=True)
class _Words:
    """What only reports say."""

    z: str
    x: str
    opened: str
    closed: str
    as_of: str
    closed_by: str
    sales: str
    refunds: str
    voids: str
    blind: str
    turnover: str
    discounts: str
    refunded: str
    voided: str
    paid_back: str
    float_amount: str
    cash_back: str
    pay_in: str
    pay_out: str
    safe_drop: str
    expected: str
    counted: str
    over_short: str
    receipts: str
    chain: str


_VIETNAMESE = _Words(
    z="BÁO CÁO Z",
    x="BÁO CÁO X",
    opened="Mở ca",
    closed="Đóng ca",
    as_of="Lúc",
    closed_by="Người đóng",
    sales="Số đơn bán",
    refunds="Số lần hoàn",
    voids="Số đơn hủy",
    blind="Tiền trong ngăn chỉ in sau khi đếm.",
    turnover="Doanh thu",
    discounts="Đã giảm giá",
    refunded="Đã hoàn",
    voided="Đã hủy",
    paid_back="trả lại",
    float_amount="Tiền đầu ca",
    cash_back="Trả lại tiền mặt",
    pay_in="Nộp tiền vào",
    pay_out="Chi tiền ra",
    safe_drop="Cất vào két sắt",
    expected="Phải có trong ngăn",
    counted="Đã đếm",
    over_short="Thừa (+) / thiếu (−)",
    receipts="Phiếu",
    chain="Số ghi · mã kiểm",
)
_ENGLISH = _Words(
    z="Z REPORT",
    x="X REPORT",
    opened="Opened",
    closed="Closed",
    as_of="As of",
    closed_by="Closed by",
    sales="Sales",
    refunds="Refunds",
    voids="Voids",
    blind="What is in the drawer is printed after the count.",
    turnover="Turnover",
    discounts="Discounts",
    refunded="Refunded",
    voided="Voided",
    paid_back="paid back",
    float_amount="Float",
    cash_back="Cash paid back",
    pay_in="Pay in",
    pay_out="Pay out",
    safe_drop="Safe drop",
    expected="Expected in the drawer",
    counted="Counted",
    over_short="Over (+) / short (−)",
    receipts="Receipts",
    chain="Record · proof",
)


def report_rows(report: ShiftReport, words: Wording, edition: Edition) -> Iterator[Row]:
    """Everything the report says, from the top to the bottom; raises `UnknownCurrency`."""
    currency, own = currency_of(report.shift.currency), _ENGLISH if words.language == "en" else _VIETNAMESE

    def figure(amount: int) -> str:
        return figure_text(amount, currency, words.language)

    yield from _head(report, words, own, edition)
    yield Rule()
    figures = report.figures
    yield Pair(own.sales, str(figures.sales_count))
    yield Pair(own.refunds, str(figures.refunds_count))
    yield Pair(own.voids, str(figures.voids_count))
    yield Rule()
    if report.blind:
        yield Centred(own.blind, Weight.SMALL)
        return
    yield from _money(figures, words, own, figure)
    yield Rule()
    yield from _drawer(figures, words, own, figure)
    if report.closed is not None:
        yield from _count(report.closed, words, own, figure)
    if len(report.days) > 1:
        yield Rule()
        for day, of_day in report.days.items():
            yield Pair(f"{day:%d/%m/%Y} × {of_day.sales_count}", figure(of_day.sales_amount), Weight.SMALL)
    if report.line is not None:
        yield Rule()
        yield from _proof(report.line, own, figure)


def _head(report: ShiftReport, words: Wording, own: _Words, edition: Edition) -> Iterator[Row]:
    shift, local = report.shift, report.calendar.local
    yield Centred(clean(report.store.name), Weight.TITLE)
    yield Centred(own.z if report.closed else own.x, Weight.HEADING)
    yield from edition_rows(words, edition)
    cashier = f"{words.cashier}: {clean(shift.cashier_id)}"
    yield Pair(cashier, f"{words.terminal}: {shift.terminal_id}", Weight.SMALL)
    yield Pair(own.opened, local(shift.opened_at).strftime(words.moment), Weight.SMALL)
    until = own.closed if report.closed else own.as_of
    yield Pair(until, local(report.at).strftime(words.moment), Weight.SMALL)
    if report.closed is not None and report.closed.closed_by != shift.cashier_id:
        yield Pair(own.closed_by, clean(report.closed.closed_by), Weight.SMALL)


def _money(figures: ShiftFigures, words: Wording, own: _Words, figure: Figure) -> Iterator[Row]:
    yield Pair(own.turnover, figure(figures.sales_amount), Weight.STRONG)
    for label, amount in (
        (own.discounts, figures.discount_amount),
        (own.refunded, figures.refund_amount),
        (own.voided, figures.void_amount),
        (words.rounding, figures.rounding_amount),
    ):
        if amount:
            yield Pair(label, figure(amount))
    for rate, amount in figures.tax_amounts:
        yield Pair(f"{words.tax_added} {rate_text(rate, words.language)}", figure(amount), Weight.SMALL)
    for row in figures.tenders:
        name = words.tenders.get(row.payment_method, row.payment_method)
        yield Pair(f"{name} × {row.sales_count}", figure(row.sales_amount))
        if row.refund_amount:
            yield Pair(f"{own.paid_back} × {row.refund_count}", figure(-row.refund_amount), indented=True)


def _drawer(figures: ShiftFigures, words: Wording, own: _Words, figure: Figure) -> Iterator[Row]:
    cash = figures.cash
    for label, amount in (
        (own.float_amount, figures.float_amount),
        (words.tenders[cash.payment_method], cash.sales_amount),
        (own.cash_back, -cash.refund_amount),
        (own.pay_in, figures.pay_in),
        (own.pay_out, -figures.pay_out),
        (own.safe_drop, -figures.safe_drop),
    ):
        if amount:
            yield Pair(label, figure(amount))
    yield Pair(own.expected, figure(figures.expected_amount), Weight.STRONG)


def _count(closed: ShiftClosed, words: Wording, own: _Words, figure: Figure) -> Iterator[Row]:
    for note, count in closed.counted:
        yield Pair(f"{figure(note)} × {count}", figure(note * count), Weight.SMALL, indented=True)
    yield Pair(own.counted, figure(closed.counted_amount), Weight.STRONG)
    yield Pair(own.over_short, figure(closed.over_short), Weight.TOTAL)
    if closed.reason:
        yield Pair(f"{words.reason}: {clean(closed.reason)}", weight=Weight.SMALL)
    if closed.approval is not None:
        yield Pair(f"{words.approved_by}: {clean(closed.approval.approved_by)}", weight=Weight.SMALL)


def _proof(line: CompletenessLine, own: _Words, figure: Figure) -> Iterator[Row]:
    receipts = f"{line.first_receipt} … {line.last_receipt}" if line.sales_count else "-"
    yield Pair(f"{own.receipts}: {receipts}", weight=Weight.SMALL)
    yield Pair(f"{own.sales} × {line.sales_count}", figure(line.sales_amount), Weight.SMALL)
    yield Pair(own.chain, f"{line.sequence} · {line.head}", Weight.STRONG)
    yield Code(f"{line.sequence}-{line.head}")
