"""What must hold in the shops: customers, money, goods, drawers, receipts and the bank."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING
from uuid import UUID

import orjson

from retail.facts import CashMoved, Fact, RefundRecorded, ShiftClosed, ShiftOpened
from retail.refund import state_of
from retail.settlement import PaymentSettled
from tests.simulation.losses import lost

if TYPE_CHECKING:
    from tests.simulation.hub import HubBox
    from tests.simulation.world import World

RECORDED = """SELECT id, total_amount, status FROM transactions
    WHERE store_id = ? AND status IN ('PAID', 'VOID', 'REFUNDED')"""
JOBS = "SELECT transaction_id, document, document_id FROM print_jobs"
Sums = dict[str, tuple[int, str]]
"""By sale: what it came to and what became of it."""


def customers(world: World) -> Iterator[str]:
    """Everybody who came was served, and paid once."""
    served = sum(len(paid) for paid in world.truth.served.values())
    if served != world.came:
        yield f"{world.came} customers came, {served} were served"
    for till in world.tills:
        paid = sorted(world.truth.served.get(till.name, []))
        if paid != world.truth.paid(till.name):
            yield f"{till.name} took {paid} of its customers and recorded {world.truth.paid(till.name)}"


def money(world: World) -> Iterator[str]:
    """Money taken = sales recorded, at the hub and in head office's books, each once; refunds as well."""
    if world.truth.altered:
        return
    missing = lost(world)
    for hub in world.hubs:
        taken, back = _money_of(world, hub)
        for disk, where in ((hub.disk, "the hub"), (world.office.disk, "head office")):
            rows = disk.rows(RECORDED, hub.store_id)
            found = {str(UUID(sale_id)): (total, status) for sale_id, total, status in rows}
            if found != taken or len(rows) != len(taken):
                yield f"{where} has {_sum(found)} of {hub.name}'s {_sum(taken)}"
            rows = disk.rows("SELECT id, total_amount FROM refunds WHERE store_id = ?", hub.store_id)
            if sorted((str(UUID(refund_id)), total) for refund_id, total in rows) != sorted(back.items()):
                yield f"{where} has refunds {rows} of {hub.name}'s {back}"
    counted = {
        origin: (count, total)
        for origin, count, total in world.office.disk.rows(
            "SELECT origin, sales_count, sales_total FROM origin_sums"
        )
    }
    for till in world.tills:
        totals = [sale.totals.total_amount for sale in world.truth.sales(till.name, missing).values()]
        if counted.get(till.name, (0, 0)) != (len(totals), sum(totals)):
            yield f"head office sums {counted.get(till.name)} for {till.name}, not {totals}"


def _money_of(world: World, hub: HubBox) -> tuple[Sums, dict[str, int]]:
    missing, truth = lost(world), world.truth
    taken: Sums = {}
    back: dict[str, int] = {}
    for till in (till for till in world.tills if till.hub is hub):
        for sale in truth.sales(till.name, missing).values():
            state = state_of(sale, truth.later(till.name, sale.transaction_id, missing))
            taken[str(sale.transaction_id)] = sale.totals.total_amount, state.value
        for _, fact in truth.facts_of(till.name, missing):
            if isinstance(fact, RefundRecorded):
                back[str(fact.refund_id)] = fact.total_amount
    return taken, back


def _sum(sales: Sums) -> str:
    states = Counter(state for _, state in sales.values())
    return f"{len(sales)} sales of {sum(total for total, _ in sales.values())} {dict(states)}"


def goods(world: World) -> Iterator[str]:
    """Stock = opening + movements, everywhere."""
    if world.truth.altered:
        return
    missing = lost(world)
    for hub in world.hubs:
        origins = [hub.name, *(till.name for till in world.tills if till.hub is hub)]
        expected = world.truth.stock(origins, missing)
        for disk, where, query, parameters in (
            (hub.disk, "movements", "SELECT sku_id, sum(quantity_delta) FROM stock_movements GROUP BY 1", ()),
            (hub.disk, "levels", "SELECT sku_id, current_stock FROM local_inventory", ()),
            (
                world.office.disk,
                "head office's movements",
                "SELECT sku_id, sum(quantity_delta) FROM stock_movements WHERE store_id = ? GROUP BY 1",
                (hub.store_id,),
            ),
            (
                world.office.disk,
                "head office's levels",
                "SELECT sku_id, current_stock FROM stock_levels WHERE store_id = ?",
                (hub.store_id,),
            ),
        ):
            found = {sku: level for sku, level in disk.rows(query, *parameters) if level}
            if found != expected:
                yield f"{hub.name}: {where} say {found}, not {expected}"


