"""A hub in memory for QR payments and vouchers, held to the same contracts as the real one."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from uuid import UUID

from courier.outage import Outage
from retail.voucher import VoucherUsed
from terminal.till.qr import PaymentRefused, QrCode, QrProgress, QrStatus

METHODS = ("QR_VIETQR", "QR_MOMO", "QR_VNPAY")
LIFE = timedelta(minutes=5)


class ToyHub:
    """Answers as the test decides; `away` is a pulled cable."""

    def __init__(self, clock: Callable[[], datetime], methods: Collection[str] = METHODS) -> None:
        self._clock = clock
        self._methods = methods
        self.codes: dict[UUID, QrCode] = {}
        self.progress: dict[UUID, QrProgress] = {}
        self.claims: dict[str, UUID] = {}
        self.away = False

    def pay(self) -> None:
        """The customer pays whatever is open."""
        for payment_id, progress in self.progress.items():
            if progress.status is QrStatus.PENDING:
                self.progress[payment_id] = QrProgress(QrStatus.CAPTURED, f"TOY-{payment_id.int % 10_000}")

    def decline(self) -> None:
        """The provider turns down whatever is open."""
        for payment_id in self.progress:
            self.progress[payment_id] = QrProgress(QrStatus.FAILED)

    def ask(self, payment_id: UUID, sale_id: UUID, payment_method: str, amount: int) -> QrCode:
        self._reach()
        if payment_method not in self._methods:
            raise PaymentRefused(reason="unknown-payment-method", status=422)
        if payment_id not in self.codes:
            account = f"{payment_id.int % 10**13:013d}"
            text = f"00020101021238570010A000000727012700069704360113{account}520454115303704{amount}5802VN"
            self.codes[payment_id] = QrCode(text, self._clock() + LIFE)
            self.progress[payment_id] = QrProgress(QrStatus.PENDING)
        return self.codes[payment_id]

    def status(self, payment_id: UUID) -> QrProgress:
        self._reach()
        return self.progress.get(payment_id, QrProgress(QrStatus.FAILED))

    def cancel(self, payment_id: UUID) -> QrProgress:
        self._reach()
        if self.progress[payment_id].status is QrStatus.PENDING:
            self.progress[payment_id] = QrProgress(QrStatus.CANCELLED)
        return self.progress[payment_id]

    def claim_voucher(self, code: str, sale_id: UUID) -> None:
        self._reach()
        if self.claims.setdefault(code, sale_id) != sale_id:
            raise VoucherUsed(voucher=code)

    def release_voucher(self, code: str, sale_id: UUID) -> None:
        self._reach()
        if self.claims.get(code) == sale_id:
            del self.claims[code]

    def _reach(self) -> None:
        if self.away:
            raise Outage("unreachable")
