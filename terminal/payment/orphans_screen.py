"""The page of money that came late."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from retail.approval import Approval
from retail.staff import Permission
from terminal.approval import ApprovalAsk
from terminal.background import Background, Relay
from terminal.payment.orphans_desk import OrphansDesk, OrphanState
from terminal.till.orphan_money import OrphanMoney
from terminal.widgets.choice_row import ChoiceRow
from terminal.widgets.keys import Key, on_tap
from terminal.widgets.look import Look
from terminal.widgets.notice_bar import NoticeBar, mood_of
from terminal.widgets.screen import SideScreen
from terminal.wording import Message, Wording

MARGIN = 12
GAP = 10
ROWS = 7
KEY_WIDTH = 196


class OrphansScreen(SideScreen):
    """Shows an `OrphansDesk`; the digits of the keyboard take the row with this number.

    Signals:
        finish_asked(object): the basket with this sale id, parked here, shall be finished.
    """

    finish_asked = Signal(object)

    def __init__(self, desk: OrphansDesk, look: Look, words: Wording, background: Background) -> None:
        """Ask the hub at once."""
        super().__init__(look, words, background)
        self._desk = desk
        self._state = desk.state
        self.notice = NoticeBar(look)
        self.notice.yes.connect(lambda: self.do(desk.dismiss))
        self.rows = [ChoiceRow(look, place, "", name="orphan", key_width=KEY_WIDTH) for place in range(ROWS)]
        self._money: list[OrphanMoney | None] = [None] * ROWS
        back = Key(look, words.say("sales.back"), shortcut="Esc", icon="back", height=64, name="orphans-back")
        on_tap(back, self.left.emit)
        page = QVBoxLayout(self)
        page.setContentsMargins(look.px(MARGIN), look.px(GAP), look.px(MARGIN), look.px(MARGIN))
        page.setSpacing(look.px(GAP))
        page.addWidget(self.notice)
        for place, row in enumerate(self.rows):
            on_tap(row.key, partial(self._take, place))
            page.addWidget(row)
        page.addStretch(1)
        keys = QHBoxLayout()
        keys.addWidget(back)
        keys.addStretch(1)
        page.addLayout(keys)
        relay = Relay(desk.listen, self)
        relay.changed.connect(self.show_state)
        self.show_state(desk.state)
        self.do(desk.ask)

    def show_state(self, state: OrphanState) -> None:
        """Show what the desk says."""
        self._state = state
        for place, row in enumerate(self.rows):
            self._show_money(place, state.rows[place] if place < len(state.rows) else None)
            row.key.setEnabled(not state.busy)
        self.show_notice()

    def show_notice(self) -> None:
        """What went wrong; else how much there is and what to do with it."""
        words, state = self.words, self._state
        notice = self._told or state.notice
        if notice:
            message = words.message(notice.code, notice.detail)
            self.notice.show_message(mood_of(notice.kind), message, words.say("notice.close"))
        elif state.rows:
            total = sum(row.amount for row in state.rows)
            message = Message(words.say("orphans.some", amount=total), words.say("orphans.hint"))
            self.notice.show_message("warn", message)
        else:
            code = "orphans.none" if state.known else "orphans.asking"
            self.notice.show_message("calm", Message(words.say(code), words.say("orphans.what")))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """A digit takes the row with this number."""
        text = event.text()
        if text.isdigit() and text.isascii() and 0 < int(text) <= ROWS:
            self.rows[int(text) - 1].key.click()
            return
        super().keyPressEvent(event)

    def _take(self, place: int) -> None:
        money = self._money[place]
        if money is None:
            return
        if money.sale_id in self._desk.parked:
            self.finish_asked.emit(money.sale_id)
            self.left.emit()
        else:
            self._give_back(money)

    def _give_back(self, money: OrphanMoney) -> None:
        word = self.words.say("orphans.given-back")
        desk = self._desk

        def approved(approval: Approval | None) -> None:
            self.do(lambda: desk.settle(money.payment_id, word, approval))

        subject = f"{self.words.say(f'pay.{money.payment_method}')} {money.receipt_number or ''}".strip()
        ask = ApprovalAsk(Permission.REFUND, money.amount, subject, word)
        self.ask_approval(desk.cashier.role, ask, approved)

    def _show_money(self, place: int, money: OrphanMoney | None) -> None:
        """Money that came late, or nothing."""
        row, words = self.rows[place], self.words
        self._money[place] = money
        if money is None:
            row.hide()
            return
        number = money.receipt_number
        paid = words.say("orphans.paid-otherwise", number=number) if number else ""
        till = words.say("bar.till", terminal_id=money.terminal_id)
        details = words.day_and_moment(money.captured_at), till, paid
        row.fill(words.say(f"pay.{money.payment_method}"), details, words.money(money.amount))
        waits = money.sale_id in self._desk.parked
        row.key.set_label(words.say("orphans.finish" if waits else "orphans.refund"))
