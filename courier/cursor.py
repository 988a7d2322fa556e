"""Cursors: how far a pipe has been received, how far news has been applied."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Table, select
from sqlalchemy.dialects import postgresql, sqlite

NEWS = "news"


def pipe_cursor(pipe: str) -> str:
    """The cursor name of a pipe."""
    return f"pipe:{pipe}"


def read(tx: Connection, sync_cursors: Table, name: str) -> int:
    """The cursor's value, 0 when nothing has come yet."""
    value = tx.execute(
        select(sync_cursors.c.cursor_value).where(sync_cursors.c.cursor_name == name)
    ).scalar_one_or_none()
    return value or 0


def lock(tx: Connection, sync_cursors: Table, name: str, at: datetime) -> int:
    """The cursor's value, locked until commit: a sender that repeats a batch waits for its first try."""
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    value: int = tx.execute(
        insert(sync_cursors)
        .values(cursor_name=name, cursor_value=0, updated_at=at)
        .on_conflict_do_update(index_elements=["cursor_name"], set_={"cursor_name": name})
        .returning(sync_cursors.c.cursor_value)
    ).scalar_one()
    return value


def move(tx: Connection, sync_cursors: Table, name: str, value: int, at: datetime) -> None:
    """Set the cursor in the transaction that applied what it counts."""
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    tx.execute(
        insert(sync_cursors)
        .values(cursor_name=name, cursor_value=value, updated_at=at)
        .on_conflict_do_update(index_elements=["cursor_name"], set_={"cursor_value": value, "updated_at": at})
    )
