"""Sales made step by step through the Checkout API, and what happens to recorded ones.

A sale is a row in `transactions` from its first step on. When it is paid, its open rows make way for what
`record` writes from its fact, as for a till's sale: both doors end in the same statement.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import orjson
from sqlalchemy import Connection, delete, insert, text, update

from courier import outbox
from retail.basket import Line, RungLine, Totals, line_for
from retail.facts import SaleRecorded
from retail.label import at_label_price
from retail.loyalty import points_for
from retail.payment import Tender, settle
from retail.sale import Deed, DeedNotAllowed, SaleState, moved
from retail.voucher import redeemed
from storehub.catalog.queries import Ware
from storehub.catalog.rules import ChainRules
from storehub.database import courier, record_fact
from storehub.sales.queries import OpenSale, RingUp
from storehub.sales.record import PrintJob, Recording, record
from storehub.sales.tables import line_items, transactions

ABANDONED_AFTER = timedelta(hours=24)
CHANGE_ITEMS = "change items"


_WRITE_LINES = text("""
UPDATE line_items AS l SET quantity = r.quantity, line_subtotal = r.line_subtotal,
    line_discount = r.line_discount, line_total = r.line_total, applied_promotions = r.applied_promotions
FROM json_to_recordset(CAST(:rows AS json)) AS r(
    id uuid, quantity bigint, line_subtotal bigint, line_discount bigint, line_total bigint,
    applied_promotions jsonb)
