"""A print job: one receipt that is wanted on paper, and what that paper must say about itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

DRAWER_PATIENCE = timedelta(seconds=30)
"""A drawer opens for a customer at the counter. For a receipt that had to wait longer it stays shut:
nobody may be standing there any more."""


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
    """One row of `print_jobs` that waits. `attempts` counts tries that failed or may have."""

    job_id: UUID
    transaction_id: UUID
    printer: str
    attempts: int
    created_at: datetime
    copy: bool
    maybe_printed: bool

    @property
    def edition(self) -> Edition:
        """What the next paper has to say."""
        if self.copy:
            return Edition.COPY
        return Edition.PERHAPS_COPY if self.maybe_printed else Edition.ORIGINAL

    def may_open_drawer(self, at: datetime) -> bool:
        """Whether the drawer may open with this paper: with the first one, while the customer is there."""
        return self.edition is Edition.ORIGINAL and at - self.created_at < DRAWER_PATIENCE
