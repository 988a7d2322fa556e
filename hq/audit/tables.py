"""The record of what people and machines changed or tried to (NFR-5.3)."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from courier.tables import Moment
from hq.database import metadata

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("at", Moment(), nullable=False),
    Column("actor", String(100), nullable=False, comment="employee id, store:<id>, or 'system'"),
    Column("deed", String(50), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("outcome", String(50), nullable=False, comment="done, or the code of the refusal"),
    Column("detail", JSONB, nullable=False),
    Index("idx_audit_log_at", "at"),
    Index("idx_audit_log_actor", "actor", "at"),
    comment="Append-only; a trigger refuses changes.",
)
