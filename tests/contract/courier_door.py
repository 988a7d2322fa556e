"""A receiver's door over real HTTP: the smallest program that takes facts and serves news."""

from __future__ import annotations

import socket
import threading
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from courier import feed, problem
from courier.client import HUB_PATHS
from courier.feed import Change
from courier.problem import Problem
from courier.server import Server
from courier.stream import Pokes, poke_response
from tests.contract.courier_side import START, TABLES, Side
from tests.patience import eventually

GOOD_TOKEN = "good"


class Served:
    """An app on a free port of the loopback, behind a real server, until it is closed."""

    def __init__(self, app: FastAPI, pokes: Pokes | None = None, port: int = 0) -> None:
        self._socket = socket.create_server(("127.0.0.1", port))
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._server = Server(uvicorn.Config(app, log_level="warning", lifespan="off"), pokes or Pokes())
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="door", daemon=True
        )
        self._thread.start()
        eventually(lambda: self._server.started)

    def close(self) -> None:
        """Stop the server; it must not wait for open streams."""
        self._server.should_exit = True
        self._thread.join(10)
        assert not self._thread.is_alive(), "the server did not stop"
        self._socket.close()


class Door(Served):
    """Takes facts into a side and serves its news."""

    def __init__(self, side: Side, heartbeat_seconds: float = 15.0) -> None:
        self.side = side
        self.pokes = Pokes()
        self.requests: list[str] = []
        super().__init__(self._app(heartbeat_seconds), self.pokes)

    def publish(self, *changes: Change) -> int:
        """Publish news and poke whoever listens."""
        with self.side.begin() as tx:
            version = feed.publish(tx, TABLES, changes, START)
        self.pokes.poke()
        return version

    def _app(self, heartbeat_seconds: float) -> FastAPI:
        app = FastAPI()

        def entitled(request: Request) -> None:
            self.requests.append(f"{request.method} {request.url.path}")
            if request.headers.get("authorization") != f"Bearer {GOOD_TOKEN}":
                raise Problem(401, "token-expired", "Sign in again")

        @app.post(HUB_PATHS.envelopes)
        def envelopes(request: Request, body: dict[str, Any]) -> JSONResponse:
            entitled(request)
            return JSONResponse(self.side.receive(body["events"], body["from_position"]).to_body())

        @app.get(HUB_PATHS.news)
        def news(request: Request, after: int) -> JSONResponse:
            entitled(request)
            with self.side.begin() as tx:
                return JSONResponse(feed.page(tx, TABLES, after, "STORE_001", rows_max=50).to_body())

        @app.get(HUB_PATHS.stream)
        async def stream(request: Request) -> Any:
            entitled(request)
            return poke_response(self.pokes, heartbeat_seconds)

        @app.get(HUB_PATHS.ping)
        def ready() -> dict[str, str]:
            return {"status": "ready"}

        problem.install(app, lambda _: None)
        return app


class Parrot:
    """Accepts connections and says the same bytes to everyone, whatever it is asked; b"" says nothing."""

    def __init__(self, answer: bytes, hang_up: bool = True) -> None:
        self._answer = answer
        self._hang_up = hang_up
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._held: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve, name="parrot", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening and drop everyone."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(10)
        for held in self._held:
            held.close()

    def _serve(self) -> None:
        while True:
            try:
                caller, _ = self._socket.accept()
            except OSError:
                return
            read_request(caller)
            if self._answer:
                caller.sendall(self._answer)
            if self._hang_up:
                caller.close()
            else:
                self._held.append(caller)


def read_request(caller: socket.socket) -> None:
    """Read a whole request: a server that hangs up on an unread body takes its answer back with it."""
    said = b""
    while b"\r\n\r\n" not in said:
        piece = caller.recv(65536)
        if not piece:
            return
        said += piece
    head, _, body = said.partition(b"\r\n\r\n")
    length = next(
        (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
    )
    while len(body) < length:
        piece = caller.recv(65536)
        if not piece:
            return
        body += piece


def answer(status: str, body: str = "", *headers: str) -> bytes:
    """An HTTP answer, word for word."""
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body.encode())}", "connection: close", *headers]
    return "\r\n".join([*lines, "", body]).encode()
