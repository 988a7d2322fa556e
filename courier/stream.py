"""Pokes on the server's side: "there is news", said at once over the connection the lower side opened.

A poke carries no data, so losing one costs time and never truth.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator

from starlette.responses import StreamingResponse

HEARTBEAT_SECONDS = 15.0


class Pokes:
    """Broadcasts pokes to every open stream of this process; every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: set[Listener] = set()
        self._closed = False

    @property
    def listeners(self) -> int:
        """How many streams are open."""
        return len(self._listeners)

    def poke(self, name: str = "news") -> None:
        """Poke everyone who listens; pokes that pile up behind a slow stream melt into one."""
        with self._lock:
            for listener in self._listeners:
                listener.tell(name)

    def close(self) -> None:
        """End every stream, now and from now on, so that a server can stop."""
        with self._lock:
            self._closed = True
            for listener in self._listeners:
                listener.tell(None)

    def join(self) -> Listener:
        """A new listener, in the running event loop; give it back with `leave`."""
        listener = Listener(asyncio.get_running_loop())
        with self._lock:
            self._listeners.add(listener)
            if self._closed:
                listener.tell(None)
        return listener

    def leave(self, listener: Listener) -> None:
        """Forget a listener whose stream has ended."""
        with self._lock:
            self._listeners.discard(listener)


class Listener:
    """One stream's mailbox; it lives in the stream's event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: dict[str, None] = {}
        self._bell = asyncio.Event()
        self._ended = False

    def tell(self, name: str | None) -> None:
        """Put a poke (None: the end) into the mailbox, from any thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._put, name)

    def _put(self, name: str | None) -> None:
        if name is None:
            self._ended = True
        else:
            self._waiting[name] = None
        self._bell.set()

    async def take(self, timeout_seconds: float) -> list[str] | None:
        """The pokes that have come, none after the time-out; None at the end of the stream."""
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._bell.wait()
        except TimeoutError:
            return []
        if self._ended:
            return None
        names = list(self._waiting)
        self._waiting.clear()
        self._bell.clear()
        return names


def poke_response(pokes: Pokes, heartbeat_seconds: float = HEARTBEAT_SECONDS) -> StreamingResponse:
    """Server-sent events (WHATWG HTML, 9.2): `event: poke` per poke, a comment as heartbeat.

    The first comment goes out at once, so that the lower side knows that it is heard.
    """
    return StreamingResponse(
        _events(pokes, heartbeat_seconds),
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


async def _events(pokes: Pokes, heartbeat_seconds: float) -> AsyncIterator[bytes]:
    listener = pokes.join()
    try:
        yield b": open\n\n"
        while (names := await listener.take(heartbeat_seconds)) is not None:
            if not names:
                yield b": still here\n\n"
            for name in names:
                yield b"event: poke\ndata: %b\n\n" % name.encode()
    finally:
        pokes.leave(listener)
