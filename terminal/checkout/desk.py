"""Ringing up a basket (FR-1.1, FR-1.2) on the till's own data; what stands in it is in the journal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from retail import barcode as barcodes
from retail.basket import Basket, BasketEmpty, Line, Totals, checked_line, line_for, ring_up
from retail.quantity import Unit
from retail.refusal import Refusal
from retail.staff import Permission, demand
from terminal.notice import Notice, notice_of
from terminal.till.cashier import Cashier
from terminal.till.draft import Draft
from terminal.till.rules import ChainRules
from terminal.till.wares import ProductHit, Ware


class WeightNeeded(Refusal):
    """The product is sold by weight; add it with its grams (`sku_id`, `product_name`)."""

    code = "weight-needed"


class PaymentBegun(Refusal):
    """Money was taken or asked for; finish or take back the payment before changing the basket."""

    code = "payment-begun"


class Till(Protocol):
    """What the desk needs of the till's own data. Every method may refuse with a `Refusal`."""

    def rules(self) -> ChainRules:
        """The chain's settings as they are now."""

    def ware_by_barcode(self, scan: barcodes.Scan, at: datetime) -> Ware:
        """The product of a barcode; raises `ProductNotFound`, `ProductNotForSale`, `NoPrice`."""

    def ware_by_sku(self, sku_id: str, at: datetime) -> Ware:
        """The product with this SKU; raises `ProductNotFound`, `ProductNotForSale`, `NoPrice`."""

    def search(self, text: str, at: datetime) -> list[ProductHit]:
        """Products by words, with and without diacritics."""

    def groups(self) -> list[str]:
        """The categories of the catalogue."""

    def shelf(self, group: str, at: datetime) -> list[ProductHit]:
        """The products of a category."""

    def open_draft(self) -> Draft | None:
        """The basket that is open in the journal."""

    def keep_draft(self, draft: Draft, at: datetime) -> None:
        """Put the basket into the journal; durable when it returns."""

    def drop_draft(self) -> None:
        """Take the basket out of the journal."""


@dataclass(frozen=True, slots=True)
class DoubledScan:
    """A scan the guard held back: the same barcode again within `double_scan_seconds`."""

    barcode: str
    product_name: str
    unit_price: int
    quantity: int


@dataclass(frozen=True, slots=True)
class CheckoutState:
    """What the screen shows. `last_line_item_id`: the line the last deed touched. `paying`: the basket
    is closed because its payment has begun (also after a restart)."""

    sale_id: UUID
    basket: Basket
    totals: Totals
    selected: UUID | None = None
    notice: Notice | None = None
    doubled: DoubledScan | None = None
    last_line_item_id: UUID | None = None
    paying: bool = False


@dataclass(frozen=True, slots=True)
class WantedLine:
    """A line that is known before it is scanned (a replay): `unit_price` None is the price book's.

    `quantity` in scans of this barcode or grams, money in minor units.
    """

    barcode: str
    quantity: int
    unit_price: int | None = None
    line_discount: int = 0
    override_reason: str = ""


