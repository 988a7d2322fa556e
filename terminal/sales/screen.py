"""Past sales: the list, one sale with what comes back of it, and what was given back."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout

from terminal.background import Background, Lane, Relay
from terminal.returns.desk import ReturnDesk
from terminal.returns.done_page import DonePage
from terminal.returns.goods_page import GoodsPage
from terminal.returns.state import Permit, ReturnState
from terminal.sales.desk import SalesDesk
from terminal.sales.list_page import ListPage
from terminal.sales.paper import PaperDesk, PaperOnShow
from terminal.sales.paper_words import paper_message
from terminal.sales.state import SalesState
from terminal.till.known_sale import Told
from terminal.widgets.entry import END_KEYS
from terminal.widgets.look import Look
from terminal.widgets.notice_bar import NoticeBar, mood_of
from terminal.widgets.screen import SideScreen
from terminal.wording import Message, Wording

MARGIN = 12
GAP = 10
ESCAPE = Qt.Key.Key_Escape
ReturnDeed = Callable[[ReturnDesk], object]
LOOK_MS = 1_500
"""How often the hub is asked what became of paper that somebody waits for."""


class SalesScreen(SideScreen):
    """Shows a `SalesDesk`, and the desk of the sale that is open."""

    def __init__(self, desk: SalesDesk, look: Look, words: Wording, background: Background) -> None:
        """A page for this desk."""
        super().__init__(look, words, background)
        self._desk = desk
        self._state = desk.state
        self._returning: ReturnDesk | None = None
        self._returned = ReturnState()
        self._paper: PaperDesk | None = None
        self._printing = PaperOnShow()
        self.notice = NoticeBar(look)
        self.notice.yes.connect(self._dismiss)
        self.list = ListPage(look, words)
        self.goods = GoodsPage(look, words)
        self.done = DonePage(look, words)
        self._stack = QStackedWidget()
        for page in (self.list, self.goods, self.done):
            self._stack.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(look.px(MARGIN), look.px(GAP), look.px(MARGIN), look.px(MARGIN))
        column.setSpacing(look.px(GAP))
        column.addWidget(self.notice)
        column.addWidget(self._stack, 1)
        self._look_again = QTimer(self)
        self._look_again.setInterval(LOOK_MS)
        self._look_again.timeout.connect(self._look_at_paper)
        self._connect()
        relay = Relay(desk.listen, self)
        relay.changed.connect(self.show_state)
        self.show_state(desk.state)

    def show_state(self, state: SalesState) -> None:
        """Show what the desk of past sales says."""
        self._state = state
        self._told = None
        self.list.show_state(state)
        if state.returning is not self._returning:
            self._begin(state.returning)
        self._show_page()

    def take_scan(self, text: str) -> None:
        """A receipt, whatever is on show; what is being paid out is looked at first."""
        if self._returned.done is None:
            self.do(lambda: self._desk.find(text))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc goes one step back; the page on show takes the rest."""
        page = self._stack.currentWidget()
        if page is self.list and self.list.take_key(event):
            return
        if page is self.goods:
            if event.key() == ESCAPE:
                self._close()
                return
            if self.goods.take_key(event):
                return
        if page is self.done:
            if (event.key() in END_KEYS or event.key() == ESCAPE) and not event.isAutoRepeat():
                self.done.go_on()
            return
        super().keyPressEvent(event)

    def show_notice(self) -> None:
        """What was refused; else what became of the paper; else what to do here."""
        words = self.words
        notice = self._told or self._returned.notice or self._printing.notice or self._state.notice
        if notice:
            message = words.message(notice.code, notice.detail)
            self.notice.show_message(mood_of(notice.kind), message, words.say("notice.close"))
        elif self._returned.done is not None:
            self.notice.show_message(
                "good", Message(words.say("return.recorded"), words.say("return.pay-out"))
            )
        elif (printing := paper_message(self._printing, words)) and self._paper is not None:
            self.notice.show_message(*printing)
        else:
            self.notice.show_message("calm", self._hint())

    def _connect(self) -> None:
        desk = self._desk
        self.list.opened.connect(self._open)
        self.list.found.connect(self._find)
        self.list.own_asked.connect(lambda: self.do(desk.show_own))
        self.list.store_asked.connect(lambda: self.do(desk.show_store))
        self.list.back_asked.connect(self.left)
        self.list.no_receipt_asked.connect(lambda: self.opens.emit("no-receipt"))
        self.goods.back_set.connect(lambda line, n: self._on_sale(lambda at: at.set_back(line, n)))
        self.goods.restock_set.connect(lambda line, yes: self._on_sale(lambda at: at.set_restock(line, yes)))
        self.goods.all_asked.connect(lambda: self._on_sale(lambda at: at.take_all()))
        self.goods.cash_chosen.connect(lambda cash: self._on_sale(lambda at: at.set_as_cash(cash)))
        self.goods.give_asked.connect(lambda reason: self._give(reason, void=False))
        self.goods.void_asked.connect(lambda reason: self._give(reason, void=True))
        self.goods.print_asked.connect(self._print)
        self.goods.leave_asked.connect(self._close)
        self.done.next_asked.connect(self._close)

    def _begin(self, returning: ReturnDesk | None) -> None:
        self._returning = returning
        self._returned = returning.state if returning else ReturnState()
        self._paper, self._printing = None, PaperOnShow()
        self._look_again.stop()
        self.goods.forget()
        self.list.forget_typed()
        if returning is not None:
            relay = Relay(returning.listen, self)
            relay.changed.connect(lambda state: self._show_returned(returning, state))

    def _show_returned(self, desk: ReturnDesk, state: ReturnState) -> None:
        if desk is self._returning:
            self._told = None
            self._returned = state
            self._show_page()

    def _show_page(self) -> None:
        done = self._returned.done
        if self._state.opened is None:
            self._stack.setCurrentWidget(self.list)
        elif done is None:
            self.goods.show_state(self._returned)
            self._stack.setCurrentWidget(self.goods)
        elif self._stack.currentWidget() is not self.done:
            self.done.show_done(done)
            self._stack.setCurrentWidget(self.done)
        self.show_notice()

    def _hint(self) -> Message:
        words = self.words
        if self._state.opened is None:
            return Message(words.say("sales.title"), words.say("sales.hint"))
        if self._state.told is Told.ASKING:
            return Message(words.say("return.asking"), words.say("return.hint"))
        if not self._returned.left:
            return Message(words.say("return.nothing-left"), words.say("return.nothing-left-hint"))
        return Message(words.say("return.title"), words.say("return.hint"))

    def _open(self, transaction_id: UUID) -> None:
        row = next((row for row in self._state.rows if row.transaction_id == transaction_id), None)
        if row is not None:
            self.do(lambda: self._desk.open(row))

    def _find(self, text: str) -> None:
        self.do(lambda: self._desk.find(text))

    def _close(self) -> None:
        self.do(self._desk.close)

    def _on_sale(self, deed: ReturnDeed) -> None:
        desk = self._returning
        if desk is not None:
            self.do(lambda: deed(desk))

    def _give(self, reason: str, *, void: bool) -> None:
        desk = self._returning
        if desk is None:
            return
        permit_of = desk.permit_void if void else desk.permit_refund
        deed = desk.cancel_sale if void else desk.give_back

        def permitted(permit: Permit | None) -> None:
            if permit is None:
                return
            if permit.ask is None:
                self.do(lambda: deed(reason))
            else:
                self.approval_asked.emit(permit.ask, lambda approval: self.do(lambda: deed(reason, approval)))

        self.look_up(lambda: permit_of(reason), permitted, Lane.TILL)

    def _print(self) -> None:
        opened = self._state.opened
        if opened is None:
            return
        if self._paper is None:
            self._paper = self._desk.paper_of(opened)
            relay = Relay(self._paper.listen, self)
            paper = self._paper
            relay.changed.connect(lambda state: self._show_paper(paper, state))
        paper = self._paper

        def print_it() -> None:
            if self._desk.may_print():
                paper.print_it()

        self.do(print_it)
        self._look_again.start()

    def _show_paper(self, paper: PaperDesk, state: PaperOnShow) -> None:
        if paper is self._paper:
            self._printing = state
            self.show_notice()

    def _look_at_paper(self) -> None:
        if self._paper is not None:
            self.do(self._paper.look)

    def _dismiss(self) -> None:
        self._told = None
        self.do(self._desk.dismiss)
        self._on_sale(lambda at: at.dismiss())
