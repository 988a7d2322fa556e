"""The client against real servers: what gets through, and what is an outage and of which kind."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from courier.client import HQ_PATHS, HUB_PATHS, CourierClient, http_client, outages
from courier.feed import Change
from courier.news import News, NewsPage
from courier.outage import Outage, Rejected
from tests.contract.courier_door import GOOD_TOKEN, Door, Parrot, answer, read_request
from tests.contract.courier_side import Origin, Side, sqlite_engine
from tests.patience import eventually

VERDICT = '{"accepted":0,"duplicates":0,"errors":[],"next_position":7}'


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    side = Side(sqlite_engine(tmp_path / "hub.sqlite"))
    door = Door(side, heartbeat_seconds=0.05)
    yield door
    door.close()
    side.engine.dispose()


@pytest.fixture
def client(door: Door) -> Iterator[CourierClient]:
    client = CourierClient(door.url, lambda: GOOD_TOKEN, HUB_PATHS)
    yield client
    client.close()


@pytest.fixture
def parrot() -> Iterator[Callable[..., CourierClient]]:
    """`parrot(bytes)`: a client of a server that always says these bytes."""
    made: list[tuple[Parrot, CourierClient]] = []

    def make(said: bytes, *, hang_up: bool = True, timeout: float = 5.0) -> CourierClient:
        bird = Parrot(said, hang_up)
        made.append((bird, CourierClient(bird.url, lambda: GOOD_TOKEN, HUB_PATHS, timeout)))
        return made[-1][1]

    yield make
    for bird, client in made:
        client.close()
        bird.close()


def outage_of(deed: Callable[[], object]) -> str:
    with pytest.raises(Outage) as caught:
        deed()
    return caught.value.reason


def test_envelopes_arrive_byte_for_byte_and_the_verdict_comes_back(door: Door, client: CourierClient) -> None:
    till = Origin()
    till.fact(name="Trà đá 🧊 „₫“ \u2028 \x7f")
    till.facts(2)
    texts = [envelope.text for envelope in till.sealed]

    verdict = client.post(1, texts)

    assert (verdict.accepted, verdict.next_position) == (3, 4)
    assert door.side.texts() == texts


@pytest.mark.allow_log("fact set aside")
def test_what_the_receiver_set_aside_is_in_the_verdict(client: CourierClient) -> None:
    till = Origin()
    till.fact(unknown=True)

    verdict = client.post(1, [till.sealed[0].text])

    assert [(error.position, error.code) for error in verdict.errors] == [(1, "fact-not-readable")]


def test_the_cursor_is_asked_for_with_an_empty_batch_where_there_is_no_door_for_it(
    door: Door, client: CourierClient
) -> None:
    assert client.cursor() == 1
    client.post(1, _sealed_texts(2))
    assert client.cursor() == 3
    assert set(door.requests) == {"POST /api/v1/envelopes"}


def test_head_office_has_a_door_for_the_cursor() -> None:
    bird = Parrot(answer("200 OK", '{"next_position": 42}'))
    with closing(CourierClient(bird.url, lambda: GOOD_TOKEN, HQ_PATHS)) as client:
        assert client.cursor() == 42
    bird.close()


def test_news_comes_down_page_by_page(door: Door, client: CourierClient) -> None:
    door.publish(*(Change("product", f"{number:03}", {"name": "Bánh mì"}) for number in range(60)))
    door.publish(Change("product", "last", {}))

    first = client.news(0)
    assert (first.current_version, len(first.news), first.more) == (1, 60, True)
    assert client.news(1) == NewsPage(2, [News(2, "product", "last", {})])


def test_a_ping_returns_when_the_receiver_is_ready(client: CourierClient) -> None:
    client.ping()


def test_a_port_where_nobody_listens_refuses() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with closing(CourierClient(f"http://127.0.0.1:{port}", lambda: GOOD_TOKEN, HUB_PATHS)) as client:
        for deed in (client.ping, client.cursor, lambda: client.news(0), lambda: next(client.pokes())):
            assert outage_of(deed) == "refused"


def test_a_server_that_says_nothing_times_out(parrot: Callable[..., CourierClient]) -> None:
    client = parrot(b"", hang_up=False, timeout=0.1)
    assert outage_of(client.cursor) == "timeout"
    assert outage_of(client.ping) == "timeout"


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"HTTP/1.1 200 OK\r\ncontent-le",
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{",
        b"SSH-2.0-OpenSSH_9.2\r\n",
    ],
    ids=["nothing", "half a header", "half a body", "another protocol"],
)
def test_an_answer_cut_short_is_an_outage(parrot: Callable[..., CourierClient], said: bytes) -> None:
    assert outage_of(parrot(said).cursor) == "broken"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (answer("500 Internal Server Error", "oops"), "server-error"),
        (answer("502 Bad Gateway"), "server-error"),
        (answer("503 Service Unavailable"), "server-error"),
        (answer("429 Too Many Requests"), "busy"),
        (answer("408 Request Timeout"), "busy"),
        (answer("200 OK", "<html>Welcome to the hotel</html>"), "not-understood"),
        (answer("200 OK", "[]"), "not-understood"),
        (answer("200 OK", '{"accepted": 1}'), "not-understood"),
        (answer("302 Found", "", "location: http://login.example/"), "not-understood"),
        (answer("204 No Content"), "not-understood"),
    ],
    ids=str,
)
def test_who_answers_something_else_than_we_asked_is_an_outage(
    parrot: Callable[..., CourierClient], said: bytes, reason: str
) -> None:
    assert outage_of(parrot(said).cursor) == reason


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        (answer("403 Forbidden", '{"code": "other-store", "detail": "not yours"}'), 403, "other-store"),
        (answer("404 Not Found", "<html>"), 404, ""),
        (answer("413 Content Too Large", '{"code": "too-large"}'), 413, "too-large"),
        (answer("422 Unprocessable", "[]"), 422, ""),
    ],
    ids=["403", "404", "413", "422"],
)
def test_a_no_is_not_an_outage(
    parrot: Callable[..., CourierClient], said: bytes, status: int, code: str
) -> None:
    with pytest.raises(Rejected) as caught:
        parrot(said).cursor()
    assert (caught.value.status, caught.value.code) == (status, code)


def test_an_expired_token_is_renewed_once_and_the_request_repeated(door: Door) -> None:
    tokens = ["old"]
    renewed = []

    def renew() -> None:
        renewed.append(tokens[-1])
        tokens.append(GOOD_TOKEN)

    with closing(CourierClient(door.url, lambda: tokens[-1], HUB_PATHS, renew=renew)) as client:
        assert client.cursor() == 1
        assert client.news(0).current_version == 0
        assert renewed == ["old"]
        tokens.append("old again")
        stream = client.pokes()
        assert next(stream) == "open"
        stream.close()
    assert renewed == ["old", "old again"]


def test_a_token_that_renewing_does_not_mend_is_rejected(door: Door) -> None:
    renewed = []
    with closing(
        CourierClient(door.url, lambda: "bad", HUB_PATHS, renew=lambda: renewed.append(1))
    ) as client:
        for deed in (client.cursor, lambda: next(client.pokes())):
            with pytest.raises(Rejected) as caught:
                deed()
            assert (caught.value.status, caught.value.code) == (401, "token-expired")
    assert renewed == [1, 1]


def test_an_outage_while_renewing_is_an_outage(door: Door) -> None:
    def renew() -> None:
        raise Outage("refused")

    with closing(CourierClient(door.url, lambda: "bad", HUB_PATHS, renew=renew)) as client:
        assert outage_of(client.cursor) == "refused"


def test_pokes_are_heard_by_name(door: Door, client: CourierClient) -> None:
    stream = client.pokes()
    assert next(stream) == "open"
    door.pokes.poke()
    assert next(stream) == "news"
    door.pokes.poke("payments")
    assert next(stream) == "payments"
    stream.close()


def test_heartbeats_keep_a_silent_stream_open(door: Door, client: CourierClient) -> None:
    stream = client.pokes()
    next(stream)
    timer = threading.Timer(0.3, door.pokes.poke)
    timer.start()
    assert next(stream) == "news"
    timer.join()
    stream.close()


def test_hanging_up_ends_the_stream_of_another_thread_at_once(door: Door, client: CourierClient) -> None:
    listening = threading.Event()
    ended: list[str] = []

    def listen() -> None:
        try:
            for _ in client.pokes():
                listening.set()
        except Outage as outage:
            ended.append(outage.reason)

    thread = threading.Thread(target=listen)
    thread.start()
    assert listening.wait(60)
    client.hang_up()
    thread.join(5)

    assert not thread.is_alive()
    assert ended in ([], ["broken"])
    eventually(lambda: door.pokes.listeners == 0)


def test_a_server_that_stops_ends_its_streams_and_does_not_wait_for_them(tmp_path: Path) -> None:
    side = Side(sqlite_engine(tmp_path / "hub.sqlite"))
    door = Door(side)
    client = CourierClient(door.url, lambda: GOOD_TOKEN, HUB_PATHS)
    stream = client.pokes()
    next(stream)

    door.close()

    assert list(stream) == []
    client.close()
    side.engine.dispose()


@pytest.mark.parametrize(
    "url", ["http://hub.example", "http://192.168.1.5:8100", "ftp://127.0.0.1", "http://[2001:db8::1]"]
)
def test_plain_http_is_for_loopback_only(url: str) -> None:
    with pytest.raises(ValueError, match="https only"):
        http_client(url, 1.0)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1", "https://hq.example"]
)
def test_loopback_may_be_plain_and_anything_may_be_https(url: str) -> None:
    http_client(url, 1.0).close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for 127.0.0.1, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hub")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "hub.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return file


@pytest.mark.parametrize(
    ("version", "trusted", "reason"),
    [
        (ssl.TLSVersion.TLSv1_3, True, None),
        (ssl.TLSVersion.TLSv1_2, True, "unreachable"),
        (ssl.TLSVersion.TLSv1_3, False, "unreachable"),
    ],
    ids=["1.3", "1.2", "1.3, not trusted"],
)
def test_nothing_below_tls_1_3_and_nobody_unknown_is_spoken_to(
    certificate: Path, version: ssl.TLSVersion, trusted: bool, reason: str | None
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.maximum_version = version
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        caller, _ = listener.accept()
        try:
            with context.wrap_socket(caller, server_side=True) as spoken:
                read_request(spoken)
                spoken.sendall(answer("200 OK", VERDICT))
        except OSError:
            caller.close()

    thread = threading.Thread(target=serve)
    thread.start()
    url = f"https://127.0.0.1:{listener.getsockname()[1]}"
    with closing(
        CourierClient(url, lambda: GOOD_TOKEN, HUB_PATHS, ca_file=str(certificate) if trusted else None)
    ) as client:
        if reason is None:
            assert client.cursor() == 7
        else:
            assert outage_of(client.cursor) == reason
    thread.join(10)
    listener.close()


def test_other_programs_may_use_the_same_rules_for_their_own_requests() -> None:
    bird = Parrot(answer("200 OK", "{}"))
    with closing(http_client(bird.url, 5.0)) as http, outages():
        assert http.get("/anything").json() == {}
    bird.close()


def _sealed_texts(count: int) -> list[str]:
    till = Origin()
    till.facts(count)
    return [envelope.text for envelope in till.sealed]


def test_a_receiver_that_does_not_unpack_gets_everything_as_it_is(door: Door) -> None:
    client = CourierClient(door.url, lambda: GOOD_TOKEN, HUB_PATHS, pack_from_bytes=1)
    till = Origin()
    till.facts(3)

    first = client.post(1, [envelope.text for envelope in till.sealed[:2]])
    second = client.post(3, [till.sealed[2].text])

    client.close()
    assert (first.next_position, second.next_position) == (3, 4)
    assert door.requests.count("POST /api/v1/envelopes") == 2
