"""How long nobody has touched the till."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

TOUCHES = frozenset(
    {
        QEvent.Type.KeyPress,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.TouchBegin,
        QEvent.Type.Wheel,
        QEvent.Type.TabletPress,
    }
)
LOOK_MS = 1_000


class Idle(QObject):
    """Watches a window for keys and fingers; a scanner that types counts too.

    It listens at the window as the system knows it, where everything arrives first and nothing else does.

    Signals:
        timed_out(): nobody has touched the window for as long as the setting says; once until the next touch.
    """

    timed_out = Signal()

    def __init__(self, window: QWidget, clock: Callable[[], datetime], minutes: Callable[[], int]) -> None:
        """`minutes` is the setting as it is now; 0: never."""
        super().__init__(window)
        self._window = window
        self._clock = clock
        self._minutes = minutes
        self._touched_at = clock()
        self._told = False
        self._listens_at: QObject | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def touch(self) -> None:
        """Somebody is there."""
        self._touched_at = self._clock()
        self._told = False

    def look(self) -> None:
        """Tell when it has been too long; a window that is closed has nobody in front of it."""
        if not self._window.isVisible():
            return
        # A window that was never shown has no handle, whatever the types say.
        handle: QObject | None = self._window.windowHandle()
        if handle is not None and handle is not self._listens_at:
            handle.installEventFilter(self)
            self._listens_at = handle
        minutes = self._minutes()
        if minutes and not self._told and self._clock() - self._touched_at >= timedelta(minutes=minutes):
            self._told = True
            self.timed_out.emit()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Note a touch and let it through."""
        if event.type() in TOUCHES:
            self.touch()
        return False
