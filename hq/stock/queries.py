"""What head office knows of a store's stock: every level is as of the books' cursor."""

from __future__ import annotations

from sqlalchemy import Connection, select

from hq.stock.tables import stock_levels

LEVELS_MAX = 1_000


def levels(tx: Connection, store_id: str, after: str = "", count_max: int = LEVELS_MAX) -> dict[str, int]:
    """Levels by SKU in their order, a page at a time (`after`: the last SKU of the page before)."""
    c = stock_levels.c
    rows = tx.execute(
        select(c.sku_id, c.current_stock)
        .where(c.store_id == store_id, c.sku_id > after)
        .order_by(c.sku_id)
        .limit(count_max)
    )
    return {row.sku_id: row.current_stock for row in rows}


def all_levels(tx: Connection, store_id: str) -> dict[str, int]:
    """Every level of a store that is not nought."""
    c = stock_levels.c
    rows = tx.execute(
        select(c.sku_id, c.current_stock)
        .where(c.store_id == store_id, c.current_stock != 0)
        .order_by(c.sku_id)
    )
    return {row.sku_id: row.current_stock for row in rows}
