"""The first journals, brought to the shape of today.

They kept a sale's id in `sales` and sealed each sale under another id; drafts did not say whose sale they
are. Since then the outbox knows a sale by its own id. What was sealed stays word for word.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

_COLUMNS = "SELECT name FROM pragma_table_info('sales')"
_ASIDE = (
    "ALTER TABLE drafts RENAME TO first_drafts",
    "ALTER TABLE sales RENAME TO first_sales",
    # It would go on to belong to the table put aside, and keep its name from the new one's.
    "DROP INDEX idx_sales_external_reference",
)
_ACROSS = (
    """INSERT INTO drafts (place, sale_id, body, updated_at) SELECT place,
        CASE WHEN json_valid(body) THEN coalesce(replace(json_extract(body, '$.sale_id'), '-', ''), '')
            ELSE '' END, body, updated_at FROM first_drafts""",
    """INSERT INTO sales (sequence, cashier_id, business_date, sold_at, total_amount, external_reference)
        SELECT sequence, cashier_id, business_date, sold_at, total_amount, external_reference
        FROM first_sales""",
    """UPDATE outbox SET event_id = replace(first_sales.transaction_id, '-', '')
        FROM first_sales WHERE first_sales.sequence = outbox.sequence""",
    "DROP TABLE first_drafts",
    "DROP TABLE first_sales",
)


def make_tables(tx: sqlite3.Connection, tables: Iterable[str]) -> None:
    """Make the tables of today where they are missing, out of the first ones where a journal has those."""
    first = ("transaction_id",) in tx.execute(_COLUMNS).fetchall()
    for statement in (*_ASIDE, *tables, *_ACROSS) if first else tables:
        tx.execute(statement)
