"""Giving back what was bought (FR-1.5): a refund by line and quantity, or the void of a whole sale.

The rules are `retail.refund`'s; here they meet this till's journal, its drawer and whoever stands at it. The
ids of the facts are made when the sale is opened, so that a double tap does nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from retail.approval import Approval, ApprovalNeeded
from retail.payment import CASH
from retail.refund import (
    BroughtBack,
    Counter,
    RefundWindowOver,
    Worth,
    left_of,
    refund,
    state_of,
    void,
    worth_of,
)
from retail.refund_facts import RefundRecorded, TransactionVoided
from retail.refund_lines import LeftOfLine, RefundTooMuch
from retail.refusal import Refusal
from retail.sale import SaleState
from retail.staff import Permission
from terminal.approval import ApprovalAsk
from terminal.notice import notice_of
from terminal.returns.port import Till
from terminal.returns.state import BackLine, Permit, ReturnState, given_back, refunded, why
from terminal.till.cashier import Cashier
from terminal.till.known_sale import KnownSale, Returned, Told


class ReturnDesk:
    """What comes back of one sale. A refusal leaves everything as it was and becomes `state.notice`."""

    def __init__(
        self,
        till: Till,
        known: KnownSale,
        told: Told,
        cashier: Cashier,
        *,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
    ) -> None:
        self._till = till
        self._known = known
        self._told = told
        self.cashier = cashier
        self._clock = clock
        self._refund_id = new_id()
        self._void_id = new_id()
        self._back: dict[UUID, int] = {}
        self._spoilt: set[UUID] = set()
        self._as_cash = False
        self._listeners: list[Callable[[ReturnState], None]] = []
        self._state = self._fresh()

    @property
    def state(self) -> ReturnState:
        """What the screen shows."""
        return self._state

    def listen(self, changed: Callable[[ReturnState], None]) -> None:
        """Call `changed` with the state after every deed."""
        self._listeners.append(changed)

    def heard(self, known: KnownSale, told: Told) -> None:
        """The hub has said what other tills gave back, or cannot be asked."""
        if self._state.done is None:
            self._known, self._told = self._known.with_later(known.later), told
            lefts = self._lefts()
            self._back = {line: max(0, min(n, lefts[line].quantity)) for line, n in self._back.items()}
            self._show(self._fresh())

    def set_back(self, line_item_id: UUID, quantity: int) -> None:
        """So many pieces or grams of this line come back."""
        left = self._lefts()[line_item_id].quantity
        if self._state.done is not None:
            return
        if not 0 <= quantity <= left:
            too_much = RefundTooMuch(
                line_item_id=str(line_item_id), quantity=quantity, left_quantity=max(left, 0)
            )
            self._refuse(too_much)
            return
        self._back[line_item_id] = quantity
        self._show(self._fresh())

    def take_all(self) -> None:
        """Everything that is left comes back."""
        if self._state.done is None:
            self._back = {line: max(0, left.quantity) for line, left in self._lefts().items()}
            self._show(self._fresh())

    def set_restock(self, line_item_id: UUID, restock: bool) -> None:
        """Whether the goods of this line go back on the shelf."""
        if self._state.done is None:
            (self._spoilt.discard if restock else self._spoilt.add)(line_item_id)
            self._show(self._fresh())

    def set_as_cash(self, as_cash: bool) -> None:
        """Pay everything out of the drawer, or as much as can be the way it came."""
        if self._state.done is None:
            self._as_cash = as_cash
            self._show(self._fresh())

    def permit_refund(self, reason: str) -> Permit | None:
        """What is missing for the refund of what is chosen; None when it is refused, with a notice."""
        return self._permit(lambda: self._refund(reason, None), reason)

    def permit_void(self, reason: str) -> Permit | None:
        """What is missing for cancelling the whole sale; None when it is refused, with a notice."""
        return self._permit(lambda: self._void(reason, None), reason)

    def give_back(self, reason: str, approval: Approval | None = None) -> None:
        """Record the refund of what is chosen; a second time it is the same one."""
        if self._state.done is not None:
            return
        try:
            fact = self._refund(why(reason, approval), approval)
            recorded = self._record(
                self._refund_id, lambda number: replace(fact, receipt_number=number), fact.refunded_at
            )
        except Refusal as refusal:
            self._refuse(refusal)
            return
        self._finish(recorded)

    def cancel_sale(self, reason: str, approval: Approval | None = None) -> None:
        """Record the void of the whole sale; a second time it is the same one."""
        if self._state.done is not None:
            return
        try:
            fact = self._void(why(reason, approval), approval)
            recorded = self._record(self._void_id, lambda _: fact, fact.voided_at)
        except Refusal as refusal:
            self._refuse(refusal)
            return
        self._finish(recorded)

    def dismiss(self) -> None:
        """Take the notice away."""
        self._show(replace(self._state, notice=None))

    def _refund(self, reason: str, approval: Approval | None) -> RefundRecorded:
        sale, later = self._known.sale, self._later()
        where = self._counter(reason, approval, as_cash=self._as_cash)
        return refund(
            sale, later, self._brought(), where, self._till.rules().refunds, refund_id=self._refund_id
        )

    def _void(self, reason: str, approval: Approval | None) -> TransactionVoided:
        return void(self._known.sale, self._later(), self._counter(reason, approval))

    def _permit(self, deed: Callable[[], object], reason: str) -> Permit | None:
        if self._state.done is not None or self._told is Told.ASKING:
            return None
        subject = self._known.sale.receipt_number
        try:
            deed()
        except ApprovalNeeded as needed:
            act, amount = Permission(needed.detail["permission"]), needed.detail["amount"]
            return Permit(ApprovalAsk(act, amount, subject, " ".join(reason.split())))
        except RefundWindowOver:
            worth = self._state.worth
            amount = worth.paid_out if worth else 0
            return Permit(ApprovalAsk(Permission.LATE_REFUND, amount, subject, " ".join(reason.split())))
        except Refusal as refusal:
            self._refuse(refusal)
            return None
        return Permit()

    def _record(self, event_id: UUID, numbered: Callable[[str], Returned], at: datetime) -> Returned:
        fact, _ = self._till.record_return(
            event_id, numbered, ("transaction", self._known.sale.transaction_id), at
        )
        return fact

    def _finish(self, fact: RefundRecorded | TransactionVoided) -> None:
        notes = self._till.rules().notes
        if isinstance(fact, RefundRecorded):
            done = refunded(fact, notes)
        else:
            number = self._known.sale.receipt_number
            done = given_back(number, fact.amount, fact.tenders, notes, is_void=True)
        self._known = self._known.with_later([fact])
        self._back.clear()
        self._show(replace(self._fresh(), done=done))

    def _counter(self, reason: str, approval: Approval | None, *, as_cash: bool = False) -> Counter:
        at = self._clock()
        return Counter(
            store_id=self._till.store_id,
            terminal_id=self._till.terminal_id,
            employee_id=self.cashier.employee_id,
            role=self.cashier.role,
            business_date=self._till.rules().calendar.business_date(at),
            at=at,
            reason=reason,
            approval=approval,
            as_cash=as_cash,
        )

    def _later(self) -> tuple[RefundRecorded | TransactionVoided, ...]:
        """What came back before, this journal read once more."""
        own = self._till.later_of(self._known.sale.transaction_id)
        self._known = self._known.with_later(own)
        return self._known.later

    def _lefts(self) -> dict[UUID, LeftOfLine]:
        lefts = left_of(self._known.sale, self._known.later)
        return {left.rung.line.line_item_id: left for left in lefts}

    def _brought(self) -> list[BroughtBack]:
        return [
            BroughtBack(line_id, quantity, restock=line_id not in self._spoilt)
            for line_id, quantity in self._back.items()
            if quantity
        ]

    def _worth(self, refundable: bool) -> Worth | None:
        back = self._brought()
        if not back or not refundable:
            return None
        rules = self._till.rules().refunds
        return worth_of(self._known.sale, self._known.later, back, rules, as_cash=self._as_cash)

    def _fresh(self) -> ReturnState:
        """The state of what is chosen now."""
        sale, later = self._known.sale, self._known.later
        sale_state = state_of(sale, later)
        today = self._till.rules().calendar.business_date(self._clock())
        open_still = sale_state is SaleState.PAID
        return ReturnState(
            lines=tuple(self._line(left, open_still) for left in self._lefts().values()),
            sale=sale,
            later=later,
            told=self._told,
            worth=self._worth(open_still),
            as_cash=self._as_cash,
            can_choose_cash=open_still and any(each.payment_method != CASH for each in sale.tenders),
            can_void=open_still and not later and sale.business_date == today,
        )

    def _line(self, left: LeftOfLine, open_still: bool) -> BackLine:
        line = left.rung.line
        return BackLine(
            line_item_id=line.line_item_id,
            product_name=line.product_name,
            unit=line.unit,
            sold=line.quantity,
            left=max(0, left.quantity) if open_still else 0,
            back=self._back.get(line.line_item_id, 0),
            amount=left.rung.line_total,
            restock=line.line_item_id not in self._spoilt,
        )

    def _refuse(self, refusal: Refusal) -> None:
        self._show(replace(self._state, notice=notice_of(refusal)))

    def _show(self, state: ReturnState) -> None:
        self._state = state
        for changed in self._listeners:
            changed(state)
