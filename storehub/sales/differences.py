"""Telling head office of sales at other prices than the hub's own (FR-5.3), behind the cashier's back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select, update

from retail.discrepancy import PriceDiscrepancyFound
from storehub.database import record_fact
from storehub.sales.tables import price_discrepancies

AT_ONCE = 200


def tell_differences(tx: Connection, store_id: str, new_id: Callable[[], UUID], at: datetime) -> int:
    """Seal a fact for each difference that was noted and not told yet; returns how many."""
    c = price_discrepancies.c
    untold = tx.execute(
        select(price_discrepancies)
        .where(c.told_at.is_(None))
        .order_by(c.noted_at, c.line_item_id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    for row in untold:
        found = PriceDiscrepancyFound(
            store_id=store_id,
            transaction_id=row.transaction_id,
            line_item_id=row.line_item_id,
            sku_id=row.sku_id,
            till_price=row.till_price,
            till_version=row.till_version,
            hub_price=row.hub_price,
            hub_version=row.hub_version,
            noted_at=row.noted_at,
        )
        record_fact(
            tx,
            found,
            store_id=store_id,
            event_id=new_id(),
            aggregate_id=str(row.transaction_id),
            at=at,
        )
    tx.execute(
        update(price_discrepancies)
        .where(c.line_item_id.in_([row.line_item_id for row in untold]))
        .values(told_at=at)
    )
    return len(untold)
