"""Bringing the people of a catalogue under the till's seal when it is opened."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import structlog

from courier import cursor
from terminal.till.disk import connect
from terminal.till.seal import PeopleSeal, SealBroken, is_sealed

log = structlog.stdlib.get_logger("terminal.till")

PEOPLE = "SELECT key, body FROM master_data WHERE kind = 'person'"
KEEP = "UPDATE master_data SET body = ? WHERE kind = 'person' AND key = ?"
DROP = "DELETE FROM master_data WHERE kind = 'person' AND key = ?"


def seal_people(file: Path, seal: PeopleSeal) -> None:
    """Seal what an older program left readable; let go of what another key has sealed, so that all news is
    fetched once more."""
    connection = connect(file, durable=False)
    try:
        # What is written over is not left readable in free pages or in the log.
        connection.execute("PRAGMA secure_delete=ON")
        if _bring_under(connection, seal):
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


def _bring_under(connection: sqlite3.Connection, seal: PeopleSeal) -> bool:
    """Whether anything was changed."""
    people = connection.execute(PEOPLE).fetchall()
    plain = [(key, body) for key, body in people if not is_sealed(body)]
    lost = [(key,) for key, body in people if is_sealed(body) and not _opens(seal, key, body)]
    if not plain and not lost:
        return False
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(KEEP, [(seal.seal(key, body), key) for key, body in plain])
    if lost:
        log.warning("people that the key does not open come anew", people=len(lost))
        connection.executemany(DROP, lost)
        connection.execute("DELETE FROM sync_cursors WHERE cursor_name = ?", (cursor.NEWS,))
    connection.execute("COMMIT")
    return True


def _opens(seal: PeopleSeal, key: str, body: str) -> bool:
    try:
        seal.open(key, body)
    except SealBroken:
        return False
    return True
