"""A print job: one paper that is wanted, or a drawer to open, and what the paper must say about itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

DRAWER_PATIENCE = timedelta(seconds=30)
"""A drawer opens for somebody at the counter. Where the printer took longer to come back it stays shut:
nobody may be standing there any more."""


class Document(StrEnum):
    """What a job brings: a receipt, the slip of a refund or a void, a report of a shift, or nothing but an
    open drawer. X_BLIND is an X for somebody who has yet to count the drawer."""

    RECEIPT = "RECEIPT"
    REFUND = "REFUND"
    VOID = "VOID"
    X_REPORT = "X_REPORT"
    X_BLIND = "X_BLIND"
    Z_REPORT = "Z_REPORT"
    DRAWER = "DRAWER"


class Edition(StrEnum):
    """Whether another paper of this sale may exist.

    Two papers that both look like the first are two refunds; so a reprint that somebody asked for says
    COPY, and a second try after bytes had been sent says PERHAPS_COPY, as the first may have come out.
    """

    ORIGINAL = "ORIGINAL"
    COPY = "COPY"
    PERHAPS_COPY = "PERHAPS_COPY"


@dataclass(frozen=True, slots=True)
class Job:
    """One row of `print_jobs` that waits. `attempts` counts tries that failed or may have.

    `transaction_id` is the sale it is about, `document_id` the refund or the shift; what it is
    not about is None.
    """

    job_id: UUID
    transaction_id: UUID | None
    printer: str
    attempts: int
    created_at: datetime
    copy: bool
    maybe_printed: bool
    document: Document = Document.RECEIPT
    document_id: UUID | None = None

    @property
    def edition(self) -> Edition:
        """What the next paper has to say."""
        if self.copy:
            return Edition.COPY
        return Edition.PERHAPS_COPY if self.maybe_printed else Edition.ORIGINAL

    def may_open_drawer(self, at: datetime) -> bool:
        """Whether somebody may still be standing at the drawer."""
        return at - self.created_at < DRAWER_PATIENCE
