"""Members of the loyalty programme, and the points that sales have earned them.

`members` is what people at head office stated; the other two are books: read from the ledger, and read
again when they are forgotten.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Date, Index, String, Table, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from courier.tables import Moment
from hq.database import metadata

members = Table(
    "members",
    metadata,
    Column("member_id", String(50), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("phone", String(20), comment="with its country; never published"),
    Column("phone_key", String(32), comment="what stores find the phone by"),
    Column("code", String(50), nullable=False, comment="the number on the card"),
    Column("tier", String(50), nullable=False, comment="as stated; points may have led to a higher one"),
    Column("birthdate", Date, comment="never published"),
    Column("is_active", Boolean, nullable=False),
    Column("store_ids", JSONB(none_as_null=True), comment="null: every store"),
    Column("told_points", BigInteger, nullable=False, comment="what stores were told"),
    Column("updated_at", Moment(), nullable=False),
    Index("idx_members_phone", "phone", unique=True, postgresql_where=text("is_active")),
    Index("idx_members_code", "code", unique=True, postgresql_where=text("is_active")),
    comment="Members of the loyalty programme.",
)

member_points = Table(
    "member_points",
    metadata,
    Column("transaction_id", Uuid(), primary_key=True),
    Column("member_id", String(50), nullable=False),
    Column("store_id", String(50), nullable=False),
    Column("sold_at", Moment(), nullable=False),
    Column("paid", BigInteger, nullable=False, comment="total of the sale"),
    Column("points_earned", BigInteger, nullable=False),
    Column("points_taken_back", BigInteger, nullable=False, comment="by refunds and voids"),
    Index("idx_member_points_member", "member_id", "sold_at"),
    comment="Points, one row a sale, so that none counts twice.",
)

point_balances = Table(
    "point_balances",
    metadata,
    Column("member_id", String(50), primary_key=True),
    Column("points", BigInteger, nullable=False),
    comment="Each member's points: the sum of their rows in member_points.",
)

POINT_BOOKS = (member_points, point_balances)
"""What the ledger alone can give back."""
