"""A head office that really runs: uvicorn on loopback over a Postgres database of the test's own."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import httpx
import psycopg
import pytest
import uvicorn

from courier.server import Server
from hq.bootstrap import build_app
from hq.people.tokens import Caller
from hq.settings import Settings
from tests import make_hq
from tests.patience import PATIENCE_SECONDS

ADMIN = {"employee_id": "ADMIN_001", "pin": "274911"}


class Clock:
    """The machine's clock, which a test may put forward."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class Store:
    """A store's hub, enrolled at head office, with its pipe."""

    store_id: str
    secret: str
    http: httpx.Client
    sent: list[str] = field(default_factory=list)

    def send(self, texts: list[str]) -> dict[str, Any]:
        """Send envelopes at the end of the pipe and return the answer."""
        answer = self.post(make_hq.batch(texts, len(self.sent) + 1))
        assert answer.status_code == 200, answer.text
        self.sent += texts
        body: dict[str, Any] = answer.json()
        return body

    def post(self, body: bytes) -> httpx.Response:
        """Post a request body as it stands."""
        return self.http.post("/v1/ingestion/events", content=body)


class RunningHq:
    """A running instance, an administrator's client to it, and a way into its database."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.clock = clock
        self.database_url = settings.database_url
        self.app = build_app(settings, clock)
        config = uvicorn.Config(
            self.app, port=0, log_config=None, access_log=False, timeout_graceful_shutdown=5
        )
        self._server = Server(config, self.app.state.office.pokes)
        self._thread = threading.Thread(target=self._server.run, name="hq")
        self._clients: list[httpx.Client] = []
        self._admin: httpx.Client | None = None
        self.url = ""

    def __enter__(self) -> Self:
        self._thread.start()
        pause = threading.Event()
        while not self._server.started:
            assert self._thread.is_alive(), "head office ended while it started"
            pause.wait(0.005)
        (port,) = (s.getsockname()[1] for server in self._server.servers for s in server.sockets)
        self.url = f"http://127.0.0.1:{port}"
        return self

    def __exit__(self, *_: object) -> None:
        for client in self._clients:
            client.close()
        self._server.should_exit = True
        self._thread.join(PATIENCE_SECONDS)
        assert not self._thread.is_alive(), "head office did not stop"

    def client(self, token: str | None = None) -> httpx.Client:
        """A client with this bearer token."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        # A context without the machine's certificates, which take longer to load than a test has to do.
        plain = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._clients.append(
            httpx.Client(base_url=self.url, headers=headers, timeout=PATIENCE_SECONDS, verify=plain)
        )
        return self._clients[-1]

    def signed_in(self, employee_id: str, pin: str) -> httpx.Client:
        """A client of a person."""
        answer = self.client().post("/v1/auth/token", json={"employee_id": employee_id, "pin": pin})
        assert answer.status_code == 200, answer.text
        return self.client(answer.json()["token"])

    @property
    def admin(self) -> httpx.Client:
        """The administrator's client; its token is issued here, because a sign-in takes its time."""
        if self._admin is None:
            office = self.app.state.office
            token, _ = office.tokens.issue(Caller(employee_id=ADMIN["employee_id"]), "admin", self.clock())
            self._admin = self.client(token)
        return self._admin

    def store(self, store_id: str = "STORE_001") -> Store:
        """Make a store and enrol its hub."""
        made = self.admin.post("/v1/stores", json={"store_id": store_id, "name": f"Cửa hàng {store_id}"})
        assert made.status_code == 201, made.text
        code = self.admin.post(f"/v1/stores/{store_id}/enrolment-codes", json={}).json()["enrolment_code"]
        hub = self.client().post("/v1/enrolments", json={"enrolment_code": code}).json()
        return Store(store_id, hub["secret"], self.client(hub["token"]))

    def sql(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Rows straight from the database."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            done = connection.execute(query.encode(), parameters)
            return done.fetchall() if done.description else []

    def report(self, group_by: str = "day", **span: str) -> list[dict[str, Any]]:
        """The rows of the sales report, which has to be complete."""
        params = {"from": "2000-01-01", "to": "2100-01-01", **span, "group_by": group_by}
        answer = self.admin.get("/v1/reports/sales", params=params)
        assert answer.status_code == 200, answer.text
        assert answer.json()["complete"] is True
        rows: list[dict[str, Any]] = answer.json()["rows"]
        return rows


@pytest.fixture(scope="session")
def key_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the signing key: made once, because RSA keys are slow to make."""
    return tmp_path_factory.mktemp("hq-data")


@pytest.fixture
def hq_settings(hq_database_url: str, key_folder: Path) -> Settings:
    return Settings(
        hq_database_url,
        data_dir=key_folder,
        admin_employee_id=ADMIN["employee_id"],
        admin_pin=ADMIN["pin"],
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def start_hq(hq_settings: Settings, clock: Clock) -> Iterator[Callable[[], RunningHq]]:
    """Start an instance over this test's database; all of them end with the test."""
    with ExitStack() as running:
        yield lambda: running.enter_context(RunningHq(hq_settings, clock))


@pytest.fixture
def hq(start_hq: Callable[[], RunningHq]) -> RunningHq:
    """One running instance."""
    return start_hq()
