"""The hub's backups: every table of one moment and its keys, nightly and after a shift was closed.

A hub that comes back from one asks head office what it missed (`storehub.restore.catch_up`), so that no
position of its pipe is given out twice.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection, Engine, func, select

from courier import archive, backups
from courier.archive import Manifest
from retail.refusal import Refusal
from storehub.catalog.queries import chain_rules
from storehub.database import make_engine, metadata, migrate
from storehub.settings import Settings
from storehub.shifts.tables import shifts

log = structlog.get_logger(__name__)

WHAT = "storehub"


class DatabaseNotEmpty(Refusal):
    """A backup is read into an empty database only; this one has tables."""

    code = "database-not-empty"


class NotOurBackup(Refusal):
    """The backup is another program's or another store's (`program`, `of`)."""

    code = "not-our-backup"


def back_up(settings: Settings, folder: Path, at: datetime) -> Path:
    """Make a backup now; raises OSError and the database's errors, and then there is none."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / backups.name_of(WHAT, at)
    keys = (settings.data_dir / "token.key", settings.hq_secret_file)
    engine = make_engine(settings.database_url, pool_size=1, statement_seconds=0)
    try:
        with engine.connect().execution_options(isolation_level="REPEATABLE READ") as tx:
            archive.write(
                tx,
                file,
                program=WHAT,
                of=settings.store_id,
                revision=archive.revision_of(tx),
                tables=archive.tables_of(tx, metadata, ()),
                files=[key for key in keys if key.exists()],
                at=at,
            )
    finally:
        engine.dispose()
    backups.drop_old(folder, WHAT, settings.backups_kept)
    log.info("backup made", file=file.name, bytes=file.stat().st_size)
    return file


def read_back(settings: Settings, file: Path) -> Manifest:
    """Read a backup into an empty database, and the keys into the data directory, all of it or nothing.

    Raises `ArchiveBroken`, `NotOurBackup`, `DatabaseNotEmpty`.
    """
    manifest = archive.manifest_of(file)
    if (manifest.program, manifest.of) != (WHAT, settings.store_id):
        raise NotOurBackup(program=manifest.program, of=manifest.of)
    engine = make_engine(settings.database_url, pool_size=1, statement_seconds=0)
    try:
        with engine.connect() as tx:
            if not archive.is_empty(tx):
                raise DatabaseNotEmpty
        migrate(settings.database_url, manifest.revision)
        with engine.begin() as tx:
            archive.read_tables(tx, file, manifest)
        migrate(settings.database_url)
    finally:
        engine.dispose()
    archive.read_files(file, manifest, settings.data_dir)
    return manifest


class Keeper:
    """Makes the backups of a running hub; `settings.backup_dir` says where, None: nowhere."""

    def __init__(self, settings: Settings, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._engine = engine
        self._clock = clock

    def look(self) -> Path | None:
        """Make a backup if one is due: since last night, or since a shift was closed."""
        folder = self._settings.backup_dir
        if folder is None:
            return None
        now, newest = self._clock(), self.newest_at()
        if newest is not None and now - newest > backups.TOO_OLD:
            log.error("the newest backup is too old", made_at=newest.isoformat())
        with self._engine.connect() as tx:
            zone, closed = ZoneInfo(chain_rules(tx).timezone), _closed_since(tx, newest)
        if not backups.is_due(now, newest, zone, self._settings.backup_at, closed):
            return None
        return back_up(self._settings, folder, now)

    def newest_at(self) -> datetime | None:
        """When the newest backup was made."""
        folder = self._settings.backup_dir
        return backups.newest_at(folder, WHAT) if folder is not None else None

    def age_seconds(self) -> float:
        """Since the newest backup; -1: there is none."""
        newest = self.newest_at()
        return (self._clock() - newest).total_seconds() if newest is not None else -1.0

    def to_body(self) -> dict[str, Any]:
        """For `GET /status`; JSON types only."""
        newest = self.newest_at()
        return {
            "directory": str(self._settings.backup_dir) if self._settings.backup_dir else None,
            "newest_at": newest.isoformat() if newest else None,
            "too_old": newest is not None and self._clock() - newest > backups.TOO_OLD,
        }


def _closed_since(tx: Connection, newest: datetime | None) -> bool:
    closed_at: datetime | None = tx.execute(select(func.max(shifts.c.closed_at))).scalar_one()
    return closed_at is not None and (newest is None or closed_at > newest)
