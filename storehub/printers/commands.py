"""Writing the print queue."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Table, insert, update

from storehub.printers.job import Document
from storehub.printers.tables import PRINTED, WAITING

ERROR_LENGTH_MAX = 500


def add_job(
    tx: Connection,
    jobs: Table,
    *,
    job_id: UUID,
    transaction_id: UUID | None,
    printer: str,
    at: datetime,
    copy: bool = False,
    document: Document = Document.RECEIPT,
    document_id: UUID | None = None,
) -> None:
    """Ask for a paper, or for the drawer; `copy` when it is a reprint. Wake the queue after the commit."""
    tx.execute(
        insert(jobs).values(
            id=job_id,
            transaction_id=transaction_id,
            printer=printer,
            created_at=at,
            copy=copy,
            document=document.value,
            document_id=document_id,
        )
    )


def note_sending(tx: Connection, jobs: Table, job_id: UUID, printer: str) -> None:
    """Note, before the first byte leaves, that paper may exist from now on whatever happens next."""
    tx.execute(
        update(jobs)
        .where(jobs.c.id == job_id, jobs.c.status == WAITING)
        .values(
            attempts=jobs.c.attempts + 1,
            maybe_printed=True,
            printer=printer,
            last_error="sent, and not heard whether it was printed",
        )
    )


def note_failure(tx: Connection, jobs: Table, job_id: UUID, error: str, *, sent: bool) -> None:
    """Note why the job still waits; `sent` when `note_sending` has counted this attempt already."""
    tx.execute(
        update(jobs)
        .where(jobs.c.id == job_id, jobs.c.status == WAITING)
        .values(attempts=jobs.c.attempts + (0 if sent else 1), last_error=error[:ERROR_LENGTH_MAX])
    )


def note_printed(tx: Connection, jobs: Table, job_id: UUID, at: datetime) -> None:
    """The receipt is on paper."""
    tx.execute(
        update(jobs)
        .where(jobs.c.id == job_id, jobs.c.status == WAITING)
        .values(status=PRINTED, printed_at=at, last_error=None)
    )
