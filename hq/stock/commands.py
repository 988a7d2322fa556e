"""Moving stock at head office: movements are only inserted, levels follow in the same transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func
from sqlalchemy.dialects.postgresql import insert

from hq.database import copy_in
from hq.stock.tables import stock_levels, stock_movements

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
