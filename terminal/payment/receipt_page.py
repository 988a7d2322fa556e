"""After the sale: the change in figures that nobody overlooks, and the receipt."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QFont, QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QScrollArea, QScroller, QVBoxLayout, QWidget

from retail.cash import Change
from retail.receipt import Receipt
from terminal.background import Background, Relay
from terminal.payment.paper_row import PaperRow, PhoneReceipt
from terminal.sales.paper import PaperDesk, PaperOnShow
from terminal.widgets.entry import END_KEYS
from terminal.widgets.keys import Key, on_tap
from terminal.widgets.look import Look, of_kind
from terminal.widgets.notes import notes_text
from terminal.widgets.qr_picture import matrix_of
from terminal.widgets.receipt_paper import ReceiptPaper
from terminal.widgets.screen import Screen
from terminal.widgets.text import CENTRE, LEFT, RIGHT, SEMI_BOLD, Figure, Words, sizes
from terminal.wording import Wording

MARGIN = 12
LOOK_MS = 1_000
"""How often the hub is asked what became of the paper."""
SUMS_HEIGHT = 140
"""Room for four sums, so that the key for the next customer is where it was at the last one."""
GUARD_MS = 400
"""The second tap of a double tap that paid must not send the change away."""


class ReceiptScreen(Screen):
    """Shows a finished sale.

    Signals:
        next_asked(): the next customer.
    """

    next_asked = Signal()

    def __init__(self, look: Look, words: Wording, background: Background) -> None:
        """Wait for the first sale."""
        super().__init__(look, words, background)
        self.paper = ReceiptPaper(look, words)
        self.change = Figure(look, 96, "good", align=LEFT, smallest=40)
        self.change.setObjectName("change")
        self.notes = Words(look, sizes(look, 20, (16, 2), weight=SEMI_BOLD), "ink")
        self.notes.setObjectName("change-notes")
        self._caption = Words(look, sizes(look, 24, weight=QFont.Weight.Bold), "ink")
        self._saved = Words(look, sizes(look, 16, 14, 13, 12), "ink_soft")
        self.printing = PaperRow(look, words)
        self.printing.print_asked.connect(self._print)
        self._on_paper: PaperDesk | None = None
        self._phone = PhoneReceipt(look, words)
        self._sums = QWidget()
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
        self._lay_out()
        self._guard = QTimer(self)
        self._guard.setSingleShot(True)
        self._guard.setInterval(GUARD_MS)
        self._look_again = QTimer(self)
        self._look_again.setInterval(LOOK_MS)
        self._look_again.timeout.connect(self.look_at_paper)

    def show_sale(self, receipt: Receipt, change: int, notes: Change, on_paper: PaperDesk) -> None:
        """Show this sale; `change` in minor units goes back to the customer, as these notes. `on_paper` knows
        what becomes of the paper."""
        say, money = self.words.say, self.words.money
        self.receipt = receipt
        self.paper.show_receipt(receipt)
        self._scroll.verticalScrollBar().setValue(0)
        self._caption.setText(say("receipt.change" if change else "receipt.done"))
        self.change.set_colour("good" if change else "ink")
        self.change.setText(money(change) if change else say("receipt.no-change"))
        self.notes.setText(notes_text(notes, self.words))
        self._saved.setText(say("receipt.saved", number=receipt.receipt_number))
        sums = _sums_of(receipt, self.look, self.words)
        self._inside.replaceWidget(self._sums, sums)
        self._sums.hide()
        self._sums.deleteLater()
        self._sums = sums
        self._begin_paper(on_paper)
        self._phone.setVisible(bool(receipt.url))
        if receipt.url:
            self.look_up(lambda: matrix_of(receipt.url), self._phone.picture.show_matrix)
        self._guard.start()

    def look_at_paper(self) -> None:
        """Ask what became of the paper, as the timer does, until it is there."""
        paper = self._on_paper
        if paper is not None and not paper.state.is_settled:
            self.do(paper.look)

    def showEvent(self, event: QShowEvent) -> None:
        """The paper is looked at while somebody can see it."""
        super().showEvent(event)
        self._look_again.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody asks about paper that nobody looks for."""
        super().hideEvent(event)
        self._look_again.stop()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter is the next customer."""
        if event.key() in (*END_KEYS, Qt.Key.Key_F12):
            if not event.isAutoRepeat():
                self._next()
            return
        if event.key() == Qt.Key.Key_F9:
            self.printing.key.click()
            return
        super().keyPressEvent(event)

    @property
    def ready(self) -> bool:
        """Whether the next customer may be asked for: not in the wake of a double tap."""
        return not self._guard.isActive()

    def _begin_paper(self, on_paper: PaperDesk) -> None:
        if on_paper is not self._on_paper:
            self._on_paper = on_paper
            relay = Relay(on_paper.listen, self)
            relay.changed.connect(lambda state: self._show_paper(on_paper, state))
        self.printing.show_paper(on_paper.state)

    def _show_paper(self, on_paper: PaperDesk, state: PaperOnShow) -> None:
        if on_paper is self._on_paper:
            self.printing.show_paper(state)

    def _print(self) -> None:
        if self._on_paper is not None:
            self.do(self._on_paper.print_it)

    def _next(self) -> None:
        if self.ready:
            self.next_asked.emit()

    def _lay_out(self) -> None:
        look = self.look
        self._scroll = QScrollArea()
        self._scroll.setWidget(self.paper)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self._scroll.setFixedWidth(self.paper.width() + look.px(16))
        QScroller.grabGesture(self._scroll.viewport(), QScroller.ScrollerGestureType.TouchGesture)
        hint = QLabel(self.words.say("receipt.next-hint"))
        of_kind(hint, "soft")
        hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        right = QVBoxLayout()
        right.setSpacing(look.px(8))
        right.addWidget(self._card(), 1)
        right.addWidget(self.next)
        right.addWidget(hint)
        columns = look.across()
        margin = look.px(MARGIN)
        columns.setContentsMargins(margin, margin, margin, margin)
        columns.setSpacing(margin)
        columns.addWidget(self._scroll, 1 if look.upright else 0, CENTRE)
        columns.insertLayout(0 if look.upright else 1, right, 0 if look.upright else 1)
        self.setLayout(columns)

    def _card(self) -> QWidget:
        look = self.look
        card = QWidget()
        of_kind(card, "card")
        self._inside = QVBoxLayout(card)
        inset = look.px(28)
        self._inside.setContentsMargins(inset, inset, inset, inset)
        self._inside.setSpacing(look.px(6))
        change = QVBoxLayout()
        change.setSpacing(look.px(6))
        for words in (self._caption, self.change, self.notes):
            change.addWidget(words)
        top = QHBoxLayout()
        top.setSpacing(look.px(12))
        top.addLayout(change, 1)
        top.addWidget(self._phone, 0, Qt.AlignmentFlag.AlignTop)
        self._inside.addLayout(top)
        self._inside.addSpacing(look.px(10))
        self._inside.addWidget(self._sums)
        self._inside.addStretch(1)
        tick = QLabel()
        tick.setPixmap(look.pixmap("check", "good", 24))
        told = QVBoxLayout()
        told.setSpacing(0)
        told.addWidget(self._saved)
        told.addWidget(self.printing.words)
        saved = QHBoxLayout()
        saved.setSpacing(look.px(8))
        saved.addWidget(tick, 0, Qt.AlignmentFlag.AlignTop)
        saved.addLayout(told, 1)
        saved.addWidget(self.printing.key)
        self._inside.addLayout(saved)
        return card


def _sums_of(receipt: Receipt, look: Look, words: Wording) -> QWidget:
    """What was due and what was given, a row each."""
    box = QWidget()
    box.setMinimumHeight(look.px(SUMS_HEIGHT))
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(look.px(6))
    column.addLayout(_sum_row(look, words.say("receipt.total"), words.money(receipt.total_amount)))
    if receipt.rounding_amount:
        rounding = words.signed(receipt.rounding_amount)
        column.addLayout(_sum_row(look, words.say("receipt.rounding"), rounding))
    for tender in receipt.tenders:
        given = tender.tendered if tender.tendered is not None else tender.amount
        column.addLayout(_sum_row(look, words.say(f"pay.{tender.payment_method}"), words.money(given)))
    if receipt.discount_amount:
        saved = words.money(receipt.discount_amount)
        column.addLayout(_sum_row(look, words.say("receipt.you-saved"), saved))
    column.addStretch(1)
    return box


def _sum_row(look: Look, label: str, value: str) -> QHBoxLayout:
    row = QHBoxLayout()
    name = Words(look, sizes(look, 20), "ink_soft")
    name.setText(label)
    figure = Words(look, sizes(look, 20, weight=SEMI_BOLD), "ink", RIGHT)
    figure.setText(value)
    row.addWidget(name)
    row.addWidget(figure)
    return row
