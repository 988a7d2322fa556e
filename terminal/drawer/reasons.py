"""Why: quick keys and a field for any other reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLineEdit, QVBoxLayout, QWidget

from retail.approval import REASON_LIMIT
from terminal.widgets.keys import Key, on_tap
from terminal.widgets.look import Look
from terminal.wording import Wording

COLUMNS = 2


class Reasons(QWidget):
    """A field for a reason and a key for each usual one.

    Signals:
        chosen(): a quick key filled the field.
    """

    chosen = Signal()

    def __init__(self, look: Look, words: Wording, names: Sequence[str]) -> None:
        """`names` of the usual ones, each with its word at `reason.<name>`."""
        super().__init__()
        self._look = look
        self._words = words
        self._keys: list[QWidget] = []
        self.field = QLineEdit()
        self.field.setObjectName("reason")
        self.field.setMaxLength(REASON_LIMIT)
        self.field.setFixedHeight(look.px(48))
        self.field.setPlaceholderText(words.say("approval.reason"))
        self.field.setAccessibleName(words.say("approval.reason"))
        self._grid = QGridLayout()
        self._grid.setSpacing(look.px(6))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(look.px(6))
        column.addWidget(self.field)
        column.addLayout(self._grid)
        self.offer(names)

    @property
    def text(self) -> str:
        """The reason as it stands."""
        return self.field.text().strip()

    def offer(self, names: Sequence[str]) -> None:
        """Offer these usual reasons instead, with nothing filled in."""
        for key in self._keys:
            self._grid.removeWidget(key)
            key.hide()
            key.deleteLater()
        self._keys = []
        self.field.clear()
        for place, name in enumerate(names):
            label = self._words.say(f"reason.{name}")
            key = Key(self._look, label, name=f"reason-{name}")
            key.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self._grid.addWidget(on_tap(key, self._fill_in_deed(label)), place // COLUMNS, place % COLUMNS)
            self._keys.append(key)

    def _fill_in_deed(self, label: str) -> Callable[[], None]:
        def fill_in() -> None:
            self.field.setText(label)
            self.chosen.emit()

        return fill_in
