"""Follows the desks from sale to sale and tells what the customer is to see."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from terminal.background import Relay
from terminal.checkout.desk import CheckoutDesk
from terminal.checkout.state import CheckoutState
from terminal.customer.view import NOTHING, Stage, view_of
from terminal.payment.desk import PaymentDesk
from terminal.payment.state import PaymentState

THANKS_MS = 7_000
"""How long the thanks stay after the cashier has gone on, unless the next basket begins."""


class Follower(QObject):
    """Hears the desks that the window works at (`attend`).

    Signals:
        changed(object): another `CustomerView`.
    """

    changed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        """Nobody is served."""
        super().__init__(parent)
        self.view = NOTHING
        self._desks: tuple[CheckoutDesk | None, PaymentDesk | None] = (None, None)
        self._checkout: CheckoutState | None = None
        self._payment: PaymentState | None = None
        self._relays: list[Relay] = []
        self._thanks = QTimer(self)
        self._thanks.setSingleShot(True)
        self._thanks.setInterval(THANKS_MS)
        self._thanks.timeout.connect(self._show_now)

    def attend(self, checkout: CheckoutDesk | None, payment: PaymentDesk | None) -> None:
        """Follow these desks from now on; None where there is none."""
        if (checkout, payment) == self._desks:
            return
        self._desks = (checkout, payment)
        for relay in self._relays:
            relay.deleteLater()
        self._relays = []
        if checkout is not None:
            self._follow(Relay(checkout.listen, self), checkout, None)
        if payment is not None:
            self._follow(Relay(payment.listen, self), None, payment)
        self._checkout = checkout.state if checkout else None
        self._payment = payment.state if payment else None
        self._show()

    def _follow(self, relay: Relay, checkout: CheckoutDesk | None, payment: PaymentDesk | None) -> None:
        """A state that was on its way when its desk was left says nothing any more."""

        def heard(state: CheckoutState | PaymentState) -> None:
            if checkout is not None and checkout is self._desks[0]:
                assert isinstance(state, CheckoutState)
                self._checkout = state
            elif payment is not None and payment is self._desks[1]:
                assert isinstance(state, PaymentState)
                self._payment = state
            self._show()

        relay.changed.connect(heard)
        self._relays.append(relay)

    def _show(self) -> None:
        view = view_of(self._checkout, self._payment)
        if view.stage is Stage.IDLE and self.view.stage is Stage.THANKS:
            if not self._thanks.isActive():
                self._thanks.start()
            return
        self._thanks.stop()
        self._show_now()

    def _show_now(self) -> None:
        view = view_of(self._checkout, self._payment)
        if view != self.view:
            self.view = view
            self.changed.emit(view)
