"""Asking for money and taking note of it. No provider is called here: that is the doors' part.

A request is stored before the provider hears of it, and its id is the provider's reference, so that a
lost answer is asked for again and never doubled.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert, update
from sqlalchemy.dialects.postgresql import insert as upsert

from retail.cash import CashRounding
from retail.cash import take_cash as cash_taken
from retail.facts import PaymentCaptured
from retail.money import AMOUNT_LIMIT
from retail.payment import (
    CASH,
    QR_METHODS,
    BadAmount,
    Overpaid,
    checked_method,
    due_after,
)
from retail.refusal import Refusal
from retail.sale import Deed, SaleState
from storehub.database import record_fact
from storehub.gateways.port import GatewayState, GatewayStatus, QrCode
from storehub.payments.queries import Ask, ask_of, known_ask, lock
from storehub.payments.tables import RequestState, payment_requests


class PaymentPending(Refusal):
    """Another payment of this sale is still open (`payment_id`): cancel it first, or it may be paid twice."""

    code = "payment-pending"


class PaymentAlreadyCaptured(Refusal):
    """The money is there (`payment_id`): finalize the sale, then void it to give the money back."""

    code = "payment-captured"


class PaymentKnownOtherwise(Refusal):
    """The id was used for another payment before (`payment_id`)."""

    code = "payment-known-otherwise"


def ask(
    tx: Connection,
    *,
    payment_id: UUID,
    transaction_id: UUID,
    terminal_id: str,
    payment_method: str,
    amount: int,
    currency: str,
    at: datetime,
) -> Ask:
    """A request for money by QR, new or the one with this id; raises `UnknownPaymentMethod`, `BadAmount`,
    `PaymentKnownOtherwise`."""
    if checked_method(payment_method) not in QR_METHODS or not 0 < amount <= AMOUNT_LIMIT:
        raise BadAmount(amount=amount, payment_method=payment_method)
    known = _same(tx, payment_id, transaction_id, payment_method, amount)
    if known is not None:
        return known
    _insert(
        tx,
        at,
        id=payment_id,
        transaction_id=transaction_id,
        terminal_id=terminal_id,
        payment_method=payment_method,
        amount=amount,
        currency=currency,
        status=RequestState.PENDING.value,
        provider=QR_METHODS[payment_method],
    )
    return ask_of(tx, payment_id)


def take_cash(
    tx: Connection,
    *,
    payment_id: UUID,
    transaction_id: UUID,
    terminal_id: str,
    due: int,
    tendered: int,
    rounding: CashRounding,
    currency: str,
    at: datetime,
) -> Ask:
    """Cash handed over for an open sale, new or the one with this id; what closes the sale is rounded.

    Raises `BadAmount`, `Underpaid` for a sum between the exact and the rounded rest.
    """
    known = known_ask(tx, payment_id)
    if known is not None:
        if not known.is_cash or known.transaction_id != transaction_id or known.tendered != tendered:
            raise PaymentKnownOtherwise(payment_id=str(payment_id))
        return known
    tender, rounding_amount = cash_taken(payment_id, due, (), tendered, rounding)
    _insert(
        tx,
        at,
        id=payment_id,
        transaction_id=transaction_id,
        terminal_id=terminal_id,
        payment_method=CASH,
        amount=tender.amount,
        tendered=tender.tendered,
        change=tender.change,
        rounding_amount=rounding_amount,
        currency=currency,
        status=RequestState.CAPTURED.value,
        captured_at=at,
    )
    return ask_of(tx, payment_id)


def due_of(total_amount: int, asks: Sequence[Ask]) -> int:
    """What is left to pay; raises `PaymentPending` while another payment is open."""
    for other in asks:
        if other.state is RequestState.PENDING:
            raise PaymentPending(payment_id=str(other.payment_id))
    captured = [other for other in asks if other.state is RequestState.CAPTURED]
    return due_after(total_amount + rounding_of(asks), [other.as_tender for other in captured])


def rounding_of(asks: Sequence[Ask]) -> int:
    """What rounding the cash adds to the total, either sign (minor units)."""
    return sum(ask.rounding_amount for ask in asks if ask.state is RequestState.CAPTURED)


def check_due(payment_method: str, amount: int, due: int) -> None:
    """Raises `Overpaid` when nothing is left to pay, or less than a payment that gives no change."""
    if due == 0 or (payment_method != CASH and amount > due):
        raise Overpaid(excess=amount - due)


def keep_code(tx: Connection, payment_id: UUID, code: QrCode) -> Ask:
    """Note what the provider's QR code says."""
    tx.execute(
        update(payment_requests)
        .where(payment_requests.c.id == payment_id)
        .values(qr_code_data=code.text, expires_at=code.expires_at)
    )
    return ask_of(tx, payment_id)


