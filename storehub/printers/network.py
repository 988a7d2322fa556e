"""Printers on the store's network that take ESC/POS on a TCP port (9100 by custom)."""

from __future__ import annotations

import select
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from storehub.printers.port import Line, PrinterDown

POLL_SECONDS = 0.02
GOODBYE_SECONDS = 0.5
"""How long a printer gets to close its side and to say what would be unread otherwise; many never do."""


@dataclass(slots=True)
class NetworkLine:
    """One TCP connection, one receipt."""

    device: socket.socket
    timeout_seconds: float

    def send(self, data: bytes) -> None:
        """Hand every byte to this machine's network; `finish` says whether they arrived."""
        self.device.settimeout(self.timeout_seconds)
        self.device.sendall(data)

    def ask(self, question: bytes, wait_seconds: float) -> bytes:
        """The answer to a status question; empty when none comes in time."""
        self.device.settimeout(wait_seconds)
        self.device.sendall(question)
        try:
            answer = self.device.recv(16)
        except TimeoutError:
            return b""
        if not answer:
            raise ConnectionResetError("the printer closed the connection")
        return answer

    def finish(self) -> None:
        """Wait until the printer's side has acknowledged every byte, then say goodbye.

        A write that returned only means that this machine has taken the bytes; the reset that tells of
        a printer lost in between comes later. A reset after the goodbye is how some printers hang up.
        """
        for _ in range(int(self.timeout_seconds / POLL_SECONDS)):
            if not _unacknowledged(self.device):
                break
            if _discard_answers(self.device, POLL_SECONDS):
                raise ConnectionResetError("the printer hung up before it had everything")
        else:
            raise TimeoutError
        _discard_answers(self.device, 0)
        self.device.shutdown(socket.SHUT_WR)
        with suppress(ConnectionError):
            for _ in range(int(GOODBYE_SECONDS / POLL_SECONDS)):
                if _discard_answers(self.device, POLL_SECONDS):
                    return


@dataclass(frozen=True, slots=True)
class NetworkPort:
    """A printer at `host`:`tcp_port`. `timeout_seconds` without progress make it stuck."""

    host: str
    tcp_port: int = 9100
    timeout_seconds: float = 10.0
    connect_seconds: float = 3.0

    @property
    def name(self) -> str:
        """As written in the setting."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"network:{host}:{self.tcp_port}"

    @contextmanager
    def open(self) -> Iterator[Line]:
        """Connect; see `Port.open`."""
        try:
            device = socket.create_connection((self.host, self.tcp_port), timeout=self.connect_seconds)
        except OSError as error:
            raise PrinterDown("unreachable", f"{self.name}: {error}") from error
        with device:
            try:
                yield NetworkLine(device, self.timeout_seconds)
            except TimeoutError as error:
                raise PrinterDown("stuck", f"{self.name} stopped taking bytes") from error
            except OSError as error:
                raise PrinterDown("cut-off", f"{self.name}: {error}") from error


def _discard_answers(device: socket.socket, wait_seconds: float) -> bool:
    """Read away what a talkative printer says; True when it closed its side. Raises OSError on a reset.

    Closing a socket with unread bytes would send a reset and may cost the printer its last lines.
    """
    readable, _, _ = select.select([device], [], [], wait_seconds)
    return bool(readable) and not device.recv(4096)


def _unacknowledged(device: socket.socket) -> int:
    """Bytes that the other side has not acknowledged (tcp(7), SIOCOUTQ); 0 where the system cannot say."""
    if sys.platform != "linux":
        return 0
    import fcntl
    import termios

    return int.from_bytes(fcntl.ioctl(device.fileno(), termios.TIOCOUTQ, bytes(4)), sys.byteorder)
