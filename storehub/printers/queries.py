"""Reading the print queue."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, func, select

from storehub.printers.job import Document, Job
from storehub.printers.tables import WAITING


def oldest_waiting(tx: Connection, jobs: Table, passing_over: Collection[UUID] = ()) -> Job | None:
    """The job that is next: drawers, which need no paper, then the order in which they were asked for.

    None when nothing waits.
    """
    columns = jobs.c
    wanted = select(
        columns.id,
        columns.transaction_id,
        columns.printer,
        columns.attempts,
        columns.created_at,
        columns.copy,
        columns.maybe_printed,
        columns.document,
        columns.document_id,
    ).where(columns.status == WAITING)
    if passing_over:
        wanted = wanted.where(columns.id.not_in(passing_over))
    drawers_first = (columns.document != Document.DRAWER, columns.created_at, columns.id)
    row = tx.execute(wanted.order_by(*drawers_first).limit(1)).first()
    return Job(*row[:7], document=Document(row.document), document_id=row.document_id) if row else None


def waiting_count(tx: Connection, jobs: Table) -> int:
    """How many papers are still to come."""
    waiting = (jobs.c.status == WAITING, jobs.c.document != Document.DRAWER)
    return tx.execute(select(func.count()).select_from(jobs).where(*waiting)).scalar_one()


def papers_of(tx: Connection, jobs: Table, transaction_id: UUID) -> list[dict[str, Any]]:
    """The receipts of a sale that were asked for, the oldest first; JSON types only."""
    c = jobs.c
    rows = tx.execute(
        select(c.id, c.status, c.copy, c.attempts, c.last_error, c.created_at, c.printed_at)
        .where(c.transaction_id == transaction_id, c.document == Document.RECEIPT)
        .order_by(c.created_at, c.id)
    )
    return [
        {
            "print_job_id": str(row.id),
            "status": row.status,
            "copy": row.copy,
            "attempts": row.attempts,
            "last_error": row.last_error,
            "created_at": row.created_at.isoformat(),
            "printed_at": row.printed_at.isoformat() if row.printed_at else None,
        }
        for row in rows
    ]
