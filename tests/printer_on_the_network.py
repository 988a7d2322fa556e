"""A receipt printer on a real TCP port of this machine, with the moods that real ones have."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

QUESTIONS = {b"\x10\x04\x01": "printer", b"\x10\x04\x02": "cause", b"\x10\x04\x04": "paper"}
WELL = {"printer": 0x16, "cause": 0x12, "paper": 0x12}
COVER_OPEN = {"printer": 0x1E, "cause": 0x16, "paper": 0x12}
FAULT = {"printer": 0x1E, "cause": 0x52, "paper": 0x12}
NO_PAPER = {"printer": 0x1E, "cause": 0x32, "paper": 0x72}
PAPER_LOW = {"printer": 0x16, "cause": 0x12, "paper": 0x1E}
DRAWER_OPEN = {"printer": 0x12, "cause": 0x12, "paper": 0x12}


@dataclass
class Mood:
    """How the printer treats its next connections.

    `status`: its answers to DLE EOT, None when it never answers. `status_after`: how it answers from the
    moment the cut has arrived (None: as before). `reset_after`: it takes so many bytes of a connection and
    then resets it. `deaf`: it accepts connections and reads nothing. `greeting`: what it says unasked;
    `slowness`: seconds before it reads each piece. `rude`: it hangs up with a reset when we say goodbye.
    """

    status: dict[str, int] | None = None
    status_after: dict[str, int] | None = None
    reset_after: int | None = None
    deaf: bool = False
    greeting: bytes = b""
    slowness: float = 0.0
    rude: bool = False


@dataclass
class NetworkPrinter:
    """Records what each connection brought. Use as a context manager; `off` and `on` keep the port."""

    mood: Mood = field(default_factory=Mood)
    connections: list[bytearray] = field(default_factory=list)
    port: int = 0
    resets_seen: int = 0

    def __post_init__(self) -> None:
        self._listener: socket.socket | None = None
        self._accepting: threading.Thread | None = None
        self._open: list[tuple[socket.socket, threading.Thread]] = []
        self._changed = threading.Condition()

    def __enter__(self) -> Self:
        self.on()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.off()

    def on(self) -> None:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        listener.bind(("127.0.0.1", self.port))
        listener.listen()
        self.port = listener.getsockname()[1]
        self._listener = listener
        self._accepting = threading.Thread(target=self._accept, args=(listener,))
        self._accepting.start()

    def off(self) -> None:
        """Pull its plug: nobody listens any more, and open connections end."""
        if self._listener is None:
            return
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._listener = None
        if self._accepting:
            self._accepting.join()
        for connection, thread in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            thread.join()
            connection.close()
        self._open.clear()

    @property
    def stream(self) -> bytes:
        """Everything it has received, in order, without the status questions between receipts."""
        with self._changed:
            return b"".join(bytes(part) for part in self.connections)

    def wait_for_cuts(self, count: int, seconds: float = 20.0) -> None:
        """Until so many receipts have been cut; fails when they do not come."""
        with self._changed:
            came = self._changed.wait_for(
                lambda: sum(part.count(b"\x1dV\x00") for part in self.connections) >= count, seconds
            )
        assert came, f"{count} cuts did not come within {seconds} s"

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            record = bytearray()
            with self._changed:
                self.connections.append(record)
            thread = threading.Thread(target=self._serve, args=(connection, record, self.mood))
            self._open.append((connection, thread))
            thread.start()

    def _serve(self, connection: socket.socket, record: bytearray, mood: Mood) -> None:
        if mood.deaf:
            return
        pause = threading.Event()
        try:
            connection.sendall(mood.greeting)
            while True:
                pause.wait(mood.slowness)
                room = 4096 if mood.reset_after is None else min(4096, mood.reset_after - len(record))
                chunk = connection.recv(room) if room else b""
                if not chunk:
                    break
                with self._changed:
                    record += chunk
                    self._changed.notify_all()
                self._answer(connection, record, mood)
        except OSError:
            self.resets_seen += 1
        if mood.rude or (mood.reset_after is not None and len(record) >= mood.reset_after):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    def _answer(self, connection: socket.socket, record: bytearray, mood: Mood) -> None:
        asked = QUESTIONS.get(bytes(record[-3:]))
        if asked is None or mood.status is None:
            return
        printed = b"\x1dV\x00" in record
        status = mood.status_after if printed and mood.status_after is not None else mood.status
        connection.sendall(bytes([status[asked]]))
