"""Where the customer display goes: onto the second screen, into a window, or nowhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication, QScreen
from PySide6.QtWidgets import QWidget

AUTO, WINDOW, OFF = "auto", "window", "off"
"""Values of the setting `customer_display`."""


class Placing(QObject):
    """Keeps the display where it belongs while screens are plugged in and pulled out.

    The display is made when there is a place for it: a till without one does not pay for it.
    """

    def __init__(
        self, application: QGuiApplication, till: QWidget, wanted: str, make: Callable[[], QWidget]
    ) -> None:
        """`till` is the cashier's window, whose screen is not the customer's."""
        super().__init__(till)
        self._application = application
        self._till = till
        self._wanted = wanted
        self._make = make
        self.display: QWidget | None = None
        application.screenAdded.connect(lambda _: self.place())
        application.screenRemoved.connect(lambda _: self.place())

    def place(self) -> None:
        """Show the display where there is a place for it, else hide it."""
        other = other_screen(self._till.screen(), self._application.screens())
        wanted = self._wanted == WINDOW or (self._wanted == AUTO and other is not None)
        if not wanted:
            if self.display is not None:
                self.display.hide()
            return
        if self.display is None:
            self.display = self._make()
        if self._wanted == WINDOW or other is None:
            self.display.show()
        else:
            self.display.setScreen(other)
            self.display.setGeometry(other.geometry())
            self.display.showFullScreen()
        # Not every window system heeds a window that wants no focus.
        self._till.activateWindow()

    def close(self) -> None:
        """Take the display away."""
        if self.display is not None:
            self.display.close()
            self.display.deleteLater()
            self.display = None


def other_screen(own: QScreen, screens: Sequence[QScreen]) -> QScreen | None:
    """The first screen that is not the till's and does not show the same picture (a mirrored one)."""
    others = [screen for screen in screens if screen is not own and screen.geometry() != own.geometry()]
    return others[0] if others else None
