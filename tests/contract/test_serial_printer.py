"""A printer on a serial line, played by a pseudo-terminal."""

from __future__ import annotations

import os
import threading
import tty
from collections.abc import Iterator

import pytest

from storehub.printers.port import Printer, PrinterDown, encode
from storehub.printers.serial import SerialPort
from tests.contract.printer import Device, PrinterContract, Sent, paper


class SerialPrinter:
    """Reads all that comes; answers DLE EOT as a printer that is well."""

    def __init__(self) -> None:
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        self.port = SerialPort(os.ttyname(self._theirs), baud=115200, timeout_seconds=5.0)
        self._record = bytearray()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def received(self) -> bytes:
        """Hangs up first, so that the last byte on the line has been read."""
        self.close()
        return bytes(self._record)

    def unplug(self) -> None:
        self.close()

    def close(self) -> None:
        if self._thread.is_alive():
            os.close(self._theirs)
            self._thread.join()
            os.close(self._ours)

    def _run(self) -> None:
        while True:
            try:
                chunk = os.read(self._ours, 4096)
            except OSError:  # the last holder of the other end has closed it
                return
            self._record += chunk
            if chunk[-3:] in (b"\x10\x04\x01", b"\x10\x04\x04"):
                os.write(self._ours, b"\x12")


class TestSerialPrinter(PrinterContract):
    @pytest.fixture
    def device(self) -> Iterator[Device]:
        printer = SerialPrinter()
        yield printer
        printer.close()


def test_a_printer_that_stops_taking_bytes_is_let_go() -> None:
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    port = SerialPort(os.ttyname(theirs), baud=115200, timeout_seconds=0.3)
    sent = Sent()
    with pytest.raises(PrinterDown) as down:
        Printer(port).deliver(encode(paper()), sent)
    assert (down.value.reason, sent.times) == ("stuck", 1)
    os.close(ours)
    os.close(theirs)
