"""Reading sales, open and recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, select

from courier.envelope import opened_text
from retail.basket import AppliedPromotion, Basket, Line, Savings, Totals, total_of
from retail.facts import FactDoesNotAddUp, SaleRecorded
from retail.payment import Tender
from retail.quantity import Unit
from retail.refusal import Refusal
from retail.sale import SaleState
from retail.voucher import RedeemedVoucher
from storehub.database import courier
from storehub.payments.tables import payments
from storehub.people.tables import terminals
from storehub.sales.tables import line_items, refunds, transactions

FOUND_MAX = 200

RingUp = Callable[[Basket], Totals]
"""`retail.basket.ring_up` with this hub's promotions, at this moment."""


class TransactionNotFound(Refusal):
    """No sale has this id in this store (`transaction_id`)."""

    code = "transaction-not-found"


@dataclass(frozen=True, slots=True)
class OpenSale:
    """A sale as a step of the Checkout API sees it; `line_numbers` by line id, `savings` by place.

    The savings of a draft are those of the moment it was last rung up (`rung_up`). From the first
    payment on they stand: what the customer was told is what the sale costs. `vouchers` are those that the
    customer has shown or, of a recorded sale, that took something off.
    """

    transaction_id: UUID
    store_id: str
    terminal_id: str
    cashier_id: str
    state: SaleState
    basket: Basket
    savings: Savings
    line_numbers: Mapping[UUID, int]
    created_at: datetime
    receipt_number: str | None
    member_id: str | None = None
    vouchers: tuple[RedeemedVoucher, ...] = ()

    @property
    def totals(self) -> Totals:
        """What it comes to."""
        return total_of(self.basket.lines, self.basket.prices_include_tax, self.savings)

    def rung_up(self, ring_up: RingUp) -> OpenSale:
        """The sale as it is now: a draft rung up anew, any other itself."""
        if self.state is not SaleState.DRAFT:
            return self
        return replace(self, savings=[rung.promotions for rung in ring_up(self.basket).lines])


@dataclass(frozen=True, slots=True)
class RecordedSale:
    """A paid sale as it was recorded, its state since, and the head of its fact's hash."""

    sale: SaleRecorded
    state: SaleState
    proof: str
    created_at: datetime


def lock(tx: Connection, transaction_id: UUID) -> OpenSale:
    """The sale, locked until commit; raises `TransactionNotFound`."""
    return _sale(tx, transaction_id, for_update=True)


def sale_of(tx: Connection, transaction_id: UUID) -> OpenSale:
    """The sale as it stands; raises `TransactionNotFound`."""
    return _sale(tx, transaction_id, for_update=False)


def _sale(tx: Connection, transaction_id: UUID, *, for_update: bool) -> OpenSale:
    wanted = select(transactions).where(transactions.c.id == transaction_id)
    row = tx.execute(wanted.with_for_update() if for_update else wanted).one_or_none()
    if row is None:
        raise TransactionNotFound(transaction_id=str(transaction_id))
    rows = _line_rows(tx, transaction_id)
    return OpenSale(
        transaction_id=row.id,
        store_id=row.store_id,
        terminal_id=row.terminal_id,
        cashier_id=row.cashier_id or "",
        state=SaleState(row.status),
        basket=Basket(row.prices_include_tax, row.currency, tuple(map(_line, rows))),
        savings=[_promotions(line) for line in rows],
        line_numbers={line.id: line.line_number for line in rows},
        created_at=row.created_at,
        receipt_number=row.receipt_number,
        member_id=row.member_id,
        vouchers=_vouchers(row),
    )


def recorded_sale(tx: Connection, transaction_id: UUID) -> RecordedSale | None:
    """The recorded sale with this id, checked once more; None while it is open.

    Raises `TransactionNotFound`, and `FactDoesNotAddUp` for rows that are not what was recorded.
    """
    row = tx.execute(select(transactions).where(transactions.c.id == transaction_id)).one_or_none()
    if row is None:
        raise TransactionNotFound(transaction_id=str(transaction_id))
    if row.completed_at is None:
        return None
    rows = _line_rows(tx, transaction_id)
    lines = tuple(map(_line, rows))
    totals = total_of(lines, row.prices_include_tax, [_promotions(line) for line in rows])
    if totals.total_amount != row.total_amount:
        raise FactDoesNotAddUp(
            transaction_id=str(transaction_id),
            field="total_amount",
            stated=row.total_amount,
            computed=totals.total_amount,
        )
    sale = SaleRecorded(
        transaction_id=row.id,
        store_id=row.store_id,
        terminal_id=row.terminal_id,
        cashier_id=row.cashier_id or "",
        receipt_number=row.receipt_number or "",
        business_date=row.business_date,
        sold_at=row.completed_at,
        currency=row.currency,
        prices_include_tax=row.prices_include_tax,
        lines=lines,
        totals=totals,
        tenders=tenders_of(tx, transaction_id),
        external_reference=row.external_reference,
        rounding_amount=row.rounding_amount,
        member_id=row.member_id,
        points_earned=row.points_earned,
        vouchers=_vouchers(row),
    )
    return RecordedSale(sale, SaleState(row.status), row.proof or "", row.created_at)


