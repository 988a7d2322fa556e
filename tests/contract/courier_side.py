"""One side of a pipe for tests: a database with the courier's tables and a ledger that facts go into."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zlib import crc32

import orjson
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    select,
)

from courier import cursor, inbox, outbox
from courier.envelope import FIRST_HASH, Envelope, seal
from courier.inbox import NotApplicable
from courier.tables import CourierTables, courier_tables
from courier.verdict import Verdict

START = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)

METADATA = MetaData()
TABLES: CourierTables = courier_tables(METADATA)
LEDGER = Table(
    "ledger",
    METADATA,
    Column("origin", String(150), primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("event_id", String(36), nullable=False, unique=True),
    Column("text", Text, nullable=False),
)


def sqlite_engine(file: object = ":memory:") -> Engine:
    """SQLite as the till opens it: a writing transaction takes the lock at its begin."""
    engine = create_engine(f"sqlite:///{file}", connect_args={"isolation_level": None})

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        reads_only = connection.get_execution_options().get(outbox.READS_ONLY, False)
        connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")

    return engine


def postgres_engine(url: str) -> Engine:
    """A pool on a Postgres of the tests."""
    return create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))


def create_tables(url: str) -> None:
    """Make the tables in a database of the tests."""
    engine = postgres_engine(url)
    METADATA.create_all(engine)
    engine.dispose()


def numbered_id(number: int) -> UUID:
    """An id that can be told from others at sight."""
    return UUID(int=number)


@dataclass
class Origin:
    """Seals facts as a till does, without a database."""

    name: str = "STORE_001/POS_01"
    sequence: int = 0
    hash: str = FIRST_HASH
    sealed: list[Envelope] = field(default_factory=list)

    def fact(self, event_type: str = "SaleRecorded", **payload: Any) -> dict[str, Any]:
        """The parsed body of the next fact."""
        number = self.sequence + 1
        store_id, _, terminal_id = self.name.partition("/")
        envelope = seal(
            event_id=numbered_id((crc32(self.name.encode()) << 64) + (len(self.sealed) << 32) + number),
            event_type=event_type,
            version=1,
            origin=self.name,
            sequence=number,
            previous_hash=self.hash,
            store_id=store_id,
            terminal_id=terminal_id or None,
            timestamp=START + timedelta(seconds=number),
            payload={"number": number, "name": "Cà phê sữa đá", **payload},
        )
        self.sequence, self.hash = number, envelope.hash
        self.sealed.append(envelope)
        body: dict[str, Any] = orjson.loads(envelope.text)
        return body

    def facts(self, count: int) -> list[dict[str, Any]]:
        """The next facts."""
        return [self.fact() for _ in range(count)]

    def forked(self) -> Origin:
        """The same till restored from a copy of this moment."""
        return Origin(self.name, self.sequence, self.hash, [*self.sealed, *self.sealed[:1]])


class _PowerCut(BaseException):
    """Nothing catches it but the wall."""


@dataclass
class Side:
    """A program at one end of a pipe."""

    engine: Engine
    carries: bool = False
    now: datetime = START

    def __post_init__(self) -> None:
        METADATA.create_all(self.engine)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction."""
        with self.engine.begin() as tx:
            yield tx

    def in_a_power_cut(self, deed: Callable[[Connection], object]) -> None:
        """Do the deed, and lose power before its commit."""
        with suppress(_PowerCut), self.begin() as tx:
            deed(tx)
            raise _PowerCut

    def receive(self, bodies: Sequence[Any], from_position: int, pipe: str = "pipe") -> Verdict:
        """Take a batch in a transaction of its own."""
        with self.begin() as tx:
            return self.receive_in(tx, bodies, from_position, pipe)

    def receive_in(
        self, tx: Connection, bodies: Sequence[Any], from_position: int, pipe: str = "pipe"
    ) -> Verdict:
        """Take a batch in this transaction."""
        return inbox.receive(
            tx,
            TABLES,
            pipe=pipe,
            from_position=from_position,
            bodies=bodies,
            effect=self.effect,
            known_hash=known_hash,
            carry=self.carry if self.carries else None,
            at=self.now,
        )

    @staticmethod
    def effect(tx: Connection, envelope: Envelope, position: int) -> None:
        """Into the ledger; a fact that says so is not applicable, after half of the work."""
        tx.execute(
            LEDGER.insert().values(
                origin=envelope.origin,
                sequence=envelope.sequence,
                position=position,
                hash=envelope.hash,
                event_id=str(envelope.event_id),
                text=envelope.text,
            )
        )
        if envelope.payload.get("unknown"):
            raise NotApplicable("fact-not-readable", "of a newer version")

    def carry(self, tx: Connection, envelope: Envelope, _: int) -> None:
        """On to the next pipe."""
        outbox.put(
            tx,
            TABLES,
            envelope,
            aggregate_type="transaction",
            aggregate_id=str(envelope.event_id),
            at=self.now,
        )

    def record(self, number: int, origin: str = "STORE_001/POS_01") -> Envelope:
        """A fact of our own, in a transaction of its own."""
        with self.begin() as tx:
            return self.record_in(tx, number, origin)

    def record_in(self, tx: Connection, number: int, origin: str = "STORE_001/POS_01") -> Envelope:
        """A fact of our own in this transaction."""
        return outbox.record(
            tx,
            TABLES,
            origin=origin,
            store_id=origin.partition("/")[0],
            terminal_id=origin.partition("/")[2] or None,
            event_id=numbered_id(number),
            event_type="SaleRecorded",
            version=1,
            payload={"number": number, "name": "Bánh mì thịt nướng"},
            aggregate_type="transaction",
            aggregate_id=str(number),
            at=self.now,
        )

    def pending(
        self, next_position: int = 1, count_max: int = 500, bytes_max: int = 10**6
    ) -> list[outbox.Pending]:
        """What a batch from this position would hold."""
        with self.engine.connect() as tx:
            return outbox.pending(tx, TABLES, next_position, count_max, bytes_max)

    def applied(self) -> list[tuple[str, int]]:
        """(origin, sequence) of what is in the ledger, in the order of positions."""
        with self.engine.connect() as tx:
            rows = tx.execute(select(LEDGER.c.origin, LEDGER.c.sequence).order_by(LEDGER.c.position))
            return [(row.origin, row.sequence) for row in rows]

    def aside_ids(self) -> list[str]:
        """Ids of the facts that were set aside."""
        with self.engine.connect() as tx:
            return list(tx.execute(select(TABLES.set_aside.c.event_id)).scalars())

    def numbers(self) -> list[int]:
        """The sequences in the ledger, in the order of positions."""
        return [sequence for _, sequence in self.applied()]

    def texts(self) -> list[str]:
        """The texts in the ledger, in the order of positions."""
        with self.engine.connect() as tx:
            return list(tx.execute(select(LEDGER.c.text).order_by(LEDGER.c.position)).scalars())

    def set_aside(self) -> list[tuple[int, str]]:
        """(position, code) of what was set aside."""
        aside = TABLES.set_aside
        with self.engine.connect() as tx:
            rows = tx.execute(select(aside.c.position, aside.c.code).order_by(aside.c.position))
            return [(row.position, row.code) for row in rows]

    def breaks(self) -> list[tuple[str, int, int]]:
        """(kind, first, last) of what is wrong with chains."""
        c = TABLES.chain_breaks.c
        with self.engine.connect() as tx:
            rows = tx.execute(select(c.kind, c.first_sequence, c.last_sequence).order_by(c.first_sequence))
            return [(row.kind, row.first_sequence, row.last_sequence) for row in rows]

    def cursor(self, pipe: str = "pipe") -> int:
        """The last position received."""
        with self.engine.connect() as tx:
            return cursor.read(tx, TABLES.sync_cursors, cursor.pipe_cursor(pipe))


def known_hash(tx: Connection, origin: str, sequence: int) -> str | None:
    """The hash in the ledger under a number."""
    found: str | None = tx.execute(
        select(LEDGER.c.hash).where(LEDGER.c.origin == origin, LEDGER.c.sequence == sequence)
    ).scalar_one_or_none()
    return found
