"""The lock: who has it, and a PIN to take it off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from terminal.background import Background, Relay
from terminal.shift.desk import SignInDesk, SignInState
from terminal.widgets.credentials import CredentialPad, credential_field, pin_field, tells_trouble
from terminal.widgets.entry import END_KEYS
from terminal.widgets.keys import Key, on_tap
from terminal.widgets.look import Look, of_kind
from terminal.widgets.notice_bar import NoticeBar
from terminal.widgets.screen import SideScreen
from terminal.widgets.text import SEMI_BOLD, Words, sizes
from terminal.wording import Message, Wording

MARGIN = 12


class LockScreen(SideScreen):
    """Shows a `SignInDesk` that is locked; it cannot be left but by a PIN or by signing out.

    Signals:
        sign_out_asked(): somebody else wants the till; the basket stays.
    """

    sign_out_asked = Signal()

    def __init__(
        self,
        desk: SignInDesk,
        look: Look,
        words: Wording,
        background: Background,
        clock: Callable[[], datetime],
    ) -> None:
        """`clock` is the machine's; the wait after wrong PINs is counted by it."""
        super().__init__(look, words, background)
        self._desk = desk
        self._clock = clock
        self._state = desk.state
        cashier = desk.state.cashier
        self.notice = NoticeBar(look)
        self.employee = credential_field(look, words, "sign-in.employee", "unlock-employee")
        self.employee.setText(cashier.employee_id if cashier else "")
        self.pin = pin_field(look, words, "sign-in.pin", "unlock-pin")
        self.pin.setPlaceholderText(words.say("sign-in.pin"))
        self._pad = CredentialPad(look, words, (self.employee, self.pin))
        self.go = Key(look, words.say("lock.open"), "primary", shortcut="Enter", height=68, name="unlock")
        self._lay_out(cashier.name if cashier else "")
        on_tap(self.go, self._unlock)
        self.notice.yes.connect(self._dismiss)
        relay = Relay(desk.listen, self)
        relay.changed.connect(self.show_state)
        self._second = QTimer(self)
        self._second.setInterval(1_000)
        self._second.timeout.connect(self.show_notice)
        self._second.start()
        self._pad.activate(self.pin)
        self.setFocusProxy(self.pin)
        self.show_state(desk.state)

    def show_state(self, state: SignInState) -> None:
        """Show what the desk says; gone with the lock."""
        wrong = state.notice is not None and state.notice is not self._state.notice
        gone = self._state.locked and not state.locked
        self._state = state
        self._told = None
        if gone and state.cashier is not None:
            self.left.emit()
            return
        if wrong:
            self.pin.clear()
            self._pad.activate(self.pin)
        self.go.setEnabled(not state.busy)
        self.show_notice()

    def take_scan(self, text: str) -> None:
        """A scanned badge is an employee id."""
        self.employee.setText(text)
        self.pin.clear()
        self._pad.activate(self.pin)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter takes the lock off; there is no way past it."""
        if event.key() in END_KEYS and not event.isAutoRepeat():
            self._unlock()
        elif event.key() == Qt.Key.Key_Escape:
            self.pin.clear()

    def show_notice(self) -> None:
        """How long to wait, or what went wrong; else whose till it is."""
        words, state = self.words, self._state
        if not tells_trouble(self.notice, words, self._told or state.notice, state.wait_until, self._clock()):
            self.notice.show_message("calm", Message(words.say("lock.title"), words.say("lock.hint")))

    def _lay_out(self, name: str) -> None:
        px = self.look.px
        columns = QHBoxLayout()
        columns.setSpacing(px(MARGIN))
        columns.setContentsMargins(0, 0, 0, 0)
        columns.addWidget(self._form_side(name), 1)
        columns.addWidget(self._pad, 1)
        middle = QWidget()
        middle.setLayout(columns)
        middle.setFixedSize(px(744 if self.look.upright else 860), px(560))
        page = QVBoxLayout(self)
        page.setContentsMargins(px(MARGIN), px(10), px(MARGIN), px(MARGIN))
        page.addWidget(self.notice)
        page.addStretch(1)
        page.addWidget(middle, 0, Qt.AlignmentFlag.AlignHCenter)
        page.addStretch(1)

    def _form_side(self, name: str) -> QWidget:
        look = self.look
        side = QWidget()
        of_kind(side, "card")
        column = QVBoxLayout(side)
        inset = look.px(20 if look.upright else 28)
        column.setContentsMargins(inset, inset, inset, inset)
        column.setSpacing(look.px(12))
        who = Words(look, sizes(look, (30, 2), (24, 2), (20, 3), weight=SEMI_BOLD), "ink")
        who.setText(name)
        stays = Words(look, sizes(look, (16, 2), (14, 3)), "ink_soft")
        stays.setText(self.words.say("lock.stays"))
        column.addWidget(who)
        column.addWidget(stays)
        column.addWidget(self.employee)
        column.addWidget(self.pin)
        column.addWidget(self.go)
        column.addStretch(1)
        leave = Key(look, self.words.say("lock.other"), icon="sign-out", height=56, name="lock-sign-out")
        column.addWidget(on_tap(leave, self.sign_out_asked.emit))
        return side

    def _dismiss(self) -> None:
        self._told = None
        self.do(self._desk.dismiss)

    def _unlock(self) -> None:
        employee_id, pin = self.employee.text().strip(), self.pin.text()
        if not employee_id or not pin:
            self._pad.activate(self.pin if employee_id else self.employee)
            return
        self.do(lambda: self._desk.unlock(employee_id, pin))
