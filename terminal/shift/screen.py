"""The sign-in page: employee id and PIN, by finger or by keyboard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from terminal.background import Background
from terminal.shift.desk import SignInDesk, SignInState
from terminal.till.cashier import Cashier
from terminal.widgets.credentials import CredentialPad, credential_field, pin_field, tells_trouble
from terminal.widgets.entry import END_KEYS
from terminal.widgets.keys import Key, on_tap
from terminal.widgets.look import Look, of_kind
from terminal.widgets.notice_bar import NoticeBar
from terminal.widgets.screen import Screen
from terminal.widgets.text import SEMI_BOLD, Words, sizes
from terminal.wording import Message, Wording

MARGIN = 12
WIDTH, UPRIGHT_WIDTH = 860, 744
INSET, UPRIGHT_INSET = 28, 20
RECENT_MAX = 4


class SignInScreen(Screen):
    """Shows a `SignInDesk`."""

    def __init__(
        self,
        desk: SignInDesk,
        look: Look,
        words: Wording,
        background: Background,
        clock: Callable[[], datetime],
        recent: Sequence[Cashier] = (),
    ) -> None:
        """`recent` are people who have been signed in on this till; a tap fills in their id."""
        super().__init__(look, words, background)
        self._desk = desk
        self._clock = clock
        self._state = desk.state
        self.notice = NoticeBar(look)
        self.employee = credential_field(look, words, "sign-in.employee", "employee")
        self.pin = pin_field(look, words, "sign-in.pin", "pin")
        self.go = Key(look, words.say("sign-in.go"), "primary", shortcut="Enter", height=68, name="sign-in")
        self._pad = CredentialPad(look, words, (self.employee, self.pin))
        self._lay_out(recent)
        self._connect()
        self._second = QTimer(self)
        self._second.setInterval(1_000)
        self._second.timeout.connect(self.show_notice)
        self._second.start()
        self.show_state(desk.state)
        self.setFocusProxy(self.employee)

    def show_state(self, state: SignInState) -> None:
        """Show what the desk says."""
        wrong = state.notice is not None and state.notice is not self._state.notice
        self._state = state
        self._told = None
        if wrong:
            self.pin.clear()
            self._pad.activate(self.pin)
        self.go.setEnabled(not state.busy)
        self.show_notice()

    def take_scan(self, text: str) -> None:
        """A scanned badge is an employee id."""
        self._fill_in(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes on; the fields take the rest."""
        if event.key() in END_KEYS:
            if not event.isAutoRepeat():
                self._go_on()
            return
        super().keyPressEvent(event)

    def _lay_out(self, recent: Sequence[Cashier]) -> None:
        px = self.look.px
        columns = QHBoxLayout()
        columns.setSpacing(px(MARGIN))
        columns.addWidget(self._form_side(recent), 1)
        columns.addWidget(self._pad, 1)
        middle = QWidget()
        middle.setLayout(columns)
        columns.setContentsMargins(0, 0, 0, 0)
        middle.setFixedSize(px(UPRIGHT_WIDTH if self.look.upright else WIDTH), px(560))
        page = QVBoxLayout(self)
        page.setContentsMargins(px(MARGIN), px(10), px(MARGIN), px(MARGIN))
        page.addWidget(self.notice)
        page.addStretch(1)
        page.addWidget(middle, 0, Qt.AlignmentFlag.AlignHCenter)
        page.addStretch(1)

    def _form_side(self, recent: Sequence[Cashier]) -> QWidget:
        look, words = self.look, self.words
        side = QWidget()
        of_kind(side, "card")
        title = QLabel(words.say("sign-in.title"))
        of_kind(title, "display")
        column = QVBoxLayout(side)
        inset = look.px(UPRIGHT_INSET if look.upright else INSET)
        column.setContentsMargins(inset, inset, inset, inset)
        column.setSpacing(look.px(8))
        column.addWidget(title)
        column.addSpacing(look.px(10))
        for code, field in (("sign-in.employee", self.employee), ("sign-in.pin", self.pin)):
            label = QLabel(words.say(code))
            of_kind(label, "caption")
            column.addWidget(label)
            column.addWidget(field)
            column.addSpacing(look.px(6))
        column.addSpacing(look.px(6))
        column.addWidget(self.go)
        column.addStretch(1)
        caption = QLabel(words.say("sign-in.recent" if recent else "sign-in.help"))
        caption.setWordWrap(True)
        of_kind(caption, "caption" if recent else "small")
        column.addWidget(caption)
        if recent:
            column.addWidget(self._recent(recent))
        return side

    def _recent(self, recent: Sequence[Cashier]) -> QWidget:
        box = QWidget()
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(self.look.px(8))
        for place, cashier in enumerate(recent[:RECENT_MAX]):
            key = Key(self.look, "", "choice", height=56, name=f"recent-{cashier.employee_id}")
            name = Words(self.look, sizes(self.look, (15, 2), (13, 2), weight=SEMI_BOLD), "ink")
            name.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            name.setText(cashier.name)
            inside = QHBoxLayout(key)
            inside.setContentsMargins(self.look.px(12), 0, self.look.px(12), 0)
            inside.addWidget(name)
            on_tap(key, self._fill_in_deed(cashier.employee_id))
            grid.addWidget(key, place // 2, place % 2)
        return box

    def _connect(self) -> None:
        on_tap(self.go, self._sign_in)
        self.notice.yes.connect(self._dismiss)

    def show_notice(self) -> None:
        """How long to wait, or what went wrong; else a welcome."""
        words, state = self.words, self._state
        if not tells_trouble(self.notice, words, self._told or state.notice, state.wait_until, self._clock()):
            self.notice.show_message("calm", Message(words.say("sign-in.welcome"), words.say("sign-in.hint")))

    def _dismiss(self) -> None:
        self._told = None
        self.do(self._desk.dismiss)

    def _fill_in(self, employee_id: str) -> None:
        self.employee.setText(employee_id)
        self.pin.clear()
        self._pad.activate(self.pin)

    def _fill_in_deed(self, employee_id: str) -> Callable[[], None]:
        return lambda: self._fill_in(employee_id)

    def _go_on(self) -> None:
        if not self.employee.text().strip():
            self._pad.activate(self.employee)
        elif not self.pin.text():
            self._pad.activate(self.pin)
        else:
            self._sign_in()

    def _sign_in(self) -> None:
        employee_id, pin = self.employee.text().strip(), self.pin.text()
        if not employee_id or not pin:
            self._go_on()
            return
        self.do(lambda: self._desk.sign_in(employee_id, pin))
