"""The hub's database: its metadata, its connections and the way to its newest schema."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    func,
    select,
)
from sqlalchemy.engine import URL, make_url

from courier import outbox
from courier.envelope import Envelope
from courier.postgres import connection_options
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

OUTBOX_CHANNEL = "outbox"
"""Where Postgres notifies whoever listens that there are new envelopes."""

TRY_NOW = "try now"
"""The notice of a person who wants every wait for head office to end (`storehub try-now`)."""

AGGREGATES = {
    "SaleRecorded": "Transaction",
    "TransactionVoided": "Transaction",
    "RefundRecorded": "Transaction",
    "ShiftOpened": "Shift",
    "CashMoved": "Shift",
    "ShiftClosed": "Shift",
    "AccessDecided": "Access",
    "PaymentCaptured": "Payment",
    "PaymentSettled": "Payment",
    "InventoryAdjusted": "Inventory",
    "PriceDiscrepancyFound": "Transaction",
    "PromotionDiscrepancyFound": "Transaction",
    "FactSetAside": "SetAside",
    "SetAsideDecided": "SetAside",
    "NewsOverruled": "News",
}
"""What a kind of fact is about (the outbox's `aggregate_type`, spec 4.2)."""

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
    """What every connection of the hub is opened with; `name` shows in pg_stat_activity."""
    return connection_options(name, connect_seconds=CONNECT_SECONDS, statement_seconds=statement_seconds)


def make_engine(url: str, pool_size: int = 8, statement_seconds: int = STATEMENT_SECONDS) -> Engine:
    """Connections for everything but the tills' own door (`storehub.sales.wire`)."""
    return create_engine(
        engine_url(url),
        connect_args=server_options("storehub", statement_seconds),
        pool_size=pool_size,
        max_overflow=16,
        pool_timeout=CONNECT_SECONDS,
        pool_pre_ping=True,
        hide_parameters=True,
    )


def migrate(url: str, revision: str = "head") -> None:
    """Bring the schema to the newest revision, or up to this one; several hubs may try at once."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "storehub:migrations")
    config.attributes["url"] = engine_url(url)
    command.upgrade(config, revision)


def schema_is_newest(tx: Connection) -> bool:
    """Whether the database is at the newest revision of the schema."""
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", "storehub:migrations")
    return MigrationContext.configure(tx).get_current_heads() == tuple(
        ScriptDirectory.from_config(config).get_heads()
    )


class Recordable(Protocol):
    """A fact: the shop's (`retail.facts`), or the courier's own (`courier.decision`)."""

    @property
    def event_type(self) -> str:
        """What kind of fact it is."""

    @property
    def version(self) -> int:
        """Of its shape."""

    def to_body(self) -> dict[str, Any]:
        """The payload."""


class Recorded(NamedTuple):
    """A fact of our own on its way up: its envelope and its position in the outbox."""

    envelope: Envelope
    position: int


def record_fact(
    tx: Connection, fact: Recordable, *, store_id: str, event_id: UUID, aggregate_id: str, at: datetime
) -> Recorded:
    """Seal a fact of the hub itself and put it on its way, in the transaction that made it true."""
    envelope = outbox.record(
        tx,
        courier,
        origin=store_id,
        store_id=store_id,
        terminal_id=None,
        event_id=event_id,
        event_type=fact.event_type,
        version=fact.version,
        payload=fact.to_body(),
        aggregate_type=AGGREGATES[fact.event_type],
        aggregate_id=aggregate_id,
        at=at,
    )
    wake_uplink(tx)
    # The head row is ours until the commit, so its value is the position just given out.
    return Recorded(envelope, outbox.last_position(tx, courier))


def lock_own_chain(tx: Connection, store_id: str) -> None:
    """To be called first where a transaction passes facts on and may record one of the hub's own after that:
    the hub's chain is locked before the outbox's head, as `record_fact` does, or two would wait for each
    other (met under `make chaos`).
    """
    outbox.chain_head(tx, courier.origins, store_id)


def try_head_office(url: str) -> None:
    """Have the hub on this database end every wait for head office; it hears it by Postgres' notice."""
    engine = make_engine(url, pool_size=1)
    try:
        with engine.begin() as tx:
            tx.execute(select(func.pg_notify(OUTBOX_CHANNEL, TRY_NOW)))
    finally:
        engine.dispose()


def wake_uplink(tx: Connection) -> None:
    """Tell the uplink with the commit that the outbox has something new (`record.sql` does it itself)."""
    tx.execute(select(func.pg_notify(OUTBOX_CHANNEL, "")))
