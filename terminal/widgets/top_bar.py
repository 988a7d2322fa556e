"""The bar on top: whose till this is, who works at it, and how far the outside world is away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from terminal.widgets.keys import Key, on_tap
from terminal.widgets.look import Look, Theme, of_kind
from terminal.widgets.sync_light import SyncLight
from terminal.widgets.text import BOTTOM, RIGHT, SEMI_BOLD, Words, sizes
from terminal.wording import Language, Wording

HEIGHT, UPRIGHT_HEIGHT = 60, 112


class TopBar(QWidget):
    """Store, till, sync light, time, cashier.

    Signals:
        menu(), sign_out(), other_language(), other_theme(): the keys on the right.
        outlook(): the light was tapped.
    """

    menu = Signal()
    outlook = Signal()
    lock = Signal()
    sign_out = Signal()
    other_language = Signal()
    other_theme = Signal()

    def __init__(
        self, look: Look, words: Wording, clock: Callable[[], datetime], store: str, till: str, cashier: str
    ) -> None:
        """`cashier` is the name of who is signed in, or empty."""
        super().__init__()
        of_kind(self, "stage")
        self.setFixedHeight(look.px(UPRIGHT_HEIGHT if look.upright else HEIGHT))
        self.light = SyncLight(look, words, clock)
        on_tap(self.light, self.outlook.emit)
        self._words = words
        self._clock = clock
        self._lock: Key | None = None
        self._time = QLabel()
        of_kind(self._time, "clock")
        row = QHBoxLayout()
        row.setSpacing(look.px(10))
        rows = QVBoxLayout(self)
        rows.setContentsMargins(look.px(12), 0, look.px(8), 0)
        rows.setSpacing(0)
        rows.addLayout(row)
        mark = QLabel()
        mark.setPixmap(look.pixmap("everopen", "ink", 40))
        row.addWidget(mark)
        row.addLayout(self._place(look, store, words.say("bar.till", terminal_id=till)), 1)
        # Where the bar is narrow, light, clock and cashier have a row of their own.
        second = QHBoxLayout() if look.upright else row
        if look.upright:
            second.setSpacing(look.px(10))
            rows.addLayout(second)
        second.addWidget(self.light, 1 if look.upright else 0)
        second.addWidget(self._time)
        if cashier:
            name = Words(
                look,
                sizes(look, (15, 2), (13, 2), (12, 2), weight=SEMI_BOLD),
                "on_stage",
                RIGHT,
            )
            name.setText(cashier)
            second.addWidget(self._lock_key(look, words, name))
        self._leave = Key(
            look, words.say("bar.sign-out"), "bar", icon="sign-out", icon_colour="on_stage", name="sign-out"
        )
        on_tap(self._leave, self.sign_out.emit)
        self._menu = Key(look, "", "bar", icon="menu", icon_colour="on_stage", name="menu")
        self._menu.setShortcut("F10")
        self._menu.setToolTip(words.say("bar.menu"))
        self._menu.setAccessibleName(words.say("bar.menu"))
        on_tap(self._menu, self.menu.emit)
        row.addLayout(self._keys(look, words))
        for key in (self._leave, self._menu):
            row.addWidget(key)
            key.setVisible(bool(cashier))
        self.tick()

    def can_leave(self, can: bool) -> None:
        """Whether menu, lock and signing out are possible here."""
        self._leave.setEnabled(can)
        if self._lock is not None:
            self._lock.setEnabled(can)
        self._menu.setEnabled(can)

    def _lock_key(self, look: Look, words: Wording, name: Words) -> Key:
        """Whoever works here, with a lock: a tap locks the till for them."""
        key = Key(look, "", "bar", name="lock")
        key.setFixedWidth(look.px(140))
        key.setShortcut("Ctrl+L")
        key.setToolTip(words.say("bar.lock"))
        key.setAccessibleName(words.say("bar.lock"))
        mark = QLabel()
        mark.setPixmap(look.pixmap("lock", "on_stage", 18))
        inside = QHBoxLayout(key)
        inside.setContentsMargins(look.px(8), 0, look.px(8), 0)
        inside.setSpacing(look.px(6))
        inside.addWidget(mark)
        inside.addWidget(name, 1)
        for part in (mark, name):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._lock = key
        on_tap(key, self.lock.emit)
        return key

    def tick(self) -> None:
        """Show the time as it is now."""
        self._time.setText(self._words.moment(self._clock()))

    def _place(self, look: Look, store: str, till: str) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(0)
        name = Words(
            look,
            sizes(look, 16, 14, (12, 2), weight=SEMI_BOLD),
            "on_stage",
            vertical=BOTTOM,
        )
        name.setText(store)
        below = Words(look, sizes(look, 14), "on_stage_soft")
        below.setText(till)
        column.addStretch(1)
        column.addWidget(name)
        column.addWidget(below)
        column.addStretch(1)
        return column

    def _keys(self, look: Look, words: Wording) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(look.px(6))
        other = Language.EN if words.language is Language.VI else Language.VI
        theme = "moon" if look.theme is Theme.DAY else "sun"
        language = Key(
            look, other.value.upper(), "bar", icon="globe", icon_colour="on_stage", name="language"
        )
        language.setToolTip(words.say("bar.language"))
        night = Key(look, "", "bar", icon=theme, icon_colour="on_stage", name="theme")
        tip = "bar.theme-night" if look.theme is Theme.DAY else "bar.theme-day"
        night.setToolTip(words.say(tip))
        night.setAccessibleName(words.say(tip))
        row.addWidget(on_tap(language, self.other_language.emit))
        row.addWidget(on_tap(night, self.other_theme.emit))
        return row
