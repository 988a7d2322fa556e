"""Parked baskets in the journal: rows of `drafts` beside the counter's.

Parking and recalling are one commit each, so that a power cut finds the basket in one place.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import structlog

from terminal.till.draft import Draft, read_back, written
from terminal.till.journal import COUNTER, END_DRAFT, KEEP_DRAFT, Journal
from terminal.till.parking_slip import AtHub

log = structlog.stdlib.get_logger("terminal.till")

NEXT_PLACE = "SELECT coalesce(max(place), ?) + 1 FROM drafts"
# A basket whose sale is recorded is over, wherever its row still is.
PARKED = """SELECT body FROM drafts WHERE place > ?
    AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.event_id = drafts.sale_id) ORDER BY place"""
REWRITE = "UPDATE drafts SET body = ?, updated_at = ? WHERE place > ? AND sale_id = ?"
DROP = "DELETE FROM drafts WHERE place > ? AND sale_id = ?"


class ParkedBaskets:
    """The parked baskets of one till; every method may raise a refusal of the disk."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def park(self, draft: Draft, at: datetime) -> None:
        """Move the counter's basket aside, with its slip."""
        assert draft.slip is not None, "a parked basket has a slip"
        with self._journal.deed() as tx:
            place = tx.execute(NEXT_PLACE, (COUNTER,)).fetchone()[0]
            tx.execute(KEEP_DRAFT, (place, draft.sale_id.hex, written(draft), _moment(at)))
            tx.execute(END_DRAFT, (COUNTER,))

    def put_aside(self, draft: Draft, at: datetime) -> None:
        """Keep a basket among the parked ones that was not at the counter."""
        assert draft.slip is not None, "a parked basket has a slip"
        with self._journal.deed() as tx:
            tx.execute(DROP, (COUNTER, draft.sale_id.hex))
            place = tx.execute(NEXT_PLACE, (COUNTER,)).fetchone()[0]
            tx.execute(KEEP_DRAFT, (place, draft.sale_id.hex, written(draft), _moment(at)))

    def take_up(self, sale_id: UUID, draft: Draft, at: datetime) -> None:
        """Bring this basket to the counter, in the place of the parked one with this id if there is one."""
        with self._journal.deed() as tx:
            tx.execute(DROP, (COUNTER, sale_id.hex))
            kept = written(replace(draft, slip=None))
            tx.execute(KEEP_DRAFT, (COUNTER, draft.sale_id.hex, kept, _moment(at)))

    def mark(self, sale_id: UUID, at_hub: AtHub, at: datetime, life: str = "") -> None:
        """Note whether the hub, in this `life`, has it; nothing happens when it is parked here no more."""
        draft = self.find(sale_id)
        if draft is None or draft.slip is None or (draft.slip.at_hub, draft.slip.life) == (at_hub, life):
            return
        marked = replace(draft, slip=replace(draft.slip, at_hub=at_hub, life=life))
        with self._journal.deed() as tx:
            tx.execute(REWRITE, (written(marked), _moment(at), COUNTER, sale_id.hex))

    def drop(self, sale_id: UUID) -> None:
        """Forget it."""
        with self._journal.deed() as tx:
            tx.execute(DROP, (COUNTER, sale_id.hex))

    def find(self, sale_id: UUID) -> Draft | None:
        """The parked basket with this id."""
        return next((draft for draft in self.all() if draft.sale_id == sale_id), None)

    def all(self) -> list[Draft]:
        """The parked baskets, the oldest first; one that cannot be read stays for a person."""
        with self._journal.deed() as tx:
            rows = tx.execute(PARKED, (COUNTER,)).fetchall()
        found = []
        for (body,) in rows:
            try:
                draft = read_back(body)
            except (KeyError, TypeError, ValueError, ArithmeticError):
                log.warning("parked draft not readable")
                continue
            if draft.slip is not None:
                found.append(draft)
        return found


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
