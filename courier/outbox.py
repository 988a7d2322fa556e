"""The outbox: facts are sealed and numbered in the transaction that made them true."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import takewhile
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Insert, Integer, Select, Table, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from courier import cursor
from courier.chain import ChainHead
from courier.envelope import FIRST_HASH, Envelope, seal
from courier.tables import CourierTables

OUTBOX_HEAD = "outbox"
READS_ONLY = "reads_only"
"""Execution option of the transactions in which the loops only read, for a database (SQLite) whose
owner would otherwise let them take the write lock."""

ACKNOWLEDGED = "acknowledged"
"""The cursor that says how far the receiver has our pipe."""


PRUNED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Pending:
    """One envelope waiting to be sent, with its position in the pipe."""

    position: int
    text: str


def reading(engine: Engine) -> Connection:
    """A connection for a transaction that only reads; close it after use."""
    return engine.connect().execution_options(**{READS_ONLY: True})


def bump(tx: Connection, heads: Table, name: str, by: int = 1) -> int:
    """Take the next number(s) from a head row and return the last one taken.

    The row stays locked until commit, so that numbers are given out in commit order.
    """
    taking = _take_numbers(heads, tx.dialect.name == "postgresql")
    last: int = tx.execute(taking, {"named": name, "by": by}).scalar_one()
    return last


@cache
def _take_numbers(heads: Table, on_postgres: bool) -> ReturningInsert[Any]:
    insert = postgresql.insert if on_postgres else sqlite.insert
    by = bindparam("by", type_=heads.c.value.type)
    return (
        insert(heads)
        .values(name=bindparam("named"), value=by)
        .on_conflict_do_update(index_elements=["name"], set_={"value": heads.c.value + by})
        .returning(heads.c.value)
    )


def chain_head(tx: Connection, origins: Table, origin: str) -> ChainHead:
    """The head of the origin's chain, locked until commit where the database locks rows."""
    row = tx.execute(_head(origins), {"of_origin": origin}).one_or_none()
    return ChainHead(origin, row.sequence, row.hash) if row else ChainHead(origin, 0, FIRST_HASH)


def set_chain_head(tx: Connection, origins: Table, head: ChainHead, at: datetime) -> None:
    """Write the head of an origin's chain."""
    tx.execute(
        _set_head(origins, tx.dialect.name == "postgresql"),
        {"of_origin": head.origin, "number": head.sequence, "proof": head.hash, "moment": at},
    )


@cache
def _head(origins: Table) -> Select[Any]:
    wanted = select(origins.c.sequence, origins.c.hash).where(origins.c.origin == bindparam("of_origin"))
    return wanted.with_for_update()


@cache
def _set_head(origins: Table, on_postgres: bool) -> Insert:
    insert = postgresql.insert if on_postgres else sqlite.insert
    values: dict[str, Any] = {
        "sequence": bindparam("number"),
        "hash": bindparam("proof"),
        "heard_at": bindparam("moment"),
    }
    return (
        insert(origins)
        .values(origin=bindparam("of_origin"), **values)
        .on_conflict_do_update(index_elements=["origin"], set_=values)
    )


def _begin_chain(tx: Connection, origins: Table, head: ChainHead, at: datetime) -> None:
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    tx.execute(
        insert(origins)
        .values(origin=head.origin, sequence=head.sequence, hash=head.hash, heard_at=at)
        .on_conflict_do_nothing()
    )


def record(
    tx: Connection,
    tables: CourierTables,
    *,
    origin: str,
    store_id: str,
    terminal_id: str | None,
    event_id: UUID,
    event_type: str,
    version: int,
    payload: Mapping[str, Any],
    aggregate_type: str,
    aggregate_id: str,
    at: datetime,
) -> Envelope:
    """Seal our own fact behind the last one and put it on its way; part of the caller's transaction."""
    head = chain_head(tx, tables.origins, origin)
    if head.sequence == 0:
        # Two first facts at once would both find no row to wait for.
        _begin_chain(tx, tables.origins, head, at)
        head = chain_head(tx, tables.origins, origin)
    envelope = seal(
        event_id=event_id,
        event_type=event_type,
        version=version,
        origin=origin,
        sequence=head.sequence + 1,
        previous_hash=head.hash,
        store_id=store_id,
        terminal_id=terminal_id,
        timestamp=at,
        payload=payload,
    )
    set_chain_head(tx, tables.origins, ChainHead(origin, envelope.sequence, envelope.hash), at)
    put(tx, tables, envelope, aggregate_type=aggregate_type, aggregate_id=aggregate_id, at=at)
    return envelope


