"""QR codes that a customer has seen and the till let go of unpaid, so that the next one could be served.

The hub follows them, and money that comes late is on its list. A hub that takes a lost one's place knows of
none: so the till keeps them for a day and tells it once more, under their own ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID

from terminal.till.journal import Journal
from terminal.till.qr import PaymentRefused, QrAsk, QrCode, QrProgress, QrStatus

KEPT = timedelta(days=1)
"""No provider takes money for an older code."""
FINAL = (QrStatus.CAPTURED, QrStatus.FAILED, QrStatus.CANCELLED)

NOTE = "INSERT OR IGNORE INTO left_codes VALUES (?, ?, ?, ?, ?)"
ALL = "SELECT payment_id, sale_id, payment_method, amount, left_at FROM left_codes ORDER BY left_at"
FORGET = "DELETE FROM left_codes WHERE payment_id = ?"


class PaymentsDoor(Protocol):
    """The hub's door for it; both may raise `Outage` or a refusal."""

    def ask(self, payment_id: UUID, sale_id: UUID, payment_method: str, amount: int) -> QrCode:
        """Ask for the money; the same `payment_id` is the same payment."""

    def status(self, payment_id: UUID) -> QrProgress:
        """Where the payment stands."""


@dataclass(frozen=True, slots=True)
class LeftCode:
    """A code that may still be paid; `amount` in minor units."""

    payment_id: UUID
    sale_id: UUID
    payment_method: str
    amount: int
    left_at: datetime


def note(journal: Journal, ask: QrAsk, sale_id: UUID, at: datetime) -> None:
    """Keep it; durable when it returns."""
    row = (str(ask.payment_id), str(sale_id), ask.payment_method, ask.amount, at.astimezone(UTC).isoformat())
    with journal.deed() as tx:
        tx.execute(NOTE, row)


def left_codes(journal: Journal) -> list[LeftCode]:
    """All that are kept, the oldest first."""
    return [
        LeftCode(UUID(payment_id), UUID(sale_id), method, amount, datetime.fromisoformat(left_at))
        for payment_id, sale_id, method, amount, left_at in journal.rows(ALL)
    ]


def follow(journal: Journal, hub: PaymentsDoor, at: datetime) -> None:
    """Have the hub know of each until it is paid or can be paid no more. Raises `Outage`, `Rejected` and the
    refusals of the disk."""
    for code in left_codes(journal):
        try:
            status = hub.status(code.payment_id).status
            over = status in FINAL or abs(at - code.left_at) > KEPT
            if status is QrStatus.NOT_KNOWN:
                hub.ask(code.payment_id, code.sale_id, code.payment_method, code.amount)
        except PaymentRefused:
            over = True  # the store takes this method no more: there is nobody to ask
        if over:
            with journal.deed() as tx:
                tx.execute(FORGET, (str(code.payment_id),))
