"""The page of money that came late."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from retail.approval import Approval
from retail.staff import Permission
from terminal.approval import ApprovalAsk
from terminal.background import Background, Relay
from terminal.payment.orphans_desk import OrphansDesk, OrphanState
from terminal.till.orphan_money import OrphanMoney
from terminal.widgets.keys import Key, on_tap
from terminal.widgets.look import Look, of_kind
from terminal.widgets.notice_bar import NoticeBar, mood_of
from terminal.widgets.screen import SideScreen
from terminal.widgets.text import RIGHT, SEMI_BOLD, Figure, Words, sizes
from terminal.wording import Message, Wording

MARGIN = 12
GAP = 10
ROWS = 7


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
        self.rows = [_Row(look, words, place) for place in range(ROWS)]
        back = Key(look, words.say("sales.back"), shortcut="Esc", icon="back", height=64, name="orphans-back")
        on_tap(back, self.left.emit)
        page = QVBoxLayout(self)
        page.setContentsMargins(look.px(MARGIN), look.px(GAP), look.px(MARGIN), look.px(MARGIN))
        page.setSpacing(look.px(GAP))
        page.addWidget(self.notice)
        for row in self.rows:
            on_tap(row.key, self._take_deed(row))
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
            money = state.rows[place] if place < len(state.rows) else None
            row.show_money(money, waits=money is not None and money.sale_id in self._desk.parked)
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

    def _take_deed(self, row: _Row) -> Callable[[], None]:
        def taken() -> None:
            money = row.money
            if money is None:
                return
            if money.sale_id in self._desk.parked:
                self.finish_asked.emit(money.sale_id)
                self.left.emit()
            else:
                self._give_back(money)

        return taken

    def _give_back(self, money: OrphanMoney) -> None:
        word = self.words.say("orphans.given-back")
        desk = self._desk

        def approved(approval: Approval | None) -> None:
            self.do(lambda: desk.settle(money.payment_id, word, approval))

        subject = f"{self.words.say(f'pay.{money.payment_method}')} {money.receipt_number or ''}".strip()
        ask = ApprovalAsk(Permission.REFUND, money.amount, subject, word)
        self.ask_approval(desk.cashier.role, ask, approved)


class _Row(QWidget):
    """Money that came late."""

    def __init__(self, look: Look, words: Wording, place: int) -> None:
        """An empty row."""
        super().__init__()
        of_kind(self, "card")
        self.setFixedHeight(look.px(72))
        self._words = words
        self.money: OrphanMoney | None = None
        self._label = Words(look, sizes(look, 18, 16, 13, weight=SEMI_BOLD), "ink")
        self._detail = Words(look, sizes(look, 14, 12, (12, 2)), "ink_soft")
        self._amount = Figure(look, 24, "ink", smallest=15, align=RIGHT)
        self._amount.setFixedWidth(look.px(160))
        self.key = Key(look, "", "choice", shortcut=str(place + 1), height=52, name=f"orphan-{place + 1}")
        self.key.setFixedWidth(look.px(196))
        told = QVBoxLayout()
        told.setSpacing(0)
        told.addWidget(self._label)
        told.addWidget(self._detail)
        line = QHBoxLayout(self)
        line.setContentsMargins(look.px(16), look.px(4), look.px(8), look.px(4))
        line.setSpacing(look.px(12))
        line.addLayout(told, 1)
        line.addWidget(self._amount)
        line.addWidget(self.key)

    def show_money(self, money: OrphanMoney | None, *, waits: bool) -> None:
        """Show this money; `waits`: its basket is parked here."""
        self.money = money
        self.setVisible(money is not None)
        if money is None:
            return
        words = self._words
        self._label.setText(words.say(f"pay.{money.payment_method}"))
        paid = (
            words.say("orphans.paid-otherwise", number=money.receipt_number) if money.receipt_number else ""
        )
        till = words.say("bar.till", terminal_id=money.terminal_id)
        told = (words.day_and_moment(money.captured_at), till, paid)
        self._detail.setText(" · ".join(filter(None, told)))
        self._amount.setText(words.money(money.amount))
        self.key.set_label(words.say("orphans.finish" if waits else "orphans.refund"))
