"""A barcode scanner at a serial line (USB-CDC or RS-232): a thread reads codes and hands them on.

A code ends with CR, LF, or a pause: not every scanner is set to send an end, and at 9600 baud a pause of
`PAUSE_SECONDS` is a hundred characters long. A line that is pulled is opened again when it is back.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import serial
import structlog

log = structlog.stdlib.get_logger("terminal.devices")

BAUD = 9600
PAUSE_SECONDS = 0.15
RETRY_SECONDS = 2.0
LONGEST_CODE = 1_000
"""Characters; a longer burst is noise on the line (a GS1 DataMatrix holds 3,116 figures, a real one 100)."""


@dataclass(frozen=True, slots=True)
class SerialLine:
    """Where the scanner is: `/dev/ttyACM0@9600`."""

    device: str
    baud: int = BAUD

    @classmethod
    def from_text(cls, text: str) -> SerialLine:
        """Read `DEVICE` or `DEVICE@BAUD`; raises ValueError."""
        device, _, baud = text.partition("@")
        if not device:
            raise ValueError("names no serial device")
        if baud and (not baud.isdigit() or int(baud) <= 0):
            raise ValueError(f"{baud!r} is no baud rate")
        return cls(device, int(baud) if baud else BAUD)


class SerialScanner:
    """Reads codes from `start` to `stop`; `scanned` is called from its thread."""

    def __init__(
        self, line: SerialLine, scanned: Callable[[str], None], *, retry_seconds: float = RETRY_SECONDS
    ) -> None:
        self._line = line
        self._scanned = scanned
        self._retry_seconds = retry_seconds
        self._stop = threading.Event()
        self._connected = threading.Event()
        self._thread = threading.Thread(target=self._run, name="serial-scanner", daemon=True)

    @property
    def connected(self) -> bool:
        """Whether the line is open now."""
        return self._connected.is_set()

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; does nothing the second time."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        told = False
        while not self._stop.is_set():
            try:
                with serial.Serial(self._line.device, self._line.baud, timeout=PAUSE_SECONDS) as port:
                    log.info("scanner opened", device=self._line.device)
                    told = False
                    self._connected.set()
                    self._read(port)
            except (serial.SerialException, OSError) as gone:
                self._connected.clear()
                if not told:
                    log.warning("scanner away", device=self._line.device, error=str(gone))
                told = True
                self._stop.wait(self._retry_seconds)

    def _read(self, port: serial.Serial) -> None:
        held = b""
        while not self._stop.is_set():
            came = port.read(max(1, port.in_waiting))
            held += came
            *whole, rest = held.replace(b"\n", b"\r").split(b"\r")
            for code in whole:
                self._say(code)
            held = rest
            if not came and held:
                self._say(held)
                held = b""
            # One figure too many is kept, so that what the noise ends in is noise too.
            held = held[: LONGEST_CODE + 1]

    def _say(self, code: bytes) -> None:
        text = code.decode("utf-8", "replace").strip(" \t\x00")
        if len(code) > LONGEST_CODE:
            log.info("scanner sends noise", device=self._line.device)
        elif text:
            self._scanned(text)
