"""Voids and refunds of recorded sales: the retail rules over the hub's rows, and their facts booked.

A recorded sale is never written again but for its state; every refund is a row of its own, and what is
left of a sale follows from all of them (`retail.refund`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, insert, select, update

from retail.facts import SaleRecorded
from retail.refund import (
    BroughtBack,
    Counter,
    RefundRules,
    VoidAfterRefund,
    left_of,
    refund,
    refund_all,
    state_of,
    void,
)
from retail.refund_facts import RefundRecorded, TransactionVoided
from retail.sale import Deed, DeedNotAllowed, SaleState, moved
from retail.stock import AdjustmentType, movements_of_refund, movements_of_sale
from storehub.database import record_fact
from storehub.members.commands import give_vouchers_back
from storehub.sales.queries import RecordedSale, TransactionNotFound, lines_of, lock, recorded_sale
from storehub.sales.tables import refunds, transactions, voids
from storehub.stock.commands import move


def refunds_of(tx: Connection, transaction_id: UUID) -> list[RefundRecorded]:
    """The refunds of a sale, in the order in which they came."""
    column = refunds.c
    rows = tx.execute(
        select(column.body).where(column.transaction_id == transaction_id).order_by(column.position)
    )
    return [RefundRecorded.from_body(row.body) for row in rows]


def refund_of(tx: Connection, refund_id: UUID) -> RefundRecorded | None:
    """The refund with this id."""
    body = tx.execute(select(refunds.c.body).where(refunds.c.id == refund_id)).scalar_one_or_none()
    return RefundRecorded.from_body(body) if body is not None else None


def void_of(tx: Connection, transaction_id: UUID) -> TransactionVoided | None:
    """The fact that made this sale void."""
    wanted = select(voids.c.body).where(voids.c.transaction_id == transaction_id)
    body = tx.execute(wanted).scalar_one_or_none()
    return TransactionVoided.from_body(body) if body is not None else None


def later_of(tx: Connection, transaction_id: UUID) -> list[RefundRecorded | TransactionVoided]:
    """Everything that happened to a paid sale since, the oldest first."""
    void = void_of(tx, transaction_id)
    return [*refunds_of(tx, transaction_id), *([void] if void else [])]


def refund_sale(
    tx: Connection,
    transaction_id: UUID,
    back: Sequence[BroughtBack] | None,
    counter: Counter,
    rules: RefundRules,
    *,
    refund_id: UUID,
    event_id: UUID,
) -> RefundRecorded:
    """Give money back for these goods (None: all that is left), as a fact of this hub.

    Raises `TransactionNotFound`, `DeedNotAllowed` for a sale that is not paid, and what
    `retail.refund.refund` raises.
    """
    lock(tx, transaction_id)
    recorded = recorded_sale(tx, transaction_id)
    if recorded is None or recorded.state is not SaleState.PAID:
        state = recorded.state.value if recorded else SaleState.DRAFT.value
        raise DeedNotAllowed(state=state, deed=Deed.REQUEST_REFUND.value)
    later = refunds_of(tx, transaction_id)
    if back is None:
        fact = refund_all(recorded.sale, later, counter, rules, refund_id=refund_id)
    else:
        fact = refund(recorded.sale, later, back, counter, rules, refund_id=refund_id)
    fact = _with_its_amount(fact)
    sealed = record_fact(
        tx,
        fact,
        store_id=counter.store_id,
        event_id=event_id,
        aggregate_id=str(transaction_id),
        at=counter.at,
    )
    _keep(tx, fact, sealed.position)
    _move_state(tx, recorded, [*later, fact], counter.at)
    return fact


def void_sale(tx: Connection, transaction_id: UUID, counter: Counter, *, event_id: UUID) -> TransactionVoided:
    """Cancel a recorded sale on its own business day, as a fact of this hub.

    Raises `TransactionNotFound` for one that is not recorded, and what `retail.refund.void` raises.
    """
    lock(tx, transaction_id)
    recorded = recorded_sale(tx, transaction_id)
    if recorded is None:
        raise TransactionNotFound(transaction_id=str(transaction_id))
    moved(recorded.state, Deed.VOID)
    fact = void(recorded.sale, refunds_of(tx, transaction_id), counter)
    sealed = record_fact(
        tx,
        fact,
        store_id=counter.store_id,
        event_id=event_id,
        aggregate_id=str(transaction_id),
        at=counter.at,
    )
    apply_void(tx, fact, sealed.position)
    return fact


def apply_void(tx: Connection, fact: TransactionVoided, position: int) -> None:
    """Let a recorded sale be void: its goods are back on the shelf. Every amount stays as it was paid.

    `position`: the fact's in the outbox. Raises `TransactionNotFound`, `DeedNotAllowed`, `VoidAfterRefund`.
    """
    sale = lock(tx, fact.transaction_id)
    state = moved(sale.state, Deed.VOID)
    if refunds_of(tx, fact.transaction_id):
        raise VoidAfterRefund(transaction_id=str(fact.transaction_id))
    _write_state(tx, fact.transaction_id, state, fact.voided_at)
    give_vouchers_back(tx, fact.transaction_id)
    tx.execute(
        insert(voids).values(transaction_id=fact.transaction_id, body=fact.to_body(), position=position)
    )
    lines = [line for _, line in lines_of(tx, fact.transaction_id)]
    move(
        tx,
        movements_of_sale(lines, AdjustmentType.VOID),
        position=position,
        reference_id=str(fact.transaction_id),
        moved_by=fact.voided_by,
        at=fact.voided_at,
        reason=fact.reason,
    )


def apply_refund(tx: Connection, fact: RefundRecorded, position: int) -> None:
    """Book the refund that the fact at this position of the outbox recorded.

    Raises `TransactionNotFound` and `DeedNotAllowed` for a sale that is void or came back already as a
    whole: two tills that did not hear of each other gave its money back twice, and a person has to look.
    """
    if fact.transaction_id is None:
        _keep(tx, fact, position)
        return
    lock(tx, fact.transaction_id)
    recorded = recorded_sale(tx, fact.transaction_id)
    if recorded is None:
        raise TransactionNotFound(transaction_id=str(fact.transaction_id))
    later = refunds_of(tx, fact.transaction_id)
    _demand_left(recorded.sale, recorded.state, later, fact)
    _keep(tx, fact, position)
    _move_state(tx, recorded, [*later, fact], fact.refunded_at)


def _demand_left(
    sale: SaleRecorded, state: SaleState, later: Sequence[RefundRecorded], fact: RefundRecorded
) -> None:
    moved(state, Deed.REQUEST_REFUND)
    lefts = {left.rung.line.line_item_id: left for left in left_of(sale, later)}
    for line in fact.lines:
        left = lefts.get(line.line_item_id)
        if left is None or left.quantity < line.quantity or left.line_total < line.line_total:
            raise DeedNotAllowed(state=state.value, deed=Deed.REFUND_PART.value)
        lefts[line.line_item_id] = left.without(line)


def _with_its_amount(fact: RefundRecorded) -> RefundRecorded:
    """An approval given on the spot is for what was paid out, no more."""
    if fact.approval is None:
        return fact
    paid_out = sum(tender.amount for tender in fact.tenders)
    return replace(fact, approval=replace(fact.approval, amount=paid_out))


def _keep(tx: Connection, fact: RefundRecorded, position: int) -> None:
    tx.execute(
        insert(refunds).values(
            id=fact.refund_id,
            transaction_id=fact.transaction_id,
            store_id=fact.store_id,
            terminal_id=fact.terminal_id,
            business_date=fact.business_date,
            refunded_at=fact.refunded_at,
            refunded_by=fact.refunded_by,
            approved_by=fact.approval.approved_by if fact.approval else None,
            reason=fact.reason,
            total_amount=fact.total_amount,
            rounding_amount=fact.rounding_amount,
            body=fact.to_body(),
            position=position,
        )
    )
    move(
        tx,
        movements_of_refund(fact.lines),
        position=position,
        reference_id=str(fact.refund_id),
        moved_by=fact.refunded_by,
        at=fact.refunded_at,
        reason=fact.reason,
    )


def _move_state(
    tx: Connection, recorded: RecordedSale, later: Sequence[RefundRecorded | TransactionVoided], at: datetime
) -> None:
    state = state_of(recorded.sale, later)
    if state is not recorded.state:
        _write_state(tx, recorded.sale.transaction_id, state, at)


def _write_state(tx: Connection, transaction_id: UUID, state: SaleState, at: datetime) -> None:
    tx.execute(
        update(transactions)
        .where(transactions.c.id == transaction_id)
        .values(status=state.value, updated_at=at)
    )
