"""The clients of the chain over the simulated network: what is a request on the wire there is one here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import orjson

from courier.beginning import Beginning
from courier.chain import ChainHead, header_of
from courier.news import NewsPage
from courier.outage import Outage
from courier.verdict import Verdict
from terminal.hub_baskets import BasketWords
from terminal.hub_orphans import OrphansAtHub
from terminal.till.qr import QrCode, QrProgress, QrStatus
from tests.simulation.network import Link, Network

if TYPE_CHECKING:
    from tests.simulation.hub import HubBox
    from tests.simulation.office import Office


class Upward:
    """`courier.remote.Remote` for one pipe: the side above is a hub or head office."""

    def __init__(
        self,
        network: Network,
        link: Link,
        above: HubBox | Office,
        pipe: str,
        announce: Callable[[], ChainHead],
        come_in: Callable[[], None] = lambda: None,
    ) -> None:
        """`come_in` is called before a request that wants a token."""
        self._come_in = come_in
        self._network = network
        self._link = link
        self._above = above
        self._pipe = pipe
        self._announce = announce

    def post(self, from_position: int, texts: Sequence[str]) -> Verdict:
        """Send sealed envelopes."""
        self._come_in()
        events = b",".join(text.encode() for text in texts)
        head = header_of(self._announce()).encode()
        request = b'{"from_position":%d,"head":"%b","events":[%b]}' % (from_position, head, events)
        return Verdict.from_body(self._call(request, self._posted))

    def cursor(self) -> int:
        """The position at which it wants us to go on."""
        self._come_in()
        request = orjson.dumps({"head": header_of(self._announce())})
        return int(self._call(request, self._asked)["next_position"])

    def begin(self, beginning: Beginning) -> int:
        """This disk has nothing before this."""
        self._come_in()
        request = orjson.dumps(beginning.to_body())
        return int(self._call(request, lambda body: self._above.begin(self._pipe, body))["next_position"])

    def news(self, after: int) -> NewsPage:
        """A page of news."""
        self._come_in()
        request = orjson.dumps({"after": after})
        return NewsPage.from_body(self._call(request, lambda body: self._above.news(self._pipe, body)))

    def ping(self) -> None:
        """Return when it is ready."""
        self._call(b"{}", lambda _: {})

    def pokes(self) -> Iterator[str]:
        """Pokes come by `Network.poke`."""
        return iter(())

    def hang_up(self) -> None:
        """There is no stream to end."""

    def enrol(self, code: int, last_receipt: int) -> dict[str, Any]:
        """A new machine in the till's place: where it goes on."""
        request = orjson.dumps({"code": code, "last_receipt": last_receipt})
        hub = cast("HubBox", self._above)
        return self._call(request, lambda body: hub.enrol(self._pipe, body))

    def place(self) -> dict[str, Any]:
        """How far the hub is with this till, as it says with a token."""
        hub = cast("HubBox", self._above)
        return self._call(b"{}", lambda _: hub.place(self._pipe))

    def look_up(self, handler: Callable[[Any], Mapping[str, Any]], after: int = 0) -> dict[str, Any]:
        """What a hub that takes a lost one's place asks head office."""
        return self._call(orjson.dumps({"after": after}), handler)

    def _posted(self, body: Any) -> Mapping[str, Any]:
        verdict = self._above.take(self._pipe, body)
        self._above.heard(self._pipe, body["head"])
        return verdict

    def _asked(self, body: Any) -> Mapping[str, Any]:
        self._above.heard(self._pipe, body["head"])
        return self._above.position(self._pipe)

    def _call(self, request: bytes, handler: Callable[[Any], Mapping[str, Any]]) -> dict[str, Any]:
        answer: dict[str, Any] = orjson.loads(
            self._network.call(
                self._link, self._above, request, lambda body: orjson.dumps(handler(orjson.loads(body)))
            )
        )
        return answer


class QrDoor(BasketWords, OrphansAtHub):
    """The hub's payments over the network; nobody has a voucher or parks a basket in these worlds."""

    def entitled(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        raise Outage("unreachable", f"{method} {path}")

    def __init__(self, network: Network, link: Link, hub: HubBox, terminal_id: str) -> None:
        self._network = network
        self._link = link
        self._hub = hub
        self._terminal_id = terminal_id

    def ask(self, payment_id: UUID, sale_id: UUID, payment_method: str, amount: int) -> QrCode:
        """A QR code over an amount (minor units)."""
        answer = self._call(
            self._hub.money.ask,
            {
                "payment_id": str(payment_id),
                "transaction_id": str(sale_id),
                "terminal_id": self._terminal_id,
                "payment_method": payment_method,
                "amount": amount,
            },
        )
        return QrCode(answer["qr_text"], datetime.fromisoformat(answer["expires_at"]))

    def print_report(self, shift_id: UUID, kind: str, *, blind: bool) -> None:
        """There is no printer in these worlds."""
        raise Outage("no-printer")

    def status(self, payment_id: UUID) -> QrProgress:
        """Where the payment stands."""
        return self._progress(self._hub.money.status, payment_id)

    def cancel(self, payment_id: UUID) -> QrProgress:
        """Give the payment up."""
        return self._progress(self._hub.money.cancel, payment_id)

    def claim_voucher(self, code: str, sale_id: UUID) -> None:
        """Nobody asks."""
        raise AssertionError(f"{sale_id} has a voucher {code}")

    def release_voucher(self, code: str, sale_id: UUID) -> None:
        """Nobody asks."""
        raise AssertionError(f"{sale_id} has a voucher {code}")

    def _progress(self, door: Callable[[Any], Mapping[str, Any]], payment_id: UUID) -> QrProgress:
        answer = self._call(door, {"payment_id": str(payment_id)})
        return QrProgress(QrStatus(answer["status"]), answer.get("provider_txn_id"))

    def _call(self, door: Callable[[Any], Mapping[str, Any]], body: Mapping[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = orjson.loads(
            self._network.call(
                self._link, self._hub, orjson.dumps(body), lambda got: orjson.dumps(door(orjson.loads(got)))
            )
        )
        if "outage" in answer:
            raise Outage("server-error", answer["outage"])
        return answer
