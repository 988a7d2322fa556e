"""A row of a page on which one of several things is taken: what it is, how much, and the key for it."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from terminal.widgets.keys import Key
from terminal.widgets.look import Look, of_kind
from terminal.widgets.text import RIGHT, SEMI_BOLD, Figure, Words, sizes

HEIGHT = 72
AMOUNT_WIDTH = 166


class ChoiceRow(QWidget):
    """Label and details at the left, an amount, and `key` with its digit of the keyboard."""

    def __init__(self, look: Look, place: int, key: str, *, name: str, key_width: int | None = None) -> None:
        """An empty row, which is not shown. `place` counts from 0; `key` is what stands on the key, named
        `name`-1 and so on."""
        super().__init__()
        of_kind(self, "card")
        self.setFixedHeight(look.px(HEIGHT))
        self._label = Words(look, sizes(look, 18, 16, 13, 12, weight=SEMI_BOLD), "ink")
        self._detail = Words(look, sizes(look, 14, 12, (12, 2)), "ink_soft")
        self._amount = Figure(look, 24, "ink", smallest=15, align=RIGHT)
        self._amount.setFixedWidth(look.px(AMOUNT_WIDTH))
        number = place + 1
        self.key = Key(look, key, "choice", shortcut=str(number), height=52, name=f"{name}-{number}")
        if key_width is not None:
            self.key.setFixedWidth(look.px(key_width))
        told = QVBoxLayout()
        told.setSpacing(0)
        told.addWidget(self._label)
        told.addWidget(self._detail)
        line = QHBoxLayout(self)
        line.setContentsMargins(look.px(16), look.px(4), look.px(8), look.px(4))
        line.setSpacing(look.px(12))
        line.addLayout(told, 1)
        line.addWidget(self._amount)
        line.addWidget(self.key)
        self.hide()

    def fill(self, label: str, details: tuple[str, ...], amount: str) -> None:
        """Show this; details that are empty are left out."""
        self._label.setText(label)
        self._detail.setText(" · ".join(filter(None, details)))
        self._amount.setText(amount)
        self.show()
