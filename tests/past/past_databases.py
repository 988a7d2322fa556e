"""Databases as programs of every revision of the schema left them.

A folder has one file a revision. It holds in plain SQL what a database gained while it was at that revision,
written off a database on which the program of then had run: `0004.sql` after `0001.sql` to `0003.sql` is a
database that has been at each revision up to the fourth. A file that is here is never changed. Who adds a
revision adds its file; if the revision has columns for nothing new, a file with a comment will do.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.conftest import Databases

Row = tuple[str | None, ...]


class PastDatabases:
    """One database for each revision, and what the newest schema makes of it."""

    def __init__(self, folder: Path, migrate: Callable[..., None], databases: Databases) -> None:
        self._migrate = migrate
        self._databases = databases
        self._left: dict[str, str] = {}
        self._upgraded: dict[str, str] = {}
        growing = databases.make(None)
        for file in sorted(folder.glob("*.sql")):
            migrate(databases.url(growing), file.stem)
            with psycopg.connect(databases.url(growing)) as connection:
                connection.execute(file.read_bytes())
            self._left[file.stem] = databases.copy_of(growing)
        databases.drop(growing)

    def as_left(self, revision: str) -> str:
        """URL of a database as it was at this revision; to be read only."""
        return self._databases.url(self._left[revision])

    def upgraded(self, revision: str) -> str:
        """URL of the same one under the newest schema; to be read only."""
        return self._databases.url(self._up(revision))

    def in_use(self, revision: str) -> str:
        """URL of one under the newest schema that the caller may write to."""
        return self._databases.url(self._databases.copy_of(self._up(revision)))

    def _up(self, revision: str) -> str:
        if revision not in self._upgraded:
            self._upgraded[revision] = self._databases.copy_of(self._left[revision])
            self._migrate(self._databases.url(self._upgraded[revision]))
        return self._upgraded[revision]


def revisions(folder: Path) -> list[str]:
    """The revisions that have a file."""
    return [file.stem for file in sorted(folder.glob("*.sql"))]


def newest(program: str) -> str:
    """The newest revision of `storehub` or `hq`."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", f"{program}:migrations")
    head = ScriptDirectory.from_config(config).get_current_head()
    assert head is not None
    return head


def columns(url: str) -> dict[str, tuple[str, ...]]:
    """The columns of every table."""
    found: dict[str, tuple[str, ...]] = {}
    with psycopg.connect(url) as connection:
        for table, name in connection.execute(
            """SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
                AND c.relname <> 'alembic_version' AND a.attnum > 0 AND NOT a.attisdropped
            ORDER BY c.relname, a.attnum"""
        ):
            found[table] = (*found.get(table, ()), name)
    return found


def rows(url: str, table: str, names: tuple[str, ...]) -> list[Row]:
    """Every row of a table, its values as Postgres writes them."""
    texts = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in names)
    with psycopg.connect(url) as connection:
        return sorted(
            connection.execute(sql.SQL("SELECT {} FROM {}").format(texts, sql.Identifier(table))).fetchall(),
            key=repr,
        )


def ask(url: str, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """What the database has."""
    with psycopg.connect(url, autocommit=True) as connection:
        done = connection.execute(statement.encode(), values)
        return done.fetchall() if done.description else []
