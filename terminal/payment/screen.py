"""The payment page: what is due on the left, the ways to pay it on the right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout

from courier.link import LinkState
from retail.payment import CASH
from terminal.background import Background
from terminal.notice import HUB_AWAY, Notice
from terminal.payment.cash_page import CashPage
from terminal.payment.desk import PAYMENT_UNKNOWN, PaymentDesk
from terminal.payment.due_side import DueSide
from terminal.payment.qr_page import QrPage
from terminal.payment.state import PaymentState
from terminal.sync_state import SyncState
from terminal.till.qr import QrStatus
from terminal.widgets.keys import Key, on_tap
from terminal.widgets.look import Look
from terminal.widgets.notice_bar import NoticeBar, mood_of
from terminal.widgets.qr_picture import matrix_of
from terminal.widgets.screen import Screen
from terminal.wording import Message, Wording

MARGIN = 12
GAP = 10
LEFT, RIGHT = 37, 63
UPRIGHT = (25, 75)
POLL_MS = 2_000
QR_WORDS = {QrStatus.PENDING: ("calm", "qr-pending"), QrStatus.CAPTURED: ("good", "qr-captured")}
HUB_AWAY_WITH_QR = "hub-away-qr"
"""The same outage, but the customer may be paying a code that is on show."""
METHOD_HEIGHT, UPRIGHT_METHOD_HEIGHT = 64, 52
METHODS = (CASH, "QR_VIETQR", "QR_MOMO", "QR_VNPAY")
METHOD_KEYS = {Qt.Key.Key_F7: "QR_VIETQR", Qt.Key.Key_F8: "QR_MOMO", Qt.Key.Key_F9: "QR_VNPAY"}


class PaymentScreen(Screen):
    """Shows a `PaymentDesk` until it is over.

    Signals:
        back_asked(): the cashier wants the basket back.
        park_asked(): the basket shall wait for its money, and the next customer come.
    """

    back_asked = Signal()
    park_asked = Signal()

    def __init__(
        self,
        look: Look,
        words: Wording,
        background: Background,
        clock: Callable[[], datetime],
    ) -> None:
        """Wait for the first payment (`begin`)."""
        super().__init__(look, words, background)
        self._desk: PaymentDesk | None = None
        self._hub_away = False
        self._state: PaymentState
        self._queued: Callable[[], object] | None = None
        self._told_desk = False
        self.notice = NoticeBar(look)
        self.due = DueSide(look, words)
        self.cash = CashPage(look, words)
        self.qr = QrPage(look, words, clock)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.cash)
        self._pages.addWidget(self.qr)
        self.methods = {method: self._method_key(method) for method in METHODS}
        self._lay_out()
        self._connect()
        self._poll = QTimer(self)
        self._poll.setInterval(POLL_MS)
        self._poll.timeout.connect(self.poll)
        self._second = QTimer(self)
        self._second.setInterval(1_000)
        self._second.timeout.connect(self.qr.tick)

    def begin(self, desk: PaymentDesk) -> None:
        """Show this desk from now on, with nothing typed."""
        self._desk = desk
        self._told_desk = False
        self._queued = None
        self.cash.forget_typed()
        self.show_state(desk.state)

    @property
    def desk(self) -> PaymentDesk:
        """The desk on show."""
        assert self._desk is not None, "the page is shown for a payment"
        return self._desk

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody asks about a payment that is not on show."""
        super().hideEvent(event)
        self._poll.stop()
        self._second.stop()

    def show_state(self, state: PaymentState) -> None:
        """Show what the desk says."""
        self._state = state
        self._told_desk = False
        if self._queued and not state.busy:
            deed, self._queued = self._queued, None
            if state.qr:
                self.do(deed)
        self._told = None
        self.due.show_state(state)
        self.cash.show_state(state)
        asking = state.qr is not None or (state.busy and not state.receipt)
        if asking:
            self.qr.show_state(state, keys_open=self._queued is None)
        self._pages.setCurrentWidget(self.qr if asking else self.cash)
        self._show_methods(asking)
        self.show_notice()
        for timer in (self._poll, self._second):
            if state.qr is None:
                timer.stop()
            elif not timer.isActive():
                timer.start()

    def show_link(self, sync: SyncState | None) -> None:
        """QR codes come from the hub: without it they are not offered."""
        self._hub_away = sync is None or sync.link is LinkState.OFFLINE
        self._show_methods(self._pages.currentWidget() is self.qr)
        self.show_notice()

    @property
    def untouched(self) -> bool:
        """Whether nothing has been paid or asked for, so that the basket may still be opened again."""
        state = self._state
        return not (state.tenders or state.qr or state.busy or state.receipt or state.over)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Everything a finger can do, a key can do too."""
        key = Qt.Key(event.key())
        if self._pages.currentWidget() is self.qr:
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.isAutoRepeat():
                self.qr.check.click()
            elif key == Qt.Key.Key_Escape:
                self.qr.cancel.click()
            elif key == Qt.Key.Key_F9:
                self.qr.park.click()
            return
        if key in METHOD_KEYS:
            self.methods[METHOD_KEYS[key]].click()
        elif key == Qt.Key.Key_Escape:
            self._escape()
        elif not self.cash.take_key(event):
            super().keyPressEvent(event)

    def _method_key(self, method: str) -> Key:
        shortcuts = {name: f"F{7 + place}" for place, name in enumerate(METHODS[1:])}
        icon = "cash" if method == CASH else "qr"
        colour = "on_accent" if method == CASH else "ink"
        key = Key(
            self.look,
            self.words.say(f"pay.{method}"),
            "choice",
            icon=icon,
            icon_colour=colour,
            shortcut=shortcuts.get(method, ""),
            height=UPRIGHT_METHOD_HEIGHT if self.look.upright else METHOD_HEIGHT,
            name=f"method-{method}",
        )
        key.setCheckable(True)
        return key

    def _lay_out(self) -> None:
        px = self.look.px
        choices = QHBoxLayout()
        for key in self.methods.values():
            choices.addWidget(key, 1)
        right = QVBoxLayout()
        right.addLayout(choices)
        right.addWidget(self._pages, 1)
        columns = self.look.across()
        due, ways = UPRIGHT if self.look.upright else (LEFT, RIGHT)
        columns.addWidget(self.due, due)
        columns.addLayout(right, ways)
        page = QVBoxLayout(self)
        page.setContentsMargins(px(MARGIN), px(GAP), px(MARGIN), px(MARGIN))
        page.addWidget(self.notice)
        page.addLayout(columns, 1)
        for layout in (choices, right, columns, page):
            layout.setSpacing(px(GAP))

    def _connect(self) -> None:
        for method, key in self.methods.items():
            if method != CASH:
                on_tap(key, self._ask_deed(method))
        self.due.back_asked.connect(self.back_asked)
        self.cash.tendered.connect(self._pay_cash)
        self.qr.check_asked.connect(lambda: self._after_busy(self.desk.check_qr))
        self.qr.cancel_asked.connect(lambda: self._after_busy(self.desk.cancel_qr))
        self.qr.leave_asked.connect(lambda: self._after_busy(self.desk.leave_qr))
        self.qr.park_asked.connect(self.park_asked)
        self.qr.picture_wanted.connect(self._draw)
        self.notice.yes.connect(self._dismiss)

    def _pay_cash(self, amount: int) -> None:
        self._once(lambda: self.desk.pay_cash(amount))

    def _once(self, deed: Callable[[], object]) -> None:
        """One tap, one deed: until the desk has answered, what is on show is not what is due any more, and a
        second tap or Enter means the first."""
        if not self._told_desk:
            self._told_desk = True
            self.do(deed)

    def _ask_deed(self, method: str) -> Callable[[], None]:
        def tapped() -> None:
            typed = self.cash.typed
            amount = typed if 0 < typed < self._state.due else None
            self._show_methods(self._pages.currentWidget() is self.qr)
            self._once(lambda: self.desk.ask_qr(method, amount))

        return tapped

    def _after_busy(self, deed: Callable[[], object]) -> None:
        """A key pressed while the hub is asked by the timer is not lost: its deed comes right after."""
        if self._state.busy:
            self._queued = deed
            self.qr.show_state(self._state, keys_open=False)
        else:
            self.do(deed)

    def poll(self) -> None:
        """Ask where the QR payment stands, as the timer does."""
        if not self._state.busy:
            self.do(self.desk.check_qr)

    def _dismiss(self) -> None:
        self._told = None
        self.do(self.desk.dismiss)

    def _draw(self, text: str) -> None:
        self.look_up(lambda: matrix_of(text), self.qr.picture.show_matrix)

    def _escape(self) -> None:
        if self.cash.typed:
            self.cash.forget_typed()
        else:
            self.back_asked.emit()

    def _show_methods(self, asking: bool) -> None:
        state = self._state
        shown = CASH if not asking else state.qr.payment_method if state.qr else None
        free = not (asking or state.busy or state.over or state.receipt)
        for method, key in self.methods.items():
            chosen = method == shown
            key.setChecked(chosen)
            key.setEnabled(chosen or (free and (method == CASH or not self._hub_away)))
            key.set_icon_colour("on_accent" if chosen else "ink")

    def tell(self, notice: Notice) -> None:
        """A bug is said, and the page goes on."""
        self._told_desk = False
        super().tell(notice)

    def show_notice(self) -> None:
        """A refusal or a hint; else where the QR payment stands; else what to do here."""
        words = self.words
        notice, qr = self._told or self._state.notice, self._state.qr
        if notice:
            code = HUB_AWAY_WITH_QR if notice.code == HUB_AWAY and qr else notice.code
            message = words.message(code, notice.detail)
            self.notice.show_message(mood_of(notice.kind), message, words.say("notice.close"))
        elif qr:
            mood, code = QR_WORDS.get(qr.status, ("warn", PAYMENT_UNKNOWN))
            self.notice.show_message(mood, words.message(code, {"amount": qr.amount}))
        elif self._hub_away:
            self.notice.show_message("calm", words.message("qr-needs-hub"))
        else:
            self.notice.show_message("calm", Message(words.say("pay.title"), words.say("pay.hint")))
