"""The port to a receipt printer, and how one receipt is delivered through it.

python-escpos makes the bytes, a fresh printer object for each receipt: it remembers code pages and modes that
a printer which was switched off in between has forgotten. Its connections are not used, as they hide what
decides here: whether every byte was taken (Network, Usb), which receipts were there before (File empties
it), and how to let go of a dead printer (Serial waits for ever).

A receipt counts as printed only when the printer took every byte and, where it answers at all, says that it
is well. Cheap printers never answer `DLE EOT`; for those the bytes have to be proof enough.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from escpos.printer import Dummy
from PIL import Image

from courier.outage import Outage
from storehub.printers.condition import (
    COVER_BIT,
    OFFLINE_BIT,
    PAPER_END_BITS,
    PAPER_LOW_BITS,
    RT_STATUS_CAUSE,
    RT_STATUS_PAPER,
    RT_STATUS_PRINTER,
    PrinterState,
    Reading,
    drawer_state,
    status_of,
)

PROFILE = "TM-T20II"
"""A profile of python-escpos with 576 dots and a full cut; raster needs nothing else of it."""

FIRST_ANSWER_SECONDS = 1.0
"""A printer that has said nothing by then is one of those that never do."""

LATER_ANSWER_SECONDS = 15.0
"""One that has answered before is given the time to print first: some answer in the order of their work."""


class PrinterDown(Outage):
    """The printer cannot print now; the receipt waits.

    `reason`: `unreachable` (off, unplugged, another address), `cover-open`, `offline` (an error of its own),
    `paper-out`, `cut-off` (lost in the middle) or `stuck` (stopped taking bytes). The printer may hold part
    of the receipt after the last two. `reading` is what it said of itself, where it said so.
    """

    def __init__(self, reason: str, detail: str = "", reading: Reading | None = None) -> None:
        super().__init__(reason, detail)
        self.reading = reading


class Line(Protocol):
    """An open connection to a printer, good for one receipt."""

    def send(self, data: bytes) -> None:
        """Send all of it; raises `PrinterDown` or OSError."""

    def ask(self, question: bytes, wait_seconds: float) -> bytes:
        """What the device says to a real-time status question; empty when it is silent that long."""

    def finish(self) -> None:
        """Wait until the device has taken every byte; raises `PrinterDown` when it has not."""


class Port(Protocol):
    """A printer's address; `name` is what the setting and the print queue call it."""

    @property
    def name(self) -> str:
        """The address as written in the setting."""

    def open(self) -> AbstractContextManager[Line]:
        """Connect; raises `PrinterDown`, and turns any OSError of the block into one."""


@dataclass(frozen=True, slots=True)
class Paper:
    """What goes to the printer for one job: a one-bit picture as wide as the paper (576 dots), or none.

    `drawer_pin` is the connector pin (2 or 5) of a drawer that is to open first, or None.
    """

    picture: Image.Image | None
    drawer_pin: int | None = None


class Printer:
    """Delivers receipts to one port, one after the other (not safe for several threads)."""

    def __init__(self, port: Port, drawer_open_is_high: bool | None = None) -> None:
        """`drawer_open_is_high`: see `storehub.printers.condition.drawer_state`; None without a drawer."""
        self._port = port
        self._drawer_open_is_high = drawer_open_is_high
        self._mute = False

    @property
    def name(self) -> str:
        """The port's name."""
        return self._port.name

    def deliver(self, data: bytes, before_sending: Callable[[], None], *, needs_paper: bool = True) -> None:
        """Print one receipt, as `encode` made it; raises `PrinterDown`.

        `before_sending` is called when the printer is reached and well and the first byte that could
        mark paper is about to leave: an error before it means that no paper exists. What `needs_paper` not
        (a drawer) is sent to a printer without paper too.
        """
        try:
            with self._port.open() as line:
                answers = needs_paper and not self._mute and self._well(line, FIRST_ANSWER_SECONDS)
                if needs_paper:
                    self._mute = not answers
                before_sending()
                line.send(data)
                if answers and not self._well(line, LATER_ANSWER_SECONDS):
                    raise PrinterDown("stuck", f"{self.name} answers no longer")
                line.finish()
        except PrinterDown:
            self._mute = False  # it may be another printer when it comes back, so it is asked again
            raise

    def look(self) -> Reading:
        """How it is now, without printing anything."""
        try:
            with self._port.open() as line:
                reading = Reading(PrinterState.SILENT)
                if not self._mute:
                    reading = self._read(line, FIRST_ANSWER_SECONDS)
                    self._mute = reading.state is PrinterState.SILENT
                return reading
        except PrinterDown as down:
            self._mute = False
            return Reading(PrinterState(down.reason))

    def _well(self, line: Line, wait_seconds: float) -> bool:
        """Whether the printer says that it is well; raises `PrinterDown` when it says that it is not."""
        reading = self._read(line, wait_seconds)
        if reading.state not in (PrinterState.WELL, PrinterState.SILENT):
            raise PrinterDown(reading.state.value, self.name, reading)
        return reading.state is PrinterState.WELL

    def _read(self, line: Line, wait_seconds: float) -> Reading:
        """What it says of itself (ESC/POS real-time status, DLE EOT 1, 2 and 4)."""
        status = status_of(line.ask(RT_STATUS_PRINTER, wait_seconds))
        if status is None:
            return Reading(PrinterState.SILENT)
        paper = status_of(line.ask(RT_STATUS_PAPER, wait_seconds)) or 0
        state = PrinterState.WELL
        if paper & PAPER_END_BITS:
            state = PrinterState.PAPER_OUT
        elif status & OFFLINE_BIT:
            cause = status_of(line.ask(RT_STATUS_CAUSE, wait_seconds)) or 0
            state = PrinterState.COVER_OPEN if cause & COVER_BIT else PrinterState.OFFLINE
        return Reading(state, bool(paper & PAPER_LOW_BITS), drawer_state(status, self._drawer_open_is_high))


def encode(paper: Paper) -> bytes:
    """The bytes of one job: reset, drawer, raster (GS v 0), feed and cut; none for an empty job."""
    if paper.picture is None and paper.drawer_pin is None:
        return b""
    printer = Dummy(profile=PROFILE)
    printer.hw("INIT")
    if paper.drawer_pin is not None:
        printer.cashdraw(paper.drawer_pin)
    if paper.picture is not None:
        printer.image(paper.picture, impl="bitImageRaster")
        printer.cut()
    return bytes(printer.output)
