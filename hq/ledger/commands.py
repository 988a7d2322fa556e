"""Taking facts into the ledger: the quick way in one statement, the careful way, and plain events."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, groupby
from typing import Any
from uuid import UUID

import orjson
import psycopg
from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from courier import cursor, inbox
from courier.envelope import EVENT_TYPE_LIMIT, REQUIRED, Envelope
from courier.verdict import SetAside, Verdict
from hq.database import courier
from hq.ledger.queries import known_hash
from hq.ledger.run import Run, belongs_to
from hq.ledger.tables import ledger

# Locks cursor, then origins, as `courier.inbox.receive` does. Either everything fits (the cursor stands
# before the run, every origin's head is what the run builds on) and everything is written, or nothing is.
_APPEND = """
WITH pipe AS MATERIALIZED (
    SELECT FROM sync_cursors
    WHERE cursor_name = %(cursor)s AND cursor_value = %(from_position)s::bigint - 1
    FOR UPDATE
),
stretch AS (
    SELECT * FROM unnest(%(stretch_origins)b::text[], %(sequences_before)b::bigint[],
        %(hashes_before)b::text[], %(last_sequences)b::bigint[], %(last_hashes)b::text[])
        AS s(origin, sequence_before, hash_before, sequence, hash)
),
head AS MATERIALIZED (
    SELECT o.origin FROM origins o JOIN stretch s USING (origin), pipe
    WHERE o.sequence = s.sequence_before AND o.hash = s.hash_before
    FOR UPDATE OF o
),
fit AS MATERIALIZED (
    SELECT FROM (SELECT count(*) AS found FROM head) AS heads WHERE found = (SELECT count(*) FROM stretch)
),
moved AS (
    UPDATE sync_cursors SET cursor_value = %(last_position)s, updated_at = %(at)s
    FROM fit WHERE cursor_name = %(cursor)s
),
linked AS (
    UPDATE origins o SET sequence = s.sequence, hash = s.hash, heard_at = %(at)s
    FROM stretch s, fit WHERE o.origin = s.origin
)
INSERT INTO ledger (pipe, position, event_id, event_type, store_id, origin, sequence, received_at, envelope)
SELECT %(pipe)s, %(from_position)s::bigint - 1 + e.place, e.event_id, e.event_type, %(store_id)s, e.origin,
    e.sequence, %(at)s, e.envelope
FROM fit, unnest(%(event_ids)b::uuid[], %(event_types)b::text[], %(origins)b::text[],
    %(sequences)b::bigint[], %(texts)b::text[])
    WITH ORDINALITY AS e(event_id, event_type, origin, sequence, envelope, place)
