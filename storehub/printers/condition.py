"""How the store's printer is: what its real-time status says, for tills and people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

RT_STATUS_PRINTER = b"\x10\x04\x01"
RT_STATUS_CAUSE = b"\x10\x04\x02"
RT_STATUS_PAPER = b"\x10\x04\x04"
DRAWER_BIT = 0x04
OFFLINE_BIT = 0x08
COVER_BIT = 0x04
PAPER_LOW_BITS = 0x0C
PAPER_END_BITS = 0x60
FIXED_BITS, FIXED_VALUE = 0x93, 0x12
"""Every DLE EOT answer is 0xx1xx10 (Epson, ESC/POS command reference); anything else is noise."""


class PrinterState(StrEnum):
    """What a person has to know of a printer. SILENT: it is there and never answers, as cheap ones do."""

    UNKNOWN = "unknown"
    WELL = "well"
    SILENT = "silent"
    PAPER_OUT = "paper-out"
    COVER_OPEN = "cover-open"
    OFFLINE = "offline"
    UNREACHABLE = "unreachable"
    CUT_OFF = "cut-off"
    STUCK = "stuck"


@dataclass(frozen=True, slots=True)
class Reading:
    """What one look at the printer found. `drawer_open` None: no drawer hangs on it, or nobody can say."""

    state: PrinterState
    paper_low: bool = False
    drawer_open: bool | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """The printer since the last change of its state or its drawer."""

    reading: Reading
    since: datetime

    def to_body(self) -> dict[str, Any]:
        """JSON types only."""
        reading = self.reading
        return {
            "state": reading.state.value,
            "since": self.since.isoformat(),
            "paper_low": reading.paper_low,
            "drawer_open": reading.drawer_open,
        }


def status_of(answer: bytes) -> int | None:
    """The status byte of an answer; None when there is none."""
    return answer[-1] if answer and answer[-1] & FIXED_BITS == FIXED_VALUE else None


def drawer_state(printer_status: int, open_is_high: bool | None) -> bool | None:
    """Whether the drawer is open, from the level of the connector's pin 3; None without a drawer.

    Most drawers close a switch to ground when they open, so that the level is low then, and high where
    nothing is plugged in (`open_is_high` false); some do it the other way round.
    """
    if open_is_high is None:
        return None
    return bool(printer_status & DRAWER_BIT) is open_is_high
