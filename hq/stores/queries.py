"""Reading stores and the chain's settings."""

from __future__ import annotations

from datetime import time
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from hq.stores.tables import chain_settings, stores
from retail.calendar import StoreCalendar


def store_row(tx: Connection, store_id: str) -> RowMapping | None:
    """The store by column, None when there is none of this name."""
    return tx.execute(select(stores).where(stores.c.store_id == store_id)).mappings().one_or_none()


def store_ids(tx: Connection) -> list[str]:
    """The names of all stores."""
    return list(tx.execute(select(stores.c.store_id).order_by(stores.c.store_id)).scalars())


def setting_values(tx: Connection) -> dict[str, Any]:
    """The chain's settings by name."""
    rows = tx.execute(select(chain_settings.c.name, chain_settings.c.value))
    return {row.name: row.value for row in rows}


def chain_calendar(tx: Connection) -> StoreCalendar:
    """The chain's zone and day cut."""
    values = setting_values(tx)
    usual = StoreCalendar()
    cut = values.get("day_cut")
    return StoreCalendar(
        values.get("timezone", usual.timezone), time.fromisoformat(cut) if cut else usual.day_cut
    )
