"""The list of parked baskets: this till's at once, the store's as soon as the hub has answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from courier.outage import Outage
from retail.refusal import Refusal
from terminal.checkout.desk import CheckoutDesk
from terminal.notice import Notice, notice_of
from terminal.till.draft import Draft


@dataclass(frozen=True, slots=True)
class ParkedRow:
    """A parked basket. `terminal_id` is the till it was parked at, empty for this one; `paying`: money is
    under way for it. Amounts in minor units."""

    sale_id: UUID
    label: str
    total_amount: int
    line_count: int
    parked_at: datetime
    parked_by: str
    terminal_id: str = ""
    paying: bool = False


@dataclass(frozen=True, slots=True)
class ParkedState:
    """`asking`: the hub has not answered yet. `hub_away`: it could not be asked."""

    rows: tuple[ParkedRow, ...] = ()
    asking: bool = False
    hub_away: bool = False
    notice: Notice | None = None


class ParkedDesk:
    """Shows what is parked; going on with it is the checkout desk's deed."""

    def __init__(self, checkout: CheckoutDesk) -> None:
        """With this till's own baskets; `ask` brings the others."""
        self.checkout = checkout
        self._listeners: list[Callable[[ParkedState], None]] = []
        try:
            self._state = ParkedState(self._here())
        except Refusal as refusal:
            self._state = ParkedState(notice=notice_of(refusal))

    @property
    def state(self) -> ParkedState:
        """What the screen shows."""
        return self._state

    def listen(self, changed: Callable[[ParkedState], None]) -> None:
        """Call `changed` with the state after every deed."""
        self._listeners.append(changed)

    def ask(self) -> None:
        """Ask the hub what is parked at other tills."""
        if self._state.asking:
            return
        self._show(replace(self._state, asking=True))
        self.checkout.ask_parked(self._answered, self._not_answered)

    def dismiss(self) -> None:
        """Take the notice away."""
        self._show(replace(self._state, notice=None))

    def _here(self) -> tuple[ParkedRow, ...]:
        return tuple(_own(draft) for draft in self.checkout.parked_here())

    def _answered(self, listed: list[dict[str, Any]]) -> None:
        here = self._here()
        known = {row.sale_id for row in here}
        try:
            others = tuple(row for row in map(_listed, listed) if row.sale_id not in known)
        except (KeyError, TypeError, ValueError):
            others = ()
        self._show(ParkedState(tuple(sorted((*here, *others), key=lambda row: row.parked_at))))

    def _not_answered(self, problem: Exception) -> None:
        if not isinstance(problem, Refusal | Outage):
            raise problem
        self._show(ParkedState(self._here(), hub_away=True))

    def _show(self, state: ParkedState) -> None:
        self._state = state
        for changed in self._listeners:
            changed(state)


def _own(draft: Draft) -> ParkedRow:
    slip = draft.slip
    assert slip is not None, "what is parked has a slip"
    return ParkedRow(
        draft.sale_id,
        slip.label,
        slip.total_amount,
        len(draft.basket.lines),
        slip.parked_at,
        slip.parked_by,
        paying=draft.paying,
    )


def _listed(row: dict[str, Any]) -> ParkedRow:
    return ParkedRow(
        UUID(row["sale_id"]),
        row["label"],
        int(row["total_amount"]),
        int(row["line_count"]),
        datetime.fromisoformat(row["updated_at"]),
        row["cashier_id"],
        row["terminal_id"],
    )
