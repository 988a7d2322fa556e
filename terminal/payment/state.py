"""What the payment desk shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from retail.basket import Totals
from retail.cash import CashRounding, Change, cash_due, change_in_notes
from retail.payment import Tender, quick_amounts
from retail.receipt import Receipt
from terminal.notice import Notice
from terminal.till.draft import Draft
from terminal.till.qr import QrAsk, QrStatus

NO_CHANGE = Change((), 0)


@dataclass(frozen=True, slots=True)
class CashRules:
    """How this payment's cash is rounded, and the notes and coins for its change (largest first)."""

    rounding: CashRounding
    notes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class QrState:
    """The QR code on show. `amount` in minor units; UNKNOWN: its time is over without an answer."""

    payment_id: UUID
    payment_method: str
    amount: int
    text: str
    expires_at: datetime | None
    status: QrStatus


@dataclass(frozen=True, slots=True)
class PaymentState:
    """What the screen shows, in minor units.

    `due` is what is still to pay, and `cash_due` the same when it is paid in cash (rounded by the chain's
    rule). `change` goes back to the customer, `change_notes` is the same as notes and coins. `busy`: the
    hub is being asked. `receipt`: the sale is final. `over`: the desk is done and the checkout desk takes
    over again (`refresh`).
    """

    totals: Totals
    currency: str
    due: int
    cash_due: int
    quick_amounts: tuple[int, ...] = ()
    tenders: tuple[Tender, ...] = ()
    qr: QrState | None = None
    busy: bool = False
    change: int = 0
    change_notes: Change = NO_CHANGE
    receipt: Receipt | None = None
    notice: Notice | None = None
    over: bool = False

    @property
    def rounding_amount(self) -> int:
        """The rounding line if the rest is paid in cash, either sign."""
        return self.cash_due - self.due


def state_of(draft: Draft, totals: Totals, cash: CashRules, qr: QrState | None) -> PaymentState:
    """The state of a draft with this bill."""
    due = cash_due(totals.total_amount, draft.tenders, cash.rounding)
    change = sum(tender.change for tender in draft.tenders)
    return PaymentState(
        totals=totals,
        currency=draft.basket.currency,
        due=due.exact,
        cash_due=due.amount,
        quick_amounts=tuple(quick_amounts(due.amount, cash.notes)),
        tenders=draft.tenders,
        qr=qr,
        change=change,
        change_notes=change_in_notes(change, cash.notes) if cash.notes else Change((), change),
    )


def qr_state(ask: QrAsk | None, status: QrStatus) -> QrState | None:
    """The QR code of an ask; None when nothing is asked for."""
    if ask is None:
        return None
    return QrState(ask.payment_id, ask.payment_method, ask.amount, ask.text, ask.expires_at, status)
