"""Clocks of whole programs set wrong while they run, by libfaketime (Debian's package `faketime`)."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

LIBRARIES = ("/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/lib*/faketime/libfaketimeMT.so.1")
UNDER_FAKETIME = Path(__file__).parent / "under_faketime"
RIGHT = "+0"
NEAR_SECONDS = 60.0
ANSWER_SECONDS = 2.0


def library() -> Path | None:
    """Where libfaketime is; None where there is none."""
    if sys.platform != "linux":
        return None
    found = [file for pattern in LIBRARIES for file in Path("/").glob(pattern.removeprefix("/"))]
    return found[0] if found else None


class Clock:
    """The clock of one program: right at first. What counts seconds (monotonic) is left alone, as it is when
    somebody sets a clock by hand."""

    def __init__(self, file: Path, preload: Path) -> None:
        self._file = file
        self._preload = preload
        self.set(0)

    @property
    def environment(self) -> dict[str, str]:
        """What the program has to be started with."""
        return {
            "LD_PRELOAD": str(self._preload),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
            "PYTHONPATH": os.pathsep.join(filter(None, (str(UNDER_FAKETIME), os.environ.get("PYTHONPATH")))),
        }

    def set(self, seconds: float) -> None:
        """Let it be wrong by so many seconds from now on."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{seconds:+.0f}\n" if seconds else RIGHT)
        new.replace(self._file)


def hours_of(url: str, path: str, body: dict[str, Any], hours: float) -> Callable[[], datetime]:
    """What time it is at the program at this address, which signs in for so many hours."""

    def look() -> datetime:
        answer = httpx.post(url + path, json=body, timeout=ANSWER_SECONDS, trust_env=False).json()
        return datetime.fromisoformat(answer["expires_at"]) - timedelta(hours=hours)

    return look


def is_wrong(time_there: Callable[[], datetime], seconds: float) -> bool:
    """Whether the time there is wrong by so much; no when there is no answer."""
    try:
        said = time_there()
    except (httpx.HTTPError, KeyError, ValueError):
        return False
    return abs((said - datetime.now(UTC)).total_seconds() - seconds) < NEAR_SECONDS
