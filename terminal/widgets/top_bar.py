"""The bar on top: whose till this is, who works at it, and how far the outside world is away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from courier.link import LinkState
from terminal.sync_state import TILL_REPLACED, SyncState
from terminal.widgets.keys import Key, on_tap
from terminal.widgets.look import Look, Theme, of_kind
from terminal.widgets.text import BOTTOM, RIGHT, SEMI_BOLD, Words, sizes
from terminal.wording import Language, Wording

FRESH = timedelta(minutes=1)
"""News younger than this needs no age: the hub is asked far more often."""

HEIGHT, UPRIGHT_HEIGHT = 60, 112
LIGHTS = {LinkState.ONLINE: "light_good", LinkState.DOUBTFUL: "light_warn", LinkState.OFFLINE: "light_bad"}


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


class SyncLight(QWidget):
    """In colour and in words: is the hub there, how old are the prices, what has not been sent."""

    def __init__(self, look: Look, words: Wording, clock: Callable[[], datetime]) -> None:
        """`clock` is the machine's; ages are counted from it."""
        super().__init__()
        self._words = words
        self._clock = clock
        self.setObjectName("sync-light")
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
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(look.px(10))
        row.addWidget(self._dot)
        row.addLayout(column, 1)
        self.setFixedWidth(look.px(290))

    def words(self) -> tuple[str, str]:
        """Both lines, as shown."""
        return self._state.text(), self._data.text()

    def show_link(self, sync: SyncState | None) -> None:
        """Show how the till stands with its hub; None: nothing is known yet."""
        say = self._words.say
        if sync is None:
            self._dot.set_colour("on_stage_soft")
            self._state.setText(say("link.unknown"))
            self._data.setText("")
            return
        stuck = sync.link is LinkState.ONLINE and sync.trouble is not None
        light = "light_warn" if stuck else LIGHTS[sync.link]
        self._dot.set_colour(light)
        self._state.set_colour("on_stage" if light == "light_good" else light)
        stuck_how = "link.replaced" if sync.trouble == TILL_REPLACED else "link.stuck"
        state = say(stuck_how if stuck else f"link.{sync.link.value}")
        if sync.link is not LinkState.ONLINE:
            state = f"{state} {say('link.since', moment=self._words.moment(sync.since))}"
        self._state.setText(state)
        unsent = say("link.unsent", count=sync.unsent) if sync.unsent else say("link.sent")
        self._data.setText(f"{self._age(sync)} · {unsent}")

    def _age(self, sync: SyncState) -> str:
        moments = [at for at in (sync.last_heard_at, sync.news_at) if at is not None]
        if not moments or not sync.news_version:
            return self._words.say("link.never")
        age = self._clock() - max(moments)
        if age < FRESH and sync.link is LinkState.ONLINE:
            return self._words.say("link.fresh")
        return self._words.say("link.age", age=self._words.age(age.total_seconds()))


class TopBar(QWidget):
    """Store, till, sync light, time, cashier.

    Signals:
        menu(), sign_out(), other_language(), other_theme(): the keys on the right.
    """

    menu = Signal()

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
        self._words = words
        self._clock = clock
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
        (rows if look.upright else row).addWidget(self.light)
        row.addWidget(self._time)
        if cashier:
            name = Words(
                look,
                sizes(look, (15, 2), (13, 2), weight=SEMI_BOLD),
                "on_stage",
                RIGHT,
            )
            name.setFixedWidth(look.px(118))
            name.setText(cashier)
            row.addWidget(name)
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
        """Whether menu and signing out are possible here."""
        self._leave.setEnabled(can)
        self._menu.setEnabled(can)

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
