"""Signing in and out (FR-6.1), on the till's own people table: no hub is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from retail.refusal import Refusal
from retail.staff import Permission, PermissionDenied, SignInFailed, demand
from terminal.errands import Errands
from terminal.notice import Notice, notice_of
from terminal.till.cashier import Cashier

WRONG_PINS_MAX = 3
WAIT_SECONDS = 30


class SignInMustWait(Refusal):
    """Too many wrong PINs in a row (`wait_seconds`)."""

    code = "sign-in-must-wait"


class People(Protocol):
    """The till's people table; `check` is called off the desk's thread."""

    def check(self, employee_id: str, pin: str) -> Cashier | None:
        """The cashier when id and PIN fit together and the person works in this store; else None."""


@dataclass(frozen=True, slots=True)
class SignInState:
    """`cashier`: who is signed in. `busy`: a PIN is being checked. `wait_until`: no PIN is taken before."""

    cashier: Cashier | None = None
    busy: bool = False
    notice: Notice | None = None
    wait_until: datetime | None = None


class SignInDesk:
    """Lets people sign in by employee id and PIN; three wrong PINs in a row cost 30 seconds."""

    def __init__(self, people: People, *, clock: Callable[[], datetime], errands: Errands) -> None:
        self._people = people
        self._clock = clock
        self._errands = errands
        self._wrong_pins = 0
        self._state = SignInState()
        self._listeners: list[Callable[[SignInState], None]] = []

    @property
    def state(self) -> SignInState:
        """What the screen shows."""
        return self._state

    def listen(self, changed: Callable[[SignInState], None]) -> None:
        """Call `changed` with the state after every deed."""
        self._listeners.append(changed)

    def sign_in(self, employee_id: str, pin: str) -> None:
        """Check the PIN and sign the person in, or say that it does not fit."""
        if self._state.busy or self._state.cashier:
            return
        wait_until = self._state.wait_until
        if wait_until and self._clock() < wait_until:
            seconds = -((self._clock() - wait_until) // timedelta(seconds=1))
            self._show(replace(self._state, notice=notice_of(SignInMustWait(wait_seconds=seconds))))
            return
        self._show(SignInState(busy=True))
        self._errands.run(
            lambda: self._people.check(employee_id.strip(), pin), done=self._checked, failed=self._not_checked
        )

    def sign_out(self) -> None:
        """Leave the till; the open basket stays in the journal for whoever comes next."""
        self._show(SignInState())

    def dismiss(self) -> None:
        """Take the notice away."""
        self._show(replace(self._state, notice=None))

    def _checked(self, cashier: Cashier | None) -> None:
        if cashier:
            self._wrong_pins = 0
            try:
                # An auditor sees everything and sells nothing, and at a till there is only selling.
                demand(cashier.role, Permission.SELL)
            except PermissionDenied as denied:
                self._show(SignInState(notice=notice_of(denied)))
                return
            self._show(SignInState(cashier=cashier))
            return
        self._wrong_pins += 1
        if self._wrong_pins < WRONG_PINS_MAX:
            left = WRONG_PINS_MAX - self._wrong_pins
            self._show(SignInState(notice=notice_of(SignInFailed(tries_left=left))))
            return
        self._wrong_pins = 0
        self._show(
            SignInState(
                notice=notice_of(SignInMustWait(wait_seconds=WAIT_SECONDS)),
                wait_until=self._clock() + timedelta(seconds=WAIT_SECONDS),
            )
        )

    def _not_checked(self, problem: Exception) -> None:
        if not isinstance(problem, Refusal):
            self._show(SignInState())
            raise problem
        self._show(SignInState(notice=notice_of(problem)))

    def _show(self, state: SignInState) -> None:
        self._state = state
        for changed in self._listeners:
            changed(state)
