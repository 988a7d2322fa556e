"""What every payment gateway must do. An adapter's tests subclass this and give it a provider to talk to.

See `storehub.gateways.port`. `patience` lets the provider's own clock run.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from retail.payment import UnknownPaymentMethod
from storehub.gateways.port import Gateway, GatewayState, PaymentRequest

ASKED_AT = datetime(2026, 11, 20, 7, 5, tzinfo=UTC)


def request(number: int = 1, amount: int = 55_000, payment_method: str = "QR_VNPAY") -> PaymentRequest:
    """A request that differs from the others by its number."""
    return PaymentRequest(UUID(int=number), UUID(int=1000 + number), payment_method, amount, "VND", ASKED_AT)


class GatewayContract(ABC):
    """Tests that hold for any provider."""

    payment_method = "QR_VNPAY"

    @pytest.fixture
    @abstractmethod
    def gateway(self) -> Gateway:
        """A gateway whose provider has heard of no request yet."""

    @abstractmethod
    def the_customer_pays(self, asked: PaymentRequest) -> None:
        """Have the provider receive the money."""

    @abstractmethod
    def the_customer_is_declined(self) -> PaymentRequest:
        """A request that the provider will turn down, and has by now (create it first)."""

    def asked(self, number: int = 1) -> PaymentRequest:
        return request(number, payment_method=self.payment_method)

    def test_a_new_request_gives_a_code_that_can_be_paid_for_a_while(self, gateway: Gateway) -> None:
        code = gateway.create(self.asked())
        assert code.text
        assert code.expires_at >= ASKED_AT + timedelta(minutes=1)
        assert gateway.status(self.asked()).state is GatewayState.PENDING

    def test_asking_twice_for_the_same_payment_asks_for_the_money_once(self, gateway: Gateway) -> None:
        assert gateway.create(self.asked()) == gateway.create(self.asked())

    def test_two_payments_have_two_codes(self, gateway: Gateway) -> None:
        assert gateway.create(self.asked(1)).text != gateway.create(self.asked(2)).text

    def test_paid_money_is_captured_with_the_providers_number_and_moment(self, gateway: Gateway) -> None:
        gateway.create(self.asked())
        self.the_customer_pays(self.asked())
        status = gateway.status(self.asked())
        assert status.state is GatewayState.CAPTURED
        assert status.provider_txn_id
        assert status.captured_at is not None
        assert status.captured_at.tzinfo is not None
        assert gateway.status(self.asked()) == status, "a captured payment stays as it is"

    def test_two_captured_payments_have_two_numbers(self, gateway: Gateway) -> None:
        for number in (1, 2):
            gateway.create(self.asked(number))
            self.the_customer_pays(self.asked(number))
        first, second = (gateway.status(self.asked(number)).provider_txn_id for number in (1, 2))
        assert first != second

    def test_a_declined_payment_has_failed_for_good(self, gateway: Gateway) -> None:
        declined = self.the_customer_is_declined()
        status = gateway.status(declined)
        assert status.state is GatewayState.FAILED
        assert status.failed_reason
        assert status.provider_txn_id is None

    def test_a_cancelled_request_takes_no_money_any_more(self, gateway: Gateway) -> None:
        gateway.create(self.asked())
        assert gateway.cancel(self.asked()).state is GatewayState.FAILED
        self.the_customer_pays(self.asked())
        assert gateway.status(self.asked()).state is GatewayState.FAILED

    def test_cancelling_twice_is_cancelling_once(self, gateway: Gateway) -> None:
        gateway.create(self.asked())
        assert gateway.cancel(self.asked()) == gateway.cancel(self.asked())

    def test_money_that_was_faster_than_the_cancelling_is_not_lost(self, gateway: Gateway) -> None:
        gateway.create(self.asked())
        self.the_customer_pays(self.asked())
        assert gateway.cancel(self.asked()).state is GatewayState.CAPTURED
        assert gateway.status(self.asked()).state is GatewayState.CAPTURED

    def test_cancelling_one_request_leaves_the_others_alone(self, gateway: Gateway) -> None:
        gateway.create(self.asked(1))
        gateway.create(self.asked(2))
        gateway.cancel(self.asked(1))
        assert gateway.status(self.asked(2)).state is GatewayState.PENDING

    def test_cash_is_none_of_its_business(self, gateway: Gateway) -> None:
        with pytest.raises(UnknownPaymentMethod):
            gateway.create(request(payment_method="CASH"))