"""


def append(tx: Connection, pipe: str, store_id: str, runs: Iterator[Run], at: datetime) -> list[Run]:
    """Write runs that follow each other, move the cursor and the heads; all of it, or an empty list.

    It does not fit when the cursor stands elsewhere (a repeat, a gap in the pipe), when an origin's head
    is another one, and when pipe or origin are heard of for the first time: `receive` knows what to do.
    One run is one statement that commits itself. Of several, the next is read while Postgres writes the one
    before, in one transaction. Raises `NotARun`, and nothing is written then, and psycopg's own errors.
    """
    connection = tx.connection.driver_connection
    assert isinstance(connection, psycopg.Connection)
    first = next(runs)
    try:
        if not first.more:
            written = connection.execute(_APPEND, _parameters(pipe, store_id, first, at)).rowcount
            return [first] if written > 0 else []
        return _append_all(connection, pipe, store_id, chain([first], runs), at)
    except psycopg.OperationalError:
        tx.invalidate()
        raise


def _append_all(
    connection: psycopg.Connection[Any], pipe: str, store_id: str, runs: Iterable[Run], at: datetime
) -> list[Run]:
    taken: list[Run] = []
    with connection.pipeline() as line, connection.transaction() as transaction:
        answers = []
        for run in runs:
            answers.append(connection.execute(_APPEND, _parameters(pipe, store_id, run, at)))
            taken.append(run)
        line.sync()
        if any(answer.rowcount <= 0 for answer in answers):
            taken.clear()
            raise psycopg.Rollback(transaction)
    return taken


def _parameters(pipe: str, store_id: str, run: Run, at: datetime) -> dict[str, Any]:
    stretches = run.stretches.values()
    return {
        "pipe": pipe,
        "cursor": cursor.pipe_cursor(pipe),
        "store_id": store_id,
        "from_position": run.from_position,
        "last_position": run.next_position - 1,
        "at": at,
        "stretch_origins": list(run.stretches),
        "sequences_before": [stretch.sequence_before for stretch in stretches],
        "hashes_before": [stretch.hash_before for stretch in stretches],
        "last_sequences": [stretch.sequence for stretch in stretches],
        "last_hashes": [stretch.hash for stretch in stretches],
        "event_ids": run.event_ids,
        "event_types": run.event_types,
        "origins": run.origins,
        "sequences": run.sequences,
        "texts": run.texts,
    }


def receive(
    tx: Connection, pipe: str, store_id: str, from_position: int, bodies: Sequence[Any], at: datetime
) -> Verdict:
    """Take a batch of envelopes one by one, whatever state it is in (`courier.inbox.receive`).

    What says it is of another store is set aside before it can touch a chain.
    """
    name = cursor.pipe_cursor(pipe)
    last = cursor.lock(tx, courier.sync_cursors, name, at)
    if from_position > last + 1:
        return Verdict(0, 0, last + 1)
    repeated, fresh = bodies[: last + 1 - from_position], bodies[last + 1 - from_position :]
    own = [body for body in repeated if stranger(body, store_id) is None]
    again = _receive_own(tx, pipe, from_position, own, at)
    accepted, duplicates = again.accepted, len(repeated) - again.accepted
    errors = list(again.errors)
    for strange, group in groupby(fresh, lambda body: stranger(body, store_id) is not None):
        stretch = list(group)
        if not strange:
            verdict = _receive_own(tx, pipe, last + 1, stretch, at)
            accepted, duplicates = accepted + verdict.accepted, duplicates + verdict.duplicates
            errors += verdict.errors
        else:
            errors += [
                _keep_stranger(tx, pipe, position, store_id, body, at)
                for position, body in enumerate(stretch, start=last + 1)
            ]
            accepted += len(stretch)
            cursor.move(tx, courier.sync_cursors, name, last + len(stretch), at)
        last += len(stretch)
    return Verdict(accepted, duplicates, last + 1, tuple(errors))


def _receive_own(
    tx: Connection, pipe: str, from_position: int, bodies: Sequence[Any], at: datetime
) -> Verdict:
    return inbox.receive(
        tx,
        courier,
        pipe=pipe,
        from_position=from_position,
        bodies=bodies,
        effect=keep_in(pipe, at),
        known_hash=known_hash,
        at=at,
        # A row of the ledger stands where its projection reads it.
        twin_effect=keep_in(inbox.twin_pipe(pipe), at),
    )


def keep_in(pipe: str, at: datetime) -> inbox.Effect:
    """Head office's effect of an envelope: a row of the ledger in this pipe."""

    def keep(tx: Connection, envelope: Envelope, position: int) -> None:
        row = {
            "pipe": pipe,
            "position": position,
            "event_id": envelope.event_id,
            "event_type": envelope.event_type,
            "store_id": envelope.store_id,
            "origin": envelope.origin,
            "sequence": envelope.sequence,
            "received_at": at,
            "envelope": envelope.text,
        }
        tx.execute(ledger.insert(), row)

    return keep


def stranger(body: Any, store_id: str) -> str | None:
    """The store or origin that an event names and that is not this store's own; None when there is none.

    What an unreadable event says of itself is not judged here; it will be set aside for that.
    """
    if not isinstance(body, Mapping):
        return None
    store, origin = body.get("store_id"), body.get("origin")
    if isinstance(store, str) and store != store_id:
        return store
    if isinstance(origin, str) and not belongs_to(origin, store_id):
        return origin
    return None


def _keep_stranger(
    tx: Connection, pipe: str, position: int, store_id: str, body: Any, at: datetime
) -> SetAside:
    detail = f"sent by {store_id}, but of {stranger(body, store_id)}"
    return inbox.keep_aside(tx, courier, pipe, position, body, "wrong-store", detail, at)


