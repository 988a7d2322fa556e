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

PROFILE = "TM-T20II"
"""A profile of python-escpos with 576 dots and a full cut; raster needs nothing else of it."""

FIRST_ANSWER_SECONDS = 1.0
"""A printer that has said nothing by then is one of those that never do."""

LATER_ANSWER_SECONDS = 15.0
"""One that has answered before is given the time to print first: some answer in the order of their work."""

RT_STATUS_PRINTER = b"\x10\x04\x01"
RT_STATUS_PAPER = b"\x10\x04\x04"
OFFLINE_BIT = 0x08
PAPER_END_BITS = 0x60
FIXED_BITS, FIXED_VALUE = 0x93, 0x12
"""Every DLE EOT answer is 0xx1xx10 (Epson, ESC/POS command reference); anything else is noise."""


class PrinterDown(Outage):
    """The printer cannot print now; the receipt waits.

    `reason`: `unreachable` (off, unplugged, another address), `offline` (cover open, error), `paper-out`,
    `cut-off` (lost in the middle) or `stuck` (stopped taking bytes). The printer may hold part of the
    receipt after the last two.
    """


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
    """What goes to the printer for one receipt: a one-bit picture as wide as the paper (576 dots).

    `drawer_pin` is the connector pin (2 or 5) of a drawer that is to open first, or None.
    """

    picture: Image.Image
    drawer_pin: int | None = None


class Printer:
    """Delivers receipts to one port, one after the other (not safe for several threads)."""

    def __init__(self, port: Port) -> None:
        self._port = port
        self._mute = False

    @property
    def name(self) -> str:
        """The port's name."""
        return self._port.name

    def deliver(self, data: bytes, before_sending: Callable[[], None]) -> None:
        """Print one receipt, as `encode` made it; raises `PrinterDown`.

        `before_sending` is called when the printer is reached and well and the first byte that could
        mark paper is about to leave: an error before it means that no paper exists.
        """
        try:
            with self._port.open() as line:
                answers = not self._mute and self._well(line, FIRST_ANSWER_SECONDS)
                self._mute = not answers
                before_sending()
                line.send(data)
                if answers and not self._well(line, LATER_ANSWER_SECONDS):
                    raise PrinterDown("stuck", f"{self.name} answers no longer")
                line.finish()
        except PrinterDown:
            self._mute = False  # it may be another printer when it comes back, so it is asked again
            raise

    def _well(self, line: Line, wait_seconds: float) -> bool:
        """Whether the printer says that it is well; raises `PrinterDown` when it says that it is not."""
        state = _status(line.ask(RT_STATUS_PRINTER, wait_seconds))
        if state is None:
            return False
        paper = _status(line.ask(RT_STATUS_PAPER, wait_seconds))
        if paper is not None and paper & PAPER_END_BITS:
            raise PrinterDown("paper-out", self.name)
        if state & OFFLINE_BIT:
            raise PrinterDown("offline", self.name)
        return True


def encode(paper: Paper) -> bytes:
    """The bytes of one receipt: reset, drawer, raster (GS v 0), feed and cut."""
    printer = Dummy(profile=PROFILE)
    printer.hw("INIT")
    if paper.drawer_pin is not None:
        printer.cashdraw(paper.drawer_pin)
    printer.image(paper.picture, impl="bitImageRaster")
    printer.cut()
    return bytes(printer.output)


def _status(answer: bytes) -> int | None:
    """The status byte of an answer; None when there is none."""
    return answer[-1] if answer and answer[-1] & FIXED_BITS == FIXED_VALUE else None
