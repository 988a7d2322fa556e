"""What needs a person's eyes: facts that hubs set aside, and differences between two who should agree.

Both are read from the ledger (`hq.reports.projection`) and can be read again.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, String, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from courier.tables import Moment
from hq.database import metadata

store_set_aside = Table(
    "store_set_aside",
    metadata,
    Column("store_id", String(50), primary_key=True),
    Column("pipe", String(150), primary_key=True, comment="of the hub, with position: where it keeps it"),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("event_id", String(100)),
    Column("origin", String(150)),
    Column("sequence", BigInteger),
    Column("code", String(100), nullable=False),
    Column("detail", Text, nullable=False),
    Column("envelope", Text, comment="null: its own chain carries it"),
    Column("set_aside_at", Moment(), nullable=False),
    Column("decision", String(20)),
    Column("reason", Text),
    Column("decided_by", String(50)),
    Column("decided_at", Moment()),
    comment="Facts that a store's hub set aside, as it told, and what its manager decided.",
)

conflicts = Table(
    "conflicts",
    metadata,
    Column("pipe", String(150), primary_key=True, comment="with position: the fact that tells of it"),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(50), nullable=False),
    Column("store_id", String(50), nullable=False),
    Column("found_at", Moment(), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("detail", JSONB, nullable=False),
    Index("idx_conflicts_store_found", "store_id", "found_at"),
    comment="Differences between two who should agree, kept for review (FR-5.3).",
)

READ_FROM_LEDGER = (store_set_aside, conflicts)
