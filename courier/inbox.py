"""The inbox: receipt of an envelope and its effect are one transaction; a repeat changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection, select
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError

from courier import cursor, outbox
from courier.breaks import fill_gap, gap_at, note_break
from courier.chain import ChainHead, Gap, Link, advanced, fills, gap_before, link_of, past_link
from courier.envelope import (
    EVENT_TYPE_LIMIT,
    FIRST_HASH,
    ORIGIN_LIMIT,
    SEQUENCE_LIMIT,
    Envelope,
    EnvelopeNotReadable,
    canonical,
    opened,
    opened_and_verified,
)
from courier.stumble import is_stumble
from courier.tables import CourierTables
from courier.verdict import SetAside, Verdict

log = structlog.get_logger(__name__)

NUMBER_FORGOTTEN = "number-forgotten"
"""Why a fact is kept for a person: its number came so long ago that what it was is not kept any more."""

APPLIED = frozenset({Link.NEXT, Link.GAP, Link.LATE})


class NotApplicable(Exception):
    """Raised by an effect: the fact is kept, but cannot be applied (`code`, `detail`)."""

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        self.detail = detail
        super().__init__(f"{code}: {detail}")


Effect = Callable[[Connection, Envelope, int], None]
"""(tx, envelope, position): what the receiver does with a fact, inside the courier's transaction; raises
`NotApplicable` to have it set aside."""

KnownHash = Callable[[Connection, str, int], str | None]
"""(tx, origin, sequence) → hash stored under that number, None when the receiver no longer has it."""


def receive(
    tx: Connection,
    tables: CourierTables,
    *,
    pipe: str,
    from_position: int,
    bodies: Sequence[Any],
    effect: Effect,
    known_hash: KnownHash,
    at: datetime,
    carry: Effect | None = None,
    twin_effect: Effect | None = None,
) -> Verdict:
    """Take a batch of parsed envelopes from a pipe, in order; part of the caller's transaction.

    Positions before the cursor are duplicates, unless what stands there is another envelope than the one
    that was taken: then two senders share an identity, and the second one's facts are taken in the pipe of
    its twin (`twin_pipe`). A batch that starts behind the cursor's next position is not taken at all, and
    the answer says where to go on. An envelope that is unreadable, altered,
    forked or not applicable is kept with its reason, and the stream goes on. After a gap in an
    origin's numbers the fact is applied all the same and the gap noted; whoever fills it later is
    applied then. `carry` (passing a fact on) is done even when the effect turns out not applicable;
    `twin_effect` is the effect in the twin's pipe, where it is another one.
    """
    name = cursor.pipe_cursor(pipe)
    last = cursor.lock(tx, tables.sync_cursors, name, at)
    if from_position > last + 1:
        return Verdict(0, 0, last + 1)
    repeated, fresh = bodies[: last + 1 - from_position], bodies[last + 1 - from_position :]
    again = twin_effect or effect
    outcomes = [_take_again(tx, tables, pipe, body, again, carry, known_hash, at) for body in repeated]
    outcomes += [
        _take(tx, tables, pipe, position, body, effect, carry, known_hash, at)
        for position, body in enumerate(fresh, start=last + 1)
    ]
    if fresh:
        cursor.move(tx, tables.sync_cursors, name, last + len(fresh), at)
    duplicates = outcomes.count(Link.DUPLICATE)
    errors = tuple(outcome for outcome in outcomes if isinstance(outcome, SetAside))
    return Verdict(len(outcomes) - duplicates, duplicates, last + len(fresh) + 1, errors)


def twin_pipe(pipe: str) -> str:
    """Where facts go whose positions another sender of the same identity has used."""
    return f"{pipe}/twin"


def late_pipe(pipe: str) -> str:
    """Where facts go that come outside their pipe."""
    return f"{pipe}/late"


def _take_again(
    tx: Connection,
    tables: CourierTables,
    pipe: str,
    body: Any,
    effect: Effect,
    carry: Effect | None,
    known_hash: KnownHash,
    at: datetime,
) -> SetAside | Link:
    """Take an envelope from a position that the cursor has passed: a repeat, nearly always."""
    if _is_repeat(tx, tables, pipe, body, known_hash):
        return Link.DUPLICATE
    twin = twin_pipe(pipe)
    name = cursor.pipe_cursor(twin)
    position = cursor.lock(tx, tables.sync_cursors, name, at) + 1
    outcome = _take(tx, tables, twin, position, body, effect, carry, known_hash, at)
    if outcome is not Link.DUPLICATE:
        cursor.move(tx, tables.sync_cursors, name, position, at)
    return outcome


def _is_repeat(tx: Connection, tables: CourierTables, pipe: str, body: Any, known_hash: KnownHash) -> bool:
    """Whether this very envelope was taken or set aside before; what cannot be read tells nothing new."""
    try:
        envelope = opened(body)
    except EnvelopeNotReadable:
        return True
    if known_hash(tx, envelope.origin, envelope.sequence) == envelope.hash:
        return True
    c = tables.set_aside.c
    here = c.pipe.in_((pipe, twin_pipe(pipe)))
    elsewhere = (c.pipe == late_pipe(pipe)) & (c.payload == envelope.text)
    kept = select(c.position).where(c.event_id == str(envelope.event_id), here | elsewhere)
    return tx.execute(kept).first() is not None


def receive_late(
    tx: Connection,
    tables: CourierTables,
    *,
    pipe: str,
    bodies: Sequence[Any],
    effect: Effect,
    known_hash: KnownHash,
    at: datetime,
    carry: Effect | None = None,
) -> Verdict:
    """Take envelopes that come outside their pipe, off a disk that was lost and found: what fills a gap is
    applied, what is known is a duplicate, and everything else is another history under the same numbers, or
    may be one, and is kept for a person: once, whether it came here or in the `pipe`."""
    within, pipe = pipe, late_pipe(pipe)
    name = cursor.pipe_cursor(pipe)
    last = cursor.lock(tx, tables.sync_cursors, name, at)
    accepted = duplicates = 0
    errors: list[SetAside] = []
    for body in bodies:
        if _kept_aside_already(tx, tables, within, body):
            duplicates += 1
            continue
        outcome = _take(tx, tables, pipe, last + 1, body, effect, carry, known_hash, at, late=True)
        if outcome is Link.DUPLICATE:
            duplicates += 1
            continue
        last, accepted = last + 1, accepted + 1
        if isinstance(outcome, SetAside):
            errors.append(outcome)
    cursor.move(tx, tables.sync_cursors, name, last, at)
    return Verdict(accepted, duplicates, last + 1, tuple(errors))


def _kept_aside_already(tx: Connection, tables: CourierTables, pipe: str, body: Any) -> bool:
    event_id, c = _text_member(body, "event_id", 100), tables.set_aside.c
    if event_id is None:
        return False
    here = c.pipe == late_pipe(pipe)
    elsewhere = c.pipe.in_((pipe, twin_pipe(pipe))) & (c.payload == _kept_text(body))
    known = select(c.position).where(c.event_id == event_id, here | elsewhere)
    return tx.execute(known).first() is not None


def _take(
    tx: Connection,
    tables: CourierTables,
    pipe: str,
    position: int,
    body: Any,
    effect: Effect,
    carry: Effect | None,
    known_hash: KnownHash,
    at: datetime,
    late: bool = False,
) -> SetAside | Link:
    try:
        envelope, intact = opened_and_verified(body)
    except EnvelopeNotReadable as broken:
        return keep_aside(tx, tables, pipe, position, body, "envelope-not-readable", str(broken), at)
    link, head = _chained(tx, tables, envelope, intact, known_hash, at, late)
    if link is Link.DUPLICATE:
        if late and known_hash(tx, envelope.origin, envelope.sequence) is None:
            # Its sender lets go of it when it is called known, and nobody here can tell whether it is.
            detail = _forgotten(envelope)
            return keep_aside(tx, tables, pipe, position, body, NUMBER_FORGOTTEN, detail, at)
        return link
    if link not in APPLIED:
        detail = f"{envelope.origin} {envelope.sequence}, where {head.sequence} was the last"
        return keep_aside(tx, tables, pipe, position, body, f"chain-{link}", detail, at)
    if carry is not None:
        carry(tx, envelope, position)
    try:
        with tx.begin_nested():
            effect(tx, envelope, position)
    except NotApplicable as reason:
        return keep_aside(tx, tables, pipe, position, body, reason.code, reason.detail, at)
    except (IntegrityError, DataError, ProgrammingError) as unfit:
        # The same again after any number of retries: a stream must not stand still behind it.
        log.exception("fact does not fit the tables", pipe=pipe, position=position)
        return keep_aside(tx, tables, pipe, position, body, "does-not-fit", str(unfit.orig), at)
    except Exception as bug:
        if not is_stumble(bug):
            raise
        log.exception("fact stumbled over", pipe=pipe, position=position)
        return keep_aside(tx, tables, pipe, position, body, "internal-error", repr(bug), at)
    return link


def _forgotten(envelope: Envelope) -> str:
    return f"{envelope.origin} {envelope.sequence} came before; what it was is not kept here any more"


def _chained(
    tx: Connection,
    tables: CourierTables,
    envelope: Envelope,
    intact: bool,
    known_hash: KnownHash,
    at: datetime,
    late: bool,
) -> tuple[Link, ChainHead]:
    """Judge an envelope, move its chain's head or gap, and note a break; with the head before it."""
    breaks, origin, sequence = tables.chain_breaks, envelope.origin, envelope.sequence
    head = outbox.chain_head(tx, tables.origins, origin)
    gap = gap_at(tx, breaks, origin, sequence) if intact and sequence <= head.sequence else None
    if gap is not None:
        before = FIRST_HASH if sequence == 1 else known_hash(tx, origin, sequence - 1)
        link = Link.LATE if fills(gap, envelope, before) else Link.FORK
    else:
        known = known_hash(tx, origin, sequence) if intact and sequence <= head.sequence else None
        link = link_of(head, envelope, intact, known)
        link = past_link(link) if late else link
    if link is Link.GAP:
        note_break(tx, breaks, Link.GAP, gap_before(head, envelope), at)
    elif link in (Link.FORK, Link.ALTERED):
        note_break(tx, breaks, link, Gap(origin, sequence, sequence, ""), at)
    elif link is Link.LATE and gap is not None:
        fill_gap(tx, breaks, gap, envelope, at)
    if link in (Link.NEXT, Link.GAP):
        outbox.set_chain_head(tx, tables.origins, advanced(head, envelope), at)
    return link, head


