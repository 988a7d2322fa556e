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
    """The price is negative or absurd (`amount`)."""

    code = "bad-price"


@dataclass(frozen=True, slots=True)
class Price:
    """A price in minor units per piece (or per kilogram), from a moment on.

    `store_id` None is the chain's base price; a store's override goes before it. `effective_to`
    (excluded) ends a price early, so that the one before it, or the base price, holds again; None: until
    the next. `version` is the news version that brought it.
    """

    price_id: str
    sku_id: str
    amount: int
    effective_from: datetime
    store_id: str | None = None
    version: int = 0
    effective_to: datetime | None = None

    def to_body(self) -> dict[str, Any]:
        """The price as news carries it (JSON types only)."""
        body: dict[str, Any] = {
            "price_id": self.price_id,
            "sku_id": self.sku_id,
            "amount": self.amount,
            "effective_from": self.effective_from.isoformat(),
            "store_id": self.store_id,
        }
        if self.effective_to is not None:
            body["effective_to"] = self.effective_to.isoformat()
        return body

    @classmethod
    def from_body(cls, body: Mapping[str, Any], version: int = 0) -> Price:
        """The price of a piece of news."""
        until = body.get("effective_to")
        return cls(
            price_id=body["price_id"],
            sku_id=body["sku_id"],
            amount=body["amount"],
            effective_from=datetime.fromisoformat(body["effective_from"]),
            store_id=body.get("store_id"),
            version=version,
            effective_to=datetime.fromisoformat(until) if until else None,
        )

    def holds(self, at: datetime) -> bool:
        """Whether the moment lies in the price's own period."""
        return self.effective_from <= at and (self.effective_to is None or at < self.effective_to)


def price_of(prices: Iterable[Price], sku_id: str, store_id: str, at: datetime) -> Price:
    """The price that holds for this product in this store at this moment; raises `NoPrice`."""
    in_force = [
        price
        for price in prices
        if price.sku_id == sku_id and price.store_id in (None, store_id) and price.holds(at)
    ]
    if not in_force:
        raise NoPrice(sku_id=sku_id)
    return max(in_force, key=_precedence)


def _precedence(price: Price) -> tuple[bool, datetime, int]:
    return (price.store_id is not None, price.effective_from, price.version)


class PriceBook:
    """The prices of a whole chain or store, found by product at once.

    A moment is asked with every question, so a scheduled change is taken at its second by a till that
    has been running for weeks. News changes single prices (`put`, `remove`).
    """

    def __init__(self, prices: Iterable[Price] = ()) -> None:
        # Nearly every product has one price, so it stands there by itself; the rest stand with those
        # that go before the others first.
        self._by_sku: dict[str, Price | tuple[Price, ...]] = {}
        several: dict[str, list[Price]] = {}
        for price in prices:
            first = self._by_sku.setdefault(price.sku_id, price)
            if first is not price:
                several.setdefault(price.sku_id, []).append(price)
        for sku_id, more in several.items():
            self._by_sku[sku_id] = _ranked((*self.prices_of(sku_id), *more))

    def __len__(self) -> int:
        """Products that have a price."""
        return len(self._by_sku)

    def price_of(self, sku_id: str, store_id: str, at: datetime) -> Price:
        """The price that holds for this product in this store at this moment; raises `NoPrice`."""
        found = self._by_sku.get(sku_id, ())
        for price in (found,) if isinstance(found, Price) else found:
            if price.store_id in (None, store_id) and price.holds(at):
                return price
        raise NoPrice(sku_id=sku_id)

    def prices_of(self, sku_id: str) -> tuple[Price, ...]:
        """Every price of the product, of all stores and moments; those that go before others first."""
        found = self._by_sku.get(sku_id, ())
        return (found,) if isinstance(found, Price) else found

    def put(self, price: Price) -> None:
        """Add a price, or change the one with its `price_id`."""
        others = tuple(other for other in self.prices_of(price.sku_id) if other.price_id != price.price_id)
        self._by_sku[price.sku_id] = _ranked((*others, price)) if others else price

    def remove(self, sku_id: str, price_id: str) -> None:
        """Forget a price; nothing happens when there is none."""
        left = tuple(other for other in self.prices_of(sku_id) if other.price_id != price_id)
        if left:
            self._by_sku[sku_id] = left
        else:
            self._by_sku.pop(sku_id, None)

    def next_change(self, sku_id: str, store_id: str, after: datetime) -> datetime | None:
        """The next moment at which the product's price may change in this store; None: none is planned."""
        edges = (
            edge
            for price in self.prices_of(sku_id)
            if price.store_id in (None, store_id)
            for edge in (price.effective_from, price.effective_to)
            if edge is not None and edge > after
        )
        return min(edges, default=None)


def _ranked(prices: Iterable[Price]) -> tuple[Price, ...]:
    return tuple(sorted(prices, key=_precedence, reverse=True))
