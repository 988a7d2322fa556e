"""The page of parked baskets: one key each, the oldest first."""

from __future__ import annotations

from functools import partial

from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from terminal.background import Background, Relay
from terminal.checkout.parked_desk import ParkedDesk, ParkedRow, ParkedState
from terminal.widgets.choice_row import ChoiceRow
from terminal.widgets.keys import Key, on_tap
from terminal.widgets.look import Look
from terminal.widgets.notice_bar import NoticeBar, mood_of
from terminal.widgets.screen import SideScreen
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
        take = words.say("parked.take")
        self.rows = [ChoiceRow(look, place, take, name="take") for place in range(ROWS)]
        self._taken: list[ParkedRow | None] = [None] * ROWS
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
        for place, row in enumerate(self.rows):
            on_tap(row.key, partial(self._take, place))
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
        for place in range(ROWS):
            self._show_row(place, state.rows[start + place] if start + place < len(state.rows) else None)
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
            self._take(int(text) - 1)
            return
        super().keyPressEvent(event)

    def _take(self, place: int) -> None:
        """The checkout page says what becomes of it."""
        row, checkout = self._taken[place], self._desk.checkout
        if row is None:
            return
        self.do(lambda: checkout.recall(row.sale_id))
        self.left.emit()

    def _turn(self, pages: int) -> None:
        self._page += pages
        self.show_state(self._state)

    def _show_row(self, place: int, row: ParkedRow | None) -> None:
        """One parked basket, or nothing."""
        self._taken[place] = row
        if row is None:
            self.rows[place].hide()
            return
        words = self.words
        label = row.label or words.say("parked.no-label", moment=words.moment(row.parked_at))
        where = words.say("bar.till", terminal_id=row.terminal_id) if row.terminal_id else ""
        money = words.say("parked.paying") if row.paying else ""
        count = words.say("total.lines", count=row.line_count)
        details = words.moment(row.parked_at), count, row.parked_by, where, money
        self.rows[place].fill(label, details, words.money(row.total_amount))
