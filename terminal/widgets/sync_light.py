"""The light: in colour and in words, is everything well, and what is not; a tap opens all of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QVBoxLayout, QWidget

from courier.link import LinkState
from terminal.outlook import FRESH, Sign, Weight, prices_as_of, signs_of
from terminal.sync_state import SyncState
from terminal.widgets.look import Look
from terminal.widgets.text import SEMI_BOLD, Words, sizes
from terminal.wording import Wording

WIDTH, HEIGHT = 290, 52
LIGHTS = {
    Weight.GOOD: "light_good",
    Weight.NOTE: "light_good",
    Weight.WARN: "light_warn",
    Weight.BAD: "light_bad",
}


class Dot(QWidget):
    """A light of one colour."""

    def __init__(self, look: Look) -> None:
        """Unlit."""
        super().__init__()
        self._colour = look.colour("on_stage_soft")
        self._look = look
        self.setFixedSize(look.px(14), look.px(14))

    def set_colour(self, colour: str) -> None:
        """Shine in this colour of the palette."""
        self._colour = self._look.colour(colour)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A filled circle."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._colour)
        painter.drawEllipse(self.rect())


class SyncLight(QAbstractButton):
    """The worst sign first, the next one or the age of the prices below it."""

    def __init__(self, look: Look, words: Wording, clock: Callable[[], datetime]) -> None:
        """`clock` is the machine's; ages are counted from it."""
        super().__init__()
        self._look = look
        self._words = words
        self._clock = clock
        self.setObjectName("sync-light")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._dot = Dot(look)
        self._state = Words(look, sizes(look, 15, 13, weight=SEMI_BOLD), "on_stage")
        self._data = Words(look, sizes(look, 14, 13, 12), "on_stage_soft")
        column = QVBoxLayout()
        column.setSpacing(0)
        column.setContentsMargins(0, 0, 0, 0)
        column.addStretch(1)
        column.addWidget(self._state)
        column.addWidget(self._data)
        column.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(look.px(8), 0, look.px(8), 0)
        row.setSpacing(look.px(10))
        row.addWidget(self._dot)
        row.addLayout(column, 1)
        for part in (self._dot, self._state, self._data):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFixedHeight(look.px(HEIGHT))
        if not look.upright:
            self.setFixedWidth(look.px(WIDTH))

    def words(self) -> tuple[str, str]:
        """Both lines, as shown."""
        return self._state.text(), self._data.text()

    def show_link(self, sync: SyncState | None) -> None:
        """Show what is known of the world; None: nothing is known yet."""
        say = self._words.say
        if sync is None:
            self._show("on_stage_soft", say("link.unknown"), "")
            return
        signs = signs_of(sync, self._clock())
        weighty = [sign for sign in signs if sign.weight >= Weight.WARN]
        light = LIGHTS[weighty[0].weight if weighty else Weight.GOOD]
        first = sign_text(weighty[0], self._words) if weighty else say("world.all-well")
        others = signs[1:] if weighty else signs
        more = f" {say('world.more', count=len(others) - 1)}" if len(others) > 1 else ""
        second = sign_text(others[0], self._words) + more if others else self._ages(sync)
        self._show(light, first, second)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A quiet ground while it is pressed, a ring while the keyboard is on it."""
        if not (self.isDown() or self.hasFocus()):
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ring = QPen(self._look.colour("light_warn"), self._look.px(2))
        painter.setPen(ring if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.setBrush(self._look.colour("stage_pressed" if self.isDown() else "stage"))
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.drawRoundedRect(box, self._look.px(10), self._look.px(10))

    def _show(self, light: str, first: str, second: str) -> None:
        self._dot.set_colour(light)
        self._state.set_colour("on_stage" if light == "light_good" else light)
        self._state.setText(first)
        self._data.setText(second)
        self.setAccessibleName(f"{first}. {second}")

    def _ages(self, sync: SyncState) -> str:
        say = self._words.say
        as_of = prices_as_of(sync)
        if as_of is None:
            return say("link.never")
        age = self._clock() - as_of
        fresh = age < FRESH and sync.link is LinkState.ONLINE
        prices = say("link.fresh") if fresh else say("link.age", age=self._words.age(age.total_seconds()))
        unsent = say("link.unsent", count=sync.unsent) if sync.unsent else say("link.sent")
        return f"{prices} · {unsent}"


def sign_text(sign: Sign, words: Wording) -> str:
    """A sign in words."""
    figures = {name: _figure(value, words) for name, value in sign.figures.items()}
    return words.say(f"world.{sign.code}", **figures)


def _figure(value: object, words: Wording) -> object:
    if isinstance(value, datetime):
        return words.moment(value)
    return words.age(value.total_seconds()) if isinstance(value, timedelta) else value
