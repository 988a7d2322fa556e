"""Ringing up a basket (FR-1.1, FR-1.2) on the till's own data; what stands in it is in the journal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from retail import barcode as barcodes
from retail.basket import Basket, BasketEmpty, Line, Totals, checked_line, line_for, ring_up
from retail.label import at_label_price
from retail.promotion_book import PromotionsOn
from retail.quantity import Unit
from retail.refusal import Refusal
from retail.staff import Permission, demand
from terminal.checkout.goods import Goods, goods_of, one_of
from terminal.checkout.hint import Hint, closest
from terminal.checkout.port import Till
from terminal.checkout.state import CheckoutState, DoubledScan, WantedLine
from terminal.notice import Notice, NoticeKind, notice_of
from terminal.till.cashier import Cashier
from terminal.till.draft import Draft
from terminal.till.wares import ProductHit, Ware

PAST_BEST_BEFORE = "past-best-before"


class PaymentBegun(Refusal):
    """Money was taken or asked for; finish or take back the payment before changing the basket."""

    code = "payment-begun"


class CheckoutDesk:
    """The open basket and everything a cashier does to it before it is paid.

    Every deed that changes the basket is in the journal before the state shows it. A refusal leaves
    the basket as it was and becomes `state.notice`. The totals are those of the moment: promotions that
    begin or end, by the clock or by news, count from the next deed or `keep_up` on.
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
        self._scanned_at: dict[str, datetime] = {}
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

    def scan(self, text: str) -> None:
        """One scan: adds what the code says, unless it comes twice within the guard's seconds."""
        at = self._clock()
        try:
            goods = goods_of(self._till, text, at)
            window = timedelta(seconds=self._till.rules().double_scan_seconds)
            before = self._scanned_at.get(goods.key)
            if before is not None and timedelta(0) <= at - before < window:
                self._hold_back(text, goods)
                return
            self._add(goods)
            self._scanned_at[goods.key] = at
        except Refusal as refusal:
            self._refuse(refusal)

    def add_doubled(self) -> None:
        """The customer does have two: add the scan the guard held back."""
        doubled = self._state.doubled
        if doubled is None:
            return
        try:
            self._add(goods_of(self._till, doubled.barcode, self._clock()))
        except Refusal as refusal:
            self._refuse(refusal)

    def add_product(self, sku_id: str, quantity: int | None = None) -> None:
        """Add so many pieces or grams of a product that was searched or tapped; without a quantity one
        piece, and weighed goods ask for their grams (`WeightNeeded`)."""
        try:
            ware = self._till.ware_by_sku(sku_id, self._clock())
            self._add(one_of(ware) if quantity is None else Goods(ware, quantity))
        except Refusal as refusal:
            self._refuse(refusal)

    def add_lines(self, wanted: Sequence[WantedLine]) -> list[tuple[int, Refusal]]:
        """Ring up many lines as one deed, each a line of its own; returns what was refused, by place."""
        refused: list[tuple[int, Refusal]] = []
        basket = self._state.basket
        at = self._clock()
        try:
            self._open()
            for place, line in enumerate(wanted):
                try:
                    basket = basket.with_line(self._wanted_line(line, at))
                except Refusal as refusal:
                    refused.append((place, refusal))
            if len(refused) < len(wanted):
                self._keep(basket, basket.lines[-1].line_item_id)
        except Refusal as refusal:
            self._refuse(refusal)
            return [(place, refusal) for place in range(len(wanted))]
        return refused

    def select(self, line_item_id: UUID | None) -> None:
        """Point at a line, or at none."""
        self._show(replace(self._state, selected=line_item_id, notice=None))

    def set_quantity(self, line_item_id: UUID, quantity: int) -> None:
        """Set a line's pieces or grams."""
        self._change(lambda basket: basket.with_quantity(line_item_id, quantity), line_item_id)

    def override(self, line_item_id: UUID, unit_price: int, line_discount: int, reason: str) -> None:
        """Sell a line at another price or with a discount by hand (minor units); needs the permission."""

        def overridden(basket: Basket) -> Basket:
            demand(self._cashier.role, Permission.PRICE_OVERRIDE)
            old = basket.line(line_item_id)
            new = _overridden(old, unit_price, line_discount, reason)
            return replace(basket, lines=tuple(new if line is old else line for line in basket.lines))

        self._change(overridden, line_item_id)

    def remove(self, line_item_id: UUID) -> None:
        """Take a line out; scanning it again at once is no double scan."""
        self._scanned_at.clear()
        self._change(lambda basket: basket.without_line(line_item_id), None)

    def clear(self) -> None:
        """Give the basket up and begin a new one."""
        try:
            self._open()
            self._till.drop_draft()
            self._scanned_at.clear()
            self._show(self._fresh())
        except Refusal as refusal:
            self._refuse(refusal)

    def search(self, text: str) -> list[ProductHit]:
        """Products by words or the beginning of words, with and without diacritics."""
        return self._till.search(text, self._clock())

    def groups(self) -> list[str]:
        """The categories, for quick keys."""
        return self._till.groups()

    def shelf(self, group: str) -> list[ProductHit]:
        """The products of a category, for quick keys."""
        return self._till.shelf(group, self._clock())

    def dismiss(self) -> None:
        """Take notice and doubled scan away."""
        self._show(replace(self._state, notice=None, doubled=None))

    def to_pay(self) -> Draft | None:
        """The draft to pay for, for a `PaymentDesk`; None with a notice when there is nothing in it.

        From here on the bill stands: its promotions are those of this moment, and money that is taken or
        asked for keeps them with the basket.
        """
        if not self._state.basket.lines:
            self._refuse(BasketEmpty())
            return None
        try:
            return self._bill()
        except Refusal as refusal:
            self._refuse(refusal)
            return None

    def refresh(self) -> None:
        """After a payment: the next customer's empty basket, or the same one when it was taken back."""
        self._scanned_at.clear()
        self._show(self._from_journal())

    def keep_up(self) -> None:
        """Show the totals anew when promotions have begun or ended since; called once a second."""
        if not self._outdated(self._state):
            return
        try:
            totals = self._rung(self._state.basket)
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
            missed = self._till.near_misses(state.totals, state.basket.currency, self._clock())
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
        totals = self._rung(draft.basket, at)
        if totals != self._state.totals:
            self._show(replace(self._state, totals=totals))
        return replace(draft, savings=tuple(rung.promotions for rung in totals.lines), rung_up_at=at)

    def _wanted_line(self, wanted: WantedLine, at: datetime) -> Line:
        ware = self._till.ware_by_barcode(barcodes.read(wanted.barcode), at)
        line = self._line(ware, wanted.quantity * ware.pack_size)
        unit_price = line.unit_price if wanted.unit_price is None else wanted.unit_price
        if unit_price == line.unit_price and not wanted.line_discount:
            return line
        demand(self._cashier.role, Permission.PRICE_OVERRIDE)
        return _overridden(line, unit_price, wanted.line_discount, wanted.override_reason)

    def _add(self, goods: Goods) -> None:
        self._open()
        basket = self._state.basket
        twin = None if goods.label_price else _twin(basket.lines, goods.ware)
        told = None
        if goods.best_before is not None:
            detail = {
                "product_name": goods.ware.product.product_name,
                "best_before": goods.best_before.isoformat(),
            }
            told = Notice(PAST_BEST_BEFORE, detail, NoticeKind.HINT)
        if twin is None:
            line = at_label_price(self._line(goods.ware, goods.quantity), goods.label_price)
            self._keep(basket.with_line(line), line.line_item_id, told)
        else:
            more = basket.with_quantity(twin.line_item_id, twin.quantity + goods.quantity)
            self._keep(more, twin.line_item_id, told)

    def _line(self, ware: Ware, quantity: int) -> Line:
        return line_for(
            ware.product,
            ware.price,
            ware.tax_rate,
            line_item_id=self._new_id(),
            barcode=ware.barcode,
            quantity=quantity,
        )

    def _change(self, deed: Callable[[Basket], Basket], touched: UUID | None) -> None:
        try:
            self._open()
            self._keep(deed(self._state.basket), touched)
        except Refusal as refusal:
            self._refuse(refusal)

    def _open(self) -> None:
        if self._state.paying:
            raise PaymentBegun

    def _keep(self, basket: Basket, touched: UUID | None, notice: Notice | None = None) -> None:
        """The journal first, then the state."""
        totals = self._rung(basket)
        self._till.keep_draft(Draft(self._state.sale_id, basket), self._clock())
        selected = self._state.selected
        if touched is None and selected not in {line.line_item_id for line in basket.lines}:
            selected = None
        self._show(
            CheckoutState(
                sale_id=self._state.sale_id,
                basket=basket,
                totals=totals,
                selected=touched or selected,
                notice=notice,
                last_line_item_id=touched,
            )
        )

    def _rung(self, basket: Basket, at: datetime | None = None) -> Totals:
        """What the basket comes to, now or at this moment."""
        if not self._with_promotions:
            return ring_up(basket)
        at = at or self._clock()
        self._rung_with = self._till.promotions_on(at)
        return self._till.ring_up(basket, at)

    def _outdated(self, state: CheckoutState) -> bool:
        """Whether other promotions are on than those an open basket was rung up with."""
        if not self._with_promotions or state.paying or not state.basket.lines:
            return False
        try:
            return self._till.promotions_on(self._clock()) is not self._rung_with
        except Refusal:
            return False  # a till that cannot read goes on with what it knows; the next deed says so

    def _hold_back(self, text: str, goods: Goods) -> None:
        ware = goods.ware
        doubled = DoubledScan(text, ware.product.product_name, ware.price.amount, goods.quantity)
        self._show(replace(self._state, doubled=doubled, notice=None))

    def _refuse(self, refusal: Refusal) -> None:
        self._show(replace(self._state, notice=notice_of(refusal), doubled=None))

    def _from_journal(self) -> CheckoutState:
        draft = self._till.open_draft()
        if draft is None:
            return self._fresh()
        totals = draft.totals if draft.paying else self._rung(draft.basket)
        return CheckoutState(draft.sale_id, draft.basket, totals, paying=draft.paying)

    def _fresh(self) -> CheckoutState:
        rules = self._till.rules()
        basket = Basket(prices_include_tax=rules.prices_include_tax, currency=rules.currency)
        return CheckoutState(self._new_id(), basket, ring_up(basket))

    def _show(self, state: CheckoutState) -> None:
        if self._outdated(state):
            state = replace(state, totals=self._rung(state.basket))
        self._state = state
        for changed in self._listeners:
            changed(state)


def _twin(lines: Iterable[Line], ware: Ware) -> Line | None:
    """The line that one more of this ware belongs to: same product, same price and tax, nothing by hand.

    Each weighing is a line of its own, so that a bag put back takes back its own weight.
    """
    if ware.product.unit is Unit.GRAM:
        return None
    for line in lines:
        if (
            line.sku_id == ware.product.sku_id
            and line.unit_price == line.list_price == ware.price.amount
            and line.tax_rate == ware.tax_rate
            and line.override_reason is None
        ):
            return line
    return None


def _overridden(line: Line, unit_price: int, line_discount: int, reason: str) -> Line:
    return checked_line(
        replace(line, unit_price=unit_price, line_discount=line_discount, override_reason=reason)
    )
