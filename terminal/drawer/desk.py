"""A cashier's shift at the drawer: float, cash in and out, X, blind count and Z (FR-6.1, FR-7.1).

The drawer has one shift at a time and the shift belongs to one cashier. Another cashier cannot sell on it;
somebody who may close shifts of others can relieve, which sells on in the open shift under their own name.
Everything is decided on the till's own facts, so that nothing here waits for a hub.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from courier.outage import Outage, Rejected
from retail.access_facts import AccessDeed, AccessOutcome
from retail.approval import Approval, ReasonNeeded, authorise, reason_given
from retail.cash import cash_total, counted_cash
from retail.facts import Fact
from retail.money import AMOUNT_LIMIT
from retail.refusal import Refusal
from retail.shift import (
    DrawerDiffers,
    Handover,
    ShiftNotOpen,
    close_shift,
    figures_by_day,
    figures_of,
    move_cash,
    open_shift,
)
from retail.shift_facts import CashMove, CashMoved, ShiftClosed, ShiftOpened
from retail.staff import Permission, Role, demand, may
from terminal.access import AccessBook
from terminal.drawer.port import EndedShift, Hub, Till
from terminal.drawer.state import Report, ShiftState
from terminal.errands import Errands
from terminal.notice import notice_of
from terminal.till.cashier import Cashier

COUNT = "count"
"""The reason noted when the drawer opens to be counted."""

ASKING, ASKED, COMES, AWAY, REFUSED = "asking", "asked", "comes", "away", "refused"
"""What became of a report's paper: the hub is asked, prints it, prints it when it hears of the closing, is
away, or has no printer or not heard of the shift yet."""


class SaleUnderWay(Refusal):
    """A sale of this drawer is paid in part: finish it before the drawer is counted."""

    code = "sale-under-way"


class LateMoneyWaits(Refusal):
    """QR payments came that belong to no sale (`count`): settle them, or close the shift with a word."""

    code = "late-money-waits"


class ShiftDesk:
    """The drawer of the till, for whoever is signed in."""

    def __init__(
        self,
        till: Till,
        cashier: Cashier,
        access: AccessBook,
        hub: Hub,
        *,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
        errands: Errands,
    ) -> None:
        """Stands where the till's journal says."""
        self.cashier = cashier
        self._hub = hub
        self._errands = errands
        self._till = till
        self._access = access
        self._clock = clock
        self._new_id = new_id
        self._closing_id = new_id()
        self._movement_id = new_id()
        self._relief: Approval | None = None
        self._listeners: list[Callable[[ShiftState], None]] = []
        self._state = self._standing()

    @property
    def state(self) -> ShiftState:
        """What the screen shows."""
        return self._state

    @property
    def notes(self) -> tuple[int, ...]:
        """Notes and coins to count by, the largest first; a currency without a list is counted in units."""
        return self._till.rules().notes or (1,)

    def listen(self, changed: Callable[[ShiftState], None]) -> None:
        """Call `changed` with the state after every deed."""
        self._listeners.append(changed)

    def refresh(self) -> None:
        """Look again: settings or the shift may have changed."""
        self._show(self._standing())

    def facts(self) -> tuple[Fact, ...]:
        """Everything that happened on this till since the open shift began."""
        return self._till.drawer.shift_facts()

    def dismiss(self) -> None:
        """Take the notice away."""
        self._show(replace(self._state, notice=None))

    def open(self, count: Mapping[int, int]) -> None:
        """Open a shift with this float; a second tap does nothing."""
        if self._state.mine:
            return
        try:
            demand(self.cashier.role, Permission.COUNT_DRAWER)
            at, rules = self._clock(), self._till.rules()
            counted = counted_cash(count, self.notes)
            opened = ShiftOpened(
                shift_id=self._new_id(),
                store_id=self._till.store_id,
                terminal_id=self._till.terminal_id,
                cashier_id=self.cashier.employee_id,
                opened_at=at,
                business_date=rules.calendar.business_date(at),
                float_amount=cash_total(counted),
                currency=rules.currency,
                counted=counted,
            )
            self._till.drawer.begin_shift(
                self._new_id(), open_shift(opened, self._till.drawer.open_shift()), at
            )
        except Refusal as refusal:
            self._refuse(refusal)
            return
        self._closing_id = self._new_id()
        self._show(self._standing())

    def begin_move(self) -> None:
        """A cash movement is about to be typed; whatever is recorded until the next call is one movement."""
        self._movement_id = self._new_id()
        self._show(self._standing())

    def move(self, kind: CashMove, amount: int, reason: str, approval: Approval | None = None) -> None:
        """Note cash that goes in or out of the drawer, which opens for it."""
        try:
            at, shift = self._clock(), self._till.drawer.open_shift()
            if shift is None:
                raise ShiftNotOpen
            moved = CashMoved(
                movement_id=self._movement_id,
                shift_id=shift.shift_id,
                store_id=shift.store_id,
                terminal_id=shift.terminal_id,
                kind=kind,
                amount=amount,
                reason=reason,
                moved_at=at,
                moved_by=self.cashier.employee_id,
                business_date=self._till.rules().calendar.business_date(at),
                approval=approval,
            )
            checked = move_cash(moved, self.cashier.role)
            recorded = self._till.drawer.move_cash(self._movement_id, checked, at)
        except Refusal as refusal:
            self._refuse(refusal)
            return
        self._show(replace(self._standing(), moved=recorded))

    def open_drawer(self, reason: str, approval: Approval | None = None) -> bool:
        """Open the drawer without a sale; whether it was allowed. The hub opens it when it hears of it."""
        try:
            authorise(self.cashier.role, Permission.OPEN_DRAWER, 0, approval)
            self._note_opening(Permission.OPEN_DRAWER, reason_given(reason, Permission.OPEN_DRAWER), approval)
        except Refusal as refusal:
            self._refuse(refusal)
            return False
        self._show(self._standing())
        return True

    def begin_count(self) -> None:
        """The drawer opens to be counted, and the hub is asked for money that came late."""
        try:
            demand(self.cashier.role, Permission.COUNT_DRAWER)
            self._note_opening(Permission.COUNT_DRAWER, COUNT, None)
        except Refusal as refusal:
            self._refuse(refusal)
            return
        self._show(self._standing())
        self._errands.run(self._hub.orphan_money, done=self._told_late_money, failed=self._not_told)

    def look(self) -> None:
        """Show an X report as of now."""
        try:
            shift = self._till.drawer.open_shift()
            if shift is None:
                raise ShiftNotOpen
            facts = self._till.drawer.shift_facts()
        except Refusal as refusal:
            self._refuse(refusal)
            return
        blind = not may(self.cashier.role, Permission.VIEW_REPORTS)
        days = tuple(figures_by_day(facts).items())
        report = Report(shift, figures_of(facts), days, self._clock(), blind=blind)
        self._show(replace(self._standing(), report=report))

    def print_report(self) -> None:
        """Ask the hub for the report on show on paper; without a hub it is on the screen alone."""
        report = self._state.report
        if report is None or self._state.paper == ASKING:
            return
        kind = "Z" if report.closed is not None else "X"
        self._show(replace(self._state, paper=ASKING))
        self._errands.run(
            lambda: self._hub.print_report(report.shift.shift_id, kind, blind=report.blind),
            done=lambda _: self._printed(report, ASKED),
            failed=lambda problem: self._not_printed(report, problem),
        )

    def look_back(self) -> None:
        """Show the Z of the shift that was closed last."""
        try:
            ended = self._till.drawer.last_closed()
            if ended is None:
                raise ShiftNotOpen
        except Refusal as refusal:
            self._refuse(refusal)
            return
        self._show(replace(self._standing(), report=_z_of(ended)))

    def relieve(self, approval: Approval | None) -> None:
        """A yes to closing the open shift of somebody else; whoever gave it closes it (None: whoever may)."""
        self._relief = approval
        self._show(self._standing())

    @property
    def accepts_differences(self) -> bool:
        """Whether a difference takes a reason alone and nobody else's yes."""
        return self._relief is not None or may(self.cashier.role, Permission.ACCEPT_DIFFERENCE)

    def close(self, count: Mapping[int, int], reason: str = "", approval: Approval | None = None) -> None:
        """Close the shift with a blind count; a second tap does nothing.

        A difference beyond the chain's limit asks for another count, or a reason and somebody who may
        accept it.
        """
        if self._state.report is not None and self._state.report.closed is not None:
            return
        at = self._clock()
        try:
            shift = self._till.drawer.open_shift()
            if shift is None:
                raise ShiftNotOpen
            self._demand_no_sale()
            if self._state.late_money and not reason.strip():
                raise LateMoneyWaits(count=self._state.late_money)
            handover = self._handover(shift, at, reason, approval or self._relief)
            ended = self._till.drawer.end_shift(
                self._closing_id, shift.shift_id, lambda facts: self._closing(facts, count, handover), at
            )
        except (DrawerDiffers, ReasonNeeded) as differs:
            self._show(replace(self._state, differs=True, notice=notice_of(differs)))
            return
        except Refusal as refusal:
            self._refuse(refusal)
            return
        self._relief = None
        self._show(replace(self._standing(), report=_z_of(ended), paper=COMES))

    def _closing(self, facts: Sequence[Fact], count: Mapping[int, int], handover: Handover) -> ShiftClosed:
        closed = close_shift(
            facts,
            count,
            handover,
            denominations=self.notes,
            difference_limit=self._till.rules().drawer_difference_limit,
        )
        # The yes was given blind; it is for the difference that there was, and for nothing without one.
        given = closed.approval
        difference = abs(closed.over_short)
        return replace(closed, approval=replace(given, amount=difference) if given and difference else None)

    def _handover(self, shift: ShiftOpened, at: datetime, reason: str, approval: Approval | None) -> Handover:
        day = self._till.rules().calendar.business_date(at)
        mine = shift.cashier_id == self.cashier.employee_id
        if approval is not None and approval.act is Permission.CLOSE_SHIFT_OF_OTHERS and not mine:
            # Whoever may close shifts of others may accept differences too.
            return Handover(approval.approved_by, Role.MANAGER, at, day, reason or approval.reason)
        demand(self.cashier.role, Permission.COUNT_DRAWER)
        blank = replace(approval, amount=AMOUNT_LIMIT) if approval is not None else None
        return Handover(self.cashier.employee_id, self.cashier.role, at, day, reason, blank)

    def _printed(self, report: Report, paper: str) -> None:
        if self._state.report is report:
            self._show(replace(self._state, paper=paper))

    def _not_printed(self, report: Report, problem: Exception) -> None:
        if isinstance(problem, Rejected):
            self._printed(report, REFUSED)
        elif isinstance(problem, Outage):
            # A Z comes out by itself when the hub hears of it; an X has to be asked for again.
            self._printed(report, COMES if report.closed is not None else AWAY)
        else:
            raise problem

    def _told_late_money(self, rows: Sequence[object]) -> None:
        if self._state.report is None:
            self._show(replace(self._state, late_money=len(rows)))

    def _not_told(self, problem: Exception) -> None:
        """A hub that does not answer keeps nobody from going home; its list waits for the next shift."""
        if not isinstance(problem, Outage | Rejected):
            raise problem

    def _demand_no_sale(self) -> None:
        draft = self._till.open_draft()
        if draft is not None and draft.paying:
            raise SaleUnderWay

    def _note_opening(self, permission: Permission, reason: str, approval: Approval | None) -> None:
        self._access.note(
            AccessDeed.OPEN_DRAWER,
            AccessOutcome.ALLOWED,
            approval.approved_by if approval else self.cashier.employee_id,
            self._clock(),
            role=None if approval else self.cashier.role,
            permission=permission,
            asked_by=self.cashier.employee_id if approval else None,
            reason=reason,
        )

    def _standing(self) -> ShiftState:
        shift = self._till.drawer.open_shift()
        mine = shift is not None and shift.cashier_id == self.cashier.employee_id
        relieves = shift is not None and may(self.cashier.role, Permission.CLOSE_SHIFT_OF_OTHERS)
        may_sell = mine or relieves or not self._till.rules().shift_required
        return ShiftState(shift, mine, may_sell)

    def _refuse(self, refusal: Refusal) -> None:
        self._show(replace(self._state, notice=notice_of(refusal)))

    def _show(self, state: ShiftState) -> None:
        self._state = state
        for changed in self._listeners:
            changed(state)


def _z_of(ended: EndedShift) -> Report:
    facts = ended.facts
    days = tuple(figures_by_day(facts).items())
    return Report(
        ended.opened, figures_of(facts), days, ended.closed.closed_at, closed=ended.closed, line=ended.line
    )
