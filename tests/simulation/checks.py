"""What must hold in every world once it has settled, checked on the disks themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from courier.envelope import opened_text, seal_holds
from tests.simulation import checks_shop
from tests.simulation.disk import Disk
from tests.simulation.level import stuck
from tests.simulation.losses import lost

if TYPE_CHECKING:
    from tests.simulation.till import TillBox
    from tests.simulation.world import World


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that does not hold, and where."""

    rule: str
    detail: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.detail}"


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


def _tills(world: World) -> Iterator[str]:
    for till in world.tills:
        rows = till.rows("SELECT sequence, payload FROM outbox ORDER BY sequence")
        before = (till.begins if till.kept is None else till.kept.begins)[1]
        for sequence, payload in rows:
            envelope = opened_text(payload)
            before = till.begins[1] if sequence == till.begins[0] + 1 else before
            if envelope.previous_hash != before or not seal_holds(orjson.loads(payload)):
                yield f"{till.name} {sequence} does not continue its chain"
            before = envelope.hash
        found = {row[0]: opened_text(row[1]).hash for row in rows}
        sealed = {number: seal for number, seal in _sealed(world, till.name).items() if till.holds(number)}
        if found != sealed:
            yield f"{till.name} has {sorted(found)} in its journal, and made {sorted(sealed)}"
        sales = {row[0]: row[1] for row in till.rows("SELECT sequence, total_amount FROM sales")}
        made = world.truth.sales(till.name).items()
        if sales != {number: sale.totals.total_amount for number, sale in made if till.holds(number)}:
            yield f"{till.name} has other sales than it made: {sales}"


def _sealed(world: World, origin: str) -> dict[int, str]:
    return {sequence: fact.hash for sequence, fact in world.truth.made.get(origin, {}).items()}


def _same(
    world: World, origin: str, found: dict[int, str], named: set[int], missing: set[int]
) -> Iterator[str]:
    """Whether what is found of an origin is what it sealed, but for what is lost or was altered."""
    sealed = _sealed(world, origin)
    for sequence in sorted(sealed.keys() | found.keys()):
        if sequence not in found:
            if sequence in missing:
                continue
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
    gone = lost(world)
    for hub in world.hubs:
        begins = {hub.name: hub.begins, **{till.name: till.begins for till in world.tills if till.hub is hub}}
        for origin, beginning in begins.items():
            missing = {sequence for place, sequence in gone if place == origin}
            last = max(_sealed(world, origin), default=0)
            for disk, table, text, goes_on in (
                (hub.disk, "outbox", "payload", beginning),
                (world.office.disk, "ledger", "envelope", None),
            ):
                rows = disk.rows(f"SELECT sequence, {text} FROM {table} WHERE origin = ?", origin)
                found = {sequence: _proof(payload) for sequence, payload in rows}
                if len(found) != len(rows):
                    yield f"{table}: {origin} has a number twice"
                named = _named(disk, origin, last if world.truth.altered else 0)
                for detail in _same(world, origin, found, named, missing):
                    yield f"{table}: {detail}"
                if not world.truth.altered:
                    for detail in _chain(disk, origin, found, missing, goes_on):
                        yield f"{table}: {detail}"


def _chain(
    disk: Disk, origin: str, found: dict[int, str], missing: set[int], goes_on: tuple[int, str] | None
) -> Iterator[str]:
    """Whether the chain ends where it should and names exactly what is missing.

    `goes_on`: where the origin's newest disk began, which its hub knows before anything has come from it.
    """
    last = max(found, default=0)
    head = (last, found[last]) if last else (0, "")
    if goes_on is not None and goes_on[0] > last:
        head = goes_on
    rows = disk.rows("SELECT sequence, hash FROM origins WHERE origin = ?", origin)
    if rows != ([head] if head[0] else []):
        yield f"the chain of {origin} ends at {rows}, not at {head}"
    named: set[int] = set()
    for kind, first, final in disk.rows(
        "SELECT kind, first_sequence, last_sequence FROM chain_breaks WHERE origin = ?", origin
    ):
        if kind != "gap":
            yield f"the chain of {origin} has a {kind} at {first}-{final}"
        named |= set(range(first, final + 1))
    if named != {sequence for sequence in missing if sequence < head[0] or sequence <= last} | (
        set() if goes_on is None else {sequence for sequence in missing if sequence <= goes_on[0]}
    ):
        yield f"of {origin}, {sorted(missing)} are missing and {sorted(named)} are named"


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
            if world.truth.altered and (code.startswith("chain-") or code in WITHOUT_WHAT_WAS_ALTERED):
                continue
            yield f"{where} set {origin} {number} aside: {code}"


WITHOUT_WHAT_WAS_ALTERED = frozenset(
    {"transaction-not-found", "sale-not-known", "shift-not-found", "deed-not-allowed"}
)
"""Why a fact is set aside whose own subject was altered on the way, and waits for a person."""

RULES: dict[str, Callable[[World], Iterator[str]]] = {
    "everybody is served and pays once": checks_shop.customers,
    "tills keep what they sealed": _tills,
    "every fact is everywhere, once": _upstairs,
    "money taken = sales recorded": checks_shop.money,
    "stock = opening + movements": checks_shop.goods,
    "drawers are what their tills say": checks_shop.drawers,
    "news are head office's": _news,
    "nothing is set aside without reason": _set_aside,
    "every receipt is printed": checks_shop.paper,
    "the bank's money is known": checks_shop.bank,
    "late money is given back once": checks_shop.late_money,
}
