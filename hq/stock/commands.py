"""Moving stock at head office: movements are inserted, and go only with a fact that its store annulled;
levels follow in the same transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, text, update
from sqlalchemy.dialects.postgresql import insert

from hq.database import copy_in
from hq.stock.tables import stock_levels, stock_movements
from retail.facts import InventoryAdjusted
from retail.stock import AdjustmentType

STORE, SKU, DELTA, MOVED_AT = 1, 2, 3, 7
"""Places of these columns in a row of `stock_movements`."""


def move(tx: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert movements, each in the order of the table's columns, and add them to the levels."""
    copy_in(tx, stock_movements, rows)
    deltas: Counter[tuple[str, str]] = Counter()
    newest: dict[tuple[str, str], datetime] = {}
    for row in rows:
        key = row[STORE], row[SKU]
        deltas[key] += row[DELTA]
        newest[key] = max(newest.get(key, row[MOVED_AT]), row[MOVED_AT])
    if not deltas:
        return
    statement = insert(stock_levels)
    new = statement.excluded
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=["store_id", "sku_id"],
            set_={
                "current_stock": stock_levels.c.current_stock + new.current_stock,
                "moved_at": func.greatest(stock_levels.c.moved_at, new.moved_at),
            },
        ),
        # In one order for everybody: two pipes of a store are projected side by side.
        [
            {"store_id": key[0], "sku_id": key[1], "current_stock": delta, "moved_at": newest[key]}
            for key, delta in sorted(deltas.items())
        ],
    )


def take_back(tx: Connection, store_id: str, reference_id: str, kind: AdjustmentType | None = None) -> None:
    """Undo the movements of a document (of one kind): they never happened."""
    c = stock_movements.c
    gone = delete(stock_movements).where(c.store_id == store_id, c.reference_id == reference_id)
    if kind is not None:
        gone = gone.where(c.adjustment_type == kind.value)
    rows = tx.execute(gone.returning(c.store_id, c.sku_id, c.quantity_delta)).all()
    _lower(tx, rows)


_ONE = text("""
    DELETE FROM stock_movements WHERE (tableoid, ctid) IN (
        SELECT tableoid, ctid FROM stock_movements
        WHERE store_id = :store_id AND sku_id = :sku_id AND quantity_delta = :quantity_delta
            AND adjustment_type = :adjustment_type AND moved_at = :adjusted_at
            AND reference_id IS NOT DISTINCT FROM :reference_id
        LIMIT 1
    ) RETURNING store_id, sku_id, quantity_delta
""")


def take_back_one(tx: Connection, fact: InventoryAdjusted) -> None:
    """Undo the one movement of an adjustment; several that are alike in everything are several."""
    names = ("store_id", "sku_id", "quantity_delta", "adjustment_type", "adjusted_at", "reference_id")
    _lower(tx, tx.execute(_ONE, {name: getattr(fact, name) for name in names}).all())


def _lower(tx: Connection, gone: Iterable[Row[*tuple[Any, ...]]]) -> None:
    """Take movements that are gone off their levels, in the order in which they are added."""
    deltas: Counter[tuple[str, str]] = Counter()
    for row in gone:
        deltas[row.store_id, row.sku_id] += row.quantity_delta
    c = stock_levels.c
    for (store_id, sku_id), delta in sorted(deltas.items()):
        tx.execute(
            update(stock_levels)
            .where(c.store_id == store_id, c.sku_id == sku_id)
            .values(current_stock=c.current_stock - delta)
        )
