"""Cursors: how far a pipe has been received, how far news has been applied.

Statements are made once for each table: making one takes longer than SQLite needs to run it.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Connection, Insert, Select, Table, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

NEWS = "news"


def pipe_cursor(pipe: str) -> str:
    """The cursor name of a pipe."""
    return f"pipe:{pipe}"


def read(tx: Connection, sync_cursors: Table, name: str) -> int:
    """The cursor's value, 0 when nothing has come yet."""
    value: int | None = tx.execute(_value(sync_cursors), {"named": name}).scalar_one_or_none()
    return value or 0


def lock(tx: Connection, sync_cursors: Table, name: str, at: datetime) -> int:
    """The cursor's value, locked until commit: a sender that repeats a batch waits for its first try."""
    value: int = tx.execute(
        _lock(sync_cursors, tx.dialect.name == "postgresql"), {"named": name, "moment": at}
    ).scalar_one()
    return value


def move(tx: Connection, sync_cursors: Table, name: str, value: int, at: datetime) -> None:
    """Set the cursor in the transaction that applied what it counts."""
    tx.execute(
        _move(sync_cursors, tx.dialect.name == "postgresql"), {"named": name, "place": value, "moment": at}
    )


@cache
def _value(sync_cursors: Table) -> Select[Any]:
    return select(sync_cursors.c.cursor_value).where(sync_cursors.c.cursor_name == bindparam("named"))


@cache
def _lock(sync_cursors: Table, on_postgres: bool) -> ReturningInsert[Any]:
    insert = postgresql.insert if on_postgres else sqlite.insert
    return (
        insert(sync_cursors)
        .values(cursor_name=bindparam("named"), cursor_value=0, updated_at=bindparam("moment"))
        .on_conflict_do_update(index_elements=["cursor_name"], set_={"cursor_name": bindparam("named")})
        .returning(sync_cursors.c.cursor_value)
    )


@cache
def _move(sync_cursors: Table, on_postgres: bool) -> Insert:
    insert = postgresql.insert if on_postgres else sqlite.insert
    place: BindParameter[int] = bindparam("place")
    moment: BindParameter[datetime] = bindparam("moment")
    return (
        insert(sync_cursors)
        .values(cursor_name=bindparam("named"), cursor_value=place, updated_at=moment)
        .on_conflict_do_update(
            index_elements=["cursor_name"], set_={"cursor_value": place, "updated_at": moment}
        )
    )
