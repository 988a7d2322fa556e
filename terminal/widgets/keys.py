"""Keys for fingers: at least 48 px each way, reachable by Tab, and never a thief of the focus."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QPushButton, QSizePolicy, QWidget

from terminal.widgets.look import Look, of_kind

TARGET_MIN = 48
"""Smallest side of anything to touch, px at 1024×768."""

FILLED = ("primary", "pay")
"""Kinds of keys that are filled with the accent colour."""

AnyKey = TypeVar("AnyKey", bound=QAbstractButton)

ICON_GAP = "\N{EN SPACE}"


class Key(QPushButton):
    """A key with a label and, in its corner, the key of the keyboard that does the same."""

    def __init__(
        self,
        look: Look,
        text: str,
        kind: str = "key",
        *,
        icon: str = "",
        icon_colour: str = "ink",
        icon_size: float = 24,
        shortcut: str = "",
        height: float = TARGET_MIN,
        name: str = "",
        parent: QWidget | None = None,
    ) -> None:
        """`height` in px at 1024×768; `icon` is a name of resources/icons; `name` is for tests and demos."""
        super().__init__(parent)
        self._icon = icon
        self.set_label(text)
        of_kind(self, kind)
        self.setObjectName(name)
        # Tab reaches it, a finger does not take the focus away from where a person types.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFixedHeight(look.px(height))
        self.setMinimumWidth(look.px(TARGET_MIN))
        self.setAccessibleName(text or name)
        self._look = look
        self._icon_size = icon_size
        if icon:
            self.setIconSize(look.icon_size(icon_size))
            self.set_icon_colour(icon_colour)
        self._shortcut = shortcut
        self._shortcut_font = look.font(12)

    def set_label(self, text: str) -> None:
        """Show this label, a little away from the icon where there is one."""
        self.setText(f"{ICON_GAP}{text}" if text and self._icon else text)

    def set_icon_colour(self, colour: str) -> None:
        """Draw the icon in this colour of the palette from now on."""
        self.setIcon(self._look.icon(self._icon, colour, self._icon_size))

    def sizeHint(self) -> QSize:
        """Wide enough for the label with its shortcut beside it."""
        hint = super().sizeHint()
        if self._shortcut and self.text():
            hint.setWidth(hint.width() + QFontMetrics(self._shortcut_font).horizontalAdvance(self._shortcut))
        return hint

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses the key that Tab has reached."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat():
                self.click()
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The key, then its shortcut in the upper right corner while it can be pressed."""
        super().paintEvent(event)
        if not self._shortcut or not self.isEnabled():
            return
        filled = self.property("kind") in FILLED or self.isChecked()
        colour = "on_accent" if filled else "ink_soft"
        painter = QPainter(self)
        painter.setFont(self._shortcut_font)
        painter.setPen(self._look.colour(colour))
        margin = self._look.px(7)
        corner = self.rect().adjusted(margin, margin // 2, -margin, -margin // 2)
        painter.drawText(corner, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, self._shortcut)


class NumberPad(QWidget):
    """Digits in the order of a keyboard's number block, with a wide zero key and a backspace.

    Signals:
        digits(str): one or more digits to append.
        back(): take the last digit away.
    """

    digits = Signal(str)
    back = Signal()

    def __init__(self, look: Look, *, bundle: str = "", key_height: float = 60) -> None:
        """`bundle` is what the key left of zero appends, such as 000; empty: no such key."""
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(look.px(8))
        rows = (("7", "8", "9"), ("4", "5", "6"), ("1", "2", "3"))
        for row, labels in enumerate(rows):
            for column, label in enumerate(labels):
                grid.addWidget(self._digit(look, label, key_height), row, column)
        if bundle:
            grid.addWidget(self._digit(look, bundle, key_height), 3, 0)
            grid.addWidget(self._digit(look, "0", key_height), 3, 1)
        else:
            grid.addWidget(self._digit(look, "0", key_height), 3, 0, 1, 2)
        erase = Key(look, "", "digit", icon="backspace", height=key_height, name="pad-back")
        erase.setAutoRepeat(True)
        erase.clicked.connect(self.back)
        grid.addWidget(erase, 3, 2)
        for column in range(3):
            grid.setColumnStretch(column, 1)

    def _digit(self, look: Look, label: str, height: float) -> Key:
        key = Key(look, label, "digit", height=height, name=f"pad-{label}")
        key.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        key.clicked.connect(lambda: self.digits.emit(label))
        return key


def on_tap(key: AnyKey, deed: Callable[[], object]) -> AnyKey:
    """Do the deed when the key is tapped, without the `checked` flag that Qt would pass on."""
    key.clicked.connect(lambda _checked: deed())
    return key
