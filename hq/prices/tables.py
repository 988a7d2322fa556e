"""Prices (spec 5.1: pricing_master and pricing_overrides in one) and dated tax rates."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Numeric, String, Table

from courier.tables import Moment
from hq.database import metadata

prices = Table(
    "prices",
    metadata,
    Column("price_id", String(150), primary_key=True),
    Column("sku_id", String(50), nullable=False),
    Column("store_id", String(50), comment="null: the chain's base price"),
    Column("amount", BigInteger, nullable=False),
    Column("effective_from", Moment(), nullable=False),
    Column("version", BigInteger, nullable=False, comment="news version that brought it"),
    Column("effective_to", Moment(), comment="null: until the next one"),
    Index("idx_prices_sku", "sku_id", "store_id", "effective_from"),
    comment="Minor units per piece or kilogram, each from a moment on until the next one.",
)

tax_rates = Table(
    "tax_rates",
    metadata,
    Column("tax_class", String(50), primary_key=True),
    Column("effective_from", Moment(), primary_key=True),
    Column("rate", Numeric(5, 4), nullable=False),
    comment="Dated rates of tax classes; a class without one has the rate its products name.",
)
