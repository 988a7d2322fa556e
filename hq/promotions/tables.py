"""Promotions (FR-3.3) as they were stated, each statement with the time in which it stood."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, String, Table, text
from sqlalchemy.dialects.postgresql import JSONB

from courier.tables import Moment
from hq.database import metadata

promotions = Table(
    "promotions",
    metadata,
    Column("promo_id", String(50), primary_key=True),
    Column("version", BigInteger, primary_key=True, autoincrement=False, comment="news version"),
    Column("body", JSONB, nullable=False),
    Column("stated_at", Moment(), nullable=False),
    Column("stated_by", String(100), nullable=False),
    Column("ended_at", Moment(), comment="changed or taken back; null: it stands"),
    Index("idx_promotions_stated", "promo_id", unique=True, postgresql_where=text("ended_at IS NULL")),
    Index("idx_promotions_dates", "stated_at", "ended_at"),
    comment="What was said about each promotion, and from when until when it stood.",
)
