"""What must hold in every world once it has settled, checked on the disks themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson

from courier.envelope import FIRST_HASH, opened_text, seal_holds
from tests.simulation.disk import Disk
from tests.simulation.goods import TWINS_TOGETHER

if TYPE_CHECKING:
    from tests.simulation.hub import HubBox
    from tests.simulation.till import TillBox
    from tests.simulation.world import World

CURSOR = "SELECT coalesce(max(cursor_value), 0) FROM sync_cursors WHERE cursor_name = ?"
HEAD = "SELECT coalesce(max(value), 0) FROM heads WHERE name = ?"


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that does not hold, and where."""

    rule: str
    detail: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.detail}"


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
    moved = _value(hub.disk, "SELECT coalesce(max(position), 0) FROM stock_movements")
    if moved > _value(hub.disk, CURSOR, "stock"):
        yield f"{hub.name} has not rolled its stock up"


def check_twins(till: TillBox) -> None:
    """Whether the till has both of the twins' new prices or neither: news come whole (FR-5.2)."""
    rows = till.catalogue_rows("SELECT body FROM prices WHERE price_id LIKE 'base:SKU_TWIN_%'")
    together = sum(orjson.loads(row[0])["amount"] for row in rows)
    if rows and together != TWINS_TOGETHER:
        till.world.violated("news come whole", f"{till.name} has the twins at {together} together")


def violations(world: World) -> list[Broken]:
    """Every rule that does not hold in a settled world."""
    found: list[Broken] = [Broken("settles by itself", detail) for detail in stuck(world)]
    if found:
        return found
    for hub in world.hubs:
        world.learn(hub)
    for rule, check in RULES.items():
        found += [Broken(rule, detail) for detail in check(world)]
    return found


def _value(disk: Disk, query: str, *parameters: Any) -> int:
    return int(disk.rows(query, *parameters)[0][0])


def _customers(world: World) -> Iterator[str]:
    for till in world.tills:
        served = sorted(world.truth.served.get(till.name, []))
        sold = sorted(total for _, total in world.truth.sales.get(till.name, {}).values())
        if served != sold:
            yield f"{till.name} took {served} of its customers and recorded {sold}"


def _tills(world: World) -> Iterator[str]:
    for till in world.tills:
        rows = till.rows("SELECT sequence, payload FROM outbox ORDER BY sequence")
        before = FIRST_HASH
        for sequence, payload in rows:
            envelope = opened_text(payload)
            if envelope.previous_hash != before or not seal_holds(orjson.loads(payload)):
                yield f"{till.name} {sequence} does not continue its chain"
            before = envelope.hash
        yield from _same(world, till.name, {row[0]: opened_text(row[1]).hash for row in rows}, set())
        sales = {row[0]: row[1] for row in till.rows("SELECT sequence, total_amount FROM sales")}
        if sales != {seq: total for seq, (_, total) in world.truth.sales.get(till.name, {}).items()}:
            yield f"{till.name} has other sales than it made: {sales}"


def _same(world: World, origin: str, found: dict[int, str], named: set[int]) -> Iterator[str]:
    """Whether what is found of an origin is what it sealed, but for what is named as missing."""
    sealed = world.truth.sealed.get(origin, {})
    for sequence in sorted(sealed.keys() | found.keys()):
        if sequence not in found:
            if sequence not in named:
                yield f"{origin} {sequence} is missing and nobody says so"
            elif not world.truth.altered:
                yield f"{origin} {sequence} is missing"
        elif sealed.get(sequence) != found[sequence]:
            yield f"{origin} {sequence} is another fact than its origin sealed"


def _proof(text: str) -> str:
    """The hash that seals an envelope, if it does."""
    body = orjson.loads(text)
    return str(body["hash"]) if seal_holds(body) else "a broken seal"


