"""Five tills at full speed through the Checkout API, against the same SQL sent raw.

What the hub says to its database in one whole sale is written down once, call by call; the floor says it
again, word for word with new ids, over five bare connections.
"""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import orjson
import psycopg
from sqlalchemy import create_engine, event
from uuid_utils.compat import uuid7

from bench.figures import Figure, in_turns, percentile
from bench.hub import furnish, hub_at_work
from bench.machine import LightClient, asked, workshop
from bench.sales import CASHIER, PIN, PRODUCTS, STORE, cashier_news
from courier.news import NewsPage
from storehub.bootstrap import build_app
from storehub.database import engine_url, migrate
from storehub.news import apply_news
from storehub.settings import Settings

TILLS = 5
LINES = 5
SALES = 20
ROUNDS = 5
CALLS = ("begin", "item", "calculate", "pay", "finalize")
PLACES = count(1)
UUIDS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PLACE = ("id", "sequence", "position")
PLACED = ("INSERT INTO outbox", "WITH chain")
Statement = tuple[str, Any]


@dataclass(slots=True)
class Script:
    """The statements of each call of a sale, transaction by transaction."""

    calls: list[tuple[str, list[list[Statement]]]] = field(default_factory=list)


def run() -> list[Figure]:
    """Every call's p95 and p99 in milliseconds, and all tills' sales a second."""
    with workshop() as folder, hub_at_work(folder) as bench:
        floor_url = _second_database(bench.url)
        _hire(bench.url)
        script = _written_down(floor_url, folder)
        names = [f"POS_{number:02d}" for number in range(1, TILLS + 1)]
        tokens = {name: _signed_in(bench.port, name) for name in names}
        taken = in_turns(
            {
                "http": lambda: _at_once([_HttpTill(bench.port, *each) for each in tokens.items()]),
                "sql": lambda: _at_once([_SqlTill(floor_url, script) for _ in names]),
            },
            ROUNDS,
        )
    figures = []
    for call in CALLS:
        ours = [took for round_ in taken["http"] for took in round_.calls[call]]
        bare = [took for round_ in taken["sql"] for took in round_.calls[call]]
        for name, part in (("p95", 0.95), ("p99", 0.99)):
            value, floor = percentile(ours, part), percentile(bare, part)
            figures.append(
                Figure(f"hub: Checkout API, {call}, {name}", value, "ms", floor, value / floor, len(ours), "")
            )
    ours, bare = ([round_.rate for round_ in taken[way]] for way in ("http", "sql"))
    rate, floor = percentile(ours, 0.5), percentile(bare, 0.5)
    figures.append(
        Figure("hub: Checkout API, 5 tills", rate, "sale/s", floor, rate / floor, ROUNDS * TILLS * SALES, "")
    )
    return figures


@dataclass(slots=True)
class Round:
    """What a round took: milliseconds of each call by name, and all tills' sales a second."""

    calls: dict[str, list[float]]
    rate: float


class _HttpTill:
    """Sells through the API, as a kiosk does."""

    def __init__(self, port: int, terminal_id: str, token: str) -> None:
        self._client = LightClient(port, token)
        self._who = {"terminal_id": terminal_id, "cashier_id": CASHIER}

    def sell(self, took: Mapping[str, list[float]]) -> None:
        begun = self._ask(took, "begin", "POST", "/api/v1/transactions", self._who)
        path = f"/api/v1/transactions/{begun['transaction_id']}"
        for product in PRODUCTS[:LINES]:
            body = {"barcode": product.barcodes[0].barcode, "quantity": 1}
            self._ask(took, "item", "POST", f"{path}/items", body)
        totals = self._ask(took, "calculate", "POST", f"{path}/calculate", {})
        payment = {"payment_method": "CASH", "amount": totals["total_amount"]}
        self._ask(took, "pay", "POST", f"{path}/payments", payment)
        self._ask(took, "finalize", "POST", f"{path}/finalize", {})

    def close(self) -> None:
        self._client.close()

    def _ask(
        self, took: Mapping[str, list[float]], call: str, method: str, path: str, body: Mapping[str, Any]
    ) -> Any:
        request = self._client.request(method, path, orjson.dumps(body))
        began = time.perf_counter()
        status, answer = self._client.ask(request)
        took[call].append((time.perf_counter() - began) * 1_000)
        assert status < 300, answer
        return orjson.loads(answer)


class _SqlTill:
    """Says to the database what the hub says."""

    def __init__(self, url: str, script: Script) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        self._script = script

    def sell(self, took: Mapping[str, list[float]]) -> None:
        anew = _Anew()
        for call, transactions in self._script.calls:
            told = [[(text, anew(values, text)) for text, values in each] for each in transactions]
            began = time.perf_counter()
            for statements in told:
                with self._connection.transaction():
                    for text, values in statements:
                        self._connection.execute(text, values, prepare=True)
            took[call].append((time.perf_counter() - began) * 1_000)

    def close(self) -> None:
        self._connection.close()


