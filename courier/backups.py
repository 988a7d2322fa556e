"""Backups in a folder: which are there, how old the newest is, when the next is due, which may go; and how
one is made and read back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Engine, MetaData

from courier import archive
from courier.archive import SUFFIX, Manifest

log = structlog.get_logger(__name__)

TOO_OLD = timedelta(hours=26)
"""A nightly backup that is older has failed: somebody has to look."""

SPACING = timedelta(hours=1)
"""Closings that follow each other make one backup."""

Migrate = Callable[[str], None]
"""Brings the schema of the database to this revision."""

NEWEST = "head"


def name_of(what: str, at: datetime) -> str:
    """The file name of a backup: names sort as the backups were made."""
    return f"{what}-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}{SUFFIX}"


def kept(folder: Path, what: str) -> list[Path]:
    """The backups of this program in the folder, oldest first."""
    return sorted(folder.glob(f"{what}-*{SUFFIX}")) if folder.is_dir() else []


def newest_at(folder: Path, what: str) -> datetime | None:
    """When the newest backup was made, by its name; None when there is none."""
    for file in reversed(kept(folder, what)):
        stamp = file.name.removeprefix(f"{what}-").removesuffix(SUFFIX)
        try:
            return datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def is_due(now: datetime, newest: datetime | None, zone: ZoneInfo, nightly: time, closed: bool) -> bool:
    """Whether a backup is wanted: none since last night's hour, or a shift or day `closed` since."""
    if newest is None:
        return True
    here = now.astimezone(zone)
    tonight = datetime.combine(here.date(), nightly, zone)
    last_night = tonight if tonight <= here else tonight - timedelta(days=1)
    return newest < last_night or (closed and now - newest >= SPACING)


def drop_old(folder: Path, what: str, number: int) -> None:
    """Keep so many of the newest backups, and drop what broke off."""
    for file in kept(folder, what)[: -max(1, number)]:
        file.unlink(missing_ok=True)
    for draft in folder.glob(f"{what}-*{SUFFIX}.*.part"):
        draft.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Backups:
    """One program's backups: the tables of its schema but those `without`, of the store `of` if it has one.

    Engines are given to both for the purpose: their connections are closed at the end.
    """

    what: str
    metadata: MetaData
    of: str = ""
    without: Collection[str] = ()

    def make(self, engine: Engine, folder: Path, files: Iterable[Path], number: int, at: datetime) -> Path:
        """Make one now with these small files, and keep so many.

        Raises OSError and the database's errors, and then there is none.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = folder / name_of(self.what, at)
        try:
            with engine.connect().execution_options(isolation_level="REPEATABLE READ") as tx:
                archive.write(
                    tx,
                    file,
                    program=self.what,
                    of=self.of,
                    revision=archive.revision_of(tx),
                    tables=archive.tables_of(tx, self.metadata, self.without),
                    files=[kept for kept in files if kept.exists()],
                    at=at,
                )
        finally:
            engine.dispose()
        drop_old(folder, self.what, number)
        log.info("backup made", file=file.name, bytes=file.stat().st_size)
        return file

    def read_back(self, engine: Engine, file: Path, folder: Path | None, migrate: Migrate) -> Manifest:
        """Read one into an empty database, and its files into the folder, all of it or nothing.

        Raises `ArchiveRefused`.
        """
        manifest = archive.manifest_of(file)
        if (manifest.program, manifest.of) != (self.what, self.of):
            raise archive.NotOurArchive(
                f"{file} is a backup of {manifest.program} {manifest.of}".rstrip()
                + f", not of {self.what} {self.of}".rstrip()
            )
        try:
            with engine.connect() as tx:
                if not archive.is_empty(tx):
                    raise archive.DatabaseNotEmpty("it has tables; a backup is read into an empty database")
            migrate(manifest.revision)
            with engine.begin() as tx:
                archive.read_tables(tx, file, manifest)
            migrate(NEWEST)
        finally:
            engine.dispose()
        if folder is not None:
            archive.read_files(file, manifest, folder)
        return manifest
