"""Refunds in the books, on the day they were made; of the sale's own row only the state follows."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, select, update

from courier.inbox import NotApplicable
from hq.database import copy_in
from hq.members.points import take_points_back
from hq.reports.tables import line_items, refund_lines, refund_tenders, refunds, transactions
from hq.stock.commands import move
from retail.quantity import Unit
from retail.refund_facts import RefundLine, RefundRecorded
from retail.sale import SaleState
from retail.stock import movements_of_refund

SALE_NOT_KNOWN = "sale-not-known"
"""Why a void or a refund waits whose sale is not in the books (yet)."""


def book_refund(tx: Connection, fact: RefundRecorded, pipe: str, position: int) -> None:
    """Enter a refund; raises `NotApplicable` when it does not fit its sale."""
    sale = _sale_of(tx, fact)
    categories = _categories(tx, sale) if sale is not None else {}
    day = fact.business_date
    copy_in(
        tx,
        refunds,
        [
            (
                fact.refund_id,
                day,
                fact.transaction_id,
                fact.store_id,
                fact.terminal_id,
                sale.cashier_id if sale is not None else fact.refunded_by,
                fact.refunded_at,
                fact.refunded_by,
                fact.approval.approved_by if fact.approval else None,
                fact.reason,
                fact.tax_amount,
                fact.total_amount,
                fact.rounding_amount,
                pipe,
                position,
            )
        ],
    )
    copy_in(tx, refund_lines, _line_rows(fact, categories))
    copy_in(
        tx,
        refund_tenders,
        [
            (fact.refund_id, number, day, tender.payment_method, tender.amount)
            for number, tender in enumerate(fact.tenders, start=1)
        ],
    )
    move(
        tx,
        [
            (
                day,
                fact.store_id,
                moved.sku_id,
                moved.quantity_delta,
                moved.adjustment_type.value,
                str(fact.refund_id),
                fact.reason,
                fact.refunded_at,
            )
            for moved in movements_of_refund(fact.lines)
        ],
    )
    if sale is not None:
        move_state(tx, sale)
        take_points_back(tx, sale.id, refunded_amount(tx, sale.id))


def _line_rows(fact: RefundRecorded, categories: dict[UUID, str]) -> list[tuple[Any, ...]]:
    """Its lines as the table has them; categories are those of the sale's lines."""
    return [
        (
            fact.refund_id,
            number,
            fact.business_date,
            line.line_item_id,
            line.sku_id,
            categories.get(line.line_item_id, ""),
            line.quantity,
            line.unit.value,
            1 if line.unit is Unit.GRAM else line.quantity,
            line.tax_amount,
            _line_amount(line, fact.prices_include_tax),
            line.restock,
        )
        for number, line in enumerate(fact.lines, start=1)
    ]


def refunded_amount(tx: Connection, transaction_id: UUID) -> int:
    """What has come back of a sale so far, minor units."""
    c = refunds.c
    total = select(func.coalesce(func.sum(c.total_amount), 0)).where(c.transaction_id == transaction_id)
    return int(tx.execute(total).scalar_one())


def _sale_of(tx: Connection, fact: RefundRecorded) -> Row[*tuple[Any, ...]] | None:
    """The sale the refund is of, with room for it; None for a refund without a receipt."""
    if fact.transaction_id is None:
        return None
    c = transactions.c
    sale = tx.execute(
        select(c.id, c.business_date, c.store_id, c.cashier_id, c.status, c.total_amount).where(
            c.id == fact.transaction_id
        )
    ).one_or_none()
    if sale is None or sale.store_id != fact.store_id:
        raise NotApplicable(SALE_NOT_KNOWN, f"no sale {fact.transaction_id} of {fact.store_id}")
    if sale.status == SaleState.VOID.value:
        raise NotApplicable("already-recorded", f"sale {fact.transaction_id} is void already")
    before = refunded_amount(tx, sale.id)
    if before + fact.total_amount > sale.total_amount:
        raise NotApplicable(
            "refund-too-much",
            f"{fact.total_amount} after {before} of a sale of {sale.total_amount}",
        )
    _demand_left(tx, sale, fact)
    return sale


def _demand_left(tx: Connection, sale: Row[*tuple[Any, ...]], fact: RefundRecorded) -> None:
    """The hub holds every line to what is left of it, and its books and these must not part.

    Raises `NotApplicable`: two tills that did not hear of each other gave the same goods back.
    """
    sold_rows = tx.execute(
        select(line_items.c.line_item_id, line_items.c.quantity).where(
            line_items.c.transaction_id == sale.id, line_items.c.business_date == sale.business_date
        )
    )
    left: dict[UUID, int] = {row.line_item_id: row.quantity for row in sold_rows}
    back_rows = tx.execute(
        select(refund_lines.c.line_item_id, refund_lines.c.quantity)
        .join(
            refunds,
            (refunds.c.id == refund_lines.c.refund_id)
            & (refunds.c.business_date == refund_lines.c.business_date),
        )
        .where(refunds.c.transaction_id == sale.id)
    )
    gone = [(row.line_item_id, row.quantity) for row in back_rows]
    for line_item_id, quantity in gone + [(line.line_item_id, line.quantity) for line in fact.lines]:
        left[line_item_id] = left.get(line_item_id, 0) - quantity
    too_much = [str(line_item_id) for line_item_id, quantity in left.items() if quantity < 0]
    if too_much:
        raise NotApplicable("refund-too-much", f"more of line {too_much[0]} than was sold came back")


def _categories(tx: Connection, sale: Row[*tuple[Any, ...]]) -> dict[UUID, str]:
    c = line_items.c
    rows = tx.execute(
        select(c.line_item_id, c.category).where(
            c.transaction_id == sale.id, c.business_date == sale.business_date
        )
    )
    return {row.line_item_id: row.category for row in rows}


def move_state(tx: Connection, sale: Row[*tuple[Any, ...]]) -> None:
    """A sale all of whose goods came back is refunded."""
    sold = select(func.sum(line_items.c.quantity)).where(
        line_items.c.transaction_id == sale.id, line_items.c.business_date == sale.business_date
    )
    back = (
        select(func.sum(refund_lines.c.quantity))
        .select_from(refund_lines)
        .join(
            refunds,
            (refunds.c.id == refund_lines.c.refund_id)
            & (refunds.c.business_date == refund_lines.c.business_date),
        )
        .where(refunds.c.transaction_id == sale.id)
    )
    if tx.execute(sold).scalar_one() == tx.execute(back).scalar_one():
        tx.execute(
            update(transactions)
            .where(transactions.c.id == sale.id, transactions.c.business_date == sale.business_date)
            .values(status=SaleState.REFUNDED.value)
        )


def _line_amount(line: RefundLine, prices_include_tax: bool) -> int:
    return line.line_total + (0 if prices_include_tax else line.tax_amount)
