"""The range of goods of every world, and the news about them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from courier.feed import Change
from retail.price import Price
from retail.product import PackBarcode, Product
from retail.quantity import Unit

STORES_MAX = TILLS_MAX = 2
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
TWINS = ("SKU_TWIN_A", "SKU_TWIN_B")
TWINS_TOGETHER = 100_000
"""What the twins' prices come to, always: they change in one change set."""

GOODS: dict[str, tuple[str, int, dict[str, Any]]] = {
    "SKU_COLA": ("8934680083898", 10_000, {}),
    "SKU_COFFEE": ("8938505974194", 25_000, {}),
    "SKU_MANGO": ("2000001000007", 60_000, {"unit": Unit.GRAM}),
    "SKU_SIX": ("8934588063053", 57_000, {"pack_of": "SKU_COLA", "pack_size": 6}),
    TWINS[0]: ("8934588012228", 40_000, {}),
    TWINS[1]: ("8936036020373", 60_000, {}),
}
SKUS = tuple(GOODS)


def price_of(sku_id: str, amount: int, store_id: str | None = None) -> Change:
    """The news of a price."""
    price_id = f"{store_id or 'base'}:{sku_id}"
    price = Price(price_id, sku_id, amount, LONG_AGO, store_id)
    return Change("price", price_id, price.to_body(), None if store_id is None else [store_id])


def price_change(size: int, store_id: str | None) -> Change:
    """Some product gets some price, in every store or in one."""
    return price_of(SKUS[size % 4], 1_000 * (1 + size % 97), store_id)


def twin_prices(size: int) -> list[Change]:
    """Both twins change their prices at once."""
    first = 1_000 * (1 + size % 98)
    return [price_of(TWINS[0], first), price_of(TWINS[1], TWINS_TOGETHER - first)]


def first_news() -> list[Change]:
    """What head office publishes when the chain is born."""
    changes = [Change("setting", "currency", {"name": "currency", "value": "VND"})]
    for number in range(STORES_MAX):
        store_id = f"STORE_{number + 1:03d}"
        changes.append(Change("store", store_id, {"store_id": store_id, "name": store_id}, [store_id]))
    for sku_id, (barcode, amount, more) in GOODS.items():
        product = Product(
            sku_id, sku_id.title(), "Đồ uống", "standard", Decimal("0.08"), (PackBarcode(barcode),), **more
        )
        changes += [Change("product", sku_id, product.to_body()), price_of(sku_id, amount)]
    return changes
