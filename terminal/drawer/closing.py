"""Closing a shift: the blind count, a reason where it differs, then the Z."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout

from retail.approval import Approval
from retail.staff import Permission, Role
from terminal.approval import ApprovalAsk
from terminal.background import Background, Relay
from terminal.drawer.desk import LateMoneyWaits, ShiftDesk
from terminal.drawer.reasons import Reasons
from terminal.drawer.report_page import ReportView, paper_words
from terminal.drawer.state import ShiftState
from terminal.widgets.cash_count import CountPage
from terminal.widgets.look import Look
from terminal.widgets.notice_bar import NoticeBar, mood_of
from terminal.widgets.screen import SideScreen
from terminal.wording import Message, Wording

MARGIN = 12
GAP = 10
WHY_LATE = ("told-manager", "customer-returns")
WHY_DIFFERENT = ("change-given", "torn-note", "not-found", "counted-twice")


class ClosingScreen(SideScreen):
    """Shows a `ShiftDesk` whose drawer is counted; says nothing of what should be in it before the Z."""

    def __init__(self, desk: ShiftDesk, look: Look, words: Wording, background: Background) -> None:
        """A count with nothing in it."""
        super().__init__(look, words, background)
        self._desk = desk
        self._state = desk.state
        self._late = self._differed = False
        self.notice = NoticeBar(look)
        self.notice.yes.connect(self._dismiss)
        say = words.say
        self.page = CountPage(
            look,
            words,
            desk.notes,
            caption=say("closing.sum"),
            confirm=say("closing.close"),
            leave=say("pad.cancel"),
            names=("close-shift", "closing-leave"),
        )
        self.reasons = Reasons(look, words, WHY_DIFFERENT)
        self.page.room.addWidget(self.reasons)
        self.view = ReportView(look, words)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.page)
        self._pages.addWidget(self.view)
        column = QVBoxLayout(self)
        column.setContentsMargins(look.px(MARGIN), look.px(GAP), look.px(MARGIN), look.px(MARGIN))
        column.setSpacing(look.px(GAP))
        column.addWidget(self.notice)
        column.addWidget(self._pages, 1)
        self.page.confirmed.connect(self._close)
        self.page.left.connect(self.left)
        self.view.done.connect(self.left)
        self.view.paper_asked.connect(lambda: self.do(desk.print_report))
        relay = Relay(desk.listen, self)
        relay.changed.connect(self.show_state)
        self.show_state(desk.state)

    def show_state(self, state: ShiftState) -> None:
        """Show what the desk says."""
        self._state = state
        self._told = None
        why = bool(state.differs or state.late_money)
        if state.late_money and not state.differs and not self._late:
            self.reasons.offer(WHY_LATE)
        self._late = bool(state.late_money and not state.differs)
        if state.differs and not self._differed:
            self.reasons.offer(WHY_DIFFERENT)
        self._differed = state.differs
        self.reasons.setVisible(why)
        self.page.make_room(why)
        if state.report is not None and state.report.closed is not None:
            self.view.show_report(state.report)
            self.view.told.setText(paper_words(state, self.words))
            self._pages.setCurrentWidget(self.view)
        else:
            self._pages.setCurrentWidget(self.page)
        self.show_notice()

    def show_notice(self) -> None:
        """What went wrong; else what to do."""
        words, state = self.words, self._state
        if notice := self._told or state.notice:
            message = words.message(notice.code, notice.detail)
            self.notice.show_message(mood_of(notice.kind), message, words.say("notice.close"))
        elif state.late_money and state.report is None:
            late = LateMoneyWaits(count=state.late_money)
            self.notice.show_message("warn", words.message(late.code, late.detail))
        elif self._pages.currentWidget() is self.view:
            self.notice.show_message("good", Message(words.say("closing.done"), words.say("report.hint")))
        else:
            message = Message(words.say("closing.title"), words.say("closing.hint"))
            self.notice.show_message("calm", message)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Everything a finger can do, a key can do too."""
        if self._pages.currentWidget() is self.view:
            if not self.view.take_key(event):
                super().keyPressEvent(event)
        elif event.key() == Qt.Key.Key_Escape or not self.page.take_key(event):
            super().keyPressEvent(event)

    def _close(self) -> None:
        """A count that differed is taken again in silence; the same again wants a reason and a yes."""
        count, reason = self.page.cash.count(), self.reasons.text
        if not self._state.differs or not reason or self._desk.accepts_differences:
            self.do(lambda: self._desk.close(count, reason))
            return

        def approved(approval: Approval | None) -> None:
            self.do(lambda: self._desk.close(count, reason, approval))

        ask = ApprovalAsk(Permission.ACCEPT_DIFFERENCE, reason=reason)
        self.ask_approval(self._role, ask, approved)

    @property
    def _role(self) -> Role:
        return self._desk.cashier.role

    def _dismiss(self) -> None:
        self._told = None
        self.do(self._desk.dismiss)
