"""The bell: hears of news from whichever instance published it and pokes the hubs connected here."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Callable

import psycopg
import structlog
from psycopg.conninfo import make_conninfo

from hq.api.office import NEWS_CHANNEL
from hq.database import AWAY, engine_url, server_options

log = structlog.get_logger(__name__)

RETRY_SECONDS = 2.0


class Bell:
    """Listens on a connection of its own, and comes back when the database does."""

    def __init__(self, url: str, ring: Callable[[], None]) -> None:
        plain = engine_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._address = make_conninfo(plain, **server_options("hq bell"))
        self._ring = ring
        self._stopped = threading.Event()
        # Something to wait for beside the connection, so that a stop is heard at once.
        self._stop_heard, self._stop_said = socket.socketpair()

    def stop(self) -> None:
        """End `run` at once."""
        self._stopped.set()
        self._stop_said.close()

    def run(self) -> None:
        """Listen until `stop`."""
        with self._stop_heard:
            while not self._stopped.is_set():
                try:
                    self._listen()
                except AWAY as away:
                    log.info("bell waits for the database", error=type(away).__name__)
                    self._stopped.wait(RETRY_SECONDS)

    def _listen(self) -> None:
        with psycopg.connect(self._address, autocommit=True) as connection:
            connection.execute(f"LISTEN {NEWS_CHANNEL}")
            # What was said while nobody listened is not said again.
            self._ring()
            while True:
                select.select([connection.fileno(), self._stop_heard.fileno()], [], [])
                if self._stopped.is_set():
                    return
                for _ in connection.notifies(timeout=0):
                    self._ring()
