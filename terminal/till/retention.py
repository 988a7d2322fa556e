"""What a till keeps of its facts: those that the hub has had for long go, but not what leans on them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from courier import outbox
from terminal.till.disk import COURIER

OPEN_SINCE = "SELECT min(opened_sequence) FROM shifts WHERE closed_sequence IS NULL"
# A basket is over because its sale is in the outbox: without the sale it would be open once more.
END_SOLD_DRAFTS = """DELETE FROM drafts
    WHERE EXISTS (SELECT 1 FROM outbox WHERE outbox.event_id = drafts.sale_id)"""


def let_go(tx: Connection, before: datetime, count_max: int) -> int:
    """Let go of facts written before this moment, the oldest first; returns how many (see `outbox.prune`).

    The facts of the open shift stay, however old they are: its figures are made of them.
    """
    tx.exec_driver_sql(END_SOLD_DRAFTS)
    open_since = tx.exec_driver_sql(OPEN_SINCE).scalar()
    return outbox.prune(tx, COURIER, before, count_max, keep_from=open_since)
