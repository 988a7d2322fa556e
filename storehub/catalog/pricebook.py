"""The hub's price book in memory, to compare a till's list prices without asking the database.

A till that was cut off sells at the prices it had. Such a sale is right as it stands; the difference is
noted for review (FR-5.3, spec 6.3 scenario 1).
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Connection

from retail.facts import SaleRecorded
from retail.open_item import OPEN_SKU
from retail.price import NoPrice, Price, price_of
from storehub.catalog.queries import prices_of


class PriceBook:
    """All prices of the store's catalogue; read in the event loop, changed by the thread that takes news."""

    def __init__(self, store_id: str) -> None:
        self._store_id = store_id
        self._prices: dict[str, list[Price]] = {}

    def load(self, tx: Connection) -> None:
        """Read everything anew."""
        self._prices = prices_of(tx)

    def reload(self, tx: Connection, sku_ids: Iterable[str]) -> None:
        """Read these products anew, after news of them was committed."""
        concerned = set(sku_ids)
        if concerned:
            kept = {sku: known for sku, known in self._prices.items() if sku not in concerned}
            self._prices = kept | prices_of(tx, concerned)

    def differences(self, sale: SaleRecorded) -> dict[UUID, Price | None]:
        """Lines whose list price is not the book's for that moment, with the book's price (None: none)."""
        found: dict[UUID, Price | None] = {}
        for line in sale.lines:
            if line.sku_id == OPEN_SKU:
                continue  # a person made its price, and no book has one
            try:
                price = price_of(self._prices.get(line.sku_id, ()), line.sku_id, self._store_id, sale.sold_at)
            except NoPrice:
                found[line.line_item_id] = None
                continue
            if price.amount != line.list_price:
                found[line.line_item_id] = price
        return found
