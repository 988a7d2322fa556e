"""The till's own words with its hub: enrolment, tokens, QR payments and vouchers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx
import orjson

from courier.client import http_client, outages
from courier.envelope import FIRST_HASH
from courier.outage import Outage, Rejected
from courier.verdict import Verdict
from retail.voucher import VoucherUsed
from terminal.hub_baskets import BasketWords
from terminal.hub_orphans import OrphansAtHub
from terminal.hub_sales import SalesAtHub, understood
from terminal.till.enrolment import Enrolment, EnrolmentRefused
from terminal.till.old_disk import Place
from terminal.till.qr import PaymentRefused, QrCode, QrProgress, QrStatus
from terminal.till_status import TillStatus

TIMEOUT_SECONDS = 5.0
"""A cashier and a customer are waiting."""

STATUS = {
    "PENDING": QrStatus.PENDING,
    "CAPTURED": QrStatus.CAPTURED,
    "FAILED": QrStatus.FAILED,
    "CANCELLED": QrStatus.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token and when it ends."""

    text: str
    expires_at: datetime


class HubClient(SalesAtHub, BasketWords, OrphansAtHub):
    """The hub over HTTP, for any thread. Calls raise `Outage`, or a refusal where the hub says no."""

    def __init__(
        self,
        base_url: str,
        *,
        clock: Callable[[], datetime],
        ca_file: str | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        """Raises ValueError for plain HTTP to another machine."""
        self._http = http_client(base_url, timeout_seconds, ca_file)
        self._clock = clock
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._enrolment: Enrolment | None = None
        self._replaced = False
        self._sequence: Callable[[], int] | None = None
        self._placed: Callable[[Place], object] | None = None

    @property
    def replaced(self) -> bool:
        """Whether the hub knows our secret no longer: another machine was enrolled in this till's place."""
        return self._replaced

    def enrol(
        self,
        enrolment_code: str,
        *,
        sequence: int | None = None,
        last_receipt: int = 0,
        expected: str = "",
    ) -> Enrolment:
        """Become a till of this hub; raises `EnrolmentRefused` when the code is wrong, used or too old.

        `sequence`: where the journal ends that we have, None for none; `last_receipt`: the number on the
        last receipt of this till that anybody has seen, when its disk was lost; `expected`: the origin that
        we are and stay: the code of another till is not used.
        """
        said: dict[str, Any] = {"enrolment_code": enrolment_code}
        said |= {"sequence": sequence} if sequence is not None else {}
        said |= {"last_receipt": last_receipt} if last_receipt else {}
        said |= {"expected": expected} if expected else {}
        try:
            body = self._post("/api/v1/enrolments", said)
        except Rejected as rejected:
            raise EnrolmentRefused(reason=rejected.code) from rejected
        with understood():
            enrolment = Enrolment(
                body["store_id"],
                body["terminal_id"],
                body["secret"],
                sequence=int(body.get("sequence", 0)),
                hash=str(body.get("hash", FIRST_HASH)),
                missing=tuple((int(first), int(last)) for first, last in body.get("missing", ())),
            )
            self._keep(body)
        self.be(enrolment)
        return enrolment

    def be(self, enrolment: Enrolment) -> None:
        """Speak as this till from now on."""
        self._enrolment = enrolment

    def tell_place(self, sequence: Callable[[], int], placed: Callable[[Place], object]) -> None:
        """Say with every token where the journal ends, and hear how far the hub is with it."""
        self._sequence, self._placed = sequence, placed

    def token(self) -> str:
        """A token that is good now; raises `Outage` or `Rejected` when a new one is needed and not given."""
        token = self._token
        if token is None or self._clock() >= token.expires_at:
            return self.renew(token.text if token else "")
        return token.text

    def renew(self, stale: str | None = None) -> str:
        """A new token for our secret, unless another thread has fetched one while we waited."""
        with self._lock:
            if stale is not None and self._token is not None and self._token.text != stale:
                return self._token.text
            body = self._ask_for_token()
            with understood():
                place = Place.from_body(body["chain"]) if "chain" in body else None
                token = self._keep(body).text
            # Before any other thread goes on with the token: a sender must not ask from an old place.
            if place is not None and self._placed is not None:
                self._placed(place)
        return token

    def _ask_for_token(self) -> Any:
        assert self._enrolment is not None, "only an enrolled till speaks to its hub"
        said: dict[str, Any] = {"terminal_id": self._enrolment.terminal_id, "secret": self._enrolment.secret}
        if self._sequence is not None:
            said["sequence"] = self._sequence()
        try:
            body = self._post("/api/v1/auth/token", said)
        except Rejected as rejected:
            self._replaced = rejected.code == "terminal-not-known"
            raise
        self._replaced = False
        return body

    def ask(self, payment_id: UUID, sale_id: UUID, payment_method: str, amount: int) -> QrCode:
        """A QR code over an amount (minor units); the same `payment_id` gives the same code."""
        body = self._authorised(
            "POST",
            "/api/v1/payments",
            {
                "payment_id": str(payment_id),
                "transaction_id": str(sale_id),
                "payment_method": payment_method,
                "amount": amount,
            },
        )
        with understood():
            return QrCode(body["qr_text"], datetime.fromisoformat(body["expires_at"]))

    def status(self, payment_id: UUID) -> QrProgress:
        """Where the payment stands."""
        return self._progress("GET", f"/api/v1/payments/{payment_id}/status")

    def cancel(self, payment_id: UUID) -> QrProgress:
        """Give the payment up; CAPTURED when the customer was quicker."""
        return self._progress("POST", f"/api/v1/payments/{payment_id}/cancel")

    def claim_voucher(self, code: str, sale_id: UUID) -> None:
        """Keep a voucher for this sale; raises `VoucherUsed`. A hub that has not heard of it yet says nothing
        against it."""
        try:
            self.entitled("PUT", _claim_path(code, sale_id))
        except Rejected as rejected:
            if rejected.code == VoucherUsed.code:
                raise VoucherUsed(voucher=code) from rejected

    def release_voucher(self, code: str, sale_id: UUID) -> None:
        """The sale goes on without the voucher."""
        with suppress(Rejected):
            self.entitled("DELETE", _claim_path(code, sale_id))

    def till_status(self) -> TillStatus:
        """How head office and the store's printer are; raises `Outage` or `Rejected`."""
        body = self.entitled("GET", "/api/v1/till-status")
        with understood():
            return TillStatus.from_body(body, self._clock())

    def print_now(self) -> None:
        """Have the receipts printed that wait; raises `Outage` or `Rejected`."""
        self.entitled("POST", "/api/v1/printer/try-now")

    def print_report(self, shift_id: UUID, kind: str, *, blind: bool) -> None:
        """Print the X or Z (`kind`) of a shift, a `blind` X without what tells what to count.

        Raises `Outage` or `Rejected`.
        """
        self.entitled("POST", f"/api/v1/shifts/{shift_id}/print", {"report": kind, "blind": blind})

    def open_shift_facts(self, after: int) -> list[str]:
        """See `terminal.till.inheritance.ShiftsDoor`."""
        try:
            answer = self.entitled("GET", f"/api/v1/shifts/open/facts?after={after}")
        except Rejected as rejected:
            if rejected.status != 404:
                raise
            return []  # a hub of before there was this door
        with understood():
            return [str(text) for text in answer["facts"]]

    def hand_in(self, texts: Sequence[str]) -> Verdict:
        """Bring facts off an old disk of this till; what the hub cannot place it keeps for a person."""
        path, token = "/api/v1/envelopes/late", self.token()
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        with outages():
            answer = self._http.post(path, content=f'{{"events":[{",".join(texts)}]}}', headers=headers)
        with understood():
            return Verdict.from_body(_answered(answer))

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def _progress(self, method: str, path: str) -> QrProgress:
        try:
            body = self._authorised(method, path)
        except PaymentRefused as refused:
            if refused.detail["status"] == 404:
                return QrProgress(QrStatus.NOT_KNOWN)
            raise
        with understood():
            return QrProgress(STATUS.get(body["status"], QrStatus.UNKNOWN), body.get("provider_txn_id"))

    def _authorised(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        try:
            return self.entitled(method, path, body)
        except Rejected as rejected:
            raise PaymentRefused(reason=rejected.code, status=rejected.status) from rejected

    def entitled(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The answer to this till's own token, renewed once when the hub turns it down; raises `Rejected`."""
        token = self.token()
        try:
            return self._ask(method, path, body, token)
        except Rejected as rejected:
            if rejected.status != 401:
                raise
        return self._ask(method, path, body, self.renew(token))

    def _post(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._ask("POST", path, body, None)

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None, token: str | None) -> Any:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        with outages():
            answer = self._http.request(method, path, json=body, headers=headers)
        return _answered(answer)

    def _keep(self, body: Mapping[str, Any]) -> Token:
        self._token = Token(body["token"], datetime.fromisoformat(body["expires_at"]))
        return self._token


def _answered(answer: httpx.Response) -> Any:
    if 400 <= answer.status_code < 500:
        raise Rejected(answer.status_code, _code_of(answer.content))
    if not answer.is_success:
        raise Outage("server-error", str(answer.status_code))
    if not answer.content:
        return None
    with understood():
        return orjson.loads(answer.content)


def _claim_path(code: str, sale_id: UUID) -> str:
    return f"/api/v1/vouchers/{quote(code, safe='')}/claims/{sale_id}"


def _code_of(content: bytes) -> str:
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:
        return ""
    return str(body.get("code", "")) if isinstance(body, dict) else ""
