"""A QR payment while it is open: the code, the amount, the time that is left, what can be done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from terminal.notice import NoticeKind
from terminal.payment.state import PaymentState, QrState
from terminal.till.qr import QrStatus
from terminal.widgets.keys import Key, on_tap
from terminal.widgets.look import Look, of_kind
from terminal.widgets.qr_picture import QrPicture
from terminal.widgets.text import LEFT, SEMI_BOLD, Figure, Words, sizes
from terminal.wording import Wording

SIDE = 332


class TimeBar(QWidget):
    """How much of the code's time is left."""

    def __init__(self, look: Look) -> None:
        """Full."""
        super().__init__()
        self._look = look
        self._share = 1.0
        self.setFixedHeight(look.px(10))

    def show_share(self, share: float) -> None:
        """Show a share between 0 and 1."""
        self._share = max(0.0, min(share, 1.0))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A bar that becomes shorter, and amber near its end."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        radius = self.height() / 2
        painter.setBrush(self._look.colour("pressed"))
        painter.drawRoundedRect(QRectF(self.rect()), radius, radius)
        width = self.width() * self._share
        if width >= self.height():
            painter.setBrush(self._look.colour("accent" if self._share > 0.2 else "warn_strong"))
            painter.drawRoundedRect(QRectF(0, 0, width, self.height()), radius, radius)


class QrPage(QWidget):
    """Shows the open QR payment of a `PaymentState`.

    Signals:
        check_asked(), cancel_asked(), leave_asked(), park_asked(): the keys below the amount.
        picture_wanted(str): the code of this text is to be drawn.
    """

    check_asked = Signal()
    cancel_asked = Signal()
    leave_asked = Signal()
    park_asked = Signal()
    picture_wanted = Signal(str)

    def __init__(self, look: Look, words: Wording, clock: Callable[[], datetime]) -> None:
        """Wait for the first state."""
        super().__init__()
        of_kind(self, "card")
        self._words = words
        self._clock = clock
        self._text = ""
        self._qr: QrState | None = None
        self._life: timedelta | None = None
        self._keys_open = True
        self._hub_away = False
        self.picture = QrPicture(look, SIDE)
        self._method = QLabel()
        of_kind(self._method, "title")
        self._caption = QLabel(words.say("qr.amount"))
        of_kind(self._caption, "caption")
        self.amount = Figure(look, 40, "ink", align=LEFT, smallest=22)
        self.amount.setObjectName("qr-amount")
        self.left = Words(look, sizes(look, 20, (16, 2), weight=SEMI_BOLD), "ink", LEFT)
        self.left.setObjectName("qr-left")
        self._bar = TimeBar(look)
        # Four keys below each other have little room where the window is upright.
        tall, low = (52, 48) if look.upright else (64, 56)
        self.check = Key(
            look, words.say("qr.check"), "primary", shortcut="Enter", height=tall, name="qr-check"
        )
        self.cancel = Key(
            look, words.say("qr.cancel"), "danger", shortcut="Esc", height=low, name="qr-cancel"
        )
        self.leave = Key(look, words.say("qr.leave"), height=low, name="qr-leave")
        self.park = Key(look, words.say("qr.park"), shortcut="F9", height=low, name="qr-park")
        on_tap(self.park, self.park_asked.emit)
        on_tap(self.check, self.check_asked.emit)
        on_tap(self.cancel, self.cancel_asked.emit)
        on_tap(self.leave, self.leave_asked.emit)
        self._lay_out(look)

    def show_state(self, state: PaymentState, keys_open: bool) -> None:
        """Show the payment; `keys_open` is false while the last key's deed is under way."""
        qr = state.qr
        if qr is None:
            self._qr = None
            self._show_making()
            return
        if self._qr is None or self._qr.payment_id != qr.payment_id:
            self._life = qr.expires_at - self._clock() if qr.expires_at else None
        self._qr = qr
        if qr.text != self._text:
            self._text = qr.text
            self.picture.show_matrix([])
            if qr.text:
                self.picture_wanted.emit(qr.text)
        self._method.setText(self._words.say(f"pay.{qr.payment_method}"))
        self.amount.setText(self._words.money(qr.amount))
        self.picture.fade(qr.status is not QrStatus.PENDING)
        self.check.setEnabled(keys_open)
        self.cancel.setEnabled(keys_open)
        self._keys_open = keys_open
        self._hub_away = state.notice is not None and state.notice.kind is NoticeKind.OUTAGE
        self.tick()

    def tick(self) -> None:
        """Show the time that is left now."""
        qr = self._qr
        if qr is None:
            return
        left = timedelta(0)
        if qr.status is not QrStatus.UNKNOWN and qr.expires_at is not None:
            left = max(left, qr.expires_at - self._clock())
        for key in (self.leave, self.park):
            key.setEnabled(self._keys_open and (self._hub_away or not left))
        self._bar.show_share(left / self._life if self._life else 0)
        if left:
            minutes, seconds = divmod(int(left.total_seconds()), 60)
            self.left.setText(self._words.say("qr.left", minutes=minutes, seconds=f"{seconds:02d}"))
        else:
            self.left.setText(self._words.say("qr.over"))

    def _show_making(self) -> None:
        self._text = ""
        self.picture.show_matrix([])
        self._method.setText("")
        self.amount.setText("")
        self.left.setText(self._words.say("qr.making"))
        self._bar.show_share(1)
        for key in (self.check, self.cancel, self.leave, self.park):
            key.setEnabled(False)

    def _lay_out(self, look: Look) -> None:
        side = QVBoxLayout()
        side.setSpacing(look.px(8))
        side.addWidget(self._method)
        side.addWidget(self._caption)
        side.addWidget(self.amount)
        side.addSpacing(look.px(8))
        side.addWidget(self.left)
        side.addWidget(self._bar)
        side.addStretch(1)
        for key in (self.check, self.cancel, self.leave, self.park):
            side.addWidget(key)
        row = QHBoxLayout(self)
        inset = look.px(20)
        row.setContentsMargins(inset, inset, inset, inset)
        row.setSpacing(look.px(20))
        row.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(side, 1)
