"""Reading the print queue."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Connection, Table, func, select

from storehub.printers.job import Job
from storehub.printers.tables import WAITING


def oldest_waiting(tx: Connection, jobs: Table, passing_over: Collection[UUID] = ()) -> Job | None:
    """The job that is next, in the order they were asked for; None when nothing waits."""
    columns = jobs.c
    wanted = select(
        columns.id,
        columns.transaction_id,
        columns.printer,
        columns.attempts,
        columns.created_at,
        columns.copy,
        columns.maybe_printed,
    ).where(columns.status == WAITING)
    if passing_over:
        wanted = wanted.where(columns.id.not_in(passing_over))
    row = tx.execute(wanted.order_by(columns.created_at, columns.id).limit(1)).first()
    return Job(*row) if row else None


def waiting_count(tx: Connection, jobs: Table) -> int:
    """How many receipts wait for paper."""
    return tx.execute(select(func.count()).select_from(jobs).where(jobs.c.status == WAITING)).scalar_one()
