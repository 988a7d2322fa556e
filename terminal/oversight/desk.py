"""Saying yes on the spot: somebody who may types id and PIN for one act, amount and reason (FR-6.2).

An approval is good for the one deed it was asked for; nobody is signed in by it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from retail.approval import Approval, approve
from retail.refusal import Refusal
from terminal.approval import ApprovalAsk
from terminal.errands import Errands
from terminal.notice import Notice, notice_of
from terminal.pin_tries import PinTries
from terminal.shift.desk import People
from terminal.till.cashier import Cashier


@dataclass(frozen=True, slots=True)
class ApprovalState:
    """`busy`: a PIN is being checked. `wait_until`: no PIN is taken before. `approval`: the yes."""

    busy: bool = False
    notice: Notice | None = None
    wait_until: datetime | None = None
    approval: Approval | None = None


class ApprovalDesk:
    """Takes one approval."""

    def __init__(
        self,
        people: People,
        ask: ApprovalAsk,
        *,
        clock: Callable[[], datetime],
        errands: Errands,
        tries: PinTries,
    ) -> None:
        self.ask = ask
        self._people = people
        self._clock = clock
        self._errands = errands
        self._tries = tries
        self._state = ApprovalState(wait_until=tries.wait_until(clock()))
        self._listeners: list[Callable[[ApprovalState], None]] = []

    @property
    def state(self) -> ApprovalState:
        """What the screen shows."""
        return self._state

    def listen(self, changed: Callable[[ApprovalState], None]) -> None:
        """Call `changed` with the state after every deed."""
        self._listeners.append(changed)

    def give(self, employee_id: str, pin: str, reason: str = "") -> None:
        """Say yes in this person's name; `reason` where the ask brought none."""
        if self._state.busy or self._state.approval:
            return
        try:
            self._tries.check(self._clock())
        except Refusal as refusal:
            self._refuse(refusal)
            return
        self._show(ApprovalState(busy=True))
        self._errands.run(
            lambda: self._people.check(employee_id.strip(), pin),
            done=lambda person: self._checked(person, self.ask.reason or reason),
            failed=self._not_checked,
        )

    def dismiss(self) -> None:
        """Take the notice away."""
        self._show(replace(self._state, notice=None))

    def _checked(self, person: Cashier | None, reason: str) -> None:
        at = self._clock()
        if person is None:
            self._refuse(self._tries.wrong(at))
            return
        self._tries.right()
        try:
            approval = approve(
                self.ask.act,
                self.ask.amount,
                approved_by=person.employee_id,
                role=person.role,
                reason=reason,
                at=at,
            )
        except Refusal as refusal:
            self._refuse(refusal)
            return
        self._show(ApprovalState(approval=approval))

    def _not_checked(self, problem: Exception) -> None:
        if not isinstance(problem, Refusal):
            self._show(ApprovalState())
            raise problem
        self._refuse(problem)

    def _refuse(self, refusal: Refusal) -> None:
        self._show(ApprovalState(notice=notice_of(refusal), wait_until=self._tries.wait_until(self._clock())))

    def _show(self, state: ApprovalState) -> None:
        self._state = state
        for changed in self._listeners:
            changed(state)
