"""Head office taking batches against a bare COPY of the same bytes, and projecting them against no HTTP."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from sqlalchemy import Engine

from bench.figures import Figure, figure, in_turns
from bench.machine import LightClient, asked, free_port, postgres, serving, until_ready, workshop
from bench.sales import STORE, TillChain, batch
from courier.cursor import pipe_cursor
from courier.envelope import FIRST_HASH, Envelope
from hq.database import courier, make_engine, make_intake_engine, migrate
from hq.intake import RUN_MAX
from hq.ledger.commands import append
from hq.ledger.run import read_runs
from hq.reports.projection import BOOKS
from hq.reports.projector import Projector

ROUNDS = 8
BATCHES = {50: 6, 500: 2}
"""Envelopes in a batch: batches in a round."""
PROJECTED = 1_000
"""Envelopes of a round that is measured until the books are level, in batches of 500."""
PROJECTED_BATCH = 500
WARM_UP = 100
TILLS = 4
SEED = 20_261_122
ADMIN, PIN = "ADMIN_001", "274911"
QUIET_SECONDS = 60.0


@dataclass
class Pipe:
    """A store's pipe: sealed sales of several tills in a row, from a position on."""

    chains: list[TillChain]
    position: int = 1

    def batch(self, count: int) -> Batch:
        """The next envelopes."""
        envelopes = [self.chains[place % TILLS].sell(datetime.now(UTC))[0] for place in range(count)]
        made = Batch(self.position, envelopes)
        self.position += count
        return made


@dataclass(frozen=True)
class Batch:
    """Consecutive envelopes of a pipe."""

    from_position: int
    envelopes: list[Envelope]

    @property
    def next_position(self) -> int:
        return self.from_position + len(self.envelopes)

    @property
    def body(self) -> bytes:
        """As the hub posts it."""
        return batch(self.from_position, self.envelopes)

    @property
    def copied(self) -> bytes:
        """As COPY takes it."""
        return "".join(each.text.replace("\\", "\\\\") + "\n" for each in self.envelopes).encode()


@dataclass
class Bench:
    """A head office at work; `bare` is a database without one, for the floors."""

    port: int
    token: str
    hq: psycopg.Connection[tuple[object, ...]]
    bare: psycopg.Connection[tuple[object, ...]]
    intake: Engine
    projector: Projector
    pipe: Pipe
    bare_pipe: Pipe
    copies: Pipe

    @contextmanager
    def posts(self, size: int, count: int) -> Iterator[Callable[[], None]]:
        """A call that posts the next batches, made beforehand; each is committed before the next goes."""
        batches = [self.pipe.batch(size) for _ in range(count)]
        # A new connection for each round: the server hangs up on one that was silent for long.
        with closing(LightClient(self.port, self.token)) as client:
            requests = [client.request("POST", "/v1/ingestion/events", each.body) for each in batches]

            def post() -> None:
                for given, request in zip(batches, requests, strict=True):
                    status, answer = client.ask(request)
                    assert status == 200, answer
                    assert b'"next_position":%d' % given.next_position in answer, answer

            yield post

    def until_level(self) -> None:
        """Wait until the projector has applied everything that was sent."""
        deadline = time.monotonic() + QUIET_SECONDS
        while time.monotonic() < deadline:
            row = self.hq.execute(
                "SELECT position FROM projection_cursors WHERE projection = %s AND pipe = %s", (BOOKS, STORE)
            ).fetchone()
            if row is not None and row[0] == self.pipe.position - 1:
                return
            time.sleep(0.001)
        raise RuntimeError(f"the books are not level after {QUIET_SECONDS:g} s")

    def accept_without_http(self, body: bytes) -> None:
        """What the ingestion door does with the body, called by its own functions."""
        with self.intake.connect() as tx:
            runs = read_runs(body, STORE, RUN_MAX)
            assert append(tx, STORE, STORE, runs, datetime.now(UTC)), "the chain has not moved"


def run() -> list[Figure]:
    """Envelopes a second, medians over rounds."""
    figures = []
    with workshop() as folder, head_office_at_work(folder) as bench:
        for size, count in BATCHES.items():
            accepted = _accepted_in_turns(bench, size, count)
            figures.append(
                figure(
                    f"hq: batches of {size} accepted",
                    accepted["http"],
                    accepted["copy"],
                    unit="1/s",
                    n=ROUNDS * count * size,
                    aim="≥ 0.3 × a bare COPY of the same bytes",
                )
            )
        projected = in_turns(
            {"http": lambda: _projected(bench), "sql": lambda: _projected_without_http(bench)}, ROUNDS
        )
    figures.append(
        figure(
            f"hq: batches of {PROJECTED_BATCH} accepted and projected",
            projected["http"],
            projected["sql"],
            unit="1/s",
            n=ROUNDS * PROJECTED,
            aim="≥ 0.5 × the same SQL without HTTP",
        )
    )
    return figures


