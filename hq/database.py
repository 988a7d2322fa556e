"""Head office's database: its metadata, its connections and the way to its newest schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Connection, Engine, MetaData, Table, create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from courier.postgres import connection_options
from courier.tables import courier_tables

metadata = MetaData()
courier = courier_tables(metadata)

CONNECT_SECONDS = 3
"""How long a connection may take to come about: a caller must hear of a dead database while it waits."""

STATEMENT_SECONDS = 60
"""No statement of a door runs this long unless something is stuck; a year's report stays far below."""

AWAY = (OperationalError, InterfaceError, PoolTimeout, psycopg.OperationalError, psycopg.InterfaceError)
"""What is raised while Postgres is away, starting, overloaded or out of disk: time mends it."""

MIGRATION_LOCK = 20_261_123
"""Key of the advisory lock that lets one instance at a time change the schema."""

MASTER_DATA_LOCK = 20_261_124
"""Key of the advisory lock under which master data is compared with what is known and then changed."""


def engine_url(url: str) -> URL:
    """The address for SQLAlchemy with the driver we ship, whatever way of writing it the user chose."""
    return make_url(url).set(drivername="postgresql+psycopg")


def server_options(name: str, statement_seconds: int = STATEMENT_SECONDS) -> dict[str, str | int]:
    """What every connection is opened with; `name` shows in pg_stat_activity."""
    return connection_options(name, connect_seconds=CONNECT_SECONDS, statement_seconds=statement_seconds)


def make_engine(url: str, name: str = "hq", *, pool_size: int = 8, statement_seconds: int = 60) -> Engine:
    """Connections for everything but the ingestion door."""
    return create_engine(
        engine_url(url),
        connect_args=server_options(name, statement_seconds),
        pool_size=pool_size,
        max_overflow=16,
        pool_timeout=CONNECT_SECONDS,
        pool_pre_ping=True,
        hide_parameters=True,
    )


def make_intake_engine(url: str) -> Engine:
    """Connections for the ingestion door: one statement that commits itself, and no ping before it."""
    return create_engine(
        engine_url(url),
        connect_args=server_options("hq intake"),
        isolation_level="AUTOCOMMIT",
        pool_size=4,
        max_overflow=4,
        pool_timeout=CONNECT_SECONDS,
        hide_parameters=True,
    )


def copy_in(tx: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Add rows, each in the order of the table's columns, by COPY; raises psycopg's own errors.

    Where the database has no COPY (a simulation's), they are inserted.
    """
    if not rows:
        return
    if tx.dialect.name != "postgresql":
        names = [column.name for column in table.columns]
        tx.execute(table.insert(), [dict(zip(names, row, strict=True)) for row in rows])
        return
    connection = tx.connection.driver_connection
    assert isinstance(connection, psycopg.Connection)
    columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), columns)
    with connection.cursor() as at_work, at_work.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def lock_master_data(tx: Connection) -> None:
    """Wait for whoever is changing master data and hold everybody else off until commit."""
    tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MASTER_DATA_LOCK})


def migrate(url: str, revision: str = "head") -> None:
    """Bring the schema to the newest revision, or up to this one; several instances may try at once."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "hq:migrations")
    config.attributes["url"] = engine_url(url)
    command.upgrade(config, revision)
