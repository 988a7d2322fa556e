"""Reading requests for money."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, or_, select, tuple_

from retail.payment import CASH, Tender
from retail.refusal import Refusal
from storehub.gateways.port import PaymentRequest
from storehub.payments.tables import RequestState, payment_requests

FOLLOWED_AT_ONCE = 100
"""Providers are asked about so many payments in a row."""


class PaymentNotFound(Refusal):
    """No payment has this id in this store (`payment_id`)."""

    code = "payment-not-found"


@dataclass(frozen=True, slots=True)
class Ask:
    """A request for money as it stands; amounts in minor units, `qr_text` what the code says."""

    payment_id: UUID
    transaction_id: UUID
    terminal_id: str
    payment_method: str
    amount: int
    currency: str
    tendered: int | None
    change: int
    rounding_amount: int
    state: RequestState
    provider: str | None
    provider_txn_id: str | None
    qr_text: str | None
    expires_at: datetime | None
    created_at: datetime
    captured_at: datetime | None
    failed_reason: str | None

    @property
    def is_cash(self) -> bool:
        """Cash needs no provider."""
        return self.payment_method == CASH

    @property
    def for_gateway(self) -> PaymentRequest:
        """The request as a provider knows it."""
        return PaymentRequest(
            self.payment_id,
            self.transaction_id,
            self.payment_method,
            self.amount,
            self.currency,
            self.created_at,
        )

    @property
    def as_tender(self) -> Tender:
        """What was captured, as the receipt says it."""
        return Tender(
            self.payment_id,
            self.payment_method,
            self.amount,
            self.tendered,
            self.change,
            self.provider,
            self.provider_txn_id,
        )


def ask_of(tx: Connection, payment_id: UUID) -> Ask:
    """The request with this id; raises `PaymentNotFound`."""
    found = known_ask(tx, payment_id)
    if found is None:
        raise PaymentNotFound(payment_id=str(payment_id))
    return found


def lock(tx: Connection, payment_id: UUID) -> Ask:
    """The request, locked until commit; raises `PaymentNotFound`."""
    wanted = select(payment_requests).where(payment_requests.c.id == payment_id).with_for_update()
    row = tx.execute(wanted).one_or_none()
    if row is None:
        raise PaymentNotFound(payment_id=str(payment_id))
    return _ask(row)


def known_ask(tx: Connection, payment_id: UUID) -> Ask | None:
    """The request with this id, None when there is none."""
    wanted = select(payment_requests).where(payment_requests.c.id == payment_id)
    row = tx.execute(wanted).one_or_none()
    return _ask(row) if row else None


def asks_of_sale(tx: Connection, transaction_id: UUID) -> list[Ask]:
    """All requests for a sale, in the order in which they were made."""
    wanted = select(payment_requests).where(payment_requests.c.transaction_id == transaction_id)
    ordered = wanted.order_by(payment_requests.c.created_at, payment_requests.c.id)
    return [_ask(row) for row in tx.execute(ordered)]


def pending_apart(
    tx: Connection,
    at: datetime,
    apart: timedelta,
    behind: Ask | None = None,
    count_max: int = FOLLOWED_AT_ONCE,
) -> list[Ask]:
    """Requests made longer ago than this on which the provider has not said its last word, and those that
    a clock which was put back since has made in the future; the oldest first, or those `behind` one."""
    made_at, payment_id = payment_requests.c.created_at, payment_requests.c.id
    wanted = select(payment_requests).where(
        payment_requests.c.status == RequestState.PENDING.value,
        or_(made_at < at - apart, made_at > at + apart),
    )
    if behind is not None:
        wanted = wanted.where(tuple_(made_at, payment_id) > (behind.created_at, behind.payment_id))
    ordered = wanted.order_by(made_at, payment_id).limit(count_max)
    return [_ask(row) for row in tx.execute(ordered)]


def _ask(row: Row[Any]) -> Ask:
    return Ask(
        payment_id=row.id,
        transaction_id=row.transaction_id,
        terminal_id=row.terminal_id,
        payment_method=row.payment_method,
        amount=row.amount,
        currency=row.currency,
        tendered=row.tendered,
        change=row.change,
        rounding_amount=row.rounding_amount,
        state=RequestState(row.status),
        provider=row.provider,
        provider_txn_id=row.provider_txn_id,
        qr_text=row.qr_code_data,
        expires_at=row.expires_at,
        created_at=row.created_at,
        captured_at=row.captured_at,
        failed_reason=row.failed_reason,
    )
