"""The panel that parks a basket: a few words by which it is found again, or none."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit

from terminal.widgets.keys import on_tap
from terminal.widgets.look import Look
from terminal.widgets.panel import END_KEYS, Panel
from terminal.widgets.text import Words, sizes
from terminal.wording import Wording

LABEL_LIMIT = 60


class ParkPanel(Panel):
    """Asks for a label.

    Signals:
        asked(str): the basket shall be parked under this label, which may be empty.
    """

    asked = Signal(str)

    def __init__(self, look: Look, words: Wording) -> None:
        """Wait for `begin`."""
        super().__init__(look, words, words.say("park.title"))
        hint = Words(look, sizes(look, 16, (15, 2), (13, 3)), "ink_soft")
        hint.setText(words.say("park.hint"))
        self.field = QLineEdit()
        self.field.setObjectName("park-label")
        self.field.setMaxLength(LABEL_LIMIT)
        self.field.setPlaceholderText(words.say("park.label"))
        self.field.setFixedHeight(look.px(52))
        self.main.addWidget(hint)
        self.main.addWidget(self.field)
        self.main.addStretch(1)
        ok = self.ok_key(words.say("park.go"), "park-ok")
        on_tap(ok, self._ask)
        if look.upright:
            self.pad.addStretch(1)
        self.pad.addLayout(self.keys_row((self.cancel_key("park-cancel"), 1), (ok, 2)))

    def begin(self) -> None:
        """Ask, with nothing typed."""
        self.field.clear()
        self.field.setFocus()

    def take_key(self, event: QKeyEvent) -> bool:
        """Enter parks."""
        if event.key() in END_KEYS:
            if not event.isAutoRepeat():
                self._ask()
            return True
        return super().take_key(event)

    def _ask(self) -> None:
        self.asked.emit(" ".join(self.field.text().split()))
