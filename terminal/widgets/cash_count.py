"""Counting a drawer: a row for each note and coin, a number pad, and the sum of what was counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from retail.cash import COUNT_LIMIT, cash_total
from terminal.widgets.entry import END_KEYS, Digits, digits_of
from terminal.widgets.keys import Key, NumberPad, on_tap
from terminal.widgets.look import Look, of_kind
from terminal.widgets.text import LEFT, RIGHT, SEMI_BOLD, Figure, Words, sizes
from terminal.wording import Wording

ROW_HEIGHT = 48
ROW_GAP = 7
DIGITS_MAX = 5
ROWS_MAX, ROWS_WITH_ROOM = 10, 6
"""Rows on show where the window is upright: all that fit, and with something else in their place."""


class CountRow:
    """One note: its worth, fewer, how many, more, and what they come to."""

    def __init__(self, look: Look, words: Wording, note: int) -> None:
        """None was counted yet."""
        self.note = note
        self.digits = Digits(DIGITS_MAX)
        self._words = words
        self.label = Words(look, sizes(look, 20, 17, 14, weight=SEMI_BOLD), "ink", RIGHT)
        self.label.setText(words.figure(note))
        self.fewer = Key(look, "", "quantity", icon="minus", height=ROW_HEIGHT, name=f"fewer-{note}")
        self.number = Key(look, "0", "choice", height=ROW_HEIGHT, name=f"count-{note}")
        self.number.setCheckable(True)
        self.number.setAccessibleName(words.figure(note))
        self.more = Key(look, "", "quantity", icon="plus", height=ROW_HEIGHT, name=f"more-{note}")
        self.sum = Words(look, sizes(look, 18, 15, 12), "ink_soft", RIGHT)
        for key in (self.fewer, self.number, self.more):
            # The arrows go from note to note; Tab leaves the list.
            key.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    @property
    def count(self) -> int:
        """How many there are."""
        return min(self.digits.number, COUNT_LIMIT)

    def set(self, count: int) -> None:
        """So many, as if typed; the next digit begins anew."""
        self.digits.propose(max(0, min(count, COUNT_LIMIT)))

    def show(self) -> None:
        """Show what was counted."""
        self.number.setText(str(self.count))
        self.sum.setText(self._words.figure(self.count * self.note) if self.count else "")


class CashCount(QWidget):
    """Rows to count by; digits, arrows, plus and minus of the keyboard work on the row that is chosen.

    Signals:
        changed(): another count.
        finished(): Enter behind the last row.
    """

    changed = Signal()
    finished = Signal()

    def __init__(self, look: Look, words: Wording, notes: Sequence[int]) -> None:
        """`notes` in minor units, the largest first."""
        super().__init__()
        of_kind(self, "card")
        self.rows = [CountRow(look, words, note) for note in notes]
        self._place = 0
        grid = QGridLayout()
        grid.setHorizontalSpacing(look.px(8))
        grid.setVerticalSpacing(look.px(ROW_GAP))
        for place, row in enumerate(self.rows):
            parts = (row.label, row.fewer, row.number, row.more, row.sum)
            for column, part in enumerate(parts):
                grid.addWidget(part, place, column)
            on_tap(row.fewer, self._step_deed(place, -1))
            on_tap(row.more, self._step_deed(place, +1))
            on_tap(row.number, self._choose_deed(place))
        for column, stretch in enumerate((24, 12, 20, 12, 32)):
            grid.setColumnStretch(column, stretch)
        inside = QWidget()
        inside.setLayout(grid)
        inset = look.px(12)
        grid.setContentsMargins(inset, inset, inset, inset)
        scroll = QScrollArea()
        scroll.setWidget(inside)
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll = scroll
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll)
        self._show()

    def count(self) -> dict[int, int]:
        """How many of each note."""
        return {row.note: row.count for row in self.rows}

    def total(self) -> int:
        """What was counted, minor units."""
        return cash_total([(row.note, row.count) for row in self.rows])

    def fill_in(self, count: dict[int, int]) -> None:
        """Show this count."""
        for row in self.rows:
            row.set(count.get(row.note, 0))
        self._show()

    def add(self, digits: str) -> None:
        """Type digits into the chosen row."""
        self.rows[self._place].digits.add(digits)
        self._show()

    def erase(self) -> None:
        """Take the last digit of the chosen row away."""
        self.rows[self._place].digits.erase()
        self._show()

    def take_key(self, event: QKeyEvent) -> bool:
        """Use a key of the keyboard; False when it means nothing here."""
        key = event.key()
        if digits := digits_of(event):
            self.add(digits)
        elif key == Qt.Key.Key_Backspace:
            self.erase()
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self._choose(self._place + (1 if key == Qt.Key.Key_Down else -1))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Minus):
            self._step(self._place, 1 if key == Qt.Key.Key_Plus else -1)
        elif key in END_KEYS and not event.isAutoRepeat():
            if self._place == len(self.rows) - 1:
                self.finished.emit()
            else:
                self._choose(self._place + 1)
        else:
            return key in END_KEYS
        return True

    def _choose(self, place: int) -> None:
        self._place = max(0, min(place, len(self.rows) - 1))
        # What is typed next replaces what is there.
        row = self.rows[self._place]
        row.set(row.count)
        self._scroll.ensureWidgetVisible(row.number)
        self._show()

    def _step(self, place: int, by: int) -> None:
        self._place = place
        self.rows[place].set(self.rows[place].count + by)
        self._show()

    def _step_deed(self, place: int, by: int) -> Callable[[], None]:
        return lambda: self._step(place, by)

    def _choose_deed(self, place: int) -> Callable[[], None]:
        return lambda: self._choose(place)

    def _show(self) -> None:
        for place, row in enumerate(self.rows):
            row.show()
            row.number.setChecked(place == self._place)
        self.changed.emit()


class CountPage(QWidget):
    """The rows, the sum, the pad and the key that says it is done; beside them room for more.

    Signals:
        confirmed(): the count is finished.
        left(): nothing shall be done.
    """

    confirmed = Signal()
    left = Signal()

    def __init__(
        self,
        look: Look,
        words: Wording,
        notes: Sequence[int],
        *,
        caption: str,
        confirm: str,
        leave: str,
        names: tuple[str, str],
    ) -> None:
        """`caption` stands over the sum, `names` are those of the keys `confirm` and `leave`."""
        super().__init__()
        self._words = words
        self._whole = self._short = 0
        self.cash = CashCount(look, words, notes)
        self.total = Figure(look, 46, "on_stage", smallest=26)
        self.total.setObjectName("counted")
        self.room = QVBoxLayout()
        """What a page adds above the pad."""
        self.confirm = Key(
            look, confirm, "primary", shortcut="F12", height=56 if look.upright else 68, name=names[0]
        )
        back = Key(look, leave, shortcut="Esc", height=56, name=names[1])
        on_tap(self.confirm, self.confirmed.emit)
        on_tap(back, self.left.emit)
        self.cash.changed.connect(self._show_total)
        self.cash.finished.connect(self.confirm.setFocus)
        page = look.across()
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(look.px(10))
        page.addWidget(self.cash, 0 if look.upright else 6)
        page.addWidget(self._side(look, caption, back), 1 if look.upright else 5)
        self.setLayout(page)
        if look.upright:
            pitch = ROW_HEIGHT + ROW_GAP
            self._whole = look.px(min(len(notes), ROWS_MAX) * pitch + 24)
            self._short = look.px(min(len(notes), ROWS_WITH_ROOM) * pitch + 24)
            self.cash.setFixedHeight(self._whole)
        self._show_total()

    def make_room(self, wanted: bool) -> None:
        """Show fewer rows at once where what a page adds would have no room else."""
        if self._whole:
            self.cash.setFixedHeight(self._short if wanted else self._whole)

    def take_key(self, event: QKeyEvent) -> bool:
        """Use a key of the keyboard; False when it means nothing here."""
        if event.key() == Qt.Key.Key_F12:
            if not event.isAutoRepeat():
                self.confirm.click()
            return True
        if event.key() in END_KEYS and self.confirm.hasFocus():
            return False
        return self.cash.take_key(event)

    def _side(self, look: Look, caption: str, back: Key) -> QWidget:
        side = QWidget()
        sum_box = QWidget()
        of_kind(sum_box, "total")
        label = QLabel(caption)
        of_kind(label, "caption")
        inside = QVBoxLayout(sum_box)
        inside.setContentsMargins(look.px(16), look.px(8), look.px(16), look.px(8))
        inside.setSpacing(0)
        inside.addWidget(label, 0, LEFT)
        inside.addWidget(self.total)
        pad = NumberPad(look, key_height=48 if look.upright else 54)
        pad.digits.connect(self.cash.add)
        pad.back.connect(self.cash.erase)
        keys = QHBoxLayout() if not look.upright else QVBoxLayout()
        keys.setSpacing(look.px(8))
        for key, stretch in ((back, 2), (self.confirm, 3)):
            keys.addWidget(key, stretch)
        words = QVBoxLayout()
        words.setSpacing(look.px(8))
        words.addWidget(sum_box)
        words.addLayout(self.room)
        words.addStretch(1)
        if look.upright:
            words.addLayout(keys)
            row = QHBoxLayout(side)
            row.addWidget(pad, 1, Qt.AlignmentFlag.AlignBottom)
            row.addLayout(words, 1)
            layout: QHBoxLayout | QVBoxLayout = row
        else:
            column = QVBoxLayout(side)
            column.addLayout(words, 1)
            column.addWidget(pad)
            column.addLayout(keys)
            layout = column
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(look.px(10))
        return side

    def _show_total(self) -> None:
        self.total.setText(self._words.money(self.cash.total()))
