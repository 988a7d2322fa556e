"""The feed: every piece of master data in its newest state, under the version that brought it.

Versions are taken from a head row in the transaction that publishes, so a reader of "after version n"
never misses one that was given out earlier and committed later (measured with a bare sequence and 8
writers: 58 of 480 lost).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from itertools import groupby
from typing import Any

import orjson
from sqlalchemy import Connection, Select, Table, Text, and_, bindparam, case, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from courier import cursor
from courier.line import FEED_HEAD, lost_from, note_lost, version_now
from courier.news import News, NewsPage
from courier.outbox import bump
from courier.tables import CourierTables

__all__ = [
    "Change",
    "News",
    "NewsPage",
    "Overruled",
    "completed",
    "page",
    "publish",
    "store_page",
    "version_now",
]

ROWS_MAX = 2000
KEYS_PER_QUERY = 2000
EVERY_STORE = "*"


@dataclass(frozen=True, slots=True)
class Change:
    """One change to publish: `body` None deletes; `store_ids` None means every store."""

    kind: str
    key: str
    body: Mapping[str, Any] | None
    store_ids: Sequence[str] | None = None


def publish(tx: Connection, tables: CourierTables, changes: Iterable[Change], at: datetime) -> int:
    """Publish changes that belong together under one new version and return it.

    Part of the caller's transaction, which holds the feed's head row from here on. Without changes
    the version stays as it is.
    """
    newest = {(change.kind, change.key): change for change in changes}
    if not newest:
        return version_now(tx, tables)
    version = bump(tx, tables.heads, FEED_HEAD)
    held = _held(tx, tables, newest)
    _upsert(
        tx,
        tables,
        [
            {
                "kind": change.kind,
                "key": change.key,
                "version": version,
                "body": orjson.dumps(change.body or {}).decode(),
                "deleted": change.body is None,
                "published_at": at,
                **_readers(change, held.get(key)),
            }
            for key, change in newest.items()
        ],
    )
    return version


def page(
    tx: Connection, tables: CourierTables, after: int, store_id: str, rows_max: int = ROWS_MAX
) -> NewsPage:
    """What a store has to learn after a version: whole versions only, `rows_max` rows unless one
    version alone has more. What was taken away from the store comes as deleted. After a version that
    was lost in a restore (`courier.line`) there is nothing but the advice to start over."""
    lost = lost_from(tx, tables, after)
    # The head before the rows: everything up to it is committed, whatever is published while we read.
    head = version_now(tx, tables)
    if any(after in versions for versions in lost):
        return NewsPage(head, [], more=True, start_over=True, lost=lost)
    rows_of = _of_store(tables.feed)
    wanted = {"after": after, "head": head, "mine": _containing(f",{store_id},")}
    rows = list(tx.execute(rows_of.limit(rows_max + 1), wanted))
    if len(rows) <= rows_max:
        return NewsPage(max(head, after), [_news(row) for row in rows], more=False, lost=lost)
    cut = rows[-1].version
    whole = [row for row in rows if row.version < cut]
    if not whole:
        whole = list(tx.execute(rows_of.where(tables.feed.c.version == cut), wanted))
    last = whole[-1].version
    return NewsPage(last, [_news(row) for row in whole], more=last < head, lost=lost)


@cache
def _of_store(feed: Table) -> Select[Any]:
    """The rows that concern a store, made once for each table."""
    c, mine = feed.c, bindparam("mine", type_=Text)
    visible = or_(c.store_ids.is_(None), c.store_ids.like(mine, escape="/"))
    was_visible = or_(c.former_store_ids.like(mine, escape="/"), c.former_store_ids == f",{EVERY_STORE},")
    return (
        select(c.version, c.kind, c.key, c.body, c.deleted, visible.label("visible"))
        .where(c.version > bindparam("after"), c.version <= bindparam("head"), or_(visible, was_visible))
        .order_by(c.version, c.kind, c.key)
    )


def _containing(text: str) -> str:
    """The pattern of LIKE for everything that has this text in it."""
    for special in ("/", "%", "_"):
        text = text.replace(special, f"/{special}")
    return f"%{text}%"


def store_page(tx: Connection, tables: CourierTables, page: NewsPage, at: datetime) -> None:
    """Keep a page that came from above under its own versions, and move the cursor `news`.

    To be called in the transaction that applies the page: what this program serves further down is
    then never ahead of what it applied, nor behind it. A whole page takes the place of everything.
    """
    if page.whole:
        tx.execute(delete(tables.feed))
    note_lost(tx, tables, page.lost, at)
    _upsert(
        tx,
        tables,
        [
            {
                "kind": news.kind,
                "key": news.key,
                "version": news.version,
                "body": orjson.dumps(news.body).decode(),
                "deleted": news.deleted,
                "published_at": at,
                "store_ids": None,
                "former_store_ids": None,
            }
            for news in page.news
        ],
    )
    missing = page.current_version - version_now(tx, tables)
    if missing > 0:
        bump(tx, tables.heads, FEED_HEAD, by=missing)
    cursor.move(tx, tables.sync_cursors, cursor.NEWS, page.current_version, at)


@dataclass(frozen=True, slots=True)
class Overruled:
    """News that we had from versions that head office lost, and that it says otherwise now (FR-5.3).

    `held` is what we had; `now` what head office says, None when it knows nothing of it.
    """

    held: News
    now: News | None


def completed(
    tx: Connection, tables: CourierTables, page: NewsPage, kept: Collection[str] = ()
) -> tuple[NewsPage, list[Overruled]]:
    """A whole page with a tombstone for everything we have that it does not name, and what it overrules.

    What is of one of the `kept` kinds gets none. To be called before `store_page`, which then keeps the
    tombstones too.
    """
    feed = tables.feed
    named = {(news.kind, news.key): news for news in page.news}
    gone: list[News] = []
    overruled: list[Overruled] = []
    for row in tx.execute(select(feed.c.version, feed.c.kind, feed.c.key, feed.c.body, feed.c.deleted)):
        now = named.get((row.kind, row.key))
        if now is None and row.kind not in kept:
            gone.append(News(page.current_version, row.kind, row.key, {}, deleted=True))
        if any(row.version in versions for versions in page.lost):
            held = News(row.version, row.kind, row.key, orjson.loads(row.body), row.deleted)
            says_otherwise = (
                not held.deleted if now is None else (now.body, now.deleted) != (held.body, held.deleted)
            )
            if says_otherwise:
                overruled.append(Overruled(held, now))
    return replace(page, news=[*page.news, *gone]), overruled


def _news(row: Any) -> News:
    gone = row.deleted or not row.visible
    return News(row.version, row.kind, row.key, {} if gone else orjson.loads(row.body), gone)


def _held(
    tx: Connection, tables: CourierTables, keys: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], tuple[str | None, str | None]]:
    """Who reads each of these pieces of news now and who used to."""
    feed = tables.feed
    held: dict[tuple[str, str], tuple[str | None, str | None]] = {}
    for kind, group in groupby(sorted(keys), key=lambda key: key[0]):
        of_kind = [key for _, key in group]
        for start in range(0, len(of_kind), KEYS_PER_QUERY):
            rows = tx.execute(
                select(feed.c.key, feed.c.store_ids, feed.c.former_store_ids).where(
                    feed.c.kind == kind, feed.c.key.in_(of_kind[start : start + KEYS_PER_QUERY])
                )
            )
            held.update({(kind, row.key): (row.store_ids, row.former_store_ids) for row in rows})
    return held


def _readers(change: Change, held: tuple[str | None, str | None] | None) -> dict[str, str | None]:
    """The two columns that say who gets the news and who gets a tombstone instead."""
    if change.body is None or change.store_ids is None:
        # A tombstone for every store: it does no harm where the thing was never known.
        return {"store_ids": None, "former_store_ids": None}
    now = set(change.store_ids)
    former: set[str] = set()
    if held is not None:
        had, had_before = held
        former = _names(had_before) | ({EVERY_STORE} if had is None else _names(had))
    former = {EVERY_STORE} if EVERY_STORE in former else former - now
    return {"store_ids": _listed(now), "former_store_ids": _listed(former) if former else None}


def _names(listed: str | None) -> set[str]:
    return set(listed.strip(",").split(",")) - {""} if listed else set()


def _listed(names: set[str]) -> str:
    return f",{','.join(sorted(names))},"


def _upsert(tx: Connection, tables: CourierTables, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    feed = tables.feed
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    statement = insert(feed)
    new = statement.excluded
    columns = ("version", "body", "deleted", "published_at", "store_ids", "former_store_ids")
    created_again = case((and_(feed.c.deleted, ~new.deleted), new.version), else_=feed.c.created_version)
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=["kind", "key"],
            set_={"created_version": created_again} | {name: new[name] for name in columns},
            where=new.version >= feed.c.version,
        ),
        [{**row, "created_version": row["version"]} for row in rows],
    )
