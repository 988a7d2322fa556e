"""Whether a world is level: what is still on its way, or hangs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import orjson

from tests.simulation.disk import Disk
from tests.simulation.goods import TWINS_TOGETHER

if TYPE_CHECKING:
    from tests.simulation.hub import HubBox
    from tests.simulation.till import TillBox
    from tests.simulation.world import World

CURSOR = "SELECT coalesce(max(cursor_value), 0) FROM sync_cursors WHERE cursor_name = ?"
HEAD = "SELECT coalesce(max(value), 0) FROM heads WHERE name = ?"


def settled(world: World) -> bool:
    """Whether nothing is on its way any more."""
    return next(stuck(world), None) is None


def stuck(world: World) -> Iterator[str]:
    """Everything that is still on its way, or hangs."""
    if world.customers:
        yield f"{world.customers} customers stand at the counters"
    for box in world.boxes:
        if not box.up:
            yield f"{box.name} is off"
            return
    for till in world.tills:
        if not till.placed:
            yield f"{till.name} has not come in at its hub"
        if waiting := till.unsent():
            yield f"{till.name} has {waiting} facts in its outbox"
        if _value(till.hub.disk, CURSOR, f"pipe:{till.name}") != till.last_position():
            yield f"{till.hub.name} is not level with {till.name}"
        if till.news_version() != _value(till.hub.disk, HEAD, "feed"):
            yield f"{till.name} is at news {till.news_version()}, its hub has later ones"
    for hub in world.hubs:
        yield from _stuck_hub(world, hub)
    for received, projected in world.office.disk.rows(
        "SELECT c.cursor_value, coalesce(p.position, 0) FROM sync_cursors c LEFT JOIN projection_cursors p "
        "ON 'pipe:' || p.pipe = c.cursor_name WHERE c.cursor_name LIKE 'pipe:%'"
    ):
        if received != projected:
            yield f"the books have {projected} of {received} positions"


def _stuck_hub(world: World, hub: HubBox) -> Iterator[str]:
    if waiting := hub.waits():
        yield f"{hub.name} has {waiting} facts in its outbox"
    if _value(world.office.disk, CURSOR, f"pipe:{hub.name}") != _value(hub.disk, HEAD, "outbox"):
        yield f"head office is not level with {hub.name}"
    if _value(hub.disk, HEAD, "feed") != _value(world.office.disk, HEAD, "feed"):
        yield f"{hub.name} has not all of head office's news"
    if hub.disk.rows("SELECT 1 FROM print_jobs WHERE status = 'WAITING'"):
        yield f"receipts wait for paper at {hub.name}"
    if hub.disk.rows("SELECT 1 FROM payment_requests WHERE status = 'PENDING'"):
        yield f"{hub.name} does not know what became of a payment"
    if hub.disk.rows("SELECT 1 FROM price_discrepancies WHERE told_at IS NULL"):
        yield f"{hub.name} has not told of a sale at another price"
    moved = _value(hub.disk, "SELECT coalesce(max(position), 0) FROM stock_movements")
    if moved and moved > _value(hub.disk, CURSOR, "stock"):
        yield f"{hub.name} has not rolled its stock up"


def check_twins(till: TillBox) -> None:
    """Whether the till has both of the twins' new prices or neither: news come whole (FR-5.2)."""
    rows = till.catalogue_rows("SELECT body FROM prices WHERE price_id LIKE 'base:SKU_TWIN_%'")
    together = sum(orjson.loads(row[0])["amount"] for row in rows)
    if rows and together != TWINS_TOGETHER:
        till.world.violated("news come whole", f"{till.name} has the twins at {together} together")


def _value(disk: Disk, query: str, *parameters: Any) -> int:
    return int(disk.rows(query, *parameters)[0][0])
