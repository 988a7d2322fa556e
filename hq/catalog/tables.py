"""The master catalogue (spec 5.1: catalog_master), with any number of barcodes per product."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Numeric, String, Table

from courier.tables import Moment
from hq.database import metadata

catalog_master = Table(
    "catalog_master",
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
    Column("version", BigInteger, nullable=False, comment="news version of the newest change"),
    Column("created_version", BigInteger, nullable=False, comment="version that brought it into the range"),
    Column("created_at", Moment(), nullable=False),
    Column("updated_at", Moment(), nullable=False),
    Index("idx_catalog_version", "version"),
    comment="Products of the chain.",
)

catalog_barcodes = Table(
    "catalog_barcodes",
    metadata,
    Column(
        "scan_key", String(50), primary_key=True, comment="GTIN-14 where it is a GTIN: UPC-A and EAN meet"
    ),
    Column("barcode", String(50), nullable=False),
    Column("sku_id", String(50), nullable=False),
    Column("place", Integer, nullable=False, comment="order in which they were given; 0 is the first"),
    Column("pack_size", Integer, nullable=False, comment="pieces that one scan means"),
    Index("idx_catalog_barcodes_sku", "sku_id"),
    comment="A barcode belongs to one product.",
)
