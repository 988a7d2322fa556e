"""Prices and tax rates; every change is published in its transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import Connection, func
from sqlalchemy.dialects.postgresql import insert

from courier import feed
from courier.feed import Change
from hq.catalog.queries import product_of
from hq.database import copy_in, courier, lock_master_data
from hq.prices.queries import held_prices
from hq.prices.tables import prices, tax_rates
from hq.stores.commands import StoreNotFound
from hq.stores.queries import store_row
from retail.money import AMOUNT_LIMIT
from retail.price import BadPrice, Price, price_of
from retail.refusal import Refusal
from retail.tax import TaxRate

ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
"""From when a product's first base price holds: before it there was none that it could disagree with."""


class PriceEndsFirst(Refusal):
    """The price would end before it begins (`effective_from`, `effective_to`)."""

    code = "price-ends-first"


def price_id(sku_id: str, store_id: str | None, effective_from: datetime) -> str:
    """The name of a price: one per product, store (or `*`) and second, so that a repeat is no second one."""
    return f"{sku_id}/{store_id or '*'}/{effective_from.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def put_price(
    tx: Connection,
    sku_id: str,
    amount: int,
    *,
    store_id: str | None,
    effective_from: datetime | None,
    effective_to: datetime | None = None,
    at: datetime,
) -> tuple[Price, int]:
    """Set a price from a moment on (None: from now; the very first base price: from ever).

    `effective_to` (excluded; None: until the next) ends it, and the price it went before holds again.

    Returns it with the news version that brings it. Raises `ProductNotFound`, `StoreNotFound`, `BadPrice`,
    `PriceEndsFirst`.
    """
    lock_master_data(tx)
    product_of(tx, sku_id)
    if store_id is not None and store_row(tx, store_id) is None:
        raise StoreNotFound(store_id=store_id)
    held = held_prices(tx, [sku_id]).get(sku_id, [])
    if effective_from is None:
        first = store_id is None and all(price.store_id is not None for price in held)
        effective_from = ALWAYS if first else at
    price = new_price(sku_id, amount, store_id, effective_from, effective_to)
    known = {each.price_id: each for each in held}.get(price.price_id)
    if known is not None and replace(price, version=known.version) == known:
        return known, known.version
    version = feed.publish(tx, courier, [price_change(price)], at)
    store_prices(tx, [price], version)
    return price, version


def new_price(
    sku_id: str,
    amount: int,
    store_id: str | None,
    effective_from: datetime,
    effective_to: datetime | None = None,
) -> Price:
    """A price that can be published; raises `BadPrice`, `PriceEndsFirst`."""
    if not 0 <= amount <= AMOUNT_LIMIT:
        raise BadPrice(amount=amount)
    begin = _second(effective_from)
    end = _second(effective_to) if effective_to is not None else None
    if end is not None and end <= begin:
        raise PriceEndsFirst(effective_from=begin.isoformat(), effective_to=end.isoformat())
    name = price_id(sku_id, store_id, begin)
    return Price(name, sku_id, amount, begin, store_id, effective_to=end)


def _second(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


def changed_base_price(sku_id: str, amount: int, held: Iterable[Price], at: datetime) -> Price | None:
    """The base price to publish so that this amount holds now; None when it does already.

    Raises `BadPrice`.
    """
    base = [price for price in held if price.store_id is None]
    if not base:
        return new_price(sku_id, amount, None, ALWAYS)
    in_force = [price for price in base if price.holds(at)]
    if in_force and price_of(in_force, sku_id, "", at).amount == amount:
        return None
    return new_price(sku_id, amount, None, at)


def price_change(price: Price) -> Change:
    """The news of a price; an override is news for its store alone."""
    return Change("price", price.price_id, price.to_body(), [price.store_id] if price.store_id else None)


def store_prices(tx: Connection, rows: Sequence[Price], version: int) -> None:
    """Write prices that were published under this version."""
    if not rows:
        return
    ids = [price.price_id for price in rows]
    tx.execute(prices.delete().where(prices.c.price_id == func.any(ids)))
    copy_in(
        tx,
        prices,
        [
            (
                price.price_id,
                price.sku_id,
                price.store_id,
                price.amount,
                price.effective_from,
                version,
                price.effective_to,
            )
            for price in rows
        ],
    )


def put_tax_rate(
    tx: Connection, tax_class: str, rate: Decimal, effective_from: datetime, at: datetime
) -> int:
    """Set the rate of a tax class from a moment on; returns the news version that brings it."""
    lock_master_data(tx)
    moment = _second(effective_from)
    dated = TaxRate(tax_class, rate, moment)
    statement = insert(tax_rates).values(tax_class=tax_class, effective_from=moment, rate=rate)
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=["tax_class", "effective_from"], set_={"rate": statement.excluded.rate}
        )
    )
    key = f"{tax_class}/{moment:%Y%m%dT%H%M%SZ}"
    return feed.publish(tx, courier, [Change("tax_rate", key, dated.to_body())], at)
