"""What the shift's desk needs of the till."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from retail.completeness import CompletenessLine
from retail.facts import Fact
from retail.shift_facts import CashMoved, ShiftClosed, ShiftOpened
from terminal.till.draft import Draft
from terminal.till.orphan_money import OrphanMoney
from terminal.till.rules import ChainRules


class EndedShift(Protocol):
    """A shift that is over."""

    @property
    def opened(self) -> ShiftOpened:
        """Its beginning."""

    @property
    def facts(self) -> tuple[Fact, ...]:
        """Everything that happened, in order."""

    @property
    def closed(self) -> ShiftClosed:
        """Its end."""

    @property
    def line(self) -> CompletenessLine:
        """What proves it."""


class Drawer(Protocol):
    """See `terminal.till.drawer.Drawer`."""

    def shift_facts(self) -> tuple[Fact, ...]:
        """Everything since the open shift began; nothing without one."""

    def open_shift(self) -> ShiftOpened | None:
        """The open shift."""

    def last_closed(self) -> EndedShift | None:
        """The newest shift when it is closed."""

    def begin_shift(self, event_id: UUID, opened: ShiftOpened, at: datetime) -> ShiftOpened:
        """Open a shift."""

    def move_cash(self, event_id: UUID, moved: CashMoved, at: datetime) -> CashMoved:
        """Note cash that went in or out."""

    def end_shift(
        self, event_id: UUID, shift_id: UUID, closing: Callable[[Sequence[Fact]], ShiftClosed], at: datetime
    ) -> EndedShift:
        """Close the shift."""


class Hub(Protocol):
    """The printer hangs on the hub, and it knows what money came late; called off the desk's thread, raises
    `Outage` or `Rejected`."""

    def orphan_money(self) -> list[OrphanMoney]:
        """Money that came and belongs to no sale."""

    def print_report(self, shift_id: UUID, kind: str, *, blind: bool) -> None:
        """Print the X or Z (`kind`) of a shift."""


class Till(Protocol):
    """The till's own data."""

    @property
    def store_id(self) -> str:
        """Whose till it is."""

    @property
    def terminal_id(self) -> str:
        """Which of them."""

    @property
    def drawer(self) -> Drawer:
        """Its drawer."""

    def rules(self) -> ChainRules:
        """The chain's settings as they are now."""

    def open_draft(self) -> Draft | None:
        """The basket that is open."""
