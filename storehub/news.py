"""A page of head office's news, put into the hub's tables and its own feed (FR-5.2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID, uuid5

import orjson
import structlog
from sqlalchemy import Connection, select

from courier import cursor, follower
from courier.decision import NewsOverruled
from courier.feed import Overruled, completed, store_page
from courier.news import News, NewsPage
from storehub.catalog import commands as catalog
from storehub.database import courier, record_fact
from storehub.members import commands as members
from storehub.people import commands as people
from storehub.people.succession import tell_again

log = structlog.get_logger(__name__)

KEPT = ("terminal",)
"""What a restored head office has forgotten and the hub has not: a till that is shut out keeps its sales to
itself."""

SECRET = frozenset({"person", "terminal", "member", "voucher"})
"""Kinds of news whose bodies hold hashes of PINs, or what a customer would not like to be passed on; they are
named without their bodies."""
TOLD_AT_ONCE = 300
"""A fact has to fit an envelope."""
OVERRULED_IDS = UUID("01934c1e-7a00-7e0a-9a55-0d2f8e6b4a11")
"""Namespace: what a store gives up when it starts over to a version is told once."""


def apply_news(tx: Connection, page: NewsPage, store_id: str, at: datetime) -> None:
    """Put a page of news into the hub's tables and its own feed, all of it or nothing (FR-5.2).

    A whole page, after head office was restored from an old backup, takes the place of all we had.
    """
    if page.whole:
        page, overruled = completed(tx, courier, page, KEPT)
        log.warning("news started over", version=page.current_version, overruled=len(overruled))
        tell_again(tx)
        if overruled:
            _tell_overruled(tx, overruled, page.current_version, store_id, at)
    store_page(tx, courier, page, at)
    by_kind = {
        kind: list(pieces)
        for kind, pieces in groupby(
            sorted(page.news, key=lambda piece: (piece.kind, piece.version)), key=lambda piece: piece.kind
        )
    }
    takers: dict[str, Callable[[list[News]], object]] = {
        "product": lambda news: catalog.take_products(tx, news, at),
        "price": lambda news: catalog.take_prices(tx, news),
        "tax_rate": lambda news: catalog.take_tax_rates(tx, news),
        "promotion": lambda news: catalog.take_promotions(tx, news),
        "setting": lambda news: catalog.take_settings(tx, news),
        "store": lambda news: catalog.take_stores(tx, news),
        "member": lambda news: members.take_members(tx, news),
        "voucher": lambda news: members.take_vouchers(tx, news),
        "person": lambda news: people.take_people(tx, news),
        "terminal": lambda news: people.take_terminals(tx, news, store_id),
    }
    for kind, pieces in by_kind.items():
        if kind in takers:
            takers[kind](pieces)
        else:
            # A later version's kind: kept in the feed for tills that know it.
            log.info("news of an unknown kind", kind=kind, count=len(pieces))


def hear_all(tx: Connection, ask: Callable[[int], NewsPage], store_id: str, at: datetime) -> int:
    """Apply all that head office publishes for this store, and return the version: for a hub that does not
    serve yet. `ask` gives the page behind a version, and raises `Outage` or `Rejected`."""
    state = follower.FollowerState(cursor.read(tx, courier.sync_cursors, cursor.NEWS))
    policy = follower.FollowerPolicy()
    while not isinstance(step := follower.next_step(state, at, policy), follower.Wait):
        event: follower.Event
        match step:
            case follower.Fetch(after):
                event = follower.PageCame(ask(after))
            case follower.Apply(page):
                apply_news(tx, page, store_id, at)
                cursor.move(tx, courier.sync_cursors, cursor.NEWS, page.current_version, at)
                event = follower.Applied(page.current_version)
        state = follower.after(state, at, event, policy, dice=lambda: 1.0)
    return state.version


def _tell_overruled(
    tx: Connection, overruled: Sequence[Overruled], version: int, store_id: str, at: datetime
) -> None:
    """Let head office know of all that we had and it has lost, for a person to review (FR-5.3), unless we did
    before: a hub restored from a backup of before its start over does it again, and has what it told then
    back from head office."""
    for first in range(0, len(overruled), TOLD_AT_ONCE):
        event_id = uuid5(OVERRULED_IDS, f"{store_id} {version}" + (f" {first}" if first else ""))
        told = select(courier.outbox.c.id).where(courier.outbox.c.event_id == event_id)
        if tx.execute(told).first() is None:
            pieces = tuple(map(_piece, overruled[first : first + TOLD_AT_ONCE]))
            fact = NewsOverruled(version, len(overruled), pieces, at)
            record_fact(tx, fact, store_id=store_id, event_id=event_id, aggregate_id=str(version), at=at)


def _piece(overruled: Overruled) -> dict[str, Any]:
    held, now = overruled.held, overruled.now
    told: dict[str, Any] = {"kind": held.kind, "key": held.key, "lost_version": held.version}
    if held.kind in SECRET:
        return told
    # As text: a setting may be a number with a fraction, which has no one canonical form.
    return told | {
        "held": None if held.deleted else orjson.dumps(held.body).decode(),
        "now": None if now is None or now.deleted else orjson.dumps(now.body).decode(),
    }


def skus_in(page: NewsPage) -> set[str] | None:
    """The products whose prices a page has changed; None when it does not say (a price that is gone, or
    everything anew)."""
    if page.whole:
        return None
    prices = [piece for piece in page.news if piece.kind == "price"]
    if any(piece.deleted for piece in prices):
        return None
    return {str(piece.body.get("sku_id")) for piece in prices}
