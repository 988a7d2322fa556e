"""The ledger: every fact head office has accepted, word for word, and how far it has been read."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, String, Table, Text, Uuid

from courier.tables import Moment
from hq.database import metadata

ledger = Table(
    "ledger",
    metadata,
    Column("pipe", String(150), primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("event_id", Uuid(), nullable=False),
    Column("event_type", String(100), nullable=False),
    Column("store_id", String(50), nullable=False),
    Column("origin", String(150), comment="null: a partner's plain event, which has no chain"),
    Column("sequence", BigInteger),
    Column("received_at", Moment(), nullable=False),
    Column("envelope", Text, nullable=False, comment="the sealed text as its origin wrote it"),
    # Unique as well: whatever a door overlooked, a till's fact stands here once. `event_id` has no index
    # of its own: the chain tells a repeated envelope, the table `inbox` a repeated plain event.
    Index("idx_ledger_origin_sequence", "origin", "sequence", unique=True),
    comment="Append-only; (pipe, position) gives the order of each store's facts.",
)

projection_cursors = Table(
    "projection_cursors",
    metadata,
    Column("projection", String(50), primary_key=True),
    Column("pipe", String(150), primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("updated_at", Moment(), nullable=False),
    comment="How far each projection has read each pipe; moved in the transaction that applied the facts.",
)
