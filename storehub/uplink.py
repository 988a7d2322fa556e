"""The way to head office: enrolment and tokens, facts up, news down (courier.carrier does the carrying).

A hub serves its tills without any of this; head office may be away for days.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import psycopg
import structlog
from sqlalchemy import Engine

from courier.carrier import Carrier
from courier.chain import ChainHead
from courier.client import HQ_PATHS, CourierClient, http_client, outages
from courier.link import LinkPolicy
from courier.news import NewsPage
from courier.outage import Outage, Rejected
from courier.pacing import Dice, Pacing, wait_seconds
from courier.verdict import Verdict
from courier.watch import LinkReport
from storehub.database import OUTBOX_CHANNEL, TRY_NOW, courier
from storehub.news import apply_news
from storehub.people.succession import told, untold

log = structlog.get_logger(__name__)

TIMEOUT_SECONDS = 10.0
RENEW_BEFORE = timedelta(minutes=5)
STOP_SECONDS = 3.0
ENROLMENT_PACING = Pacing(longest_seconds=30.0)


class HeadOfficeAccess:
    """The hub's secret and token at head office; any thread may ask for the token."""

    def __init__(
        self,
        hq_url: str,
        store_id: str,
        secret_file: Path,
        clock: Callable[[], datetime],
        ca_file: Path | None = None,
    ) -> None:
        self._http = http_client(hq_url, TIMEOUT_SECONDS, str(ca_file) if ca_file else None)
        self._store_id = store_id
        self._secret_file = secret_file
        self.clock = clock
        self._lock = threading.Lock()
        self._token: tuple[str, datetime] | None = None

    @property
    def enrolled(self) -> bool:
        """Whether the hub has its secret."""
        return self._secret_file.exists()

    def enrol(self, enrolment_code: str) -> None:
        """Become this store's hub; raises `Outage`, or `Rejected` when the code is not good (any more)."""
        body = self._ask("/v1/enrolments", {"enrolment_code": enrolment_code})
        if body["store_id"] != self._store_id:
            raise Rejected(
                403, "wrong-store", f"the code is for store {body['store_id']}, not {self._store_id}"
            )
        _keep_secret(self._secret_file, body["secret"])
        self._keep(body)

    def token(self) -> str:
        """A token that is good now; raises `Outage` or `Rejected`."""
        known = self._token
        if known is not None and self.clock() < known[1] - RENEW_BEFORE:
            return known[0]
        return self.renew()

    def renew(self) -> str:
        """A new token for our secret."""
        with self._lock:
            secret = self._secret_file.read_text(encoding="utf-8").strip()
            body = self._ask("/v1/auth/token", {"store_id": self._store_id, "secret": secret})
            return self._keep(body)

    def look_up(self, path: str, **params: int) -> dict[str, Any]:
        """Ask for something about this store; raises `Outage` or `Rejected`."""
        headers = {"authorization": f"Bearer {self.token()}"}
        with outages():
            answer = self._http.get(path, params=params, headers=headers)
        return _understood(answer)

    def tell(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Post something about this store; raises `Outage` or `Rejected`."""
        return self._ask(path, body, self.token())

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def _keep(self, body: dict[str, Any]) -> str:
        token, expires_at = str(body["token"]), datetime.fromisoformat(body["expires_at"])
        self._token = (token, expires_at)
        return token

    def _ask(self, path: str, body: Mapping[str, Any], token: str = "") -> dict[str, Any]:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        with outages():
            answer = self._http.post(path, json=body, headers=headers)
        return _understood(answer)


class CountedClient(CourierClient):
    """The courier's client at head office; `sent` hears whether each batch got through."""

    def __init__(
        self,
        hq_url: str,
        access: HeadOfficeAccess,
        sent: Callable[[bool], None],
        ca_file: str | None,
        announce: Callable[[], ChainHead] | None = None,
    ) -> None:
        super().__init__(
            hq_url,
            access.token,
            HQ_PATHS,
            renew=access.renew,
            announce=announce,
            ca_file=ca_file,
            clock=access.clock,
        )
        self._sent = sent

    def post(self, from_position: int, texts: Sequence[str]) -> Verdict:
        """As `CourierClient.post`."""
        try:
            verdict = super().post(from_position, texts)
        except (Outage, Rejected):
            self._sent(False)
            raise
        self._sent(True)
        return verdict


class Uplink:
    """Runs beside the doors from `start` to `stop`; `applied` hears of a page of news after its commit,
    `told` every report of the link."""

    def __init__(
        self,
        *,
        engine: Engine,
        conninfo: str,
        access: HeadOfficeAccess,
        client: CourierClient,
        enrolment_code: str,
        store_id: str,
        clock: Callable[[], datetime],
        dice: Dice,
        applied: Callable[[NewsPage], None],
        link_policy: LinkPolicy,
        told: Callable[[LinkReport], None],
    ) -> None:
        self._engine = engine
        self.store_id = store_id
        self._conninfo = conninfo
        self.access = access
        self._client = client
        self._code = enrolment_code
        self._dice = dice
        self._stop = threading.Event()
        self._carrier = Carrier(
            engine=engine,
            tables=courier,
            client=client,
            clock=clock,
            dice=dice,
            apply=lambda tx, page: apply_news(tx, page, store_id, clock()),
            applied=applied,
            on_state=told,
            link_policy=link_policy,
            skew=lambda: client.skew_seconds,
            name="uplink",
        )
        self._threads = [
            threading.Thread(target=self._come_up, name="uplink-enrolment", daemon=True),
            threading.Thread(target=self._listen, name="uplink-listen", daemon=True),
        ]

    @property
    def report(self) -> LinkReport:
        """The link as it is now."""
        return self._carrier.report

    @property
    def skew_seconds(self) -> float | None:
        """How far head office's clock is ahead of ours; None: not known."""
        return self.report.skew_seconds

    def to_body(self) -> dict[str, object]:
        """The link for `GET /status`."""
        report = self.report
        return {
            "state": report.state.value,
            "since": report.since.isoformat(),
            "last_heard_at": report.last_heard_at.isoformat() if report.last_heard_at else None,
            "trouble": report.trouble if self.access.enrolled else "not-enrolled",
            "news_trouble": report.news_trouble,
            "clock_skew_seconds": report.skew_seconds,
        }

    def tell_enrolments(self) -> None:
        """Tell head office which tills have been enrolled; what it does not hear now it hears next time."""
        if not self.access.enrolled:
            return
        with self._engine.connect() as tx:
            enrolments = untold(tx)
        try:
            for enrolment in enrolments:
                self.access.tell(f"/v1/stores/{self.store_id}/terminals", enrolment)
                with self._engine.begin() as tx:
                    told(tx, enrolment)
        except (Outage, Rejected) as deaf:
            log.info("enrolments not told", error=str(deaf))

    def try_now(self) -> None:
        """End every back-off: the network is back, or a person says so."""
        self._carrier.try_now()

    def start(self) -> None:
        """Start; the hub need not wait for anything of it."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the threads, but do not wait long for an answer of head office that may never come."""
        self._stop.set()
        ending = threading.Thread(target=self._carrier.stop, name="uplink-stop", daemon=True)
        ending.start()
        ending.join(STOP_SECONDS)
        if not ending.is_alive():
            self._client.close()
            self.access.close()

    def _come_up(self) -> None:
        """Enrol if that is still to be done, for as long as it takes, then let the carrier run."""
        failures = 0
        if not self.access.enrolled and not self._code:
            log.error(
                "not enrolled at head office: set STOREHUB_ENROLMENT_CODE to a code it made, start again"
            )
            return
        while not self.access.enrolled and not self._stop.is_set():
            try:
                self.access.enrol(self._code)
                log.info("enrolled at head office")
            except Outage as outage:
                failures += 1
                log.warning(
                    "head office is away, the enrolment waits; the tills are served", reason=outage.reason
                )
            except Rejected as rejected:
                failures += 1
                log.exception(
                    "head office does not take the enrolment code: make a new one and start again",
                    code=rejected.code,
                )
            if not self.access.enrolled:
                self._stop.wait(wait_seconds(failures, self._dice, ENROLMENT_PACING))
        if not self._stop.is_set():
            self._carrier.start()

    def _listen(self) -> None:
        """Pass Postgres' notices on; the sender's own re-check makes up for any that is missed."""
        failures = 0
        while not self._stop.is_set():
            try:
                with psycopg.connect(self._conninfo, autocommit=True) as connection:
                    connection.execute(f"LISTEN {OUTBOX_CHANNEL}".encode())
                    failures = 0
                    self._carrier.facts_waiting()
                    while not self._stop.is_set():
                        for notice in connection.notifies(timeout=1.0, stop_after=1):
                            if notice.payload == TRY_NOW:
                                self._carrier.try_now()
                            self._carrier.facts_waiting()
            except psycopg.OperationalError as away:
                failures += 1
                log.info("outbox notices not heard", error=str(away).strip())
                self._stop.wait(wait_seconds(failures, self._dice, ENROLMENT_PACING))


def _understood(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        body = {}
    if 400 <= answer.status_code < 500 and answer.status_code not in (408, 425, 429):
        raise Rejected(answer.status_code, str(body.get("code", "")), str(body.get("detail", "")))
    if not answer.is_success or not isinstance(body, dict):
        raise Outage("server-error", str(answer.status_code))
    return body


def _keep_secret(file: Path, secret: str) -> None:
    """Keep the secret readable by its owner only, written whole or not at all."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.new")
    with suppress(FileNotFoundError):
        draft.unlink()
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(secret)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(file)
