"""What the payment desk needs: the till's own data, and the hub for QR payments."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from uuid import UUID

from retail.receipt import Receipt
from terminal.till.cashier import Cashier
from terminal.till.draft import Draft
from terminal.till.orphan_money import OrphanMoney
from terminal.till.qr import QrAsk, QrCode, QrProgress
from terminal.till.rules import ChainRules


class Till(Protocol):
    """What the desk needs of the till's own data. Every method may refuse with a `Refusal`."""

    def rules(self) -> ChainRules:
        """The chain's settings as they are now."""

    def keep_draft(self, draft: Draft, at: datetime) -> None:
        """Put basket, tenders and QR ask into the journal; durable when it returns."""

    def leave_code(self, ask: QrAsk, sale_id: UUID, at: datetime) -> None:
        """Remember a code that may still be paid, though the sale goes on without it."""

    def park(self, draft: Draft, at: datetime) -> None:
        """Move the counter's basket aside, with its slip; durable when it returns."""

    def record_sale(
        self,
        draft: Draft,
        cashier: Cashier,
        *,
        sold_at: datetime,
        at: datetime,
        external_reference: str | None,
        rounding_amount: int,
    ) -> Receipt:
        """Make the sale final in one commit; a sale that is recorded already gives the same receipt.

        `rounding_amount` (minor units) is what rounding the cash adds to the bill."""


class HubPayments(Protocol):
    """QR payments at the hub; every method may raise `Outage` or `Refusal`, and is called off the desk's
    thread. The same `payment_id` asked twice is the same payment."""

    def ask(self, payment_id: UUID, sale_id: UUID, payment_method: str, amount: int) -> QrCode:
        """Ask the provider for a QR code over this amount (minor units)."""

    def status(self, payment_id: UUID) -> QrProgress:
        """Where the payment stands; NOT_KNOWN when this hub has never heard of it."""

    def cancel(self, payment_id: UUID) -> QrProgress:
        """Give the payment up; the answer is CAPTURED when the customer was quicker, NOT_KNOWN as above."""


class HubOrphans(Protocol):
    """Money that came late, as the hub lists it; both methods may raise `Outage` and are called off the
    desk's thread."""

    def orphan_money(self) -> list[OrphanMoney]:
        """Money that came and belongs to no sale, the oldest first. A shift should not be closed over it
        without a word."""

    def settle_orphan(self, payment_id: UUID, *, settled_by: str, approved_by: str | None, word: str) -> None:
        """Take it off the list, with a word about what was done."""
