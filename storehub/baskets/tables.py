"""Baskets of the tills that are not paid yet, as the hub knows them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from courier.tables import Moment
from storehub.database import metadata

baskets = Table(
    "baskets",
    metadata,
    Column("sale_id", Uuid(), primary_key=True),
    Column("terminal_id", String(50), nullable=False),
    Column("cashier_id", String(50), nullable=False),
    Column("parked", Boolean, nullable=False),
    Column("label", String(100), nullable=False),
    Column("line_count", Integer, nullable=False),
    Column("total_amount", BigInteger, nullable=False),
    Column("reserves", JSONB, nullable=False, comment="[{sku_id, quantity}]: the stock that stands in it"),
    Column("body", JSONB, nullable=False, comment="the till's own draft, for the till that takes it"),
    Column("updated_at", Moment(), nullable=False),
    Index("idx_baskets_parked", "updated_at", postgresql_where=text("parked")),
    comment="What stands in front of the tills; a copy, never the truth: that is in the till's journal.",
)
