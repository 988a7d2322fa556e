"""What the light says: the states of the world as a table of signs, the worst first (no Qt, no words)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any

from courier.link import LinkState
from terminal.sync_state import TILL_REPLACED, TILL_SET_BACK, SyncState
from terminal.till_status import NO_HEAD_OFFICE, PrinterStatus, TillStatus

LONG_WITHOUT_HEAD_OFFICE = timedelta(hours=2)
"""From here on prices and promotions may be old enough for a customer to notice (FR-4.3)."""

NEWS_STUCK = frozenset({"not-applied", "database", "rejected", "version-behind"})
"""Troubles with news that are there although the hub is: somebody has to look, or prices stay old."""

FRESH = timedelta(minutes=1)
"""News younger than this needs no age: the hub is asked far more often."""


class Weight(IntEnum):
    """How much a sign weighs: GOOD is green, NOTE is worth a word, WARN amber, BAD red."""

    GOOD = 0
    NOTE = 1
    WARN = 2
    BAD = 3


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that is not as it should be. `code` has its words at `world.<code>`; of the figures
    `moment` is a point in time, `age` a duration, `count` a number."""

    code: str
    weight: Weight
    figures: Mapping[str, Any] = field(default_factory=dict)


def signs_of(sync: SyncState, now: datetime) -> tuple[Sign, ...]:
    """Everything that is not well, the worst first; none of it stops a sale."""
    signs = [*_hub(sync), *_head_office(sync, now), *_printer(sync), *_update(sync)]
    return tuple(sorted(signs, key=lambda sign: -sign.weight))


def prices_as_of(sync: SyncState) -> datetime | None:
    """The moment up to which the prices here are head office's; None while there are none."""
    if not sync.news_version:
        return None
    status = sync.status
    heard = sync.last_heard_at
    if status is not None and status.hq.state != NO_HEAD_OFFICE:
        heard = status.hq.last_heard_at
    moments = [at for at in (heard, sync.news_at) if at is not None]
    return max(moments, default=None)


def silence(status: TillStatus | None, now: datetime) -> timedelta | None:
    """For how long nothing has been heard of head office; None where there is none to hear of."""
    if status is None or status.hq.state == NO_HEAD_OFFICE:
        return None
    heard = status.hq.last_heard_at or status.hq.since or status.heard_at
    return max(timedelta(0), now - heard)


def _hub(sync: SyncState) -> Iterator[Sign]:
    away = sync.link is LinkState.OFFLINE
    if sync.trouble == TILL_REPLACED:
        yield Sign("replaced", Weight.BAD)
    elif sync.trouble == TILL_SET_BACK:
        yield Sign("set-back", Weight.BAD)
    if sync.unsent and away:
        yield Sign("one-copy", Weight.BAD, {"count": sync.unsent})
    elif sync.unsent and sync.trouble not in (None, TILL_REPLACED, TILL_SET_BACK):
        yield Sign("one-copy", Weight.WARN, {"count": sync.unsent})
    if away:
        yield Sign("hub-away", Weight.BAD, {"moment": sync.since})
    elif sync.link is LinkState.DOUBTFUL:
        yield Sign("hub-doubtful", Weight.WARN)
    elif sync.news_trouble in NEWS_STUCK:
        yield Sign("news-stuck", Weight.WARN)


def _head_office(sync: SyncState, now: datetime) -> Iterator[Sign]:
    status, quiet = sync.status, silence(sync.status, now)
    if status is None or quiet is None:
        return
    if sync.block_hours and quiet >= timedelta(hours=sync.block_hours):
        yield Sign("hq-block", Weight.BAD, {"age": quiet})
    elif quiet >= LONG_WITHOUT_HEAD_OFFICE:
        yield Sign("hq-long", Weight.WARN, {"age": quiet})
    elif status.hq.away and sync.link is not LinkState.OFFLINE:
        heard = status.hq.last_heard_at or status.hq.since or status.heard_at
        yield Sign("hq-away", Weight.WARN, {"moment": heard, "count": status.hq.waiting})


def _printer(sync: SyncState) -> Iterator[Sign]:
    printer = sync.status.printer if sync.status and sync.link is not LinkState.OFFLINE else None
    if printer is None:
        return
    if printer.in_trouble:
        yield Sign(f"printer-{_printer_word(printer)}", Weight.WARN, {"count": printer.waiting})
    elif printer.paper_low:
        yield Sign("paper-low", Weight.NOTE)
    if printer.drawer_open:
        yield Sign("drawer-open", Weight.NOTE)


def _printer_word(printer: PrinterStatus) -> str:
    return printer.state if printer.state in ("paper-out", "cover-open") else "away"


def _update(sync: SyncState) -> Iterator[Sign]:
    if sync.update:
        yield Sign("update", Weight.NOTE, {"version": sync.update})
