"""Typing an employee id and a PIN: two fields, a number pad, a pad of letters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLineEdit, QStackedWidget, QVBoxLayout, QWidget

from terminal.notice import Notice
from terminal.pin_tries import SignInMustWait
from terminal.widgets.keys import Key, NumberPad, on_tap
from terminal.widgets.look import Look, of_kind
from terminal.widgets.notice_bar import NoticeBar, mood_of
from terminal.wording import Wording

LETTERS = ("ABCDEF", "GHIJKL", "MNOPQR", "STUVWX", "YZ_-")
LENGTH_MAX = 40


def credential_field(look: Look, words: Wording, code: str, name: str) -> QLineEdit:
    """A field for an employee id; `code` is its label."""
    field = QLineEdit()
    field.setObjectName(name)
    field.setMaxLength(LENGTH_MAX)
    field.setFixedHeight(look.px(56))
    field.setAccessibleName(words.say(code))
    return field


def pin_field(look: Look, words: Wording, code: str, name: str) -> QLineEdit:
    """A field that nobody can read over a shoulder."""
    field = credential_field(look, words, code, name)
    field.setEchoMode(QLineEdit.EchoMode.Password)
    field.setInputMethodHints(Qt.InputMethodHint.ImhDigitsOnly | Qt.InputMethodHint.ImhSensitiveData)
    return field


def tells_trouble(
    bar: NoticeBar, words: Wording, notice: Notice | None, wait_until: datetime | None, at: datetime
) -> bool:
    """Whether there is trouble with a PIN to tell, which the bar then does: how long to wait, or what went
    wrong."""
    left = wait_until - at if wait_until else timedelta(0)
    if left > timedelta(0):
        seconds = -(-left // timedelta(seconds=1))
        bar.show_message("bad", words.message(SignInMustWait.code, {"wait_seconds": seconds}))
        return True
    if notice is None or notice.code == SignInMustWait.code:
        return False
    message = words.message(notice.code, notice.detail)
    bar.show_message(mood_of(notice.kind), message, words.say("notice.close"))
    return True


class CredentialPad(QWidget):
    """Types into the field with the cursor, else into the last one that had it."""

    def __init__(
        self, look: Look, words: Wording, fields: Sequence[QLineEdit], *, key_height: float = 96
    ) -> None:
        """`fields` are those it types into, the first one first; `key_height` in px at 1024×768."""
        super().__init__()
        of_kind(self, "card")
        self._look = look
        self._words = words
        self._fields = fields
        self._active = fields[0]
        self._pads = QStackedWidget()
        self._swap = Key(look, words.say("sign-in.letters"), name="letters", height=52)
        digits = NumberPad(look, key_height=key_height)
        digits.digits.connect(self.type)
        digits.back.connect(self.erase)
        self._pads.addWidget(digits)
        self._pads.addWidget(self._letter_pad(key_height * 0.79))
        on_tap(self._swap, self._swap_pads)
        column = QVBoxLayout(self)
        inset = look.px(20 if look.upright else 28)
        column.setContentsMargins(inset, inset, inset, inset)
        column.setSpacing(look.px(10))
        column.addWidget(self._pads, 1)
        column.addWidget(self._swap)

    def activate(self, field: QLineEdit) -> None:
        """Give this field the cursor."""
        self._active = field
        field.setFocus()

    def type(self, text: str) -> None:
        """Type into the field that is meant."""
        self._target.insert(text)

    def erase(self) -> None:
        """Take the last letter away."""
        self._target.backspace()

    @property
    def _target(self) -> QLineEdit:
        for field in self._fields:
            if field.hasFocus():
                self._active = field
        return self._active

    def _letter_pad(self, height: float) -> QWidget:
        pad = QWidget()
        grid = QGridLayout(pad)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(self._look.px(6))
        for row, letters in enumerate(LETTERS):
            for column, letter in enumerate(letters):
                key = Key(self._look, letter, "letter", height=height, name=f"pad-{letter}")
                grid.addWidget(on_tap(key, self._type_deed(letter)), row, column)
        erase = Key(self._look, "", "letter", icon="backspace", height=height, name="letters-back")
        grid.addWidget(on_tap(erase, self.erase), len(LETTERS) - 1, 4, 1, 2)
        return pad

    def _type_deed(self, letter: str) -> Callable[[], None]:
        return lambda: self.type(letter)

    def _swap_pads(self) -> None:
        letters = self._pads.currentIndex() == 0
        self._pads.setCurrentIndex(1 if letters else 0)
        self._swap.setText(self._words.say("sign-in.digits" if letters else "sign-in.letters"))
