"""The disks of hub and head office: SQLite in memory that understands the Postgres of our own statements.

The production code runs unchanged on it. What SQLite has no word for is translated, statement by statement,
from the text that production sends (`translated`), so there is no second version of the SQL to keep: the
one statement that records sales (`storehub/sales/record.sql`) is cut at its data-modifying parts and run
one part after the other. `test_disk.py` holds that both databases then hold the same rows.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import MetaData, Numeric, StaticPool, Table, create_engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.ext.compiler import compiles

RECORDSET = re.compile(r"json_to_recordset\((:\w+)\)\s+AS\s+(\w+)\(([^)]*)\)")
CAST = re.compile(r"::\w+(\[\])?")
CAST_AS_JSON = re.compile(r"CAST\((:\w+) AS json\)", re.IGNORECASE)
ANY = re.compile(r"= ANY \((:\w+)\)")
FROM_THEN_CONFLICT = re.compile(r"(\) AS \w+)\s+ON CONFLICT")
PART = re.compile(r"\s*(\w+) AS (MATERIALIZED )?\(")
WRITES = re.compile(r"\b(INSERT|UPDATE)\b")
SALE_AS_TEXT = ("'SALE', sale.id", "'SALE', dashed(sale.id)")
"""Where an id becomes text, which has its dashes."""
NO_PARTITIONS = "SELECT NULL AS name WHERE 0"
"""SQLite has no partitions, so none is ever missing."""


@compiles(JSONB, "sqlite")
def _as_text(_type: JSONB, _compiler: Any, **_more: Any) -> str:
    return "TEXT"


class ExactNumeric(Numeric[Any]):
    """Decimals as text: SQLite itself would make floats of them."""

    def bind_processor(self, dialect: Any) -> Callable[[Any], Any]:
        return lambda value: None if value is None else str(value)

    def result_processor(self, dialect: Any, coltype: object) -> Callable[[Any], Any]:
        return lambda value: None if value is None else Decimal(str(value))


@cache
def translated(statement: str) -> tuple[str, ...]:
    """What SQLite runs for a statement as production sends it to Postgres."""
    if "pg_class" in statement:
        return (NO_PARTITIONS,)
    text = "\n".join(line for line in statement.splitlines() if not line.lstrip().startswith("--"))
    text = CAST.sub("", CAST_AS_JSON.sub(r"\1", text))
    text = text.replace(*SALE_AS_TEXT)
    text = ANY.sub(r"IN (SELECT value FROM json_each(\1))", text)
    text = FROM_THEN_CONFLICT.sub(r"\1 WHERE 1 ON CONFLICT", RECORDSET.sub(_rows_of_json, text))
    return _in_parts(text) if text.lstrip().startswith("WITH") and "INSERT INTO" in text else (text,)


def _rows_of_json(found: re.Match[str]) -> str:
    columns = []
    for column in found[3].split(","):
        name, kind = column.split()[:2]
        value = f"json_extract(value, '$.{name}')"
        # SQLAlchemy keeps ids on SQLite as hexadecimal digits without dashes.
        columns.append(f"{f'replace({value}, char(45), char())' if kind == 'uuid' else value} AS {name}")
    return f"(SELECT {', '.join(columns)} FROM json_each({found[1]})) AS {found[2]}"


def _in_parts(text: str) -> tuple[str, ...]:
    """A statement with data-modifying parts as one statement for each, behind what the parts read."""
    reads: list[str] = []
    writes: list[str] = []
    place = text.index("WITH") + len("WITH")
    while (found := PART.match(text, place)) is not None:
        end = _closing(text, found.end())
        body = text[found.end() : end]
        if body.lstrip().startswith("INSERT"):
            writes.append(body)
        else:
            reads.append(f"{found[1]} AS {found[2] or ''}({body})")
        place = end + 1
        if text[place : place + 1] != ",":
            break
        place += 1
    before = f"WITH {', '.join(reads)} " if reads else ""
    return tuple(before + part.strip() for part in (*writes, text[place:]))


def _closing(text: str, place: int) -> int:
    depth = 1
    while depth:
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        place += 1
    return place - 1


def _plain(value: Any) -> Any:
    """A parameter of hand-written SQL as SQLite keeps it."""
    match value:
        case list():
            return orjson.dumps(value).decode()
        case datetime():
            return value.isoformat(timespec="microseconds")
        case UUID():
            return value.hex
        case Decimal():
            return str(value)
    return value


class Disk:
    """One server's database. What is not committed is lost with the power; `image` is a backup.

    `before_commit` is called when a transaction is about to commit: the power may go there. While it is
    `full`, nothing can be added.
    """

    def __init__(self, metadata: MetaData, tables: list[Table] | None = None) -> None:
        self.before_commit: Callable[[], None] = lambda: None
        self.full = False
        self.raw = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._functions()
        # No events: SQLAlchemy takes a longer way with every statement where somebody listens.
        self.engine = create_engine(
            "sqlite+simulated://", disk=self, creator=lambda: self.raw, poolclass=StaticPool
        )
        metadata.create_all(self.engine, tables=tables)
        self.blank = self.image()

    def image(self) -> bytes:
        """Everything that is committed."""
        return self.raw.serialize()

    def put_back(self, image: bytes) -> None:
        """Be what this image is: a backup, or a new disk."""
        if self.raw.in_transaction:
            self.raw.execute("ROLLBACK")
        # Not deserialised in place: SQLite 3.40 crashes in savepoints of such a database.
        source = sqlite3.connect(":memory:")
        source.deserialize(image)
        source.backup(self.raw)
        source.close()

    def rows(self, query: str, *parameters: Any) -> list[Any]:
        """Look at the disk from outside."""
        return self.raw.execute(query, parameters).fetchall()

    def _functions(self) -> None:
        self.raw.create_function("dashed", 1, lambda digits: str(UUID(digits)))
        self.raw.create_function("greatest", -1, lambda *values: max(value for value in values if value))
        self.raw.create_function(
            "split_part", 3, lambda text, by, number: [*text.split(by), *[""] * number][number - 1]
        )
        self.raw.create_function("pg_notify", 2, lambda _channel, _payload: None)
        self.raw.create_function("pg_advisory_xact_lock", 1, lambda _key: None)

    def run(self, cursor: Any, statement: str, parameters: Any) -> None:
        """Run a statement as production sends it to Postgres."""
        values = parameters
        if isinstance(parameters, Mapping):
            values = {name: _plain(value) for name, value in parameters.items()}
        for part in translated(statement):
            if self.full and WRITES.search(part):
                # Said by us: SQLite 3.40 itself crashes when a database in memory is full.
                raise sqlite3.OperationalError("database or disk is full")
            cursor.execute(part, values)


class SimulatedDialect(SQLiteDialect_pysqlite):
    """SQLite for one simulated disk."""

    supports_statement_cache = True
    colspecs = {**SQLiteDialect_pysqlite.colspecs, Numeric: ExactNumeric}  # noqa: RUF012 - as SQLAlchemy has it

    def __init__(self, disk: Disk, **more: Any) -> None:
        super().__init__(paramstyle="named", **more)
        self._disk = disk

    def do_begin(self, dbapi_connection: Any) -> None:
        """Draw the transactions ourselves: sqlite3 would not begin one for a SELECT."""
        dbapi_connection.execute("BEGIN")

    def do_commit(self, dbapi_connection: Any) -> None:
        """The power may go just before."""
        self._disk.before_commit()
        dbapi_connection.commit()

    def do_close(self, dbapi_connection: Any) -> None:
        """The power went: what was not committed is gone, and the disk stays."""
        dbapi_connection.rollback()

    do_terminate = do_close

    def do_execute(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        """Run it in SQLite's words."""
        self._disk.run(cursor, statement, parameters)


registry.register("sqlite.simulated", __name__, SimulatedDialect.__name__)
