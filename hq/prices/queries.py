"""Reading prices."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from hq.prices.tables import prices
from retail.price import Price


def held_prices(tx: Connection, sku_ids: Sequence[str] | None = None) -> dict[str, list[Price]]:
    """Every price of these products (None: of all), by product."""
    query = select(prices)
    if sku_ids is not None:
        query = query.where(prices.c.sku_id.in_(sku_ids))
    held: dict[str, list[Price]] = {}
    for row in tx.execute(query):
        held.setdefault(row.sku_id, []).append(
            Price(
                row.price_id,
                row.sku_id,
                row.amount,
                row.effective_from,
                row.store_id,
                row.version,
                row.effective_to,
            )
        )
    return held
