"""Vouchers as they were stated, series by series, and their uses as the ledger tells them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from courier.tables import Moment
from hq.database import metadata

vouchers = Table(
    "vouchers",
    metadata,
    Column("code", String(40), primary_key=True),
    Column("series_id", String(50), nullable=False),
    Column("promo_id", String(50), nullable=False, comment="what it opens"),
    Column("amount", BigInteger, comment="minor units; null: the promotion was stated by itself"),
    Column("starts_at", Moment()),
    Column("ends_at", Moment(), comment="excluded"),
    Column("max_uses", Integer, nullable=False),
    Column("store_ids", JSONB(none_as_null=True), comment="null: every store"),
    Column("stated_at", Moment(), nullable=False),
    Column("stated_by", String(100), nullable=False),
    Column("ended_at", Moment(), comment="taken back; null: it stands"),
    Column("told_used_up", Boolean, nullable=False, comment="what stores were told"),
    Index("idx_vouchers_series", "series_id"),
    comment="Codes that open a promotion for who shows them.",
)

voucher_uses = Table(
    "voucher_uses",
    metadata,
    Column("code", String(40), primary_key=True),
    Column("transaction_id", Uuid(), primary_key=True),
    Column("promo_id", String(50), nullable=False),
    Column("store_id", String(50), nullable=False),
    Column("terminal_id", String(50), nullable=False),
    Column("used_at", Moment(), nullable=False),
    Column("given_back", Boolean, nullable=False, comment="its sale is void"),
    Column("pipe", String(150), nullable=False, comment="with position: the fact in the ledger"),
    Column("position", BigInteger, nullable=False),
    Index("idx_voucher_uses_transaction", "transaction_id"),
    comment="In which sales vouchers were used; more uses than max_uses are for review.",
)

VOUCHER_BOOKS = (voucher_uses,)
"""What the ledger alone can give back."""
