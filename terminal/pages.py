"""The pages of the window in one look and one language.

A page costs some 50 ms to make and 10 ms to show again, so each is made once, before it is needed
where that can be foreseen, and then only filled anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QStackedWidget

from retail.receipt import Receipt
from terminal.background import Background
from terminal.checkout.desk import CheckoutDesk
from terminal.checkout.screen import CheckoutScreen
from terminal.payment.desk import PaymentDesk
from terminal.payment.receipt_page import ReceiptScreen
from terminal.payment.screen import PaymentScreen
from terminal.shift.desk import SignInDesk
from terminal.shift.screen import SignInScreen
from terminal.sync_state import SyncState
from terminal.till.cashier import Cashier
from terminal.widgets.look import Look
from terminal.widgets.screen import Screen, SideScreen
from terminal.wording import Wording

FORESEEN_MS = 300
"""How long after the checkout page the others are made: a moment in which nothing is waited for."""


class Pages(QStackedWidget):
    """Makes the pages, keeps them, and shows one.

    Signals:
        pay_asked(), back_asked(), park_asked(), next_asked(): from checkout, payment and receipt page.
        approval_asked(object, object): from any of them, see `Screen.ask_approval`.
        task_asked(str): a side page is wanted, by its name in `terminal.tasks`.
    """

    pay_asked = Signal()
    back_asked = Signal()
    park_asked = Signal()
    next_asked = Signal()
    approval_asked = Signal(object, object)
    task_asked = Signal(str)

    def __init__(
        self, look: Look, words: Wording, background: Background, clock: Callable[[], datetime]
    ) -> None:
        """No page yet."""
        super().__init__()
        self._look = look
        self._words = words
        self._background = background
        self._clock = clock
        self._sign_in: SignInScreen | None = None
        self._checkout: CheckoutScreen | None = None
        self._payment: PaymentScreen | None = None
        self._receipt: ReceiptScreen | None = None

    @property
    def page(self) -> Screen | None:
        """The page on show."""
        page = self.currentWidget()
        return page if isinstance(page, Screen) else None

    def show_sign_in(self, desk: SignInDesk, recent: Sequence[Cashier]) -> None:
        """An empty sign-in page."""
        old = self._sign_in
        self._sign_in = SignInScreen(desk, self._look, self._words, self._background, self._clock, recent)
        self._show(self._sign_in)
        self._drop(old)

    def show_checkout(self, desk: CheckoutDesk) -> None:
        """The checkout page of this desk."""
        old = self._checkout
        if old is None or old.desk is not desk:
            self._checkout = CheckoutScreen(desk, self._look, self._words, self._background)
            self._checkout.pay_asked.connect(self.pay_asked)
            self._checkout.approval_asked.connect(self.approval_asked)
            self._checkout.opens.connect(self.task_asked)
            self._drop(old)
            QTimer.singleShot(FORESEEN_MS, self, self._foresee)
        else:
            old.begin()
        assert self._checkout is not None, "it was made just now or before"
        self._show(self._checkout)

    def show_payment(self, desk: PaymentDesk, sync: SyncState | None) -> None:
        """The payment page for this desk."""
        page = self._payment_page()
        page.begin(desk)
        page.show_link(sync)
        self._show(page)

    def show_receipt(self, receipt: Receipt, desk: PaymentDesk) -> None:
        """The page after the sale that was paid at this desk."""
        page = self._receipt_page()
        page.show_sale(receipt, desk.state.change, desk.state.change_notes, desk.on_paper)
        self._show(page)

    def show_side(self, page: SideScreen) -> None:
        """A page that lies over the others; it goes when it is deleted."""
        self._show(page)

    def _foresee(self) -> None:
        """One page a turn of the event loop."""
        if self._payment is None:
            self.addWidget(self._payment_page())
            QTimer.singleShot(0, self, self._foresee)
        elif self._receipt is None:
            self.addWidget(self._receipt_page())

    def _payment_page(self) -> PaymentScreen:
        if self._payment is None:
            self._payment = PaymentScreen(self._look, self._words, self._background, self._clock)
            self._payment.back_asked.connect(self.back_asked)
            self._payment.park_asked.connect(self.park_asked)
            self._payment.approval_asked.connect(self.approval_asked)
        return self._payment

    def _receipt_page(self) -> ReceiptScreen:
        if self._receipt is None:
            self._receipt = ReceiptScreen(self._look, self._words, self._background)
            self._receipt.next_asked.connect(self.next_asked)
            self._receipt.approval_asked.connect(self.approval_asked)
        return self._receipt

    def _show(self, page: Screen) -> None:
        if self.indexOf(page) < 0:
            self.addWidget(page)
        self.setCurrentWidget(page)
        page.setFocus()

    def _drop(self, page: Screen | None) -> None:
        if page is not None:
            self.removeWidget(page)
            page.deleteLater()
