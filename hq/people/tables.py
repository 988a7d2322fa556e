"""People of the chain, and wrong sign-ins in a row."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Integer, String, Table
from sqlalchemy.dialects.postgresql import JSONB

from courier.tables import Moment
from hq.database import metadata

people = Table(
    "people",
    metadata,
    Column("employee_id", String(50), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("role", String(20), nullable=False),
    Column("pin_hash", String(200), nullable=False, comment="argon2id"),
    Column("store_ids", JSONB(none_as_null=True), comment="null: every store; []: head office only"),
    Column("language", String(10), nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("updated_at", Moment(), nullable=False),
    comment="Who works where in which role.",
)

sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("subject", String(100), primary_key=True, comment="person:<employee_id> or store:<store_id>"),
    Column("failures", Integer, nullable=False),
    Column("retry_at", Moment(), nullable=False),
    comment="Wrong PINs or secrets in a row; the row goes with the first right one.",
)
