"""Stock levels, exact at any moment: the roll-up, the movements since, and what open baskets hold."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

LEVELS_MAX = 1000


@dataclass(frozen=True, slots=True)
class Level:
    """Stock of a SKU in pieces or grams; `reserved_stock` stands in baskets that are not paid yet."""

    sku_id: str
    product_name: str | None
    current_stock: int
    reserved_stock: int
    last_updated: datetime | None

    @property
    def available_stock(self) -> int:
        """What could be sold on top of what is in baskets."""
        return self.current_stock - self.reserved_stock

    def to_body(self) -> dict[str, Any]:
        """JSON types only."""
        return {
            "sku_id": self.sku_id,
            "product_name": self.product_name,
            "current_stock": self.current_stock,
            "reserved_stock": self.reserved_stock,
            "available_stock": self.available_stock,
            "last_updated": self.last_updated.isoformat() if self.last_updated else None,
        }


# One statement, so that the cursor, the roll-up and the movements are of one moment.
_LEVELS = """
WITH wanted AS ({wanted}),
since AS (
    SELECT m.sku_id, sum(m.quantity_delta) AS delta, max(m.moved_at) AS moved_at
    FROM stock_movements m
    WHERE m.position > coalesce(
        (SELECT cursor_value FROM sync_cursors WHERE cursor_name = 'stock'), 0)
        {since_only}
    GROUP BY m.sku_id
),
reserved AS (
    SELECT sku_id, sum(quantity) AS quantity FROM (
        SELECT coalesce(l.pack_of, l.sku_id) AS sku_id,
            l.quantity * CASE WHEN l.pack_of IS NULL THEN 1 ELSE l.pack_size END AS quantity
        FROM line_items l JOIN transactions t ON t.id = l.transaction_id
        WHERE t.status IN ('DRAFT', 'PENDING_PAYMENT')
        UNION ALL
        SELECT r.sku_id, r.quantity
        FROM baskets b, jsonb_to_recordset(b.reserves) AS r(sku_id text, quantity bigint)
        WHERE NOT EXISTS (
            SELECT FROM transactions t WHERE t.id = b.sale_id AND t.completed_at IS NOT NULL)
    ) AS held GROUP BY sku_id
)
SELECT w.sku_id, c.product_name,
    coalesce(i.current_stock, 0) + coalesce(s.delta, 0) AS current_stock,
    coalesce(r.quantity, 0) AS reserved_stock,
    greatest(i.last_updated, s.moved_at) AS last_updated
FROM wanted w
LEFT JOIN local_catalog c ON c.sku_id = w.sku_id
LEFT JOIN local_inventory i ON i.sku_id = w.sku_id
LEFT JOIN since s ON s.sku_id = w.sku_id
LEFT JOIN reserved r ON r.sku_id = w.sku_id
ORDER BY w.sku_id
"""

_LEVELS_OF = text(
    _LEVELS.format(
        wanted="SELECT DISTINCT sku_id FROM unnest(CAST(:sku_ids AS text[])) AS n(sku_id)",
        since_only="AND m.sku_id = ANY(CAST(:sku_ids AS text[]))",
    )
)
_ALL_LEVELS = text(
    _LEVELS.format(
        wanted="""
        SELECT sku_id FROM (
            SELECT sku_id FROM local_catalog WHERE sku_id > :after
            UNION SELECT sku_id FROM local_inventory WHERE sku_id > :after
            UNION SELECT sku_id FROM stock_movements WHERE sku_id > :after AND position > coalesce(
                (SELECT cursor_value FROM sync_cursors WHERE cursor_name = 'stock'), 0)
        ) AS known ORDER BY sku_id LIMIT :count_max
        """,
        since_only="",
    )
)


def levels_of(tx: Connection, sku_ids: Collection[str]) -> dict[str, Level]:
    """The levels of these SKUs; zero for what was never moved."""
    return {row.sku_id: _level(row) for row in tx.execute(_LEVELS_OF, {"sku_ids": list(sku_ids)})}


def level_of(tx: Connection, sku_id: str) -> Level:
    """The level of a SKU."""
    return levels_of(tx, [sku_id])[sku_id]


def levels(tx: Connection, after: str = "", count_max: int = LEVELS_MAX) -> list[Level]:
    """Every product's level in order of SKU, a page at a time (`after`: the last SKU of the page before)."""
    return [_level(row) for row in tx.execute(_ALL_LEVELS, {"after": after, "count_max": count_max})]


def _level(row: Any) -> Level:
    return Level(
        row.sku_id, row.product_name, int(row.current_stock), int(row.reserved_stock), row.last_updated
    )
