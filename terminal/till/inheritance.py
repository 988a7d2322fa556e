"""The shift that was open at a till whose disk was lost goes on at the till in its place.

Its facts are the lost till's, as far as the hub has them. They count for the drawer and for nothing else:
they are on their way no more, so they are kept beside the outbox.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Protocol

import structlog

from courier.envelope import Envelope, opened_text
from retail.shift_facts import ShiftOpened
from terminal.till.journal import Journal

log = structlog.stdlib.get_logger("terminal.till")

KNOWN = "SELECT 1 FROM shifts LIMIT 1"
INHERIT = "INSERT OR IGNORE INTO inherited (sequence, payload) VALUES (?, ?)"
OPENED = "INSERT OR IGNORE INTO shifts (opened_sequence) VALUES (?)"


class ShiftsDoor(Protocol):
    """The hub's door for it."""

    def open_shift_facts(self, after: int) -> list[str]:
        """The sealed facts of this till since its open shift began, behind a number, a page of them in order;
        none when no shift is open. Raises `Outage` or `Rejected`."""


def take_over_shift(journal: Journal, hub: ShiftsDoor) -> int:
    """Bring the open shift of the till before into a journal that has never had one; returns how many facts.

    It may be done again after any failure. Raises `Outage`, `Rejected` and the refusals of the disk.
    """
    if journal.rows(KNOWN):
        return 0
    taken: list[Envelope] = []
    after = 0
    while page := [opened_text(text) for text in hub.open_shift_facts(after)]:
        taken += page
        after = page[-1].sequence
    if not taken or taken[0].event_type != ShiftOpened.event_type:
        return 0
    with journal.deed() as tx:
        _keep(tx, taken)
    log.info("shift of the till before taken over", first=taken[0].sequence, facts=len(taken))
    return len(taken)


def _keep(tx: sqlite3.Connection, taken: Sequence[Envelope]) -> None:
    tx.executemany(INHERIT, [(envelope.sequence, envelope.text) for envelope in taken])
    tx.execute(OPENED, (taken[0].sequence,))
