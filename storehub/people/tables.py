"""People, the terminals they work at, their sessions, and the record of who was allowed what."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, String, Table, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from courier.tables import Moment
from storehub.database import metadata

people = Table(
    "people",
    metadata,
    Column("employee_id", String(50), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("role", String(20), nullable=False),
    Column("pin_hash", String(200), nullable=False),
    Column("store_ids", JSONB, comment="null: works in every store"),
    Column("is_active", Boolean, nullable=False),
    comment="Who may sign in, as head office published it.",
)

terminals = Table(
    "terminals",
    metadata,
    Column("terminal_id", String(50), primary_key=True),
    Column("enrolment_code_hash", String(200)),
    Column("enrolment_code_expires_at", Moment()),
    Column("used_code_hash", String(200), comment="the code it was enrolled with, so that it serves once"),
    Column("secret_hash", String(64), comment="SHA-256 of the terminal's secret"),
    Column("enrolled_at", Moment()),
    Column("is_active", Boolean, nullable=False),
    Column("told_hash", String(64), comment="the secret_hash that head office was told"),
    comment="Terminals of this store; the first three columns are head office's, the others ours.",
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("employee_id", String(50), nullable=False),
    Column("terminal_id", String(50), nullable=False),
    Column("opened_at", Moment(), nullable=False),
    Column("expires_at", Moment(), nullable=False),
    Column("closed_at", Moment()),
    Index(
        "idx_sessions_open",
        "employee_id",
        "terminal_id",
        unique=True,
        postgresql_where=text("closed_at IS NULL"),
    ),
    comment="Logins; one open session per cashier and terminal (FR-6.1).",
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("at", Moment(), nullable=False),
    Column("actor", String(100), nullable=False),
    Column("role", String(20)),
    Column("terminal_id", String(50)),
    Column("deed", String(100), nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("subject", String(200)),
    Column("detail", JSONB),
    Index("idx_audit_log_actor", "actor", "at"),
    comment="Who asked for what and whether it was allowed (FR-6.2, NFR-5.3); rows cannot be changed.",
)
