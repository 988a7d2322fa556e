"""Master data as head office published it: products, barcodes, prices, taxes, settings, store cards."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Numeric, String, Table
from sqlalchemy.dialects.postgresql import JSONB

from courier.tables import Moment
from storehub.database import metadata

local_catalog = Table(
    "local_catalog",
    metadata,
    Column("sku_id", String(50), primary_key=True),
    Column("product_name", String(255), nullable=False),
    Column("category", String(100), nullable=False),
    Column("tax_class", String(50), nullable=False),
    Column("tax_rate", Numeric(5, 4), nullable=False),
    Column("brand", String(100), nullable=False),
    Column("unit", String(10), nullable=False),
    Column("pack_of", String(50)),
    Column("pack_size", Integer, nullable=False),
    Column("age_restricted", Boolean, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("catalog_version", BigInteger, nullable=False),
    Column("synced_at", Moment(), nullable=False),
    Index("idx_catalog_version", "catalog_version"),
    comment="Products; their barcodes and prices have tables of their own.",
)

product_barcodes = Table(
    "product_barcodes",
    metadata,
    Column("barcode", String(50), primary_key=True),
    Column("sku_id", String(50), nullable=False),
    Column("pack_size", Integer, nullable=False),
    Column("gtin14", String(14)),
    Index("idx_product_barcodes_sku", "sku_id"),
    Index("idx_product_barcodes_gtin14", "gtin14"),
    comment="Any number of barcodes a product; pack_size: pieces that one scan means.",
)

prices = Table(
    "prices",
    metadata,
    Column("price_id", String(150), primary_key=True),
    Column("sku_id", String(50), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("effective_from", Moment(), nullable=False),
    Column("store_id", String(50)),
    Column("version", BigInteger, nullable=False),
    Column("effective_to", Moment()),
    Index("idx_prices_sku", "sku_id", "effective_from"),
    comment="Minor units per piece or kilogram, each from a moment on; store_id null: the chain's price.",
)

tax_rates = Table(
    "tax_rates",
    metadata,
    Column("key", String(150), primary_key=True),
    Column("tax_class", String(50), nullable=False),
    Column("rate", Numeric(5, 4), nullable=False),
    Column("effective_from", Moment(), nullable=False),
    comment="Dated rates of tax classes; few.",
)

promotions = Table(
    "promotions",
    metadata,
    Column("promo_id", String(150), primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("body", JSONB, nullable=False),
    comment="Promotions of this store as head office states them.",
)

settings = Table(
    "settings",
    metadata,
    Column("name", String(150), primary_key=True),
    Column("value", JSONB),
    comment="The chain's settings as head office set them.",
)

stores = Table(
    "stores",
    metadata,
    Column("store_id", String(50), primary_key=True),
    Column("body", JSONB, nullable=False),
    comment="Store cards as receipts show them.",
)
