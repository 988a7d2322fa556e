"""The open basket at the counter: what is in the journal, what it comes to, and who hears of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from retail.basket import Basket, Totals, ring_up
from retail.promotion_book import PromotionsOn
from retail.refusal import Refusal
from terminal.checkout.hint import Hint, closest
from terminal.checkout.port import Till
from terminal.checkout.state import CheckoutState
from terminal.notice import Notice, notice_of
from terminal.till.cashier import Cashier
from terminal.till.customer import Customer
from terminal.till.draft import Draft


class PaymentBegun(Refusal):
    """Money was taken or asked for; finish or take back the payment before changing the basket."""

    code = "payment-begun"


class OpenBasket:
    """The basket a desk works on: every deed on it is in the journal before the state shows it.

    A refusal leaves the basket as it was and becomes `state.notice`. The totals are those of the moment:
    promotions that begin or end, by the clock or by news, count from the next deed or `keep_up` on.
    """

    def __init__(
        self,
        till: Till,
        cashier: Cashier,
        *,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
        with_promotions: bool = True,
    ) -> None:
        """`with_promotions` is false for replays, whose baskets say themselves what was taken off."""
        self._till = till
        self._cashier = cashier
        self._clock = clock
        self._new_id = new_id
        self._with_promotions = with_promotions
        self._rung_with: PromotionsOn | None = None
        self._listeners: list[Callable[[CheckoutState], None]] = []
        self._state = self._from_journal()

    @property
    def state(self) -> CheckoutState:
        """What the screen shows."""
        return self._state

    @property
    def cashier(self) -> Cashier:
        """Who rings up."""
        return self._cashier

    def listen(self, changed: Callable[[CheckoutState], None]) -> None:
        """Call `changed` with the state after every deed."""
        self._listeners.append(changed)

    def select(self, line_item_id: UUID | None) -> None:
        """Point at a line, or at none."""
        self._show(replace(self._state, selected=line_item_id, notice=None))

    def dismiss(self) -> None:
        """Take notice and doubled scan away."""
        self._show(replace(self._state, notice=None, doubled=None))

    def keep_up(self) -> None:
        """Show the totals anew when promotions have begun or ended since; called once a second."""
        if not self._outdated(self._state):
            return
        try:
            totals = self._rung(self._state.basket, self._state.customer)
        except Refusal as refusal:
            self._refuse(refusal)
            return
        if totals != self._state.totals:
            self._show(replace(self._state, totals=totals))

    def hint(self, state: CheckoutState) -> Hint | None:
        """The promotion that this basket is closest to; only reads, so any thread may ask."""
        if not self._with_promotions or state.paying:
            return None
        try:
            currency = state.basket.currency
            missed = self._till.near_misses(state.totals, currency, self._clock(), state.customer)
        except Refusal:
            return None  # a till that cannot read has more urgent things to say
        return closest(state.totals, missed)

    def _bill(self) -> Draft:
        """The open draft with its savings, those of this moment unless its payment has begun before."""
        draft = self._till.open_draft()
        assert draft is not None, "a basket with lines is in the journal"
        if draft.paying or not self._with_promotions:
            return draft
        at = self._clock()
        totals = self._rung(draft.basket, draft.customer, at)
        if totals != self._state.totals:
            self._show(replace(self._state, totals=totals))
        return replace(draft, savings=tuple(rung.promotions for rung in totals.lines), rung_up_at=at)

    def _change(self, deed: Callable[[Basket], Basket], touched: UUID | None, **more: Any) -> None:
        """Do this to the basket; `more` are other members of the state that change with it."""
        try:
            self._open()
            self._keep(deed(self._state.basket), touched, **more)
        except Refusal as refusal:
            self._refuse(refusal)

    def _open(self) -> None:
        if self._state.paying:
            raise PaymentBegun

    def _keep(self, basket: Basket, touched: UUID | None, notice: Notice | None = None, **more: Any) -> None:
        """The journal first, then the state."""
        totals = self._rung(basket, more.get("customer", self._state.customer))
        selected = self._state.selected
        if touched is None and selected not in {line.line_item_id for line in basket.lines}:
            selected = None
        state = replace(
            self._state,
            basket=basket,
            totals=totals,
            selected=touched or selected,
            notice=notice,
            doubled=None,
            last_line_item_id=touched,
            **more,
        )
        self._till.keep_draft(draft_of(state), self._clock())
        self._show(state)

    def _rung(self, basket: Basket, customer: Customer, at: datetime | None = None) -> Totals:
        """What the basket comes to for this customer, now or at this moment."""
        if not self._with_promotions:
            return ring_up(basket)
        at = at or self._clock()
        self._rung_with = self._till.promotions_on(at, customer)
        return self._till.ring_up(basket, at, customer)

    def _outdated(self, state: CheckoutState) -> bool:
        """Whether other promotions are on than those an open basket was rung up with."""
        if not self._with_promotions or state.paying or not state.basket.lines:
            return False
        try:
            return self._till.promotions_on(self._clock(), state.customer) is not self._rung_with
        except Refusal:
            return False  # a till that cannot read goes on with what it knows; the next deed says so

    def _given_up(self, draft: Draft) -> None:
        """This basket will not be sold; a desk that keeps something for it lets go of it here."""

    def _refuse(self, refusal: Refusal) -> None:
        self._show(replace(self._state, notice=notice_of(refusal), doubled=None))

    def _from_journal(self) -> CheckoutState:
        draft = self._till.open_draft()
        if draft is None:
            return self._fresh()
        totals = draft.totals if draft.paying else self._rung(draft.basket, draft.customer)
        return CheckoutState(
            draft.sale_id,
            draft.basket,
            totals,
            paying=draft.paying,
            age=draft.age,
            customer=draft.customer,
        )

    def _fresh(self) -> CheckoutState:
        rules = self._till.rules()
        basket = Basket(prices_include_tax=rules.prices_include_tax, currency=rules.currency)
        return CheckoutState(self._new_id(), basket, ring_up(basket))

    def _show(self, state: CheckoutState) -> None:
        if self._outdated(state):
            state = replace(state, totals=self._rung(state.basket, state.customer))
        self._state = state
        for changed in self._listeners:
            changed(state)


def draft_of(state: CheckoutState) -> Draft:
    """The basket on show as the journal keeps it."""
    return Draft(state.sale_id, state.basket, age=state.age, customer=state.customer)
