"""Alerts: what somebody should look at, from when it was seen to when its cause was gone."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table, Text, Uuid, text

from courier.tables import Moment
from hq.database import metadata

alerts = Table(
    "alerts",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("kind", String(50), nullable=False),
    Column("store_id", String(50), nullable=False),
    Column("subject", String(200), nullable=False, comment="an origin, a pipe and position, a machine"),
    Column("detail", Text, nullable=False, comment="a sentence"),
    Column("raised_at", Moment(), nullable=False),
    Column("cleared_at", Moment(), comment="null: its cause is still there"),
    Index(
        "idx_alerts_open",
        "kind",
        "store_id",
        "subject",
        unique=True,
        postgresql_where=text("cleared_at IS NULL"),
    ),
    Index("idx_alerts_raised", "raised_at"),
    comment="Raised and cleared by head office itself; a row stays when it is cleared.",
)