WHERE l.id = r.id
""")


def open_sale(
    tx: Connection,
    *,
    transaction_id: UUID,
    store_id: str,
    terminal_id: str,
    cashier_id: str,
    rules: ChainRules,
    at: datetime,
) -> None:
    """Begin a sale in state DRAFT."""
    tx.execute(
        insert(transactions).values(
            id=transaction_id,
            store_id=store_id,
            terminal_id=terminal_id,
            cashier_id=cashier_id,
            status=SaleState.DRAFT.value,
            currency=rules.currency,
            prices_include_tax=rules.prices_include_tax,
            created_at=at,
            updated_at=at,
        )
    )


def add_item(
    tx: Connection,
    sale: OpenSale,
    ware: Ware,
    ring_up: RingUp,
    *,
    line_item_id: UUID,
    quantity: int,
    at: datetime,
) -> RungLine:
    """Put a line into a draft, at the price and tax rate of now.

    Raises `DeedNotAllowed`, `BadQuantity`, `ProductNotForSale`, `BasketFull`.
    """
    _demand_draft(sale)
    each = ware.pack_size if ware.quantity is None else ware.quantity
    line = line_for(
        ware.product,
        ware.price,
        ware.tax_rate,
        line_item_id=line_item_id,
        barcode=ware.barcode,
        quantity=quantity * each,
    )
    if ware.label_price is not None:
        line = at_label_price(line, ware.label_price * quantity)
    totals = ring_up(sale.basket.with_line(line))
    number = 1 + max((number for number in sale.line_numbers.values()), default=0)
    tx.execute(insert(line_items).values(_line_values(totals.lines[-1], sale, number, at)))
    _write_bill(tx, sale, totals, at)
    return totals.lines[-1]


def set_quantity(
    tx: Connection, sale: OpenSale, line_item_id: UUID, quantity: int, ring_up: RingUp, at: datetime
) -> RungLine:
    """Change a line of a draft; raises `DeedNotAllowed`, `LineNotFound`, `BadQuantity`."""
    _demand_draft(sale)
    totals = ring_up(sale.basket.with_quantity(line_item_id, quantity))
    _write_bill(tx, sale, totals, at)
    return next(rung for rung in totals.lines if rung.line.line_item_id == line_item_id)


def remove_item(tx: Connection, sale: OpenSale, line_item_id: UUID, ring_up: RingUp, at: datetime) -> None:
    """Take a line out of a draft; raises `DeedNotAllowed`, `LineNotFound`."""
    _demand_draft(sale)
    totals = ring_up(sale.basket.without_line(line_item_id))
    tx.execute(delete(line_items).where(line_items.c.id == line_item_id))
    _write_bill(tx, sale, totals, at)


def set_customer(tx: Connection, sale: OpenSale, ring_up: RingUp, at: datetime) -> OpenSale:
    """Keep who buys and the vouchers they have shown, as `sale` has them now; returns it with its new bill.

    `ring_up` is for this customer. Raises `DeedNotAllowed`.
    """
    _demand_draft(sale)
    tx.execute(
        update(transactions)
        .where(transactions.c.id == sale.transaction_id)
        .values(member_id=sale.member_id, vouchers=[each.to_body() for each in sale.vouchers] or None)
    )
    served = sale.rung_up(ring_up)
    _write_bill(tx, served, served.totals, at)
    return served


def ask_payment(tx: Connection, sale: OpenSale, ring_up: RingUp, at: datetime) -> OpenSale:
    """Let the bill stand as it is at this moment: money is asked for it. Raises `DeedNotAllowed`."""
    now = sale.rung_up(ring_up)
    _write_bill(tx, now, now.totals, at)
    return replace(now, state=change_state(tx, now, Deed.ASK_PAYMENT, at))


def change_state(tx: Connection, sale: OpenSale, deed: Deed, at: datetime) -> SaleState:
    """Move a sale that is not recorded; raises `DeedNotAllowed`."""
    state = moved(sale.state, deed)
    tx.execute(
        update(transactions)
        .where(transactions.c.id == sale.transaction_id)
        .values(status=state.value, updated_at=at)
    )
    return state


def finish(
    tx: Connection,
    sale: OpenSale,
    tenders: Sequence[Tender],
    rounding_amount: int,
    rules: ChainRules,
    *,
    tier: str = "",
    event_id: UUID,
    jobs: Callable[[SaleRecorded], Sequence[PrintJob]],
    at: datetime,
) -> SaleRecorded:
    """Record a sale that is paid for, as a fact of this hub; part of the caller's transaction.

    `tier` is the member's, for the points. Raises `DeedNotAllowed`, `Underpaid`, `Overpaid`.
    """
    totals = sale.totals
    paid_with = settle(totals.total_amount + rounding_amount, tenders)
    moved(sale.state, Deed.CONFIRM_PAYMENT)
    head = outbox.chain_head(tx, courier.origins, sale.store_id)
    fact = SaleRecorded(
        transaction_id=sale.transaction_id,
        store_id=sale.store_id,
        terminal_id=sale.terminal_id,
        cashier_id=sale.cashier_id,
        receipt_number=f"{sale.store_id}-{head.sequence + 1:06d}",
        business_date=rules.calendar.business_date(at),
        sold_at=at,
        currency=sale.basket.currency,
        prices_include_tax=sale.basket.prices_include_tax,
        lines=sale.basket.lines,
        totals=totals,
        tenders=paid_with,
        rounding_amount=rounding_amount,
        member_id=sale.member_id,
        points_earned=points_for(
            totals, rules.loyalty, tier, prices_include_tax=sale.basket.prices_include_tax
        )
        if sale.member_id is not None
        else 0,
        vouchers=redeemed(sale.vouchers, totals.applied_promotions),
    )
    drop_open(tx, sale.transaction_id)
    recorded = record_fact(
        tx, fact, store_id=sale.store_id, event_id=event_id, aggregate_id=str(sale.transaction_id), at=at
    )
    recording = Recording(recorded.envelope, fact, jobs=jobs(fact), opened_at=sale.created_at)
    record(tx, recording, recorded.position, at)
    return fact


def drop_open(tx: Connection, transaction_id: UUID) -> None:
    """Remove the rows of a sale that is not recorded, to make way for its record."""
    tx.execute(
        delete(transactions).where(transactions.c.id == transaction_id, transactions.c.completed_at.is_(None))
    )


def give_up_drafts(tx: Connection, at: datetime) -> int:
    """Void the drafts nobody has touched for a day: they hold stock. Returns how many.

    One that waits for money is left alone: its payment is followed to its end first.
    """
    column = transactions.c
    abandoned = (
        update(transactions)
        .where(column.status == SaleState.DRAFT.value, column.updated_at < at - ABANDONED_AFTER)
        .values(status=SaleState.VOID.value, updated_at=at)
    )
    return int(tx.execute(abandoned).rowcount)


def _demand_draft(sale: OpenSale) -> None:
    if sale.state is not SaleState.DRAFT:
        raise DeedNotAllowed(state=sale.state.value, deed=CHANGE_ITEMS)


def _write_bill(tx: Connection, sale: OpenSale, totals: Totals, at: datetime) -> None:
    """Write what every line and the whole come to; a line more or less may change any of them."""
    rows = [
        {
            "id": rung.line.line_item_id,
            "quantity": rung.line.quantity,
            "line_subtotal": rung.line_subtotal,
            "line_discount": rung.line_discount,
            "line_total": rung.line_total,
            "applied_promotions": [applied.to_body() for applied in rung.promotions] or None,
        }
        for rung in totals.lines
    ]
    tx.execute(_WRITE_LINES, {"rows": orjson.dumps(rows).decode()})
    tx.execute(
        update(transactions)
        .where(transactions.c.id == sale.transaction_id)
        .values(
            subtotal=totals.subtotal,
            discount_amount=totals.discount_amount,
            tax_amount=totals.tax_amount,
            total_amount=totals.total_amount,
            updated_at=at,
        )
    )


def _line_values(rung: RungLine, sale: OpenSale, number: int, at: datetime) -> dict[str, object]:
    """A line of an open sale; its share of the tax is known once the sale is whole."""
    line: Line = rung.line
    return {
        "id": line.line_item_id,
        "transaction_id": sale.transaction_id,
        "line_number": number,
        "sku_id": line.sku_id,
        "barcode": line.barcode,
        "product_name": line.product_name,
        "category": line.category,
        "quantity": line.quantity,
        "unit": line.unit.value,
        "unit_price": line.unit_price,
        "list_price": line.list_price,
        "price_version": line.price_version,
        "line_subtotal": rung.line_subtotal,
        "line_discount": rung.line_discount,
        "line_total": rung.line_total,
        "tax_rate": line.tax_rate,
        "tax_amount": 0,
        "override_reason": line.override_reason,
        "pack_of": line.pack_of,
        "pack_size": line.pack_size,
        "age_restricted": line.age_restricted,
        "created_at": at,
    }