def take_note(
    tx: Connection, payment_id: UUID, status: GatewayStatus, *, store_id: str, event_id: UUID, at: datetime
) -> Ask:
    """Note the provider's word.

    Money that came is a fact of this hub, once, however late and however often it is said.
    """
    request = lock(tx, payment_id)
    late_money = status.state is GatewayState.CAPTURED and request.state is not RequestState.CAPTURED
    if request.state is not RequestState.PENDING and not late_money:
        return request
    if status.state is GatewayState.PENDING:
        return request
    tx.execute(
        update(payment_requests)
        .where(payment_requests.c.id == payment_id)
        .values(
            status=RequestState(status.state.value).value,
            provider_txn_id=status.provider_txn_id,
            captured_at=status.captured_at,
            failed_reason=status.failed_reason,
        )
    )
    if status.state is GatewayState.CAPTURED:
        fact = PaymentCaptured(
            transaction_id=request.transaction_id,
            payment_id=payment_id,
            payment_method=request.payment_method,
            amount=request.amount,
            provider=request.provider or "",
            provider_txn_id=status.provider_txn_id or "",
            captured_at=status.captured_at or at,
        )
        record_fact(tx, fact, store_id=store_id, event_id=event_id, aggregate_id=str(payment_id), at=at)
    return ask_of(tx, payment_id)


def keep_captured(tx: Connection, fact: PaymentCaptured, currency: str, at: datetime) -> None:
    """Know of money that came to the hub whose place this one takes: whoever asks for the payment hears
    that it is there, and its fact is not made a second time."""
    came = {
        "status": RequestState.CAPTURED.value,
        "provider_txn_id": fact.provider_txn_id,
        "captured_at": fact.captured_at,
        "failed_reason": None,
    }
    tx.execute(
        upsert(payment_requests)
        .values(
            id=fact.payment_id,
            transaction_id=fact.transaction_id,
            # The fact does not say who asked, and nobody looks.
            terminal_id="",
            payment_method=fact.payment_method,
            amount=fact.amount,
            currency=currency,
            provider=fact.provider,
            created_at=at,
            **came,
        )
        .on_conflict_do_update(index_elements=["id"], set_=came)
    )


def cancel(tx: Connection, payment_id: UUID, *, sale_state: SaleState | None) -> Ask:
    """Give a request up that the provider has given up (or cash that was handed back).

    `sale_state`: of the sale at this hub, None when only a till knows it. Raises `PaymentAlreadyCaptured`.
    """
    request = lock(tx, payment_id)
    if request.state is RequestState.CAPTURED and not (
        request.is_cash and sale_state is SaleState.PENDING_PAYMENT
    ):
        raise PaymentAlreadyCaptured(payment_id=str(payment_id))
    if request.state in (RequestState.PENDING, RequestState.CAPTURED):
        tx.execute(
            update(payment_requests)
            .where(payment_requests.c.id == payment_id)
            .values(status=RequestState.CANCELLED.value, failed_reason="cancelled")
        )
    return ask_of(tx, payment_id)


def deed_after_cancel(asks: Sequence[Ask]) -> Deed | None:
    """What a cancelled payment means for its sale: back to a draft once no money is asked for or held."""
    held = (RequestState.PENDING, RequestState.CAPTURED)
    return None if any(other.state in held for other in asks) else Deed.CANCEL_PAYMENT


def _same(
    tx: Connection, payment_id: UUID, transaction_id: UUID, payment_method: str, amount: int
) -> Ask | None:
    known = known_ask(tx, payment_id)
    if known is None:
        return None
    if (known.transaction_id, known.payment_method, known.amount) != (transaction_id, payment_method, amount):
        raise PaymentKnownOtherwise(payment_id=str(payment_id))
    return known


def _insert(tx: Connection, at: datetime, **values: Any) -> None:
    tx.execute(insert(payment_requests).values(created_at=at, **values))
