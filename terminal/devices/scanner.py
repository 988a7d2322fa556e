"""A barcode scanner that types (keyboard wedge), told apart from a person who types.

A scanner sends a code as a burst of keys with a few milliseconds between them and ends it with
Enter. No key says "I begin a burst", so a key that may begin one is held back for at most
`KEY_GAP_MS`: followed quickly by others and by Enter it was the scanner's, and no widget ever hears
of it; otherwise it is handed to the widget it was meant for, late by less than an eye blinks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

KEY_GAP_MS = 35
"""Longest pause between two keys of a scanner; a person needs three times as long for a pair."""

SHORTEST_CODE = 4
"""Characters; shorter bursts are somebody's fingers."""

GROUP_SEPARATOR = "\x1d"
"""What scanners type for the FNC1 of GS1 codes."""

END_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
MODIFIER_KEYS = (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_CapsLock, Qt.Key.Key_NumLock)


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A key event that waits for its fate, and the widget it was meant for."""

    receiver: QWidget
    event: QKeyEvent


class Scanner(QObject):
    """Listens at whatever widget has the keyboard, in the whole application.

    It moves with the focus: a filter on the application itself would be asked about every paint and
    every layout, and cost a page change a tenth of its time.

    Signals:
        scanned(str): a burst has ended with Enter; the text without the Enter.
    """

    scanned = Signal(str)

    def __init__(
        self,
        now_ms: Callable[[], float],
        key_gap_ms: int = KEY_GAP_MS,
        shortest_code: int = SHORTEST_CODE,
        parent: QObject | None = None,
    ) -> None:
        """`now_ms` is a monotonic clock in milliseconds."""
        super().__init__(parent)
        self._window: QWidget | None = None
        self._listens_at: QWidget | None = None
        self._now_ms = now_ms
        self._key_gap_ms = key_gap_ms
        self._shortest_code = shortest_code
        self._held: list[HeldKey] = []
        self._text = ""
        self._last_key_ms = 0.0
        self._last_turn = False
        self._handing_over = False
        self._end_key_down: int | None = None
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setTimerType(Qt.TimerType.PreciseTimer)
        self._pause.timeout.connect(self._on_pause)

    @property
    def holding(self) -> bool:
        """Whether keys wait for their fate."""
        return bool(self._held)

    def listen(self, window: QWidget) -> None:
        """Begin to listen in this window; it gets the keys itself when nothing in it has the focus."""
        application = QApplication.instance()
        assert isinstance(application, QApplication), "a window needs an application"
        self._window = window
        window.installEventFilter(self)
        application.focusChanged.connect(self._follow)
        self._follow(None, application.focusWidget())

    def _follow(self, _old: QWidget | None, now: QWidget | None) -> None:
        if self._listens_at is not None and isValid(self._listens_at):
            self._listens_at.removeEventFilter(self)
        self._listens_at = now if now is not None and now.window() is self._window else None
        if self._listens_at is not None:
            self._listens_at.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """True keeps the event from everybody; only keys on their way to a widget are looked at."""
        kind = event.type()
        if kind not in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            return False
        if self._handing_over or not isinstance(watched, QWidget) or not isinstance(event, QKeyEvent):
            return False
        if kind == QEvent.Type.KeyPress:
            return self._pressed(watched, event)
        return self._released(watched, event)

    def _pressed(self, receiver: QWidget, event: QKeyEvent) -> bool:
        if event.key() in MODIFIER_KEYS:
            return False
        self._end_key_down = None
        # The platform's own stamp, where there is one, is right even when the window was too busy to look.
        at_ms = event.timestamp() or self._now_ms()
        if self._held and at_ms - self._last_key_ms > self._key_gap_ms:
            self._hand_over()
        if event.key() in END_KEYS:
            return self._ended(event)
        if not _of_a_code(event):
            self._hand_over()
            return False
        self._held.append(HeldKey(receiver, event.clone()))
        self._text += event.text()
        self._last_key_ms = at_ms
        self._last_turn = False
        self._pause.start(self._key_gap_ms)
        return True

    def _ended(self, event: QKeyEvent) -> bool:
        if len(self._text) < self._shortest_code:
            self._hand_over()
            return False
        text = self._text
        self._forget()
        self._end_key_down = event.key()
        self.scanned.emit(text)
        return True

    def _released(self, receiver: QWidget, event: QKeyEvent) -> bool:
        if event.key() == self._end_key_down:
            self._end_key_down = None
            return True
        if not self._held or event.key() in MODIFIER_KEYS:
            return False
        self._held.append(HeldKey(receiver, event.clone()))
        return True

    def _on_pause(self) -> None:
        # A window that was busy finds the timer and the scanner's next keys due at the same time:
        # one more turn of the event loop lets the keys come first.
        if self._last_turn:
            self._hand_over()
        else:
            self._last_turn = True
            self._pause.start(0)

    def _hand_over(self) -> None:
        held = self._held
        self._forget()
        self._handing_over = True
        try:
            for key in held:
                if isValid(key.receiver):
                    QCoreApplication.sendEvent(key.receiver, key.event)
        finally:
            self._handing_over = False

    def _forget(self) -> None:
        self._held = []
        self._text = ""
        self._pause.stop()


def _of_a_code(event: QKeyEvent) -> bool:
    """Whether a scanner could have typed this key as part of a code."""
    text = event.text()
    if event.isAutoRepeat() or len(text) != 1:
        return False
    if text == GROUP_SEPARATOR:
        return True
    plain = event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
    return plain == Qt.KeyboardModifier.NoModifier and text.isascii() and text.isprintable()
