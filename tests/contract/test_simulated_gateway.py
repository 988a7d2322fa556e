"""The simulated provider keeps the contract, and its own written rules."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from storehub.gateways.port import Gateway, GatewayState, PaymentRequest
from storehub.gateways.simulated import SimulatedGateway
from tests.contract.gateway import ASKED_AT, GatewayContract, request


class Clock:
    """Stands still until it is told to move."""

    def __init__(self) -> None:
        self.at = ASKED_AT

    def __call__(self) -> datetime:
        return self.at

    def after(self, seconds: float) -> None:
        self.at = ASKED_AT + timedelta(seconds=seconds)


def simulated(clock: Clock, capture_seconds: float = 2) -> SimulatedGateway:
    return SimulatedGateway(clock, timedelta(seconds=capture_seconds))


class TestSimulatedGateway(GatewayContract):
    @pytest.fixture
    def gateway(self) -> Gateway:
        self.clock = Clock()
        self.simulated = simulated(self.clock)
        return self.simulated

    def the_customer_pays(self, asked: PaymentRequest) -> None:
        self.clock.after(seconds=2)

    def the_customer_is_declined(self) -> PaymentRequest:
        declined = request(9, amount=55_013)
        self.simulated.create(declined)
        self.clock.after(seconds=2)
        return declined


@pytest.mark.parametrize("payment_method", ["QR_VNPAY", "QR_MOMO", "QR_VIETQR"])
def test_every_qr_method_is_captured_after_its_seconds_and_not_before(payment_method: str) -> None:
    clock = Clock()
    gateway, asked = simulated(clock, capture_seconds=7), request(payment_method=payment_method)
    clock.after(seconds=6.999)
    assert gateway.status(asked).state is GatewayState.PENDING
    clock.after(seconds=7)
    status = gateway.status(asked)
    assert (status.state, status.captured_at) == (GatewayState.CAPTURED, ASKED_AT + timedelta(seconds=7))


def test_a_hub_that_started_again_hears_the_same_about_a_payment() -> None:
    clock = Clock()
    clock.after(seconds=30)
    assert simulated(clock).status(request()) == simulated(clock).status(request())


def test_a_code_that_is_never_paid_expires() -> None:
    clock = Clock()
    gateway = simulated(clock, capture_seconds=100_000)
    expires_at = gateway.create(request()).expires_at
    clock.at = expires_at - timedelta(milliseconds=1)
    assert gateway.status(request()).state is GatewayState.PENDING
    clock.at = expires_at
    assert (gateway.status(request()).state, gateway.status(request()).failed_reason) == (
        GatewayState.FAILED,
        "expired",
    )


def test_nobody_can_take_its_code_for_a_real_one() -> None:
    text = simulated(Clock()).create(request(amount=55_000)).text
    assert "SIMULATED" in text
    assert "55000 VND" in text
    assert "://" not in text, "no phone opens a page or a wallet for it"
