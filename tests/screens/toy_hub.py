"""A hub in memory for QR payments and vouchers, held to the same contracts as the real one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from courier.outage import Outage
from retail.refund_facts import RefundRecorded, TransactionVoided
from retail.voucher import VoucherUsed
from terminal.till.basket_copy import BasketCopy, BasketElsewhere, BasketNotParked
from terminal.till.known_sale import HubSaysNo, KnownSale, Papers, PaperState, SaleInShort, SaleNotFound
from terminal.till.orphan_money import OrphanMoney
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
        self.printed: list[tuple[UUID, str, bool]] = []
        self.away = False
        self.sales: dict[UUID, KnownSale] = {}
        self.paper: dict[UUID, Papers] = {}
        self.has_printer = True
        self.baskets: dict[UUID, BasketCopy] = {}
        self.orphans: list[OrphanMoney] = []
        self.settled: list[tuple[UUID, str, str | None, str]] = []
        self.given: set[UUID] = set()
        self.where: dict[UUID, str] = {}
        self.life = "0"
        self.stock: dict[str, int] = {}

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
        return self.progress.get(payment_id, QrProgress(QrStatus.NOT_KNOWN))

    def print_report(self, shift_id: UUID, kind: str, *, blind: bool) -> None:
        self._reach()
        self.printed.append((shift_id, kind, blind))

    def cancel(self, payment_id: UUID) -> QrProgress:
        self._reach()
        progress = self.status(payment_id)
        if progress.status is QrStatus.PENDING:
            progress = self.progress[payment_id] = QrProgress(QrStatus.CANCELLED)
        return progress

    def claim_voucher(self, code: str, sale_id: UUID) -> None:
        self._reach()
        if self.claims.setdefault(code, sale_id) != sale_id:
            raise VoucherUsed(voucher=code)

    def release_voucher(self, code: str, sale_id: UUID) -> None:
        self._reach()
        if self.claims.get(code) == sale_id:
            del self.claims[code]

    def sales_found(
        self, *, receipt_number: str | None = None, sequence: int | None = None
    ) -> list[SaleInShort]:
        self._reach()
        end = f"-{sequence:06d}" if sequence is not None else ""
        return [
            in_short(known)
            for known in reversed(self.sales.values())
            if receipt_number in (None, known.sale.receipt_number) and known.sale.receipt_number.endswith(end)
        ]

    def sale_told(self, transaction_id: UUID) -> KnownSale:
        self._reach()
        if transaction_id not in self.sales:
            raise SaleNotFound(receipt_number="")
        return self.sales[transaction_id]

    def print_receipt(self, transaction_id: UUID, employee_id: str) -> None:
        self._reach()
        if transaction_id not in self.paper:
            raise SaleNotFound(receipt_number="")
        if not self.has_printer:
            raise HubSaysNo(reason="no-printer")
        self.paper[transaction_id] = Papers(PaperState.COMING)

    def papers(self, transaction_id: UUID) -> Papers:
        self._reach()
        if transaction_id not in self.paper:
            raise SaleNotFound(receipt_number="")
        return replace(self.paper[transaction_id], has_printer=self.has_printer)

    def orphan_money(self) -> list[OrphanMoney]:
        self._reach()
        return list(self.orphans)

    def settle_orphan(self, payment_id: UUID, *, settled_by: str, approved_by: str | None, word: str) -> None:
        self._reach()
        self.settled.append((payment_id, settled_by, approved_by, word))
        self.orphans = [money for money in self.orphans if money.payment_id != payment_id]

    def keep_basket(self, copy: BasketCopy) -> Mapping[str, int]:
        self._reach()
        if copy.sale_id in self.given:
            raise BasketElsewhere(sale_id=str(copy.sale_id))
        self.baskets[copy.sale_id] = copy
        return {sku: self.stock.get(sku, 10_000_000) for sku in copy.reserves}

    def drop_basket(self, sale_id: UUID) -> None:
        self._reach()
        self.baskets.pop(sale_id, None)

    def take_basket(self, sale_id: UUID, cashier_id: str) -> dict[str, Any]:
        self._reach()
        copy = self.baskets.get(sale_id)
        if copy is None or not copy.parked:
            raise BasketNotParked(sale_id=str(sale_id))
        self.baskets[sale_id] = replace(copy, parked=False, cashier_id=cashier_id)
        return dict(copy.body)

    def parked_baskets(self) -> list[dict[str, Any]]:
        self._reach()
        return [
            {
                "sale_id": str(copy.sale_id),
                "terminal_id": self.where.get(copy.sale_id, "POS_01"),
                "cashier_id": copy.cashier_id,
                "label": copy.label,
                "line_count": copy.line_count,
                "total_amount": copy.total_amount,
                "updated_at": self._clock().isoformat(),
            }
            for copy in self.baskets.values()
            if copy.parked
        ]

    def available(self, sku_id: str) -> int:
        self._reach()
        return self.stock.get(sku_id, 24)

    def lose_its_disk(self) -> None:
        """Another hub has taken its place."""
        self.baskets.clear()
        self.given.clear()
        self.life = f"{self.life}+1"

    def give_to_another_till(self, sale_id: UUID) -> None:
        """Another till has taken this parked basket."""
        del self.baskets[sale_id]
        self.given.add(sale_id)

    def _reach(self) -> None:
        if self.away:
            raise Outage("unreachable")


def in_short(known: KnownSale) -> SaleInShort:
    """A sale as a list shows it."""
    sale = known.sale
    void = any(isinstance(fact, TransactionVoided) for fact in known.later)
    back = sum(fact.total_amount for fact in known.later if isinstance(fact, RefundRecorded))
    return SaleInShort(
        sale.transaction_id,
        sale.receipt_number,
        sale.terminal_id,
        sale.cashier_id,
        sale.sold_at,
        sale.totals.total_amount,
        sale.totals.total_amount if void else back,
        void,
    )
