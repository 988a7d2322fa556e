"""Saying yes on the spot: somebody who may types id and PIN for one act, amount and reason (FR-6.2).

An approval is good for the one deed it was asked for; nobody is signed in by it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from retail.access_facts import AccessDeed, AccessOutcome
from retail.approval import Approval, approve
from retail.refusal import Refusal
from retail.staff import PermissionDenied, Role
from terminal.access import AccessBook
from terminal.approval import ApprovalAsk
from terminal.errands import Errands
from terminal.notice import Notice, notice_of
from terminal.pin_tries import PinTries, SignInMustWait
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
        access: AccessBook,
        ask: ApprovalAsk,
        asked_by: Cashier,
        *,
        clock: Callable[[], datetime],
        errands: Errands,
        tries: PinTries,
    ) -> None:
        """`asked_by` is who may not do it alone."""
        self.ask = ask
        self._access = access
        self._asked_by = asked_by
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
        approver = self._people.id_of(employee_id)
        self._show(ApprovalState(busy=True))
        self._errands.run(
            lambda: self._people.check(approver, pin),
            done=lambda person: self._checked(approver, person, self.ask.reason or reason),
            failed=self._not_checked,
        )

    def dismiss(self) -> None:
        """Take the notice away."""
        self._show(replace(self._state, notice=None))

    def _checked(self, employee_id: str, person: Cashier | None, reason: str) -> None:
        try:
            self._show(ApprovalState(approval=self._decided(employee_id, person, reason)))
        except Refusal as refusal:
            self._refuse(refusal)

    def _decided(self, employee_id: str, person: Cashier | None, reason: str) -> Approval:
        """The yes, noted; raises what stands against it, noted too."""
        at = self._clock()
        if person is None:
            refusal = self._tries.wrong(at)
            alarm = isinstance(refusal, SignInMustWait)
            self._note(AccessOutcome.REFUSED, employee_id, None, reason, alarm=alarm)
            raise refusal
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
        except PermissionDenied:
            self._note(AccessOutcome.NOT_PERMITTED, person.employee_id, person.role, reason)
            raise
        self._note(AccessOutcome.ALLOWED, person.employee_id, person.role, approval.reason)
        return approval

    def _note(
        self, outcome: AccessOutcome, actor: str, role: Role | None, reason: str, *, alarm: bool = False
    ) -> None:
        self._access.note(
            AccessDeed.APPROVE,
            outcome,
            actor,
            self._clock(),
            role=role,
            permission=self.ask.act,
            amount=self.ask.amount,
            asked_by=self._asked_by.employee_id,
            reason=reason,
            alarm=alarm,
        )

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
