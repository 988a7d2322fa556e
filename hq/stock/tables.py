"""Stock movements of every store; a level is the sum of its movements (DESIGN invariant 11)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, String, Table, Text

from courier.tables import Moment
from hq.database import metadata

stock_movements = Table(
    "stock_movements",
    metadata,
    Column("business_date", Date, nullable=False),
    Column("store_id", String(50), nullable=False),
    Column("sku_id", String(50), nullable=False),
    Column("quantity_delta", BigInteger, nullable=False, comment="pieces or grams, negative when they leave"),
    Column("adjustment_type", String(20), nullable=False),
    Column("reference_id", String(100), comment="the sale or document behind it"),
    Column("reason", Text),
    Column("moved_at", Moment(), nullable=False),
    postgresql_partition_by="RANGE (business_date)",
    comment="Only inserted, by the projection; month partitions as the money tables have them.",
)

stock_levels = Table(
    "stock_levels",
    metadata,
    Column("store_id", String(50), primary_key=True),
    Column("sku_id", String(50), primary_key=True),
    Column("current_stock", BigInteger, nullable=False, comment="pieces or grams"),
    Column("moved_at", Moment(), nullable=False),
    comment="Sum of the movements, moved in the transaction that inserted them: as of the books' cursor.",
)
