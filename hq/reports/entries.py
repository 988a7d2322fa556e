"""From a fact to the rows of the books: pure, so that reading the ledger again gives the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
import structlog

from courier.decision import NOTICES, Notice
from courier.inbox import NotApplicable
from hq.reports.partner import PartnerSale, read_partner_event
from retail.basket import RungLine
from retail.calendar import StoreCalendar
from retail.discrepancy import Discrepancy
from retail.facts import (
    AccessDecided,
    CashMoved,
    Fact,
    FactDoesNotAddUp,
    FactNotReadable,
    InventoryAdjusted,
    PaymentCaptured,
    PaymentSettled,
    PriceDiscrepancyFound,
    PromotionDiscrepancyFound,
    RefundRecorded,
    SaleRecorded,
    ShiftClosed,
    ShiftOpened,
    TransactionVoided,
    read_fact,
)
from retail.quantity import Unit
from retail.refusal import Refusal
from retail.sale import SaleState
from retail.stock import AdjustmentType, movements_of_sale

log = structlog.get_logger(__name__)

YEARS = range(1990, 2101)
"""Business dates outside are a clock gone wrong, and would each make a partition."""

SOLD = AdjustmentType.SALE.value
Dated = SaleRecorded | PartnerSale | TransactionVoided | RefundRecorded | InventoryAdjusted | PaymentCaptured
TOLD = frozenset(event_type for event_type, _ in NOTICES)
Row = tuple[Any, ...]
ITEM_QUANTITY = 10
"""Place of that column in a row of `line_items`."""


Place = tuple[str, int]
"""A pipe and a position in it."""

Places = tuple[str, Sequence[int]]
"""A pipe and positions in it."""


@dataclass(slots=True)
class Posted:
    """A fact as it stands in the ledger."""

    pipe: str
    position: int
    event_id: UUID
    event_type: str
    store_id: str
    origin: str | None
    envelope: str


@dataclass(slots=True)
class Entries:
    """Rows to write, in the order of their table's columns; corrections need a look at their sale first."""

    transactions: list[Row] = field(default_factory=list)
    line_items: list[Row] = field(default_factory=list)
    payments: list[Row] = field(default_factory=list)
    payment_captures: list[Row] = field(default_factory=list)
    stock_movements: list[Row] = field(default_factory=list)
    voids: list[TransactionVoided] = field(default_factory=list)
    notices: list[tuple[Posted, Notice | Discrepancy]] = field(default_factory=list)
    refunds: list[tuple[Posted, RefundRecorded]] = field(default_factory=list)
    accesses: list[AccessDecided] = field(default_factory=list)
    of_customers: list[tuple[SaleRecorded, str, int]] = field(default_factory=list)
    """Sales that name a member or vouchers, with pipe and position of their facts."""
    sums: dict[str, tuple[int, int]] = field(default_factory=dict)
    months: set[date] = field(default_factory=set)

    def add_plain_line(self, sale_id: UUID, day: date, line_id: UUID, total: int, tax: int) -> None:
        """One line that stands for a whole sale whose own cannot be read."""
        self.line_items.append(
            (
                *(sale_id, 1, day, line_id, "", "", "", "", 1, Unit.PIECE.value, 1),
                *(total, total, total, 0, None, tax, total, None, None),
            )
        )


def enter(entries: Entries, posted: Posted, calendar: StoreCalendar) -> None:
    """Add the rows of one fact; raises `NotApplicable` with the reason for a person, and adds nothing."""
    try:
        _enter(entries, posted, calendar)
    except NotApplicable:
        raise
    except Exception as bug:
        # Ours to mend, but the stream must not stand still behind it: after a mend the books are rebuilt.
        log.exception("fact could not be entered", pipe=posted.pipe, position=posted.position)
        raise NotApplicable("internal-error", repr(bug)) from bug


