"""Goods for grown-ups: the first such line of a basket waits until somebody has looked at the papers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from retail.age import AgeCheck, AgeNotConfirmed, born_by
from retail.basket import Basket
from retail.refusal import Refusal
from terminal.checkout.goods import Goods
from terminal.checkout.open_basket import OpenBasket
from terminal.checkout.state import AgeAsked
from terminal.notice import Notice, NoticeKind

TOO_YOUNG = "too-young"


class AgeGate(OpenBasket):
    """Asks once for a basket. Until it is answered the goods are held back and nothing can be paid."""

    _held: tuple[Goods, ...] = ()

    def confirm_age(self) -> None:
        """Somebody has looked: the customer is old enough. What was held back comes into the basket."""
        if self._state.age_asked is None:
            return
        at = self._clock()
        held, self._held = self._held, ()
        age = AgeCheck(self._born_by(), self._cashier.employee_id, at)
        try:
            self._open()
            self._keep(self._state.basket, None, age=age, age_asked=None)
            for goods in held:
                self._add(goods)
        except Refusal as refusal:
            self._refuse(refusal)

    def refuse_age(self) -> None:
        """The customer is too young, or has no papers: the goods stay here, and it is written down."""
        asked = self._state.age_asked
        if asked is None:
            return
        self._held = ()

        def without(basket: Basket) -> Basket:
            return replace(basket, lines=tuple(line for line in basket.lines if not line.age_restricted))

        names = ", ".join(asked.names)
        try:
            self._till.record_age_refused(self._new_id(), self._cashier, names, self._clock())
        except Refusal as refusal:
            self._refuse(refusal)
            return
        self._change(
            without, None, age_asked=None, notice=Notice(TOO_YOUNG, {"names": names}, NoticeKind.HINT)
        )

    def _hold_for_age(self, goods: Goods) -> bool:
        """Hold these goods back when somebody has to look at the customer's papers first."""
        product = goods.ware.product
        if not product.age_restricted or self._state.age is not None or not self._with_promotions:
            return False
        self._open()
        self._held = (*self._held, goods)
        names = tuple(dict.fromkeys(each.ware.product.product_name for each in self._held))
        self._show(
            replace(self._state, age_asked=AgeAsked(self._born_by(), names), notice=None, doubled=None)
        )
        return True

    def _demand_age(self) -> None:
        """Nothing is paid before the question is answered; raises `AgeNotConfirmed`.

        A basket that came from elsewhere may hold such goods already.
        """
        state = self._state
        names = tuple(line.product_name for line in state.basket.lines if line.age_restricted)
        if state.age_asked is None and (not names or state.age is not None or not self._with_promotions):
            return
        last = self._born_by()
        if state.age_asked is None:
            self._show(replace(state, age_asked=AgeAsked(last, names)))
        raise AgeNotConfirmed(born_by=last.isoformat())

    def _born_by(self) -> date:
        rules = self._till.rules()
        return born_by(rules.calendar.local(self._clock()).date(), rules.legal_age)

    def _add(self, goods: Goods) -> None:
        raise NotImplementedError
