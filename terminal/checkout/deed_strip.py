"""The keys for what happens in every rush: price check, discount, customer, park."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from terminal.widgets.keys import Key, on_tap
from terminal.widgets.look import Look
from terminal.wording import Wording

HEIGHT = 52


class DeedStrip(QWidget):
    """One row of keys.

    Signals:
        check_asked(), hand_asked(), customer_asked(), park_asked(): the key was tapped.
    """

    check_asked = Signal()
    hand_asked = Signal()
    customer_asked = Signal()
    park_asked = Signal()

    def __init__(self, look: Look, words: Wording) -> None:
        """All of them."""
        super().__init__()
        self._words = words
        self.check = self._key(look, "strip.check", "F3", "price-check")
        self.hand = self._key(look, "strip.hand", "F6", "hand")
        self.customer = self._key(look, "strip.customer", "F7", "customer")
        self.park = self._key(look, "strip.park", "F9", "park")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(look.px(6))
        asked = (self.check_asked, self.hand_asked, self.customer_asked, self.park_asked)
        for key, signal in zip((self.check, self.hand, self.customer, self.park), asked, strict=True):
            row.addWidget(on_tap(key, signal.emit), 1)

    def _key(self, look: Look, code: str, shortcut: str, name: str) -> Key:
        return Key(look, self._words.say(code), "strip", shortcut=shortcut, height=HEIGHT, name=name)

    def show_basket(self, *, has_lines: bool) -> None:
        """What can be done now; with an empty basket the last key brings a parked one back."""
        self.hand.setEnabled(has_lines)
        self.park.set_label(self._words.say("strip.park" if has_lines else "strip.recall"))