def _enter(entries: Entries, posted: Posted, calendar: StoreCalendar) -> None:
    notice = _notice(posted)
    if notice is not None:
        entries.notices.append((posted, notice))
        return
    fact = read_posted(posted, calendar)
    store_id = getattr(fact, "store_id", posted.store_id)
    if store_id != posted.store_id:
        raise NotApplicable(
            "wrong-store", f"the fact is about {store_id}, its envelope is from {posted.store_id}"
        )
    match fact:
        case PriceDiscrepancyFound() | PromotionDiscrepancyFound():
            entries.notices.append((posted, fact))
        case AccessDecided():
            entries.accesses.append(fact)
        case ShiftOpened() | CashMoved() | ShiftClosed() | PaymentSettled():
            pass  # the ledger has them; no report is made of them yet
        case _:
            _enter_of_a_day(entries, posted, fact, calendar)


def _enter_of_a_day(entries: Entries, posted: Posted, fact: Dated, calendar: StoreCalendar) -> None:
    """Add the rows of a fact that is booked on a day; raises `NotApplicable`."""
    if isinstance(fact, SaleRecorded | PartnerSale | TransactionVoided | RefundRecorded):
        day = fact.business_date
    else:
        day = calendar.business_date(
            fact.captured_at if isinstance(fact, PaymentCaptured) else fact.adjusted_at
        )
    if day.year not in YEARS:
        raise NotApplicable("implausible-date", f"business date {day}")
    match fact:
        case SaleRecorded() | PartnerSale():
            enter_sale(entries, posted, fact)
        case TransactionVoided():
            entries.voids.append(fact)
        case RefundRecorded():
            entries.refunds.append((posted, fact))
        case InventoryAdjusted():
            _enter_adjustment(entries, fact, day)
        case PaymentCaptured():
            _enter_capture(entries, posted, fact, day)
    entries.months.add(day.replace(day=1))


def _notice(posted: Posted) -> Notice | None:
    """What the courier tells of itself; None for every other fact."""
    if posted.origin is None or posted.event_type not in TOLD:
        return None
    try:
        body = orjson.loads(posted.envelope)
        return NOTICES[posted.event_type, body["version"]](body["payload"])
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as broken:
        raise NotApplicable(FactNotReadable.code, repr(broken)) from broken


def read_posted(posted: Posted, calendar: StoreCalendar) -> Fact | PartnerSale:
    """The fact as the ledger has it; raises `NotApplicable`."""
    try:
        body = orjson.loads(posted.envelope)
        if posted.origin is None:
            return read_partner_event(posted.event_id, body, calendar)
        return read_fact(posted.event_type, body["version"], body["payload"])
    except FactNotReadable as unreadable:
        raise NotApplicable(unreadable.code, str(unreadable)) from unreadable
    except Refusal as unfit:
        raise NotApplicable(FactDoesNotAddUp.code, str(unfit)) from unfit
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as broken:
        raise NotApplicable(FactNotReadable.code, repr(broken)) from broken


def enter_sale(entries: Entries, posted: Posted, sale: SaleRecorded | PartnerSale) -> None:
    """Add the rows of a sale."""
    day, sale_id, totals = sale.business_date, sale.transaction_id, sale.totals
    lines = _line_rows(sale)
    payments = _payment_rows(sale)
    movements = [
        (day, sale.store_id, moved.sku_id, moved.quantity_delta, SOLD, str(sale_id), None, sale.sold_at)
        for moved in movements_of_sale([rung.line for rung in totals.lines])
    ]
    entries.transactions.append(
        (
            sale_id,
            day,
            sale.store_id,
            sale.terminal_id,
            sale.cashier_id,
            sale.receipt_number,
            SaleState.PAID.value,
            sale.sold_at,
            sale.currency,
            sale.prices_include_tax,
            totals.subtotal,
            totals.discount_amount,
            totals.tax_amount,
            totals.total_amount,
            sum(line[ITEM_QUANTITY] for line in lines),
            sale.external_reference,
            posted.pipe,
            posted.position,
        )
    )
    entries.line_items += lines
    entries.payments += payments
    entries.stock_movements += movements
    if isinstance(sale, SaleRecorded) and (sale.member_id is not None or sale.vouchers):
        entries.of_customers.append((sale, posted.pipe, posted.position))
    if posted.origin is not None:
        count, total = entries.sums.get(posted.origin, (0, 0))
        entries.sums[posted.origin] = (count + 1, total + totals.total_amount)


