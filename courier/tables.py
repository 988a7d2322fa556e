"""The courier's tables, the same on SQLite and Postgres (spec 4.2: outbox, inbox, sync_cursors)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.types import TypeDecorator, TypeEngine


class Moment(TypeDecorator[datetime]):
    """A moment in UTC: TIMESTAMPTZ on Postgres, ISO 8601 text on SQLite (which has no such type)."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text where the database has no zoned timestamp."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(40))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuse a naive moment; write UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored moment needs an offset")
        in_utc = value.astimezone(UTC)
        return in_utc.isoformat(timespec="microseconds") if dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Always aware, always UTC."""
        if value is None:
            return None
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return moment.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class CourierTables:
    """The tables of one program's pipes, bound to that program's metadata."""

    heads: Table
    origins: Table
    announced: Table
    outbox: Table
    inbox: Table
    sync_cursors: Table
    set_aside: Table
    chain_breaks: Table
    feed: Table
    lost_versions: Table


def courier_tables(metadata: MetaData) -> CourierTables:
    """Declare the courier's tables in this metadata."""
    return CourierTables(
        heads=_heads(metadata),
        origins=_origins(metadata),
        announced=_announced(metadata),
        outbox=_outbox(metadata),
        inbox=_inbox(metadata),
        sync_cursors=_sync_cursors(metadata),
        set_aside=_set_aside(metadata),
        chain_breaks=_chain_breaks(metadata),
        feed=_feed(metadata),
        lost_versions=_lost_versions(metadata),
    )


def _heads(metadata: MetaData) -> Table:
    return Table(
        "heads",
        metadata,
        Column("name", String(100), primary_key=True),
        Column("value", BigInteger, nullable=False),
        comment="Last number given out: 'outbox' (position), 'feed' (version).",
    )


def _origins(metadata: MetaData) -> Table:
    return Table(
        "origins",
        metadata,
        Column("origin", String(150), primary_key=True),
        Column("sequence", BigInteger, nullable=False),
        Column("hash", String(64), nullable=False),
        Column("heard_at", Moment()),
        comment="Head of each origin's chain, our own included.",
    )


def _announced(metadata: MetaData) -> Table:
    return Table(
        "announced",
        metadata,
        Column("origin", String(150), primary_key=True),
        Column("sequence", BigInteger, nullable=False),
        Column("hash", String(64), nullable=False),
        Column("announced_at", Moment(), nullable=False),
        comment="Head of its chain that an origin named beyond what it has sent; outlives its disk.",
    )


def _outbox(metadata: MetaData) -> Table:
    return Table(
        "outbox",
        metadata,
        # INTEGER on SQLite, where only that makes the key the row's own place instead of an index.
        Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
        Column("event_id", Uuid(), nullable=False, unique=True),
        Column("event_type", String(100), nullable=False),
        Column("aggregate_type", String(50), nullable=False),
        Column("aggregate_id", String(100), nullable=False),
        Column("origin", String(150), nullable=False),
        Column("sequence", BigInteger, nullable=False),
        Column("payload", Text, nullable=False),
        Column("created_at", Moment(), nullable=False),
        Index("idx_outbox_origin_sequence", "origin", "sequence", unique=True),
        # No column says "sent": how far the receiver has them is one cursor (`outbox.ACKNOWLEDGED`),
        # so that an acknowledgement never writes a row again.
        comment="Envelopes on their way up; id is the position in the pipe, payload the sealed text.",
    )


def _inbox(metadata: MetaData) -> Table:
    return Table(
        "inbox",
        metadata,
        Column("event_id", Uuid(), primary_key=True),
        Column("event_type", String(100), nullable=False),
        Column("received_at", Moment(), nullable=False),
        Column("processed", Boolean, nullable=False),
        Column("digest", String(64), comment="SHA-256 of the canonical body; null: an older one"),
        comment="Envelopes received outside a numbered pipe, so that a repeat is known.",
    )


def _sync_cursors(metadata: MetaData) -> Table:
    return Table(
        "sync_cursors",
        metadata,
        Column("cursor_name", String(150), primary_key=True),
        Column("cursor_value", BigInteger, nullable=False),
        Column("updated_at", Moment(), nullable=False),
        comment="'pipe:<name>': last position received; 'news': last version applied; "
        "'acknowledged': last position of our own pipe that the receiver has.",
    )


def _set_aside(metadata: MetaData) -> Table:
    return Table(
        "set_aside",
        metadata,
        Column("pipe", String(150), primary_key=True),
        Column("position", BigInteger, primary_key=True, autoincrement=False),
        # What an unreadable envelope does not tell is null.
        Column("event_id", String(100)),
        Column("origin", String(150)),
        Column("sequence", BigInteger),
        Column("code", String(100), nullable=False),
        Column("detail", Text, nullable=False),
        Column("payload", Text, nullable=False),
        Column("set_aside_at", Moment(), nullable=False),
        Column("decision", String(20)),
        Column("decided_by", String(50)),
        Column("decided_at", Moment()),
        comment="Facts that were kept but not applied, waiting for a person's decision.",
    )


def _chain_breaks(metadata: MetaData) -> Table:
    return Table(
        "chain_breaks",
        metadata,
        Column("origin", String(150), primary_key=True),
        Column("kind", String(20), primary_key=True),
        Column("first_sequence", BigInteger, primary_key=True, autoincrement=False),
        Column("last_sequence", BigInteger, nullable=False),
        Column("awaited_hash", String(64), comment="gap: the hash its last envelope must have"),
        Column("found_at", Moment(), nullable=False),
        comment="Where an origin's chain does not hold: 'gap' (open until filled), 'fork', 'altered'.",
    )


def _feed(metadata: MetaData) -> Table:
    return Table(
        "feed",
        metadata,
        Column("kind", String(40), primary_key=True),
        Column("key", String(150), primary_key=True),
        Column("version", BigInteger, nullable=False),
        Column("created_version", BigInteger, nullable=False),
        Column("body", Text, nullable=False),
        Column("deleted", Boolean, nullable=False),
        Column("store_ids", Text, comment="',A,B,' who gets it now; null: every store"),
        Column("former_store_ids", Text, comment="',A,' who had it once and gets a tombstone"),
        Column("published_at", Moment(), nullable=False),
        Index("idx_feed_version", "version"),
        comment="News: the newest state of every piece of master data and the version that brought it.",
    )


def _lost_versions(metadata: MetaData) -> Table:
    return Table(
        "lost_versions",
        metadata,
        Column("first_version", BigInteger, primary_key=True, autoincrement=False),
        Column("last_version", BigInteger, nullable=False),
        Column("found_at", Moment(), nullable=False),
        comment="Versions of news that head office lost with a restore; whoever has one starts over.",
    )
