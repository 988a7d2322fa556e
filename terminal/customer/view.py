"""What the customer sees: made of the desks' states, with nothing that is the cashier's business."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from retail.basket import Totals
from retail.cash import Change
from terminal.checkout.state import CheckoutState
from terminal.payment.desk import PAYMENT_FAILED
from terminal.payment.state import NO_CHANGE, PaymentState, QrState


class Stage(StrEnum):
    """Where the customer is in the sale."""

    IDLE = "idle"
    BASKET = "basket"
    PAYING = "paying"
    QR = "qr"
    THANKS = "thanks"


@dataclass(frozen=True, slots=True)
class CustomerView:
    """Amounts in minor units. `due` is what is still to pay, `cash_due` the same in cash; `paid` what has
    been; `saved` what promotions and discounts took off. `qr_failed`: the last QR payment did not work.
    `member` is the name of who is greeted, or empty."""

    stage: Stage
    totals: Totals | None = None
    member: str = ""
    due: int = 0
    cash_due: int = 0
    paid: int = 0
    qr: QrState | None = None
    qr_failed: bool = False
    change: int = 0
    change_notes: Change = NO_CHANGE

    @property
    def saved(self) -> int:
        """Everything that was taken off, in minor units."""
        return self.totals.discount_amount if self.totals else 0


NOTHING = CustomerView(Stage.IDLE)


def view_of(checkout: CheckoutState | None, payment: PaymentState | None) -> CustomerView:
    """What to show; a payment that is under way or done goes before the basket it is for."""
    member = checkout.customer.member if checkout else None
    name = member.name if member else ""
    if payment is not None and (payment.receipt is not None or not payment.over):
        return _paying(payment, name)
    if checkout is None or not checkout.basket.lines:
        return CustomerView(Stage.IDLE, member=name)
    return CustomerView(Stage.BASKET, checkout.totals, name)


def _paying(payment: PaymentState, member: str) -> CustomerView:
    paid = sum(tender.amount for tender in payment.tenders)
    if payment.receipt is not None:
        stage = Stage.THANKS
    else:
        stage = Stage.QR if payment.qr is not None and payment.qr.text else Stage.PAYING
    return CustomerView(
        stage,
        payment.totals,
        member,
        due=payment.due,
        cash_due=payment.cash_due,
        paid=paid,
        qr=payment.qr,
        qr_failed=payment.notice is not None and payment.notice.code == PAYMENT_FAILED,
        change=payment.change,
        change_notes=payment.change_notes,
    )