def keep_aside(
    tx: Connection,
    tables: CourierTables,
    pipe: str,
    position: int,
    body: Any,
    code: str,
    detail: str,
    at: datetime,
) -> SetAside:
    """Keep what was received, word for word where it can be read, with the reason for a person."""
    event_id, origin = _text_member(body, "event_id", 100), _text_member(body, "origin", ORIGIN_LIMIT)
    sequence = body.get("sequence") if isinstance(body, dict) else None
    tx.execute(
        tables.set_aside.insert().values(
            pipe=pipe,
            position=position,
            event_id=event_id,
            origin=origin,
            sequence=sequence if type(sequence) is int and 0 <= sequence <= SEQUENCE_LIMIT else None,
            code=code,
            detail=detail.replace("\x00", ""),
            payload=_kept_text(body),
            set_aside_at=at,
        )
    )
    log.warning(
        "fact set aside",
        pipe=pipe,
        position=position,
        event_id=event_id,
        event_type=_text_member(body, "event_type", EVENT_TYPE_LIMIT),
        code=code,
    )
    return SetAside(event_id or "", position, code, detail, pipe)


def _kept_text(body: Any) -> str:
    try:
        return canonical(body).decode()
    except ValueError:
        return json.dumps(body, sort_keys=True, default=repr)