class _Anew:
    """The same values with new ids, each old id the same new one throughout a sale.

    The place that the hub takes from its head row is taken from a counter: those below zero are free.
    """

    def __init__(self) -> None:
        self._ids: dict[UUID, UUID] = {}
        self._place = -next(PLACES)

    def __call__(self, values: Any, text: str) -> Any:
        if isinstance(values, dict):
            places = text.startswith(PLACED)
            return {
                name: self._place
                if places and name in PLACE and isinstance(value, int)
                else self(value, text)
                for name, value in values.items()
            }
        if isinstance(values, list | tuple):
            return type(values)(self(value, text) for value in values)
        if isinstance(values, UUID):
            return self._ids.setdefault(values, uuid7())
        if isinstance(values, str):
            return UUIDS.sub(lambda found: str(self(UUID(found[0]), text)), values)
        return values


def _at_once(tills: list[Any]) -> Round:
    took: list[dict[str, list[float]]] = [{call: [] for call in CALLS} for _ in tills]
    start = threading.Barrier(len(tills) + 1)

    def work(till: Any, times: dict[str, list[float]]) -> None:
        start.wait()
        for _ in range(SALES):
            till.sell(times)

    with ThreadPoolExecutor(len(tills)) as threads:
        working = [threads.submit(work, *pair) for pair in zip(tills, took, strict=True)]
        start.wait()
        began = time.perf_counter()
        for each in working:
            each.result()
        seconds = time.perf_counter() - began
    for till in tills:
        till.close()
    calls = {call: [single for times in took for single in times[call]] for call in CALLS}
    return Round(calls, len(tills) * SALES / seconds)


def _written_down(url: str, folder: Path) -> Script:
    """One sale through the hub's own program, with an ear at its database."""
    program = build_app(Settings(database_url=url, store_id=STORE, data_dir=folder / "hub"))
    script = Script()
    with _heard(program.hub.engine) as heard:
        asyncio.run(_dictate(httpx.ASGITransport(program.app), heard, script))
    program.hub.engine.dispose()
    return script


async def _dictate(hub: httpx.ASGITransport, heard: list[list[Statement]], script: Script) -> None:
    who = {"terminal_id": "POS_10", "cashier_id": CASHIER}
    async with httpx.AsyncClient(transport=hub, base_url="http://hub") as client:

        async def call(name: str, path: str, body: Mapping[str, Any]) -> Any:
            heard.clear()
            answer = await client.post(f"/api/v1{path}", json=dict(body))
            assert answer.status_code < 300, answer.text
            script.calls.append((name, [list(each) for each in heard if each]))
            return answer.json()

        await call("enrol", "/enrolments", {"enrolment_code": "CODE-POS_10"})
        signed_in = await call("login", "/auth/login", _login("POS_10"))
        client.headers["authorization"] = f"Bearer {signed_in['token']}"
        # The first call with a token also finds out who asks.
        await call("begin", "/transactions", who)
        script.calls.clear()
        sale = f"/transactions/{(await call('begin', '/transactions', who))['transaction_id']}"
        for product in PRODUCTS[:LINES]:
            await call("item", f"{sale}/items", {"barcode": product.barcodes[0].barcode, "quantity": 1})
        total = (await call("calculate", f"{sale}/calculate", {}))["total_amount"]
        await call("pay", f"{sale}/payments", {"payment_method": "CASH", "amount": total})
        await call("finalize", f"{sale}/finalize", {})


@contextmanager
def _heard(engine: Any) -> Iterator[list[list[Statement]]]:
    """The statements of every transaction that ends while the block runs."""
    transactions: list[list[Statement]] = []
    open_ones: dict[int, list[Statement]] = {}

    def begun(connection: Any) -> None:
        open_ones[id(connection)] = []

    def said(connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        open_ones.setdefault(id(connection), []).append((statement, values))

    def ended(connection: Any) -> None:
        transactions.append(open_ones.pop(id(connection), []))

    ears: dict[str, Callable[..., None]] = {
        "begin": begun,
        "before_cursor_execute": said,
        "commit": ended,
        "rollback": ended,
    }
    for name, ear in ears.items():
        event.listen(engine, name, ear)
    yield transactions
    for name, ear in ears.items():
        event.remove(engine, name, ear)


def _second_database(url: str) -> str:
    """The same shop in another database of the same server: what is said twice must not disturb the hub."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE floor")
    floor = url.replace("/hub", "/floor")
    migrate(floor)
    furnish(floor, ["POS_10"])
    _hire(floor)
    return floor


def _hire(url: str) -> None:
    """A cashier."""
    engine = create_engine(engine_url(url))
    with engine.begin() as tx:
        apply_news(tx, NewsPage(3, [cashier_news(3)]), STORE, datetime.now(UTC))
    engine.dispose()


def _signed_in(port: int, terminal_id: str) -> str:
    token: str = asked(port, "POST", "/api/v1/auth/login", _login(terminal_id))["token"]
    return token


def _login(terminal_id: str) -> dict[str, str]:
    return {"employee_id": CASHIER, "pin": PIN, "terminal_id": terminal_id}
