"""Members and vouchers as head office published them, and what vouchers are used for in this store."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from courier.tables import Moment
from storehub.database import metadata

members = Table(
    "members",
    metadata,
    Column("member_id", String(150), primary_key=True),
    Column("phone_key", String(32)),
    Column("code", String(50)),
    Column("body", JSONB, nullable=False),
    Index("idx_members_phone_key", "phone_key"),
    Index("idx_members_code", "code"),
    comment="Members of the loyalty programme as head office published them.",
)

vouchers = Table(
    "vouchers",
    metadata,
    Column("code", String(150), primary_key=True),
    Column("body", JSONB, nullable=False),
    comment="Vouchers of this store as head office published them.",
)

voucher_uses = Table(
    "voucher_uses",
    metadata,
    Column("code", String(150), primary_key=True),
    Column("transaction_id", Uuid(), primary_key=True),
    Column("terminal_id", String(50), nullable=False),
    Column("claimed_at", Moment(), nullable=False),
    Column("used_at", Moment(), comment="null: it is on an open sale"),
    Index("idx_voucher_uses_transaction", "transaction_id"),
    comment="Which sales of this store have which vouchers.",
)
