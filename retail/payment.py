"""Tenders: how a total is paid, in any mix, and what change goes back (FR-1.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from retail.money import AMOUNT_LIMIT
from retail.reading import name_or_none, named, whole
from retail.refusal import Refusal

CASH = "CASH"
QR_METHODS = {"QR_VNPAY": "VNPAY", "QR_MOMO": "MOMO", "QR_VIETQR": "VIETQR"}
"""Payment methods that need a provider, and the provider's name."""

METHODS = frozenset({CASH, *QR_METHODS})

VND_NOTES = (500_000, 200_000, 100_000, 50_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500)
"""Banknotes in circulation in Vietnam, in đồng (State Bank of Vietnam)."""


class Underpaid(Refusal):
    """The tenders do not reach the total (`missing`, minor units)."""

    code = "underpaid"


class Overpaid(Refusal):
    """More is put on tenders that give no change than the total (`excess`, minor units)."""

    code = "overpaid"


class BadAmount(Refusal):
    """The amount is not a positive whole number of minor units, or not what was handed over less the
    change (`amount`)."""

    code = "bad-amount"


class UnknownPaymentMethod(Refusal):
    """The store does not take this payment method (`payment_method`)."""

    code = "unknown-payment-method"


@dataclass(frozen=True, slots=True)
class Tender:
    """One way a sale was paid.

    `amount` is the part of the total it covers; for cash, `tendered` is what the customer handed over
    and `change` what went back, so `tendered - change == amount`. Minor units.
    """

    payment_id: UUID
    payment_method: str
    amount: int
    tendered: int | None = None
    change: int = 0
    provider: str | None = None
    provider_txn_id: str | None = None

    def to_body(self) -> dict[str, Any]:
        """JSON types only."""
        return {
            "payment_id": str(self.payment_id),
            "payment_method": self.payment_method,
            "amount": self.amount,
            "tendered": self.tendered,
            "change": self.change,
            "provider": self.provider,
            "provider_txn_id": self.provider_txn_id,
        }

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> Tender:
        """The tender of a fact's body; raises KeyError, TypeError or ValueError."""
        tendered = body.get("tendered")
        return cls(
            UUID(body["payment_id"]),
            named(body["payment_method"]),
            body["amount"],  # `settle` looks at it, and says what is wrong
            None if tendered is None else whole(tendered),
            whole(body.get("change", 0)),
            name_or_none(body.get("provider")),
            name_or_none(body.get("provider_txn_id")),
        )


def checked_method(payment_method: str) -> str:
    """The method itself when it is one of ours; raises `UnknownPaymentMethod`."""
    if payment_method not in METHODS:
        raise UnknownPaymentMethod(payment_method=payment_method)
    return payment_method


def cash_tender(payment_id: UUID, due: int, tendered: int) -> Tender:
    """Cash for what is due: covers as much as was handed over, and gives the rest back as change.

    Raises `BadAmount` when nothing, less than nothing or an absurd sum is handed over.
    """
    if not 0 <= tendered <= AMOUNT_LIMIT or (tendered == 0 and due > 0):
        raise BadAmount(amount=tendered)
    covered = min(due, tendered)
    return Tender(payment_id, CASH, covered, tendered=tendered, change=tendered - covered)


def due_after(total: int, tenders: Sequence[Tender]) -> int:
    """What is still to pay, never below zero."""
    return max(0, total - sum(tender.amount for tender in tenders))


def settle(total: int, tenders: Sequence[Tender]) -> tuple[Tender, ...]:
    """The tenders when they cover the total exactly; raises `Underpaid`, `Overpaid`, `BadAmount`."""
    for tender in tenders:
        if type(tender.amount) is not int or tender.amount < 0 or (tender.amount == 0 and total > 0):
            raise BadAmount(amount=tender.amount)
        if tender.tendered is not None and tender.tendered - tender.change != tender.amount:
            raise BadAmount(amount=tender.amount)
    paid = sum(tender.amount for tender in tenders)
    if paid < total:
        raise Underpaid(missing=total - paid)
    if paid > total:
        raise Overpaid(excess=paid - total)
    return tuple(tenders)


def quick_amounts(due: int, notes: Sequence[int] = VND_NOTES, most: int = 6) -> list[int]:
    """Sums a customer is likely to hand over for this due amount: exact, then up to each next note.

    Notes worth less than a fiftieth of the sum round nothing: nobody pays 403,000 ₫ with 404,000 ₫.
    """
    if due <= 0:
        return []
    likely = {due}
    for note in notes:
        if note * 50 >= due:
            likely.add(-(-due // note) * note)
    return sorted(likely)[:most]
