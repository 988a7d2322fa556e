"""The hub's payments without HTTP: what the doors do, on the hub's disk and with its bank."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from courier.outage import Outage
from storehub.api.hub import Hub
from storehub.api.money import refreshed, settled
from storehub.clockwork import FOLLOWED_AFTER
from storehub.gateways.port import GatewayState
from storehub.payments import commands as payments
from storehub.payments.orphans import Orphan, orphans, settle
from storehub.payments.queries import Ask, ask_of, known_ask, pending_apart
from storehub.payments.tables import RequestState

if TYPE_CHECKING:
    from tests.simulation.hub import HubBox


class Money:
    """Requests for money at one hub. Doors take and give parsed bodies."""

    def __init__(self, hub: HubBox) -> None:
        self._hub = hub
        self._asked = False

    def ask(self, body: Any) -> dict[str, Any]:
        """`POST /api/v1/payments`: stored before the bank hears of it."""
        self._asked = True
        payment_id = UUID(body["payment_id"])
        with self._hub.disk.engine.begin() as tx:
            request = payments.ask(
                tx,
                payment_id=payment_id,
                transaction_id=UUID(body["transaction_id"]),
                terminal_id=body["terminal_id"],
                payment_method=body["payment_method"],
                amount=body["amount"],
                currency="VND",
                at=self._hub.clock(),
            )
        if request.state is RequestState.PENDING and request.qr_text is None:
            try:
                code = self._hub.bank.create(request.for_gateway)
            except Outage as silent:
                return {"outage": str(silent)}
            with self._hub.disk.engine.begin() as tx:
                request = payments.keep_code(tx, payment_id, code)
        expires_at = request.expires_at.isoformat() if request.expires_at else self._hub.clock().isoformat()
        return {"qr_text": request.qr_text or "", "expires_at": expires_at}

    def status(self, body: Any) -> dict[str, Any]:
        """`GET /api/v1/payments/{id}/status`."""
        with self._hub.disk.engine.connect() as tx:
            request = known_ask(tx, UUID(body["payment_id"]))
        if request is None:
            return {"status": "NOT_KNOWN"}
        if request.state is RequestState.PENDING:
            request = self._refreshed(request)
        return {"status": request.state.value, "provider_txn_id": request.provider_txn_id}

    def cancel(self, body: Any) -> dict[str, Any]:
        """`POST /api/v1/payments/{id}/cancel`."""
        payment_id = UUID(body["payment_id"])
        with self._hub.disk.engine.connect() as tx:
            request = known_ask(tx, payment_id)
        if request is None:
            return {"status": "NOT_KNOWN"}
        if request.state is RequestState.PENDING:
            try:
                status = self._hub.bank.cancel(request.for_gateway)
            except Outage as silent:
                return {"outage": str(silent)}
            if status.state is GatewayState.CAPTURED:
                settled(self._parts(), request, status)
            else:
                with self._hub.disk.engine.begin() as tx:
                    payments.cancel(tx, payment_id, sale_state=None)
        with self._hub.disk.engine.connect() as tx:
            request = ask_of(tx, payment_id)
        if request.state is RequestState.CAPTURED:
            self._hub.facts_waiting()
        return {"status": request.state.value, "provider_txn_id": request.provider_txn_id}

    def _refreshed(self, request: Ask) -> Ask:
        after = refreshed(self._parts(), request)
        if after.state is RequestState.CAPTURED:
            self._hub.facts_waiting()
        return after

    def _parts(self) -> Hub:
        """As much of the hub's parts as the production functions of payments look at."""
        unused = cast("Any", None)
        return Hub(
            store_id=self._hub.store_id,
            engine=self._hub.disk.engine,
            clock=self._hub.clock,
            new_id=self._hub.new_id,
            new_secret=unused,
            mint=unused,
            gate=unused,
            gateway=self._hub.bank,
            pokes=unused,
            metrics=unused,
            promotions=unused,
            printing=unused,
            link=unused,
        )

    def follow(self) -> None:
        """What the clockwork does, where anybody has ever asked for money."""
        if not self._asked:
            return
        with self._hub.disk.engine.connect() as tx:
            pending = pending_apart(tx, self._hub.clock(), FOLLOWED_AFTER)
        for request in pending:
            self._hub.patiently(lambda request=request: self._refreshed(request))

    def settle_late_money(self) -> None:
        """A manager gives money back that came late and is nobody's: its customer paid otherwise, or left."""
        if not self._asked:
            return
        with self._hub.disk.engine.connect() as tx:
            late = orphans(tx, self._hub.clock())
        for orphan in late:
            if not self._is_wanted(orphan):
                self._hub.patiently(lambda orphan=orphan: self._give_back(orphan))

    def _is_wanted(self, orphan: Orphan) -> bool:
        """Whether its customer is still at the counter, or a sale that is on the way has it."""
        truth = self._hub.world.truth
        for till in (till for till in self._hub.world.tills if till.hub is self._hub):
            if till.customer is not None and till.customer.sale_id == orphan.transaction_id:
                return True
            tenders = (tender for sale in truth.sales(till.name).values() for tender in sale.tenders)
            if orphan.payment_id in {tender.payment_id for tender in tenders}:
                return True
        return False

    def _give_back(self, orphan: Orphan) -> None:
        with self._hub.disk.engine.begin() as tx:
            settle(
                tx,
                orphan.payment_id,
                store_id=self._hub.store_id,
                event_id=self._hub.new_id(),
                word="given back",
                settled_by="MANAGER_001",
                approved_by=None,
                at=self._hub.clock(),
            )
        self._hub.facts_waiting()
