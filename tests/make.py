"""Builders with good defaults: a test states only what matters, as in `make.sale([make.line("cola", 2)])`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from argon2 import PasswordHasher
from uuid_utils.compat import uuid7

from courier.envelope import FIRST_HASH, Envelope, seal
from courier.news import News, NewsPage
from retail.basket import Line, total_of
from retail.calendar import StoreCalendar
from retail.facts import Fact, InventoryAdjusted, PaymentCaptured, SaleRecorded, TransactionVoided
from retail.payment import Tender, cash_tender
from retail.price import Price
from retail.product import PackBarcode, Product
from retail.quantity import Unit

AT = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
"""Half past eight in the morning in Ho Chi Minh City."""
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
STORE, TERMINAL, CASHIER, MANAGER = "STORE_001", "POS_01", "CASHIER_007", "MANAGER_001"
PIN = "274911"

_hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def _product(sku_id: str, name: str, code: str, rate: str, **more: Any) -> Product:
    barcodes = (PackBarcode(code),)
    return Product(sku_id, name, "Đồ uống", "standard", Decimal(rate), barcodes, **more)


PRODUCTS = {
    "cola": _product("SKU_12345", "Coca Cola 330ml", "8934680083898", "0.10"),
    "coffee": _product("SKU_COFFEE", "Cà phê sữa đá", "8938505974194", "0.08"),
    "water": _product("SKU_WATER", "Nước suối 500ml", "8934588012228", "0.08"),
    "mango": _product("SKU_MANGO", "Xoài cát Hòa Lộc", "2000001000007", "0.05", unit=Unit.GRAM),
    "six-pack": _product(
        "SKU_SIX", "Coca Cola lốc 6 lon", "8934588063053", "0.10", pack_of="SKU_12345", pack_size=6
    ),
}
PRICES = {"cola": 10_000, "coffee": 25_000, "water": 5_000, "mango": 60_000, "six-pack": 57_000}
"""Minor units a piece, or a kilogram."""


def product(name: str = "cola", **changes: Any) -> Product:
    """One of the products above, changed as asked."""
    return replace(PRODUCTS[name], **changes)


def price(name: str = "cola", amount: int | None = None, **changes: Any) -> Price:
    """The price of one of the products above, since long ago."""
    sku_id = PRODUCTS[name].sku_id
    given = PRICES[name] if amount is None else amount
    return replace(Price(f"base:{sku_id}", sku_id, given, LONG_AGO, version=1), **changes)


def line(name: str = "cola", quantity: int = 1, **changes: Any) -> Line:
    """A line of one of the products above at its price (`quantity` in pieces or grams)."""
    of = PRODUCTS[name]
    usual = Line(
        line_item_id=uuid7(),
        sku_id=of.sku_id,
        barcode=of.barcodes[0].barcode,
        product_name=of.product_name,
        category=of.category,
        quantity=quantity,
        unit_price=PRICES[name],
        list_price=PRICES[name],
        tax_rate=of.tax_rate,
        unit=of.unit,
        price_version=1,
        pack_of=of.pack_of,
        pack_size=of.pack_size,
    )
    return replace(usual, **changes)


def sale(
    lines: Iterable[Line] | None = None,
    *,
    sold_at: datetime = AT,
    terminal_id: str = TERMINAL,
    prices_include_tax: bool = True,
    tenders: Sequence[Tender] | None = None,
    **changes: Any,
) -> SaleRecorded:
    """A sale paid in cash to the đồng, unless `tenders` say otherwise."""
    bought = tuple(lines) if lines is not None else (line(),)
    totals = total_of(bought, prices_include_tax)
    total = totals.total_amount
    usual = SaleRecorded(
        transaction_id=uuid7(),
        store_id=STORE,
        terminal_id=terminal_id,
        cashier_id=CASHIER,
        receipt_number=f"{terminal_id}-000001",
        business_date=StoreCalendar().business_date(sold_at),
        sold_at=sold_at,
        currency="VND",
        prices_include_tax=prices_include_tax,
        lines=bought,
        totals=totals,
        tenders=tuple(tenders) if tenders is not None else (cash_tender(uuid7(), total, total),),
    )
    return replace(usual, **changes)


def qr_tender(amount: int, method: str = "QR_VNPAY") -> Tender:
    """A captured QR payment."""
    return Tender(uuid7(), method, amount, provider=method[3:], provider_txn_id=f"{method[3:]}_TXN_99887")


def void_of(of: SaleRecorded, voided_at: datetime = AT) -> TransactionVoided:
    """The void of a sale, by a manager."""
    return TransactionVoided(
        of.transaction_id,
        of.store_id,
        StoreCalendar().business_date(voided_at),
        voided_at,
        MANAGER,
        MANAGER,
        "customer changed their mind",
        of.totals.total_amount,
    )


def adjustment(name: str = "cola", delta: int = 24, kind: str = "RECEIVING") -> InventoryAdjusted:
    """Stock that moved for another reason than a sale."""
    sku_id = PRODUCTS[name].sku_id
    return InventoryAdjusted(STORE, sku_id, kind, delta, "delivery", None, AT, MANAGER)


def captured(of: SaleRecorded) -> PaymentCaptured:
    """A provider's word that the money for a sale has come."""
    total = of.totals.total_amount
    return PaymentCaptured(of.transaction_id, uuid7(), "QR_VNPAY", total, "VNPAY", "VNPAY_TXN_99887", AT)


