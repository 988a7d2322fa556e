"""Who works at the till: from signing in to signing out, with locks in between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from terminal.background import Background, Relay
from terminal.counter import Counter
from terminal.devices.idle import Idle
from terminal.shift.desk import SignInState
from terminal.tasks import AtTheTill
from terminal.till.cashier import Cashier


class Attendance(QObject):
    """Keeps the sign-in desk and makes the desks of whoever has come.

    Signals:
        changed(object): the desk's new `SignInState`.
        came(object): an `AtTheTill`; somebody has signed in and their desks are made.
        went(): nobody is signed in any more.
        locked(): a PIN is wanted before anything else.
    """

    changed = Signal(object)
    came = Signal(object)
    went = Signal()
    locked = Signal()

    def __init__(
        self, counter: Counter, background: Background, clock: Callable[[], datetime], window: QWidget
    ) -> None:
        """Nobody is there; `window` is the one they work at."""
        super().__init__(window)
        self._counter = counter
        self._background = background
        self.clock = clock
        self._at: AtTheTill | None = None
        self._locked = False
        self.desk = counter.desks.sign_in()
        self.recent: list[Cashier] = []
        """Who has been here, the last one first."""
        self.idle = Idle(window, clock, lambda: counter.rules().lock_after_minutes)
        relay = Relay(self.desk.listen, self)
        relay.changed.connect(self._changed)

    def sign_out(self) -> None:
        """Leave the till."""
        self._background.run(self.desk.sign_out)

    def lock(self) -> None:
        """Let nobody do anything until a PIN was typed."""
        self._background.run(self.desk.lock)

    def _changed(self, state: SignInState) -> None:
        self.changed.emit(state)
        cashier = state.cashier
        if cashier is None:
            if self._at is not None:
                self._at = None
                self.went.emit()
        elif self._at is None:
            self._background.run(lambda: self._desks_of(cashier), self._made)
        if state.locked and not self._locked:
            self.locked.emit()
        self._locked = state.locked

    def _desks_of(self, cashier: Cashier) -> AtTheTill:
        desks = self._counter.desks
        return AtTheTill(self._counter, cashier, desks.checkout(cashier), desks.shift(cashier), self.clock)

    def _made(self, at: AtTheTill) -> None:
        if self._at is not None or self.desk.state.cashier is None:
            return
        self._at = at
        others = (one for one in self.recent if one.employee_id != at.cashier.employee_id)
        self.recent = [at.cashier, *others]
        self.came.emit(at)
