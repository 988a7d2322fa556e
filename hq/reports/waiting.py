"""Facts that came before the sale they are about (a void, a refund) and whose sale has come since: from
another till's journal, through another pipe, by a decision."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import orjson
from sqlalchemy import Connection, select

from hq.database import courier
from hq.ledger.queries import pipes_of
from hq.reports.refunds import SALE_NOT_KNOWN
from hq.reports.tables import transactions

AT_ONCE = 500
"""Ids in one question."""


def ready(tx: Connection, store_ids: Collection[str]) -> dict[str, list[int]]:
    """Places, by pipe, of the undecided facts of these stores whose sale is in the books now."""
    aside = courier.set_aside.c
    pipes = [pipe for store_id in store_ids for pipe in pipes_of(store_id)]
    rows = tx.execute(
        select(aside.pipe, aside.position, aside.payload)
        .where(aside.decision.is_(None), aside.code == SALE_NOT_KNOWN, aside.pipe.in_(pipes))
        .order_by(aside.pipe, aside.position)
    ).all()
    awaited = [(row.pipe, row.position, _sale_of(row.payload)) for row in rows]
    known = _booked(tx, sorted({sale_id for _, _, sale_id in awaited if sale_id is not None}))
    found: dict[str, list[int]] = {}
    for pipe, position, sale_id in awaited:
        if sale_id in known:
            found.setdefault(pipe, []).append(position)
    return found


def _booked(tx: Connection, sale_ids: list[UUID]) -> set[UUID | None]:
    known: set[UUID | None] = set()
    for start in range(0, len(sale_ids), AT_ONCE):
        wanted = transactions.c.id.in_(sale_ids[start : start + AT_ONCE])
        known.update(tx.execute(select(transactions.c.id).where(wanted)).scalars())
    return known


def _sale_of(envelope: str) -> UUID | None:
    """The sale that a fact is about, as it says itself."""
    try:
        return UUID(orjson.loads(envelope)["payload"]["transaction_id"])
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError):
        return None
