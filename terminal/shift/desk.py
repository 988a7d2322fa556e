"""Signing in and out (FR-6.1), on the till's own people table: no hub is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from retail.refusal import Refusal
from retail.staff import Permission, PermissionDenied, demand
from terminal.errands import Errands
from terminal.notice import Notice, notice_of
from terminal.pin_tries import PinTries
from terminal.till.cashier import Cashier


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

    def __init__(
        self,
        people: People,
        *,
        clock: Callable[[], datetime],
        errands: Errands,
        tries: PinTries | None = None,
    ) -> None:
        """`tries` counts wrong PINs for everything on this till that asks for one."""
        self._people = people
        self._clock = clock
        self._errands = errands
        self._tries = tries or PinTries()
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
        try:
            self._tries.check(self._clock())
        except Refusal as refusal:
            self._refuse(refusal)
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
            self._tries.right()
            try:
                # An auditor sees everything and sells nothing, and at a till there is only selling.
                demand(cashier.role, Permission.SELL)
            except PermissionDenied as denied:
                self._show(SignInState(notice=notice_of(denied)))
                return
            self._show(SignInState(cashier=cashier))
            return
        self._refuse(self._tries.wrong(self._clock()))

    def _not_checked(self, problem: Exception) -> None:
        if not isinstance(problem, Refusal):
            self._show(SignInState())
            raise problem
        self._show(SignInState(notice=notice_of(problem)))

    def _refuse(self, refusal: Refusal) -> None:
        self._show(SignInState(notice=notice_of(refusal), wait_until=self._tries.wait_until(self._clock())))

    def _show(self, state: SignInState) -> None:
        self._state = state
        for changed in self._listeners:
            changed(state)
