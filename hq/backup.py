"""Head office's backups: everything that the ledger cannot give back, the ledger itself, and the key.

The books are left out: a restored head office reads them from its ledger again. What happened between the
backup and its restore comes back by itself: hubs are told the older cursor and send from there; versions
of news go on far above all that were given out (`courier.line`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Engine, text

from courier import backups, line
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

log = structlog.get_logger(__name__)

WHAT = "hq"
LOOK_SECONDS = 300.0
BACKUP_LOCK = 20_261_127
"""Key of the advisory lock under which one instance at a time makes a backup."""


OURS = backups.Backups(
    WHAT, metadata, without=frozenset(table.name for table in (*READ_AGAIN, projection_cursors))
)


def back_up(settings: Settings, folder: Path, at: datetime) -> Path:
    """Make a backup now; raises OSError and the database's errors, and then there is none."""
    engine = make_engine(settings.database_url, "hq backup", pool_size=1, statement_seconds=0)
    files = [settings.data_dir / KEY_FILE] if settings.data_dir is not None else []
    return OURS.make(engine, folder, files, settings.backups_kept, at)


def restore(settings: Settings, file: Path, at: datetime) -> Manifest:
    """Read a backup into an empty database, and the key into the data directory, all of it or nothing.

    Raises `ArchiveRefused`.
    """
    engine = make_engine(settings.database_url, "hq restore", pool_size=1, statement_seconds=0)
    manifest = OURS.read_back(engine, file, settings.data_dir, partial(migrate, settings.database_url))
    try:
        with engine.begin() as tx:
            line.lift(tx, courier, at)
    finally:
        engine.dispose()
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
