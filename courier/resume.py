"""Going on after a disk was lost: an origin announces how far it is, and its next disk goes on behind that.

What an origin sends is on two disks at least. What it had not sent yet went with its own disk, but the
number is known when it was announced (every request carries the origin's head) or stands on a receipt.
The new disk begins behind the highest number known, so that no number is ever given out twice, and what is
missing is an open gap with its numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from courier import cursor
from courier.breaks import note_break
from courier.chain import UNKNOWN_HASH, ChainHead, Gap, Link
from courier.outbox import chain_head, set_chain_head
from courier.tables import CourierTables


def keep_announced(tx: Connection, tables: CourierTables, head: ChainHead, at: datetime) -> bool:
    """Keep an announced head that is beyond what has been received and announced; True when it was."""
    origins, announced = tables.origins.c, tables.announced
    received = tx.execute(select(origins.sequence).where(origins.origin == head.origin)).scalar_one_or_none()
    if head.sequence <= (received or 0):
        return False
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    statement = insert(announced).values(
        origin=head.origin, sequence=head.sequence, hash=head.hash, announced_at=at
    )
    new = statement.excluded
    kept = tx.execute(
        statement.on_conflict_do_update(
            index_elements=["origin"],
            set_={"sequence": new.sequence, "hash": new.hash, "announced_at": new.announced_at},
            where=announced.c.sequence < new.sequence,
        ).returning(announced.c.origin)
    )
    return kept.first() is not None


def announced_head(tx: Connection, tables: CourierTables, origin: str) -> ChainHead | None:
    """The highest head that an origin announced beyond what it had sent then."""
    announced = tables.announced.c
    row = tx.execute(
        select(announced.sequence, announced.hash).where(announced.origin == origin)
    ).one_or_none()
    return ChainHead(origin, row.sequence, row.hash) if row else None


@dataclass(frozen=True, slots=True)
class Resumed:
    """Where an origin's next disk begins: behind `sequence` and `hash`, at `next_position` of its pipe;
    `missing`: the numbers that nobody has, both ends included."""

    sequence: int
    hash: str
    next_position: int
    missing: tuple[tuple[int, int], ...] = ()

    def to_body(self) -> dict[str, Any]:
        """JSON types only."""
        return {
            "sequence": self.sequence,
            "hash": self.hash,
            "next_position": self.next_position,
            "missing": [list(gap) for gap in self.missing],
        }


def resume(
    tx: Connection, tables: CourierTables, *, pipe: str, origin: str, stated: int, at: datetime
) -> Resumed:
    """Let an origin go on from a new disk, in the transaction that makes it the origin's only one.

    It goes on behind the highest number received, announced or `stated` (read off a receipt; 0: none),
    and what lies between is a gap from now on. Positions count as the chain does: an origin that is
    alone in its pipe gives its facts the same number in both.
    """
    name = cursor.pipe_cursor(pipe)
    position = cursor.lock(tx, tables.sync_cursors, name, at)
    known = chain_head(tx, tables.origins, origin)
    head = max(
        known,
        announced_head(tx, tables, origin) or known,
        # What was set aside at the end had a position and moved no head, so the pipe may be further.
        ChainHead(origin, max(stated, position), UNKNOWN_HASH),
        key=lambda candidate: candidate.sequence,
    )
    if head.sequence > known.sequence:
        note_break(
            tx,
            tables.chain_breaks,
            Link.GAP,
            Gap(origin, known.sequence + 1, head.sequence, head.hash),
            at,
        )
        set_chain_head(tx, tables.origins, head, at)
    cursor.move(tx, tables.sync_cursors, name, head.sequence, at)
    return Resumed(head.sequence, head.hash, head.sequence + 1, missing(tx, tables, origin))


def missing(tx: Connection, tables: CourierTables, origin: str) -> tuple[tuple[int, int], ...]:
    """The numbers of an origin that are missing, both ends included, in order."""
    c = tables.chain_breaks.c
    rows = tx.execute(
        select(c.first_sequence, c.last_sequence)
        .where(c.origin == origin, c.kind == Link.GAP.value)
        .order_by(c.first_sequence)
    )
    return tuple((row.first_sequence, row.last_sequence) for row in rows)
