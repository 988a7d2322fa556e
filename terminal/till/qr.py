"""QR payments as a till knows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from retail.refusal import Refusal


class PaymentRefused(Refusal):
    """The hub does not take this payment as it stands (`reason`: the hub's own code)."""

    code = "payment-refused"


class QrStatus(StrEnum):
    """Where a QR payment stands. UNKNOWN: its time is over and nobody has said what became of it. NOT_KNOWN:
    this hub has never heard of it; it may have been asked for at one whose disk is lost."""

    PENDING = "PENDING"
    CAPTURED = "CAPTURED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    UNKNOWN = "UNKNOWN"
    NOT_KNOWN = "NOT_KNOWN"


@dataclass(frozen=True, slots=True)
class QrCode:
    """What the customer scans, and until when."""

    text: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class QrProgress:
    """The hub's answer about a payment."""

    status: QrStatus
    provider_txn_id: str | None = None


@dataclass(frozen=True, slots=True)
class QrAsk:
    """A QR payment that was asked for; kept in the journal before the hub hears of it. Minor units."""

    payment_id: UUID
    payment_method: str
    amount: int
    text: str = ""
    expires_at: datetime | None = None
