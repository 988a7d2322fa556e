"""Orphan money: a provider says that it came, and no sale has it.

A till let the line move on, the customer paid late. Either the parked basket is finished with it, or it goes
back to the customer; a person says so, and until then it is on the list.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, exists, or_, select
from sqlalchemy.dialects.postgresql import insert

from retail.payment import CASH
from retail.refusal import Refusal
from retail.settlement import PaymentSettled
from storehub.database import record_fact
from storehub.payments.queries import lock
from storehub.payments.tables import RequestState, payment_requests, payments, settled_payments
from storehub.sales.tables import transactions

ORPHANED_AFTER = timedelta(minutes=2)
"""Until then the sale may be on its way: the till records it in a moment, or other tenders follow."""
ORPHANS_MAX = 200


class PaymentNotOrphaned(Refusal):
    """The payment belongs to a sale, was settled before, or its money never came (`payment_id`)."""

    code = "payment-not-orphaned"


@dataclass(frozen=True, slots=True)
class Orphan:
    """Money without a sale. `amount` in minor units; `receipt_number` of a sale with the same id that was
    paid otherwise, if there is one."""

    payment_id: UUID
    transaction_id: UUID
    terminal_id: str
    payment_method: str
    amount: int
    currency: str
    provider_txn_id: str | None
    captured_at: datetime
    receipt_number: str | None

    def to_body(self) -> dict[str, Any]:
        """JSON types only."""
        return {
            "payment_id": str(self.payment_id),
            "transaction_id": str(self.transaction_id),
            "terminal_id": self.terminal_id,
            "payment_method": self.payment_method,
            "amount": self.amount,
            "currency": self.currency,
            "provider_txn_id": self.provider_txn_id,
            "captured_at": self.captured_at.isoformat(),
            "receipt_number": self.receipt_number,
        }


def orphans(tx: Connection, at: datetime) -> list[Orphan]:
    """Money that came a while ago and belongs to no sale, the oldest first, at most `ORPHANS_MAX`."""
    found = tx.execute(_orphaned(at).order_by(payment_requests.c.captured_at).limit(ORPHANS_MAX))
    return [
        Orphan(
            row.id,
            row.transaction_id,
            row.terminal_id,
            row.payment_method,
            row.amount,
            row.currency,
            row.provider_txn_id,
            row.captured_at,
            row.receipt_number,
        )
        for row in found
    ]


def _orphaned(at: datetime) -> Select[Any]:
    asked = payment_requests.c
    return (
        select(payment_requests, transactions.c.receipt_number)
        .outerjoin(transactions, transactions.c.id == asked.transaction_id)
        .where(
            asked.status == RequestState.CAPTURED.value,
            asked.payment_method != CASH,
            asked.captured_at < at - ORPHANED_AFTER,
            # A sale of the Checkout API that is still open takes its money when it is finalized.
            or_(transactions.c.id.is_(None), transactions.c.completed_at.is_not(None)),
            ~exists().where(payments.c.id == asked.id),
            ~exists().where(settled_payments.c.payment_id == asked.id),
        )
    )


def settle(
    tx: Connection,
    payment_id: UUID,
    *,
    store_id: str,
    event_id: UUID,
    word: str,
    settled_by: str,
    approved_by: str | None,
    at: datetime,
) -> None:
    """Take it off the list, with a word about what was done, as a fact of this hub: the next one must not
    list it again. Asked again, nothing changes.

    Raises `PaymentNotFound`, `PaymentNotOrphaned`.
    """
    request = lock(tx, payment_id)
    known = select(settled_payments.c.payment_id).where(settled_payments.c.payment_id == payment_id)
    if tx.execute(known).first() is not None:
        return
    if tx.execute(_orphaned(at).where(payment_requests.c.id == payment_id)).first() is None:
        raise PaymentNotOrphaned(payment_id=str(payment_id))
    fact = PaymentSettled(store_id, request.transaction_id, payment_id, word, settled_by, approved_by, at)
    record_fact(tx, fact, store_id=store_id, event_id=event_id, aggregate_id=str(payment_id), at=at)
    keep_settled(tx, fact)


def keep_settled(tx: Connection, fact: PaymentSettled) -> None:
    """Write down what was done about a payment that this hub knows."""
    tx.execute(
        insert(settled_payments)
        .values(
            payment_id=fact.payment_id,
            word=fact.word,
            settled_by=fact.settled_by,
            approved_by=fact.approved_by,
            settled_at=fact.settled_at,
        )
        .on_conflict_do_nothing()
    )
