"""The port to a payment provider: what a provider of QR payments must be able to do (FR-1.3).

An adapter passes `tests/contract/gateway.py`. It raises `courier.outage.Outage` when the provider cannot
be reached or answers something unclear: the payment is then unknown, never failed, and is asked for again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID


class GatewayState(StrEnum):
    """What the provider says about the money; CAPTURED and FAILED are final."""

    PENDING = "PENDING"
    CAPTURED = "CAPTURED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """One request for money; it is stored before the provider hears of it.

    `amount` in minor units of `currency`; `requested_at` is the moment the request was stored. The
    provider knows the request by its `payment_id`, so a repeat after a lost answer asks for the same money.
    """

    payment_id: UUID
    transaction_id: UUID
    payment_method: str
    amount: int
    currency: str
    requested_at: datetime


@dataclass(frozen=True, slots=True)
class QrCode:
    """What the customer scans, and until when the provider takes money for it."""

    text: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class GatewayStatus:
    """The provider's word on a request; id and moment are set once it is captured."""

    state: GatewayState
    provider_txn_id: str | None = None
    captured_at: datetime | None = None
    failed_reason: str | None = None


class Gateway(Protocol):
    """A provider of QR payments. Every method may be repeated and raises `Outage` when it got no answer."""

    def create(self, request: PaymentRequest) -> QrCode:
        """Ask for the money; the same request gives the same code."""

    def status(self, request: PaymentRequest) -> GatewayStatus:
        """What became of the request."""

    def cancel(self, request: PaymentRequest) -> GatewayStatus:
        """Give the request up and say what it came to: CAPTURED where the money was faster."""
