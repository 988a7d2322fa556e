"""The page of goods whose receipt nobody has: scan them, say why, give the money back."""

from __future__ import annotations

from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout

from terminal.background import Background, Lane, Relay
from terminal.returns.done_page import DonePage
from terminal.returns.goods_page import GoodsPage
from terminal.returns.no_receipt import NoReceiptDesk
from terminal.returns.state import Permit, ReturnState
from terminal.widgets.entry import END_KEYS
from terminal.widgets.look import Look
from terminal.widgets.notice_bar import NoticeBar, mood_of
from terminal.widgets.screen import SideScreen
from terminal.wording import Message, Wording

MARGIN = 12
GAP = 10


class NoReceiptScreen(SideScreen):
    """Shows a `NoReceiptDesk`."""

    def __init__(self, desk: NoReceiptDesk, look: Look, words: Wording, background: Background) -> None:
        """A page for this desk."""
        super().__init__(look, words, background)
        self._desk = desk
        self._state = desk.state
        self.notice = NoticeBar(look)
        self.notice.yes.connect(self._dismiss)
        self.goods = GoodsPage(look, words, with_receipt=False)
        self.done = DonePage(look, words)
        self._stack = QStackedWidget()
        for page in (self.goods, self.done):
            self._stack.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(look.px(MARGIN), look.px(GAP), look.px(MARGIN), look.px(MARGIN))
        column.setSpacing(look.px(GAP))
        column.addWidget(self.notice)
        column.addWidget(self._stack, 1)
        self.goods.back_set.connect(lambda line, n: self.do(lambda: desk.set_back(line, n)))
        self.goods.restock_set.connect(lambda line, yes: self.do(lambda: desk.set_restock(line, yes)))
        self.goods.give_asked.connect(self._give)
        self.goods.leave_asked.connect(self.left)
        self.done.next_asked.connect(self.left)
        relay = Relay(desk.listen, self)
        relay.changed.connect(self.show_state)
        self.show_state(desk.state)

    def show_state(self, state: ReturnState) -> None:
        """Show what the desk says."""
        fresh = state.done is not None and self._state.done is not state.done
        self._state = state
        self._told = None
        self.goods.show_state(state)
        if state.done is not None:
            if fresh or self._stack.currentWidget() is not self.done:
                self.done.show_done(state.done)
            self._stack.setCurrentWidget(self.done)
        self.show_notice()

    def show_notice(self) -> None:
        """A refusal; else what to do here."""
        words, notice = self.words, self._told or self._state.notice
        if notice:
            message = words.message(notice.code, notice.detail)
            self.notice.show_message(mood_of(notice.kind), message, words.say("notice.close"))
        elif self._state.done is not None:
            self.notice.show_message(
                "good", Message(words.say("return.recorded"), words.say("return.pay-out"))
            )
        else:
            message = Message(words.say("return.no-receipt"), words.say("return.no-receipt-hint"))
            self.notice.show_message("calm", message)

    def take_scan(self, text: str) -> None:
        """Goods that come back."""
        self.do(lambda: self._desk.scan(text))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter gives back or goes on; Esc leaves."""
        if self._stack.currentWidget() is self.done:
            if event.key() in END_KEYS and not event.isAutoRepeat():
                self.done.go_on()
                return
        elif self.goods.take_key(event):
            return
        super().keyPressEvent(event)

    def _give(self, reason: str) -> None:
        def permitted(permit: Permit | None) -> None:
            if permit is None:
                return
            if permit.ask is None:
                self.do(lambda: self._desk.give_back(reason))
            else:
                self.approval_asked.emit(
                    permit.ask, lambda approval: self.do(lambda: self._desk.give_back(reason, approval))
                )

        self.look_up(lambda: self._desk.permit_refund(reason), permitted, Lane.TILL)

    def _dismiss(self) -> None:
        self._told = None
        self.do(self._desk.dismiss)
