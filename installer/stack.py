"""The whole chain on one box: Postgres, head office and a hub per store, set up and kept running."""

from __future__ import annotations

import csv
import json
import secrets
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy.engine import make_url

from installer.layout import ChainOptions, Layout, Plan, terminal_ids, write_private
from installer.postgres import Postgres, PostgresWouldNotStart
from installer.provisioning import HeadOffice
from installer.supervisor import Program, Supervisor

READY_SECONDS = 600.0
WATCH_SECONDS = 0.3
POSTGRES_PAUSE_SECONDS = 2.0
DEMO = resources.files("resources") / "demo"


class StackWouldNotStart(Exception):
    """A part of the stack did not come up; the message names it and its log."""


@dataclass(frozen=True)
class Servers:
    """Postgres servers of the user's own, instead of the embedded one (None: embedded)."""

    hq_database_url: str | None = None
    storehub_database_url: str | None = None


@dataclass
class Stack:
    """One running chain; `start`, then `watch` until it is to end, then `stop`.

    All three are called on one thread, because the programs end with the thread that started them.
    `cable` may give each hub another way to head office (its port), so that a demo can pull it.
    """

    layout: Layout
    plan: Plan
    catalogue: Path | None
    promotions: Sequence[Mapping[str, Any]] = ()
    customers: Mapping[str, Any] = field(default_factory=dict)
    servers: Servers = field(default_factory=Servers)
    cable: Callable[[int], int] | None = None
    say: Callable[[str], None] = lambda words: print(words, file=sys.stderr, flush=True)
    settings: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._supervisor = Supervisor(self.say)
        self._postgres: Postgres | None = None
        self._postgres_again = 0.0
        self._database_urls: dict[str, str] = {}

    @property
    def hq_url(self) -> str:
        """Where head office listens."""
        return f"http://127.0.0.1:{self.plan.hq_port}"

    def hub_url(self, store_id: str) -> str:
        """Where the hub of a store listens."""
        return f"http://127.0.0.1:{self._hub_port(store_id)}"

    def start(self) -> dict[str, Any]:
        """Bring everything up and return the ready object of `everopen up`."""
        self.layout.make()
        self._check_ports()
        self._start_postgres()
        self.say("starting head office")
        self._run("hq", ["hq.bootstrap", "serve"], self._hq_environment())
        self._await_ready("hq", self.hq_url)
        with HeadOffice(self.hq_url, self.plan.admin["employee_id"], self.plan.admin["pin"]) as office:
            self._set_up_chain(office)
            for store_id in self.plan.store_ids:
                self._run(
                    f"hub_{store_id}",
                    ["storehub.bootstrap", "serve"],
                    self._hub_environment(store_id, office),
                )
            for store_id in self.plan.store_ids:
                self._await_ready(f"hub_{store_id}", self.hub_url(store_id))
            ready = self._ready(office)
            version = office.news_version()
        for store_id in self.plan.store_ids:
            self._await_news(store_id, version)
        write_private(
            self.layout.ready_file,
            json.dumps({**ready, "databases": self._database_urls, "chain": vars(self.plan.chain)}),
        )
        return ready

    def watch(self, stop: threading.Event) -> None:
        """Keep everything running until `stop` is set."""
        while not stop.wait(WATCH_SECONDS):
            self.look_after()

    def look_after(self) -> None:
        """Start again whatever has died since the last look.

        A Postgres that cannot start now (its disk is full) is tried again, for as long as it takes.
        """
        if self._postgres is not None and not self._postgres.alive():
            self._raise_postgres_again()
        self._supervisor.watch()

    def stop(self) -> None:
        """End everything in order."""
        self.layout.ready_file.unlink(missing_ok=True)
        self._supervisor.stop()
        if self._postgres is not None:
            self._postgres.stop()

    def _hub_port(self, store_id: str) -> int:
        return self.plan.hub_port + self.plan.store_ids.index(store_id)

    def _check_ports(self) -> None:
        ports = {"--hq-port": self.plan.hq_port}
        ports |= {f"--hub-port ({store_id})": self._hub_port(store_id) for store_id in self.plan.store_ids}
        for option, port in ports.items():
            with closing(socket.socket()) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    raise StackWouldNotStart(
                        f"port {port} is taken by another program; choose another with {option.split()[0]}"
                    ) from None

    def _start_postgres(self) -> None:
        own = {"hq": self.servers.hq_database_url, "hub": self.servers.storehub_database_url}
        if not all(own.values()):
            self.say("starting Postgres")
            self._postgres = Postgres(self.layout.postgres)
            self._raise_postgres()
        for name in ("hq", *(f"hub_{store_id}".lower() for store_id in self.plan.store_ids)):
            server = own["hq" if name == "hq" else "hub"]
            if server is None:
                assert self._postgres is not None
                self._postgres.create_database(name)
                self._database_urls[name] = self._postgres.url(name)
            elif name == "hq":
                self._database_urls[name] = server
            else:
                base = make_url(server)
                database = f"{base.database}_{name.removeprefix('hub_')}"
                _create_database(server, database)
                self._database_urls[name] = base.set(database=database).render_as_string(hide_password=False)

    def _raise_postgres(self) -> None:
        assert self._postgres is not None
        self._postgres.start()
        self.layout.pid("postgres").write_text(str(self._postgres.pid))

    def _raise_postgres_again(self) -> None:
        if time.monotonic() < self._postgres_again:
            return
        self.say("Postgres ended; starting it again")
        try:
            self._raise_postgres()
        except PostgresWouldNotStart as refused:
            self.say(str(refused))
            self._postgres_again = time.monotonic() + POSTGRES_PAUSE_SECONDS

    def _run(self, name: str, arguments: list[str], environment: Mapping[str, str]) -> None:
        self._supervisor.run(
            Program(name, arguments, environment, self.layout.log(name), self.layout.pid(name))
        )

    def _hq_environment(self) -> dict[str, str]:
        chain = self.plan.chain
        return {
            "HQ_DATABASE_URL": self._database_urls["hq"],
            "HQ_HOST": "127.0.0.1",
            "HQ_PORT": str(self.plan.hq_port),
            "HQ_DATA_DIR": str(self.layout.hq),
            "HQ_ADMIN_EMPLOYEE_ID": self.plan.admin["employee_id"],
            "HQ_ADMIN_PIN": self.plan.admin["pin"],
            "HQ_TIMEZONE": chain.timezone,
            "HQ_CURRENCY": chain.currency,
            "HQ_PRICES_INCLUDE_TAX": "true" if chain.prices_include_tax else "false",
        }

    def _hub_environment(self, store_id: str, office: HeadOffice) -> dict[str, str]:
        folder = self.layout.store(store_id)
        folder.mkdir(parents=True, exist_ok=True)
        secret = folder / "hq-secret"
        hq_port = self.cable(self.plan.hq_port) if self.cable else self.plan.hq_port
        environment = {
            "STOREHUB_DATABASE_URL": self._database_urls[f"hub_{store_id}".lower()],
            "STOREHUB_STORE_ID": store_id,
            "STOREHUB_HOST": "127.0.0.1",
            "STOREHUB_PORT": str(self._hub_port(store_id)),
            "STOREHUB_HQ_URL": f"http://127.0.0.1:{hq_port}",
            "STOREHUB_SECRET_FILE": str(secret),
            "STOREHUB_DATA_DIR": str(folder),
            **self.settings,
        }
        if not secret.exists():
            environment["STOREHUB_ENROLMENT_CODE"] = office.enrolment_code(store_id)
        return environment

    def _set_up_chain(self, office: HeadOffice) -> None:
        if not self.plan.chain_set_up:
            cards = {row["store_id"]: row for row in demo_rows("stores.csv")}
            for store_id in self.plan.store_ids:
                card = cards.get(store_id, {"store_id": store_id, "name": store_id})
                office.set_up_store({name: value for name, value in card.items() if value})
            for person in self.plan.people:
                office.set_up_person({**person, "store_ids": None})
        if self.catalogue is not None:
            self.say(f"importing the catalogue {self.catalogue.name}")
            office.import_catalogue(self.catalogue)
        for promotion in self.promotions:
            office.state_promotion(promotion)
        if self.customers and not self.plan.chain_set_up:
            office.set_up_customers(self.customers)
        self.plan.chain_set_up = True
        self.layout.write_plan(self.plan)

    def _ready(self, office: HeadOffice) -> dict[str, Any]:
        people = [
            {name: person[name] for name in ("employee_id", "pin", "role")} for person in self.plan.people
        ]
        return {
            "ready": True,
            "hq": {"url": self.hq_url, "admin": self.plan.admin},
            "stores": [
                {
                    "store_id": store_id,
                    "hub": self.hub_url(store_id),
                    "terminals": [
                        {"terminal_id": terminal, "enrolment_code": office.enrolment_code(store_id, terminal)}
                        for terminal in terminal_ids(self.plan.tills)
                    ],
                    "people": people,
                }
                for store_id in self.plan.store_ids
            ],
        }

    def _await_ready(self, name: str, url: str) -> None:
        def answers() -> bool:
            return httpx.get(f"{url}/health/ready", timeout=5).status_code == 200

        self._await(name, answers, "did not become ready")

    def _await_news(self, store_id: str, version: int) -> None:
        def level() -> bool:
            answer = httpx.get(f"{self.hub_url(store_id)}/health/ready", timeout=5)
            return bool(answer.json().get("news_version", 0) >= version)

        self._await(f"hub_{store_id}", level, "did not get head office's news")

    def _await(self, name: str, come_true: Callable[[], bool], otherwise: str) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            self.look_after()
            try:
                if come_true():
                    return
            except (httpx.TransportError, ValueError):
                pass
            time.sleep(0.05)
        raise StackWouldNotStart(f"{name} {otherwise} in {READY_SECONDS:.0f} s; see {self.layout.log(name)}")


