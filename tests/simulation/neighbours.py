"""What stands around the chain: the customers' bank and the printers. Both are stand-ins."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from courier.outage import Outage
from storehub.gateways.port import GatewayState, GatewayStatus, PaymentRequest, QrCode
from storehub.printers.port import PrinterDown
from tests.simulation.clock import DAWN, Time

CODE_SECONDS = 60.0


@dataclass(slots=True)
class Money:
    """One request for money as the bank has it; `paid_at` in true seconds, None when nobody ever pays."""

    amount: int
    paid_at: float | None
    given_up: bool = False


class Bank:
    """A provider of QR payments (`storehub.gateways.port.Gateway`): some customers pay late, some never."""

    def __init__(self, time: Time, dice: random.Random) -> None:
        self._time = time
        self._dice = dice
        self.silent_until = 0.0
        self.late = False
        self.requests: dict[UUID, Money] = {}

    def create(self, request: PaymentRequest) -> QrCode:
        """The same request gives the same code."""
        self._answer()
        if request.payment_id not in self.requests:
            patience = self._dice.random()
            paid_at: float | None = self._time.seconds + 2 + 25 * self._dice.random()
            if self.late or patience < 0.2:
                paid_at = self._time.seconds + CODE_SECONDS * (0.8 + 4 * self._dice.random())
            elif patience > 0.85:
                paid_at = None
            self.requests[request.payment_id] = Money(request.amount, paid_at)
        expires_at = DAWN + timedelta(seconds=self._time.seconds + CODE_SECONDS)
        return QrCode(f"qr:{request.payment_id}", expires_at)

    def status(self, request: PaymentRequest) -> GatewayStatus:
        """CAPTURED from the moment the customer has paid."""
        self._answer()
        money = self.requests.get(request.payment_id)
        if money is None or money.given_up:
            return GatewayStatus(GatewayState.FAILED, failed_reason="given up")
        if money.paid_at is None or money.paid_at > self._time.seconds:
            overdue = money.paid_at is None and self._time.seconds > 600
            return GatewayStatus(GatewayState.FAILED if overdue else GatewayState.PENDING)
        captured_at = DAWN + timedelta(seconds=money.paid_at)
        return GatewayStatus(GatewayState.CAPTURED, f"bank-{str(request.payment_id)[-12:]}", captured_at)

    def cancel(self, request: PaymentRequest) -> GatewayStatus:
        """CAPTURED where the money was faster."""
        status = self.status(request)
        if status.state is GatewayState.PENDING:
            self.requests[request.payment_id].given_up = True
            return GatewayStatus(GatewayState.FAILED, failed_reason="given up")
        return status

    def captured(self) -> dict[UUID, int]:
        """The money that has come, by payment."""
        return {
            payment_id: money.amount
            for payment_id, money in self.requests.items()
            if not money.given_up and money.paid_at is not None and money.paid_at <= self._time.seconds
        }

    def _answer(self) -> None:
        if self._time.seconds < self.silent_until:
            raise Outage("timeout", "the bank is silent")


class Paper:
    """A receipt printer (`storehub.printers.port.Printer`) that can be off or die in mid-receipt."""

    name = "paper"

    def __init__(self, time: Time) -> None:
        self._time = time
        self.off_until = 0.0
        self.dies_in_receipt = False
        self.printed: list[bytes] = []

    def deliver(self, data: bytes, before_sending: Callable[[], None], *, needs_paper: bool = True) -> None:
        """Print one receipt; raises `PrinterDown`."""
        if self._time.seconds < self.off_until:
            raise PrinterDown("unreachable", "off")
        before_sending()
        if self.dies_in_receipt:
            self.dies_in_receipt = False
            raise PrinterDown("cut-off", "in the middle")
        self.printed.append(data)
