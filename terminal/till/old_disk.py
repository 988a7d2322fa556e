"""A till that was started from an old copy of its disk.

Its journal ends where the copy was made; the hub has had more from it, and receipts with those numbers are
in customers' hands. With every token the hub says how far it is. The till then goes on behind that, so that
no number is given out once more, and what it sold under numbers that were given out before is brought to the
hub outside the pipe, where a person decides about it. Nothing of it is thrown away.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from courier.chain import UNKNOWN_HASH
from courier.envelope import FIRST_HASH, opened_text
from courier.outbox import ACKNOWLEDGED, OUTBOX_HEAD

TABLE = """CREATE TABLE IF NOT EXISTS second_histories (
    first_sequence INTEGER, last_sequence INTEGER, found_at TEXT NOT NULL, handed_in_at TEXT,
    PRIMARY KEY (first_sequence, last_sequence)
) WITHOUT ROWID"""

_HEAD = "SELECT sequence, hash FROM origins WHERE origin = ?"
_CURSOR = "SELECT cursor_value FROM sync_cursors WHERE cursor_name = ?"
_FACT = "SELECT payload FROM outbox WHERE id = ?"
_FOUND = "INSERT OR IGNORE INTO second_histories VALUES (?, ?, ?, NULL)"
_DONE_WITH = """INSERT OR REPLACE INTO sync_cursors (cursor_name, cursor_value, updated_at)
    VALUES (:cursor, :sequence, :at)"""
_MOVES = (
    "INSERT OR REPLACE INTO origins (origin, sequence, hash) VALUES (:origin, :sequence, :hash)",
    "INSERT OR REPLACE INTO heads (name, value) VALUES (:head, :sequence)",
    _DONE_WITH,
)

UNTOLD = """SELECT s.first_sequence, s.last_sequence FROM second_histories s
    WHERE s.handed_in_at IS NULL ORDER BY s.first_sequence"""
TEXTS = "SELECT payload FROM outbox WHERE id BETWEEN ? AND ? ORDER BY id"
HANDED_IN = "UPDATE second_histories SET handed_in_at = ? WHERE first_sequence = ? AND last_sequence = ?"


@dataclass(frozen=True, slots=True)
class Place:
    """How far the hub is with us: the last number it had or heard of, its hash, the next position."""

    sequence: int
    hash: str
    next_position: int

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> Place:
        """Read it out of the hub's answer; raises KeyError, TypeError, ValueError."""
        return cls(int(body["sequence"]), str(body["hash"]), int(body["next_position"]))


@dataclass(frozen=True, slots=True)
class SetBack:
    """What was found: the journal ended at `sequence`, the hub was at `known`. `given_twice`: the numbers
    sold on this disk that the hub has other facts for, or may have; None: nothing was sold on it."""

    sequence: int
    known: int
    given_twice: tuple[int, int] | None


def go_on(tx: sqlite3.Connection, origin: str, sequence: int, last_hash: str, at: str) -> None:
    """Let the journal go on behind this number; what comes before it is not asked of it any more."""
    values = {
        "origin": origin,
        "sequence": sequence,
        "hash": last_hash,
        "head": OUTBOX_HEAD,
        "cursor": ACKNOWLEDGED,
        "at": at,
    }
    for statement in _MOVES:
        tx.execute(statement, values)


def set_straight(tx: sqlite3.Connection, origin: str, place: Place, at: datetime) -> SetBack | None:
    """Hold the journal against what the hub has; None: it is ours and no older, as it nearly always is."""
    sequence, last_hash = tx.execute(_HEAD, (origin,)).fetchone() or (0, FIRST_HASH)
    if sequence >= place.sequence and _is_ours(tx, place, sequence, last_hash):
        return None
    now = at.astimezone(UTC).isoformat(timespec="microseconds")
    row = tx.execute(_CURSOR, (ACKNOWLEDGED,)).fetchone()
    first, last = (row[0] if row else 0) + 1, min(sequence, place.sequence)
    found = bool(first <= last and tx.execute(_FOUND, (first, last, now)).rowcount)
    if sequence < place.sequence:
        end = max(place.sequence, place.next_position - 1)
        go_on(tx, origin, end, place.hash if end == place.sequence else UNKNOWN_HASH, now)
    elif not found:
        return None  # found before: what lies behind the hub's number goes out in the pipe
    else:
        # What is brought outside the pipe does not go out in it too.
        tx.execute(_DONE_WITH, {"cursor": ACKNOWLEDGED, "sequence": last, "at": now})
    return SetBack(sequence, place.sequence, (first, last) if first <= last else None)


def _is_ours(tx: sqlite3.Connection, place: Place, sequence: int, last_hash: str) -> bool:
    """Whether the fact under the hub's last number is the one that we have, as far as anybody knows."""
    if place.sequence == 0 or place.hash == UNKNOWN_HASH:
        return True
    if sequence == place.sequence:
        return last_hash in (place.hash, UNKNOWN_HASH)
    row = tx.execute(_FACT, (place.sequence,)).fetchone()
    return row is None or opened_text(row[0]).hash == place.hash
