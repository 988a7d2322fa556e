"""The pages of the customer display: basket, payment, QR code, thanks; nothing to touch on any of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QLabel, QLayout, QVBoxLayout, QWidget

from retail.cash import Change
from terminal.customer.lines import LinesView
from terminal.customer.view import CustomerView
from terminal.payment.qr_page import TimeBar
from terminal.payment.state import QrState
from terminal.till.qr import QrStatus
from terminal.widgets.look import Look, of_kind
from terminal.widgets.qr_picture import QrPicture
from terminal.widgets.text import CENTRE, LEFT, SEMI_BOLD, Figure, Words, sizes
from terminal.widgets.total_panel import items_of
from terminal.wording import Wording

MARGIN = 16
QR_SIDE = 400
BOLD = QFont.Weight.Bold


class BasketPage(QWidget):
    """The lines, and beside them the total in large with what was saved."""

    def __init__(self, look: Look, words: Wording) -> None:
        """Wait for the first view."""
        super().__init__()
        self._words = words
        self.lines = LinesView(look, words)
        self.greeting = Words(look, sizes(look, 22, 18, (16, 2), weight=SEMI_BOLD), "on_stage")
        self._caption = Words(look, sizes(look, 20), "on_stage_soft")
        self._caption.setText(words.say("customer.total"))
        self.total = Figure(look, 62, "on_stage", align=LEFT, smallest=24)
        self.total.setObjectName("customer-total")
        self.saved = Words(look, sizes(look, 24, 20, (18, 2), (16, 2), weight=SEMI_BOLD), "light_good")
        self.saved.setObjectName("customer-saved")
        self._items = Words(look, sizes(look, 18, 16), "on_stage_soft")
        self._earlier = Words(look, sizes(look, 16, 14), "ink_soft", CENTRE)
        card = QWidget()
        of_kind(card, "card")
        inside = QVBoxLayout(card)
        inside.setContentsMargins(1, look.px(6), 1, look.px(6))
        inside.addWidget(self._earlier)
        inside.addWidget(self.lines, 1)
        panel = QWidget()
        of_kind(panel, "total")
        column = QVBoxLayout(panel)
        inset = look.px(22)
        column.setContentsMargins(inset, inset, inset, inset)
        column.setSpacing(look.px(6))
        column.addWidget(self.greeting)
        column.addStretch(1)
        for part in (self._items, self._caption, self.total, self.saved):
            column.addWidget(part)
        columns = look.across()
        _spaced(columns, look)
        columns.addWidget(card, 55)
        columns.addWidget(panel, 30 if look.upright else 45)
        self.setLayout(columns)

    def show_view(self, view: CustomerView) -> None:
        """Show lines and total."""
        words, totals = self._words, view.totals
        if totals is None:
            return
        self.lines.show_lines(totals.lines)
        hidden = self.lines.hidden()
        self._earlier.setText(words.say("customer.earlier", count=hidden) if hidden else "")
        self.greeting.setText(words.say("customer.hello", name=view.member) if view.member else "")
        self.total.setText(words.money(totals.total_amount))
        self._items.setText(words.say("customer.items", count=items_of(totals)))
        saved = words.say("customer.saved", amount=words.money(view.saved))
        self.saved.setText(saved if view.saved else "")


class PayPage(QWidget):
    """What is still to pay, as large as it goes, and how it can be paid."""

    def __init__(self, look: Look, words: Wording) -> None:
        """Wait for the first view."""
        super().__init__()
        self._words = words
        self._caption = Words(look, sizes(look, 28, 24), "on_stage_soft", CENTRE)
        self.due = Figure(look, 96, "on_stage", align=CENTRE, smallest=40)
        self.due.setObjectName("customer-due")
        self._cash = Words(look, sizes(look, 24, 20, (18, 2), weight=SEMI_BOLD), "light_warn", CENTRE)
        self._paid = Words(look, sizes(look, 24, 20, (18, 2), weight=SEMI_BOLD), "light_good", CENTRE)
        self._saved = Words(look, sizes(look, 24, 20, weight=SEMI_BOLD), "light_good", CENTRE)
        self.hint = Words(look, sizes(look, 22, 20, (18, 2)), "on_stage", CENTRE)
        panel = QWidget()
        of_kind(panel, "total")
        column = QVBoxLayout(panel)
        inset = look.px(24)
        column.setContentsMargins(inset, inset, inset, inset)
        column.setSpacing(look.px(4))
        column.addStretch(2)
        for part in (self._caption, self.due, self._cash, self._paid, self._saved):
            column.addWidget(part)
        column.addStretch(2)
        column.addWidget(self.hint)
        outside = QVBoxLayout(self)
        _spaced(outside, look)
        outside.addWidget(panel)

    def show_view(self, view: CustomerView) -> None:
        """Show what is due."""
        say, money = self._words.say, self._words.money
        self._caption.setText(say("customer.still-due" if view.paid else "customer.due"))
        self.due.setText(money(view.due))
        rounded = say("customer.cash-due", amount=money(view.cash_due))
        self._cash.setText(rounded if view.cash_due != view.due else "")
        self._paid.setText(say("customer.paid", amount=money(view.paid)) if view.paid else "")
        self._saved.setText(say("customer.saved", amount=money(view.saved)) if view.saved else "")
        self.hint.setText(say("customer.qr-failed" if view.qr_failed else "customer.how-to-pay"))
        self.hint.set_colour("light_warn" if view.qr_failed else "on_stage")


class QrView(QWidget):
    """The code to scan, the amount, the time that is left and what has become of the payment.

    Signals:
        picture_wanted(str): the code of this text is to be drawn (`picture`).
    """

    picture_wanted = Signal(str)

    def __init__(self, look: Look, words: Wording, clock: Callable[[], datetime]) -> None:
        """Wait for the first view."""
        super().__init__()
        self._words = words
        self._clock = clock
        self._qr: QrState | None = None
        self._life: timedelta | None = None
        self._text = ""
        self.picture = QrPicture(look, QR_SIDE)
        self._method = Words(look, sizes(look, 24, weight=BOLD), "ink", CENTRE)
        self.amount = Figure(look, 48, "ink", align=CENTRE, smallest=28)
        self.amount.setObjectName("customer-qr-amount")
        self.state = Words(look, sizes(look, 22, (20, 2), (18, 3), weight=SEMI_BOLD), "ink", CENTRE)
        self.state.setObjectName("customer-qr-state")
        self.left = Words(look, sizes(look, 26, weight=SEMI_BOLD), "ink", CENTRE)
        self._bar = TimeBar(look)
        side = QVBoxLayout()
        side.setSpacing(look.px(8))
        side.addStretch(1)
        for part in (self._method, self.amount, self.state, self.left, self._bar):
            side.addWidget(part)
        side.addStretch(1)
        card = QWidget()
        of_kind(card, "card")
        columns = look.across()
        card.setLayout(columns)
        _spaced(columns, look)
        columns.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignCenter)
        columns.addLayout(side, 1)
        outside = QVBoxLayout(self)
        _spaced(outside, look)
        outside.addWidget(card)

    def show_view(self, view: CustomerView) -> None:
        """Show the payment."""
        qr = view.qr
        if qr is None:
            return
        if self._qr is None or self._qr.payment_id != qr.payment_id:
            self._life = qr.expires_at - self._clock() if qr.expires_at else None
        self._qr = qr
        if qr.text != self._text:
            self._text = qr.text
            self.picture.show_matrix([])
            self.picture_wanted.emit(qr.text)
        self.picture.fade(qr.status is not QrStatus.PENDING)
        self._method.setText(self._words.say(f"pay.{qr.payment_method}"))
        self.amount.setText(self._words.money(qr.amount))
        known = {QrStatus.PENDING: ("pending", "ink"), QrStatus.CAPTURED: ("captured", "good")}
        word, colour = known.get(qr.status, ("unknown", "warn"))
        self.state.setText(self._words.say(f"customer.qr-{word}"))
        self.state.set_colour(colour)
        self.tick()

    def tick(self) -> None:
        """Show the time that is left now."""
        qr = self._qr
        left = timedelta(0)
        if qr is not None and qr.status is QrStatus.PENDING and qr.expires_at is not None:
            left = max(left, qr.expires_at - self._clock())
        minutes, seconds = divmod(int(left.total_seconds()), 60)
        told = self._words.say("qr.left", minutes=minutes, seconds=f"{seconds:02d}")
        self.left.setText(told if left else "")
        self._bar.show_share(left / self._life if self._life else 0)


class ThanksPage(QWidget):
    """Thanks, the change in figures that nobody overlooks, and what was saved."""

    def __init__(self, look: Look, words: Wording) -> None:
        """Wait for the first view."""
        super().__init__()
        self._words = words
        tick = QLabel()
        tick.setPixmap(look.pixmap("check", "good", 48))
        tick.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.thanks = Words(look, sizes(look, 36, 30, (24, 2), weight=BOLD), "ink", CENTRE)
        self._caption = Words(look, sizes(look, 24), "ink_soft", CENTRE)
        self.change = Figure(look, 76, "good", align=CENTRE, smallest=36)
        self.change.setObjectName("customer-change")
        self._notes = Words(look, sizes(look, 22, 20, (16, 2), weight=SEMI_BOLD), "ink", CENTRE)
        self._saved = Words(look, sizes(look, 24, 20, weight=SEMI_BOLD), "good", CENTRE)
        card = QWidget()
        of_kind(card, "card")
        column = QVBoxLayout(card)
        inset = look.px(20)
        column.setContentsMargins(inset, inset, inset, inset)
        column.setSpacing(look.px(4))
        column.addStretch(1)
        for part in (tick, self.thanks, self._caption, self.change, self._notes, self._saved):
            column.addWidget(part)
        column.addStretch(1)
        outside = QVBoxLayout(self)
        _spaced(outside, look)
        outside.addWidget(card)

    def show_view(self, view: CustomerView) -> None:
        """Show the end of the sale."""
        say, money = self._words.say, self._words.money
        name = view.member
        self.thanks.setText(say("customer.thanks-member", name=name) if name else say("customer.thanks"))
        self._caption.setText(say("customer.change" if view.change else "customer.paid-in-full"))
        paid = view.totals.total_amount if view.totals else 0
        self.change.setText(money(view.change or paid))
        self._notes.setText(_notes(view.change_notes, self._words) if view.change else "")
        self._saved.setText(say("customer.saved", amount=money(view.saved)) if view.saved else "")


def _notes(change: Change, words: Wording) -> str:
    return "  ·  ".join(f"{count} × {words.figure(note)}" for note, count in change.notes)


def _spaced(layout: QLayout, look: Look) -> None:
    margin = look.px(MARGIN)
    layout.setContentsMargins(margin, margin, margin, margin)
    layout.setSpacing(margin)
