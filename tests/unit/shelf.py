"""Lines and promotions with good defaults for tests of promotions."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from retail.basket import Line
from retail.promotion import Promotion
from retail.promotion_book import Occasion
from retail.promotion_rule import Rule

SUNDAY_NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
"""Noon in Ho Chi Minh City."""
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def line(sku: str, quantity: int = 1, price: int = 10_000, *, n: int = 1, **more: Any) -> Line:
    """A line of so many pieces; `n` makes its id."""
    fields: dict[str, Any] = {
        "line_item_id": UUID(int=n),
        "sku_id": sku,
        "barcode": "8934868172239",
        "product_name": sku.capitalize(),
        "category": "drinks",
        "quantity": quantity,
        "unit_price": price,
        "list_price": price,
        "tax_rate": Decimal("0.08"),
    }
    return Line(**(fields | more))


def promotion(promo_id: str, rule: Rule, **more: Any) -> Promotion:
    """A promotion that has been on for long."""
    return Promotion(promo_id, more.pop("name", promo_id), rule, more.pop("starts_at", LONG_AGO), **more)


def occasion(at: datetime = SUNDAY_NOON, **more: Any) -> Occasion:
    """A visit to a store in Ho Chi Minh City."""
    return Occasion(at, more.pop("store_id", "STORE_001"), **more)