class EventNotReadable(Exception):
    """A plain event lacks what every event has; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class PlainEvent:
    """An event in the plain shape of spec 7.2: no number, no chain, known by its id alone."""

    event_id: UUID
    event_type: str


def read_plain(body: Any) -> PlainEvent:
    """The plain event of a parsed body; raises `EventNotReadable`."""
    if not isinstance(body, Mapping):
        raise EventNotReadable("an event is a JSON object")
    try:
        event_id = UUID(body["event_id"])
    except (KeyError, TypeError, ValueError, AttributeError):
        raise EventNotReadable("event_id is a UUID") from None
    event_type = body.get("event_type")
    if not (
        isinstance(event_type, str) and 0 < len(event_type) <= EVENT_TYPE_LIMIT and event_type.isprintable()
    ):
        raise EventNotReadable(f"event_type is text of 1 to {EVENT_TYPE_LIMIT} printable characters")
    if not _is_moment(body.get("timestamp")):
        raise EventNotReadable("timestamp is a moment in ISO 8601 with its offset from UTC")
    if not isinstance(body.get("store_id"), str):
        raise EventNotReadable("store_id is text")
    if not isinstance(body.get("payload"), Mapping):
        raise EventNotReadable("payload is a JSON object")
    return PlainEvent(event_id, event_type)


def _is_moment(value: Any) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except (TypeError, ValueError):
        return False


def receive_plain(tx: Connection, pipe: str, store_id: str, bodies: Sequence[Any], at: datetime) -> Verdict:
    """Take events of a partner, in order; a repeated `event_id` is a duplicate and changes nothing.

    They get positions of the pipe as they come, so that projections read them like any other fact.
    A sealed envelope among them is judged by its chain like everywhere else.
    """
    name = cursor.pipe_cursor(pipe)
    last = cursor.lock(tx, courier.sync_cursors, name, at)
    accepted = duplicates = 0
    errors: list[SetAside] = []
    for body in bodies:
        if isinstance(body, Mapping) and body.keys() >= REQUIRED:
            verdict = receive(tx, pipe, store_id, last + 1, [body], at)
            errors += verdict.errors
            fresh = verdict.accepted > 0
            last = verdict.next_position - 1
        else:
            outcome = _take_plain(tx, pipe, last + 1, store_id, body, at)
            errors += [outcome] if isinstance(outcome, SetAside) else []
            fresh = outcome is not False
            last += fresh
        accepted, duplicates = accepted + fresh, duplicates + (not fresh)
    cursor.move(tx, courier.sync_cursors, name, last, at)
    return Verdict(accepted, duplicates, last + 1, tuple(errors))


def _take_plain(
    tx: Connection, pipe: str, position: int, store_id: str, body: Any, at: datetime
) -> SetAside | bool:
    """True when it is in the ledger now, False for a repeat, and what was set aside otherwise."""
    if stranger(body, store_id) is not None:
        return _keep_stranger(tx, pipe, position, store_id, body, at)
    try:
        event = read_plain(body)
    except EventNotReadable as unreadable:
        return inbox.keep_aside(tx, courier, pipe, position, body, "event-not-readable", str(unreadable), at)
    text = orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
    digest = hashlib.sha256(text).hexdigest()
    new = tx.execute(
        insert(courier.inbox)
        .values(
            event_id=event.event_id,
            event_type=event.event_type,
            received_at=at,
            processed=True,
            digest=digest,
        )
        .on_conflict_do_nothing()
        .returning(courier.inbox.c.event_id)
    ).first()
    if new is None:
        if _said_before(tx, pipe, event, text.decode(), digest):
            return False
        detail = f"{event.event_id} came before with another body; the first one counts"
        return inbox.keep_aside(tx, courier, pipe, position, body, "event-id-reused", detail, at)
    tx.execute(
        ledger.insert().values(
            pipe=pipe,
            position=position,
            event_id=event.event_id,
            event_type=event.event_type,
            store_id=store_id,
            received_at=at,
            envelope=text.decode(),
        )
    )
    return True


def _said_before(tx: Connection, pipe: str, event: PlainEvent, text: str, digest: str) -> bool:
    """Whether an event whose id is known came with this very body, as the first or set aside since."""
    known = select(courier.inbox.c.digest).where(courier.inbox.c.event_id == event.event_id)
    if tx.execute(known).scalar_one() in (None, digest):
        return True
    aside = courier.set_aside.c
    same = aside.pipe == pipe, aside.event_id == str(event.event_id), aside.payload == text
    return tx.execute(select(aside.position).where(*same)).first() is not None