def sealed_sale(tx: Connection, transaction_id: UUID) -> tuple[SaleRecorded, str] | None:
    """A recorded sale as it was sealed, and the hash that seals it; None when its envelope was let go of."""
    column, fact = transactions.c, courier.outbox.c
    text = tx.execute(
        select(fact.payload)
        .join(transactions, (fact.origin == column.origin) & (fact.sequence == column.local_sequence))
        .where(column.id == transaction_id)
    ).scalar_one_or_none()
    if text is None:
        return None
    envelope = opened_text(text)
    return SaleRecorded.from_body(envelope.payload), envelope.hash


def found_sales(
    tx: Connection,
    store_id: str,
    *,
    receipt_number: str | None,
    terminal_id: str | None,
    business_date: date | None,
    sequence: int | None = None,
    count_max: int,
) -> list[dict[str, Any]]:
    """Recorded sales in short, the newest first; JSON types only.

    `receipt_number` may be that of a refund's slip too; `sequence` is the figure at the end of a receipt's
    number, whatever the till.
    """
    column = transactions.c
    wanted = select(transactions).where(column.store_id == store_id, column.completed_at.is_not(None))
    if receipt_number is not None:
        by_slip = select(refunds.c.transaction_id).where(
            refunds.c.body["receipt_number"].astext == receipt_number
        )
        wanted = wanted.where((column.receipt_number == receipt_number) | column.id.in_(by_slip))
    if sequence is not None:
        tills = tx.execute(select(terminals.c.terminal_id)).scalars()
        wanted = wanted.where(column.receipt_number.in_([f"{till}-{sequence:06d}" for till in tills]))
    if terminal_id is not None:
        wanted = wanted.where(column.terminal_id == terminal_id)
    if business_date is not None:
        wanted = wanted.where(column.business_date == business_date)
    rows = tx.execute(wanted.order_by(column.created_at.desc(), column.id.desc()).limit(count_max)).all()
    given_back = _given_back(tx, [row.id for row in rows])
    return [
        {
            "transaction_id": str(row.id),
            "receipt_number": row.receipt_number,
            "terminal_id": row.terminal_id,
            "cashier_id": row.cashier_id,
            "status": row.status,
            "sold_at": row.completed_at.isoformat(),
            "business_date": row.business_date.isoformat(),
            "total_amount": row.total_amount,
            "refunded_amount": given_back.get(row.id, 0),
            "payment_method": row.payment_method,
        }
        for row in rows
    ]


def _given_back(tx: Connection, transaction_ids: Sequence[UUID]) -> dict[UUID, int]:
    """What was refunded of each of these sales, minor units."""
    c = refunds.c
    rows = tx.execute(
        select(c.transaction_id, func.sum(c.total_amount))
        .where(c.transaction_id.in_(transaction_ids))
        .group_by(c.transaction_id)
    )
    return {row[0]: int(row[1]) for row in rows}


def lines_of(tx: Connection, transaction_id: UUID) -> list[tuple[int, Line]]:
    """The lines with their numbers, in the order of the receipt."""
    return [(row.line_number, _line(row)) for row in _line_rows(tx, transaction_id)]


def tenders_of(tx: Connection, transaction_id: UUID) -> tuple[Tender, ...]:
    """What a recorded sale was paid with."""
    wanted = select(payments).where(payments.c.transaction_id == transaction_id).order_by(payments.c.id)
    return tuple(
        Tender(
            row.id,
            row.payment_method,
            row.amount,
            row.tendered,
            row.change,
            row.provider,
            row.provider_txn_id,
        )
        for row in tx.execute(wanted)
    )


def sums_by_origin(tx: Connection) -> dict[str, tuple[int, int]]:
    """The same for whoever sealed them."""
    c = transactions.c
    rows = tx.execute(
        select(c.origin, func.count(), func.sum(c.total_amount))
        .where(c.completed_at.is_not(None), c.origin.is_not(None))
        .group_by(c.origin)
    )
    return {row[0]: (int(row[1]), int(row[2])) for row in rows}


def sums(tx: Connection) -> tuple[int, int]:
    """How many sales are recorded and what customers paid for them, voided ones included."""
    row = tx.execute(
        select(func.count(), func.coalesce(func.sum(transactions.c.total_amount), 0)).where(
            transactions.c.completed_at.is_not(None)
        )
    ).one()
    return int(row[0]), int(row[1])


def _line_rows(tx: Connection, transaction_id: UUID) -> list[Row[Any]]:
    wanted = select(line_items).where(line_items.c.transaction_id == transaction_id)
    return list(tx.execute(wanted.order_by(line_items.c.line_number)))


def _vouchers(row: Row[Any]) -> tuple[RedeemedVoucher, ...]:
    return tuple(map(RedeemedVoucher.from_body, row.vouchers or ()))


def _promotions(row: Row[Any]) -> tuple[AppliedPromotion, ...]:
    return tuple(map(AppliedPromotion.from_body, row.applied_promotions or ()))


def _line(row: Row[Any]) -> Line:
    return Line(
        line_item_id=row.id,
        sku_id=row.sku_id,
        barcode=row.barcode,
        product_name=row.product_name,
        category=row.category,
        quantity=row.quantity,
        unit=Unit(row.unit),
        unit_price=row.unit_price,
        list_price=row.list_price,
        price_version=row.price_version,
        tax_rate=row.tax_rate,
        line_discount=row.line_discount - sum(each.discount_amount for each in _promotions(row)),
        override_reason=row.override_reason,
        pack_of=row.pack_of,
        pack_size=row.pack_size,
        age_restricted=row.age_restricted,
    )
