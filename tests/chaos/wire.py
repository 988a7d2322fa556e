"""A bad wire: a TCP forwarder on loopback whose weather can be changed while it carries."""

from __future__ import annotations

import contextlib
import random
import select
import socket
import struct
import threading
import time
from dataclasses import dataclass

BLOCK = 65_536
LOOK_MILLISECONDS = 50
RESET = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Weather:
    """What a wire does to what it carries.

    `cut`: nothing gets through and nobody is let in. `up`, `down`: whether bytes move from the lower side
    to the upper, and back; bytes that do not move wait, as they would in a network that loses packets.
    `delay_seconds` on every block, `bytes_per_second` at most, `breaks_after` so many bytes at the latest
    a connection is reset in the middle of what it says, `flap_seconds` cut and whole in turn.
    """

    cut: bool = False
    up: bool = True
    down: bool = True
    delay_seconds: float = 0.0
    bytes_per_second: int = 0
    breaks_after: int = 0
    flap_seconds: float = 0.0

    def is_cut(self, since: float) -> bool:
        """Whether the wire is cut at this moment of its weather."""
        if self.flap_seconds:
            return int((time.monotonic() - since) / self.flap_seconds) % 2 == 0
        return self.cut


FAIR = Weather()


class Wire:
    """Carries TCP from `port` to a port of this machine through a `Weather`, fair at first."""

    def __init__(self, target_port: int, dice: random.Random) -> None:
        self._target = ("127.0.0.1", target_port)
        self._dice = dice
        self._weather = FAIR
        self._since = time.monotonic()
        self._closed = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(LOOK_MILLISECONDS / 1000)
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, name="wire", daemon=True)
        self._thread.start()

    def be(self, weather: Weather) -> None:
        """Change the weather, for what is under way too."""
        self._weather, self._since = weather, time.monotonic()

    def close(self) -> None:
        """Carry nothing any more."""
        self._closed.set()
        self._thread.join()
        self._listener.close()

    @property
    def _is_cut(self) -> bool:
        return self._closed.is_set() or self._weather.is_cut(self._since)

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                near, _ = self._listener.accept()
            except TimeoutError:
                continue
            if self._is_cut:
                _reset(near)
                continue
            threading.Thread(target=self._carry, args=(near,), name="wire-carry", daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(self._target, timeout=5)
        except OSError:
            _reset(near)
            return
        for end in (near, far):
            end.settimeout(None)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        over = threading.Event()
        limit = self._dice.randint(1, self._weather.breaks_after) if self._weather.breaks_after else 0
        ways = [
            threading.Thread(target=self._pump, args=(*ends, up, limit, over), name="wire-pump", daemon=True)
            for ends, up in (((near, far), True), ((far, near), False))
        ]
        for way in ways:
            way.start()
        for way in ways:
            way.join()
        _reset(near)
        _reset(far)

    def _pump(
        self, source: socket.socket, sink: socket.socket, up: bool, limit: int, over: threading.Event
    ) -> None:
        poll = select.poll()
        poll.register(source, select.POLLIN)
        carried = 0
        try:
            while not over.is_set():
                weather = self._weather
                if self._is_cut or (weather.breaks_after and limit and carried >= limit):
                    break
                if not (weather.up if up else weather.down):
                    time.sleep(LOOK_MILLISECONDS / 1000)
                    continue
                if not poll.poll(LOOK_MILLISECONDS):
                    continue
                block = source.recv(_size(weather, limit - carried))
                if not block:
                    break
                if weather.delay_seconds or weather.bytes_per_second:
                    time.sleep(weather.delay_seconds + len(block) / (weather.bytes_per_second or 1e12))
                sink.sendall(block)
                carried += len(block)
        except OSError:
            pass
        finally:
            over.set()
            for end in (source, sink):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)


def _size(weather: Weather, left: int) -> int:
    if weather.bytes_per_second:
        return max(1, weather.bytes_per_second // 20)
    if weather.breaks_after:
        return max(1, left)
    return BLOCK


def _reset(end: socket.socket) -> None:
    """Close as a machine that has gone does: with a reset, and whatever was on its way is lost."""
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    end.close()
