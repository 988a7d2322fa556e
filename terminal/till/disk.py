"""What SQLite says when the disk gives up, in words the shop can act on, and how its files are opened."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, create_engine, event

from courier.outbox import READS_ONLY
from courier.tables import courier_tables
from retail.refusal import Refusal

COURIER = courier_tables(MetaData())
"""The courier's tables in a till's files: made once, so that what was compiled for them serves every file."""

BUSY_MILLISECONDS = 5_000
"""How long a deed waits for the other writer of a file; writers hold it for milliseconds."""


class TillDiskFull(Refusal):
    """There is no room left on the till's disk: free some; nothing was written (`file`)."""

    code = "till-disk-full"


class TillDiskFailing(Refusal):
    """The till's disk does not take or give what it should: call for help (`file`)."""

    code = "till-disk-failing"


class TillReadOnly(Refusal):
    """The till may not write its own file: check the rights of the data directory (`file`)."""

    code = "till-read-only"


class TillDamaged(Refusal):
    """The file is no till journal or is damaged: keep it, it may hold unsent sales (`file`)."""

    code = "till-damaged"


class TillBusy(Refusal):
    """Another program holds the till's file (`file`); try again."""

    code = "till-busy"


REFUSALS: dict[int, type[Refusal]] = {
    sqlite3.SQLITE_FULL: TillDiskFull,
    sqlite3.SQLITE_IOERR: TillDiskFailing,
    sqlite3.SQLITE_READONLY: TillReadOnly,
    sqlite3.SQLITE_PERM: TillReadOnly,
    sqlite3.SQLITE_CANTOPEN: TillReadOnly,
    sqlite3.SQLITE_CORRUPT: TillDamaged,
    sqlite3.SQLITE_NOTADB: TillDamaged,
    sqlite3.SQLITE_BUSY: TillBusy,
    sqlite3.SQLITE_LOCKED: TillBusy,
}
"""By primary result code (https://www.sqlite.org/rescode.html); any other one is a bug of ours."""
PRIMARY_CODE = 0xFF
PERHAPS_NO_ROOM = frozenset({sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE})
"""What a disk without room is called, too: the second while a file is opened (its `-shm` beside it)."""
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
PROBE_BYTES = 65_536


@contextmanager
def plainly(file: Path) -> Iterator[None]:
    """Raise what the disk or the file does wrong as a refusal; let bugs through as they are."""
    try:
        yield
    except sqlite3.Error as problem:
        error_code = getattr(problem, "sqlite_errorcode", -1)
        refusal = REFUSALS.get(error_code & PRIMARY_CODE)
        if refusal is None:
            raise
        if error_code in PERHAPS_NO_ROOM and _no_room_beside(file):
            refusal = TillDiskFull
        raise refusal(file=str(file)) from problem


def connect(file: Path, *, durable: bool) -> sqlite3.Connection:
    """Open a file of the till in WAL mode; the caller draws its transactions.

    `durable`: a commit is on the disk when it returns (`synchronous=FULL`). Checkpoints never run
    inside a deed (`wal_autocheckpoint=0`): whoever owns the file runs them between sales. The
    connection may be used from any thread, by one at a time.
    """
    connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    prepare(connection, durable=durable)
    return connection


def prepare(connection: sqlite3.Connection, *, durable: bool) -> None:
    """Set a connection's pragmas (see `connect`)."""
    connection.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA wal_autocheckpoint=0")


def engine_of(file: Path, *, durable: bool) -> Engine:
    """The same file for the courier's loops, which speak SQLAlchemy.

    A transaction that may write takes the write lock at its begin: one that reads first and writes
    later would be refused, not made to wait, when another writer came in between. Those in which the
    loops only read never stand in the way of a sale.
    """
    engine = create_engine(f"sqlite:///{file}", connect_args={"isolation_level": None})

    @event.listens_for(engine, "connect")
    def prepared(connection: Any, _record: object) -> None:
        prepare(connection, durable=durable)

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        reads_only = connection.get_execution_options().get(READS_ONLY, False)
        connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")

    return engine


def checkpoint(connection: Connection) -> None:
    """Move the write-ahead log into the file as far as nobody reads or writes it now (PASSIVE)."""
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute("PRAGMA wal_checkpoint(PASSIVE)")


def _no_room_beside(file: Path) -> bool:
    """Whether a failed write was for want of room: SQLite calls a full quota an I/O error like any other.

    Asked by writing a little at the place where the write-ahead log ends, in a file of its own.
    """
    log = file.with_name(f"{file.name}-wal")
    try:
        end = log.stat().st_size if log.exists() else 0
        with TemporaryFile(dir=file.parent) as probe:
            probe.seek(end)
            probe.write(bytes(PROBE_BYTES))
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as problem:
        return problem.errno in NO_ROOM
    return False
