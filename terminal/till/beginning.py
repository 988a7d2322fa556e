"""Where a till's facts begin, said to a hub that wants what was on a lost disk."""

from __future__ import annotations

from typing import Protocol

import structlog

from courier.carrier import Carrier
from courier.chain import ChainHead
from courier.envelope import opened_text
from courier.remote import Remote
from courier.sender import POSITIONS_MISSING
from terminal.till.journal import Journal
from terminal.till.old_disk import FIRST_KEPT

log = structlog.stdlib.get_logger("terminal.beginning")


class BeginsDoor(Protocol):
    """The hub's door for it."""

    def begin_behind(self, sequence: int, last_hash: str) -> None:
        """Say that this disk has nothing up to this number; raises `Outage` or `Rejected`."""


def say_where_we_begin(journal: Journal, carrier: Carrier, remote: Remote, hub: BeginsDoor) -> None:
    """Have a hub not want for ever what was on a lost disk, if it does: it took another hub's place and has
    heard no more of us than head office had. Raises `Outage` or `Rejected`."""
    if carrier.report.trouble != POSITIONS_MISSING:
        return
    wanted, head = remote.cursor(), journal.head
    rows = journal.rows(FIRST_KEPT, (wanted,))
    if rows:
        first = opened_text(rows[0][0])
        head = ChainHead(head.origin, first.sequence - 1, first.previous_hash)
    if head.sequence < wanted:
        return
    log.error("numbers not on this disk", first=wanted, last=head.sequence)
    hub.begin_behind(head.sequence, head.hash)
    carrier.try_now()
