"""A pair of hands at a till's window: real keys and taps, a scanner's bursts, and eyes that wait."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QWidget

from terminal.bootstrap import build_till, opened_window
from terminal.settings import Settings
from terminal.widgets.screen import Screen
from terminal.window import MainWindow

PATIENCE_SECONDS = 60.0
TRIES = 3
Page = TypeVar("Page", bound=Screen)


class NotSeen(AssertionError):
    """What was waited for has not come."""


@contextmanager
def at_the_till(folder: Path, hub_url: str, enrolment_code: str = "") -> Iterator[Hands]:
    """The till of this folder as the program opens it, without a display."""
    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    till = build_till(folder, hub_url, enrolment_code)
    try:
        settings = Settings(data_dir=folder, hub_url=hub_url, windowed=True)
        with opened_window(till, settings) as window:
            window.activateWindow()
            hands = Hands(window, folder)
            hands.until(lambda: till.lifeline.state.news_version, "the till knows no people and no prices")
            yield hands
    finally:
        till.close()


class Hands:
    """What a cashier does with fingers, keyboard and scanner."""

    def __init__(self, window: MainWindow, folder: Path) -> None:
        """A picture of what was on show instead goes into the folder."""
        self.window = window
        self.folder = folder

    def until(self, there: Callable[[], object], what: str) -> None:
        """Let the window live until something is so."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not there():
            if time.monotonic() > deadline:
                self.window.grab().save(str(self.folder / "not-seen.png"))
                page = self.window.page
                told = page.notice.words() if page is not None and hasattr(page, "notice") else ""
                raise NotSeen(f"{what}; on show is {type(page).__name__}, which says {told}")
            QTest.qWait(1)

    def see(self, kind: type[Page]) -> Page:
        """Wait for a page of this kind and give it."""
        self.until(lambda: isinstance(self.window.page, kind), f"{kind.__name__} has not come")
        page = self.window.page
        assert isinstance(page, kind)
        return page

    def press(self, *keys: Qt.Key) -> None:
        """Press keys one after the other, as a person does."""
        for key in keys:
            QTest.keyClick(self._focus(), key)
            self._let_go()

    def type(self, text: str) -> None:
        """Type, slower than any scanner."""
        for letter in text:
            QTest.keyClicks(self._focus(), letter)
            self._let_go()

    def scan(self, code: str) -> None:
        """A scanner's burst."""
        QTest.keyClicks(self._focus(), code)
        QTest.keyClick(self._focus(), Qt.Key.Key_Return)

    def shown(self, name: str) -> QWidget | None:
        """What is on show under this name."""
        return next((one for one in self.window.findChildren(QWidget, name) if one.isVisible()), None)

    def tap(self, name: str) -> None:
        """Tap a key, once it can be tapped."""
        self.until(lambda: (key := self.shown(name)) is not None and key.isEnabled(), f"no key {name}")
        key = self.shown(name)
        assert isinstance(key, QAbstractButton)
        QTest.mouseClick(key, Qt.MouseButton.LeftButton)
        QTest.qWait(1)

    def fill_in(self, name: str, text: str) -> None:
        """Tap a field and type into it; a page that was made anew meanwhile is typed on again."""
        for _ in range(TRIES):
            self.until(lambda: self.shown(name) is not None, f"no field {name}")
            field = self.shown(name)
            assert isinstance(field, QLineEdit)
            QTest.mouseClick(field, Qt.MouseButton.LeftButton)
            field.clear()
            self.type(text)
            field = self.shown(name)
            if isinstance(field, QLineEdit) and field.text() == text:
                return
        raise NotSeen(f"{name} does not take {text}")

    def _let_go(self) -> None:
        """A key is held back until it is clear that no scanner follows; a person is slower than that."""
        QTest.qWait(1)
        while self.window.scanner.holding:
            QTest.qWait(1)

    def _focus(self) -> QWidget:
        return QApplication.focusWidget() or self.window


def amount_of(text: str) -> int:
    """The đồng that a label shows."""
    return int("".join(sign for sign in text if sign.isdigit()) or 0)
