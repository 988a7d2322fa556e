"""A paid five-line sale through the hub's HTTP against the hub's own statement as one bare SQL call."""

from __future__ import annotations

import random
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import create_engine

from bench.figures import Figure, figure, in_turns, percentile
from bench.machine import LightClient, asked, free_port, postgres, serving, until_ready, workshop
from bench.sales import PRODUCTS, STORE, TillChain, batch, shop_news
from courier.news import News, NewsPage
from storehub.database import engine_url, migrate
from storehub.news import apply_news
from storehub.people.queries import digest
from storehub.sales.record import GUARDED, PARAMETERS, PipeBatch, Recording, guarded_parameters
from storehub.sales.wire import numbered

ROUNDS = 10
TILLS = 5
SALES_ALONE = 60
SALES_TOGETHER = 30
"""Each till's, in a round."""
LOOKUPS = 50
WARM_UP = 20
SEED = 20_261_122

LOOKUP = """SELECT c.sku_id, c.product_name, c.category, c.tax_rate, c.unit, c.age_restricted, p.amount,
        i.current_stock
    FROM product_barcodes b JOIN local_catalog c USING (sku_id)
    JOIN LATERAL (SELECT amount FROM prices WHERE sku_id = c.sku_id AND effective_from <= now()
        ORDER BY store_id NULLS LAST, effective_from DESC LIMIT 1) p ON true
    LEFT JOIN local_inventory i USING (sku_id)
    WHERE b.barcode = $1"""


@dataclass
class Bench:
    """A hub at work, its database, and tills of both kinds: those that call and those that use SQL."""

    port: int
    url: str
    tokens: dict[str, str]
    chains: dict[str, TillChain] = field(default_factory=dict)


def run() -> list[Figure]:
    """The figures of the hub; milliseconds are medians of a round, sales/s a round's own rate."""
    with workshop() as folder, hub_at_work(folder) as bench:
        alone = _in_turns(bench, 1, SALES_ALONE)
        together = _in_turns(bench, TILLS, SALES_TOGETHER)
        looked_up = in_turns(
            {"http": lambda: _lookups_http(bench), "sql": lambda: _lookups_sql(bench)}, ROUNDS
        )
    figures = []
    for tills, taken, sales in ((1, alone, SALES_ALONE), (TILLS, together, TILLS * SALES_TOGETHER)):
        name = f"hub: paid 5-line sale, {tills} till{'s' if tills > 1 else ''}"
        for part, key, unit, aim in PARTS:
            figures.append(
                figure(
                    f"{name}, {part}",
                    [getattr(each, key) for each in taken["http"]],
                    [getattr(each, key) for each in taken["sql"]],
                    unit=unit,
                    n=ROUNDS * sales,
                    aim=aim,
                )
            )
    figures.append(
        figure(
            "hub: barcode lookup, p50",
            looked_up["http"],
            looked_up["sql"],
            unit="ms",
            n=ROUNDS * LOOKUPS,
            aim="none: tills look up in their own file",
        )
    )
    return figures


@dataclass(frozen=True, slots=True)
class Sold:
    """What a round took: milliseconds a sale, and all tills' sales a second."""

    p50: float
    p95: float
    rate: float


PARTS = (
    ("p50", "p50", "ms", "≤ 2 × one bare SQL call"),
    ("p95", "p95", "ms", "≤ 4 × one bare SQL call"),
    ("throughput", "rate", "sale/s", "≥ 0.5 × one bare SQL call"),
)


@contextmanager
def hub_at_work(folder: Path) -> Iterator[Bench]:
    """A served hub that knows the shop, with `TILLS` tills of either kind, each of which has sold before."""
    names = [f"POS_{number:02d}" for number in range(1, 2 * TILLS + 1)]
    port = free_port()
    with postgres(folder) as server:
        server.create_database("hub")
        url = server.url("hub")
        migrate(url)
        codes = furnish(url, names)
        environment = {
            "STOREHUB_DATABASE_URL": url,
            "STOREHUB_STORE_ID": STORE,
            "STOREHUB_DATA_DIR": str(folder / "hub"),
            "STOREHUB_PORT": str(port),
        }
        with serving(folder, "storehub.bootstrap", environment):
            until_ready(port, folder / "storehub.bootstrap.log")
            enrolled = {
                name: asked(port, "POST", "/api/v1/enrolments", {"enrolment_code": code})
                for name, code in codes.items()
            }
            bench = Bench(port, url, {name: answer["token"] for name, answer in enrolled.items()})
            for number, name in enumerate(names):
                bench.chains[name] = TillChain(name, random.Random(SEED + number))
                # The first sale of a till opens its chain the careful way, so it is not measured.
                _sell_by_http(bench, [name], WARM_UP)
            yield bench


def furnish(url: str, names: Sequence[str]) -> dict[str, str]:
    """Give the hub's database the shop and the tills; returns their enrolment codes."""
    at = datetime.now(UTC)
    codes = {name: f"CODE-{name}" for name in names}
    terminals = [
        News(
            2,
            "terminal",
            f"{STORE}/{name}",
            {
                "terminal_id": name,
                "store_id": STORE,
                "enrolment_code_hash": digest(code),
                "enrolment_code_expires_at": (at + timedelta(hours=1)).isoformat(),
            },
        )
        for name, code in codes.items()
    ]
    engine = create_engine(engine_url(url))
    with engine.begin() as tx:
        apply_news(tx, shop_news(), STORE, at)
        apply_news(tx, NewsPage(2, terminals), STORE, at)
    engine.dispose()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ANALYZE")
    return codes


