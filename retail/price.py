"""Prices: base, store override, scheduled; a price holds from `effective_from` until the next (FR-3.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from retail.refusal import Refusal


class NoPrice(Refusal):
    """The product has no price at this moment in this store (`sku_id`)."""

    code = "no-price"


class BadPrice(Refusal):
    """The price, or what the quantity makes of it, is negative or absurd (`amount`)."""

    code = "bad-price"


@dataclass(frozen=True, slots=True)
class Price:
    """A price in minor units per piece (or per kilogram), from a moment on.

    `store_id` None is the chain's base price; a store's override goes before it for as long as the
    override is the store's newest. `version` is the news version that brought it.
    """

    price_id: str
    sku_id: str
    amount: int
    effective_from: datetime
    store_id: str | None = None
    version: int = 0

    def to_body(self) -> dict[str, Any]:
        """The price as news carries it (JSON types only)."""
        return {
            "price_id": self.price_id,
            "sku_id": self.sku_id,
            "amount": self.amount,
            "effective_from": self.effective_from.isoformat(),
            "store_id": self.store_id,
        }

    @classmethod
    def from_body(cls, body: Mapping[str, Any], version: int = 0) -> Price:
        """The price of a piece of news."""
        return cls(
            price_id=body["price_id"],
            sku_id=body["sku_id"],
            amount=body["amount"],
            effective_from=datetime.fromisoformat(body["effective_from"]),
            store_id=body.get("store_id"),
            version=version,
        )


def price_of(prices: Iterable[Price], sku_id: str, store_id: str, at: datetime) -> Price:
    """The price that holds for this product in this store at this moment; raises `NoPrice`."""
    in_force = [
        price
        for price in prices
        if price.sku_id == sku_id and price.effective_from <= at and price.store_id in (None, store_id)
    ]
    if not in_force:
        raise NoPrice(sku_id=sku_id)
    return max(in_force, key=lambda price: (price.store_id is not None, price.effective_from, price.version))
