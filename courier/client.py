"""The lower side's half of both pipes over HTTP: facts up, news down, pokes heard."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import httpx
import orjson

from courier.beginning import Beginning
from courier.chain import HEAD_HEADER, ChainHead, header_of
from courier.news import NewsPage
from courier.outage import Outage, Rejected
from courier.packing import GZIP, WORTH_BYTES, packed
from courier.skew import HEADER, SkewMeter
from courier.verdict import Verdict

Answer = TypeVar("Answer")

TIMEOUT_SECONDS = 10.0
STREAM_SILENCE_SECONDS_MAX = 40.0
"""Heartbeats come every 15 s; two lost and some slack."""


@dataclass(frozen=True, slots=True)
class Paths:
    """Where the receiver has its doors; `cursor` None: an empty batch asks for the cursor instead."""

    envelopes: str
    news: str
    stream: str
    begin: str
    ping: str = "/health/ready"
    cursor: str | None = None


HUB_PATHS = Paths(
    envelopes="/api/v1/envelopes",
    news="/api/v1/news",
    stream="/api/v1/stream",
    begin="/api/v1/envelopes/begin",
)
HQ_PATHS = Paths(
    envelopes="/v1/ingestion/events",
    news="/v1/news",
    stream="/v1/stream",
    begin="/v1/ingestion/begin",
    cursor="/v1/ingestion/cursor",
)


def http_client(base_url: str, timeout_seconds: float, ca_file: str | None = None) -> httpx.Client:
    """A connection pool to one of our servers: plain HTTP on loopback, TLS 1.3 to anywhere else.

    `ca_file`: certificates to trust instead of the machine's. Raises ValueError for plain HTTP to
    another machine. On loopback the proxies of the environment are not asked.
    """
    url = httpx.URL(base_url)
    local = _is_loopback(url.host)
    if url.scheme != "https" and not (url.scheme == "http" and local):
        raise ValueError(f"{base_url}: anything but loopback is spoken to over https only")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if url.scheme == "https":
        context = ssl.create_default_context(cafile=ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
    return httpx.Client(base_url=base_url, timeout=timeout_seconds, verify=context, trust_env=not local)


@contextmanager
def outages() -> Iterator[None]:
    """Turn what httpx raises when the world is down into an `Outage`."""
    try:
        yield
    except httpx.TimeoutException as late:
        raise Outage("timeout", str(late)) from late
    except httpx.ConnectError as closed:
        reason = "refused" if _caused_by(closed, ConnectionRefusedError) else "unreachable"
        raise Outage(reason, str(closed)) from closed
    except (httpx.TransportError, httpx.StreamError) as broken:
        raise Outage("broken", str(broken)) from broken


class CourierClient:
    """Speaks to the receiver of a pipe; may be used by several threads at once.

    `token` gives the bearer token to use; `renew` is called when the receiver does not take it (401),
    after which the request is repeated once; `announce` gives the head of our chain, told with every
    request (`courier.resume`). `clock` is what the receiver's is compared with. Large
    requests to another machine are packed (`pack_from_bytes`; None: when it pays). Every call raises
    `Outage` or `Rejected`.
    """

    def __init__(
        self,
        base_url: str,
        token: Callable[[], str],
        paths: Paths,
        timeout: float = TIMEOUT_SECONDS,
        *,
        renew: Callable[[], object] | None = None,
        announce: Callable[[], ChainHead] | None = None,
        ca_file: str | None = None,
        clock: Callable[[], datetime] | None = None,
        pack_from_bytes: int | None = None,
    ) -> None:
        self._http = http_client(base_url, timeout, ca_file)
        self._announce = announce
        never = _is_loopback(httpx.URL(base_url).host)
        self._pack_from = pack_from_bytes or (sys.maxsize if never else WORTH_BYTES)
        self._clock = clock
        self._skew = SkewMeter()
        self._token = token
        self._renew = renew
        self._paths = paths
        self._stream_lock = threading.Lock()
        self._stream_socket: socket.socket | None = None

    @property
    def skew_seconds(self) -> float | None:
        """How far the receiver's clock is ahead of ours; None while it is not known."""
        return self._skew.seconds

    def post(self, from_position: int, texts: Sequence[str]) -> Verdict:
        """Send sealed envelopes, word for word, and hear what became of them."""
        content = b'{"from_position":%d,"events":[%b]}' % (from_position, ",".join(texts).encode())
        answer = self._ask("POST", self._paths.envelopes, content=content)
        return _understood(Verdict.from_body, answer)

    def cursor(self) -> int:
        """The position at which the receiver wants us to go on."""
        if self._paths.cursor is None:
            return self.post(1, ()).next_position
        return _understood(lambda body: int(body["next_position"]), self._ask("GET", self._paths.cursor))

    def begin(self, beginning: Beginning) -> int:
        """Say that we have nothing before this; the position at which the receiver wants us to go on then."""
        answer = self._ask("POST", self._paths.begin, content=orjson.dumps(beginning.to_body()))
        return _understood(lambda body: int(body["next_position"]), answer)

    def news(self, after: int) -> NewsPage:
        """A page of the news after this version."""
        return _understood(NewsPage.from_body, self._ask("GET", self._paths.news, params={"after": after}))

    def ping(self) -> None:
        """Return when the receiver is there and ready to take facts."""
        with outages():
            _checked(self._timed(self._http.build_request("GET", self._paths.ping)))

    def pokes(self) -> Generator[str, None, None]:
        """Listen to the receiver's pokes until the connection ends; yields `open` once it stands.

        Ends when the server closes it; raises `Outage` when it breaks or `hang_up` cut it.
        """
        timeout = httpx.Timeout(self._http.timeout.connect, read=STREAM_SILENCE_SECONDS_MAX)
        for last_try in (False, True):
            with (
                outages(),
                self._http.stream(
                    "GET", self._paths.stream, headers=self._headers(), timeout=timeout
                ) as answer,
            ):
                if answer.status_code == 401 and not last_try and self._renew is not None:
                    self._renew()
                    continue
                if answer.is_error or answer.is_redirect:
                    answer.read()
                _checked(answer)
                with self._live(answer):
                    yield "open"
                    for line in answer.iter_lines():
                        if line.startswith("data:"):
                            yield line.removeprefix("data:").strip()
                return

    def hang_up(self) -> None:
        """End the poke stream that another thread is listening to, at once."""
        with self._stream_lock:
            if self._stream_socket is not None:
                with suppress(OSError):
                    self._stream_socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Hang up and close all connections."""
        self.hang_up()
        self._http.close()

    @contextmanager
    def _live(self, answer: httpx.Response) -> Iterator[None]:
        with self._stream_lock:
            self._stream_socket = answer.extensions["network_stream"].get_extra_info("socket")
        try:
            yield
        finally:
            with self._stream_lock:
                self._stream_socket = None

    def _timed(self, request: httpx.Request) -> httpx.Response:
        """Send it, and compare clocks when the answer tells the time."""
        if self._clock is None:
            return self._http.send(request)
        asked_at = self._clock()
        answer = self._http.send(request)
        if HEADER in answer.headers:
            self._skew.note(asked_at, answer.headers[HEADER], self._clock())
        return answer

    def _headers(self) -> dict[str, str]:
        headers = {"authorization": f"Bearer {self._token()}"}
        return headers if self._announce is None else headers | {HEAD_HEADER: header_of(self._announce())}

    def _ask(
        self, method: str, path: str, *, content: bytes | None = None, params: dict[str, int] | None = None
    ) -> Any:
        headers = {"content-type": "application/json"} if content is not None else {}
        plain = content
        if content is not None and len(content) >= self._pack_from:
            content = packed(content)
            headers["content-encoding"] = GZIP

        def asked() -> httpx.Response:
            said = headers | self._headers()
            return self._timed(
                self._http.build_request(method, path, content=content, params=params, headers=said)
            )

        with outages():
            answer = asked()
            if answer.status_code == 401 and self._renew is not None:
                self._renew()
                answer = asked()
            if answer.status_code in (400, 415) and content is not plain:
                # A receiver of an older version, which does not unpack.
                self._pack_from, content = sys.maxsize, plain
                del headers["content-encoding"]
                answer = asked()
        _checked(answer)
        try:
            return orjson.loads(answer.content)
        except orjson.JSONDecodeError as not_ours:
            raise Outage("not-understood", f"{path} did not answer in JSON") from not_ours


def _checked(answer: httpx.Response) -> None:
    status = answer.status_code
    if answer.is_success:
        return
    if status in (408, 425, 429):
        raise Outage("busy", str(status))
    if 400 <= status < 500:
        code, detail = _problem_of(answer)
        raise Rejected(status, code, detail)
    raise Outage("server-error" if status >= 500 else "not-understood", str(status))


def _problem_of(answer: httpx.Response) -> tuple[str, str]:
    try:
        body = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return "", ""
    if not isinstance(body, dict):
        return "", ""
    return str(body.get("code", "")), str(body.get("detail") or body.get("title") or "")


def _understood(read: Callable[[Any], Answer], body: Any) -> Answer:
    try:
        return read(body)
    except (KeyError, TypeError, ValueError, AttributeError) as not_ours:
        raise Outage("not-understood", f"an answer without {not_ours}") from not_ours


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _caused_by(error: BaseException | None, kind: type[BaseException]) -> bool:
    while error is not None:
        if isinstance(error, kind):
            return True
        error = error.__cause__ or error.__context__
    return False
