"""A database's tables as one file: whole, checked, readable anywhere (a zip of COPY texts).

Both servers keep their backups this way instead of by `pg_dump`, which a server by URL need not have and
which must be as new as that server. All tables are of one moment (one snapshot), so cursors, heads and the
rows they count agree. A file is written beside its place, to the disk, and then named: whole or not at
all. Its last member, the manifest, has the SHA-256 of every other.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import psycopg
from psycopg import sql
from sqlalchemy import Connection, MetaData

MANIFEST = "manifest.json"
REVISIONS = "alembic_version"
SUFFIX = ".backup.zip"
BLOCK_BYTES = 1 << 20


class ArchiveRefused(Exception):
    """An archive is not read, and nothing was changed; the message is a sentence."""


class ArchiveBroken(ArchiveRefused):
    """The file is no archive of ours or is damaged."""


class NotOurArchive(ArchiveRefused):
    """It is another program's or another store's."""


class DatabaseNotEmpty(ArchiveRefused):
    """An archive is read into an empty database only."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive holds: `program` and `of` (a store) say whose it is, `revision` of which schema."""

    program: str
    of: str
    revision: str
    made_at: datetime
    tables: Mapping[str, Sequence[str]]
    checksums: Mapping[str, str]


def write(
    tx: Connection,
    file: Path,
    *,
    program: str,
    of: str,
    revision: str,
    tables: Iterable[str],
    files: Iterable[Path],
    at: datetime,
) -> None:
    """Write these tables (in this order; `tx` has one snapshot) and small files into an archive, 0600.

    Raises OSError, and the database's own errors; then there is no file of this name.
    """
    draft = file.with_name(f"{file.name}.{os.getpid()}.part")
    checksums: dict[str, str] = {}
    columns: dict[str, Sequence[str]] = {}
    try:
        with (
            os.fdopen(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as out,
            zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        ):
            for table in tables:
                columns[table] = _columns(tx, table)
                checksums[f"tables/{table}"] = _add(
                    archive, f"tables/{table}", _rows(tx, table, columns[table])
                )
            for kept in files:
                checksums[f"files/{kept.name}"] = _add(archive, f"files/{kept.name}", [kept.read_bytes()])
            manifest = {
                "program": program,
                "of": of,
                "revision": revision,
                "made_at": at.isoformat(),
                "tables": columns,
                "checksums": checksums,
            }
            archive.writestr(MANIFEST, orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
        _to_disk(draft)
        draft.replace(file)
        _to_disk(file.parent)
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()


def tables_of(tx: Connection, metadata: MetaData, without: Collection[str]) -> list[str]:
    """The tables of the schema that the archive is to hold: whoever refers to another comes after it."""
    order = {table.name: place for place, table in enumerate(metadata.sorted_tables)}
    found = tx.exec_driver_sql(
        """SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(current_schema())
        AND relkind IN ('r', 'p') AND NOT relispartition"""
    ).scalars()
    wanted = [name for name in found if name not in without and name != REVISIONS]
    return sorted(wanted, key=lambda name: (order.get(name, len(order)), name))


def revision_of(tx: Connection) -> str:
    """The revision that the schema is at."""
    found: str = tx.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()
    return found


def is_empty(tx: Connection) -> bool:
    """Whether the database has no table at all, so that an archive can be read into it."""
    found = tx.exec_driver_sql(
        """SELECT FROM pg_class
        WHERE relnamespace = to_regnamespace(current_schema()) AND relkind IN ('r', 'p')"""
    )
    return found.first() is None


def manifest_of(file: Path) -> Manifest:
    """What the archive says it holds, every member read and checked; raises `ArchiveBroken`."""
    try:
        with zipfile.ZipFile(file) as archive:
            said = orjson.loads(archive.read(MANIFEST))
            manifest = Manifest(
                said["program"],
                said["of"],
                said["revision"],
                datetime.fromisoformat(said["made_at"]),
                said["tables"],
                said["checksums"],
            )
            for name, checksum in manifest.checksums.items():
                seen = hashlib.sha256()
                for block in _blocks(archive, name):
                    seen.update(block)
                if seen.hexdigest() != checksum:
                    raise ArchiveBroken(f"{file}: {name} is not what was written")
    except (OSError, zipfile.BadZipFile, zlib.error, KeyError, TypeError, ValueError, EOFError) as broken:
        raise ArchiveBroken(f"{file} is no whole archive: {broken}") from broken
    return manifest


def read_tables(tx: Connection, file: Path, manifest: Manifest) -> None:
    """Put the rows into their tables, which are empty and of the archive's schema."""
    connection = _psycopg(tx)
    with zipfile.ZipFile(file) as archive, connection.cursor() as at_work:
        for table, columns in manifest.tables.items():
            # What a migration put there is in the archive as well; an empty table may refuse the word.
            name = sql.Identifier(table)
            if at_work.execute(sql.SQL("SELECT FROM {} LIMIT 1").format(name)).rowcount:
                at_work.execute(sql.SQL("DELETE FROM {}").format(name))
            with at_work.copy(
                sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), _listed(columns))
            ) as copy:
                for block in _blocks(archive, f"tables/{table}"):
                    copy.write(block)


def read_files(file: Path, manifest: Manifest, folder: Path) -> None:
    """Put the archive's small files into this folder, 0600; a file that is there stays."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with zipfile.ZipFile(file) as archive:
        for name in manifest.checksums:
            room, _, kept = name.partition("/")
            target = folder / Path(kept).name
            if room == "files" and not target.exists():
                with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                    out.write(archive.read(name))
                    out.flush()
                    os.fsync(out.fileno())


def _columns(tx: Connection, table: str) -> list[str]:
    rows = tx.exec_driver_sql(
        """SELECT attname FROM pg_attribute
        WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
        ORDER BY attnum""",
        (table,),
    )
    return list(rows.scalars())


def _rows(tx: Connection, table: str, columns: Sequence[str]) -> Iterator[bytes]:
    statement = sql.SQL("COPY {} ({}) TO STDOUT").format(sql.Identifier(table), _listed(columns))
    with _psycopg(tx).cursor() as at_work, at_work.copy(statement) as copy:
        for block in copy:
            yield bytes(block)


def _add(archive: zipfile.ZipFile, name: str, blocks: Iterable[bytes]) -> str:
    seen = hashlib.sha256()
    with archive.open(name, "w", force_zip64=True) as member:
        for block in blocks:
            seen.update(block)
            member.write(block)
    return seen.hexdigest()


def _blocks(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    with archive.open(name) as member:
        while block := member.read(BLOCK_BYTES):
            yield block


def _listed(columns: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(column) for column in columns)


def _psycopg(tx: Connection) -> psycopg.Connection[Any]:
    connection = tx.connection.driver_connection
    assert isinstance(connection, psycopg.Connection)
    return connection


def _to_disk(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
