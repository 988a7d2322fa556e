"""A whole hub for tests: the real program on a free port of this machine, on a database of its own."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from sqlalchemy import text

from courier.envelope import Envelope
from courier.news import NewsPage
from courier.server import Server
from storehub.bootstrap import build_app, now
from storehub.news import apply_news
from storehub.people.queries import digest
from storehub.settings import Settings
from tests import make
from tests.patience import eventually

SHOP = make.shop_news()


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self, at: datetime = make.AT) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        """Move on by hours, minutes, seconds."""
        self.at += timedelta(**by)


class MachineClock(Clock):
    """The machine's clock, for tests with another program in them."""

    def __call__(self) -> datetime:
        return now()


class Hub:
    """A served hub; `http` speaks to it without a token, `as_cashier()` and friends with one."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.program = build_app(settings, clock=clock)
        self.engine = self.program.hub.engine
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(
            self.program.app,
            http="httptools",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=2,
        )
        self._server = Server(config, self.program.pokes)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True
        )
        self._thread.start()
        eventually(lambda: self._server.started or not self._thread.is_alive())
        assert self._server.started, "the hub did not start"
        self._clients: list[httpx.Client] = []
        self.http = self._client({})

    def close(self) -> None:
        """Stop it as SIGTERM does; once is enough."""
        if not self._thread.is_alive():
            return
        for client in self._clients:
            client.close()
        self._server.should_exit = True
        self._thread.join(10)
        assert not self._thread.is_alive(), "the hub did not stop"
        self._socket.close()

    def hear(self, page: NewsPage) -> None:
        """Apply news as the uplink does."""
        with self.engine.begin() as tx:
            apply_news(tx, page, self.settings.store_id, self.clock())
        self.program.news_applied(page)

    def enrolled(self, terminal_id: str = make.TERMINAL, code: str = "K7QM-2F9T") -> dict[str, Any]:
        """A terminal of this store, enrolled; the answer of the enrolment."""
        body = {
            "terminal_id": terminal_id,
            "store_id": self.settings.store_id,
            "enrolment_code_hash": digest(code),
            "enrolment_code_expires_at": (self.clock() + timedelta(hours=1)).isoformat(),
        }
        version = self.scalar("SELECT coalesce(max(version), 0) + 1 FROM feed")
        self.hear(NewsPage(version, [make.news("terminal", f"{make.STORE}/{terminal_id}", body, version)]))
        answer = self.http.post("/api/v1/enrolments", json={"enrolment_code": code})
        assert answer.status_code == 201, answer.text
        enrolment: dict[str, Any] = answer.json()
        return enrolment

    def till(self, terminal_id: str = make.TERMINAL) -> Till:
        """An enrolled till with a chain of its own."""
        return Till(self, terminal_id, self.enrolled(terminal_id)["token"])

    def as_person(self, employee_id: str, terminal_id: str = make.TERMINAL) -> httpx.Client:
        """A client that has signed in."""
        login = {"employee_id": employee_id, "pin": make.PIN, "terminal_id": terminal_id}
        answer = self.http.post("/api/v1/auth/login", json=login)
        assert answer.status_code == 200, answer.text
        return self.with_token(answer.json()["token"])

    def as_cashier(self) -> httpx.Client:
        """The cashier at the first till."""
        return self.as_person(make.CASHIER)

    def as_manager(self) -> httpx.Client:
        """The manager at the first till."""
        return self.as_person(make.MANAGER)

    def with_token(self, token: str) -> httpx.Client:
        """A client with this token."""
        return self._client({"authorization": f"Bearer {token}"})

    def _client(self, headers: dict[str, str]) -> httpx.Client:
        client = httpx.Client(base_url=self.url, timeout=30, trust_env=False, headers=headers)
        self._clients.append(client)
        return client

    def rows(self, statement: str, **values: Any) -> list[Any]:
        """What the database has."""
        with self.engine.connect() as tx:
            return [tuple(row) for row in tx.execute(text(statement), values)]

    def scalar(self, statement: str, **values: Any) -> Any:
        """One value of the database."""
        return self.rows(statement, **values)[0][0]


class Till:
    """What a till sends, without a till."""

    def __init__(self, hub: Hub, terminal_id: str, token: str) -> None:
        self.hub = hub
        self.terminal_id = terminal_id
        self.chain = make.Chain(terminal_id)
        self.http = hub.with_token(token)

    def sell(self, *lines: Any, **changes: Any) -> Envelope:
        """A sale of this till; not sent yet."""
        return self.chain.sell(*lines, **changes)

    def send(self, from_position: int, envelopes: Iterable[Envelope]) -> httpx.Response:
        """Send a batch."""
        return self.http.post("/api/v1/envelopes", content=make.batch(from_position, envelopes))


@contextmanager
def running_hub(
    database_url: str,
    data_dir: Path,
    *,
    page: NewsPage | None = SHOP,
    clock: Clock | None = None,
    **changes: Any,
) -> Iterator[Hub]:
    """A hub that has heard this page of news and runs until the block ends."""
    settings = Settings(database_url=database_url, store_id=make.STORE, data_dir=data_dir, **changes)
    hub = Hub(settings, clock or Clock())
    with contextlib.closing(hub):
        if page is not None:
            hub.hear(page)
        yield hub