class CheckoutDesk:
    """The open basket and everything a cashier does to it before it is paid.

    Every deed that changes the basket is in the journal before the state shows it. A refusal leaves
    the basket as it was and becomes `state.notice`.
    """

    def __init__(
        self,
        till: Till,
        cashier: Cashier,
        *,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
    ) -> None:
        self._till = till
        self._cashier = cashier
        self._clock = clock
        self._new_id = new_id
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
        """One scan: adds the barcode's pieces, unless it comes twice within the guard's seconds."""
        at = self._clock()
        try:
            scan = barcodes.read(text)
            ware = self._till.ware_by_barcode(scan, at)
            window = timedelta(seconds=self._till.rules().double_scan_seconds)
            key = scan.gtin14 or scan.text
            before = self._scanned_at.get(key)
            if before is not None and timedelta(0) <= at - before < window:
                self._hold_back(ware)
                return
            self._add(ware, _pieces(ware))
            self._scanned_at[key] = at
        except Refusal as refusal:
            self._refuse(refusal)

    def add_doubled(self) -> None:
        """The customer does have two: add the scan the guard held back."""
        doubled = self._state.doubled
        if doubled is None:
            return
        try:
            ware = self._till.ware_by_barcode(barcodes.read(doubled.barcode), self._clock())
            self._add(ware, _pieces(ware))
        except Refusal as refusal:
            self._refuse(refusal)

    def add_product(self, sku_id: str, quantity: int | None = None) -> None:
        """Add so many pieces or grams of a product that was searched or tapped; without a quantity one
        piece, and weighed goods ask for their grams (`WeightNeeded`)."""
        try:
            ware = self._till.ware_by_sku(sku_id, self._clock())
            self._add(ware, _pieces(ware) if quantity is None else quantity)
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
        """The draft to pay for, for a `PaymentDesk`; None with a notice when there is nothing in it."""
        if not self._state.basket.lines:
            self._refuse(BasketEmpty())
            return None
        draft = self._till.open_draft()
        assert draft is not None, "a basket with lines is in the journal"
        return draft

    def refresh(self) -> None:
        """After a payment: the next customer's empty basket, or the same one when it was taken back."""
        self._scanned_at.clear()
        self._show(self._from_journal())

    def _wanted_line(self, wanted: WantedLine, at: datetime) -> Line:
        ware = self._till.ware_by_barcode(barcodes.read(wanted.barcode), at)
        line = self._line(ware, wanted.quantity * ware.pack_size)
        unit_price = line.unit_price if wanted.unit_price is None else wanted.unit_price
        if unit_price == line.unit_price and not wanted.line_discount:
            return line
        demand(self._cashier.role, Permission.PRICE_OVERRIDE)
        return _overridden(line, unit_price, wanted.line_discount, wanted.override_reason)

    def _add(self, ware: Ware, quantity: int) -> None:
        self._open()
        basket = self._state.basket
        twin = _twin(basket.lines, ware)
        if twin is None:
            line = self._line(ware, quantity)
            self._keep(basket.with_line(line), line.line_item_id)
        else:
            self._keep(basket.with_quantity(twin.line_item_id, twin.quantity + quantity), twin.line_item_id)

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

    def _keep(self, basket: Basket, touched: UUID | None) -> None:
        """The journal first, then the state."""
        totals = ring_up(basket)
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
                last_line_item_id=touched,
            )
        )

    def _hold_back(self, ware: Ware) -> None:
        doubled = DoubledScan(ware.barcode, ware.product.product_name, ware.price.amount, _pieces(ware))
        self._show(replace(self._state, doubled=doubled, notice=None))

    def _refuse(self, refusal: Refusal) -> None:
        self._show(replace(self._state, notice=notice_of(refusal), doubled=None))

    def _from_journal(self) -> CheckoutState:
        draft = self._till.open_draft()
        if draft is None:
            return self._fresh()
        return CheckoutState(draft.sale_id, draft.basket, ring_up(draft.basket), paying=draft.paying)

    def _fresh(self) -> CheckoutState:
        rules = self._till.rules()
        basket = Basket(prices_include_tax=rules.prices_include_tax, currency=rules.currency)
        return CheckoutState(self._new_id(), basket, ring_up(basket))

    def _show(self, state: CheckoutState) -> None:
        self._state = state
        for changed in self._listeners:
            changed(state)


def _pieces(ware: Ware) -> int:
    """What one scan means; raises `WeightNeeded` for weighed goods, whose barcode says no weight."""
    if ware.product.unit is Unit.GRAM:
        raise WeightNeeded(sku_id=ware.product.sku_id, product_name=ware.product.product_name)
    return ware.pack_size


def _twin(lines: Iterable[Line], ware: Ware) -> Line | None:
    """The line that one more of this ware belongs to: same product, same price and tax, nothing by hand."""
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
