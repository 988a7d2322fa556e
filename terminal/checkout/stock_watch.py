"""More in the basket than there is: said while the hub can be asked, never guessed without it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from retail.basket import Basket
from retail.stock import NotEnoughStock, stock_of, stocked
from terminal.checkout.mirror import Mirror
from terminal.checkout.open_basket import OpenBasket, draft_of
from terminal.notice import Notice, NoticeKind
from terminal.till.rules import StockCheck

STOCK_SHORT = "stock-short"


class StockWatch(OpenBasket):
    """Tells the hub what stands in the basket, and notes what it says about the stock."""

    _mirror: Mirror
    _available: Mapping[str, int] = {}

    def _keep(self, basket: Basket, touched: UUID | None, notice: Notice | None = None, **more: Any) -> None:
        short = short_of(basket, self._available)
        super()._keep(basket, touched, notice or self._said_of(basket, short), short=short, **more)
        state = self._state
        self._mirror.show(draft_of(state), state.totals.lines)

    def _stock_told(self, sale_id: UUID, available: Mapping[str, int]) -> None:
        """The hub has said how many there are of what stands in this basket."""
        state = self._state
        if sale_id != state.sale_id or state.paying or self._till.rules().stock_check is StockCheck.OFF:
            return
        self._available = dict(available)
        short = short_of(state.basket, self._available)
        if short == state.short:
            return
        notice = state.notice or self._said_of(state.basket, short)
        self._show(replace(state, short=short, notice=notice))

    def _said_of(self, basket: Basket, short: Mapping[UUID, int]) -> Notice | None:
        """A word about the first line that has become short just now."""
        for line in basket.lines:
            if line.line_item_id in short and line.line_item_id not in self._state.short:
                detail = {"product_name": line.product_name, "available": short[line.line_item_id]}
                return Notice(STOCK_SHORT, detail, NoticeKind.HINT)
        return None

    def _demand_stock(self) -> None:
        """Where the chain wants it so, nothing is paid that is not there; raises `NotEnoughStock`."""
        short = short_of(self._state.basket, self._available)
        if short and self._till.rules().stock_check is StockCheck.BLOCK:
            line = next(line for line in self._state.basket.lines if line.line_item_id in short)
            raise NotEnoughStock(sku_id=line.sku_id, available_quantity=short[line.line_item_id])


def short_of(basket: Basket, available: Mapping[str, int]) -> dict[UUID, int]:
    """The lines of goods of which the basket holds more than there are, with how many there are."""
    held: dict[str, int] = {}
    for sku_id, quantity in (stock_of(line) for line in stocked(basket.lines)):
        held[sku_id] = held.get(sku_id, 0) + quantity
    short = {sku: max(0, available[sku]) for sku, count in held.items() if count > available.get(sku, count)}
    return {
        line.line_item_id: short[stock_of(line)[0]]
        for line in stocked(basket.lines)
        if stock_of(line)[0] in short
    }