def drawers(world: World) -> Iterator[str]:
    """Every shift and every cash movement is at the hub; a closed one's figures are the till's own."""
    if world.truth.altered:
        return
    missing = lost(world)
    for hub in world.hubs:
        facts = [
            fact
            for till in world.tills
            if till.hub is hub
            for _, fact in world.truth.facts_of(till.name, missing)
        ]
        yield from _shifts(hub, facts)


def _shifts(hub: HubBox, facts: list[Fact]) -> Iterator[str]:
    opened = {fact.shift_id for fact in facts if isinstance(fact, ShiftOpened)}
    closed = {fact.shift_id: fact for fact in facts if isinstance(fact, ShiftClosed)}
    moved = {fact.movement_id for fact in facts if isinstance(fact, CashMoved)}
    rows = hub.disk.rows("SELECT id, z_report FROM shifts")
    if {UUID(row[0]) for row in rows} != opened:
        yield f"{hub.name} has shifts {rows}, not {opened}"
    if {UUID(row[0]) for row in hub.disk.rows("SELECT id FROM cash_movements")} != moved:
        yield f"{hub.name} has other cash movements than its tills"
    for shift_id, report in rows:
        fact = closed.get(UUID(shift_id))
        if (fact is None) != (report is None):
            yield f"{hub.name}: shift {shift_id} is {'not ' if fact is None else ''}closed at its till"
        elif fact is not None:
            figures = orjson.loads(report)
            said = fact.sales_count, fact.sales_amount, fact.expected_amount
            found = tuple(figures[name] for name in ("sales_count", "sales_amount", "expected_amount"))
            if found != said:
                yield f"{hub.name}: the Z of shift {shift_id} says {found}, its till {said}"


def paper(world: World) -> Iterator[str]:
    """Every receipt that was asked for came out of the printer, its original once for each of the hub's
    disks: a new one cannot know what its predecessor has printed in the minute before it died."""
    for hub in world.hubs:
        papers = Counter(paper.decode() for paper in hub.printer.printed)
        for sale, document, about in hub.disk.rows(JOBS):
            paper_of = f"{UUID(about or sale)} {document}"
            if not any(name.startswith(paper_of) for name in papers):
                yield f"{hub.name}: {paper_of} was never printed"
            elif papers[f"{paper_of} ORIGINAL"] > 1 + hub.disks:
                yield f"{hub.name}: two originals of {paper_of}"


def late_money(world: World) -> Iterator[str]:
    """Money that came late is given back once at most, and not where a sale has it."""
    missing = lost(world)
    for hub in world.hubs:
        facts = (fact for _, fact in world.truth.facts_of(hub.name, missing))
        given = Counter(fact.payment_id for fact in facts if isinstance(fact, PaymentSettled))
        for payment_id, times in given.items():
            if times > 1:
                yield f"{hub.name} gave {payment_id} back {times} times"
        rows = world.office.disk.rows("SELECT id FROM payments WHERE payment_method <> 'CASH'")
        for payment_id in given.keys() & {UUID(row[0]) for row in rows}:
            yield f"{hub.name} gave {payment_id} back, and a sale has it"


def bank(world: World) -> Iterator[str]:
    """The bank's money is known at head office, and every payment of a sale is money that came."""
    books = {
        UUID(row[0]): row[1]
        for row in world.office.disk.rows("SELECT payment_id, amount FROM payment_captures")
    }
    captured: dict[UUID, int] = {}
    for hub in world.hubs:
        captured |= hub.bank.captured()
    unknown = {payment for payment in captured.keys() - books.keys() if payment not in world.truth.unasked}
    if unknown or not books.items() <= captured.items():
        yield f"the bank has {captured}, head office knows of {books}"
    tenders = world.office.disk.rows(
        "SELECT id, amount FROM payments WHERE payment_method <> 'CASH' AND provider IS NOT NULL"
    )
    for payment_id, amount in tenders:
        if captured.get(UUID(payment_id)) != amount:
            yield f"a sale counts {amount} of payment {payment_id}, which never came"
