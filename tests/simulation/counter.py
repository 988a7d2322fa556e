"""What happens at a till's counter beside sales: goods that come back, and shifts.

The rules are retail's, the journal is production's; who stands there is made up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from retail.access_facts import AccessDecided, AccessDeed, AccessOutcome
from retail.facts import CashMoved, Fact, SaleRecorded, ShiftClosed, ShiftOpened
from retail.refund import BroughtBack, Counter, RefundRules, left_of, refund, void
from retail.refusal import Refusal
from retail.shift import Handover, close_shift, figures_of, move_cash, open_shift
from retail.shift_facts import CashMove
from retail.staff import Role
from terminal.till.disk import TillDiskFull
from tests.simulation.truth import readable

if TYPE_CHECKING:
    from tests.simulation.till import TillBox

MANAGER = "MANAGER_001"
NOTE = 1_000
"""Drawers are counted in this note; what it does not divide is short."""


def bring_back(till: TillBox, size: int) -> None:
    """A customer brings a part of an earlier purchase back."""
    sale = _some_sale(till, size)
    if sale is None:
        return
    later = till.world.truth.later(till.name, sale.transaction_id)
    left = [line for line in left_of(sale, later) if line.quantity]
    if not left:
        return
    line = left[size % len(left)]
    goods = BroughtBack(line.rung.line.line_item_id, 1 + size % line.quantity, restock=size % 3 > 0)
    at = till.clock()
    refund_id = till.new_id()

    def numbered(sequence: int) -> Any:
        counter = _counter(till, at, sequence, as_cash=size % 2 == 0)
        return refund(sale, later, [goods], counter, RefundRules(), refund_id=refund_id)

    _recorded(till, numbered, ("transaction", sale.transaction_id), at)


def cancel(till: TillBox, size: int) -> None:
    """A whole sale is voided on the day it was made."""
    sale = _some_sale(till, size)
    if sale is None:
        return
    later = till.world.truth.later(till.name, sale.transaction_id)
    at = till.clock()
    _recorded(
        till,
        lambda sequence: void(sale, later, _counter(till, at, sequence)),
        ("transaction", sale.transaction_id),
        at,
    )


def turn_shift(till: TillBox, size: int) -> None:
    """Open a shift, move cash in the open one, or count the drawer and close it."""
    facts = _shift_so_far(till)
    if till.kept is not None and facts != _of_open_shift(
        fact for _, fact in till.world.truth.facts_of(till.name)
    ):
        # On an old disk the shift may be of yesterday: who counts it again leaves that to a person.
        return
    opened = next((fact for fact in facts if isinstance(fact, ShiftOpened)), None)
    at = till.clock()
    calendar = till.till.rules().calendar
    day = calendar.business_date(at)
    if opened is None:
        fact: Any = open_shift(
            ShiftOpened(
                till.new_id(), till.hub.store_id, till.terminal_id, MANAGER, at, day, NOTE * (size % 500)
            ),
            None,
        )
    elif size % 3:
        kind = tuple(CashMove)[size % len(CashMove)]
        amount = NOTE * (1 + size % 90)
        moved = CashMoved(
            till.new_id(), opened.shift_id, till.hub.store_id, till.terminal_id, kind, amount, "cash",
            at, MANAGER, day,
        )  # fmt: skip
        fact = move_cash(moved, Role.MANAGER)
    else:
        handover = Handover(MANAGER, Role.MANAGER, at, day, reason="counted")
        held = max(0, figures_of(facts).expected_amount // NOTE)
        fact = close_shift(facts, {NOTE: held}, handover, denominations=(NOTE,), difference_limit=NOTE)
    shift_id = fact.shift_id
    _recorded(till, lambda _sequence: fact, ("shift", shift_id), at)


def sign_in(till: TillBox, size: int) -> None:
    """Somebody types a PIN at the till, mostly a right one."""
    outcome = AccessOutcome.ALLOWED if size % 4 else AccessOutcome.REFUSED
    decision = AccessDecided(
        decision_id=till.new_id(),
        store_id=till.hub.store_id,
        terminal_id=till.terminal_id,
        actor=MANAGER,
        deed=AccessDeed.SIGN_IN,
        outcome=outcome,
        decided_at=till.clock(),
        role=Role.MANAGER,
    )
    _patiently(till, lambda: till.till.record_access(decision))


def _counter(till: TillBox, at: datetime, sequence: int, as_cash: bool = False) -> Counter:
    return Counter(
        store_id=till.hub.store_id,
        terminal_id=till.terminal_id,
        employee_id=MANAGER,
        role=Role.MANAGER,
        business_date=till.till.rules().calendar.business_date(at),
        at=at,
        reason="brought back",
        as_cash=as_cash,
        receipt_number=f"{till.terminal_id}-{sequence:06d}",
    )


def _some_sale(till: TillBox, size: int) -> SaleRecorded | None:
    """A sale that is in the till's journal."""
    sales = till.world.truth.sales(till.name)
    here = [sale for sequence, sale in sales.items() if till.holds(sequence)]
    return here[size % len(here)] if here else None


def _shift_so_far(till: TillBox) -> list[Any]:
    """The facts of the open shift, its opening first, as the journal has them; none when none is open."""
    assert till.journal is not None
    return _of_open_shift(
        fact for envelope in till.journal.facts_from(1) if (fact := readable(envelope)) is not None
    )


def _of_open_shift(made: Iterable[Fact]) -> list[Any]:
    facts: list[Any] = []
    for fact in made:
        if isinstance(fact, ShiftOpened):
            facts = [fact]
        elif isinstance(fact, ShiftClosed):
            facts = []
        elif facts:
            facts.append(fact)
    return facts


def _recorded(till: TillBox, numbered: Callable[[int], Any], about: tuple[str, UUID], at: datetime) -> None:
    _patiently(till, lambda: till.till.record_fact(till.new_id(), numbered, about, at))


def _patiently(till: TillBox, deed: Callable[[], object]) -> None:
    """What the shop or a full disk refuses does not happen."""
    try:
        deed()
    except TillDiskFull:
        till.world.strike("disk full", till.name)
    except Refusal as refusal:
        till.world.note(f"{till.name}: {refusal.code}")
