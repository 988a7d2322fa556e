"""Looking through what tills sold: which promotions would the hub's own book have given (FR-5.3)?

It comes after the till has its answer, and durably: a cursor over the outbox, moved in the transaction
that notes the differences and tells head office of them, so that none is missed and none is told twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import orjson
import structlog
from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from courier import cursor
from retail.calendar import StoreCalendar
from retail.discrepancy import LINES_TOLD_MAX, PromotionDifference, PromotionDiscrepancyFound
from retail.facts import SaleRecorded, read_fact
from retail.promotion_book import PromotionBook
from retail.refusal import Refusal
from retail.replay import replayed
from storehub.database import courier, record_fact
from storehub.sales.tables import promotion_discrepancies

log = structlog.get_logger(__name__)

REVIEWED = "promotions-reviewed"
"""Cursor of the last position in the outbox that was looked at."""

ENVELOPES_MAX = 50
APPLIED = '"applied_promotions":[{'
"""In the canonical text of a sale that any promotion took something off."""


def review(
    tx: Connection,
    store_id: str,
    book: PromotionBook,
    calendar: StoreCalendar,
    new_id: Callable[[], UUID],
    at: datetime,
) -> bool:
    """Look at the next envelopes of the tills; whether there are more behind them."""
    column = courier.outbox.c
    after = cursor.read(tx, courier.sync_cursors, REVIEWED)
    waiting = (
        select(column.id, column.event_type, column.origin, column.payload)
        .where(column.id > after)
        .order_by(column.id)
        .limit(ENVELOPES_MAX)
    )
    rows = list(tx.execute(waiting))
    if not rows:
        return False
    for row in rows:
        # What this hub sold itself was rung up with its own book.
        tills = row.event_type == SaleRecorded.event_type and row.origin != store_id
        if tills and (book.promotions or APPLIED in row.payload):
            found = _compared(row.payload, book, calendar, at)
            if found is not None and _noted(tx, found):
                _tell(tx, found, new_id(), at)
    cursor.move(tx, courier.sync_cursors, REVIEWED, rows[-1].id, at)
    return len(rows) == ENVELOPES_MAX


def _compared(
    envelope: str, book: PromotionBook, calendar: StoreCalendar, at: datetime
) -> PromotionDiscrepancyFound | None:
    try:
        body = orjson.loads(envelope)
        sale = read_fact(body["event_type"], body["version"], body["payload"])
    except (Refusal, ValueError, KeyError):
        return None  # set aside when it came, with its reason
    assert isinstance(sale, SaleRecorded)
    if sale.external_reference is not None and sale.rung_up_at is None:
        return None  # a recorded basket that was sold again as it was: no rules have made its bill
    replay = replayed(sale, book, calendar)
    if not replay.differences:
        return None
    differences = (
        PromotionDifference(line.line_item_id, line.sold, line.by_rules) for line in replay.differences
    )
    return PromotionDiscrepancyFound(
        sale.store_id,
        sale.transaction_id,
        sale.totals.promotion_discount,
        replay.totals.promotion_discount,
        len(replay.differences),
        tuple(differences),
        at,
    )


def _noted(tx: Connection, found: PromotionDiscrepancyFound) -> bool:
    """Keep the difference with all its lines; False when it was noted before."""
    body = found.to_body()
    row = {name: body[name] for name in ("till_discount", "hub_discount", "lines")}
    noted = (
        insert(promotion_discrepancies)
        .values(transaction_id=found.transaction_id, noted_at=found.noted_at, **row)
        .on_conflict_do_nothing()
        .returning(promotion_discrepancies.c.transaction_id)
    )
    return tx.execute(noted).first() is not None


def _tell(tx: Connection, found: PromotionDiscrepancyFound, event_id: UUID, at: datetime) -> None:
    log.info("other promotions than the hub's", transaction_id=str(found.transaction_id))
    record_fact(
        tx,
        replace(found, lines=found.lines[:LINES_TOLD_MAX]),
        store_id=found.store_id,
        event_id=event_id,
        aggregate_id=str(found.transaction_id),
        at=at,
    )
