"""The end of a run: no more faults, everything levels by itself, and then every book is compared."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import psycopg

from terminal.bootstrap import CATALOGUE_FILE, JOURNAL_FILE
from tests.chaos import books, price_books
from tests.chaos.boxes import hub_database_url
from tests.chaos.deeds import BACK, CLOSED, MOVED, OPENED
from tests.chaos.world import World

LOOK_SECONDS = 1.0
ALL = (*BACK, OPENED, MOVED, CLOSED)


@dataclass
class Reckoning:
    """What came of it: `differences` are sentences, none is good; `lines` say what was compared."""

    seconds: float = 0.0
    differences: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


def reckon(world: World, patience_seconds: float) -> Reckoning:
    """Wait until all books agree, or for so long, and say what they say."""
    began = time.monotonic()
    world.close_shop()
    world.live_until(lambda: not any(busy.is_alive() for busy in world.hands), patience_seconds)
    result = Reckoning()
    while True:
        result.seconds = time.monotonic() - began
        try:
            result.differences, result.lines = _compared(world)
        except (psycopg.Error, sqlite3.Error, httpx.HTTPError, OSError) as away:
            result.differences = [f"something does not answer: {away!r}"]
        if not result.differences or result.seconds > patience_seconds:
            said, wrong = _verified(world)
            result.lines += said
            result.differences += wrong
            return result
        world.live(LOOK_SECONDS)


def _compared(world: World) -> tuple[list[str], list[str]]:
    ready = world.layout.read_ready()
    store_ids = world.plan.store_ids
    urls = {store_id: ready["databases"][f"hub_{store_id}".lower()] for store_id in store_ids}
    hq_url = world.hq_postgres.url("hq")
    record = world.record()
    files = [old / JOURNAL_FILE for old in world.old_disks]
    files += [
        file
        for store_id in store_ids
        for till in world.layout.tills(store_id)
        if (file := till / JOURNAL_FILE).exists()
    ]
    tiers = [books.journals(files), books.hubs(urls), books.head_office(hq_url, store_ids)]
    differences = books.compare(record, tiers)
    delivered = {room.store_id: room.in_stock for room in world.rooms}
    own, at_hubs, at_head_office = tiers
    differences += books.compare_deeds(record, own, {ALL: at_hubs, BACK: at_head_office})
    came_back = [deed for deed in own.deeds if deed.kind in BACK]
    expected = books.stock_expected(record, delivered, came_back)
    differences += books.compare_stock(expected, "the hubs' movements", tiers[1].stock)
    differences += books.compare_stock(expected, "the hubs' levels", books.shelves(urls))
    differences += books.compare_stock(expected, "head office's movements", tiers[2].stock)
    differences += world.complaints
    differences += books.envelopes_differ(files, hq_url)
    differences += [f"stockroom {room.store_id}: {each}" for room in world.rooms for each in room.complaints]
    prices, wrong_prices = _prices(world, urls, hq_url)
    differences += wrong_prices
    differences += [
        f"stockroom {room.store_id} waits for an answer" for room in world.rooms if room.is_alive()
    ]
    total = sum(sale.total for sale in record.final)
    given_back = sum(deed.amount for deed in came_back)
    answers, wrong = _head_office_says(world, len(record.final), total, given_back)
    lines = [
        _line("receipts shown at the tills", len(record.shown), sum(sale.total for sale in record.shown)),
        _line(
            "  and found in a journal after a kill",
            len(record.found),
            total - sum(s.total for s in record.shown),
        ),
        *(_line(tier.name, len(tier.sales), tier.total) for tier in tiers),
        *(
            f"{'  ' + kind:38} {sum(deed.kind == kind for deed in own.deeds):>8,} times"
            f" {sum(deed.amount for deed in own.deeds if deed.kind == kind):>18,} ₫"
            for kind in ALL
        ),
        f"{'deliveries booked in':38} {sum(sum(each.values()) for each in delivered.values()):>8,} pieces",
        f"{'products whose stock was compared':38} {len(expected):>8,}",
        *prices,
        f"{'baskets given up half-way':38} {len(record.unfinished):>8,}",
        *answers,
    ]
    return differences + wrong, lines


def _prices(world: World, urls: Mapping[str, str], hq_url: str) -> tuple[list[str], list[str]]:
    """How many prices head office states to its stores, and what any hub or till has otherwise."""
    assert world.buyer is not None, "a chain that is up has one"
    count, wrong = 0, [f"buyer: {each}" for each in world.buyer.complaints]
    for store_id, url in urls.items():
        stated = price_books.at_head_office(hq_url, store_id)
        count += len(stated)
        wrong += price_books.compare_prices(stated, f"hub {store_id}", price_books.at_hub(url))
        for till in world.layout.tills(store_id):
            known = price_books.at_till(till / CATALOGUE_FILE)
            wrong += price_books.compare_prices(stated, f"till {store_id}/{till.name}", known)
    return [
        f"{'prices changed meanwhile':38} {world.buyer.stated:>8,}",
        f"{'  prices compared, store by store':38} {count:>8,}",
    ], wrong


def _head_office_says(world: World, count: int, total: int, given_back: int) -> tuple[list[str], list[str]]:
    """Its report and its completeness, asked for as a person would."""
    lines, wrong = [], []
    with httpx.Client(base_url=world.running.hq_url, timeout=30, trust_env=False) as office:
        token = _answer(office.post("/v1/auth/token", json=world.plan.admin))["token"]
        office.headers["Authorization"] = f"Bearer {token}"
        period = {"from": "2000-01-01", "to": "2100-01-01", "group_by": "store"}
        rows = _answer(office.get("/v1/reports/sales", params=period))["rows"]
        said = sum(row["transaction_count"] for row in rows), sum(row["total_amount"] for row in rows)
        lines.append(_line("head office's report of sales", *said))
        if said != (count, total):
            wrong.append(f"head office's report says {said} instead of {(count, total)}")
        refunded = sum(row["refund_amount"] for row in rows)
        if refunded != given_back:
            wrong.append(f"head office's report says {refunded} was given back instead of {given_back}")
        for store_id in world.plan.store_ids:
            body = _answer(office.get(f"/v1/stores/{store_id}/completeness"))
            lines += [_chain(origin) for origin in body["origins"]]
            if not body["complete"]:
                wrong.append(f"{store_id} is not complete: {body}")
    return lines, wrong


def _verified(world: World) -> tuple[list[str], list[str]]:
    """What `hq verify` says of the whole ledger, and `storehub verify` of each hub's."""
    programs = {"hq verify": ("hq.bootstrap", world.head_office_settings)}
    for store_id in world.plan.store_ids:
        settings = {
            "STOREHUB_DATABASE_URL": hub_database_url(world, f"hub_{store_id}".lower()),
            "STOREHUB_STORE_ID": store_id,
            "STOREHUB_DATA_DIR": str(world.layout.store(store_id)),
        }
        programs[f"storehub verify, {store_id}"] = ("storehub.bootstrap", settings)
    lines, wrong = [], []
    for name, (module, settings) in programs.items():
        proof = subprocess.run(
            [sys.executable, "-m", module, "verify"],
            env={**os.environ, **settings},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        words = proof.stdout.strip().splitlines() or ["nothing"]
        lines.append(f"{name:38} {words[-1]}")
        if proof.returncode:
            wrong.append(f"{name}: {'; '.join(words)} {proof.stderr[-500:]}")
    return lines, wrong


def _answer(answer: httpx.Response) -> Any:
    answer.raise_for_status()
    return answer.json()


def _chain(origin: Mapping[str, Any]) -> str:
    name = f"  chain of {origin['origin']}"
    gaps = f", gaps {origin['gaps']}" if origin["gaps"] else ""
    return f"{name:38} {origin['chain']}, {origin['first']}-{origin['last']}{gaps}"


def _line(name: str, count: int, total: int) -> str:
    return f"{name:38} {count:>8,} sales {total:>18,} ₫"
