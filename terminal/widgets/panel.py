"""A panel beside the basket: asks one thing, or shows one, and goes again."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from terminal.widgets.keys import Key, on_tap
from terminal.widgets.look import Look, of_kind
from terminal.widgets.text import SEMI_BOLD, Words, sizes
from terminal.wording import Wording

END_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
KEY_HEIGHT = 50
PAD_KEY_HEIGHT = 48


class Panel(QWidget):
    """A card with a title; `main` takes what it says, `pad` what it is typed with.

    The pad stands below what is typed, or beside it where the room is wide and low.

    Signals:
        left(): the panel is done; nothing has changed by that.
    """

    left = Signal()

    def __init__(self, look: Look, words: Wording, title: str) -> None:
        """Empty below its title."""
        super().__init__()
        of_kind(self, "card")
        self.look = look
        self.words = words
        self.title = Words(look, sizes(look, 18, 16, 14, 12, weight=SEMI_BOLD), "ink")
        self.title.setText(title)
        self.main = QVBoxLayout()
        self.main.setSpacing(look.px(6))
        self.main.addWidget(self.title)
        self.pad = QVBoxLayout()
        self.pad.setSpacing(look.px(6))
        along, down = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        both = QBoxLayout(along if look.upright else down, self)
        both.setContentsMargins(look.px(16), look.px(10), look.px(16), look.px(10))
        both.setSpacing(look.px(16 if look.upright else 6))
        both.addLayout(self.main, 1)
        both.addLayout(self.pad, 1 if look.upright else 0)

    def take_key(self, event: QKeyEvent) -> bool:
        """Use a key of the keyboard; False when it means nothing here. Esc leaves."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
            return True
        return False

    def keys_row(self, *keys: tuple[Key, int]) -> QHBoxLayout:
        """A row of keys, each with its share of the width."""
        row = QHBoxLayout()
        row.setSpacing(self.look.px(8))
        for key, share in keys:
            row.addWidget(key, share)
        return row

    def cancel_key(self, name: str) -> Key:
        """The key that leaves."""
        key = Key(self.look, self.words.say("pad.cancel"), shortcut="Esc", height=KEY_HEIGHT, name=name)
        on_tap(key, self.left.emit)
        return key

    def ok_key(self, label: str, name: str, *, kind: str = "primary", shortcut: str = "Enter") -> Key:
        """The key that goes on."""
        return Key(self.look, label, kind, shortcut=shortcut, height=KEY_HEIGHT, name=name)
