"""Stock is the sum of its movements; `local_inventory` is their roll-up (spec 4.2, FR-2.1).

The spec's `reserved_stock` and `available_stock` are computed when asked for (lines of open sales):
stored, they would be wrong between two roll-ups.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, String, Table, Text

from courier.tables import Moment
from storehub.database import metadata

stock_movements = Table(
    "stock_movements",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("sku_id", String(50), primary_key=True),
    Column("quantity_delta", BigInteger, nullable=False),
    Column("adjustment_type", String(20), primary_key=True),
    Column("reason", Text),
    Column("reference_id", String(100)),
    Column("moved_by", String(50)),
    Column("moved_at", Moment(), nullable=False),
    comment="Only ever inserted. position: the outbox position of the fact that moved the stock, so that "
    "whoever reads on from a position misses nothing.",
)

local_inventory = Table(
    "local_inventory",
    metadata,
    Column("sku_id", String(50), primary_key=True),
    Column("store_id", String(50), nullable=False),
    Column("current_stock", BigInteger, nullable=False),
    Column("last_updated", Moment(), nullable=False),
    Index("idx_inventory_store", "store_id"),
    comment="Sum of the movements up to the cursor 'stock'; pieces or grams.",
)
