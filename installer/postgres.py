"""A Postgres server of our own: made, started, watched and stopped by this process.

It listens on a free port of the loopback address only, asks for a password, keeps every commit
(`fsync` on), and comes back by itself after `kill -9` of anything or a power cut. As root it runs as an
unprivileged user, even below folders that are closed to that user. Tested on Linux; elsewhere a server
outlives a killed supervisor, and nothing is done about one that an earlier run left behind.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Self

import psycopg
from psycopg import pq, sql

from installer.engine import LOCALE, PostgresWouldNotStart, binaries, reachable, within_reach
from installer.leash import leash
from installer.leftovers import end_leftovers, mark

if sys.platform != "win32":
    import fcntl
    import pwd

__all__ = ["Postgres", "PostgresWouldNotStart"]

START_SECONDS = 300.0  # recovery after a power cut may have a lot to read
REFUSING_SECONDS = 2.0
STOP_SECONDS = 30.0
INITDB = ("-U", "postgres", "-E", "UTF8", "--locale", LOCALE, "--no-instructions")
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "jit": "off",
    "log_checkpoints": "off",
    "log_timezone": "UTC",
    "timezone": "UTC",
}


class Postgres:
    """One cluster in `home` (`data/`, `password`, `server.log`, `lock`), at most one server at a time.

    `user` is who runs a new cluster when we are root (default: `postgres` if there is one, else `nobody`);
    an existing cluster is run by the owner of its data. `settings` go on top of the server's own.
    Not thread-safe, and the server ends with the *thread* that started it (see `installer.leash`).
    """

    def __init__(
        self, home: Path, *, user: str | None = None, settings: Mapping[str, str] | None = None
    ) -> None:
        self._home = home
        self._data = home / "data"
        self._password = home / "password"
        self._user = user
        self._settings = {**SETTINGS, **(settings or {})}
        self._process: subprocess.Popen[bytes] | None = None
        self._port: int | None = None
        self._lock: int | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Bring the server up, whatever state the last run left; returns when it answers, be it with a no.

        Started again after it died, it keeps its port. Raises PostgresWouldNotStart.
        """
        if self.alive():
            return
        self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._take_lock()
        try:
            owner = self._owner()
            major = (self._data / "PG_VERSION").read_text().strip() if self._data.exists() else None
            programs = reachable(binaries(major), *owner) if owner else binaries(major)
            if major is None:
                self._make(programs, owner)
            end_leftovers(self._data, STOP_SECONDS)
            self._launch(programs, owner)
        except PermissionError as problem:
            self.stop()
            raise PostgresWouldNotStart(f"{self._home} belongs to another user ({problem}).") from problem
        except BaseException:
            self.stop()
            raise

    def url(self, database: str = "postgres") -> str:
        """URL for psycopg and SQLAlchemy alike. It contains the password: never log it."""
        assert self._port is not None, "start() comes first"
        return f"postgresql://postgres:{self._password.read_text()}@127.0.0.1:{self._port}/{database}"

    def create_database(self, name: str) -> None:
        """Make the database unless it is there."""
        with (
            psycopg.connect(self.url(), autocommit=True) as connection,
            suppress(psycopg.errors.DuplicateDatabase),
        ):
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    @property
    def pid(self) -> int | None:
        """Process id of the server that was started last; None when it was stopped."""
        return self._process.pid if self._process else None

    def alive(self) -> bool:
        """Whether the server process runs."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Stop the server in good order; harmless when it does not run."""
        if self._process is not None:
            # Fast shutdown, then immediate shutdown: what is committed is safe with either.
            for last_word in (signal.SIGINT, signal.SIGQUIT) if sys.platform != "win32" else ():
                self._process.send_signal(last_word)
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(STOP_SECONDS)
                    break
            self._process.kill()
            self._process.wait()
            self._process = None
            end_leftovers(self._data, STOP_SECONDS)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _take_lock(self) -> None:
        """One supervisor per cluster; the kernel gives the lock back however its holder ends."""
        if self._lock is not None or sys.platform == "win32":
            return
        lock = os.open(self._home / "lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise PostgresWouldNotStart(
                f"{self._home} is in use by another run; stop that one first."
            ) from None
        self._lock = lock

    def _owner(self) -> tuple[int, int] | None:
        """User and group that the server runs as; None when it runs as we do."""
        if sys.platform == "win32" or os.geteuid() != 0:
            return None
        if self._data.exists():
            return self._data.stat().st_uid, self._data.stat().st_gid
        for name in [self._user] if self._user else ["postgres", "nobody"]:
            with suppress(KeyError):
                return pwd.getpwnam(name).pw_uid, pwd.getpwnam(name).pw_gid
        raise PostgresWouldNotStart(
            f"Postgres refuses to run as root, and there is no user {self._user or 'nobody'}."
        )

    def _make(self, programs: Path, owner: tuple[int, int] | None) -> None:
        """A new cluster, made beside its place and renamed, so that a half-made one is never used."""
        draft = self._home / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        self._password.unlink(missing_ok=True)
        self._password.touch(mode=0o600)
        self._password.write_text(secrets.token_urlsafe(24))
        if owner:
            os.chown(draft, *owner)
            os.chown(self._password, *owner)
        with within_reach(owner, draft, self._password) as ((data, password), options):
            made = subprocess.run(
                [programs / "initdb", "-D", data, f"--pwfile={password}", "-A", "scram-sha-256", *INITDB],
                capture_output=True,
                text=True,
                check=False,
                **options,
            )
        if made.returncode:
            raise PostgresWouldNotStart(f"Postgres could not make {self._data}: {made.stderr.strip()}")
        draft.rename(self._data)

    def _launch(self, programs: Path, owner: tuple[int, int] | None) -> None:
        """Start and wait until it answers. A new port is tried when somebody was quicker to take it."""
        given = self._port
        log = self._home / "server.log"
        for _ in range(3):
            self._port = given or _free_port()
            settings = {**self._settings, "port": str(self._port), "cluster_name": mark(self._data)}
            options_of_server = [
                word for name, value in settings.items() for word in ("-c", f"{name}={value}")
            ]
            with within_reach(owner, self._data) as ((data,), options), log.open("wb") as output:
                self._process = subprocess.Popen(
                    [programs / "postgres", "-D", data, *options_of_server],
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,  # a Ctrl-C is for the supervisor, who stops us last
                    preexec_fn=leash(signal.SIGINT),  # noqa: PLW1509 — one system call, loaded beforehand
                    **options,
                )
            if self._answers():
                return
            if self.alive():
                break
        self._port = given
        raise PostgresWouldNotStart(
            f"Postgres did not start; {log} ends with: {log.read_text()[-1000:].strip()}"
        )

    def _answers(self) -> bool:
        """Wait for the first connection; False when the process ended instead.

        A server that is up and turns connections away for a while (its disk is full) has started: it may be
        so for hours, and whoever waits here has other programs to look after.
        """
        began = up_since = time.monotonic()
        while self.alive() and time.monotonic() < began + START_SECONDS:
            with suppress(psycopg.OperationalError):
                psycopg.connect(self.url(), connect_timeout=5).close()
                return True
            if pq.PGconn.ping(f"{self.url()}?connect_timeout=5".encode()) != pq.Ping.OK:
                up_since = time.monotonic()
            elif time.monotonic() > up_since + REFUSING_SECONDS:
                return True
            time.sleep(0.02)
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
