"""A pair of hands for the demo: works a till's real window with key presses and takes pictures of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEventLoop, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from terminal.checkout.screen import CheckoutScreen
from terminal.drawer.opening import OpeningScreen
from terminal.payment.receipt_page import GUARD_MS, ReceiptScreen
from terminal.payment.screen import PaymentScreen
from terminal.shift.screen import SignInScreen
from terminal.till.till import Till
from terminal.widgets.screen import Screen
from terminal.window import MainWindow

PATIENCE_SECONDS = 30.0
DIGITS = {str(digit): Qt.Key(Qt.Key.Key_0.value + digit) for digit in range(10)}
GUARD_SECONDS = GUARD_MS / 1_000 + 0.1


class ClerkStuck(Exception):
    """The window did not get where the demo expected it; the message says where it should have been."""


class Clerk:
    """Works one window; `meanwhile` is called while it waits (the stack wants looking after)."""

    def __init__(self, window: MainWindow, till: Till, folder: Path, meanwhile: Callable[[], None]) -> None:
        self._window = window
        self._till = till
        self._folder = folder
        self._meanwhile = meanwhile

    def sign_in(self, employee_id: str, pin: str) -> None:
        """Type id and PIN at the keyboard, and count a float where the drawer has no shift yet."""
        self.until(lambda: isinstance(self._window.page, SignInScreen), "the sign-in page")
        page = self._page()
        assert isinstance(page, SignInScreen)
        page.employee.setText(employee_id)
        page.pin.setText(pin)
        self._press(Qt.Key.Key_Return)
        self.until(
            lambda: isinstance(self._window.page, CheckoutScreen | OpeningScreen),
            "the checkout page or a shift",
        )
        if isinstance(self._window.page, OpeningScreen):
            self._open_shift()

    def _open_shift(self) -> None:
        """Five notes of the third kind and ten of the fourth, by the arrows and digits of the keyboard."""
        for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_5, Qt.Key.Key_Return):
            self._press(key)
        for key in (Qt.Key.Key_1, Qt.Key.Key_0, Qt.Key.Key_F12):
            self._press(key)
        self.until(lambda: isinstance(self._window.page, CheckoutScreen), "the checkout page")

    def scan(self, barcode: str) -> None:
        """A scanner's burst of keys, ended by Enter."""
        lines = self._pieces()
        page = self._page()
        for digit in barcode:
            QTest.keyClick(page, DIGITS[digit])
        QTest.keyClick(page, Qt.Key.Key_Return)
        self.until(lambda: self._pieces() > lines, f"{barcode} in the basket")

    def one_more(self) -> None:
        """The plus key: one more of the last line."""
        pieces = self._pieces()
        self._press(Qt.Key.Key_Plus)
        self.until(lambda: self._pieces() > pieces, "one more piece")

    def pay(self) -> None:
        """To the payment page."""
        self._press(Qt.Key.Key_F12)
        self.until(lambda: isinstance(self._window.page, PaymentScreen), "the payment page")

    def cash(self, key: Qt.Key = Qt.Key.Key_F1) -> None:
        """A quick-amount key (the first is the exact sum)."""
        self._press(key)
        self.receipt()

    def qr(self, key: Qt.Key, picture: str) -> None:
        """Ask for a QR code, take its picture, and wait until the customer has paid."""
        self._press(key)
        self.until(lambda: self._qr_text() != "", "a QR code")
        self.picture(picture)
        self.receipt()

    def receipt(self) -> None:
        """Wait for the receipt."""
        self.until(lambda: isinstance(self._window.page, ReceiptScreen), "the receipt")

    def next_customer(self) -> None:
        """Enter on the receipt, which does not take one for a moment lest it be the last page's."""
        self.settle(GUARD_SECONDS)
        self._press(Qt.Key.Key_Return)
        self.until(lambda: isinstance(self._window.page, CheckoutScreen), "an empty basket")

    def picture(self, name: str) -> None:
        """The window as a PNG."""
        self.settle()
        self._folder.mkdir(parents=True, exist_ok=True)
        self._window.grab().save(str(self._folder / f"{name}.png"))

    def settle(self, seconds: float = 0.15) -> None:
        """Let the window finish what it is drawing."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)

    def until(self, come_true: Callable[[], bool], what: str) -> None:
        """Run the window until something is so; raises `ClerkStuck`."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not come_true():
            if time.monotonic() > deadline:
                raise ClerkStuck(f"the till did not get to: {what}")
            self.settle(0.02)
            self._meanwhile()

    def _press(self, key: Qt.Key) -> None:
        QTest.keyClick(self._page(), key)

    def _page(self) -> Screen:
        page = self._window.page
        assert page is not None, "the window shows a page from its beginning"
        return page

    def _pieces(self) -> int:
        """How many pieces the journal says are in the basket; the window shows what the journal has."""
        draft = self._till.open_draft()
        return sum(line.quantity for line in draft.basket.lines) if draft else 0

    def _qr_text(self) -> str:
        draft = self._till.open_draft()
        return draft.qr.text if draft and draft.qr else ""
