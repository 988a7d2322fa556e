"""Backups in a folder: which are there, how old the newest is, when the next is due, which may go."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from courier.archive import SUFFIX

TOO_OLD = timedelta(hours=26)
"""A nightly backup that is older has failed: somebody has to look."""

SPACING = timedelta(hours=1)
"""Closings that follow each other make one backup."""


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
