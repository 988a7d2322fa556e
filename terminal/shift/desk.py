"""Signing in and out and the lock (FR-6.1), on the till's own people table: no hub is asked.

A lock keeps the session and the basket: whoever is signed in takes it off with their PIN, or somebody who
may close shifts of others does. Every decision is noted (FR-6.2); a till that cannot write lets nobody in,
but leaving and locking always work.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

import structlog

from retail.access_facts import AccessDeed, AccessOutcome
from retail.refusal import Refusal
from retail.staff import Permission, PermissionDenied, demand
from terminal.access import AccessBook
from terminal.errands import Errands
from terminal.notice import Notice, notice_of
from terminal.pin_tries import PinTries, SignInMustWait
from terminal.till.cashier import Cashier

log = structlog.stdlib.get_logger("terminal.shift")


class People(Protocol):
    """The till's people table; `check` is called off the desk's thread."""

    def check(self, employee_id: str, pin: str) -> Cashier | None:
        """The cashier when id and PIN fit together and the person works in this store; else None."""

    def knows(self, employee_id: str) -> bool:
        """Whether the chain has somebody with this id."""

    def id_of(self, typed: str) -> str:
        """The id that was meant by what was typed, in capitals where only that is known."""


@dataclass(frozen=True, slots=True)
class SignInState:
    """`cashier`: who is signed in. `locked`: they have to show that they are still there.

    `busy`: a PIN is being checked. `wait_until`: no PIN is taken before.
    """

    cashier: Cashier | None = None
    locked: bool = False
    busy: bool = False
    notice: Notice | None = None
    wait_until: datetime | None = None


class SignInDesk:
    """Lets people sign in by employee id and PIN; three wrong PINs in a row cost 30 seconds."""

    def __init__(
        self,
        people: People,
        access: AccessBook,
        *,
        clock: Callable[[], datetime],
        errands: Errands,
        tries: PinTries | None = None,
    ) -> None:
        """`tries` counts wrong PINs for everything on this till that asks for one."""
        self._people = people
        self._access = access
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
        if not self._state.busy and self._state.cashier is None:
            self._check(AccessDeed.SIGN_IN, employee_id, pin)

    def sign_out(self) -> None:
        """Leave the till; the open basket stays in the journal for whoever comes next."""
        if self._state.cashier is not None:
            self._note_anyway(AccessDeed.SIGN_OUT, self._state.cashier)
        self._show(SignInState())

    def lock(self) -> None:
        """Let nobody do anything until a PIN was typed; the session and the basket stay."""
        cashier = self._state.cashier
        if cashier is not None and not self._state.locked:
            self._note_anyway(AccessDeed.LOCK, cashier)
            self._show(SignInState(cashier, locked=True))

    def unlock(self, employee_id: str, pin: str) -> None:
        """Take the lock off: by whoever is signed in, or by somebody who may close shifts of others."""
        if not self._state.busy and self._state.locked:
            self._check(AccessDeed.UNLOCK, employee_id, pin)

    def dismiss(self) -> None:
        """Take the notice away."""
        self._show(replace(self._state, notice=None))

    def _check(self, deed: AccessDeed, typed: str, pin: str) -> None:
        try:
            self._tries.check(self._clock())
        except Refusal as refusal:
            self._refuse(refusal)
            return
        employee_id = self._people.id_of(typed)
        self._show(replace(self._state, busy=True, notice=None))
        self._errands.run(
            lambda: self._people.check(employee_id, pin),
            done=lambda person: self._checked(deed, employee_id, person),
            failed=self._not_checked,
        )

    def _checked(self, deed: AccessDeed, employee_id: str, person: Cashier | None) -> None:
        if not self._state.locked and deed is AccessDeed.UNLOCK:
            return  # somebody has signed the locked one out meanwhile
        try:
            self._decide(deed, employee_id, person)
        except Refusal as refusal:
            self._refuse(refusal)

    def _decide(self, deed: AccessDeed, employee_id: str, person: Cashier | None) -> None:
        at, locked = self._clock(), self._state.cashier
        asked_by = locked.employee_id if locked and locked.employee_id != employee_id else None
        if person is None:
            refusal = self._tries.wrong(at)
            alarm = isinstance(refusal, SignInMustWait)
            self._access.note(deed, AccessOutcome.REFUSED, employee_id, at, asked_by=asked_by, alarm=alarm)
            raise refusal
        self._tries.right()
        # An auditor sees everything and sells nothing, and at a till there is only selling.
        wanted = Permission.SELL if asked_by is None else Permission.CLOSE_SHIFT_OF_OTHERS
        try:
            demand(person.role, wanted)
        except PermissionDenied:
            self._access.note(
                deed, AccessOutcome.NOT_PERMITTED, employee_id, at, role=person.role, asked_by=asked_by
            )
            raise
        self._access.note(deed, AccessOutcome.ALLOWED, employee_id, at, role=person.role, asked_by=asked_by)
        self._show(SignInState(cashier=locked or person))

    def _not_checked(self, problem: Exception) -> None:
        if not isinstance(problem, Refusal):
            self._show(replace(self._state, busy=False))
            raise problem
        self._refuse(problem)

    def _note_anyway(self, deed: AccessDeed, cashier: Cashier) -> None:
        try:
            self._access.note(
                deed, AccessOutcome.ALLOWED, cashier.employee_id, self._clock(), role=cashier.role
            )
        except Refusal:
            log.exception("not noted", deed=deed.value, employee_id=cashier.employee_id)

    def _refuse(self, refusal: Refusal) -> None:
        waits = self._tries.wait_until(self._clock())
        self._show(replace(self._state, busy=False, notice=notice_of(refusal), wait_until=waits))

    def _show(self, state: SignInState) -> None:
        self._state = state
        for changed in self._listeners:
            changed(state)
