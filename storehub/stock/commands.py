"""Moving stock: movements are only ever inserted; levels are rolled up behind them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, func, select, text

from courier import cursor
from retail.facts import InventoryAdjusted
from retail.stock import AdjustmentType, Movement
from storehub.database import courier
from storehub.stock.tables import stock_movements

ROLLED_UP = "stock"
"""The cursor that says up to which position `local_inventory` holds the movements."""

BY_HAND = frozenset(
    {AdjustmentType.SHRINKAGE, AdjustmentType.RECEIVING, AdjustmentType.MANUAL, AdjustmentType.COUNT}
)
"""Adjustments that a person may make; the others follow from sales, voids and refunds."""

# Positions come in commit order (they are taken from a head row), so nothing below the newest that is
# visible can still appear.
_ROLL_UP = text("""
WITH due AS (
    SELECT sku_id, sum(quantity_delta) AS delta, max(position) AS position
    FROM stock_movements WHERE position > :last AND position <= :newest GROUP BY sku_id
)
INSERT INTO local_inventory (sku_id, store_id, current_stock, last_updated)
SELECT sku_id, :store_id, delta, :at FROM due ORDER BY sku_id
ON CONFLICT (sku_id) DO UPDATE SET
    current_stock = local_inventory.current_stock + excluded.current_stock,
    last_updated = excluded.last_updated
""")


def move(
    tx: Connection,
    movements: Iterable[Movement],
    *,
    position: int,
    reference_id: str,
    moved_by: str,
    at: datetime,
    reason: str | None = None,
) -> None:
    """Insert movements of the fact at this position of the outbox."""
    rows = [
        {
            "position": position,
            "sku_id": movement.sku_id,
            "quantity_delta": movement.quantity_delta,
            "adjustment_type": movement.adjustment_type.value,
            "reason": reason,
            "reference_id": reference_id,
            "moved_by": moved_by,
            "moved_at": at,
        }
        for movement in movements
    ]
    if rows:
        tx.execute(stock_movements.insert(), rows)


def apply_adjustment(tx: Connection, fact: InventoryAdjusted, position: int) -> None:
    """Move the stock that the fact at this position of the outbox moved; raises ValueError for a bad type."""
    movement = Movement(fact.sku_id, fact.quantity_delta, AdjustmentType(fact.adjustment_type))
    move(
        tx,
        [movement],
        position=position,
        reference_id=fact.reference_id or "",
        moved_by=fact.adjusted_by,
        at=fact.adjusted_at,
        reason=fact.reason,
    )


def roll_up(tx: Connection, store_id: str, at: datetime) -> int:
    """Add the movements since the last roll-up to the levels; returns the position they now include."""
    newest = tx.execute(select(func.max(stock_movements.c.position))).scalar_one()
    if newest is None or newest <= cursor.read(tx, courier.sync_cursors, ROLLED_UP):
        return newest or 0
    last = cursor.lock(tx, courier.sync_cursors, ROLLED_UP, at)
    if newest <= last:
        return last
    tx.execute(_ROLL_UP, {"last": last, "newest": newest, "store_id": store_id, "at": at})
    cursor.move(tx, courier.sync_cursors, ROLLED_UP, newest, at)
    return int(newest)
