"""Payments: the tenders of recorded sales, and live requests for money (spec 4.2, FR-1.3)."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, String, Table, Text, Uuid, text

from courier.tables import Moment
from storehub.database import metadata

payments = Table(
    "payments",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("transaction_id", Uuid(), ForeignKey("transactions.id"), nullable=False),
    Column("payment_method", String(50), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("tendered", BigInteger),
    Column("change", BigInteger, nullable=False),
    Column("status", String(20), nullable=False),
    Column("provider", String(50)),
    Column("provider_txn_id", String(255)),
    Column("created_at", Moment(), nullable=False),
    Column("captured_at", Moment()),
    CheckConstraint("status IN ('CAPTURED', 'REFUNDED')", name="payments_status"),
    Index("idx_payments_txn", "transaction_id"),
    comment="What a recorded sale was paid with, in minor units; for cash tendered - change = amount.",
)


class RequestState(StrEnum):
    """What has become of a request for money; all but PENDING are final."""

    PENDING = "PENDING"
    CAPTURED = "CAPTURED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


payment_requests = Table(
    "payment_requests",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("transaction_id", Uuid(), nullable=False),
    Column("terminal_id", String(50), nullable=False),
    Column("payment_method", String(50), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("tendered", BigInteger),
    Column("change", BigInteger, nullable=False, server_default=text("0")),
    Column(
        "rounding_amount",
        BigInteger,
        nullable=False,
        server_default=text("0"),
        comment="what rounding this cash adds to the sale's total, either sign",
    ),
    Column("status", String(20), nullable=False),
    Column("provider", String(50)),
    Column("provider_txn_id", String(255)),
    Column("qr_code_data", Text, comment="the text inside the QR code"),
    Column("expires_at", Moment()),
    Column("created_at", Moment(), nullable=False),
    Column("captured_at", Moment()),
    Column("failed_reason", Text),
    CheckConstraint(
        "status IN ({})".format(", ".join(f"'{state}'" for state in RequestState)),
        name="payment_requests_status",
    ),
    Index("idx_payment_requests_txn", "transaction_id"),
    Index("idx_payment_requests_open", "created_at", postgresql_where=text("status = 'PENDING'")),
    comment="Money asked for: for an open sale of this hub, or for one that only a till knows yet.",
)

settled_payments = Table(
    "settled_payments",
    metadata,
    Column("payment_id", Uuid(), ForeignKey("payment_requests.id"), primary_key=True),
    Column("word", Text, nullable=False, comment="such as: given back in cash"),
    Column("settled_by", String(50), nullable=False),
    Column("approved_by", String(50)),
    Column("settled_at", Moment(), nullable=False),
    comment="What a person did about money that belongs to no sale.",
)
