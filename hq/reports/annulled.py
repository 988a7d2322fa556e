"""A store annulled a fact that is in the books here: it is taken out of them again.

The hub could not apply it (an older program, another rule) and told so; head office could, and counted it.
Then the store's manager decided that it counts nowhere. Of what was sold the store's word counts (FR-5.3):
the books do as if the fact had never been applied. Its rows go, and its place in `set_aside` keeps it out
when the ledger is read again. That the two differed is a conflict for somebody to review.
"""

from __future__ import annotations

from sqlalchemy import Connection, Row, delete, insert, select, update

from courier.chain import Link
from courier.decision import Decision, SetAsideDecided
from courier.inbox import NotApplicable
from hq.database import courier
from hq.ledger.own import OWN
from hq.ledger.tables import ledger
from hq.members.points import forget_points, take_points_back
from hq.reconciliation.commands import note_conflict
from hq.reports.entries import Posted, read_posted
from hq.reports.partner import PartnerSale
from hq.reports.refunds import move_state, refunded_amount
from hq.reports.tables import (
    line_items,
    origin_sums,
    payment_captures,
    payments,
    refund_lines,
    refund_tenders,
    refunds,
    transactions,
    voids,
)
from hq.stock.commands import take_back, take_back_one
from hq.vouchers.uses import forget_uses, take_vouchers
from retail.calendar import StoreCalendar
from retail.facts import InventoryAdjusted, PaymentCaptured, RefundRecorded, SaleRecorded, TransactionVoided
from retail.sale import SaleState
from retail.stock import AdjustmentType

ANNULLED = "annulled-at-store"
"""Why a fact stands in `set_aside` that was in the books until its store annulled it; also the conflict."""

DECIDED_APART = "decided-apart"
"""Conflict: store and head office have decided about one fact, and it counts for one of them only."""

NOT_CARRIED = frozenset({f"chain-{Link.FORK}", f"chain-{Link.ALTERED}", "envelope-not-readable"})
"""Of what a hub set aside for these reasons nothing came here: the number is another fact's."""


def follow_store(tx: Connection, posted: Posted, decided: SetAsideDecided, calendar: StoreCalendar) -> None:
    """Let the books agree with what was decided at a store (`posted`: the decision's own place).

    Raises `NotApplicable` where something stands on the annulled fact that the store has not annulled (yet).
    """
    if posted.store_id == OWN or decided.envelope is not None or decided.code in NOT_CARRIED:
        return
    fact_at = _carried(tx, posted.store_id, decided)
    if fact_at is None:
        return
    aside = courier.set_aside.c
    kept = tx.execute(
        select(aside.code, aside.decision).where(
            aside.pipe == fact_at.pipe, aside.position == fact_at.position
        )
    ).one_or_none()
    counts = decided.decision is not Decision.ANNUL
    if kept is None:
        if not counts:
            _take_out(tx, fact_at, calendar)
            _keep_out(tx, fact_at, decided)
            _note(tx, posted, fact_at, decided, ANNULLED)
    elif kept.code == ANNULLED:
        _note(tx, posted, fact_at, decided, ANNULLED)  # the ledger is read again
    elif kept.decision is not None and (kept.decision != Decision.ANNUL.value) is not counts:
        _note(tx, posted, fact_at, decided, DECIDED_APART)


def _carried(tx: Connection, store_id: str, decided: SetAsideDecided) -> Posted | None:
    """The fact that was decided about, as its own chain brought it here."""
    c = ledger.c
    row = tx.execute(
        select(c.pipe, c.position, c.event_id, c.event_type, c.store_id, c.origin, c.envelope).where(
            c.origin == decided.origin, c.sequence == decided.sequence, c.store_id == store_id
        )
    ).one_or_none()
    if row is None or str(row.event_id) != decided.event_id:
        return None
    return Posted(*row)


def _take_out(tx: Connection, fact_at: Posted, calendar: StoreCalendar) -> None:
    fact = read_posted(fact_at, calendar)
    match fact:
        case SaleRecorded() | PartnerSale():
            _sale(tx, fact_at, fact)
        case TransactionVoided():
            _void(tx, fact)
        case RefundRecorded():
            _refund(tx, fact)
        case InventoryAdjusted():
            if not (fact.adjustment_type == AdjustmentType.SALE.value and fact.reference_id):
                take_back_one(tx, fact)
        case PaymentCaptured():
            tx.execute(delete(payment_captures).where(payment_captures.c.payment_id == fact.payment_id))
        case _:
            pass  # it is in no sum


