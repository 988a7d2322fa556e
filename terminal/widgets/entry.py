"""Typing one number: a title, the figure large, a number pad, OK and cancel."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from terminal.widgets.keys import Key, NumberPad, on_tap
from terminal.widgets.look import Look, of_kind
from terminal.widgets.text import SEMI_BOLD, Figure, Words, sizes
from terminal.wording import Wording

END_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class Digits:
    """Digits as they are typed; the first one replaces what was proposed."""

    def __init__(self, most: int) -> None:
        """`most` digits are taken."""
        self._most = most
        self._typed = ""
        self._proposed = 0

    def propose(self, number: int) -> None:
        """Begin anew with this number on show."""
        self._typed = ""
        self._proposed = number

    def add(self, digits: str) -> None:
        """Append digits, as far as there is room."""
        joined = (self._typed + digits).lstrip("0")
        if len(joined) <= self._most:
            self._typed = joined
            self._proposed = 0

    def erase(self) -> None:
        """Take the last digit away."""
        if self._typed:
            self._typed = self._typed[:-1]
        else:
            self._proposed //= 10

    @property
    def typed(self) -> bool:
        """Whether a person has entered anything."""
        return bool(self._typed)

    @property
    def number(self) -> int:
        """The number on show."""
        return int(self._typed) if self._typed else self._proposed


def digits_of(event: QKeyEvent) -> str:
    """The digit a key stands for, or nothing."""
    text = event.text()
    return text if len(text) == 1 and text.isascii() and text.isdigit() else ""


class NumberEntry(QWidget):
    """A page to type a number on.

    Signals:
        entered(int): OK was pressed.
        cancelled(): nothing shall change.
    """

    entered = Signal(int)
    cancelled = Signal()

    def __init__(self, look: Look, words: Wording, digits_max: int = 6) -> None:
        """`digits_max` digits are taken."""
        super().__init__()
        of_kind(self, "card")
        self._digits = Digits(digits_max)
        self._suffix = ""
        self._title = QLabel()
        of_kind(self._title, "caption")
        self._subject = Words(look, sizes(look, 18, (16, 2), (13, 3), weight=SEMI_BOLD), "ink")
        self._figure = Figure(look, 44, "ink", smallest=30)
        self._figure.setObjectName("entry-figure")
        pad = NumberPad(look, key_height=52)
        pad.digits.connect(self.add)
        pad.back.connect(self.erase)
        cancel = Key(look, words.say("pad.cancel"), shortcut="Esc", height=56, name="entry-cancel")
        confirm = Key(look, words.say("pad.ok"), "primary", shortcut="Enter", height=56, name="entry-ok")
        keys = QHBoxLayout()
        keys.setSpacing(look.px(8))
        keys.addWidget(on_tap(cancel, self.cancelled.emit), 1)
        keys.addWidget(on_tap(confirm, self.accept), 2)
        column = QVBoxLayout()
        column.setSpacing(look.px(8))
        column.addWidget(self._title)
        column.addWidget(self._subject)
        column.addWidget(self._figure)
        column.addStretch(1)
        row = QHBoxLayout(self)
        row.addLayout(column, 1)
        if look.upright:
            # Where the room is wide and low, the pad stands beside what is typed.
            row.addWidget(pad, 1)
        else:
            column.addWidget(pad)
        column.addLayout(keys)
        row.setContentsMargins(look.px(16), look.px(14), look.px(16), look.px(16))
        row.setSpacing(look.px(24))

    def ask(self, title: str, subject: str, number: int, suffix: str = "") -> None:
        """Ask for a number about a subject, with this number on show; `suffix` stands behind the figure."""
        self._title.setText(title)
        self._subject.setText(subject)
        self._suffix = suffix
        self._digits.propose(number)
        self._show()

    def add(self, digits: str) -> None:
        """Append digits."""
        self._digits.add(digits)
        self._show()

    def erase(self) -> None:
        """Take the last digit away."""
        self._digits.erase()
        self._show()

    def accept(self) -> None:
        """Say the number."""
        self.entered.emit(self._digits.number)

    def take_key(self, event: QKeyEvent) -> bool:
        """Use a key of the keyboard; False when it means nothing here."""
        if digits := digits_of(event):
            self.add(digits)
        elif event.key() == Qt.Key.Key_Backspace:
            self.erase()
        elif event.key() in END_KEYS and not event.isAutoRepeat():
            self.accept()
        elif event.key() == Qt.Key.Key_Escape:
            self.cancelled.emit()
        else:
            return False
        return True

    def _show(self) -> None:
        self._figure.setText(f"{self._digits.number}{self._suffix}")
