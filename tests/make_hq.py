"""Builders for head office's tests: sealed chains of sales as tills would send them, and the till's words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from uuid_utils.compat import uuid7

from courier.envelope import FIRST_HASH, Envelope, seal
from retail.basket import Basket, Line, ring_up
from retail.facts import Fact, InventoryAdjusted, PaymentCaptured, SaleRecorded, TransactionVoided
from retail.payment import CASH, Tender
from retail.quantity import Unit
from retail.refund import BroughtBack, Counter, RefundRules, refund_all
from retail.refund import refund as refund_of
from retail.refund_facts import RefundRecorded
from retail.staff import Role

NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
"""Noon in Vietnam."""


def line(
    sku_id: str = "SKU_COLA",
    quantity: int = 1,
    unit_price: int = 10_000,
    *,
    discount: int = 0,
    rate: str = "0.08",
    category: str = "Beverages",
    unit: Unit = Unit.PIECE,
    pack_of: str | None = None,
    pack_size: int = 1,
) -> Line:
    """A line of a basket; VND."""
    return Line(
        line_item_id=uuid7(),
        sku_id=sku_id,
        barcode="8934680083898",
        product_name=f"{sku_id} lon 330 ml",
        category=category,
        quantity=quantity,
        unit=unit,
        unit_price=unit_price,
        list_price=unit_price,
        tax_rate=Decimal(rate),
        price_version=1,
        line_discount=discount,
        override_reason="REPLAY" if discount else None,
        pack_of=pack_of,
        pack_size=pack_size,
    )


def tender(amount: int, method: str = CASH) -> Tender:
    """A tender of exactly this amount."""
    tendered = amount if method == CASH else None
    return Tender(uuid7(), method, amount, tendered)


def sale(
    *lines: Line,
    store_id: str = "STORE_001",
    terminal_id: str = "POS_01",
    cashier_id: str = "CASHIER_001",
    sold_at: datetime = NOON,
    day: date | None = None,
    include_tax: bool = True,
    tenders: Sequence[tuple[str, int]] | None = None,
    reference: str | None = None,
    **customer: Any,
) -> SaleRecorded:
    """A paid sale; `tenders` as (method, amount), cash for the whole unless given; `customer`: the fact's
    `member_id`, `points_earned` and `vouchers`."""
    lines = lines or (line(),)
    totals = ring_up(Basket(include_tax, "VND", tuple(lines)))
    given = tenders if tenders is not None else [(CASH, totals.total_amount)]
    return SaleRecorded(
        transaction_id=uuid7(),
        store_id=store_id,
        terminal_id=terminal_id,
        cashier_id=cashier_id,
        receipt_number=f"{terminal_id}-000001",
        business_date=day or (sold_at.astimezone(UTC)).date(),
        sold_at=sold_at,
        currency="VND",
        prices_include_tax=include_tax,
        lines=tuple(lines),
        totals=totals,
        tenders=tuple(tender(amount, method) for method, amount in given),
        external_reference=reference,
        **customer,
    )


def void(of: SaleRecorded, *, at: datetime = NOON, day: date | None = None) -> TransactionVoided:
    """The void of a sale as a whole."""
    return TransactionVoided(
        transaction_id=of.transaction_id,
        store_id=of.store_id,
        business_date=day or of.business_date,
        voided_at=at,
        voided_by=of.cashier_id,
        approved_by="MANAGER_001",
        reason="customer changed their mind",
        amount=of.totals.total_amount,
    )


def refund(
    of: SaleRecorded, *later: RefundRecorded, lines: int | None = None, at: datetime = NOON
) -> RefundRecorded:
    """A manager's refund of everything that is left of a sale, or of one piece of its first lines."""
    counter = Counter(
        of.store_id, of.terminal_id, "MANAGER_001", Role.MANAGER, at.astimezone(UTC).date(), at, "stale"
    )
    rules = RefundRules(window_days=3650)
    if lines is None:
        return refund_all(of, later, counter, rules, refund_id=uuid7())
    back = [BroughtBack(each.line_item_id, 1) for each in of.lines[:lines]]
    return refund_of(of, later, back, counter, rules, refund_id=uuid7())


