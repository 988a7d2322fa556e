"""Printers on a serial line (RS-232, or USB adapters that look like one)."""

from __future__ import annotations

import select
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from serial import Serial, SerialException, SerialTimeoutException

from storehub.printers.port import Line, PrinterDown

BAUD = 9600
"""What most printers leave the factory with. Four lines take 100 seconds then: set both sides higher."""

PIECE_BYTES = 4096
"""Four seconds at 9600 baud."""

POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class SerialLine:
    """One opening of the serial device, one receipt."""

    device: Serial
    timeout_seconds: float

    def send(self, data: bytes) -> None:
        """Hand every byte to the line, a piece at a time so that slowness is not taken for death."""
        for start in range(0, len(data), PIECE_BYTES):
            self.device.write(data[start : start + PIECE_BYTES])

    def ask(self, question: bytes, wait_seconds: float) -> bytes:
        """The answer to a status question; empty when none comes in time."""
        self.device.reset_input_buffer()
        self.device.timeout = wait_seconds
        self.device.write(question)
        return bytes(self.device.read(1))

    def finish(self) -> None:
        """Wait until the last byte is on the wire."""
        for _ in range(int(self.timeout_seconds / POLL_SECONDS)):
            if not self.device.out_waiting:
                return
            select.select([], [], [], POLL_SECONDS)
        raise SerialTimeoutException


@dataclass(frozen=True, slots=True)
class SerialPort:
    """The serial device at `path`. `timeout_seconds` without progress make it stuck."""

    path: str
    baud: int = BAUD
    timeout_seconds: float = 20.0

    @property
    def name(self) -> str:
        """As written in the setting."""
        return f"serial:{self.path}" + ("" if self.baud == BAUD else f"@{self.baud}")

    @contextmanager
    def open(self) -> Iterator[Line]:
        """Open the device; see `Port.open`."""
        try:
            device = Serial(self.path, self.baud, write_timeout=self.timeout_seconds, dsrdtr=True)
        except (SerialException, ValueError) as error:
            raise PrinterDown("unreachable", f"{self.name}: {error}") from error
        try:
            yield SerialLine(device, self.timeout_seconds)
        except SerialTimeoutException as error:
            raise PrinterDown("stuck", f"{self.name} stopped taking bytes") from error
        except OSError as error:  # SerialException is one
            raise PrinterDown("cut-off", f"{self.name}: {error}") from error
        finally:
            _let_go(device)


def _let_go(device: Serial) -> None:
    """Close without waiting for a printer that takes nothing: its bytes must not come out hours later."""
    try:
        device.reset_output_buffer()
    except OSError:
        pass  # unplugged: there is nothing to reset any more
    finally:
        device.close()
