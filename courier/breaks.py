"""Where chains do not hold, written down: gaps that are open until they are filled, forks, altered facts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import structlog
from sqlalchemy import Connection, Table, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from courier.chain import Gap, Link, rest_of
from courier.envelope import Envelope

log = structlog.get_logger(__name__)


def note_break(tx: Connection, chain_breaks: Table, kind: str, where: Gap, at: datetime) -> None:
    """Note where a chain does not hold (`kind`: a `Link`, or what a pipe lacks), the same break once."""
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    tx.execute(
        insert(chain_breaks)
        .values(
            origin=where.origin,
            kind=str(kind),
            first_sequence=where.first_sequence,
            last_sequence=where.last_sequence,
            awaited_hash=where.awaited_hash or None,
            found_at=at,
        )
        .on_conflict_do_nothing()
    )
    log.error(
        "chain broken",
        origin=where.origin,
        kind=str(kind),
        first_sequence=where.first_sequence,
        last_sequence=where.last_sequence,
    )


def gap_at(tx: Connection, chain_breaks: Table, origin: str, sequence: int) -> Gap | None:
    """The open gap of an origin that this number falls into."""
    c = chain_breaks.c
    row = tx.execute(
        select(c.first_sequence, c.last_sequence, c.awaited_hash).where(
            c.origin == origin,
            c.kind == Link.GAP.value,
            c.first_sequence <= sequence,
            c.last_sequence >= sequence,
        )
    ).one_or_none()
    return Gap(origin, row.first_sequence, row.last_sequence, row.awaited_hash) if row else None


def fill_gap(tx: Connection, chain_breaks: Table, gap: Gap, envelope: Envelope, at: datetime) -> None:
    """Put what stays missing after this envelope in the place of the gap it fell into."""
    replace_gap(tx, chain_breaks, gap, rest_of(gap, envelope), at)
    log.info("gap filled", origin=gap.origin, sequence=envelope.sequence)


def replace_gap(tx: Connection, chain_breaks: Table, gap: Gap, rests: Sequence[Gap], at: datetime) -> None:
    """Put what stays missing in the place of a gap."""
    c = chain_breaks.c
    tx.execute(
        delete(chain_breaks).where(
            c.origin == gap.origin, c.kind == Link.GAP.value, c.first_sequence == gap.first_sequence
        )
    )
    for rest in rests:
        tx.execute(
            chain_breaks.insert().values(
                origin=rest.origin,
                kind=Link.GAP.value,
                first_sequence=rest.first_sequence,
                last_sequence=rest.last_sequence,
                awaited_hash=rest.awaited_hash,
                found_at=at,
            )
        )
