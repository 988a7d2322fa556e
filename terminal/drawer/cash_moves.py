"""Cash in and out of the drawer without a sale, and the drawer alone."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from retail.approval import Approval
from retail.shift_facts import CashMove
from retail.staff import Permission
from terminal.approval import ApprovalAsk
from terminal.background import Background, Relay
from terminal.drawer.desk import ShiftDesk
from terminal.drawer.reasons import Reasons
from terminal.drawer.state import ShiftState
from terminal.widgets.entry import END_KEYS, Digits, digits_of
from terminal.widgets.keys import Key, NumberPad, on_tap
from terminal.widgets.look import Look, of_kind
from terminal.widgets.notice_bar import NoticeBar, mood_of
from terminal.widgets.screen import SideScreen
from terminal.widgets.text import Figure
from terminal.wording import Message, Wording

MARGIN = 12
GAP = 10
DIGITS_MAX = 11
NO_SALE = "NO_SALE"
"""The drawer opens and nothing is noted but why."""

WHYS = {
    CashMove.SAFE_DROP.value: ("drawer-full", "end-of-day", "large-notes", "manager-asked"),
    CashMove.PAY_IN.value: ("more-change", "found-cash", "forgotten-sale", "manager-asked"),
    CashMove.PAY_OUT.value: ("supplies", "delivery", "repair", "manager-asked"),
    NO_SALE: ("change-notes", "look-inside", "stuck", "manager-asked"),
}
SHORTCUTS = {Qt.Key.Key_F1: 0, Qt.Key.Key_F2: 1, Qt.Key.Key_F3: 2, Qt.Key.Key_F4: 3}


class CashMoveScreen(SideScreen):
    """Shows a `ShiftDesk`: which way the cash goes, how much and why."""

    def __init__(self, desk: ShiftDesk, look: Look, words: Wording, background: Background) -> None:
        """A safe drop is what cashiers do most and may do alone."""
        super().__init__(look, words, background)
        self._desk = desk
        self._state = desk.state
        self._way = CashMove.SAFE_DROP.value
        self._opened = False
        self._digits = Digits(DIGITS_MAX)
        self.notice = NoticeBar(look)
        self.notice.yes.connect(self._dismiss)
        self.ways = {way: self._way_key(way, place) for place, way in enumerate(WHYS)}
        self.reasons = Reasons(look, words, WHYS[self._way])
        self.figure = Figure(look, 44, "ink", smallest=24)
        self.figure.setObjectName("move-amount")
        self.go = Key(look, "", "primary", shortcut="F12", height=68, name="move-go")
        self._lay_out()
        self._connect()
        self._choose(self._way)
        self.show_state(desk.state)

    def show_state(self, state: ShiftState) -> None:
        """Show what the desk says; a movement that was recorded is told and the page is done."""
        done = state.moved is not None and self._state.moved is None
        self._state = state
        self._told = None
        if done:
            self._digits.propose(0)
        self._show()
        self.show_notice()

    def show_notice(self) -> None:
        """What went wrong or was done; else what to do."""
        words, state = self.words, self._state
        if notice := self._told or state.notice:
            message = words.message(notice.code, notice.detail)
            self.notice.show_message(mood_of(notice.kind), message, words.say("notice.close"))
        elif state.moved is not None:
            moved = state.moved
            told = Message(
                words.say("move.done", way=words.say(f"move.{moved.kind.value}"), amount=moved.amount),
                words.say("move.drawer-open"),
            )
            self.notice.show_message("good", told, words.say("report.done"))
        elif self._opened:
            told = Message(words.say("move.opened"), words.say("move.drawer-open"))
            self.notice.show_message("good", told, words.say("report.done"))
        else:
            self.notice.show_message("calm", Message(words.say("move.title"), words.say("move.hint")))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """F1 … F4 choose, digits are the amount, F12 or Enter records, Esc leaves."""
        key = Qt.Key(event.key())
        if key in SHORTCUTS:
            self._choose(list(WHYS)[SHORTCUTS[key]])
        elif digits := digits_of(event):
            self._add(digits)
        elif key == Qt.Key.Key_Backspace:
            self._erase()
        elif key in (*END_KEYS, Qt.Key.Key_F12):
            if not event.isAutoRepeat():
                self.go.click() if key == Qt.Key.Key_F12 else self._enter()
        else:
            super().keyPressEvent(event)

    @property
    def typed(self) -> tuple[str, int]:
        """Which way, and how much in minor units."""
        return self._way, self._digits.number

    def take_over(self, old: SideScreen) -> None:
        """Which way and how much, too: half of it kept would be another movement."""
        if isinstance(old, CashMoveScreen):
            way, amount = old.typed
            self._choose(way)
            self._digits.propose(amount)
            self._show()
        super().take_over(old)

    def _way_key(self, way: str, place: int) -> Key:
        label, shortcut = self.words.say(f"move.{way}"), f"F{place + 1}"
        key = Key(self.look, label, "choice", shortcut=shortcut, height=64, name=f"move-{way}")
        key.setCheckable(True)
        return key

    def _lay_out(self) -> None:
        look = self.look
        left, right = QWidget(), QWidget()
        for side in (left, right):
            of_kind(side, "card")
        inset = look.px(16)
        choices, across = QGridLayout(), 4 if look.upright else 2
        choices.setSpacing(look.px(8))
        for place, key in enumerate(self.ways.values()):
            choices.addWidget(key, place // across, place % across)
        caption = QLabel(self.words.say("move.why"))
        of_kind(caption, "caption")
        ways = QVBoxLayout(left)
        ways.setContentsMargins(inset, inset, inset, inset)
        ways.setSpacing(look.px(10))
        ways.addLayout(choices)
        ways.addSpacing(look.px(6))
        ways.addWidget(caption)
        ways.addWidget(self.reasons)
        ways.addStretch(1)
        leave = Key(
            look, self.words.say("sales.back"), shortcut="Esc", icon="back", height=56, name="move-leave"
        )
        ways.addWidget(on_tap(leave, self.left.emit))
        pad = NumberPad(look, bundle="000", key_height=48 if look.upright else 62)
        pad.digits.connect(self._add)
        pad.back.connect(self._erase)
        amounts = QVBoxLayout(right)
        amounts.setContentsMargins(inset, inset, inset, inset)
        amounts.setSpacing(look.px(8))
        amount = QLabel(self.words.say("move.amount"))
        of_kind(amount, "caption")
        amounts.addWidget(amount)
        amounts.addWidget(self.figure)
        amounts.addStretch(1)
        amounts.addWidget(pad)
        amounts.addWidget(self.go)
        columns = look.across()
        columns.setSpacing(look.px(GAP))
        columns.addWidget(left, 1)
        columns.addWidget(right, 1)
        page = QVBoxLayout(self)
        page.setContentsMargins(look.px(MARGIN), look.px(GAP), look.px(MARGIN), look.px(MARGIN))
        page.setSpacing(look.px(GAP))
        page.addWidget(self.notice)
        page.addLayout(columns, 1)

    def _connect(self) -> None:
        for way, key in self.ways.items():
            on_tap(key, self._choose_deed(way))
        on_tap(self.go, self._go)
        self.reasons.field.returnPressed.connect(self._enter)
        relay = Relay(self._desk.listen, self)
        relay.changed.connect(self.show_state)

    def _choose_deed(self, way: str) -> Callable[[], None]:
        return lambda: self._choose(way)

    def _choose(self, way: str) -> None:
        self._way = way
        self._opened = False
        self.reasons.offer(WHYS[way])
        self.do(self._desk.begin_move)
        self._show()

    def _show(self) -> None:
        for way, key in self.ways.items():
            key.setChecked(way == self._way)
        no_sale = self._way == NO_SALE
        self.figure.setText("–" if no_sale else self.words.money(self._digits.number))
        self.go.setText(self.words.say("move.open" if no_sale else "move.record"))
        ready = no_sale or (self._digits.number > 0 and self._state.shift is not None)
        self.go.setEnabled(ready and self._state.moved is None)

    def _add(self, digits: str) -> None:
        if self._way != NO_SALE and self._state.moved is None:
            self._digits.add(digits)
            self._show()

    def _erase(self) -> None:
        self._digits.erase()
        self._show()

    def _enter(self) -> None:
        """Enter records; after that it leaves."""
        if self._state.moved is not None or self._opened:
            self.left.emit()
        else:
            self.go.click()

    def _go(self) -> None:
        reason, amount, way = self.reasons.text, self._digits.number, self._way
        if not reason:
            self.reasons.field.setFocus()
        if way == NO_SALE:
            act = Permission.OPEN_DRAWER
        else:
            safe = way == CashMove.SAFE_DROP.value
            act = Permission.SAFE_DROP if safe else Permission.MOVE_CASH

        def approved(approval: Approval | None) -> None:
            if way == NO_SALE:
                self._background.run(lambda: self._desk.open_drawer(reason, approval), self._after_opening)
            else:
                self.do(lambda: self._desk.move(CashMove(way), amount, reason, approval))

        if not reason:
            approved(None)  # the desk says that there is none
            return
        asked = 0 if way == NO_SALE else amount
        self.ask_approval(self._desk.cashier.role, ApprovalAsk(act, asked, reason=reason), approved)

    def _after_opening(self, opened: bool) -> None:
        self._opened = opened
        self.show_notice()

    def _dismiss(self) -> None:
        if self._state.moved is not None or self._opened:
            self.left.emit()
            return
        self._told = None
        self.do(self._desk.dismiss)
