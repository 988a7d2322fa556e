"""The journal: the till's open basket, its sales and the sealed facts on their way to the hub.

One SQLite file (WAL, `synchronous=FULL`): when a deed returns, it is on the disk. A whole sale is one
commit. The statements of that commit are plain SQL on the courier's tables, because they stand between
the cashier and the next customer: the same through SQLAlchemy costs four times the disk's own time
(`tests/integration/test_till_journal.py` holds that `courier.outbox.record` would write the same rows).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar
from uuid import UUID

import structlog
from sqlalchemy import Engine

from courier.chain import ChainHead
from courier.envelope import FIRST_HASH, Envelope, opened_text, seal
from courier.outbox import OUTBOX_HEAD
from retail.facts import Fact, SaleRecorded
from retail.refusal import Refusal
from terminal.till import first_shape, old_disk
from terminal.till.disk import COURIER, connect, engine_of, plainly
from terminal.till.draft import Draft, read_back, written
from terminal.till.old_disk import Place, SetBack

log = structlog.stdlib.get_logger("terminal.till")

Recorded = TypeVar("Recorded", bound=Fact)

SCHEMA_VERSION = 7
COUNTER = 1
"""The place of the basket that is open at the counter."""

TABLES = (
    """CREATE TABLE IF NOT EXISTS till (
        store_id TEXT NOT NULL, terminal_id TEXT NOT NULL, PRIMARY KEY (store_id, terminal_id)
    ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS drafts (
        place INTEGER PRIMARY KEY, sale_id TEXT NOT NULL, body TEXT NOT NULL, updated_at TEXT NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS sales (
        sequence INTEGER PRIMARY KEY, cashier_id TEXT NOT NULL, business_date TEXT NOT NULL,
        sold_at TEXT NOT NULL, total_amount INTEGER NOT NULL, external_reference TEXT
    )""",
    """CREATE UNIQUE INDEX IF NOT EXISTS idx_sales_external_reference
        ON sales (external_reference) WHERE external_reference IS NOT NULL""",
    """CREATE TABLE IF NOT EXISTS voucher_uses (
        code TEXT NOT NULL, sale_id TEXT NOT NULL, used_at TEXT NOT NULL, PRIMARY KEY (code, sale_id)
    ) WITHOUT ROWID""",
    # What came back at this till, so that a sale's later facts are found without reading all facts.
    """CREATE TABLE IF NOT EXISTS returns (
        sequence INTEGER PRIMARY KEY, transaction_id TEXT, event_type TEXT NOT NULL, amount INTEGER NOT NULL
    )""",
    "CREATE INDEX IF NOT EXISTS idx_returns_transaction ON returns (transaction_id)",
    # The facts of a shift lie between the two numbers; an open one has no second.
    """CREATE TABLE IF NOT EXISTS shifts (
        opened_sequence INTEGER PRIMARY KEY, closed_sequence INTEGER
    )""",
    old_disk.TABLE,
    "CREATE TABLE IF NOT EXISTS inherited (sequence INTEGER PRIMARY KEY, payload TEXT NOT NULL)",
    """CREATE TABLE IF NOT EXISTS left_codes (payment_id TEXT PRIMARY KEY, sale_id TEXT NOT NULL,
        payment_method TEXT NOT NULL, amount INTEGER NOT NULL, left_at TEXT NOT NULL)""",
    # A till has one origin, whose sequence is the primary key of its outbox already.
    "DROP INDEX IF EXISTS idx_outbox_origin_sequence",
)

CHAIN_HEAD = "SELECT sequence, hash FROM origins WHERE origin = ?"
MOVE_CHAIN_HEAD = """INSERT INTO origins (origin, sequence, hash, heard_at) VALUES (?, ?, ?, ?)
    ON CONFLICT (origin) DO UPDATE SET
        sequence = excluded.sequence, hash = excluded.hash, heard_at = excluded.heard_at"""
TAKE_POSITION = """INSERT INTO heads (name, value) VALUES (?, ?)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE value = excluded.value - 1"""
PUT_ENVELOPE = """INSERT INTO outbox
    (id, event_id, event_type, aggregate_type, aggregate_id, origin, sequence, payload, created_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
PUT_SALE = """INSERT INTO sales
    (sequence, cashier_id, business_date, sold_at, total_amount, external_reference)
    VALUES (?, ?, ?, ?, ?, ?)"""
PUT_VOUCHER_USE = "INSERT INTO voucher_uses (code, sale_id, used_at) VALUES (?, ?, ?)"
# A void gives the voucher back, and is known here for longer than its fact.
VOUCHER_USES = """SELECT count(*) FROM voucher_uses WHERE code = ? AND NOT EXISTS (
    SELECT 1 FROM returns WHERE transaction_id = voucher_uses.sale_id AND event_type = 'TransactionVoided')"""
SOLD_REFERENCES = "SELECT external_reference FROM sales WHERE external_reference IS NOT NULL"
FACT = "SELECT payload FROM outbox WHERE event_id = ?"
FACTS_FROM = "SELECT payload FROM outbox WHERE id >= ? ORDER BY id"
KEEP_DRAFT = "INSERT OR REPLACE INTO drafts (place, sale_id, body, updated_at) VALUES (?, ?, ?, ?)"
# A draft ends with its sale: the commit of the one is the end of the other, without a write of its own.
OPEN_DRAFT = """SELECT body FROM drafts WHERE place = ?
    AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.event_id = drafts.sale_id)"""
END_DRAFT = "DELETE FROM drafts WHERE place = ?"


class JournalOfAnotherTill(Refusal):
    """The journal belongs to another till (`file`, `store_id`, `terminal_id`: whose it is)."""

    code = "journal-of-another-till"


class JournalTooNew(Refusal):
    """A newer version of the program has written this journal (`file`, `schema_version`)."""

    code = "journal-too-new"


class AlreadySold(Refusal):
    """A sale with this external reference is in the journal already (`external_reference`)."""

    code = "already-sold"


class Journal:
    """The journal of one till; one deed at a time, from any thread.

    Every method may raise a refusal of `terminal.till.disk`; what was in the journal then is still
    there and nothing is half-written.
    """

    def __init__(
        self, file: Path, *, store_id: str, terminal_id: str, begins: tuple[int, str] = (0, FIRST_HASH)
    ) -> None:
        """Open or make it; a new one goes on behind `begins` (number and hash), where the disk before it
        ended. Raises `JournalOfAnotherTill`, `JournalTooNew`."""
        self._file = file
        self._begins = begins
        self.store_id = store_id
        self.terminal_id = terminal_id
        self.origin = f"{store_id}/{terminal_id}"
        self.tables = COURIER
        self._lock = RLock()
        with plainly(file):
            self._connection = connect(file, durable=True)
        try:
            self._make()
        except BaseException:
            self._connection.close()
            raise

    def sender_engine(self) -> Engine:
        """The journal for the thread that sends facts; what it writes may be lost in a power cut,
        because the hub knows better how far it has come. The caller disposes of it."""
        return engine_of(self._file, durable=False)

    def open_draft(self) -> Draft | None:
        """The basket that was open last; one that cannot be read any more is kept aside for a person."""
        with self._lock, plainly(self._file):
            row = self._connection.execute(OPEN_DRAFT, (COUNTER,)).fetchone()
        if row is None:
            return None
        try:
            return read_back(row[0])
        except (KeyError, TypeError, ValueError, ArithmeticError):
            log.exception("draft not readable, kept aside")
            with self.deed() as tx:
                tx.execute(
                    "UPDATE drafts SET place = (SELECT max(place) + 1 FROM drafts) WHERE place = ?",
                    (COUNTER,),
                )
            return None

    def keep_draft(self, draft: Draft, at: datetime) -> None:
        """Keep the open basket; durable when it returns."""
        row = (COUNTER, draft.sale_id.hex, written(draft), _moment(at))
        with self._lock, plainly(self._file):
            self._connection.execute(KEEP_DRAFT, row)

    def drop_draft(self) -> None:
        """Forget the open basket."""
        with self._lock, plainly(self._file):
            self._connection.execute(END_DRAFT, (COUNTER,))

    def record_sale(
        self, sale_id: UUID, sale_numbered: Callable[[int], SaleRecorded], at: datetime
    ) -> tuple[SaleRecorded, str]:
        """Make a sale final: number, seal, outbox, sale and the end of its draft in one commit.

        `sale_numbered` makes the fact with the sequence it gets. The fact has the sale's own id, so that
        the same sale can never be two facts. Returns the fact and the hash that seals it. A sale that is
        recorded already (a commit whose answer was lost) comes back as it was recorded; raises
        `AlreadySold` for a known external reference.
        """
        try:
            with self.deed() as tx:
                sale, sealed = self._seal(tx, sale_id, sale_numbered, ("transaction", sale_id), at)
                self._put_sale(tx, sealed.sequence, sale)
            return sale, sealed.hash
        except sqlite3.IntegrityError:
            recorded = self.sale(sale_id)
            if recorded is not None:
                return recorded
            raise

    def record_fact(
        self,
        event_id: UUID,
        fact_numbered: Callable[[int], Recorded],
        about: tuple[str, UUID],
        at: datetime,
        also: Callable[[sqlite3.Connection, int], None] | None = None,
    ) -> tuple[Recorded, str]:
        """Make anything but a sale final, in one commit; `about` is the kind and id of what it is about.

        `fact_numbered` makes the fact with the sequence it gets; `also` writes what belongs into the same
        commit, with that sequence. Returns the fact and the hash that seals it. An `event_id` that is
        recorded already (a double tap, a commit whose answer was lost) comes back as it was recorded.
        """
        try:
            with self.deed() as tx:
                fact, sealed = self._seal(tx, event_id, fact_numbered, about, at)
                if also is not None:
                    also(tx, sealed.sequence)
            return fact, sealed.hash
        except sqlite3.IntegrityError:
            recorded = self.envelope(event_id)
            if recorded is None:
                raise
            kind = type(fact_numbered(recorded.sequence))
            found = kind.from_body(recorded.payload)
            assert isinstance(found, kind), "an id belongs to one kind of fact"
            return found, recorded.hash

    def sale(self, sale_id: UUID) -> tuple[SaleRecorded, str] | None:
        """A recorded sale and the hash that seals it."""
        envelope = self.envelope(sale_id)
        if envelope is None:
            return None
        return SaleRecorded.from_body(envelope.payload), envelope.hash

    def envelope(self, event_id: UUID) -> Envelope | None:
        """The sealed fact with this id."""
        rows = self.rows(FACT, (event_id.hex,))
        return opened_text(rows[0][0]) if rows else None

    def facts_from(self, sequence: int) -> list[Envelope]:
        """The sealed facts from this number on, in order; those let go of long ago are left out."""
        return [opened_text(row[0]) for row in self.rows(FACTS_FROM, (sequence,))]

    def rows(self, query: str, values: Sequence[str | int] = ()) -> list[Any]:
        """What a query finds in the journal; it changes nothing."""
        with self._lock, plainly(self._file):
            return self._connection.execute(query, values).fetchall()

    def sold_references(self) -> set[str]:
        """The external references of all sales in the journal."""
        return {row[0] for row in self.rows(SOLD_REFERENCES)}

    def voucher_uses(self, code: str) -> int:
        """In how many sales of this journal that were not voided the voucher was used."""
        with self._lock, plainly(self._file):
            return int(self._connection.execute(VOUCHER_USES, (code,)).fetchone()[0])

    @property
    def head(self) -> ChainHead:
        """The last number given out and its hash."""
        with self._lock, plainly(self._file):
            row = self._connection.execute(CHAIN_HEAD, (self.origin,)).fetchone()
        return ChainHead(self.origin, *row) if row else ChainHead(self.origin)

    def set_straight(self, place: Place, at: datetime) -> SetBack | None:
        """Go on behind what the hub has had from this till, if this is an old copy of its disk."""
        with self.deed() as tx:
            return old_disk.set_straight(tx, self.origin, place, at)

    def handed_in(self, numbers: tuple[int, int], at: datetime) -> None:
        """The hub has the facts of this disk that bear numbers given out before."""
        with self._lock, plainly(self._file):
            self._connection.execute(old_disk.HANDED_IN, (_moment(at), *numbers))

    @property
    def log_file(self) -> Path:
        """The write-ahead log beside the file."""
        return self._file.with_name(f"{self._file.name}-wal")

    def sums(self) -> tuple[int, int]:
        """How many sales the journal holds and what they come to (minor units)."""
        with self._lock, plainly(self._file):
            row = self._connection.execute(
                "SELECT count(*), coalesce(sum(total_amount), 0) FROM sales"
            ).fetchone()
        return row[0], row[1]

    def close(self) -> None:
        """Close the file; the last one to do so empties the write-ahead log."""
        with self._lock:
            self._connection.close()

    def _seal(
        self,
        tx: sqlite3.Connection,
        event_id: UUID,
        fact_numbered: Callable[[int], Recorded],
        about: tuple[str, UUID],
        at: datetime,
    ) -> tuple[Recorded, Envelope]:
        """Number, seal and outbox, inside the caller's transaction."""
        head = tx.execute(CHAIN_HEAD, (self.origin,)).fetchone() or (0, FIRST_HASH)
        fact = fact_numbered(head[0] + 1)
        envelope = seal(
            event_id=event_id,
            event_type=fact.event_type,
            version=fact.version,
            origin=self.origin,
            sequence=head[0] + 1,
            previous_hash=head[1],
            store_id=self.store_id,
            terminal_id=self.terminal_id,
            timestamp=at,
            payload=fact.to_body(),
        )
        sequence, now = envelope.sequence, _moment(at)
        tx.execute(
            PUT_ENVELOPE,
            (
                sequence,
                event_id.hex,
                envelope.event_type,
                about[0],
                str(about[1]),
                self.origin,
                sequence,
                envelope.text,
                now,
            ),
        )
        tx.execute(MOVE_CHAIN_HEAD, (self.origin, sequence, envelope.hash, now))
        taken = tx.execute(TAKE_POSITION, (OUTBOX_HEAD, sequence)).rowcount
        assert taken == 1, "a till has one origin, so its pipe counts as its chain does"
        return fact, envelope

    def _put_sale(self, tx: sqlite3.Connection, sequence: int, sale: SaleRecorded) -> None:
        row = (
            sequence,
            sale.cashier_id,
            sale.business_date.isoformat(),
            _moment(sale.sold_at),
            sale.totals.total_amount,
            sale.external_reference,
        )
        try:
            tx.execute(PUT_SALE, row)
        except sqlite3.IntegrityError:
            raise AlreadySold(external_reference=sale.external_reference) from None
        for voucher in sale.vouchers:
            tx.execute(PUT_VOUCHER_USE, (voucher.code, str(sale.transaction_id), _moment(sale.sold_at)))

    @contextmanager
    def deed(self) -> Iterator[sqlite3.Connection]:
        """One transaction that takes the write lock at once and ends in COMMIT or in nothing."""
        tx = self._connection
        with self._lock, plainly(self._file):
            tx.execute("BEGIN IMMEDIATE")
            try:
                yield tx
                tx.execute("COMMIT")
            except BaseException:
                # Some errors (a full disk) have rolled back already.
                if tx.in_transaction:
                    tx.execute("ROLLBACK")
                raise

    def _make(self) -> None:
        with plainly(self._file):
            version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA_VERSION:
            raise JournalTooNew(file=str(self._file), schema_version=version)
        if version < SCHEMA_VERSION:
            self._create_tables()
        with plainly(self._file):
            owner = self._connection.execute("SELECT store_id, terminal_id FROM till").fetchone()
        if owner is None:
            with self.deed() as tx:
                tx.execute("INSERT INTO till VALUES (?, ?)", (self.store_id, self.terminal_id))
                if self._begins[0]:
                    never = _moment(datetime.fromtimestamp(0, UTC))
                    old_disk.go_on(tx, self.origin, *self._begins, never)
        elif owner != (self.store_id, self.terminal_id):
            raise JournalOfAnotherTill(file=str(self._file), store_id=owner[0], terminal_id=owner[1])

    def _create_tables(self) -> None:
        courier = self.tables
        engine = engine_of(self._file, durable=True)
        try:
            needed = [courier.heads, courier.origins, courier.outbox, courier.sync_cursors]
            courier.heads.metadata.create_all(engine, tables=needed)
        finally:
            engine.dispose()
        with self.deed() as tx:
            first_shape.make_tables(tx, TABLES)
            tx.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _moment(at: datetime) -> str:
    """A moment as the courier's tables have it on SQLite."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
