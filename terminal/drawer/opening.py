"""Opening a shift: the float, counted by denomination. Or whose shift stands in the way."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from retail.approval import Approval
from retail.staff import Permission
from terminal.approval import ApprovalAsk
from terminal.background import Background, Relay
from terminal.drawer.desk import ShiftDesk
from terminal.drawer.state import ShiftState
from terminal.widgets.cash_count import CountPage
from terminal.widgets.keys import Key, on_tap
from terminal.widgets.look import Look, of_kind
from terminal.widgets.notice_bar import NoticeBar, mood_of
from terminal.widgets.screen import SideScreen
from terminal.widgets.text import SEMI_BOLD, Words, sizes
from terminal.wording import Message, Wording

MARGIN = 12
GAP = 10


class OpeningScreen(SideScreen):
    """Shows a `ShiftDesk` whose cashier may not sell yet; leaving it is signing out.

    Signals:
        sign_out_asked(): the cashier opens no shift.
    """

    sign_out_asked = Signal()

    def __init__(
        self, desk: ShiftDesk, look: Look, words: Wording, background: Background, *, leave: str
    ) -> None:
        """A count with nothing in it, or the shift of somebody else; `leave` is the label of the key that
        opens nothing."""
        super().__init__(look, words, background)
        self._desk = desk
        self._leave = leave
        self._state = desk.state
        self.notice = NoticeBar(look)
        self.notice.yes.connect(self._dismiss)
        self.page: CountPage | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(look.px(MARGIN), look.px(GAP), look.px(MARGIN), look.px(MARGIN))
        column.setSpacing(look.px(GAP))
        column.addWidget(self.notice)
        self._body = self._new_body()
        column.addWidget(self._body, 1)
        relay = Relay(desk.listen, self)
        relay.changed.connect(self.show_state)
        self.show_notice()

    def show_state(self, state: ShiftState) -> None:
        """Show what the desk says; done when the cashier has a shift."""
        other = (state.shift is None) is (self._state.shift is not None)
        self._state = state
        self._told = None
        if state.mine:
            self.left.emit()
            return
        if other:
            old, self._body = self._body, self._new_body()
            layout = self.layout()
            assert layout is not None, "it was laid out when it was made"
            layout.replaceWidget(old, self._body)
            old.hide()
            old.deleteLater()
        self.show_notice()

    def show_notice(self) -> None:
        """What went wrong; else what to do."""
        words, state = self.words, self._state
        if notice := self._told or state.notice:
            message = words.message(notice.code, notice.detail)
            self.notice.show_message(mood_of(notice.kind), message, words.say("notice.close"))
        elif self.page is not None:
            message = Message(words.say("opening.title"), words.say("opening.hint"))
            self.notice.show_message("calm", message)
        else:
            self.notice.show_message("warn", Message(words.say("taken.title"), words.say("taken.hint")))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Everything a finger can do, a key can do too; Esc signs out."""
        if event.key() == Qt.Key.Key_Escape:
            self.sign_out_asked.emit()
        elif self.page is not None and self.page.take_key(event):
            return
        elif self.page is None and event.key() == Qt.Key.Key_F12 and not event.isAutoRepeat():
            self._ask_to_close()

    def _new_body(self) -> QWidget:
        if self._state.shift is None:
            self.page = self._count_page()
            return self.page
        self.page = None
        body = QWidget()
        column = QVBoxLayout(body)
        column.addStretch(1)
        column.addWidget(self._other_shift(), 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(2)
        return body

    def _count_page(self) -> CountPage:
        say = self.words.say
        page = CountPage(
            self.look,
            self.words,
            self._desk.notes,
            caption=say("opening.sum"),
            confirm=say("opening.open"),
            leave=self._leave,
            names=("open-shift", "opening-leave"),
        )
        page.confirmed.connect(self._open)
        page.left.connect(self.sign_out_asked)
        return page

    def _other_shift(self) -> QWidget:
        """Whose shift it is, and the two ways on: another person, or a manager who lets it be closed."""
        look, words, shift = self.look, self.words, self._state.shift
        assert shift is not None, "the page is for a shift of somebody else"
        box = QWidget()
        of_kind(box, "card")
        box.setFixedWidth(look.px(620))
        column = QVBoxLayout(box)
        inset = look.px(28)
        column.setContentsMargins(inset, inset, inset, inset)
        column.setSpacing(look.px(14))
        who = Words(look, sizes(look, (28, 2), (22, 2), weight=SEMI_BOLD), "ink")
        who.setText(words.say("taken.whose", cashier_id=shift.cashier_id))
        since = Words(look, sizes(look, (17, 2), (15, 2)), "ink_soft")
        since.setText(words.say("taken.since", moment=words.day_and_moment(shift.opened_at)))
        close = Key(
            look, words.say("taken.close"), "primary", shortcut="F12", height=68, name="close-for-other"
        )
        leave = Key(look, self._leave, shortcut="Esc", height=60, name="opening-leave")
        column.addWidget(who)
        column.addWidget(since)
        column.addWidget(on_tap(close, self._ask_to_close))
        column.addWidget(on_tap(leave, self.sign_out_asked.emit))
        return box

    def _ask_to_close(self) -> None:
        shift = self._state.shift
        subject = shift.cashier_id if shift is not None else ""
        ask = ApprovalAsk(Permission.CLOSE_SHIFT_OF_OTHERS, subject=subject)

        def approved(approval: Approval | None) -> None:
            self.do(lambda: self._desk.relieve(approval))
            self.opens.emit("shift")

        self.ask_approval(self._desk.cashier.role, ask, approved)

    def _open(self) -> None:
        if self.page is not None:
            count = self.page.cash.count()
            self.do(lambda: self._desk.open(count))

    def _dismiss(self) -> None:
        self._told = None
        self.do(self._desk.dismiss)
