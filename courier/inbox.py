"""The inbox: receipt of an envelope and its effect are one transaction; a repeat changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from courier import cursor, outbox
from courier.chain import ChainHead, Link, advanced, link_of
from courier.envelope import Envelope, EnvelopeNotReadable, opened, seal_holds
from courier.tables import CourierTables
from courier.verdict import SetAside, Verdict


class NotApplicable(Exception):
    """Raised by an effect: the fact is kept, but cannot be applied (`code`, `detail`)."""

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        self.detail = detail
        super().__init__(f"{code}: {detail}")


class Effect(Protocol):
    """What the receiver does with an envelope, inside the courier's transaction."""

    def __call__(self, tx: Connection, envelope: Envelope, position: int) -> None:
        """Apply the fact; raise `NotApplicable` to have it set aside."""


KnownHash = Callable[[Connection, str, int], str | None]
"""(tx, origin, sequence) → hash stored under that number, None when the receiver no longer has it."""


def receive(
    tx: Connection,
    tables: CourierTables,
    *,
    pipe: str,
    from_position: int,
    bodies: Sequence[dict[str, Any]],
    effect: Effect,
    known_hash: KnownHash,
    at: datetime,
) -> Verdict:
    """Take a batch of parsed envelopes from a pipe, in order; part of the caller's transaction.

    Positions before the cursor are duplicates; a batch that starts behind the cursor's next position
    is not taken at all, and the answer says where to go on. An envelope that is unreadable, altered,
    out of its chain or not applicable is kept with its reason, and the stream goes on.
    """
    name = cursor.pipe_cursor(pipe)
    last = cursor.read(tx, tables.sync_cursors, name)
    if from_position > last + 1:
        return Verdict(0, 0, last + 1)
    accepted = duplicates = 0
    errors: list[SetAside] = []
    for position, body in enumerate(bodies, start=from_position):
        if position <= last:
            duplicates += 1
            continue
        error = _take(tx, tables, pipe, position, body, effect, known_hash, at)
        if error is not None:
            errors.append(error)
        if error is None or error.code != Link.DUPLICATE:
            accepted += 1
        else:
            duplicates += 1
            errors.pop()
        last = position
    cursor.move(tx, tables.sync_cursors, name, last, at)
    return Verdict(accepted, duplicates, last + 1, tuple(errors))


def _take(
    tx: Connection,
    tables: CourierTables,
    pipe: str,
    position: int,
    body: dict[str, Any],
    effect: Effect,
    known_hash: KnownHash,
    at: datetime,
) -> SetAside | None:
    try:
        envelope = opened(body)
    except EnvelopeNotReadable as broken:
        return keep_aside(tx, tables, pipe, position, body, "envelope-not-readable", str(broken), at)
    head = outbox.chain_head(tx, tables.origins, envelope.origin)
    known = known_hash(tx, envelope.origin, envelope.sequence) if envelope.sequence <= head.sequence else None
    link = link_of(head, envelope, seal_holds(body), known)
    if link is Link.DUPLICATE:
        return SetAside(str(envelope.event_id), position, Link.DUPLICATE, "")
    if link is not Link.NEXT:
        detail = f"{envelope.origin} {envelope.sequence} after {head.sequence}"
        return keep_aside(tx, tables, pipe, position, body, f"chain-{link}", detail, at)
    outbox.set_chain_head(tx, tables.origins, advanced(head, envelope), at)
    try:
        with tx.begin_nested():
            effect(tx, envelope, position)
    except NotApplicable as reason:
        return keep_aside(tx, tables, pipe, position, body, reason.code, reason.detail, at)
    return None


def chain_head_known(tx: Connection, tables: CourierTables, origin: str) -> ChainHead | None:
    """The head of an origin's chain without locking it; None when nothing was ever heard of it."""
    origins = tables.origins
    row = tx.execute(select(origins.c.sequence, origins.c.hash).where(origins.c.origin == origin)).one_or_none()
    return ChainHead(origin, row.sequence, row.hash) if row else None
