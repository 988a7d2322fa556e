"""The customer display: a window of its own on the second screen, which nobody touches and which never
takes the keyboard away from the cashier."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from terminal.background import Background, Lane
from terminal.customer.idle import IdlePage
from terminal.customer.pages import BasketPage, PayPage, QrView, ThanksPage
from terminal.customer.view import NOTHING, CustomerView, Stage
from terminal.widgets.look import Look, Theme, is_upright, load_fonts
from terminal.widgets.qr_picture import matrix_of
from terminal.wording import Wording

BASE_WIDTH, BASE_HEIGHT = 800, 480
"""The smallest customer displays are 7 inches with so many pixels; lengths here are those of one."""
SCALE_MAX = 2.5
SCALE_STEP = 0.05
UPRIGHT_WIDTH, UPRIGHT_HEIGHT = 480, 800


def customer_scale(width: int, height: int) -> float:
    """The scale of a display of this size (px): 1 at 800×480 and 480×800."""
    wide, high = (UPRIGHT_WIDTH, UPRIGHT_HEIGHT) if is_upright(width, height) else (BASE_WIDTH, BASE_HEIGHT)
    fits = min(width / wide, height / high)
    return int(max(1.0, min(fits, SCALE_MAX)) / SCALE_STEP + 1e-6) * SCALE_STEP


class CustomerDisplay(QWidget):
    """Shows a `CustomerView`, in the store's language, by day."""

    def __init__(
        self,
        background: Background,
        words: Callable[[], Wording],
        *,
        clock: Callable[[], datetime],
        store: Callable[[], str] = str,
        idle_folder: Path | None = None,
    ) -> None:
        """`words` gives the store's language with its currency and zone; `store` the store's name."""
        super().__init__(None, Qt.WindowType.Window | Qt.WindowType.WindowDoesNotAcceptFocus)
        load_fonts()
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setObjectName("window")
        self.setWindowTitle("Everopen: customer")
        self.setMinimumSize(UPRIGHT_WIDTH, BASE_HEIGHT)
        self._background = background
        self._words = words
        self._clock = clock
        self._store = store
        self._folder = idle_folder
        self._view = NOTHING
        self._look = Look(Theme.DAY)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._pages = QStackedWidget()
        self._column.addWidget(self._pages)
        self._tick = QTimer(self)
        self._tick.setInterval(1_000)
        self._tick.timeout.connect(self._count_down)
        self._dress()

    @Slot(object)
    def show_view(self, view: CustomerView) -> None:
        """Show where the customer is."""
        self._view = view
        page = self._page_of[view.stage]
        if isinstance(page, IdlePage):
            if self._pages.currentWidget() is not page:
                page.begin()
        else:
            self.idle.end()
            page.show_view(view)
        self._pages.setCurrentWidget(page)
        if view.stage is Stage.QR:
            self._tick.start()
        else:
            self._tick.stop()

    def renew(self) -> None:
        """The store's name, language or currency may be others now."""
        if self._words() != self._dressed_in:
            self._dress()
        else:
            self.idle.name.setText(self._store())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another size of type, or another way up, needs new pages."""
        super().resizeEvent(event)
        width, height = self.width(), self.height()
        look = Look(Theme.DAY, customer_scale(width, height), is_upright(width, height))
        if look != self._look:
            self._look = look
            QTimer.singleShot(0, self, self._dress)

    @property
    def page(self) -> QWidget:
        """The page on show."""
        return self._page_of[self._view.stage]

    def _dress(self) -> None:
        look, words = self._look, self._words()
        self._dressed_in = words
        self.setStyleSheet(look.stylesheet())
        old, self._pages = self._pages, QStackedWidget()
        self.idle = IdlePage(look, words, self._background, self._folder, self._store)
        self.basket = BasketPage(look, words)
        self.pay = PayPage(look, words)
        self.qr = QrView(look, words, self._clock)
        self.thanks = ThanksPage(look, words)
        self.qr.picture_wanted.connect(self._draw)
        self._page_of: dict[Stage, IdlePage | BasketPage | PayPage | QrView | ThanksPage] = {
            Stage.IDLE: self.idle,
            Stage.BASKET: self.basket,
            Stage.PAYING: self.pay,
            Stage.QR: self.qr,
            Stage.THANKS: self.thanks,
        }
        for page in self._page_of.values():
            self._pages.addWidget(page)
        self._column.replaceWidget(old, self._pages)
        old.hide()
        old.deleteLater()
        self.idle.begin()
        self.show_view(self._view)

    def _count_down(self) -> None:
        self.qr.tick()

    def _draw(self, text: str) -> None:
        self._background.run(lambda: matrix_of(text), self.qr.picture.show_matrix, lane=Lane.QUERY)
