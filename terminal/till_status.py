"""What the hub tells its tills of the world behind it: head office, the printer, the program's version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

NO_HEAD_OFFICE = "none"
AWAY = frozenset({"offline"})
PRINTER_TROUBLES = frozenset({"paper-out", "cover-open", "offline", "unreachable", "cut-off", "stuck"})
"""States of a printer in which receipts wait (`storehub.printers.condition`)."""


@dataclass(frozen=True, slots=True)
class HeadOfficeStatus:
    """The hub's way to head office: `state` since `since` (online, doubtful, offline; none: the hub has no
    head office). `waiting` facts of the store have not arrived there, the oldest from `oldest_at`."""

    state: str
    since: datetime | None = None
    last_heard_at: datetime | None = None
    waiting: int = 0
    oldest_at: datetime | None = None

    @property
    def away(self) -> bool:
        """Whether it does not answer the hub."""
        return self.state in AWAY


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """The store's printer: its `state` since `since`, and how many receipts wait for it.

    `drawer_open` None: no drawer hangs on it, or nobody can say.
    """

    state: str
    since: datetime | None = None
    waiting: int = 0
    paper_low: bool = False
    drawer_open: bool | None = None

    @property
    def in_trouble(self) -> bool:
        """Whether receipts wait until somebody does something."""
        return self.state in PRINTER_TROUBLES


@dataclass(frozen=True, slots=True)
class TillStatus:
    """The hub's last answer, heard at `heard_at` by the till's clock; no `printer`: the store has none."""

    hq: HeadOfficeStatus
    printer: PrinterStatus | None
    version: str
    heard_at: datetime

    @classmethod
    def from_body(cls, body: Mapping[str, Any], heard_at: datetime) -> TillStatus:
        """Read `GET /api/v1/till-status`; raises KeyError, TypeError or ValueError for anything else."""
        hq, printer = body["hq"], body["printer"]
        return cls(
            HeadOfficeStatus(
                str(hq["state"]),
                _moment(hq["since"]),
                _moment(hq["last_heard_at"]),
                int(hq["waiting"]),
                _moment(hq["oldest_at"]),
            ),
            None
            if printer is None
            else PrinterStatus(
                str(printer["state"]),
                _moment(printer["since"]),
                int(printer["waiting"]),
                bool(printer["paper_low"]),
                printer["drawer_open"],
            ),
            str(body["version"]),
            heard_at,
        )

    def to_body(self) -> dict[str, Any]:
        """As `from_body` reads it, with the moment it was heard."""
        hq, printer = self.hq, self.printer
        return {
            "hq": {
                "state": hq.state,
                "since": _text(hq.since),
                "last_heard_at": _text(hq.last_heard_at),
                "waiting": hq.waiting,
                "oldest_at": _text(hq.oldest_at),
            },
            "printer": None
            if printer is None
            else {
                "state": printer.state,
                "since": _text(printer.since),
                "waiting": printer.waiting,
                "paper_low": printer.paper_low,
                "drawer_open": printer.drawer_open,
            },
            "version": self.version,
            "heard_at": self.heard_at.isoformat(),
        }


def is_newer(version: str, than: str) -> bool:
    """Whether a version (`0.12.1`) is higher; one that cannot be read is not."""
    return _numbers(version) > _numbers(than)


def _numbers(version: str) -> tuple[int, ...]:
    parts = version.split(".")
    return tuple(int(part) for part in parts) if all(part.isdecimal() for part in parts) else ()


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
