"""Stores, the codes that enrol their hubs and terminals, and the chain's settings."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table
from sqlalchemy.dialects.postgresql import JSONB

from courier.tables import Moment
from hq.database import metadata

stores = Table(
    "stores",
    metadata,
    Column("store_id", String(50), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("address", String(400), nullable=False),
    Column("tax_code", String(50), nullable=False),
    Column("phone", String(50), nullable=False),
    Column("secret_hash", String(64), comment="SHA-256 of the hub's secret; null until it enrols"),
    Column("enrolled_at", Moment()),
    Column("updated_at", Moment(), nullable=False),
    comment="Stores as their receipts show them.",
)

enrolment_codes = Table(
    "enrolment_codes",
    metadata,
    Column("code_hash", String(64), primary_key=True, comment="SHA-256 of the code"),
    Column("store_id", String(50), nullable=False),
    Column("terminal_id", String(50), comment="null: for the store's hub, which enrols here"),
    Column("expires_at", Moment(), nullable=False),
    Column("used_at", Moment()),
    Index("idx_enrolment_codes_store", "store_id"),
    comment="Codes that let a machine in once.",
)

terminal_enrolments = Table(
    "terminal_enrolments",
    metadata,
    Column("store_id", String(50), primary_key=True),
    Column("terminal_id", String(50), primary_key=True),
    Column("secret_hash", String(64), nullable=False, comment="SHA-256 of the till's secret at its hub"),
    Column("used_code_hash", String(64), nullable=False, comment="SHA-256 of the code it enrolled with"),
    Column("enrolled_at", Moment(), nullable=False),
    comment="Which tills each hub let in: a hub that takes its place knows them by this.",
)

chain_settings = Table(
    "chain_settings",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("value", JSONB, nullable=False),
    Column("updated_at", Moment(), nullable=False),
    comment="Settings of the whole chain, published to every store.",
)
