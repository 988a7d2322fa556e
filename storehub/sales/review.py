"""Looking through what tills sold: which promotions would the hub's own book have given (FR-5.3)?

It comes after the till has its answer, and durably: a cursor over the outbox, moved in the transaction
that notes the differences, so that none is missed and none is noted twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
import structlog
from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from courier import cursor
from retail.basket import AppliedPromotion
from retail.calendar import StoreCalendar
from retail.facts import SaleRecorded, read_fact
from retail.promotion_book import PromotionBook
from retail.refusal import Refusal
from retail.replay import Replay, replayed
from storehub.database import courier
from storehub.sales.tables import promotion_discrepancies

log = structlog.get_logger(__name__)

REVIEWED = "promotions-reviewed"
"""Cursor of the last position in the outbox that was looked at."""

ENVELOPES_MAX = 50
APPLIED = '"applied_promotions":[{'
"""In the canonical text of a sale that any promotion took something off."""


def review(tx: Connection, store_id: str, book: PromotionBook, calendar: StoreCalendar, at: datetime) -> bool:
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
            _compare(tx, row.payload, book, calendar, at)
    cursor.move(tx, courier.sync_cursors, REVIEWED, rows[-1].id, at)
    return len(rows) == ENVELOPES_MAX


def _compare(
    tx: Connection, envelope: str, book: PromotionBook, calendar: StoreCalendar, at: datetime
) -> None:
    try:
        body = orjson.loads(envelope)
        sale = read_fact(body["event_type"], body["version"], body["payload"])
    except (Refusal, ValueError, KeyError):
        return  # set aside when it came, with its reason
    assert isinstance(sale, SaleRecorded)
    if sale.external_reference is not None and sale.rung_up_at is None:
        return  # a recorded basket that was sold again as it was: no rules have made its bill
    replay = replayed(sale, book, calendar)
    if replay.differences:
        log.info("other promotions than the hub's", transaction_id=str(sale.transaction_id))
        tx.execute(insert(promotion_discrepancies).values(_row(sale, replay, at)).on_conflict_do_nothing())


def _row(sale: SaleRecorded, replay: Replay, at: datetime) -> dict[str, Any]:
    return {
        "transaction_id": sale.transaction_id,
        "till_discount": sale.totals.promotion_discount,
        "hub_discount": replay.totals.promotion_discount,
        "lines": [
            {
                "line_item_id": str(line.line_item_id),
                "till": _bodies(line.sold),
                "hub": _bodies(line.by_rules),
            }
            for line in replay.differences
        ],
        "noted_at": at,
    }


def _bodies(promotions: Sequence[AppliedPromotion]) -> list[dict[str, Any]]:
    return [applied.to_body() for applied in promotions]