def _named(disk: Disk, origin: str, beyond: int) -> set[int]:
    """The numbers of an origin that this box says it misses, and those it cannot have heard of yet."""
    gaps = disk.rows(
        "SELECT first_sequence, last_sequence FROM chain_breaks WHERE origin = ?", origin
    ) + disk.rows("SELECT sequence, sequence FROM set_aside WHERE origin = ? AND sequence > 0", origin)
    named = {number for first, last in gaps for number in range(first, last + 1)}
    heard = disk.rows("SELECT sequence FROM origins WHERE origin = ?", origin)
    return named | set(range((heard[0][0] if heard else 0) + 1, beyond + 1))


def _upstairs(world: World) -> Iterator[str]:
    """Every fact of every origin at its hub and at head office, once, as it was sealed."""
    for hub in world.hubs:
        origins = [hub.name, *(till.name for till in world.tills if till.hub is hub)]
        for origin in origins:
            sealed = world.truth.sealed.get(origin, {})
            last = max(sealed, default=0)
            for disk, table, text in (
                (hub.disk, "outbox", "payload"),
                (world.office.disk, "ledger", "envelope"),
            ):
                rows = disk.rows(f"SELECT sequence, {text} FROM {table} WHERE origin = ?", origin)
                found = {sequence: _proof(payload) for sequence, payload in rows}
                if len(found) != len(rows):
                    yield f"{table}: {origin} has a number twice"
                lost = _named(disk, origin, last if world.truth.altered else 0)
                for detail in _same(world, origin, found, lost):
                    yield f"{table}: {detail}"
                yield from _chain(world, disk, table, origin)


def _chain(world: World, disk: Disk, where: str, origin: str) -> Iterator[str]:
    sealed = world.truth.sealed.get(origin, {})
    if world.truth.altered or not sealed:
        return
    for kind, first, last in disk.rows(
        "SELECT kind, first_sequence, last_sequence FROM chain_breaks WHERE origin = ?", origin
    ):
        yield f"{where}: the chain of {origin} has a {kind} at {first}-{last}"
    head = disk.rows("SELECT sequence, hash FROM origins WHERE origin = ?", origin)
    if not head or tuple(head[0]) != (max(sealed), sealed[max(sealed)]):
        yield f"{where}: the chain of {origin} ends at {head}, not at {max(sealed)}"


def _money(world: World) -> Iterator[str]:
    """Money taken = sales recorded, at the hub and in head office's books, each once."""
    if world.truth.altered:
        return
    for hub in world.hubs:
        taken = {
            sale_id: total
            for till in world.tills
            if till.hub is hub
            for sale_id, total in world.truth.sales.get(till.name, {}).values()
        }
        for disk, where in ((hub.disk, "the hub"), (world.office.disk, "head office")):
            rows = disk.rows(
                "SELECT id, total_amount FROM transactions WHERE store_id = ? AND status = 'PAID'",
                hub.store_id,
            )
            found = {str(UUID(row[0])): row[1] for row in rows}
            if found != taken or len(rows) != len(taken):
                yield f"{where} has {_sum(found)} of {hub.name}'s {_sum(taken)}"
    counted = {
        origin: (count, total)
        for origin, count, total in world.office.disk.rows(
            "SELECT origin, sales_count, sales_total FROM origin_sums"
        )
    }
    for origin, sales in world.truth.sales.items():
        expected = len(sales), sum(total for _, total in sales.values())
        if counted.get(origin, (0, 0)) != expected:
            yield f"head office sums {counted.get(origin)} for {origin}, not {expected}"


def _sum(sales: dict[str, int]) -> str:
    return f"{len(sales)} sales of {sum(sales.values())}"


def _stock(world: World) -> Iterator[str]:
    if world.truth.altered:
        return
    for hub in world.hubs:
        expected = {sku: level for sku, level in world.truth.stock[hub.store_id].items() if level}
        for disk, where, query, parameters in (
            (hub.disk, "movements", "SELECT sku_id, sum(quantity_delta) FROM stock_movements GROUP BY 1", ()),
            (hub.disk, "levels", "SELECT sku_id, current_stock FROM local_inventory", ()),
            (
                world.office.disk,
                "head office's movements",
                "SELECT sku_id, sum(quantity_delta) FROM stock_movements WHERE store_id = ? GROUP BY 1",
                (hub.store_id,),
            ),
        ):
            found = {sku: level for sku, level in disk.rows(query, *parameters) if level}
            if found != expected:
                yield f"{hub.name}: {where} say {found}, not {expected}"


