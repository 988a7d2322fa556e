"""The print queue: one row for every time a paper is wanted, or a drawer that is to open."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    Uuid,
    text,
)

from courier.tables import Moment

WAITING = "WAITING"
PRINTED = "PRINTED"


def print_jobs_table(metadata: MetaData) -> Table:
    """Declare `print_jobs` in this metadata; new rows need id, printer, created_at and what they show."""
    return Table(
        "print_jobs",
        metadata,
        Column("id", Uuid(), primary_key=True),
        Column("transaction_id", Uuid(), comment="the sale it is about"),
        Column(
            "printer",
            String(200),
            nullable=False,
            comment="the printer it was meant for, then the one it came from",
        ),
        Column("status", String(20), nullable=False, server_default=text(f"'{WAITING}'")),
        Column("attempts", Integer, nullable=False, server_default=text("0")),
        Column("last_error", Text),
        Column("created_at", Moment(), nullable=False),
        Column("printed_at", Moment()),
        Column(
            "copy",
            Boolean,
            nullable=False,
            server_default=text("false"),
            comment="a reprint somebody asked for",
        ),
        Column(
            "maybe_printed",
            Boolean,
            nullable=False,
            server_default=text("false"),
            comment="an attempt has sent bytes: paper may exist, so the next one must say so",
        ),
        Column(
            "document",
            String(20),
            nullable=False,
            server_default=text("'RECEIPT'"),
            comment="RECEIPT, REFUND and VOID are papers, DRAWER opens the drawer",
        ),
        Column("document_id", Uuid(), comment="what the document is about where that is no sale: the refund"),
        CheckConstraint(f"status IN ('{WAITING}', '{PRINTED}')", name="print_jobs_status"),
        Index("idx_print_jobs_waiting", "created_at", "id", postgresql_where=text(f"status = '{WAITING}'")),
        Index("idx_print_jobs_transaction", "transaction_id"),
        comment="Receipts waiting for paper, and those that got it.",
    )
