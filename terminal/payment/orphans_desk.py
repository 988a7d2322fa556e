"""Money that came late: finish the basket that waits for it, or give it back and say so."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from uuid import UUID

from courier.outage import Outage
from retail.approval import Approval, authorise, reason_given
from retail.refusal import Refusal
from retail.staff import Permission, may
from terminal.errands import Errands
from terminal.notice import Notice, notice_of
from terminal.payment.port import HubOrphans
from terminal.till.cashier import Cashier
from terminal.till.orphan_money import OrphanMoney


@dataclass(frozen=True, slots=True)
class OrphanState:
    """`busy`: the hub is being asked. `known` is false until it has answered."""

    rows: tuple[OrphanMoney, ...] = ()
    busy: bool = False
    known: bool = False
    notice: Notice | None = None


class OrphansDesk:
    """Shows what the hub lists. Giving money back needs somebody who may refund."""

    def __init__(
        self, hub: HubOrphans, cashier: Cashier, errands: Errands, parked: Collection[UUID] = ()
    ) -> None:
        """Nothing is known before `ask`; `parked` are the baskets that wait at this till."""
        self.cashier = cashier
        self.parked = frozenset(parked)
        self._hub = hub
        self._errands = errands
        self._state = OrphanState()
        self._listeners: list[Callable[[OrphanState], None]] = []

    @property
    def state(self) -> OrphanState:
        """What the screen shows."""
        return self._state

    def listen(self, changed: Callable[[OrphanState], None]) -> None:
        """Call `changed` with the state after every deed."""
        self._listeners.append(changed)

    def ask(self) -> None:
        """Ask the hub what there is."""
        if not self._state.busy:
            self._show(replace(self._state, busy=True))
            self._errands.run(self._hub.orphan_money, done=self._answered, failed=self._failed)

    def settle(self, payment_id: UUID, word: str, approval: Approval | None = None) -> None:
        """The money went back to the customer; a word about how goes with it."""
        row = next((row for row in self._state.rows if row.payment_id == payment_id), None)
        if row is None or self._state.busy:
            return
        act, role, me = Permission.REFUND, self.cashier.role, self.cashier.employee_id
        try:
            authorise(role, act, row.amount, approval)
            said = reason_given(word or (approval.reason if approval else ""), act)
        except Refusal as refusal:
            self._show(replace(self._state, notice=notice_of(refusal)))
            return
        by = None if may(role, act) or approval is None else approval.approved_by
        self._show(replace(self._state, busy=True, notice=None))

        def job() -> list[OrphanMoney]:
            self._hub.settle_orphan(payment_id, settled_by=me, approved_by=by, word=said)
            return self._hub.orphan_money()

        self._errands.run(job, done=self._answered, failed=self._failed)

    def dismiss(self) -> None:
        """Take the notice away."""
        self._show(replace(self._state, notice=None))

    def _answered(self, rows: Collection[OrphanMoney]) -> None:
        self._show(OrphanState(tuple(rows), known=True))

    def _failed(self, problem: Exception) -> None:
        if not isinstance(problem, Refusal | Outage):
            raise problem
        self._show(replace(self._state, busy=False, notice=notice_of(problem)))

    def _show(self, state: OrphanState) -> None:
        self._state = state
        for changed in self._listeners:
            changed(state)
