"""A shop of two thousand products, and sealed sales of five lines as its tills would send them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import accumulate

from argon2 import PasswordHasher
from uuid_utils.compat import uuid7

from courier.envelope import FIRST_HASH, Envelope, seal
from courier.news import News, NewsPage
from retail.basket import Basket, Line, ring_up
from retail.calendar import StoreCalendar
from retail.facts import SaleRecorded
from retail.payment import cash_tender
from retail.price import Price
from retail.product import PackBarcode, Product

STORE = "BENCH_01"
CASHIER, PIN = "CASHIER_01", "135790"
LINES = 5
PRODUCTS_COUNT = 2_000
TAX_RATE = Decimal("0.08")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def _gtin(number: int) -> str:
    digits = f"893468{number:06d}"
    odd, even = sum(map(int, digits[::2])), sum(map(int, digits[1::2]))
    return f"{digits}{-(odd + 3 * even) % 10}"


PRODUCTS = tuple(
    Product(
        f"SKU_{number:05d}",
        f"Cà phê sữa đá lon {number}",
        "Đồ uống",
        "standard",
        TAX_RATE,
        (PackBarcode(_gtin(number)),),
    )
    for number in range(PRODUCTS_COUNT)
)
# What sells, sells often: the hundredth product a hundredth as often as the first.
WEIGHTS = tuple(accumulate(1 / (place + 1) for place in range(PRODUCTS_COUNT)))


def price_of(number: int) -> int:
    """Price of a product, in đồng."""
    return 8_000 + 500 * (number % 60)


def shop_news(version: int = 1) -> NewsPage:
    """Products and prices as head office would publish them."""
    news = [News(version, "product", product.sku_id, product.to_body()) for product in PRODUCTS]
    for number, product in enumerate(PRODUCTS):
        price = Price(f"base:{product.sku_id}", product.sku_id, price_of(number), LONG_AGO, version=version)
        news.append(News(version, "price", price.price_id, price.to_body()))
    return NewsPage(version, news)


def cashier_news(version: int) -> News:
    """The cashier of every counter here, who signs in with `PIN`."""
    body = {
        "employee_id": CASHIER,
        "name": "Lan",
        "role": "cashier",
        "pin_hash": PasswordHasher().hash(PIN),
        "store_ids": None,
        "language": "vi",
        "is_active": True,
    }
    return News(version, "person", CASHIER, body)


def five_lines(dice: random.Random) -> tuple[Line, ...]:
    """Five lines of a convenience store's basket."""
    numbers = dice.choices(range(PRODUCTS_COUNT), cum_weights=WEIGHTS, k=LINES)
    return tuple(
        Line(
            line_item_id=uuid7(),
            sku_id=PRODUCTS[number].sku_id,
            barcode=PRODUCTS[number].barcodes[0].barcode,
            product_name=PRODUCTS[number].product_name,
            category=PRODUCTS[number].category,
            quantity=1 + number % 2,
            unit_price=price_of(number),
            list_price=price_of(number),
            tax_rate=TAX_RATE,
            price_version=1,
        )
        for number in numbers
    )


def paid_sale(terminal_id: str, sequence: int, at: datetime, dice: random.Random) -> SaleRecorded:
    """A sale of five lines, paid in cash."""
    basket = Basket(prices_include_tax=True, lines=five_lines(dice))
    totals = ring_up(basket)
    total = totals.total_amount
    return SaleRecorded(
        transaction_id=uuid7(),
        store_id=STORE,
        terminal_id=terminal_id,
        cashier_id=CASHIER,
        receipt_number=f"{terminal_id}-{sequence:06d}",
        business_date=StoreCalendar().business_date(at),
        sold_at=at,
        currency=basket.currency,
        prices_include_tax=True,
        lines=basket.lines,
        totals=totals,
        tenders=(cash_tender(uuid7(), total, total),),
    )


@dataclass(slots=True)
class TillChain:
    """A till's chain. Its position in the pipe is its sequence, as at a real till."""

    terminal_id: str
    dice: random.Random
    sequence: int = 0
    hash: str = FIRST_HASH

    def sell(self, at: datetime) -> tuple[Envelope, SaleRecorded]:
        """The next sale, sealed, and what is in it."""
        sale = paid_sale(self.terminal_id, self.sequence + 1, at, self.dice)
        envelope = seal(
            event_id=sale.transaction_id,
            event_type=sale.event_type,
            version=sale.version,
            origin=f"{STORE}/{self.terminal_id}",
            sequence=self.sequence + 1,
            previous_hash=self.hash,
            store_id=STORE,
            terminal_id=self.terminal_id,
            timestamp=at,
            payload=sale.to_body(),
        )
        self.sequence, self.hash = envelope.sequence, envelope.hash
        return envelope, sale


def batch(from_position: int, envelopes: Sequence[Envelope]) -> bytes:
    """The body of `POST …/envelopes` and of `POST /v1/ingestion/events`."""
    texts = ",".join(envelope.text for envelope in envelopes)
    return f'{{"from_position":{from_position},"events":[{texts}]}}'.encode()
