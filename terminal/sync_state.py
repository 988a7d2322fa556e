"""What the sync light tells: is the hub there, what has not reached it yet, how old are the prices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from courier.link import LinkState
from terminal.till_status import TillStatus

TILL_REPLACED = "till-replaced"
"""Trouble: another machine was enrolled in this till's place; what is unsent stays here until somebody
hands it in."""

TILL_SET_BACK = "till-set-back"
"""Trouble: the till was started from an old copy of its disk. It goes on behind what the hub has had from it;
what it sold under numbers that were given out before is the hub's to decide."""


@dataclass(frozen=True, slots=True)
class SyncState:
    """The till's ties to its hub, as of the last change.

    `unsent` facts wait since `oldest_at`. `news_at` is when the catalogue last changed (`news_version`),
    `last_heard_at` when the hub last answered anything in this run: prices are as new as the later of
    the two. `trouble` names what keeps facts from being sent (`courier.sender`), `news_trouble` what keeps
    news from being heard or applied (`courier.follower`), None when nothing does.
    `clock_skew_seconds` is how far the hub's clock is ahead of the till's; nothing is ordered by it.
    `sequence` and `head_hash` end this till's chain. `status` is what the hub told last of head office and
    printer, `update` a newer version of the program that waits, or empty. `block_hours` is the chain's
    `offline_block_hours`: after so long without head office a manager is asked, once a shift; 0 never.
    """

    link: LinkState
    since: datetime
    last_heard_at: datetime | None = None
    unsent: int = 0
    oldest_at: datetime | None = None
    news_version: int = 0
    news_at: datetime | None = None
    trouble: str | None = None
    news_trouble: str | None = None
    clock_skew_seconds: float | None = None
    sequence: int = 0
    head_hash: str = ""
    status: TillStatus | None = None
    update: str = ""
    block_hours: int = 0