def _in_turns(bench: Bench, tills: int, sales: int) -> dict[str, list[Sold]]:
    return in_turns(
        {"http": lambda: _http_till(bench, tills, sales), "sql": lambda: _sql_till(bench, tills, sales)},
        ROUNDS,
    )


def _http_till(bench: Bench, tills: int, sales: int) -> Sold:
    return _sell_by_http(bench, [f"POS_{number:02d}" for number in range(1, tills + 1)], sales)


def _sql_till(bench: Bench, tills: int, sales: int) -> Sold:
    names = [f"POS_{number:02d}" for number in range(TILLS + 1, TILLS + tills + 1)]
    with ExitStack() as ending:
        work = [_sql_calls(ending, bench, name, sales) for name in names]
        return _at_once(work)


def _sell_by_http(bench: Bench, names: Sequence[str], sales: int) -> Sold:
    with ExitStack() as ending:
        work = [_http_calls(ending, bench, name, sales) for name in names]
        return _at_once(work)


def _http_calls(ending: ExitStack, bench: Bench, name: str, sales: int) -> list[Callable[[], None]]:
    client = LightClient(bench.port, bench.tokens[name])
    ending.callback(client.close)
    chain = bench.chains[name]

    def call(request: bytes, expected: bytes) -> Callable[[], None]:
        def send() -> None:
            status, answer = client.ask(request)
            assert status == 200, answer
            assert expected in answer, answer

        return send

    calls = []
    for _ in range(sales):
        envelope, _sale = chain.sell(datetime.now(UTC))
        body = batch(chain.sequence, [envelope])
        request = client.request("POST", "/api/v1/envelopes", body)
        calls.append(call(request, b'"next_position":%d' % (chain.sequence + 1)))
    return calls


def _sql_calls(ending: ExitStack, bench: Bench, name: str, sales: int) -> list[Callable[[], None]]:
    connection = ending.enter_context(psycopg.connect(bench.url, autocommit=True))
    cursor = psycopg.RawCursor(connection)
    statement = numbered(GUARDED, PARAMETERS).encode()
    chain = bench.chains[name]
    calls = []

    def call(values: list[str]) -> Callable[[], None]:
        def execute() -> None:
            cursor.execute(statement, values, prepare=True)
            assert cursor.rowcount == 1, "the chain has not moved"

        return execute

    for _ in range(WARM_UP + sales):
        at = datetime.now(UTC)
        envelope, sale = chain.sell(at)
        recording = Recording(envelope, sale)
        parameters = guarded_parameters([PipeBatch(envelope.origin, chain.sequence, [recording])], at)
        calls.append(call([parameters[name] for name in PARAMETERS]))
    # The server plans a prepared statement anew until it trusts its plan; the hub's connection is as warm.
    for warm_up in calls[:WARM_UP]:
        warm_up()
    return calls[WARM_UP:]


def _at_once(work: Sequence[Sequence[Callable[[], None]]]) -> Sold:
    """Every till does its calls one after the other, all tills at the same time."""
    took: list[list[float]] = [[] for _ in work]
    start = threading.Barrier(len(work) + 1)

    def till(calls: Sequence[Callable[[], None]], times: list[float]) -> None:
        start.wait()
        for call in calls:
            began = time.perf_counter()
            call()
            times.append((time.perf_counter() - began) * 1_000)

    with ThreadPoolExecutor(len(work)) as threads:
        tills = [threads.submit(till, *pair) for pair in zip(work, took, strict=True)]
        start.wait()
        began = time.perf_counter()
        for each in tills:
            each.result()
        seconds = time.perf_counter() - began
    every = [single for times in took for single in times]
    return Sold(statistics.median(every), percentile(every, 0.95), len(every) / seconds)


def _lookups_http(bench: Bench) -> float:
    client = LightClient(bench.port, bench.tokens["POS_01"])
    requests = [
        client.request("GET", f"/api/v1/catalog/items?barcode={barcode}") for barcode in _barcodes(bench)
    ]
    times = []
    for request in requests:
        began = time.perf_counter()
        status, answer = client.ask(request)
        times.append((time.perf_counter() - began) * 1_000)
        assert status == 200, answer
    client.close()
    return statistics.median(times)


def _lookups_sql(bench: Bench) -> float:
    times = []
    with psycopg.connect(bench.url, autocommit=True) as connection:
        cursor = psycopg.RawCursor(connection)
        for barcode in _barcodes(bench):
            began = time.perf_counter()
            row: Any = cursor.execute(LOOKUP, [barcode], prepare=True).fetchone()
            times.append((time.perf_counter() - began) * 1_000)
            assert row is not None, barcode
    return statistics.median(times)


def _barcodes(bench: Bench) -> list[str]:
    dice = bench.chains["POS_01"].dice
    return [product.barcodes[0].barcode for product in dice.choices(PRODUCTS, k=LOOKUPS)]
