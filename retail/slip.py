"""The slip of a refund or a void as data: what came back, how the money went, and who said yes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from retail.basket import RungLine
from retail.calendar import StoreCalendar
from retail.facts import SaleRecorded
from retail.receipt import StoreCard
from retail.refund_facts import RefundLine, RefundRecorded, RefundTender, TransactionVoided


@dataclass(frozen=True, slots=True)
class SlipLine:
    """Goods that came back, in pieces or grams, and what was charged for them in minor units."""

    product_name: str
    quantity: int
    unit: str
    line_total: int


@dataclass(frozen=True, slots=True)
class Slip:
    """Everything a slip shows; `made_at` is on the store's wall clock, amounts in minor units.

    `number` is the slip's own (a void has none), `sale_number` that of the receipt; None without one.
    """

    store: StoreCard
    is_void: bool
    number: str | None
    sale_number: str | None
    terminal_id: str
    made_by: str
    approved_by: str | None
    made_at: datetime
    reason: str
    currency: str
    lines: tuple[SlipLine, ...]
    tax_amount: int
    total_amount: int
    rounding_amount: int
    tenders: tuple[RefundTender, ...]


def refund_slip(
    fact: RefundRecorded, sale: SaleRecorded | None, store: StoreCard, calendar: StoreCalendar
) -> Slip:
    """The slip of a refund; `sale` None where there was no receipt."""
    approved_by = fact.approval.approved_by if fact.approval else None
    return Slip(
        store=store,
        is_void=False,
        number=fact.receipt_number,
        sale_number=sale.receipt_number if sale else None,
        terminal_id=fact.terminal_id,
        made_by=fact.refunded_by,
        approved_by=approved_by if approved_by != fact.refunded_by else None,
        made_at=calendar.local(fact.refunded_at),
        reason=fact.reason,
        currency=fact.currency,
        lines=tuple(_line(line, fact.prices_include_tax) for line in fact.lines),
        tax_amount=fact.tax_amount,
        total_amount=fact.total_amount,
        rounding_amount=fact.rounding_amount,
        tenders=fact.tenders,
    )


def void_slip(fact: TransactionVoided, sale: SaleRecorded, store: StoreCard, calendar: StoreCalendar) -> Slip:
    """The slip of a void: everything that was sold."""
    return Slip(
        store=store,
        is_void=True,
        number=None,
        sale_number=sale.receipt_number,
        terminal_id=fact.terminal_id or sale.terminal_id,
        made_by=fact.voided_by,
        approved_by=fact.approved_by if fact.approved_by != fact.voided_by else None,
        made_at=calendar.local(fact.voided_at),
        reason=fact.reason,
        currency=sale.currency,
        lines=tuple(_sold(rung, sale.prices_include_tax) for rung in sale.totals.lines),
        tax_amount=sale.totals.tax_amount,
        total_amount=sale.totals.total_amount,
        rounding_amount=_sum(fact.tenders, sale) - sale.totals.total_amount,
        tenders=fact.tenders,
    )


def _line(line: RefundLine, prices_include_tax: bool) -> SlipLine:
    amount = line.line_total + (0 if prices_include_tax else line.tax_amount)
    return SlipLine(line.product_name, line.quantity, line.unit.value, amount)


def _sold(rung: RungLine, prices_include_tax: bool) -> SlipLine:
    line, amount = rung.line, rung.line_total + (0 if prices_include_tax else rung.tax_amount)
    return SlipLine(line.product_name, line.quantity, line.unit.value, amount)


def _sum(tenders: Sequence[RefundTender], sale: SaleRecorded) -> int:
    """What went back; facts of tills that did not say how yet gave back what was paid."""
    return sum(tender.amount for tender in tenders) or sale.totals.total_amount + sale.rounding_amount
