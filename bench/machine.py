"""What is measured, really running: Postgres as it is delivered, the programs as processes of their own."""

from __future__ import annotations

import http.client
import json
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from installer.postgres import Postgres
from installer.supervisor import Program

START_SECONDS = 60.0
STOP_SECONDS = 15.0


@contextmanager
def workshop() -> Iterator[Path]:
    """A folder below `build/`, on the disk that is measured; gone afterwards."""
    Path("build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=Path("build").absolute(), prefix="bench-") as folder:
        yield Path(folder)


@contextmanager
def postgres(folder: Path) -> Iterator[Postgres]:
    """A server with the settings of `everopen up`: every commit is on the disk when it returns."""
    with Postgres(folder / "postgres") as server:
        yield server


@contextmanager
def serving(folder: Path, module: str, environment: Mapping[str, str]) -> Iterator[None]:
    """`python -m MODULE serve` until the block ends."""
    program = Program(
        module, [module, "serve"], environment, folder / f"{module}.log", folder / f"{module}.pid"
    )
    program.start()
    try:
        yield
    finally:
        program.ask_to_stop()
        program.wait_for_end(STOP_SECONDS)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        return int(probe.getsockname()[1])


def until_ready(port: int, log: Path) -> None:
    """Wait until the program on this port is ready; raises with its last words if it never is."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            with closing(LightClient(port)) as client:
                if client.ask(client.request("GET", "/health/ready"))[0] == 200:
                    return
        except OSError:
            pass
        time.sleep(0.05)
    raise RuntimeError(f"not ready after {START_SECONDS:g} s; {log}: {log.read_text()[-2000:]}")


class LightClient:
    """A keep-alive connection to a program, as light as a client can be, so that the server is measured."""

    def __init__(self, port: int, token: str = "") -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._token = token

    def request(self, method: str, path: str, body: bytes = b"") -> bytes:
        """The bytes of a request, to be made beforehand."""
        head = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
        if self._token:
            head.append(f"Authorization: Bearer {self._token}")
        if body:
            head += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        return "\r\n".join([*head, "", ""]).encode() + body

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send it and read status and body of the answer."""
        self._socket.sendall(request)
        answer = self._socket.recv(65_536)
        while (end := answer.find(b"\r\n\r\n")) < 0:
            answer += self._more()
        head = answer[:end].lower()
        start = head.index(b"content-length:") + 15
        length = int(head[start:].split(b"\r\n", 1)[0])
        while len(answer) < end + 4 + length:
            answer += self._more()
        return int(head[9:12]), answer[end + 4 :]

    def close(self) -> None:
        self._socket.close()

    def _more(self) -> bytes:
        part = self._socket.recv(65_536)
        if not part:
            raise ConnectionError("the server hung up")
        return part


def asked(port: int, method: str, path: str, body: Mapping[str, Any] | None = None, token: str = "") -> Any:
    """One request in JSON, for what is not measured; raises for an answer that is an error."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    with closing(connection):
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        said = answer.read()
    if answer.status >= 300:
        raise RuntimeError(f"{method} {path}: {answer.status} {said.decode()[:300]}")
    return json.loads(said) if said else None
