"""The page behind the light: everything the till knows of the world, in words, and what can be done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from courier.link import LinkState
from courier.outage import Outage, Rejected
from terminal.background import Background, Lane
from terminal.notice import Notice, NoticeKind
from terminal.outlook import Weight, prices_as_of, signs_of
from terminal.sync_state import SyncState
from terminal.till_status import NO_HEAD_OFFICE
from terminal.widgets.keys import Key, on_tap
from terminal.widgets.look import Look, of_kind
from terminal.widgets.notice_bar import NoticeBar, mood_of
from terminal.widgets.screen import SideScreen
from terminal.widgets.sync_light import sign_text
from terminal.widgets.text import SEMI_BOLD, Words, sizes
from terminal.wording import Message, Wording

MARGIN = 12
GAP = 10
ROW_HEIGHT = 52
LABEL_WIDTH, UPRIGHT_LABEL_WIDTH = 280, 230
HASH_SHOWN = 8
HUB_NOT_REACHED = "hub-not-reached"
PRINTING_NOW = "printing-now"
TRYING_NOW = "trying-now"


class World(Protocol):
    """What a person can do about it; both may wait for the network."""

    def print_now(self) -> None:
        """Have the receipts printed that wait; raises `Outage` or `Rejected`."""

    def try_now(self) -> None:
        """End every wait for hub and head office."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the page; `mood` is that of its value (calm, good, warn, bad)."""

    name: str
    value: str
    mood: str = "calm"


