"""The approval page: what is asked, why, and the id and PIN of somebody who may say yes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from retail.staff import Permission
from terminal.background import Background, Relay
from terminal.oversight.desk import ApprovalDesk, ApprovalState
from terminal.widgets.credentials import CredentialPad, credential_field, pin_field, tells_trouble
from terminal.widgets.entry import END_KEYS
from terminal.widgets.keys import Key, on_tap
from terminal.widgets.look import Look, of_kind
from terminal.widgets.notice_bar import NoticeBar
from terminal.widgets.screen import SideScreen
from terminal.widgets.text import SEMI_BOLD, Figure, Words, sizes
from terminal.wording import Message, Wording

MARGIN = 12
QUICK_REASONS = {
    Permission.CLOSE_SHIFT_OF_OTHERS: ("went-home", "next-shift", "ill", "manager-asked"),
    Permission.SELL_OFFLINE_LONG: ("line-repaired", "support-told", "customers-wait", "manager-asked"),
}
USUAL_REASONS = ("customer", "damaged", "price-tag", "mistake")


class ApprovalScreen(SideScreen):
    """Shows an `ApprovalDesk`.

    Signals:
        given(object): the `Approval`; somebody has said yes.
    """

    given = Signal(object)

    def __init__(
        self,
        desk: ApprovalDesk,
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
        self.notice = NoticeBar(look)
        self.reason = credential_field(look, words, "approval.reason", "reason")
        self.reason.setMaxLength(200)
        self.employee = credential_field(look, words, "approval.employee", "approver")
        self.pin = pin_field(look, words, "sign-in.pin", "approver-pin")
        self._fields = [self.employee, self.pin]
        if not desk.ask.reason:
            self._fields.insert(0, self.reason)
        for field in self._fields:
            field.setPlaceholderText(field.accessibleName())
        self._pad = CredentialPad(look, words, self._fields, key_height=84)
        self._pad.activate(self.employee)
        self.go = Key(
            look, words.say("approval.give"), "primary", shortcut="Enter", height=64, name="approve"
        )
        self._lay_out()
        on_tap(self.go, self._give)
        self.notice.yes.connect(self._dismiss)
        relay = Relay(desk.listen, self)
        relay.changed.connect(self.show_state)
        self._second = QTimer(self)
        self._second.setInterval(1_000)
        self._second.timeout.connect(self.show_notice)
        self._second.start()
        self.show_state(desk.state)
        self.setFocusProxy(self.employee)

    def show_state(self, state: ApprovalState) -> None:
        """Show what the desk says."""
        if state.approval is not None and self._state.approval is None:
            self._state = state
            self.given.emit(state.approval)
            return
        wrong = state.notice is not None and state.notice is not self._state.notice
        self._state = state
        self._told = None
        if wrong:
            self.pin.clear()
            self._pad.activate(self.pin if self._reason_given else self.reason)
        self.go.setEnabled(not state.busy)
        self.show_notice()

    def take_scan(self, text: str) -> None:
        """A scanned badge is an employee id."""
        self.employee.setText(text)
        self._pad.activate(self.pin)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes on, Esc leaves; the fields take the rest."""
        if event.key() in END_KEYS:
            if not event.isAutoRepeat():
                self._go_on()
            return
        super().keyPressEvent(event)

    def show_notice(self) -> None:
        """How long to wait, or what went wrong; else what to do."""
        words, state = self.words, self._state
        if not tells_trouble(self.notice, words, self._told or state.notice, state.wait_until, self._clock()):
            self.notice.show_message("warn", Message(words.say("approval.title"), words.say("approval.hint")))

    @property
    def _reason_given(self) -> bool:
        return bool(self._desk.ask.reason or self.reason.text().strip())

    def _lay_out(self) -> None:
        px = self.look.px
        columns = QHBoxLayout()
        columns.setSpacing(px(MARGIN))
        columns.addWidget(self._form_side(), 1)
        columns.addWidget(self._pad, 1)
        middle = QWidget()
        middle.setLayout(columns)
        columns.setContentsMargins(0, 0, 0, 0)
        middle.setFixedSize(px(744 if self.look.upright else 940), px(600))
        page = QVBoxLayout(self)
        page.setContentsMargins(px(MARGIN), px(10), px(MARGIN), px(MARGIN))
        page.addWidget(self.notice)
        page.addStretch(1)
        page.addWidget(middle, 0, Qt.AlignmentFlag.AlignHCenter)
        page.addStretch(1)

    def _form_side(self) -> QWidget:
        look, words, ask = self.look, self.words, self._desk.ask
        side = QWidget()
        of_kind(side, "card")
        column = QVBoxLayout(side)
        inset = look.px(16 if look.upright else 24)
        column.setContentsMargins(inset, inset, inset, inset)
        column.setSpacing(look.px(6))
        act = Words(look, sizes(look, 26, (22, 2), weight=SEMI_BOLD), "ink")
        act.setText(words.say(f"act.{ask.act.value.replace(' ', '-')}"))
        column.addWidget(act)
        subject = Words(look, sizes(look, 16, (14, 2)), "ink_soft")
        subject.setText(ask.reason if not ask.subject else ask.subject)
        column.addWidget(subject)
        if ask.amount:
            figure = Figure(look, 36, "ink", smallest=24)
            figure.setText(words.money(ask.amount))
            column.addWidget(figure)
        if not ask.reason:
            column.addWidget(self.reason)
            column.addWidget(self._quick_reasons())
        column.addWidget(self.employee)
        column.addWidget(self.pin)
        column.addStretch(1)
        keys = QHBoxLayout()
        keys.setSpacing(look.px(8))
        cancel = Key(look, words.say("pad.cancel"), shortcut="Esc", height=64, name="approval-cancel")
        keys.addWidget(on_tap(cancel, self.left.emit), 1)
        keys.addWidget(self.go, 2)
        column.addLayout(keys)
        return side

    def _quick_reasons(self) -> QWidget:
        box = QWidget()
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(self.look.px(6))
        for place, name in enumerate(QUICK_REASONS.get(self._desk.ask.act, USUAL_REASONS)):
            label = self.words.say(f"reason.{name}")
            key = Key(self.look, label, name=f"reason-{name}")
            grid.addWidget(on_tap(key, self._fill_in_deed(label)), place // 2, place % 2)
        return box

    def _fill_in_deed(self, label: str) -> Callable[[], None]:
        def fill_in() -> None:
            self.reason.setText(label)
            self._pad.activate(self.pin if self.employee.text() else self.employee)

        return fill_in

    def _dismiss(self) -> None:
        self._told = None
        self.do(self._desk.dismiss)

    def _go_on(self) -> None:
        empty: QLineEdit | None = next((each for each in self._fields if not each.text().strip()), None)
        if empty is None:
            self._give()
        else:
            self._pad.activate(empty)

    def _give(self) -> None:
        employee_id, pin, reason = self.employee.text().strip(), self.pin.text(), self.reason.text()
        if not employee_id or not pin or not self._reason_given:
            self._go_on()
            return
        self.do(lambda: self._desk.give(employee_id, pin, reason))
