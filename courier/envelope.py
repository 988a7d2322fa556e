"""Envelopes: a fact sealed by its origin with a number and a hash, carried verbatim ever after.

The canonical form is RFC 8785 (JSON Canonicalization Scheme) restricted to whole numbers, so that any
language can compute it: keys sorted, no white space, UTF-8. The hash of an envelope is
SHA-256(previous hash, 32 bytes, followed by the canonical envelope without its `hash` member).
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

REQUIRED = (
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
)


class EnvelopeNotReadable(ValueError):
    """The text is no sealed envelope; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A sealed fact as the courier sees it; `text` is the sealed JSON, never rewritten on the way."""

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
    """The canonical bytes of a JSON object; raises ValueError on a float or what JSON cannot say."""
    try:
        written = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError as unwritable:
        raise ValueError(str(unwritable)) from unwritable
    return written


def hash_of(previous_hash: str, unsealed: Mapping[str, Any]) -> str:
    """The hash that seals an envelope (given without its `hash` member) behind its predecessor."""
    return hashlib.sha256(bytes.fromhex(previous_hash) + canonical(unsealed)).hexdigest()


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
    """Seal a fact; raises ValueError for a payload with floats, which have no one canonical form."""
    _no_floats(payload)
    unsealed: dict[str, Any] = {
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
        unsealed["terminal_id"] = terminal_id
    seal_hash = hash_of(previous_hash, unsealed)
    text = canonical({**unsealed, "hash": seal_hash}).decode()
    return Envelope(
        event_id,
        event_type,
        version,
        origin,
        sequence,
        previous_hash,
        seal_hash,
        store_id,
        terminal_id,
        unsealed["timestamp"],
        payload,
        text,
    )


def opened(body: Mapping[str, Any]) -> Envelope:
    """The envelope of a parsed JSON object; raises `EnvelopeNotReadable`. The hash is not checked here."""
    try:
        missing = [name for name in REQUIRED if name not in body]
        if missing:
            raise EnvelopeNotReadable(f"the envelope has no {', '.join(missing)}")
        sequence, version = body["sequence"], body["version"]
        if type(sequence) is not int or type(version) is not int or sequence < 1:
            raise EnvelopeNotReadable("sequence and version are whole numbers from 1")
        for name in ("event_type", "origin", "previous_hash", "hash", "store_id", "timestamp"):
            if not isinstance(body[name], str):
                raise EnvelopeNotReadable(f"{name} is text")
        if len(bytes.fromhex(body["previous_hash"])) != 32:
            raise EnvelopeNotReadable("previous_hash is 64 hexadecimal digits")
        return Envelope(
            UUID(body["event_id"]),
            body["event_type"],
            version,
            body["origin"],
            sequence,
            body["previous_hash"],
            body["hash"],
            body["store_id"],
            body.get("terminal_id"),
            body["timestamp"],
            body["payload"],
            canonical(body).decode(),
        )
    except EnvelopeNotReadable:
        raise
    except (TypeError, ValueError, AttributeError) as broken:
        raise EnvelopeNotReadable(str(broken)) from broken


def opened_text(text: str | bytes) -> Envelope:
    """The envelope of a sealed text; raises `EnvelopeNotReadable`."""
    try:
        body = orjson.loads(text)
    except orjson.JSONDecodeError as broken:
        raise EnvelopeNotReadable(str(broken)) from broken
    if not isinstance(body, dict):
        raise EnvelopeNotReadable("an envelope is a JSON object")
    return opened(body)


def seal_holds(body: Mapping[str, Any]) -> bool:
    """Whether the hash of a parsed envelope is the hash of its contents."""
    unsealed = {name: value for name, value in body.items() if name != "hash"}
    try:
        return hash_of(body["previous_hash"], unsealed) == body["hash"]
    except (KeyError, TypeError, ValueError):
        return False


def _no_floats(value: Any) -> None:
    if isinstance(value, float):
        raise ValueError("a fact holds whole numbers and text, never a float")
    if isinstance(value, Mapping):
        for part in value.values():
            _no_floats(part)
    elif isinstance(value, list | tuple):
        for part in value:
            _no_floats(part)
