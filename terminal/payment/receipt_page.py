"""After the sale: the change in figures that nobody overlooks, and the receipt."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QFont, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QScrollArea, QScroller, QVBoxLayout, QWidget

from retail.receipt import Receipt
from terminal.background import Background
from terminal.widgets.entry import END_KEYS
from terminal.widgets.keys import Key, on_tap
from terminal.widgets.look import Look, of_kind
from terminal.widgets.receipt_paper import ReceiptPaper
from terminal.widgets.screen import Screen
from terminal.widgets.text import Figure, Words
from terminal.wording import Wording

MARGIN = 12
GUARD_MS = 400
"""The second tap of a double tap that paid must not send the change away."""


class ReceiptScreen(Screen):
    """Shows a finished sale.

    Signals:
        next_asked(): the next customer.
    """

    next_asked = Signal()

    def __init__(
        self, receipt: Receipt, change: int, look: Look, words: Wording, background: Background
    ) -> None:
        """`change` in minor units goes back to the customer."""
        super().__init__(look, words, background)
        self.receipt = receipt
        self._change_amount = change
        self.paper = ReceiptPaper(look, words)
        self.paper.show_receipt(receipt)
        self.change = Figure(
            look, 96, "good" if change else "ink", align=Qt.AlignmentFlag.AlignLeft, smallest=40
        )
        self.change.setObjectName("change")
        self.change.setText(words.money(change) if change else words.say("receipt.no-change"))
        self.next = Key(
            look,
            words.say("receipt.next"),
            "pay",
            icon="next",
            icon_colour="on_accent",
            icon_size=36,
            shortcut="Enter",
            height=132,
            name="next-customer",
        )
        on_tap(self.next, self._next)
        self._lay_out(change)
        self._armed = False
        QTimer.singleShot(GUARD_MS, self, self._arm)

    def again(self, look: Look, words: Wording) -> ReceiptScreen:
        """The same sale in another look or language."""
        return ReceiptScreen(self.receipt, self._change_amount, look, words, self._background)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter is the next customer."""
        if event.key() in (*END_KEYS, Qt.Key.Key_F12):
            if not event.isAutoRepeat():
                self._next()
            return
        super().keyPressEvent(event)

    def _arm(self) -> None:
        self._armed = True

    def _next(self) -> None:
        if self._armed:
            self.next_asked.emit()

    def _lay_out(self, change: int) -> None:
        look, words = self.look, self.words
        scroll = QScrollArea()
        scroll.setWidget(self.paper)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        QScroller.grabGesture(scroll.viewport(), QScroller.ScrollerGestureType.TouchGesture)
        scroll.setFixedWidth(self.paper.width() + look.px(16))
        card = QWidget()
        of_kind(card, "card")
        inside = QVBoxLayout(card)
        inset = look.px(28)
        inside.setContentsMargins(inset, inset, inset, inset)
        inside.setSpacing(look.px(6))
        caption = QLabel(words.say("receipt.change") if change else words.say("receipt.done"))
        of_kind(caption, "title")
        inside.addWidget(caption)
        inside.addWidget(self.change)
        inside.addSpacing(look.px(10))
        for label, value in self._sums():
            inside.addLayout(_sum_row(look, label, value))
        inside.addStretch(1)
        saved = QHBoxLayout()
        saved.setSpacing(look.px(8))
        tick = QLabel()
        tick.setPixmap(look.pixmap("check", "good", 24))
        note = QLabel(words.say("receipt.saved", number=self.receipt.receipt_number))
        of_kind(note, "soft")
        saved.addWidget(tick)
        saved.addWidget(note, 1)
        inside.addLayout(saved)
        hint = QLabel(words.say("receipt.next-hint"))
        of_kind(hint, "soft")
        hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        right = QVBoxLayout()
        right.setSpacing(look.px(8))
        right.addWidget(card, 1)
        right.addWidget(self.next)
        right.addWidget(hint)
        row = QHBoxLayout(self)
        row.setContentsMargins(look.px(MARGIN), look.px(MARGIN), look.px(MARGIN), look.px(MARGIN))
        row.setSpacing(look.px(MARGIN))
        row.addWidget(scroll)
        row.addLayout(right, 1)

    def _sums(self) -> list[tuple[str, str]]:
        say, money = self.words.say, self.words.money
        sums = [(say("receipt.total"), money(self.receipt.total_amount))]
        for tender in self.receipt.tenders:
            given = tender.tendered if tender.tendered is not None else tender.amount
            sums.append((say(f"pay.{tender.payment_method}"), money(given)))
        return sums


def _sum_row(look: Look, label: str, value: str) -> QHBoxLayout:
    row = QHBoxLayout()
    name = Words(look, [(look.font(20), 1)], "ink_soft")
    name.setText(label)
    figure = Words(look, [(look.font(20, QFont.Weight.DemiBold), 1)], "ink", Qt.AlignmentFlag.AlignRight)
    figure.setText(value)
    row.addWidget(name)
    row.addWidget(figure)
    return row