def adjustment(
    sku_id: str = "SKU_COLA", delta: int = -1, kind: str = "SHRINKAGE", store_id: str = "STORE_001"
) -> InventoryAdjusted:
    """Stock that moved without a sale."""
    return InventoryAdjusted(store_id, sku_id, kind, delta, "counted", None, NOON, "MANAGER_001")


def capture(amount: int = 10_000, transaction_id: UUID | None = None) -> PaymentCaptured:
    """A provider's word that money came."""
    return PaymentCaptured(
        transaction_id or uuid7(), uuid7(), "QR_VNPAY", amount, "VNPAY", f"VN{uuid7().hex[:12]}", NOON
    )


@dataclass
class Chain:
    """An origin that seals facts one behind the other."""

    origin: str = "STORE_001/POS_01"
    sequence: int = 0
    head: str = FIRST_HASH

    @property
    def store_id(self) -> str:
        return self.origin.partition("/")[0]

    @property
    def terminal_id(self) -> str | None:
        return self.origin.partition("/")[2] or None

    def seal_body(
        self, event_type: str, payload: dict[str, Any], version: int = 1, store_id: str | None = None
    ) -> str:
        """The sealed text of a payload that need not be a fact of ours."""
        envelope: Envelope = seal(
            event_id=uuid7(),
            event_type=event_type,
            version=version,
            origin=self.origin,
            sequence=self.sequence + 1,
            previous_hash=self.head,
            store_id=store_id or self.store_id,
            terminal_id=self.terminal_id,
            timestamp=NOON,
            payload=payload,
        )
        self.sequence, self.head = envelope.sequence, envelope.hash
        return envelope.text

    def seal(self, fact: Fact) -> str:
        """The sealed text of a fact."""
        return self.seal_body(fact.event_type, fact.to_body())

    def sales(self, count: int, **details: Any) -> list[str]:
        """So many sealed sales."""
        terminal = {"terminal_id": self.terminal_id} if self.terminal_id else {}
        return [self.seal(sale(store_id=self.store_id, **{**terminal, **details})) for _ in range(count)]

    """A hub's pipe: texts in order, sent from a position on."""

    texts: list[str] = field(default_factory=list)

    def batch(self, from_position: int = 1, until: int | None = None) -> bytes:
        """The request body for the positions from one on up to another, both included."""
        events = ",".join(self.texts[from_position - 1 : until])
        return b'{"from_position":%d,"events":[%b]}' % (from_position, events.encode())


def batch(texts: Sequence[str], from_position: int = 1) -> bytes:
    """The request body of these envelopes."""
    return b'{"from_position":%d,"events":[%b]}' % (from_position, ",".join(texts).encode())


def plain_sale(transaction_id: str, store_id: str = "STORE_001") -> dict[str, Any]:
    """The SaleRecorded of spec 6.2, word for word: 50,000 + 5,000 = 55,000."""
    return {
        "event_id": str(uuid7()),
        "event_type": "SaleRecorded",
        "store_id": store_id,
        "terminal_id": "POS_03",
        "timestamp": "2026-02-16T11:30:45Z",
        "payload": {
            "transaction_id": transaction_id,
            "cashier_id": "CASHIER_007",
            "line_items": [{"sku_id": "SKU_12345", "quantity": 2, "unit_price": 25000, "line_total": 50000}],
            "subtotal": 50000,
            "tax_amount": 5000,
            "discount_amount": 0,
            "total_amount": 55000,
            "payment_method": "QR_VNPAY",
            "payment_provider_ref": "VNPAY_TXN_99887",
        },
    }


def altered(text: str, **members: Any) -> str:
    """The envelope with members of its payload changed and its old hash kept."""
    body = orjson.loads(text)
    body["payload"] |= members
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS).decode()
