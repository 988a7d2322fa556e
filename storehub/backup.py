"""The hub's backups: every table of one moment and its keys, nightly and after a shift was closed.

A hub that comes back from one asks head office what it missed (`storehub.restore.catch_up`), so that no
position of its pipe is given out twice.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection, Engine, func, select

from courier import backups
from courier.archive import Manifest
from storehub.catalog.queries import chain_rules
from storehub.database import make_engine, metadata, migrate
from storehub.settings import Settings
from storehub.shifts.tables import shifts

log = structlog.get_logger(__name__)

WHAT = "storehub"


def back_up(settings: Settings, folder: Path, at: datetime) -> Path:
    """Make a backup now; raises OSError and the database's errors, and then there is none."""
    files = (settings.data_dir / "token.key", settings.hq_secret_file)
    return _of(settings).make(_engine(settings), folder, files, settings.backups_kept, at)


def read_back(settings: Settings, file: Path) -> Manifest:
    """Read a backup into an empty database, and the keys into the data directory, all of it or nothing.

    Raises `ArchiveRefused`.
    """
    to_revision = partial(migrate, settings.database_url)
    return _of(settings).read_back(_engine(settings), file, settings.data_dir, to_revision)


def _of(settings: Settings) -> backups.Backups:
    return backups.Backups(WHAT, metadata, settings.store_id)


def _engine(settings: Settings) -> Engine:
    return make_engine(settings.database_url, pool_size=1, statement_seconds=0)


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