def put(
    tx: Connection,
    tables: CourierTables,
    envelope: Envelope,
    *,
    aggregate_type: str,
    aggregate_id: str,
    at: datetime,
) -> int:
    """Put a sealed envelope (ours or one passed on) at the end of the pipe; returns its position."""
    position = bump(tx, tables.heads, OUTBOX_HEAD)
    row = {
        "id": position,
        "event_id": envelope.event_id,
        "event_type": envelope.event_type,
        "aggregate_type": aggregate_type,
        "aggregate_id": aggregate_id,
        "origin": envelope.origin,
        "sequence": envelope.sequence,
        "payload": envelope.text,
        "created_at": at,
    }
    tx.execute(tables.outbox.insert(), row)
    return position


def pending(
    tx: Connection, tables: CourierTables, next_position: int, count_max: int, bytes_max: int
) -> list[Pending]:
    """The envelopes from a position on, as many as fit a batch (always at least one if there is one).

    A batch numbers its envelopes by the position of its first: it ends where a position is missing.
    """
    rows = tx.execute(_from_position(tables.outbox), {"position": next_position, "count_max": count_max})
    batch: list[Pending] = []
    size = 0
    for row in rows:
        size += len(row.payload.encode())
        if batch and (size > bytes_max or row.id != batch[-1].position + 1):
            break
        batch.append(Pending(row.id, row.payload))
    return batch


def acknowledged(tx: Connection, tables: CourierTables) -> int:
    """The last position of our pipe that the receiver says it has."""
    return cursor.read(tx, tables.sync_cursors, ACKNOWLEDGED)


def acknowledge(tx: Connection, tables: CourierTables, next_position: int, at: datetime) -> None:
    """Note where the receiver wants us to go on; it may be earlier than before (a restored receiver).

    Nothing is deleted here, and nothing beyond our own last position is believed.
    """
    last = min(next_position - 1, last_position(tx, tables))
    cursor.move(tx, tables.sync_cursors, ACKNOWLEDGED, last, at)


def prune(
    tx: Connection,
    tables: CourierTables,
    before: datetime,
    count_max: int = PRUNED_AT_ONCE,
    keep_from: int | None = None,
) -> int:
    """Remove the oldest envelopes that the receiver has and that were written before this moment; returns
    how many. What was not acknowledged stays for ever, and so does what stands at `keep_from` or behind.

    A small step, so that nobody waits long for its locks: call it again while it returns `count_max`.
    """
    outbox, done = tables.outbox, acknowledged(tx, tables)
    oldest = tx.execute(
        select(outbox.c.id, outbox.c.created_at)
        .where(outbox.c.id <= (done if keep_from is None else min(done, keep_from - 1)))
        .order_by(outbox.c.id)
        .limit(count_max)
    ).all()
    # The first that has to stay keeps all behind it: a pipe has no holes.
    old = list(takewhile(lambda row: row.created_at < before, oldest))
    if old:
        tx.execute(delete(outbox).where(outbox.c.id <= old[-1].id))
    return len(old)


def last_position(tx: Connection, tables: CourierTables) -> int:
    """The last position given out in our pipe, 0 when it is empty."""
    last: int | None = tx.execute(_last(tables.heads)).scalar_one_or_none()
    return last or 0


@cache
def _last(heads: Table) -> Select[Any]:
    """Made once for each table, like its neighbours: a loop that finds nothing to send asks all the time."""
    return select(heads.c.value).where(heads.c.name == OUTBOX_HEAD)


@cache
def _from_position(outbox: Table) -> Select[Any]:
    return (
        select(outbox.c.id, outbox.c.payload)
        .where(outbox.c.id >= bindparam("position"))
        .order_by(outbox.c.id)
        .limit(bindparam("count_max", type_=Integer))
    )


@dataclass(frozen=True, slots=True)
class Backlog:
    """What still waits: how many envelopes and since when the oldest."""

    length: int
    oldest_at: datetime | None


def backlog(tx: Connection, tables: CourierTables) -> Backlog:
    """Length and age of the queue; costs three primary-key look-ups however long it is."""
    done = acknowledged(tx, tables)
    length = last_position(tx, tables) - done
    if length <= 0:
        return Backlog(0, None)
    outbox = tables.outbox
    oldest = tx.execute(select(outbox.c.created_at).where(outbox.c.id == done + 1)).scalar_one_or_none()
    return Backlog(length, oldest)
