"""An X or Z on the screen, as it looks on paper."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QScrollArea, QScroller, QVBoxLayout, QWidget

from terminal.background import Background, Relay
from terminal.drawer.desk import ShiftDesk
from terminal.drawer.report_rows import rows_of
from terminal.drawer.state import Report, ShiftState
from terminal.widgets.entry import END_KEYS
from terminal.widgets.keys import Key, on_tap
from terminal.widgets.look import Look, of_kind
from terminal.widgets.notice_bar import NoticeBar, mood_of
from terminal.widgets.receipt_paper import ReceiptPaper
from terminal.widgets.screen import SideScreen
from terminal.widgets.text import SEMI_BOLD, Figure, Words, sizes
from terminal.wording import Message, Wording

MARGIN = 12
GAP = 10
SCROLL_STEP = 240


class ReportView(QWidget):
    """The report on paper, and beside it what matters at a glance.

    Signals:
        done(): it was read.
        paper_asked(): it is wanted on paper.
    """

    done = Signal()
    paper_asked = Signal()

    def __init__(self, look: Look, words: Wording) -> None:
        """No report yet."""
        super().__init__()
        self._words = words
        self.paper = ReceiptPaper(look, words)
        self._caption = Words(look, sizes(look, 18, 15, weight=SEMI_BOLD), "on_stage_soft")
        self.figure = Figure(look, 46, "on_stage", smallest=24)
        self.figure.setObjectName("report-figure")
        self.told = Words(
            look, sizes(look, (15, 2), (13, 3)) if look.upright else sizes(look, (17, 4), (15, 5)), "ink_soft"
        )
        self._print = Key(
            look, words.say("report.print"), icon="receipt", shortcut="F9", height=60, name="report-print"
        )
        self._done = Key(
            look, words.say("report.done"), "primary", shortcut="Enter", height=72, name="report-done"
        )
        on_tap(self._print, self.paper_asked.emit)
        on_tap(self._done, self.done.emit)
        self._lay_out(look)

    def show_report(self, report: Report) -> None:
        """Show this one from its top."""
        words, closed = self._words, report.closed
        self.paper.show_rows(rows_of(report, words))
        self._scroll.verticalScrollBar().setValue(0)
        if closed is not None:
            difference = closed.over_short
            code = "report.over" if difference > 0 else "report.short" if difference else "report.even"
            self._caption.setText(words.say(code))
            self.figure.setText(words.money(abs(difference)))
        elif report.blind:
            self._caption.setText(words.say("report.sales"))
            self.figure.setText(str(report.figures.sales_count))
        else:
            self._caption.setText(words.say("report.expected"))
            self.figure.setText(words.money(report.figures.expected_amount))

    def take_key(self, event: QKeyEvent) -> bool:
        """Use a key of the keyboard; False when it means nothing here."""
        bar = self._scroll.verticalScrollBar()
        if event.key() in END_KEYS and not event.isAutoRepeat():
            self.done.emit()
        elif event.key() == Qt.Key.Key_F9:
            self._print.click()
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_PageDown):
            bar.setValue(bar.value() + SCROLL_STEP)
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_PageUp):
            bar.setValue(bar.value() - SCROLL_STEP)
        else:
            return False
        return True

    def _lay_out(self, look: Look) -> None:
        self._scroll = QScrollArea()
        self._scroll.setWidget(self.paper)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self._scroll.setFixedWidth(self.paper.width() + look.px(16))
        QScroller.grabGesture(self._scroll.viewport(), QScroller.ScrollerGestureType.TouchGesture)
        glance = QWidget()
        of_kind(glance, "total")
        inside = QVBoxLayout(glance)
        inside.setContentsMargins(look.px(18), look.px(12), look.px(18), look.px(12))
        inside.addWidget(self._caption)
        inside.addWidget(self.figure)
        side = QVBoxLayout()
        side.setSpacing(look.px(GAP))
        side.addWidget(glance)
        side.addWidget(self.told)
        if not look.upright:
            side.addStretch(1)
        side.addWidget(self._print)
        side.addWidget(self._done)
        page = look.across()
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(look.px(16))
        page.addWidget(self._scroll, 1 if look.upright else 0, Qt.AlignmentFlag.AlignHCenter)
        page.addLayout(side, 0 if look.upright else 1)
        self.setLayout(page)


class ReportScreen(SideScreen):
    """Shows the X report of a `ShiftDesk`, or the Z of the shift before where none is open."""

    def __init__(self, desk: ShiftDesk, look: Look, words: Wording, background: Background) -> None:
        """The desk has looked already."""
        super().__init__(look, words, background)
        self._desk = desk
        self._state = desk.state
        self.notice = NoticeBar(look)
        self.notice.yes.connect(self._dismiss)
        self.view = ReportView(look, words)
        self.view.done.connect(self.left)
        self.view.paper_asked.connect(lambda: self.do(desk.print_report))
        column = QVBoxLayout(self)
        column.setContentsMargins(look.px(MARGIN), look.px(GAP), look.px(MARGIN), look.px(MARGIN))
        column.setSpacing(look.px(GAP))
        column.addWidget(self.notice)
        column.addWidget(self.view, 1)
        relay = Relay(desk.listen, self)
        relay.changed.connect(self.show_state)
        self.show_state(desk.state)

    def show_state(self, state: ShiftState) -> None:
        """Show what the desk says."""
        self._state = state
        self._told = None
        self.view.setVisible(state.report is not None)
        if state.report is not None:
            self.view.show_report(state.report)
            self.view.told.setText(paper_words(state, self.words))
        self.show_notice()

    def show_notice(self) -> None:
        """What went wrong; else what is on show."""
        words, state = self.words, self._state
        if notice := self._told or state.notice:
            message = words.message(notice.code, notice.detail)
            self.notice.show_message(mood_of(notice.kind), message, words.say("notice.close"))
        else:
            closed = state.report is not None and state.report.closed is not None
            title = words.say("report.z" if closed else "report.x")
            self.notice.show_message("calm", Message(title, words.say("report.hint")))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Esc leave, the arrows read on."""
        if not self.view.take_key(event):
            super().keyPressEvent(event)

    def _dismiss(self) -> None:
        self._told = None
        self.do(self._desk.dismiss)


def paper_words(state: ShiftState, words: Wording) -> str:
    """What became of the paper."""
    return words.say(f"report-paper.{state.paper}") if state.paper else ""
