"""Reading the ledger: where a pipe stands, what is projected of it, and whether a store is complete."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, text

from courier import cursor
from courier.chain import Link
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
class OriginState:
    """The chain of one origin as it has arrived.

    `first` and `last`: sequences; `hash`: of the last; `gaps`: missing sequences, both ends included;
    `intact`: nothing was forked or altered. `sales_count` and `sales_total` (minor units) as projected.
    """

    origin: str
    first: int
    last: int
    hash: str
    gaps: list[tuple[int, int]]
    intact: bool
    sales_count: int
    sales_total: int
    last_heard_at: datetime | None

    def to_body(self) -> dict[str, Any]:
        """JSON types only."""
        return {
            "origin": self.origin,
            "first": self.first,
            "last": self.last,
            "hash": self.hash,
            "gaps": [list(gap) for gap in self.gaps],
            "chain": "intact" if self.intact else "broken",
            "sales_count": self.sales_count,
            "sales_total": self.sales_total,
            "last_heard_at": self.last_heard_at.isoformat() if self.last_heard_at else None,
        }


@dataclass(frozen=True, slots=True)
class Completeness:
    """What head office can say about a store's facts (DESIGN invariant 6)."""

    store_id: str
    origins: list[OriginState] = field(default_factory=list)
    set_aside: int = 0
    projected: bool = True

    @property
    def complete(self) -> bool:
        """Every number of every origin is here, unbroken, applied, and nothing waits for a person."""
        whole = all(origin.intact and not origin.gaps for origin in self.origins)
        return whole and self.projected and self.set_aside == 0

    def to_body(self) -> dict[str, Any]:
        """JSON types only."""
        return {
            "store_id": self.store_id,
            "complete": self.complete,
            "origins": [origin.to_body() for origin in self.origins],
            "set_aside": self.set_aside,
            "projected": self.projected,
        }


_ORIGINS = text("""
    SELECT o.origin, o.sequence, o.hash, o.heard_at,
        coalesce((SELECT min(sequence) FROM ledger l WHERE l.origin = o.origin), o.sequence) AS first,
        coalesce(s.sales_count, 0) AS sales_count, coalesce(s.sales_total, 0) AS sales_total
    FROM origins o LEFT JOIN origin_sums s USING (origin)
    WHERE split_part(o.origin, '/', 1) = :store_id
    ORDER BY o.origin
""")


def completeness(tx: Connection, store_id: str, projection: str) -> Completeness:
    """The state of all chains of a store; wants a transaction with one snapshot."""
    breaks = courier.chain_breaks.c
    found = tx.execute(_ORIGINS, {"store_id": store_id}).all()
    gaps: dict[str, list[tuple[int, int]]] = {row.origin: [] for row in found}
    broken: set[str] = set()
    for row in tx.execute(
        select(breaks.origin, breaks.kind, breaks.first_sequence, breaks.last_sequence)
        .where(breaks.origin.in_(gaps))
        .order_by(breaks.first_sequence)
    ):
        if row.kind == Link.GAP.value:
            gaps[row.origin].append((row.first_sequence, row.last_sequence))
        else:
            broken.add(row.origin)
    pipes = pipes_of(store_id)
    states = [state for state in pipe_states(tx, projection) if state.pipe in pipes]
    return Completeness(
        store_id,
        [
            OriginState(
                row.origin,
                row.first,
                row.sequence,
                row.hash,
                gaps[row.origin],
                row.origin not in broken,
                row.sales_count,
                row.sales_total,
                row.heard_at,
            )
            for row in found
        ],
        set_aside_count(tx, pipes),
        all(state.lag == 0 for state in states),
    )


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
