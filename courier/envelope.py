"""Envelopes: a fact sealed by its origin with a number and a hash, carried verbatim ever after.

The canonical form is RFC 8785 (JSON Canonicalization Scheme) restricted to whole numbers and to keys
of the basic multilingual plane, so that any language can compute it: keys sorted, no white space,
UTF-8. The hash of an envelope is SHA-256(previous hash, 32 bytes, followed by the canonical envelope
without its `hash` member).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

FIRST_HASH = "0" * 64
"""What the first envelope of an origin names as its predecessor."""

ENVELOPE_BYTES_LIMIT = 1_000_000
SEQUENCE_LIMIT = 2**63 - 1
EVENT_TYPE_LIMIT = 100
ORIGIN_LIMIT = 150
STORE_ID_LIMIT = 50
TIMESTAMP_LIMIT = 50

REQUIRED = frozenset(
    {
        "event_id",
        "event_type",
        "version",
        "origin",
        "sequence",
        "previous_hash",
        "store_id",
        "timestamp",
        "payload",
        "hash",
    }
)
MEMBERS = REQUIRED | {"terminal_id"}


class EnvelopeNotReadable(ValueError):
    """The text is no sealed envelope; the message says what is wrong with it."""


@dataclass(slots=True)
class Envelope:
    """A sealed fact as the courier sees it; `text` is the sealed JSON, never rewritten on the way.

    Treat it as frozen: it is not declared so because head office opens a thousand of them in a request
    and a frozen dataclass takes three times as long to make.
    """

    event_id: UUID
    event_type: str
    version: int
    origin: str
    sequence: int
    previous_hash: str
    hash: str
    store_id: str
    terminal_id: str | None
    timestamp: str
    payload: Any
    text: str


def canonical(value: Mapping[str, Any]) -> bytes:
    """The canonical bytes of a JSON object; raises ValueError for what JSON cannot say."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError as unwritable:
        raise ValueError(str(unwritable)) from unwritable


def seal(
    *,
    event_id: UUID,
    event_type: str,
    version: int,
    origin: str,
    sequence: int,
    previous_hash: str,
    store_id: str,
    terminal_id: str | None,
    timestamp: datetime,
    payload: Mapping[str, Any],
) -> Envelope:
    """Seal a fact; raises ValueError for a payload with floats, which have no one canonical form, or
    above `ENVELOPE_BYTES_LIMIT`."""
    _no_floats(payload)
    body: dict[str, Any] = {
        "event_id": str(event_id),
        "event_type": event_type,
        "version": version,
        "origin": origin,
        "sequence": sequence,
        "previous_hash": previous_hash,
        "store_id": store_id,
        "timestamp": timestamp.isoformat(),
        "payload": payload,
    }
    if terminal_id is not None:
        body["terminal_id"] = terminal_id
    body["hash"] = hashlib.sha256(bytes.fromhex(previous_hash) + canonical(body)).hexdigest()
    return opened(body)


def opened(body: Mapping[str, Any]) -> Envelope:
    """The envelope of a parsed JSON object; raises `EnvelopeNotReadable`. The hash is not checked here."""
    return _opened(body)[0]


def opened_and_verified(body: Mapping[str, Any]) -> tuple[Envelope, bool]:
    """The envelope and whether its hash holds, for one serialisation; raises `EnvelopeNotReadable`."""
    envelope, written = _opened(body)
    return envelope, _hash_of_written(envelope, body, written) == envelope.hash


def opened_text(text: str | bytes) -> Envelope:
    """The envelope of a sealed text; raises `EnvelopeNotReadable`."""
    try:
        body = orjson.loads(text)
    except orjson.JSONDecodeError as broken:
        raise EnvelopeNotReadable(str(broken)) from broken
    return opened(body)


def seal_holds(body: Mapping[str, Any]) -> bool:
    """Whether the hash of a parsed envelope is the hash of its contents."""
    try:
        return opened_and_verified(body)[1]
    except EnvelopeNotReadable:
        return False


def _opened(body: Mapping[str, Any]) -> tuple[Envelope, bytes]:
    try:
        if not body.keys() >= REQUIRED:
            missing = ", ".join(sorted(REQUIRED - body.keys()))
            raise EnvelopeNotReadable(f"the envelope has no {missing}")
        terminal_id = body.get("terminal_id")
        for name, limit in (
            ("event_type", EVENT_TYPE_LIMIT),
            ("origin", ORIGIN_LIMIT),
            ("store_id", STORE_ID_LIMIT),
            ("timestamp", TIMESTAMP_LIMIT),
        ):
            text = body[name]
            if type(text) is not str or not 0 < len(text) <= limit or not text.isprintable():
                raise EnvelopeNotReadable(f"{name} is text of 1 to {limit} printable characters")
        if terminal_id is not None and (type(terminal_id) is not str or not terminal_id.isprintable()):
            raise EnvelopeNotReadable("terminal_id is printable text")
        sequence, version = body["sequence"], body["version"]
        if type(sequence) is not int or type(version) is not int or not 1 <= sequence <= SEQUENCE_LIMIT:
            raise EnvelopeNotReadable("sequence and version are whole numbers from 1")
        for name in ("hash", "previous_hash"):
            if len(body[name]) != 64 or len(bytes.fromhex(body[name])) != 32:
                raise EnvelopeNotReadable(f"{name} is 64 hexadecimal digits")
        written = canonical(body)
        if len(written) > ENVELOPE_BYTES_LIMIT:
            raise EnvelopeNotReadable(f"an envelope has {ENVELOPE_BYTES_LIMIT} bytes at most")
        return Envelope(
            UUID(body["event_id"]),
            body["event_type"],
            version,
            body["origin"],
            sequence,
            body["previous_hash"],
            body["hash"],
            body["store_id"],
            terminal_id,
            body["timestamp"],
            body["payload"],
            written.decode(),
        ), written
    except EnvelopeNotReadable:
        raise
    except (TypeError, ValueError, AttributeError) as broken:
        raise EnvelopeNotReadable(str(broken) or "not an envelope") from broken


def _hash_of_written(envelope: Envelope, body: Mapping[str, Any], written: bytes) -> str:
    """The hash over the written envelope with its `hash` member cut out.

    Only `event_id` and `event_type`, both text, are written before `hash`, and inside a JSON text the
    quotes of the pattern would be escaped: the first match is the member itself.
    """
    member = b'"hash":"%b",' % envelope.hash.encode()
    start = written.find(member)
    if start < 0 or not body.keys() <= MEMBERS:
        unsealed = canonical({name: value for name, value in body.items() if name != "hash"})
    else:
        unsealed = written[:start] + written[start + len(member) :]
    return hashlib.sha256(bytes.fromhex(envelope.previous_hash) + unsealed).hexdigest()


def _no_floats(value: Any) -> None:
    """Asked of every value of every fact while a cashier waits, so it looks at exact types and calls
    itself only for what has parts: an eighth of the time that isinstance takes."""
    kind = type(value)
    if kind is dict:
        for part in value.values():
            if type(part) is not str and type(part) is not int:
                _no_floats(part)
    elif kind is list or kind is tuple:
        for part in value:
            _no_floats(part)
    elif isinstance(value, float):
        raise EnvelopeNotReadable("a fact holds whole numbers and text, never a float")
    elif isinstance(value, Mapping):
        _no_floats(dict(value))
