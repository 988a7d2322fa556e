"""A payment provider without money, for the demo, for training and for tests.

Every request is captured `capture_after` its `requested_at`, but an amount that ends in 13 fails then: so
both endings can be shown on purpose. What it answers follows from the request and the clock, so it survives
a restart of the hub; only cancellations are forgotten, as the hub keeps those itself. The code's text names
no bank and no wallet: nobody can pay it by mistake.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from retail.payment import QR_METHODS, UnknownPaymentMethod
from storehub.gateways.port import GatewayState, GatewayStatus, PaymentRequest, QrCode

VALID_FOR = timedelta(minutes=5)
"""How long a code can be paid; the shortest any of the real providers asks for."""

UNLUCKY = 13
"""Amounts that end in these two digits fail."""


class SimulatedGateway:
    """Captures by itself; see the module's text for its rules. Safe for several threads."""

    def __init__(
        self, clock: Callable[[], datetime], capture_after: timedelta, valid_for: timedelta = VALID_FOR
    ) -> None:
        self._clock = clock
        self._capture_after = capture_after
        self._valid_for = valid_for
        self._cancelled: set[UUID] = set()
        self._lock = threading.Lock()

    def create(self, request: PaymentRequest) -> QrCode:
        """A code that says what it is; raises `UnknownPaymentMethod` for anything but a QR method."""
        provider = _provider(request)
        text = (
            f"EVEROPEN SIMULATED PAYMENT {provider} {request.amount} {request.currency} {request.payment_id}"
        )
        return QrCode(text, request.requested_at + self._valid_for)

    def status(self, request: PaymentRequest) -> GatewayStatus:
        """What the clock has made of the request by now."""
        with self._lock:
            return self._status(request)

    def cancel(self, request: PaymentRequest) -> GatewayStatus:
        """Give it up, unless it is captured already."""
        with self._lock:
            if self._status(request).state is GatewayState.PENDING:
                self._cancelled.add(request.payment_id)
            return self._status(request)

    def _status(self, request: PaymentRequest) -> GatewayStatus:
        provider = _provider(request)
        if request.payment_id in self._cancelled:
            return GatewayStatus(GatewayState.FAILED, failed_reason="cancelled")
        now, decided_at = self._clock(), request.requested_at + self._capture_after
        if self._capture_after >= self._valid_for and now >= request.requested_at + self._valid_for:
            return GatewayStatus(GatewayState.FAILED, failed_reason="expired")
        if now < decided_at:
            return GatewayStatus(GatewayState.PENDING)
        if request.amount % 100 == UNLUCKY:
            return GatewayStatus(GatewayState.FAILED, failed_reason="declined")
        return GatewayStatus(GatewayState.CAPTURED, f"{provider}_{request.payment_id.hex}", decided_at)


def _provider(request: PaymentRequest) -> str:
    try:
        return QR_METHODS[request.payment_method]
    except KeyError:
        raise UnknownPaymentMethod(payment_method=request.payment_method) from None