class OutlookScreen(SideScreen):
    """Shows a `SyncState` and follows it."""

    def __init__(
        self,
        world: World,
        look: Look,
        words: Wording,
        background: Background,
        clock: Callable[[], datetime],
        sync: SyncState | None,
    ) -> None:
        """A line for everything there is."""
        super().__init__(look, words, background)
        self._world = world
        self._clock = clock
        self._sync = sync
        self._rows: dict[str, Words] = {}
        self._asked_for = 0
        self.notice = NoticeBar(look)
        say = words.say("outlook.print-now")
        self.print_now = Key(look, say, "primary", shortcut="Enter", height=64, name="print-now")
        say = words.say("outlook.try-now")
        self.try_now = Key(look, say, icon="sync", shortcut="F5", height=64, name="try-now")
        self._back = Key(
            look, words.say("outlook.back"), icon="back", shortcut="Esc", height=64, name="outlook-back"
        )
        self._lay_out()
        self.notice.yes.connect(self._dismiss)
        on_tap(self._back, self.left.emit)
        on_tap(self.print_now, self._print_now)
        on_tap(self.try_now, self._try_now)
        self.show_link(sync)

    def show_link(self, sync: SyncState | None) -> None:
        """Show what is known now."""
        self._sync = sync
        if sync is not None:
            for row in rows_of(sync, self.words):
                value = self._rows[row.name]
                value.setText(row.value)
                value.set_colour("ink" if row.mood == "calm" else row.mood)
        printer = sync.status.printer if sync and sync.status else None
        self.print_now.setEnabled(printer is not None and bool(printer.waiting))
        self.show_notice()

    def show_notice(self) -> None:
        """What came of a key; else the worst that there is to say."""
        words = self.words
        if self._told:
            message = words.message(self._told.code, self._told.detail)
            self.notice.show_message(mood_of(self._told.kind), message, words.say("notice.close"))
            return
        signs = signs_of(self._sync, self._clock()) if self._sync else ()
        title = (
            sign_text(signs[0], words)
            if signs
            else words.say("world.all-well" if self._sync else "link.unknown")
        )
        mood = {Weight.BAD: "bad", Weight.WARN: "warn"}.get(signs[0].weight, "calm") if signs else "good"
        self.notice.show_message(mood, Message(title, words.say("outlook.hint")))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter prints what waits, F5 tries the connections, Esc leaves."""
        keys = {Qt.Key.Key_Return: self.print_now, Qt.Key.Key_Enter: self.print_now}
        keys[Qt.Key.Key_F5] = self.try_now
        key = keys.get(Qt.Key(event.key()))
        if key is not None:
            if not event.isAutoRepeat():
                key.click()
            return
        super().keyPressEvent(event)

    def _lay_out(self) -> None:
        px = self.look.px
        card = QWidget()
        of_kind(card, "card")
        column = QVBoxLayout(card)
        column.setContentsMargins(px(20), px(10), px(20), px(10))
        column.setSpacing(0)
        for name in ROWS:
            column.addLayout(self._row(name))
        column.addStretch(1)
        keys = QHBoxLayout()
        keys.addWidget(self._back, 1)
        keys.addWidget(self.try_now, 1)
        keys.addWidget(self.print_now, 1)
        page = QVBoxLayout(self)
        page.setContentsMargins(px(MARGIN), px(GAP), px(MARGIN), px(MARGIN))
        page.addWidget(self.notice)
        page.addWidget(card, 1)
        page.addLayout(keys)
        for layout in (keys, page):
            layout.setSpacing(px(GAP))

    def _row(self, name: str) -> QHBoxLayout:
        look = self.look
        row = QHBoxLayout()
        row.setSpacing(look.px(16))
        label = QLabel(self.words.say(f"outlook.{name}"))
        of_kind(label, "soft")
        label.setFixedWidth(look.px(UPRIGHT_LABEL_WIDTH if look.upright else LABEL_WIDTH))
        value = Words(look, sizes(look, 18, (16, 2), (14, 2), weight=SEMI_BOLD), "ink")
        value.setObjectName(f"outlook-{name}")
        value.setFixedHeight(look.px(ROW_HEIGHT))
        row.addWidget(label)
        row.addWidget(value, 1)
        self._rows[name] = value
        return row

    def _print_now(self) -> None:
        printer = self._sync.status.printer if self._sync and self._sync.status else None
        self._asked_for = printer.waiting if printer else 0
        self._background.run(self._world.print_now, self._asked, self._not_asked, Lane.NETWORK)

    def _asked(self, _: None) -> None:
        self.tell(Notice(PRINTING_NOW, {"count": self._asked_for}, NoticeKind.HINT))

    def _not_asked(self, problem: Exception) -> None:
        if not isinstance(problem, Outage | Rejected):
            raise problem
        self.tell(Notice(HUB_NOT_REACHED, kind=NoticeKind.OUTAGE))

    def _try_now(self) -> None:
        self._background.run(self._world.try_now, self._tried, lane=Lane.NETWORK)

    def _tried(self, _: None) -> None:
        self.tell(Notice(TRYING_NOW, kind=NoticeKind.HINT))

    def _dismiss(self) -> None:
        self._told = None
        self.show_notice()


ROWS = ("hub", "queue", "hq", "prices", "printer", "drawer", "program", "till")


def rows_of(sync: SyncState, words: Wording) -> Iterator[Row]:
    """Everything there is to tell, a row each, in the order of `ROWS`."""
    say, moment = words.say, words.moment
    moods = {LinkState.ONLINE: "good", LinkState.DOUBTFUL: "warn", LinkState.OFFLINE: "bad"}
    yield Row("hub", say(f"outlook.hub-{sync.link.value}", moment=moment(sync.since)), moods[sync.link])
    if sync.unsent:
        oldest = words.day_and_moment(sync.oldest_at) if sync.oldest_at else ""
        mood = "warn" if sync.link is LinkState.ONLINE else "bad"
        yield Row("queue", say("outlook.queue-is", count=sync.unsent, moment=oldest), mood)
    else:
        yield Row("queue", say("outlook.queue-none"), "good")
    yield _head_office(sync, words)
    as_of = prices_as_of(sync)
    prices = say("outlook.prices-as-of", moment=words.day_and_moment(as_of)) if as_of else ""
    yield Row("prices", prices or say("outlook.prices-none"), "calm" if as_of else "warn")
    yield from _printer(sync, words)
    waits = say("outlook.program-update", version=sync.update) if sync.update else ""
    yield Row("program", waits or say("outlook.program-newest"), "warn" if waits else "calm")
    till = say("outlook.till-is", sequence=sync.sequence, hash=sync.head_hash[:HASH_SHOWN])
    yield Row("till", till)


def _head_office(sync: SyncState, words: Wording) -> Row:
    if sync.status is None:
        return Row("hq", words.say("outlook.hq-unknown"))
    hq = sync.status.hq
    if hq.state == NO_HEAD_OFFICE:
        return Row("hq", words.say("outlook.hq-none"))
    state = hq.state if hq.state in ("online", "doubtful", "offline") else "doubtful"
    if sync.link is LinkState.OFFLINE and state != "offline":
        return Row("hq", words.say("outlook.not-told"))
    heard = hq.last_heard_at or hq.since
    at = words.day_and_moment(heard) if heard else ""
    mood = {"online": "good", "offline": "warn"}.get(state, "calm")
    told = "sending" if state == "online" and hq.waiting else state
    return Row("hq", words.say(f"outlook.hq-{told}", count=hq.waiting, moment=at), mood)


def _printer(sync: SyncState, words: Wording) -> Iterator[Row]:
    say = words.say
    printer = sync.status.printer if sync.status else None
    if printer is None:
        yield Row("printer", say("outlook.printer-none" if sync.status else "outlook.printer-unknown"))
        yield Row("drawer", say("outlook.drawer-unknown"))
        return
    if sync.link is LinkState.OFFLINE:
        yield Row("printer", say("outlook.not-told"))
        yield Row("drawer", say("outlook.not-told"))
        return
    named = ("well", "silent", "unknown", "paper-out", "cover-open")
    texts = [say(f"outlook.printer-{printer.state if printer.state in named else 'away'}")]
    if printer.paper_low and not printer.in_trouble:
        texts = [say("outlook.printer-low")]
    if printer.waiting:
        texts.append(say("outlook.printer-waiting", count=printer.waiting))
    mood = "bad" if printer.in_trouble else "warn" if printer.paper_low or printer.waiting else "good"
    yield Row("printer", " · ".join(texts), mood)
    drawer = {True: "open", False: "shut", None: "unknown"}[printer.drawer_open]
    yield Row("drawer", say(f"outlook.drawer-{drawer}"), "warn" if printer.drawer_open else "calm")