def new_plan(
    chain: ChainOptions,
    *,
    hq_port: int,
    hub_port: int,
    store_ids: list[str],
    tills: int,
    demo_catalogue: bool,
) -> Plan:
    """A new chain's plan: head office gets an administrator with a PIN of its own."""
    people = [
        {name: row[name] for name in ("employee_id", "name", "role", "pin", "language")}
        for row in demo_rows("people.csv")
    ]
    admins = [person for person in people if person["role"] == "admin"]
    admin = (
        {"employee_id": admins[0]["employee_id"], "pin": admins[0]["pin"]}
        if admins
        else {
            "employee_id": "ADMIN_001",
            "pin": f"{secrets.randbelow(10**6):06d}",
        }
    )
    return Plan(chain, hq_port, hub_port, store_ids, tills, admin, people, demo_catalogue=demo_catalogue)


def demo_rows(name: str) -> list[dict[str, str]]:
    """The rows of a CSV of the demo chain."""
    with (DEMO / name).open(encoding="utf-8") as text:
        return list(csv.DictReader(text))


def demo_promotions() -> list[dict[str, Any]]:
    """The promotions of the demo chain, as head office takes them."""
    found: list[dict[str, Any]] = json.loads((DEMO / "promotions.json").read_text(encoding="utf-8"))
    return found


def demo_customers() -> dict[str, Any]:
    """The demo chain's loyalty rules, members and vouchers."""
    found: dict[str, Any] = json.loads((DEMO / "customers.json").read_text(encoding="utf-8"))
    return found


def on_signals(stop: threading.Event) -> None:
    """Let SIGINT and SIGTERM end the run in order."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())


def _create_database(server: str, database: str) -> None:
    import psycopg
    from psycopg import sql

    with psycopg.connect(server, autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
        if known is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
