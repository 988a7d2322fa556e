"""The hub's database: its metadata, its connections and the way to its newest schema."""

from __future__ import annotations

from sqlalchemy import Column, Engine, Index, Integer, MetaData, String, Table, Text, create_engine
from sqlalchemy.engine import URL, make_url

from courier.tables import Moment, courier_tables
from storehub.printers.tables import print_jobs_table

metadata = MetaData()
courier = courier_tables(metadata)
print_jobs = print_jobs_table(metadata)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("caller", String(150), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("fingerprint", String(64), nullable=False, comment="SHA-256 of method, path and body"),
    Column("status", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", Moment(), nullable=False),
    Index("idx_idempotency_keys_created", "created_at"),
    comment="Answers to writes that named an Idempotency-Key; a repeat gets the same one.",
)

CONNECT_SECONDS = 2
"""How long a connection may take to come about: a till must hear of a dead database while it waits."""

STATEMENT_SECONDS = 20
"""No statement of the hub runs this long unless something is stuck."""

MIGRATION_LOCK = 20_261_122
"""Key of the advisory lock that lets one hub at a time change the schema."""


def engine_url(url: str) -> URL:
    """The address for SQLAlchemy with the driver we ship, whatever way of writing it the user chose."""
    return make_url(url).set(drivername="postgresql+psycopg")


def server_options(name: str, statement_seconds: int = STATEMENT_SECONDS) -> dict[str, str | int]:
    """What every connection of the hub is opened with (libpq keywords); `name` shows in pg_stat_activity.

    `jit` costs hundreds of milliseconds on statements like ours and gains nothing. The keepalives find a
    server that went away without a word.
    """
    return {
        "application_name": name,
        "connect_timeout": CONNECT_SECONDS,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,
        "options": f"-c jit=off -c timezone=UTC -c statement_timeout={statement_seconds}s",
    }


def make_engine(url: str, pool_size: int = 8) -> Engine:
    """Connections for everything but the tills' own door (`storehub.sales.wire`)."""
    return create_engine(
        engine_url(url),
        connect_args=server_options("storehub"),
        pool_size=pool_size,
        max_overflow=16,
        pool_timeout=CONNECT_SECONDS,
        pool_pre_ping=True,
        hide_parameters=True,
    )


def migrate(url: str) -> None:
    """Bring the schema to the newest revision; several hubs may try at once."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "storehub:migrations")
    config.attributes["url"] = engine_url(url)
    command.upgrade(config, "head")