@contextmanager
def head_office_at_work(folder: Path) -> Iterator[Bench]:
    """A served head office with one store, whose pipe has been opened, and the same without a server."""
    port = free_port()
    with postgres(folder) as server:
        for name in ("hq", "bare"):
            server.create_database(name)
            migrate(server.url(name))
        environment = {
            "HQ_DATABASE_URL": server.url("hq"),
            "HQ_PORT": str(port),
            "HQ_DATA_DIR": str(folder / "hq"),
            "HQ_ADMIN_EMPLOYEE_ID": ADMIN,
            "HQ_ADMIN_PIN": PIN,
        }
        intake, books = make_intake_engine(server.url("bare")), make_engine(server.url("bare"))
        with (
            serving(folder, "hq.bootstrap", environment),
            psycopg.connect(server.url("hq"), autocommit=True) as hq,
            psycopg.connect(server.url("bare"), autocommit=True) as bare,
        ):
            until_ready(port, folder / "hq.bootstrap.log")
            projector = Projector(books, lambda: datetime.now(UTC))
            pipes = (_pipe(0), _pipe(TILLS), _pipe(2 * TILLS))
            bench = Bench(port, _store_token(port), hq, bare, intake, projector, *pipes)
            bare.execute("CREATE TABLE floor (envelope text)")
            _warm_up(bench, books)
            yield bench
        intake.dispose()
        books.dispose()


def _pipe(first: int) -> Pipe:
    return Pipe(
        [TillChain(f"POS_{first + each:02d}", random.Random(SEED + first + each)) for each in range(TILLS)]
    )


def _store_token(port: int) -> str:
    admin = asked(port, "POST", "/v1/auth/token", {"employee_id": ADMIN, "pin": PIN})["token"]
    asked(port, "POST", "/v1/stores", {"store_id": STORE, "name": "Bench"}, admin)
    code = asked(port, "POST", f"/v1/stores/{STORE}/enrolment-codes", {}, admin)["enrolment_code"]
    token = asked(port, "POST", "/v1/enrolments", {"enrolment_code": code})["token"]
    assert isinstance(token, str)
    return token


def _warm_up(bench: Bench, books: Engine) -> None:
    """Open every chain, make the month's partitions."""
    for _ in range(2):
        with bench.posts(WARM_UP, 1) as post:
            post()
        bench.until_level()
    at = datetime.now(UTC)
    origins = [f"{STORE}/{chain.terminal_id}" for chain in bench.bare_pipe.chains]
    with books.begin() as tx:
        tx.execute(
            courier.sync_cursors.insert().values(
                cursor_name=pipe_cursor(STORE), cursor_value=0, updated_at=at
            )
        )
        tx.execute(
            courier.origins.insert(),
            [{"origin": name, "sequence": 0, "hash": FIRST_HASH, "heard_at": at} for name in origins],
        )
    bench.accept_without_http(bench.bare_pipe.batch(WARM_UP).body)
    bench.projector.catch_up()


def _accepted_in_turns(bench: Bench, size: int, count: int) -> dict[str, list[float]]:
    return in_turns(
        {"http": lambda: _accepted(bench, size, count), "copy": lambda: _copied(bench, size, count)}, ROUNDS
    )


def _accepted(bench: Bench, size: int, count: int) -> float:
    """A hub that sends a batch as soon as it has the answer to the last; projections run behind."""
    with bench.posts(size, count) as post:
        began = time.perf_counter()
        post()
        seconds = time.perf_counter() - began
    bench.until_level()  # so that the floor is measured on the same quiet machine
    return size * count / seconds


def _copied(bench: Bench, size: int, count: int) -> float:
    batches = [bench.copies.batch(size).copied for _ in range(count)]
    began = time.perf_counter()
    with bench.bare.cursor() as cursor:
        for text in batches:
            with cursor.copy("COPY floor FROM STDIN") as copy:
                copy.write(text)
    return size * count / (time.perf_counter() - began)


def _projected(bench: Bench) -> float:
    with bench.posts(PROJECTED_BATCH, PROJECTED // PROJECTED_BATCH) as post:
        began = time.perf_counter()
        post()
        bench.until_level()
        return PROJECTED / (time.perf_counter() - began)


def _projected_without_http(bench: Bench) -> float:
    bodies = [bench.bare_pipe.batch(PROJECTED_BATCH).body for _ in range(PROJECTED // PROJECTED_BATCH)]
    began = time.perf_counter()
    for body in bodies:
        bench.accept_without_http(body)
    bench.projector.catch_up()
    return PROJECTED / (time.perf_counter() - began)
