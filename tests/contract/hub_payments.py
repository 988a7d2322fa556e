"""What every hub must do for a till's QR payments (`terminal.payment.port.HubPayments`).

The tests of the real client and of the toy that screens are tested with both subclass this.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from uuid import UUID

import pytest

from courier.outage import Outage
from terminal.payment.port import HubPayments
from terminal.till.qr import PaymentRefused, QrProgress, QrStatus

PAYMENT, OTHER_PAYMENT, SALE = UUID(int=1), UUID(int=2), UUID(int=9)
METHOD = "QR_VNPAY"


class HubPaymentsContract(ABC):
    """Tests that hold for any hub."""

    @pytest.fixture
    @abstractmethod
    def hub(self) -> HubPayments:
        """A hub that has heard of no payment yet and takes `QR_VNPAY` only."""

    @abstractmethod
    def the_customer_pays(self) -> None:
        """Have the provider receive the money of every open payment."""

    @abstractmethod
    def the_cable_is_pulled(self) -> None:
        """Nobody can reach the hub any more."""

    def test_asking_gives_a_code_with_an_end(self, hub: HubPayments) -> None:
        code = hub.ask(PAYMENT, SALE, METHOD, 55_000)
        assert code.text
        assert code.expires_at.tzinfo is not None

    def test_asking_twice_for_the_same_payment_gives_the_same_code(self, hub: HubPayments) -> None:
        assert hub.ask(PAYMENT, SALE, METHOD, 55_000) == hub.ask(PAYMENT, SALE, METHOD, 55_000)

    def test_a_payment_is_pending_until_the_customer_pays(self, hub: HubPayments) -> None:
        hub.ask(PAYMENT, SALE, METHOD, 55_000)
        assert hub.status(PAYMENT) == QrProgress(QrStatus.PENDING)
        self.the_customer_pays()
        captured = hub.status(PAYMENT)
        assert captured.status is QrStatus.CAPTURED
        assert captured.provider_txn_id

    def test_a_pending_payment_can_be_cancelled(self, hub: HubPayments) -> None:
        hub.ask(PAYMENT, SALE, METHOD, 55_000)
        assert hub.cancel(PAYMENT).status is QrStatus.CANCELLED

    def test_a_customer_can_be_quicker_than_a_cancel(self, hub: HubPayments) -> None:
        hub.ask(PAYMENT, SALE, METHOD, 55_000)
        self.the_customer_pays()
        assert hub.cancel(PAYMENT).status is QrStatus.CAPTURED

    def test_a_payment_nobody_asked_for_is_not_known(self, hub: HubPayments) -> None:
        assert hub.status(OTHER_PAYMENT).status is QrStatus.NOT_KNOWN
        assert hub.cancel(OTHER_PAYMENT).status is QrStatus.NOT_KNOWN

    def test_a_method_the_store_does_not_take_is_refused(self, hub: HubPayments) -> None:
        with pytest.raises(PaymentRefused):
            hub.ask(PAYMENT, SALE, "QR_MOMO", 55_000)

    def test_a_pulled_cable_is_an_outage(self, hub: HubPayments) -> None:
        self.the_cable_is_pulled()
        with pytest.raises(Outage):
            hub.ask(PAYMENT, SALE, METHOD, 55_000)
        with pytest.raises(Outage):
            hub.status(PAYMENT)
