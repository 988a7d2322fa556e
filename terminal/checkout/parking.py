"""Parking a basket and going on with it later, here or at another till.

A parked basket is in one place only. It is this till's alone until it is sent to the hub; from then on it
is the hub's, which gives it to one till, and this till too has to ask. So nothing is sold twice, whoever
is cut off. A till that cannot ask may open a copy, as a sale of its own, when a person says that the
goods are here; the hub then drops the original as soon as it hears of it.

A basket for which money was taken or asked for stays at the till that took it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from courier.outage import Outage
from retail.age import AgeNotConfirmed
from retail.basket import BasketEmpty
from retail.refusal import Refusal
from terminal.checkout.mirror import Mirror
from terminal.checkout.open_basket import OpenBasket, draft_of
from terminal.notice import Notice, NoticeKind, notice_of
from terminal.till.basket_copy import BasketNotParked
from terminal.till.draft import Draft, read_back_body
from terminal.till.parking_slip import AtHub, ParkingSlip

PARKED = "basket-parked"
RECALLED = "basket-recalled"
HUB_HAS_IT = "parked-basket-at-hub"
TAKEN_ELSEWHERE = "parked-basket-taken"


class BasketInTheWay(Refusal):
    """There is a basket at the counter already; finish or park it first."""

    code = "basket-in-the-way"


class Parking(OpenBasket):
    """Parks the open basket and brings parked ones back."""

    _mirror: Mirror

    def park(self, label: str = "") -> None:
        """Put the basket aside under this label; the counter is free for the next customer."""
        state = self._state
        try:
            self._open()
            if state.age_asked is not None:
                raise AgeNotConfirmed(born_by=state.age_asked.born_by.isoformat())
            if not state.basket.lines:
                raise BasketEmpty
            at = self._clock()
            slip = ParkingSlip(label, at, self._cashier.name, state.totals.total_amount)
            draft = replace(draft_of(state), slip=slip)
            self._till.park(draft, at)
            fresh = self._fresh()
        except Refusal as refusal:
            self._refuse(refusal)
            return
        self._begin_anew()
        detail = {"label": label, "total": slip.total_amount}
        self._show(replace(fresh, notice=Notice(PARKED, detail, NoticeKind.DONE)))
        self._mirror.park(draft, state.totals.lines)

    def recall(self, sale_id: UUID) -> None:
        """Go on with a parked basket; what the hub has is asked of it, and comes a moment later."""
        try:
            self._open()
            if self._state.basket.lines:
                raise BasketInTheWay
            here = self._till.parked_draft(sale_id)
            if here is not None and here.slip is not None and here.slip.at_hub is AtHub.NO:
                self._take_up(sale_id, here)
                return
        except Refusal as refusal:
            self._refuse(refusal)
            return
        if here is not None and here.slip is not None and here.slip.at_hub is AtHub.MAYBE:
            self._mirror.park(here, ())
        self._take(sale_id)

    def recall_copy(self, sale_id: UUID) -> None:
        """Go on with this till's copy of a basket that the hub has and cannot be asked for: as a sale of
        its own, because a person says that customer and goods are here."""
        try:
            self._open()
            if self._state.basket.lines:
                raise BasketInTheWay
            here = self._till.parked_draft(sale_id)
            if here is None:
                raise BasketNotParked(sale_id=str(sale_id))
            self._take_up(sale_id, replace(here, sale_id=self._new_id()))
        except Refusal as refusal:
            self._refuse(refusal)
            return
        self._mirror.gone(sale_id)

    def drop_parked(self, sale_id: UUID) -> None:
        """Give a basket up that is parked at this till; the hub hears of it when it can."""
        try:
            dropped = self._till.parked_draft(sale_id)
            self._till.drop_parked(sale_id)
        except Refusal as refusal:
            self._refuse(refusal)
            return
        self._mirror.gone(sale_id)
        if dropped is not None:
            self._given_up(dropped)

    def parked_here(self) -> list[Draft]:
        """The baskets parked at this till, the oldest first; raises the disk's refusals."""
        return self._till.parked_drafts()

    def ask_parked(
        self,
        answered: Callable[[list[dict[str, Any]]], None],
        failed: Callable[[Exception], None],
        asker: str = "list",
    ) -> None:
        """Ask the hub what is parked in the whole store; what it has given away is no longer parked here, and
        what it has forgotten with its disk is told once more."""

        def heard(listed: list[dict[str, Any]]) -> None:
            known = {str(row.get("sale_id")) for row in listed}
            for draft in self._till.parked_drafts():
                if draft.slip is None or draft.slip.at_hub is not AtHub.YES:
                    continue
                if self._mirror.forgotten(draft):
                    self._mirror.park(draft, ())
                elif str(draft.sale_id) not in known:
                    self._till.drop_parked(draft.sale_id)
            answered(listed)

        self._mirror.ask_parked(heard, failed, asker)

    def hub_is_back(self) -> None:
        """Tell the hub what it has missed: parked baskets that it has not got, the basket at the counter. It
        may be another hub, which knows of neither."""
        state = self._state
        if state.basket.lines and not state.paying:
            self._mirror.show(draft_of(state), state.totals.lines)
        self._mirror.wake()
        try:
            slips = [draft.slip for draft in self._till.parked_drafts()]
        except Refusal:
            return  # as above
        if any(slip is not None and slip.at_hub is AtHub.YES for slip in slips):
            self.ask_parked(lambda _: None, _not_heard, "memory")

    def _take(self, sale_id: UUID) -> None:
        self._mirror.take(
            sale_id,
            self._cashier.employee_id,
            taken=lambda body: self._taken(sale_id, body),
            failed=lambda problem: self._not_taken(sale_id, problem),
        )

    def _take_up(self, sale_id: UUID, draft: Draft) -> None:
        empty = draft_of(self._state)
        self._till.take_up(sale_id, draft, self._clock())
        self._given_up(empty)
        self._begin_anew()
        state = self._from_journal()
        notice = Notice(RECALLED, {"total": state.totals.total_amount}, NoticeKind.DONE)
        lines = state.basket.lines
        last = lines[-1].line_item_id if lines else None
        self._show(replace(state, notice=notice, selected=last))
        if not state.paying:
            self._mirror.show(draft_of(state), state.totals.lines)

    def _taken(self, sale_id: UUID, body: dict[str, Any]) -> None:
        """The hub has given it to this till; nobody else gets it any more."""
        try:
            draft = replace(read_back_body(body), sale_id=sale_id)
        except (KeyError, TypeError, ValueError, ArithmeticError) as broken:
            self._not_taken(sale_id, Outage("not-understood", repr(broken)))
            return
        try:
            if self._state.basket.lines or self._state.paying:
                # The next customer was quicker than the network.
                self._put_aside(draft)
            else:
                self._take_up(sale_id, draft)
        except Refusal as refusal:
            self._refuse(refusal)

    def _put_aside(self, draft: Draft) -> None:
        slip = draft.slip or ParkingSlip("", self._clock(), self._cashier.name, 0)
        aside = replace(draft, slip=replace(slip, at_hub=AtHub.NO))
        self._till.put_aside(aside, self._clock())
        self._refuse(BasketInTheWay())
        self._mirror.park(aside, ())

    def _not_taken(self, sale_id: UUID, problem: Exception) -> None:
        if isinstance(problem, Outage):
            try:
                here = self._till.parked_draft(sale_id)
                if here is not None:
                    # It may have been given to this till, and only the answer was lost: then nobody lists it
                    # any more, and this copy is how it is found again.
                    self._till.mark_parked(sale_id, AtHub.MAYBE, self._clock())
            except Refusal as refusal:
                self._refuse(refusal)
                return
            if here is None:
                self._show(replace(self._state, notice=notice_of(problem)))
            else:
                notice = Notice(HUB_HAS_IT, {"sale_id": str(sale_id)}, NoticeKind.OUTAGE)
                self._show(replace(self._state, notice=notice))
            return
        if not isinstance(problem, Refusal):
            raise problem
        try:
            here = self._till.parked_draft(sale_id)
            if here is not None and self._mirror.forgotten(here):
                # Told once more, and asked for again when it has it.
                self._mirror.park(here, ())
                self._take(sale_id)
                return
            self._till.drop_parked(sale_id)
        except Refusal as refusal:
            self._refuse(refusal)
            return
        self._show(replace(self._state, notice=Notice(TAKEN_ELSEWHERE)))

    def _begin_anew(self) -> None:
        """Forget what belonged to the basket that was at the counter."""


def _not_heard(problem: Exception) -> None:
    """It is asked again when the hub is back once more."""
    if not isinstance(problem, Outage | Refusal):
        raise problem
