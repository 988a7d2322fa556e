"""Tripwires for every test, and a Postgres with a database of its own for each test that asks."""

from __future__ import annotations

import ipaddress
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count

import psycopg
import pytest
import structlog

from installer.postgres import Postgres

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# The keyring of whoever runs the tests is no business of theirs.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"

OURS = ("retail", "courier", "terminal", "storehub", "hq", "installer")


def _only_this_machine(event: str, arguments: tuple[object, ...]) -> None:
    """Audit hook: a test that reaches for another machine fails at once instead of depending on it."""
    if event not in ("socket.connect", "socket.sendto"):
        return
    address = arguments[1]
    if not isinstance(address, tuple):  # a Unix socket
        return
    host = str(address[0])
    with suppress(ValueError):  # a name, which may be anybody's
        if ipaddress.ip_address(host.partition("%")[0]).is_loopback:
            return
    if host not in ("", "localhost"):
        # Not an OSError, which the code under test would take for a network that is down.
        raise RuntimeError(f"a test tried to reach {host}; tests talk to this machine only")


sys.addaudithook(_only_this_machine)


class _Alarms(logging.Handler):
    """Keeps what our packages logged at warning or above."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.partition(".")[0] in OURS:
            self.texts.append(f"{record.levelname} {record.name}: {record.getMessage()}")


@pytest.fixture(autouse=True)
def _no_unexpected_log(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail on a warning or error of ours that the test did not declare with `allow_log`."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.format_exc_info,
            structlog.stdlib.render_to_log_kwargs,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(ignore_frame_names=["structlog"]),
        cache_logger_on_first_use=False,
    )
    alarms = _Alarms()
    logging.getLogger().addHandler(alarms)
    yield
    logging.getLogger().removeHandler(alarms)
    allowed = [str(text) for mark in request.node.iter_markers("allow_log") for text in mark.args]
    unexpected = [text for text in alarms.texts if not any(part in text for part in allowed)]
    if unexpected:
        pytest.fail("unexpected in the log:\n" + "\n".join(unexpected), pytrace=False)


Migrate = Callable[[str], object]


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """One embedded Postgres per test process; tests/integration/test_embedded_postgres.py has its own.

    `fsync` is off here, for speed: no test cuts the power of this one.
    """
    home = tmp_path_factory.mktemp("postgres")
    with Postgres(home, settings={"fsync": "off", "max_connections": "200"}) as server:
        yield server


class Databases:
    """Makes databases by copying a template that was migrated once, and drops them afterwards."""

    def __init__(self, server: Postgres) -> None:
        self._server = server
        self._numbers = count(1)
        self._templates: dict[Migrate | None, str] = {}

    def make(self, migrate: Migrate | None) -> str:
        """Name of a new database as `migrate` (called once per session, with a URL) leaves it."""
        if migrate not in self._templates:
            template = f"template_{len(self._templates)}"
            self._server.create_database(template)
            if migrate is not None:
                migrate(self._server.url(template))
            self._templates[migrate] = template
        return self.copy_of(self._templates[migrate])

    def copy_of(self, original: str) -> str:
        """Name of a new database like this one, to which nobody is connected."""
        name = f"test_{next(self._numbers)}"
        # file_copy is quicker than the default as long as fsync is off.
        self._execute(f"CREATE DATABASE {name} TEMPLATE {original} STRATEGY file_copy")
        return name

    def url(self, name: str) -> str:
        return self._server.url(name)

    def drop(self, name: str) -> None:
        """Drop it, whoever is still connected."""
        self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self._server.url(), autocommit=True) as connection:
            connection.execute(statement.encode())


@pytest.fixture(scope="session")
def databases(postgres_server: Postgres) -> Databases:
    return Databases(postgres_server)


@pytest.fixture
def database_from_template(databases: Databases) -> Iterator[Callable[[Migrate | None], str]]:
    """`database_from_template(migrate)` gives the URL of a database of this test's own."""
    made: list[str] = []

    def make(migrate: Migrate | None) -> str:
        made.append(databases.make(migrate))
        return databases.url(made[-1])

    yield make
    for name in made:
        databases.drop(name)


@pytest.fixture
def database_url(database_from_template: Callable[[Migrate | None], str]) -> str:
    """An empty Postgres database."""
    return database_from_template(None)


@pytest.fixture
def hub_database_url(database_from_template: Callable[[Migrate | None], str]) -> str:
    """A hub's database, migrated to head."""
    from storehub.database import migrate

    return database_from_template(migrate)


@pytest.fixture
def hq_database_url(database_from_template: Callable[[Migrate | None], str]) -> str:
    """Head office's database, migrated to head."""
    from hq.database import migrate

    return database_from_template(migrate)