class Chain:
    """Seals facts as a till (or, without `terminal_id`, a hub) does: numbered and linked without gaps."""

    def __init__(self, terminal_id: str | None = TERMINAL, store_id: str = STORE) -> None:
        self.origin = f"{store_id}/{terminal_id}" if terminal_id else store_id
        self.store_id = store_id
        self.terminal_id = terminal_id
        self.sequence = 0
        self.hash = FIRST_HASH

    def seal(self, fact: Fact, *, at: datetime = AT, event_id: UUID | None = None) -> Envelope:
        """The fact, sealed behind the last one."""
        return self.seal_payload(fact.event_type, fact.to_body(), at=at, event_id=event_id)

    def seal_payload(
        self,
        event_type: str,
        payload: dict[str, Any],
        *,
        version: int = 1,
        at: datetime = AT,
        event_id: UUID | None = None,
    ) -> Envelope:
        """Any payload, sealed behind the last fact: also what no honest till would write."""
        envelope = seal(
            event_id=event_id or uuid7(),
            event_type=event_type,
            version=version,
            origin=self.origin,
            sequence=self.sequence + 1,
            previous_hash=self.hash,
            store_id=self.store_id,
            terminal_id=self.terminal_id,
            timestamp=at,
            payload=payload,
        )
        self.sequence, self.hash = envelope.sequence, envelope.hash
        return envelope

    def sell(self, *lines: Line, **changes: Any) -> Envelope:
        """A sale of this till, sealed."""
        changes.setdefault("terminal_id", self.terminal_id)
        changes.setdefault("receipt_number", f"{self.terminal_id}-{self.sequence + 1:06d}")
        return self.seal(sale(lines or None, **changes))


def batch(from_position: int, envelopes: Iterable[Envelope]) -> bytes:
    """The body of `POST …/envelopes`."""
    texts = ",".join(envelope.text for envelope in envelopes)
    return f'{{"from_position":{from_position},"events":[{texts}]}}'.encode()


def opened(envelope: Envelope) -> dict[str, Any]:
    """A sealed envelope as parsed JSON, to be tampered with."""
    body: dict[str, Any] = orjson.loads(envelope.text)
    return body


def person(
    employee_id: str = CASHIER, role: str = "cashier", pin: str = PIN, **changes: Any
) -> dict[str, Any]:
    """The body of a `person` piece of news, with a PIN hashed at the lowest cost."""
    return {
        "employee_id": employee_id,
        "name": "Nguyễn Thị Lan" if role == "cashier" else "Trần Văn Bình",
        "role": role,
        "pin_hash": _hasher.hash(pin),
        "store_ids": None,
        "language": "vi",
        "is_active": True,
    } | changes


def news(kind: str, key: str, body: dict[str, Any] | None, version: int = 1) -> News:
    """A piece of news; without a body it says that the thing is gone."""
    return News(version, kind, key, body or {}, body is None)


def news_page(version: int, *pieces: News) -> NewsPage:
    """A page that brings these pieces."""
    return NewsPage(version, list(pieces))


def shop_news(
    *,
    version: int = 1,
    prices_include_tax: bool = True,
    settings: dict[str, Any] | None = None,
    more: Iterable[News] = (),
) -> NewsPage:
    """Everything a store needs to sell: products, prices, people, settings and its card."""
    chain = {"currency": "VND", "timezone": "Asia/Ho_Chi_Minh", "prices_include_tax": prices_include_tax}
    card = {
        "store_id": STORE,
        "name": "Everopen Bến Thành",
        "address": "1 Lê Lợi, Quận 1, TP. Hồ Chí Minh",
        "tax_code": "0312345678",
        "phone": "028 1234 5678",
    }
    pieces = [
        *(news("product", of.sku_id, of.to_body(), version) for of in PRODUCTS.values()),
        *(news("price", price(name).price_id, price(name).to_body(), version) for name in PRODUCTS),
        news("person", CASHIER, person(), version),
        news("person", MANAGER, person(MANAGER, "manager"), version),
        news("store", STORE, card, version),
        *(
            news("setting", name, {"name": name, "value": value}, version)
            for name, value in (chain | (settings or {})).items()
        ),
        *more,
    ]
    return NewsPage(version, pieces)