def _news(world: World) -> Iterator[str]:
    for hub in world.hubs:
        said = _news_of(world.office.disk, hub.store_id)
        if _news_of(hub.disk, hub.store_id) != said:
            yield f"{hub.name} has other news than head office"
        for till in world.tills:
            if till.hub is hub:
                yield from _catalogue(till, said)


def _news_of(disk: Disk, store_id: str) -> dict[tuple[str, str], Any]:
    rows = disk.rows(
        "SELECT kind, key, body FROM feed WHERE NOT deleted AND (store_ids IS NULL OR store_ids LIKE ?)",
        f"%,{store_id},%",
    )
    return {(kind, key): orjson.loads(body) for kind, key, body in rows}


def _catalogue(till: TillBox, said: dict[tuple[str, str], Any]) -> Iterator[str]:
    found = {
        **{("product", key): body for key, body in till.catalogue_rows("SELECT sku_id, body FROM products")},
        **{("price", key): body for key, body in till.catalogue_rows("SELECT price_id, body FROM prices")},
        **{
            (kind, key): body
            for kind, key, body in till.catalogue_rows("SELECT kind, key, body FROM master_data")
        },
    }
    expected = {place: body for place, body in said.items() if place[0] != "weather"}
    if {place: orjson.loads(body) for place, body in found.items()} != expected:
        yield f"{till.name} has another catalogue than head office publishes"


def _set_aside(world: World) -> Iterator[str]:
    for disk, where in ((world.office.disk, "HQ"), *((hub.disk, hub.name) for hub in world.hubs)):
        for origin, sequence, code, payload in disk.rows(
            "SELECT origin, sequence, code, payload FROM set_aside"
        ):
            number = sequence or orjson.loads(payload).get("sequence")
            if (origin, number) in world.truth.strangers and code == "fact-not-readable":
                continue
            if world.truth.altered and code.startswith("chain-"):
                continue
            yield f"{where} set {origin} {number} aside: {code}"


def _paper(world: World) -> Iterator[str]:
    for hub in world.hubs:
        papers = Counter(paper.decode() for paper in hub.printer.printed)
        for (sale,) in hub.disk.rows("SELECT transaction_id FROM print_jobs"):
            editions = [name for name in papers if name.startswith(str(UUID(sale)))]
            if not editions:
                yield f"{hub.name}: the receipt of {sale} was never printed"
            elif papers[f"{UUID(sale)} ORIGINAL"] > 1:
                yield f"{hub.name}: two originals of {sale}"


def _bank(world: World) -> Iterator[str]:
    books = {
        UUID(row[0]): row[1]
        for row in world.office.disk.rows("SELECT payment_id, amount FROM payment_captures")
    }
    captured: dict[UUID, int] = {}
    for hub in world.hubs:
        captured |= hub.bank.captured()
    if books != captured:
        yield f"the bank has {captured}, head office knows of {books}"
    tenders = world.office.disk.rows(
        "SELECT id, amount FROM payments WHERE payment_method <> 'CASH' AND provider IS NOT NULL"
    )
    for payment_id, amount in tenders:
        if captured.get(UUID(payment_id)) != amount:
            yield f"a sale counts {amount} of payment {payment_id}, which never came"


RULES: dict[str, Callable[[World], Iterator[str]]] = {
    "customers pay once": _customers,
    "tills keep what they sealed": _tills,
    "every fact is everywhere, once": _upstairs,
    "money taken = sales recorded": _money,
    "stock = opening + movements": _stock,
    "news are head office's": _news,
    "nothing is set aside without reason": _set_aside,
    "every receipt is printed": _paper,
    "the bank's money is known": _bank,
}
