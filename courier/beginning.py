"""Where a sender's facts begin, said to a receiver that wants what is on no disk any more.

A receiver that is older than what its sender still has would want the rest for ever: a hub that took a lost
one's place and what a till had on a lost disk, a head office that came back from a backup older than what a
hub keeps. The sender says where it goes on and how far every chain had come by then. What lies before is an
open gap, by number, and the pipe goes on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection, func, select

from courier import cursor, outbox
from courier.breaks import note_break
from courier.chain import ChainHead, Gap, Link
from courier.envelope import ORIGIN_LIMIT, SEQUENCE_LIMIT, opened_text
from courier.tables import CourierTables

log = structlog.get_logger(__name__)

LOST_POSITIONS = "positions"
"""Kind of a break: a pipe that carries many chains goes on behind these positions; `origin` is the pipe."""

_HASH = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Beginning:
    """A sender has nothing for its pipe before `position`; `heads`: how far each chain had come by then, as
    far as the sender knows."""

    position: int
    heads: tuple[ChainHead, ...]

    def to_body(self) -> dict[str, Any]:
        """JSON types only."""
        heads = [{"origin": head.origin, "sequence": head.sequence, "hash": head.hash} for head in self.heads]
        return {"position": self.position, "heads": heads}

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> Beginning:
        """Read it back; raises KeyError, TypeError, ValueError with what is wrong."""
        return cls(
            _number(body["position"]),
            tuple(
                ChainHead(_origin(head["origin"]), _number(head["sequence"]), _hash(head["hash"]))
                for head in body["heads"]
            ),
        )


def _number(value: Any) -> int:
    if type(value) is not int or not 1 <= value <= SEQUENCE_LIMIT:
        raise ValueError(f"{value!r} is no number from 1 to {SEQUENCE_LIMIT}")
    return value


def _origin(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= ORIGIN_LIMIT or not value.isprintable():
        raise ValueError(f"{value!r} is no origin")
    return value


def _hash(value: Any) -> str:
    if not isinstance(value, str) or _HASH.fullmatch(value) is None:
        raise ValueError(f"{value!r} is no hash")
    return value


def where_it_begins(tx: Connection, tables: CourierTables, wanted: int) -> Beginning | None:
    """The first position at or behind the one that is wanted that we still have (or will give out next), and
    every chain as it was before that; None when we have just what is wanted."""
    column = tables.outbox.c
    first: int | None = tx.execute(select(func.min(column.id)).where(column.id >= wanted)).scalar_one()
    position = outbox.last_position(tx, tables) + 1 if first is None else first
    if position <= wanted:
        return None
    heads = [
        _head_before(tx, tables, ChainHead(row.origin, row.sequence, row.hash), position)
        for row in tx.execute(select(tables.origins).order_by(tables.origins.c.origin)).all()
    ]
    return Beginning(position, tuple(head for head in heads if head.sequence > 0))


def _head_before(tx: Connection, tables: CourierTables, head: ChainHead, position: int) -> ChainHead:
    """The head of a chain before the first fact of it that we still have from this position on."""
    column = tables.outbox.c
    text = tx.execute(
        select(column.payload)
        .where(column.origin == head.origin, column.id >= position)
        .order_by(column.sequence)
        .limit(1)
    ).scalar_one_or_none()
    if text is None:
        return head
    first = opened_text(text)
    return ChainHead(head.origin, first.sequence - 1, first.previous_hash)


def begin_behind(
    tx: Connection, tables: CourierTables, *, pipe: str, beginning: Beginning, at: datetime
) -> tuple[int, int] | None:
    """Let a pipe go on where its sender begins; returns the positions that will not come any more, both ends
    included, None when nothing before was wanted.

    Of every chain that is further than is known here the numbers between are an open gap from now on, which a
    disk that turns up can fill. The caller has seen that the chains are the sender's.
    """
    name = cursor.pipe_cursor(pipe)
    last = cursor.lock(tx, tables.sync_cursors, name, at)
    if beginning.position <= last + 1:
        return None
    gone = last + 1, beginning.position - 1
    for head in sorted(beginning.heads, key=lambda head: head.origin):
        known = outbox.chain_head(tx, tables.origins, head.origin)
        if head.sequence > known.sequence:
            gap = Gap(head.origin, known.sequence + 1, head.sequence, head.hash)
            note_break(tx, tables.chain_breaks, Link.GAP, gap, at)
            outbox.set_chain_head(tx, tables.origins, head, at)
    if any(head.origin != pipe for head in beginning.heads):
        note_break(tx, tables.chain_breaks, LOST_POSITIONS, Gap(pipe, *gone, ""), at)
    cursor.move(tx, tables.sync_cursors, name, beginning.position - 1, at)
    log.error("positions on no disk", pipe=pipe, first=gone[0], last=gone[1])
    return gone
