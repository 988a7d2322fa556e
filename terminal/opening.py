"""Opens what a till shows: the cashier's window, the customer display and the loudspeaker."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from importlib.resources import files
from typing import Protocol, Self

from PySide6.QtWidgets import QApplication

from retail.money import currency_of
from terminal.background import Background, LaneErrands, Threads
from terminal.counter import Counter
from terminal.customer.display import CustomerDisplay
from terminal.customer.follower import Follower
from terminal.customer.placing import Placing
from terminal.desks import Desks
from terminal.devices.scanning import scan_source
from terminal.devices.speaker import Speaker
from terminal.lifeline import Lifeline
from terminal.settings import Settings
from terminal.sync_state import SyncState
from terminal.till.till import Till
from terminal.widgets.look import BASE_HEIGHT, BASE_WIDTH
from terminal.window import MainWindow
from terminal.wording import Language, Wording


class OpenTill(Protocol):
    """A till put together (`terminal.bootstrap.RunningTill`)."""

    terminal_id: str
    till: Till
    desks: Desks
    lifeline: Lifeline

    def start(self) -> Self:
        """Begin sending facts and following news."""


@contextmanager
def open_window(
    till: OpenTill, settings: Settings, *, clock: Callable[[], datetime], now_ms: Callable[[], float]
) -> Iterator[MainWindow]:
    """The till's windows, tied to its lifeline; there must be a QApplication. At the end the lifeline has
    stopped, and what the till was doing is done."""
    threads = Threads()
    desks = replace(till.desks.with_errands(LaneErrands(threads)), mirrored=True)
    counter = Counter(till.terminal_id, desks, till.till.rules, till.till.catalogue.card, till.lifeline)
    speaker = Speaker(sounds(), volume=settings.sound_volume, bell=QApplication.beep)
    window = MainWindow(
        counter,
        threads,
        clock=clock,
        now_ms=now_ms,
        language=Language(settings.language),
        play=speaker.play,
    )
    threads.failed.connect(window.bug)
    placing = _customer_side(window, counter, threads, settings, clock)
    shown_version = till.lifeline.state.news_version

    def changed(state: SyncState) -> None:
        nonlocal shown_version
        window.link_changed.emit(state)
        if state.news_version != shown_version:
            shown_version = state.news_version
            window.news_arrived.emit()

    changed(till.lifeline.state)
    till.lifeline.listen(changed)
    before, sys.excepthook = sys.excepthook, lambda _kind, problem, _trace: window.bug(problem)
    till.start()
    scanner = scan_source(settings.scanner, window.scanner.scanned.emit) if settings.scanner else None
    if scanner is not None:
        scanner.start()
    window.resize(BASE_WIDTH, BASE_HEIGHT)
    window.show() if settings.windowed else window.showFullScreen()
    placing.place()
    try:
        yield window
    finally:
        sys.excepthook = before
        placing.close()
        if scanner is not None:
            scanner.stop()
        till.lifeline.stop()
        threads.close()
        speaker.close()


def sounds() -> dict[str, bytes]:
    """The sounds that ship with us, by name."""
    folder = files("resources").joinpath("sounds")
    return {
        file.name.removesuffix(".wav"): file.read_bytes()
        for file in folder.iterdir()
        if file.name.endswith(".wav")
    }


def _customer_side(
    window: MainWindow,
    counter: Counter,
    background: Background,
    settings: Settings,
    clock: Callable[[], datetime],
) -> Placing:
    application = QApplication.instance()
    assert isinstance(application, QApplication), "a window needs an application"
    follower = Follower(window)
    window.attended.connect(follower.attend)

    def words() -> Wording:
        rules = counter.rules()
        return Wording(Language(settings.language), currency_of(rules.currency), rules.calendar)

    def make() -> CustomerDisplay:
        display = CustomerDisplay(
            background,
            words,
            clock=clock,
            store=lambda: counter.card().name,
            idle_folder=settings.idle_pictures,
        )
        follower.changed.connect(display.show_view)
        window.news_arrived.connect(display.renew)
        display.show_view(follower.view)
        return display

    return Placing(application, window, settings.customer_display, make)
