"""Reading a batch the quick way: a run of envelopes that hold together by themselves.

The door's common case is a hub that goes on where it stopped, with envelopes whose numbers and hashes
follow each other. That is seen here on the raw bytes: a seal is checked over the text as it came, which
has to be the canonical one.
Whatever does not read like that (an altered envelope, a gap, a fork, one that was reformatted on the
way) is `NotARun`, and `courier.inbox` judges it envelope by envelope.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

import msgspec
import orjson

from courier.envelope import (
    ENVELOPE_BYTES_LIMIT,
    EVENT_TYPE_LIMIT,
    ORIGIN_LIMIT,
    SEQUENCE_LIMIT,
    STORE_ID_LIMIT,
)
from hq.stores.names import ID_PATTERN


class _Body(msgspec.Struct):
    from_position: int
    events: list[msgspec.Raw]


class _Face(msgspec.Struct):
    """What an envelope says about itself, without its payload."""

    event_id: UUID
    event_type: str
    version: int
    origin: str
    sequence: int
    previous_hash: str
    store_id: str
    timestamp: str
    hash: str
    terminal_id: str | None = None


_BODY = msgspec.json.Decoder(_Body)
_FACE = msgspec.json.Decoder(_Face)


@dataclass(slots=True)
class Stretch:
    """The part of an origin's chain that a run brings: it fits behind (`sequence_before`, `hash_before`)."""

    sequence_before: int
    hash_before: str
    sequence: int
    hash: str


class NotARun(Exception):
    """The request has to be looked at closely."""


@dataclass(slots=True)
class Run:
    """Envelopes of one store from a position of its pipe on; the lists run in parallel. `more`: another run
    follows it in the same request."""

    from_position: int
    more: bool = False
    event_ids: list[UUID] = field(default_factory=list)
    event_types: list[str] = field(default_factory=list)
    origins: list[str] = field(default_factory=list)
    sequences: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    stretches: dict[str, Stretch] = field(default_factory=dict)

    @property
    def next_position(self) -> int:
        """The position behind the run."""
        return self.from_position + len(self.texts)


def read_runs(body: bytes, store_id: str, count_max: int) -> Iterator[Run]:
    """The runs that this request brings for the store, each read when it is asked for; raises `NotARun`."""
    try:
        batch = _BODY.decode(body)
    except (msgspec.MsgspecError, ValueError):
        raise NotARun from None
    if not batch.events or batch.from_position < 1:
        raise NotARun
    for start in range(0, len(batch.events), count_max):
        events = batch.events[start : start + count_max]
        more = start + count_max < len(batch.events)
        yield _read(Run(batch.from_position + start, more), events, store_id)


def _read(run: Run, events: list[msgspec.Raw], store_id: str) -> Run:
    try:
        for raw in events:
            text = bytes(raw)
            if not _taken(run, _FACE.decode(text), text, store_id):
                raise NotARun
    except (msgspec.MsgspecError, ValueError):
        raise NotARun from None
    return run


def belongs_to(origin: str, store_id: str) -> bool:
    """Whether the origin is the store's hub (`STORE_001`) or one of its tills (`STORE_001/POS_01`)."""
    store, _, terminal = origin.partition("/")
    return store == store_id and (origin == store_id or ID_PATTERN.fullmatch(terminal) is not None)


def unsealed(text: bytes, own_hash: str) -> bytes:
    """The text of an envelope without its `hash` member, which is what was hashed.

    Only `event_id` and `event_type` stand before `hash` in a canonical envelope, and in a JSON text the
    quotes of this pattern would be escaped: the first match is the member itself.
    """
    return text.replace(b'"hash":"%b",' % own_hash.encode(), b"", 1)


def _taken(run: Run, face: _Face, text: bytes, store_id: str) -> bool:
    """Whether the envelope is sound and follows the one before of its origin; if so it is in the run."""
    if (
        face.store_id != store_id
        or not belongs_to(face.origin, store_id)
        or not 0 < len(face.event_type) <= EVENT_TYPE_LIMIT
        or not face.event_type.isprintable()
        or not 0 < len(face.timestamp) <= STORE_ID_LIMIT
        or len(face.origin) > ORIGIN_LIMIT
        or not 1 <= face.sequence <= SEQUENCE_LIMIT
        or len(text) > ENVELOPE_BYTES_LIMIT
    ):
        return False
    if orjson.dumps(orjson.loads(text), option=orjson.OPT_SORT_KEYS) != text:
        # Sealed over another form than the canonical one: nobody else could verify what we would keep.
        return False
    if hashlib.sha256(bytes.fromhex(face.previous_hash) + unsealed(text, face.hash)).hexdigest() != face.hash:
        return False
    stretch = run.stretches.get(face.origin)
    if stretch is None:
        run.stretches[face.origin] = Stretch(face.sequence - 1, face.previous_hash, face.sequence, face.hash)
    elif stretch.sequence == face.sequence - 1 and stretch.hash == face.previous_hash:
        stretch.sequence, stretch.hash = face.sequence, face.hash
    else:
        return False
    run.event_ids.append(face.event_id)
    run.event_types.append(face.event_type)
    run.origins.append(face.origin)
    run.sequences.append(face.sequence)
    run.texts.append(text.decode())
    return True
