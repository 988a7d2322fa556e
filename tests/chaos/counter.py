"""The rest of a cashier's day: a drawer with shifts, sales that come back and sales that are cancelled.

A manager stands beside and says yes to everything that needs it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from retail.approval import REASON_LIMIT, Approval
from retail.money import AMOUNT_LIMIT
from retail.shift import figures_of
from retail.shift_facts import CashMove
from retail.staff import Permission
from terminal.approval import ApprovalAsk
from terminal.bootstrap import RunningTill
from terminal.notice import Notice
from terminal.returns.desk import ReturnDesk
from terminal.till.cashier import Cashier
from terminal.till.known_sale import Told
from tests.chaos.deeds import CLOSED, MOVED, OPENED, REFUND, VOID, Deed
from tests.chaos.witness import Witness

FLOAT_NOTES = 20
REMEMBERED = 20
REASON = "chaos"


class Counter:
    """What a cashier does at a till between two customers; every deed is written down once it is done."""

    def __init__(
        self,
        till: RunningTill,
        cashier: Cashier,
        manager_id: str,
        witness: Witness,
        dice: random.Random,
        clock: Callable[[], datetime],
    ) -> None:
        self._till = till
        self._cashier = cashier
        self._manager_id = manager_id
        self._witness = witness
        self._dice = dice
        self._clock = clock
        self._origin = f"{till.store_id}/{till.terminal_id}"
        self._drawer = till.desks.shift(cashier)
        self._sold: list[UUID] = []

    def sold(self, sale_id: str) -> None:
        """A sale that may come back."""
        self._sold = [*self._sold, UUID(sale_id)][-REMEMBERED:]

    def carry_on(self) -> None:
        """Now and then something else than a sale."""
        if self._drawer.state.shift is None:
            self._open()
            return
        chance = self._dice.random()
        if chance < 0.14:
            self._take_back()
        elif chance < 0.20:
            self._cancel()
        elif chance < 0.26:
            self._move_cash()
        elif chance < 0.30:
            self._close()

    def _open(self) -> None:
        self._drawer.open({self._drawer.notes[-1]: FLOAT_NOTES})
        shift = self._drawer.state.shift
        if not self._refused(self._drawer.state.notice) and shift is not None:
            self._shown(OPENED, str(shift.shift_id), shift.float_amount)

    def _move_cash(self) -> None:
        kind = self._dice.choice((CashMove.PAY_IN, CashMove.PAY_OUT))
        amount = 1_000 * self._dice.randint(1, 50)
        self._drawer.begin_move()
        approval = self._yes(ApprovalAsk(Permission.MOVE_CASH, amount, self._origin, REASON))
        self._drawer.move(kind, amount, REASON, approval)
        moved = self._drawer.state.moved
        if not self._refused(self._drawer.state.notice) and moved is not None:
            self._shown(MOVED, str(moved.movement_id), moved.amount)

    def _close(self) -> None:
        shift = self._drawer.state.shift
        assert shift is not None, "only an open shift is closed"
        count = self._counted()
        self._drawer.begin_count()
        # Late QR money that is left for somebody else to settle needs a word, once it is known of.
        self._drawer.close(count, REASON if self._drawer.state.late_money else "")
        if self._drawer.state.differs:
            self._drawer.dismiss()
            ask = ApprovalAsk(Permission.ACCEPT_DIFFERENCE, AMOUNT_LIMIT, self._origin, REASON)
            self._drawer.close(count, REASON, self._yes(ask))
        report = self._drawer.state.report
        if not self._refused(self._drawer.state.notice) and report is not None and report.closed is not None:
            self._shown(CLOSED, str(shift.shift_id), report.closed.counted_amount)

    def _counted(self) -> Mapping[int, int]:
        """What lies in the drawer, sometimes a note more."""
        cash = figures_of(self._till.till.drawer.shift_facts()).expected_amount
        count: dict[int, int] = {}
        for note in self._drawer.notes:
            count[note], cash = divmod(max(0, cash), note)
        if self._dice.random() < 0.3:
            count[self._drawer.notes[0]] = count.get(self._drawer.notes[0], 0) + 1
        return count

    def _take_back(self) -> None:
        desk = self._desk()
        lines = [line for line in desk.state.lines if line.left] if desk is not None else []
        if desk is None or not lines:
            return
        line = self._dice.choice(lines)
        desk.set_back(line.line_item_id, self._dice.randint(1, line.left))
        desk.set_restock(line.line_item_id, self._dice.random() < 0.7)
        desk.set_as_cash(self._dice.random() < 0.5)
        permit = desk.permit_refund(REASON)
        if permit is not None:
            desk.give_back(REASON, self._yes(permit.ask))
        done = desk.state.done
        if not self._refused(desk.state.notice) and done is not None:
            self._shown(REFUND, done.number, done.amount)

    def _cancel(self) -> None:
        desk = self._desk()
        if desk is None or not desk.state.can_void:
            return
        permit = desk.permit_void(REASON)
        if permit is not None:
            desk.cancel_sale(REASON, self._yes(permit.ask))
        sale, done = desk.state.sale, desk.state.done
        if not self._refused(desk.state.notice) and done is not None and sale is not None:
            self._shown(VOID, str(sale.transaction_id), done.amount)

    def _desk(self) -> ReturnDesk | None:
        """The desk for one of the last sales, from this till's own journal."""
        if not self._sold:
            return None
        known = self._till.till.past_sale(self._dice.choice(self._sold))
        if known is None:
            return None
        return ReturnDesk(self._till.till, known, Told.AWAY, self._cashier, clock=self._clock, new_id=uuid7)

    def _yes(self, ask: ApprovalAsk | None) -> Approval | None:
        if ask is None:
            return None
        return Approval(self._manager_id, ask.act, ask.amount, ask.reason[:REASON_LIMIT], self._clock())

    def _shown(self, kind: str, key: str, amount: int) -> None:
        self._witness.say("deed", deed=Deed(kind, self._origin, key, amount).to_body())

    def _refused(self, notice: Notice | None) -> bool:
        if notice is not None:
            self._witness.say("refused", code=notice.code)
            self._drawer.dismiss()
        return notice is not None
