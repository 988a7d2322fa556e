"""Reading a journal's file that another program may have open, or that lies on an old disk."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from courier.envelope import SEQUENCE_LIMIT
from courier.outbox import ACKNOWLEDGED
from terminal.till.disk import plainly
from terminal.till.old_disk import TEXTS, UNTOLD


def ends_at(file: Path) -> int:
    """The last number that a journal has given out; raises a refusal of `terminal.till.disk`."""
    with _read_only(file) as connection:
        row = connection.execute("SELECT max(sequence) FROM origins").fetchone()
    return row[0] or 0


def unsent_texts(file: Path) -> list[str]:
    """The sealed facts of a journal that its hub had not acknowledged, in order, and those that it was to
    bring outside its pipe and has not; raises a refusal of `terminal.till.disk`."""
    with _read_only(file) as connection:
        row = connection.execute(
            "SELECT cursor_value FROM sync_cursors WHERE cursor_name = ?", (ACKNOWLEDGED,)
        ).fetchone()
        ranges = [*_untold(connection), ((row[0] if row else 0) + 1, SEQUENCE_LIMIT)]
        return [text for numbers in ranges for (text,) in connection.execute(TEXTS, numbers)]


def _untold(connection: sqlite3.Connection) -> list[tuple[int, int]]:
    """Numbers of an old copy's facts; a journal of an older program has no table of them."""
    known = "SELECT 1 FROM sqlite_master WHERE name = 'second_histories'"
    return connection.execute(UNTOLD).fetchall() if connection.execute(known).fetchone() else []


def sold_references(file: Path) -> list[tuple[str, int]]:
    """External reference and total (minor units) of every replayed sale in a journal, which may be in use
    by another program; raises a refusal of `terminal.till.disk`."""
    with _read_only(file) as connection:
        return connection.execute(
            "SELECT external_reference, total_amount FROM sales WHERE external_reference IS NOT NULL"
        ).fetchall()


@contextmanager
def _read_only(file: Path) -> Iterator[sqlite3.Connection]:
    with (
        plainly(file),
        closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection,
    ):
        yield connection
