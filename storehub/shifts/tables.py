"""Shifts: a cashier's time at a drawer, and the cash that moved without a sale (FR-6.1, FR-7.1)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, String, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from courier.tables import Moment
from storehub.database import metadata

shifts = Table(
    "shifts",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("store_id", String(50), nullable=False),
    Column("terminal_id", String(50), nullable=False),
    Column("cashier_id", String(50), nullable=False),
    Column("business_date", Date, nullable=False),
    Column("opened_at", Moment(), nullable=False),
    Column("opened_position", BigInteger, nullable=False, unique=True, comment="of its fact in the outbox"),
    Column("float_amount", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("closed_at", Moment()),
    Column("closed_by", String(50)),
    Column("closed_position", BigInteger),
    Column("expected_amount", BigInteger),
    Column("counted_amount", BigInteger),
    Column("over_short", BigInteger, comment="counted minus expected"),
    Column("z_report", JSONB, comment="the figures as they were when the shift was closed"),
    Index("idx_shifts_opened", "store_id", "opened_at"),
    Index("idx_shifts_open", "terminal_id", postgresql_where=text("closed_at IS NULL")),
    comment="One row a shift; its sales are the terminal's facts between the two positions.",
)

cash_movements = Table(
    "cash_movements",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("shift_id", Uuid(), ForeignKey("shifts.id"), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("moved_at", Moment(), nullable=False),
    Column("moved_by", String(50), nullable=False),
    Column("approved_by", String(50)),
    Column("position", BigInteger, nullable=False, unique=True),
    Index("idx_cash_movements_shift", "shift_id"),
    comment="Cash put into a drawer or taken out without a sale; append-only.",
)
