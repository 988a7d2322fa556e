"""Reading the ledger: where a pipe stands, what is projected of it, and whether a store is complete."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, text

from courier import cursor
from courier.envelope import opened_text
from courier.inbox import twin_pipe
from hq.database import courier
from hq.ledger.tables import ledger


def api_pipe(store_id: str) -> str:
    """The pipe of a store's plain events, beside the pipe of its hub, which has the store's name."""
    return f"{store_id}/api"


def pipes_of(store_id: str) -> list[str]:
    """Every pipe that can hold facts of this store."""
    return [store_id, api_pipe(store_id), twin_pipe(store_id)]


def next_position(tx: Connection, pipe: str) -> int:
    """Where the sender of this pipe shall go on."""
    return cursor.read(tx, courier.sync_cursors, cursor.pipe_cursor(pipe)) + 1


def known_hash(tx: Connection, origin: str, sequence: int) -> str | None:
    """The hash that stands in the ledger under an origin's number (`courier.inbox.KnownHash`)."""
    envelope = tx.execute(
        select(ledger.c.envelope).where(ledger.c.origin == origin, ledger.c.sequence == sequence)
    ).scalar_one_or_none()
    return opened_text(envelope).hash if envelope is not None else None


@dataclass(frozen=True, slots=True)
class PipeState:
    """The last position of a pipe that was received and that a projection has applied."""

    pipe: str
    received: int
    projected: int

    @property
    def lag(self) -> int:
        """Positions received and not applied yet."""
        return self.received - self.projected


_PIPES = text("""
    SELECT substr(c.cursor_name, 6) AS pipe, c.cursor_value AS received, coalesce(p.position, 0) AS projected
    FROM sync_cursors c
    LEFT JOIN projection_cursors p ON p.projection = :projection AND p.pipe = substr(c.cursor_name, 6)
    WHERE c.cursor_name LIKE 'pipe:%'
    ORDER BY 1
""")


def pipe_states(tx: Connection, projection: str) -> list[PipeState]:
    """Every pipe with what a projection has applied of it."""
    return [
        PipeState(row.pipe, row.received, row.projected)
        for row in tx.execute(_PIPES, {"projection": projection})
    ]


@dataclass(frozen=True, slots=True)
class Posting:
    """A fact at its position of a pipe, word for word."""

    position: int
    envelope: str


def postings(tx: Connection, pipe: str, after: int, count_max: int, bytes_max: int) -> list[Posting]:
    """The next facts of a pipe as they came (at least one if there is one), no more than fit."""
    c = ledger.c
    rows = tx.execute(
        select(c.position, c.envelope)
        .where(c.pipe == pipe, c.position > after)
        .order_by(c.position)
        .limit(count_max)
    )
    found: list[Posting] = []
    size = 0
    for row in rows:
        size += len(row.envelope)
        if found and size > bytes_max:
            break
        found.append(Posting(row.position, row.envelope))
    return found


def set_aside_count(tx: Connection, pipes: Iterable[str] | None = None) -> int:
    """How many facts (of these pipes) wait for a person's decision."""
    aside = courier.set_aside.c
    query = select(func.count()).select_from(courier.set_aside).where(aside.decision.is_(None))
    if pipes is not None:
        query = query.where(aside.pipe.in_(list(pipes)))
    return tx.execute(query).scalar_one()


def waiting_counts(tx: Connection) -> tuple[dict[str, int], dict[str, int]]:
    """Facts that wait for a decision by reason, and open breaks of chains by kind."""
    aside, breaks = courier.set_aside.c, courier.chain_breaks.c
    waiting = select(aside.code, func.count()).where(aside.decision.is_(None)).group_by(aside.code)
    broken = select(breaks.kind, func.count()).group_by(breaks.kind)
    by_code, by_kind = ({row[0]: row[1] for row in tx.execute(query)} for query in (waiting, broken))
    return by_code, by_kind


def last_batches(tx: Connection) -> dict[str, datetime]:
    """When the last batch of each store was taken."""
    rows = tx.execute(
        text("""
            SELECT split_part(substr(cursor_name, 6), '/', 1) AS store_id, max(updated_at) AS heard_at
            FROM sync_cursors WHERE cursor_name LIKE 'pipe:%' GROUP BY 1
        """)
    )
    return {row.store_id: row.heard_at for row in rows}
