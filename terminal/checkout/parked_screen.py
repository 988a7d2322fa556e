"""The page of parked baskets: one key each, the oldest first."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from terminal.background import Background, Relay
from terminal.checkout.parked_desk import ParkedDesk, ParkedRow, ParkedState
from terminal.widgets.keys import Key, on_tap
from terminal.widgets.look import Look, of_kind
from terminal.widgets.notice_bar import NoticeBar, mood_of
from terminal.widgets.screen import SideScreen
from terminal.widgets.text import RIGHT, SEMI_BOLD, Figure, Words, sizes
from terminal.wording import Message, Wording

MARGIN = 12
GAP = 10
ROWS = 7


class ParkedScreen(SideScreen):
    """Shows a `ParkedDesk`; a digit of the keyboard takes the basket with this number."""

    def __init__(self, desk: ParkedDesk, look: Look, words: Wording, background: Background) -> None:
        """Ask the hub at once."""
        super().__init__(look, words, background)
        self._desk = desk
        self._state = desk.state
        self._page = 0
        self.notice = NoticeBar(look)
        self.notice.yes.connect(lambda: self.do(desk.dismiss))
        self.rows = [_Row(look, words, place) for place in range(ROWS)]
        self._earlier = Key(look, "‹", "digit", height=64, name="parked-earlier")
        self._later = Key(look, "›", "digit", height=64, name="parked-later")
        back = Key(look, words.say("sales.back"), shortcut="Esc", icon="back", height=64, name="parked-back")
        on_tap(back, self.left.emit)
        on_tap(self._earlier, lambda: self._turn(-1))
        on_tap(self._later, lambda: self._turn(+1))
        page = QVBoxLayout(self)
        page.setContentsMargins(look.px(MARGIN), look.px(GAP), look.px(MARGIN), look.px(MARGIN))
        page.setSpacing(look.px(GAP))
        page.addWidget(self.notice)
        for row in self.rows:
            on_tap(row.take, self._take_deed(row))
            page.addWidget(row)
        page.addStretch(1)
        keys = QHBoxLayout()
        keys.setSpacing(look.px(8))
        keys.addWidget(back)
        keys.addStretch(1)
        keys.addWidget(self._earlier)
        keys.addWidget(self._later)
        page.addLayout(keys)
        relay = Relay(desk.listen, self)
        relay.changed.connect(self.show_state)
        self.show_state(desk.state)
        self.do(desk.ask)

    def show_state(self, state: ParkedState) -> None:
        """Show what the desk says."""
        self._state = state
        self._page = min(self._page, max(0, (len(state.rows) - 1) // ROWS))
        start = self._page * ROWS
        for place, row in enumerate(self.rows):
            row.show_row(state.rows[start + place] if start + place < len(state.rows) else None)
        self._earlier.setEnabled(self._page > 0)
        self._later.setEnabled(start + ROWS < len(state.rows))
        self.show_notice()

    def show_notice(self) -> None:
        """What went wrong; else how many there are, and whether other tills' are among them."""
        words, state = self.words, self._state
        notice = self._told or state.notice
        if notice:
            message = words.message(notice.code, notice.detail)
            self.notice.show_message(mood_of(notice.kind), message, words.say("notice.close"))
            return
        code = "parked.asking" if state.asking else "parked.alone" if state.hub_away else "parked.all"
        count = words.say("parked.count", count=len(state.rows))
        if code == "parked.all" and not state.rows:
            count, code = words.say("parked.none"), "parked.none-hint"
        self.notice.show_message("warn" if state.hub_away else "calm", Message(count, words.say(code)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """A digit takes the basket with this number."""
        text = event.text()
        if text.isdigit() and text.isascii() and 0 < int(text) <= ROWS:
            row = self.rows[int(text) - 1]
            if row.row is not None:
                self._take(row.row)
            return
        super().keyPressEvent(event)

    def _take_deed(self, row: _Row) -> Callable[[], None]:
        def taken() -> None:
            if row.row is not None:
                self._take(row.row)

        return taken

    def _take(self, row: ParkedRow) -> None:
        """The checkout page says what becomes of it."""
        checkout = self._desk.checkout
        self.do(lambda: checkout.recall(row.sale_id))
        self.left.emit()

    def _turn(self, pages: int) -> None:
        self._page += pages
        self.show_state(self._state)


class _Row(QWidget):
    """One parked basket."""

    def __init__(self, look: Look, words: Wording, place: int) -> None:
        """An empty row."""
        super().__init__()
        of_kind(self, "card")
        self.setFixedHeight(look.px(68))
        self._words = words
        self.row: ParkedRow | None = None
        self._label = Words(look, sizes(look, 18, 16, 13, 12, weight=SEMI_BOLD), "ink")
        self._detail = Words(look, sizes(look, 14, 12), "ink_soft")
        self._total = Figure(look, 24, "ink", smallest=15, align=RIGHT)
        self._total.setFixedWidth(look.px(170))
        self.take = Key(
            look,
            words.say("parked.take"),
            "choice",
            shortcut=str(place + 1),
            height=52,
            name=f"take-{place + 1}",
        )
        told = QVBoxLayout()
        told.setSpacing(0)
        told.addWidget(self._label)
        told.addWidget(self._detail)
        line = QHBoxLayout(self)
        line.setContentsMargins(look.px(16), look.px(4), look.px(8), look.px(4))
        line.setSpacing(look.px(12))
        line.addLayout(told, 1)
        line.addWidget(self._total)
        line.addWidget(self.take)

    def show_row(self, row: ParkedRow | None) -> None:
        """Show this basket, or nothing."""
        self.row = row
        self.setVisible(row is not None)
        if row is None:
            return
        words = self._words
        self._label.setText(row.label or words.say("parked.no-label", moment=words.moment(row.parked_at)))
        where = words.say("bar.till", terminal_id=row.terminal_id) if row.terminal_id else ""
        money = words.say("parked.paying") if row.paying else ""
        count = words.say("total.lines", count=row.line_count)
        told = (words.moment(row.parked_at), count, row.parked_by, where, money)
        self._detail.setText(" · ".join(filter(None, told)))
        self._total.setText(words.money(row.total_amount))
