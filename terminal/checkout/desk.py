"""Ringing up a basket (FR-1.1, FR-1.2) on the till's own data; what stands in it is in the journal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from retail import barcode as barcodes
from retail.basket import Basket, BasketEmpty, Line, line_for
from retail.hand_discount import repriced
from retail.label import NotGoods, at_label_price
from retail.quantity import Unit
from retail.refusal import Refusal
from retail.staff import Permission, demand
from terminal.checkout.age import AgeGate
from terminal.checkout.by_hand import PricesByHand
from terminal.checkout.customer import CustomerServed, VoucherClaims, with_card
from terminal.checkout.goods import Goods, goods_of, one_of
from terminal.checkout.mirror import Mirror
from terminal.checkout.open_basket import draft_of
from terminal.checkout.parking import Parking
from terminal.checkout.port import Hub, Till
from terminal.checkout.price_check import PriceTag, price_tag
from terminal.checkout.state import DoubledScan, WantedLine
from terminal.checkout.stock_watch import StockWatch
from terminal.errands import Errands
from terminal.notice import Notice, NoticeKind
from terminal.till.cashier import Cashier
from terminal.till.customer import NOBODY
from terminal.till.draft import Draft
from terminal.till.wares import ProductHit, Ware

PAST_BEST_BEFORE = "past-best-before"


class CheckoutDesk(CustomerServed, PricesByHand, AgeGate, Parking, StockWatch):
    """The open basket and everything a cashier does to it before it is paid.

    Every deed that changes the basket is in the journal before the state shows it. A refusal leaves
    the basket as it was and becomes `state.notice`. The totals are those of the moment: promotions that
    begin or end, by the clock or by news, count from the next deed or `keep_up` on.
    """

    def __init__(
        self,
        till: Till,
        hub: Hub,
        cashier: Cashier,
        *,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
        errands: Errands,
        with_promotions: bool = True,
        mirrored: bool = False,
    ) -> None:
        """See `OpenBasket`; `errands` carry the questions to the hub, `mirrored` tells it of the basket."""
        super().__init__(till, cashier, clock=clock, new_id=new_id, with_promotions=with_promotions)
        self._hub = hub
        self._mirror = Mirror(
            hub if mirrored else None, till, errands, clock, cashier.employee_id, self._stock_told
        )
        self._claims = VoucherClaims(hub, errands, self._voucher_refused)
        self._scanned_at: dict[str, datetime] = {}

    def hub_is_back(self) -> None:
        """As `Parking.hub_is_back`; and ask it once more to keep this sale's vouchers."""
        super().hub_is_back()
        if not self._state.paying:
            self._claims.follow(self._state.sale_id, NOBODY, self._state.customer)

    def scan(self, text: str) -> None:
        """One scan: adds what the code says, unless it comes twice within the guard's seconds.

        A member's card makes the sale the member's, a voucher counts from here on.
        """
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
        except NotGoods as other:
            self._serve(partial(with_card, self._till, other, at))
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

    def set_quantity(self, line_item_id: UUID, quantity: int) -> None:
        """Set a line's pieces or grams; more of goods at a price made by hand needs a yes of its own."""

        def changed(basket: Basket) -> Basket:
            after = basket.with_quantity(line_item_id, quantity)
            self._demand_as_allowed(basket.line(line_item_id), after.line(line_item_id))
            return after

        self._change(changed, line_item_id)

    def remove(self, line_item_id: UUID) -> None:
        """Take a line out; scanning it again at once is no double scan."""
        self._scanned_at.clear()
        self._change(lambda basket: basket.without_line(line_item_id), None)

    def clear(self) -> None:
        """Give the basket up and begin a new one."""
        try:
            self._open()
            self._till.drop_draft()
            given_up = self._state
            self._begin_anew()
            self._show(self._fresh())
            self._mirror.gone(given_up.sale_id)
            self._given_up(draft_of(given_up))
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

    def check_price(self, text: str) -> PriceTag:
        """What this code means here and now, without selling it; only reads, so any thread may ask."""
        return price_tag(self._till, text, self._clock(), self._state.customer)

    def available(self, sku_id: str) -> int:
        """How many the store has that stand in nobody's basket; asks the hub, so it may raise `Outage`."""
        return self._hub.available(sku_id)

    def to_pay(self) -> Draft | None:
        """The draft to pay for, for a `PaymentDesk`; None with a notice when there is nothing in it.

        From here on the bill stands: its promotions are those of this moment, and money that is taken or
        asked for keeps them with the basket.
        """
        try:
            self._demand_age()
            self._demand_stock()
            if not self._state.basket.lines:
                raise BasketEmpty
            bill = self._bill()
        except Refusal as refusal:
            self._refuse(refusal)
            return None
        self._billed = True
        return bill

    def refresh(self) -> None:
        """After a payment: the next customer's empty basket, or the same one when it was taken back."""
        self._begin_anew()
        self._mirror.sold(self._state.sale_id)
        self._show(self._from_journal())

    def _begin_anew(self) -> None:
        self._scanned_at.clear()
        self._held = ()
        self._available = {}
        self._billed = False

    def _wanted_line(self, wanted: WantedLine, at: datetime) -> Line:
        ware = self._till.ware_by_barcode(barcodes.read(wanted.barcode), at)
        line = self._line(ware, wanted.quantity * ware.pack_size)
        unit_price = line.unit_price if wanted.unit_price is None else wanted.unit_price
        if unit_price == line.unit_price and not wanted.line_discount:
            return line
        demand(self._cashier.role, Permission.PRICE_OVERRIDE)
        return repriced(line, unit_price, wanted.line_discount, wanted.override_reason, None)

    def _add(self, goods: Goods) -> None:
        self._open()
        if self._hold_for_age(goods):
            return
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

    def _hold_back(self, text: str, goods: Goods) -> None:
        ware = goods.ware
        doubled = DoubledScan(text, ware.product.product_name, ware.price.amount, goods.quantity)
        self._show(replace(self._state, doubled=doubled, notice=None))


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
