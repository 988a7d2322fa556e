"""A cable that can be pulled: a loopback forwarder between two programs, for the demo and for journeys."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading

BLOCK = 65536


class Cable:
    """Forwards TCP from `port` (on loopback) to a target until it is cut; cutting ends live connections."""

    def __init__(self, target_port: int, host: str = "127.0.0.1") -> None:
        self._target = (host, target_port)
        self._plugged = threading.Event()
        self._plugged.set()
        self._stopped = threading.Event()
        self._live: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server((host, 0))
        self._listener.settimeout(0.2)
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, name="cable", daemon=True)
        self._thread.start()

    def cut(self) -> None:
        """Pull the cable: live connections break, new ones are closed at once."""
        self._plugged.clear()
        with self._lock:
            for end in self._live:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def plug(self) -> None:
        """Put the cable back in."""
        self._plugged.set()

    def lead_to(self, port: int) -> None:
        """From the next connection on, forward to another port of the same host."""
        self._target = (self._target[0], port)

    def close(self) -> None:
        """Cut it for good and free the port."""
        self._stopped.set()
        self.cut()
        self._thread.join()
        self._listener.close()

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                near, _ = self._listener.accept()
            except TimeoutError:
                continue
            if not self._plugged.is_set():
                near.close()
                continue
            threading.Thread(target=self._carry, args=(near,), name="cable-carry", daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        near.settimeout(None)
        with near, contextlib.suppress(OSError), socket.create_connection(self._target, timeout=5) as far:
            far.settimeout(None)
            for end in (near, far):
                # Head and body of a small request are two writes; Nagle's wait for an answer to the first
                # would cost 40 ms each way, which no cable does.
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._live |= {near, far}
            try:
                _pump(near, far, self._plugged)
            finally:
                with self._lock:
                    self._live -= {near, far}


def _pump(near: socket.socket, far: socket.socket, plugged: threading.Event) -> None:
    with selectors.DefaultSelector() as ready:
        ready.register(near, selectors.EVENT_READ, far)
        ready.register(far, selectors.EVENT_READ, near)
        while plugged.is_set():
            for key, _ in ready.select(timeout=1.0):
                source = key.fileobj
                assert isinstance(source, socket.socket)
                block = source.recv(BLOCK)
                if not block:
                    return
                key.data.sendall(block)
