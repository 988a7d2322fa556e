"""The closing table of the demo: count, sum and chain at till, hub and head office, each asked itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import psycopg

from installer.layout import Layout
from terminal.bootstrap import JOURNAL_FILE
from terminal.till.journal import Journal

PICTURES = 3
Figures = tuple[int, int]
"""Count and sum (minor units)."""


def agreement(layout: Layout, ready: dict[str, Any], store_id: str) -> str:
    """One row a till and one for the store; the last column says whether all three tiers agree."""
    database = layout.read_ready()["databases"][f"hub_{store_id}".lower()]
    known = {origin["origin"]: origin for origin in completeness(ready, store_id)["origins"]}
    rows = [f"{'':8} {'at the till':>22} {'at the hub':>22} {'at head office':>22}  chain"]
    sums: list[list[Figures]] = []
    for folder in layout.tills(store_id):
        terminal_id = folder.name
        journal = Journal(folder / JOURNAL_FILE, store_id=store_id, terminal_id=terminal_id)
        try:
            sold = journal.sums()
        finally:
            journal.close()
        at_hq = known.get(f"{store_id}/{terminal_id}", {})
        figures = [
            sold,
            at_hub(database, terminal_id),
            (at_hq.get("sales_count", 0), at_hq.get("sales_total", 0)),
        ]
        sums.append(figures)
        chain = f"{at_hq.get('chain', 'unknown')}, {at_hq.get('first')}-{at_hq.get('last')}"
        rows.append(row(terminal_id, figures, chain))
    total = [(sum(f[tier][0] for f in sums), sum(f[tier][1] for f in sums)) for tier in range(3)]
    agree = len(set(total)) == 1 and all(len(set(figures)) == 1 for figures in sums)
    rows.append(row(store_id, total, "till, hub and head office agree" if agree else "THEY DO NOT AGREE"))
    return "\n" + "\n".join(rows) + "\n"


def row(name: str, figures: list[Figures], last: str) -> str:
    """A line of the table."""
    cells = " ".join(f"{f'{count} sales':>9} {f'{amount:,} ₫':>12}" for count, amount in figures)
    return f"{name:10} {cells}  {last}"


def at_hub(database: str, terminal_id: str) -> Figures:
    """What the hub's own table says of a till: all that was sold, whatever came back of it later."""
    with psycopg.connect(database) as connection:
        found = connection.execute(
            "SELECT count(*), coalesce(sum(total_amount), 0) FROM transactions"
            " WHERE terminal_id = %s AND completed_at IS NOT NULL",
            [terminal_id],
        ).fetchone()
    assert found is not None
    return int(found[0]), int(found[1])


def completeness(ready: dict[str, Any], store_id: str) -> dict[str, Any]:
    """What head office says of the store's chains."""
    hq = ready["hq"]
    headers = session(hq["url"], "/v1/auth/token", hq["admin"])
    answer = httpx.get(f"{hq['url']}/v1/stores/{store_id}/completeness", headers=headers, timeout=30)
    answer.raise_for_status()
    body = answer.json()
    assert isinstance(body, dict)
    return body


def receipt_pictures(layout: Layout, store: dict[str, Any], manager: dict[str, str], out: Path) -> None:
    """The last receipts of the day, as the hub draws them for its printers."""
    who = {"employee_id": manager["employee_id"], "pin": manager["pin"], "terminal_id": "POS_01"}
    headers = session(store["hub"], "/api/v1/auth/login", who) | {"Accept": "image/png"}
    database = layout.read_ready()["databases"][f"hub_{store['store_id']}".lower()]
    with psycopg.connect(database) as connection:
        last = connection.execute(
            "SELECT id FROM transactions WHERE status = 'PAID' ORDER BY id DESC LIMIT %s", [PICTURES]
        ).fetchall()
    for (sale_id,) in last:
        answer = httpx.get(f"{store['hub']}/api/v1/receipts/{sale_id}", headers=headers, timeout=30)
        answer.raise_for_status()
        (out / f"receipt_{sale_id}.png").write_bytes(answer.content)


def session(url: str, path: str, who: dict[str, str]) -> dict[str, str]:
    """Headers of somebody signed in."""
    answer = httpx.post(f"{url}{path}", json=who, timeout=30)
    answer.raise_for_status()
    return {"Authorization": f"Bearer {answer.json()['token']}"}