def _line_rows(sale: SaleRecorded | PartnerSale) -> list[Row]:
    """The rows of `line_items`; every amount of the sale is the sum of its lines' amounts."""
    on_top = not sale.prices_include_tax
    rows = []
    for number, rung in enumerate(sale.totals.lines, start=1):
        line = rung.line
        rate: Decimal | None = line.tax_rate if isinstance(sale, SaleRecorded) else None
        rows.append(
            (
                sale.transaction_id,
                number,
                sale.business_date,
                line.line_item_id,
                line.sku_id,
                line.barcode,
                line.product_name,
                line.category,
                line.quantity,
                line.unit.value,
                1 if line.unit is Unit.GRAM else line.quantity,
                line.unit_price,
                line.list_price,
                rung.line_subtotal,
                rung.line_discount,
                rate,
                rung.tax_amount,
                rung.line_total + (rung.tax_amount if on_top else 0),
                line.override_reason,
                _promotions(rung),
            )
        )
    return rows


def _promotions(rung: RungLine) -> str | None:
    if not rung.promotions:
        return None
    return orjson.dumps([applied.to_body() for applied in rung.promotions]).decode()


def _payment_rows(sale: SaleRecorded | PartnerSale) -> list[Row]:
    return [
        (
            tender.payment_id,
            sale.business_date,
            sale.transaction_id,
            number,
            tender.payment_method,
            tender.amount,
            tender.tendered,
            tender.change,
            tender.provider,
            tender.provider_txn_id,
        )
        for number, tender in enumerate(sale.tenders, start=1)
    ]


def _enter_adjustment(entries: Entries, fact: InventoryAdjusted, day: date) -> None:
    try:
        kind = AdjustmentType(fact.adjustment_type)
    except ValueError:
        raise NotApplicable(FactNotReadable.code, f"adjustment_type {fact.adjustment_type}") from None
    if kind is AdjustmentType.SALE and fact.reference_id:
        return  # the sale it refers to brings its own movements
    entries.stock_movements.append(
        (
            day,
            fact.store_id,
            fact.sku_id,
            fact.quantity_delta,
            kind.value,
            fact.reference_id,
            fact.reason,
            fact.adjusted_at,
        )
    )


def _enter_capture(entries: Entries, posted: Posted, fact: PaymentCaptured, day: date) -> None:
    entries.payment_captures.append(
        (
            fact.payment_id,
            day,
            fact.transaction_id,
            posted.store_id,
            fact.payment_method,
            fact.amount,
            fact.provider,
            fact.provider_txn_id,
            fact.captured_at,
        )
    )


def void_movements(void: TransactionVoided, sale: Posted) -> list[Row]:
    """The goods of a voided sale are back on the shelf; `sale` is the fact that sold them."""
    fact = read_posted(sale, StoreCalendar())
    if not isinstance(fact, SaleRecorded | PartnerSale):
        raise NotApplicable("sale-not-known", f"{sale.event_type} is no sale")
    kind, reference = AdjustmentType.VOID, str(void.transaction_id)
    return [
        (
            void.business_date,
            void.store_id,
            moved.sku_id,
            moved.quantity_delta,
            kind.value,
            reference,
            void.reason,
            void.voided_at,
        )
        for moved in movements_of_sale([rung.line for rung in fact.totals.lines], kind)
    ]


def month_after(month: date) -> date:
    """The first day of the month after the one that begins on this day."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)
