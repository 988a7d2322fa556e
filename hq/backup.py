"""Head office's backups: everything that the ledger cannot give back, the ledger itself, and the key.

The books are left out: a restored head office reads them from its ledger again. What happened between the
backup and its restore comes back by itself: hubs are told the older cursor and send from there; versions
of news go on far above all that were given out (`courier.line`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Engine, text

from courier import archive, backups, line
from courier.archive import Manifest
from hq.alerts.causes import AlertKind, Cause
from hq.database import AWAY, courier, make_engine, metadata, migrate
from hq.ledger.own import OWN
from hq.ledger.tables import projection_cursors
from hq.people.tokens import KEY_FILE
from hq.reports.checkup import Finding
from hq.reports.projection import READ_AGAIN
from hq.settings import Settings
from hq.stores.queries import chain_calendar
from retail.refusal import Refusal

log = structlog.get_logger(__name__)

WHAT = "hq"
LOOK_SECONDS = 300.0
BACKUP_LOCK = 20_261_127
"""Key of the advisory lock under which one instance at a time makes a backup."""


class DatabaseNotEmpty(Refusal):
    """A backup is read into an empty database only; this one has tables."""

    code = "database-not-empty"


class NotOurBackup(Refusal):
    """The backup is another program's (`program`)."""

    code = "not-our-backup"


def back_up(settings: Settings, folder: Path, at: datetime) -> Path:
    """Make a backup now; raises OSError and the database's errors, and then there is none."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / backups.name_of(WHAT, at)
    without = {table.name for table in (*READ_AGAIN, projection_cursors)}
    key = settings.data_dir / KEY_FILE if settings.data_dir is not None else None
    engine = make_engine(settings.database_url, "hq backup", pool_size=1, statement_seconds=0)
    try:
        with engine.connect().execution_options(isolation_level="REPEATABLE READ") as tx:
            archive.write(
                tx,
                file,
                program=WHAT,
                of="",
                revision=archive.revision_of(tx),
                tables=archive.tables_of(tx, metadata, without),
                files=[key] if key is not None and key.exists() else [],
                at=at,
            )
    finally:
        engine.dispose()
    backups.drop_old(folder, WHAT, settings.backups_kept)
    log.info("backup made", file=file.name, bytes=file.stat().st_size)
    return file


def restore(settings: Settings, file: Path, at: datetime) -> Manifest:
    """Read a backup into an empty database, and the key into the data directory, all of it or nothing.

    Raises `ArchiveBroken`, `NotOurBackup`, `DatabaseNotEmpty`.
    """
    manifest = archive.manifest_of(file)
    if manifest.program != WHAT:
        raise NotOurBackup(program=manifest.program)
    engine = make_engine(settings.database_url, "hq restore", pool_size=1, statement_seconds=0)
    try:
        with engine.connect() as tx:
            if not archive.is_empty(tx):
                raise DatabaseNotEmpty
        migrate(settings.database_url, manifest.revision)
        with engine.begin() as tx:
            archive.read_tables(tx, file, manifest)
        migrate(settings.database_url)
        with engine.begin() as tx:
            line.lift(tx, courier, at)
    finally:
        engine.dispose()
    if settings.data_dir is not None:
        archive.read_files(file, manifest, settings.data_dir)
    return manifest


def too_old(folder: Path | None, at: datetime) -> Iterator[Cause]:
    """Head office's own backups, when they are not made any more (`hq.alerts`)."""
    if folder is None:
        return
    newest = backups.newest_at(folder, WHAT)
    if newest is not None and at - newest > backups.TOO_OLD:
        said = f"the newest backup of head office is from {newest:%Y-%m-%d %H:%M} UTC"
        yield Cause(AlertKind.BACKUP, OWN, "backup", said)


def finding(settings: Settings, at: datetime) -> Finding:
    """What the doctor says of the backups."""
    if settings.backup_dir is None:
        return Finding("backups: none are made; set HQ_BACKUP_DIR to a folder on another disk")
    newest = backups.newest_at(settings.backup_dir, WHAT)
    if newest is None:
        return Finding(f"backups: there is none in {settings.backup_dir}", alarming=True)
    hours = (at - newest).total_seconds() / 3600
    return Finding(f"backups: the newest is {hours:.0f} hours old", alarming=at - newest > backups.TOO_OLD)


class Nightly:
    """Makes the nightly backup beside the doors; of several instances one does it."""

    def __init__(self, settings: Settings, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._engine = engine
        self._clock = clock
        self._stopped = threading.Event()

    def run(self) -> None:
        """Look every few minutes until `stop`; a night that failed is tried again at the next look."""
        while not self._stopped.is_set():
            try:
                self.look()
            except AWAY as away:
                log.warning("the backup waits for the database", error=type(away).__name__)
            except Exception:
                # Nights without a backup must not follow from one that failed.
                log.exception("no backup could be made")
            self._stopped.wait(LOOK_SECONDS)

    def stop(self) -> None:
        """End after a backup under way."""
        self._stopped.set()

    def look(self) -> Path | None:
        """Make a backup if one is due and nobody else is at it."""
        folder = self._settings.backup_dir
        if folder is None:
            return None
        now = self._clock()
        newest = backups.newest_at(folder, WHAT)
        if newest is not None and now - newest > backups.TOO_OLD:
            log.error("the newest backup is too old", made_at=newest.isoformat())
        with self._engine.connect() as tx:
            zone = ZoneInfo(chain_calendar(tx).timezone)
            if not backups.is_due(now, newest, zone, self._settings.backup_at, closed=False):
                return None
            mine = tx.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": BACKUP_LOCK})
            return back_up(self._settings, folder, now) if mine.scalar_one() else None