def _sale(tx: Connection, fact_at: Posted, sale: SaleRecorded | PartnerSale) -> None:
    c, sale_id = transactions.c, sale.transaction_id
    row = tx.execute(
        select(c.business_date, c.status, c.total_amount)
        .where(c.id == sale_id, c.pipe == fact_at.pipe, c.position == fact_at.position)
        .with_for_update()
    ).one_or_none()
    if row is None:
        return
    if row.status != SaleState.PAID.value or refunded_amount(tx, sale_id):
        raise NotApplicable(
            "annulled-with-returns", f"sale {sale_id} was voided or refunded: annul that first"
        )
    day = row.business_date
    for table in (line_items, payments):
        tx.execute(delete(table).where(table.c.transaction_id == sale_id, table.c.business_date == day))
    tx.execute(delete(transactions).where(c.id == sale_id, c.business_date == day))
    take_back(tx, sale.store_id, str(sale_id), AdjustmentType.SALE)
    forget_points(tx, sale_id)
    forget_uses(tx, sale_id)
    sums = origin_sums.c
    tx.execute(
        update(origin_sums)
        .where(sums.origin == fact_at.origin)
        .values(sales_count=sums.sales_count - 1, sales_total=sums.sales_total - row.total_amount)
    )
    tx.execute(delete(origin_sums).where(sums.origin == fact_at.origin, sums.sales_count == 0))


def _void(tx: Connection, void: TransactionVoided) -> None:
    c, sale_id = voids.c, void.transaction_id
    gone = delete(voids).where(c.transaction_id == sale_id, c.voided_at == void.voided_at)
    if tx.execute(gone.returning(c.transaction_id)).first() is None:
        return
    tx.execute(update(transactions).where(transactions.c.id == sale_id).values(status=SaleState.PAID.value))
    take_back(tx, void.store_id, str(sale_id), AdjustmentType.VOID)
    take_points_back(tx, sale_id, 0)
    take_vouchers(tx, sale_id)


def _refund(tx: Connection, refund: RefundRecorded) -> None:
    for table in (refund_tenders, refund_lines):
        tx.execute(delete(table).where(table.c.refund_id == refund.refund_id))
    tx.execute(delete(refunds).where(refunds.c.id == refund.refund_id))
    take_back(tx, refund.store_id, str(refund.refund_id))
    sale = _sale_row(tx, refund)
    if sale is not None:
        tx.execute(
            update(transactions)
            .where(transactions.c.id == sale.id, transactions.c.business_date == sale.business_date)
            .values(status=SaleState.PAID.value)
        )
        move_state(tx, sale)
        take_points_back(tx, sale.id, refunded_amount(tx, sale.id))


def _sale_row(tx: Connection, refund: RefundRecorded) -> Row[*tuple[object, ...]] | None:
    c = transactions.c
    return tx.execute(select(c.id, c.business_date).where(c.id == refund.transaction_id)).one_or_none()


def _keep_out(tx: Connection, fact_at: Posted, decided: SetAsideDecided) -> None:
    tx.execute(
        insert(courier.set_aside).values(
            pipe=fact_at.pipe,
            position=fact_at.position,
            event_id=str(fact_at.event_id),
            origin=fact_at.origin,
            code=ANNULLED,
            detail=f"{decided.code} at the store",
            payload=fact_at.envelope,
            set_aside_at=decided.decided_at,
            decision=decided.decision.value,
            decided_by=decided.decided_by,
            decided_at=decided.decided_at,
        )
    )


def _note(tx: Connection, posted: Posted, fact_at: Posted, decided: SetAsideDecided, kind: str) -> None:
    note_conflict(
        tx,
        posted.pipe,
        posted.position,
        kind=kind,
        store_id=posted.store_id,
        found_at=decided.decided_at,
        subject=f"{decided.origin} {decided.sequence}",
        detail={
            "event_type": fact_at.event_type,
            "event_id": decided.event_id,
            "code": decided.code,
            "decision": decided.decision.value,
            "decided_by": decided.decided_by,
            "reason": decided.reason,
        },
    )