def _text_member(body: Any, name: str, length_max: int) -> str | None:
    value = body.get(name) if isinstance(body, dict) else None
    return value[:length_max].replace("\x00", "") if isinstance(value, str) else None


def chain_head_known(tx: Connection, tables: CourierTables, origin: str) -> ChainHead | None:
    """The head of an origin's chain without locking it; None when nothing was ever heard of it."""
    origins = tables.origins
    known = select(origins.c.sequence, origins.c.hash).where(origins.c.origin == origin)
    row = tx.execute(known).one_or_none()
    return ChainHead(origin, row.sequence, row.hash) if row else None


def take_from_aside(
    tx: Connection,
    tables: CourierTables,
    *,
    body: Any,
    position: int,
    effect: Effect,
    known_hash: KnownHash,
    at: datetime,
    carry: Effect | None = None,
) -> None:
    """Take an envelope that was set aside before its chain knew it, like on arrival. One that came again
    since and was taken is left as it is.

    Raises `NotApplicable` when it still cannot be; the caller's savepoint then undoes what was begun.
    """
    try:
        envelope, intact = opened_and_verified(body)
    except EnvelopeNotReadable as broken:
        raise NotApplicable("envelope-not-readable", str(broken)) from broken
    link, head = _chained(tx, tables, envelope, intact, known_hash, at, late=False)
    if link is Link.DUPLICATE:
        if known_hash(tx, envelope.origin, envelope.sequence) == envelope.hash:
            return
        raise NotApplicable(NUMBER_FORGOTTEN, _forgotten(envelope))
    if link not in APPLIED:
        raise NotApplicable(f"chain-{link}", f"{envelope.origin} {envelope.sequence}, head {head.sequence}")
    if carry is not None:
        carry(tx, envelope, position)
    effect(tx, envelope, position)
