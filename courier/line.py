"""The line of versions after its author was restored from an old backup: versions never go back.

Between the backup and its restore versions were given out that the restored line knows nothing of. They
are lost: the line goes on far above them, they are never given out again, and whoever stands on one of
them has to start over (`courier.feed.page` says so). Only the author of the line, head office, lifts it;
whoever passes the news on keeps the lost ranges that come with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import structlog
from sqlalchemy import Connection, Select, Table, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from courier.news import Lost
from courier.outbox import bump
from courier.tables import CourierTables

log = structlog.get_logger(__name__)

FEED_HEAD = "feed"

LIFT = 2**20
"""More versions than a chain publishes between two backups: at least so far above its head a restored line
goes on, although it cannot know how many were lost."""

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)

AHEAD_MAX = 2**52
"""No store is further ahead of a restored line: in microseconds that is more than a hundred years."""


def version_now(tx: Connection, tables: CourierTables) -> int:
    """The last version published and committed, 0 when there is none."""
    head: int | None = tx.execute(_head(tables.heads)).scalar_one_or_none()
    return head or 0


@cache
def _head(heads: Table) -> Select[Any]:
    return select(heads.c.value).where(heads.c.name == FEED_HEAD)


def _above(version: int, at: datetime) -> int:
    """The number that a line goes on at which is lifted at this moment, above a version.

    Microseconds since 2026 began: what is lifted later stands higher, whatever backup it is of and however
    often that was lifted before, as long as fewer versions than microseconds go by. Where a clock was put
    back the line stands above its own moment; the milliseconds keep two restores of one backup apart then.
    """
    moment = max(0, (at - BEGAN) // timedelta(microseconds=1))
    return max(version + LIFT + moment // 1_000 % LIFT, moment)


def lift(tx: Connection, tables: CourierTables, at: datetime, *, heard: int | None = None) -> int:
    """Go on above everything that was given out before a restore; returns the head.

    To be called by whatever restores head office, in the restored database before it serves; calling it
    once too often costs nothing but numbers. `heard`: a version that somebody holds; nothing is done
    when the line knows it.
    """
    head = bump(tx, tables.heads, FEED_HEAD, by=0)
    if heard is not None and heard <= head:
        return head
    # Restored lines must not meet: a second restore of one backup begins at the same head as the first, and a
    # store that stands on a version of the first would never hear that it was lost.
    lifted = _above(max(head, heard or 0), at)
    bump(tx, tables.heads, FEED_HEAD, by=lifted - head)
    note_lost(tx, tables, [Lost(head + 1, lifted - 1)], at)
    log.warning("news line lifted", first_lost=head + 1, heard=heard, version=lifted)
    return lifted


def note_lost(tx: Connection, tables: CourierTables, ranges: Iterable[Lost], at: datetime) -> None:
    """Keep ranges of lost versions, known ones too; of two that begin alike the longer one holds both."""
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    rows = [
        {"first_version": lost.first_version, "last_version": lost.last_version, "found_at": at}
        for lost in ranges
    ]
    if rows:
        statement = insert(tables.lost_versions)
        last = statement.excluded.last_version
        tx.execute(
            statement.on_conflict_do_update(
                index_elements=["first_version"],
                set_={"last_version": last},
                where=tables.lost_versions.c.last_version < last,
            ),
            rows,
        )


def lost_from(tx: Connection, tables: CourierTables, version: int) -> tuple[Lost, ...]:
    """The ranges of lost versions that hold this one or lie after it."""
    rows = tx.execute(_lost(tables.lost_versions), {"version": version})
    return tuple(Lost(row.first_version, row.last_version) for row in rows)


@cache
def _lost(lost_versions: Table) -> Select[Any]:
    c = lost_versions.c
    from_version = c.last_version >= bindparam("version")
    return select(c.first_version, c.last_version).where(from_version).order_by(c.first_version)
