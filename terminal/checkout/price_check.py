"""Price check: what a code costs, which promotions it is in, and how many there are; nothing is sold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from retail.basket import Basket, Totals, line_for
from retail.explain import NotGiven
from retail.label import WeightNeeded
from retail.quantity import Unit
from terminal.checkout.goods import goods_of
from terminal.checkout.port import Till
from terminal.till.customer import Customer

KILOGRAM = 1_000


@dataclass(frozen=True, slots=True)
class PriceTag:
    """A product as a shelf would say it. `price` in minor units per piece or kilogram, `now` what one (or
    one kilogram) alone costs with the promotions that it gets by itself; `promotions` are their names and
    `missed` those that it is in and needs more for. `stock_sku` is what the store counts."""

    sku_id: str
    stock_sku: str
    barcode: str
    product_name: str
    unit: Unit
    price: int
    now: int
    promotions: tuple[str, ...]
    missed: tuple[NotGiven, ...]
    age_restricted: bool


def price_tag(till: Till, text: str, at: datetime, customer: Customer) -> PriceTag:
    """What this code means here and now, for this customer; raises what a scan raises but `WeightNeeded`."""
    try:
        ware = goods_of(till, text, at).ware
    except WeightNeeded as weighed:
        sku_id: Any = weighed.detail["sku_id"]
        ware = till.ware_by_sku(sku_id, at)
    product, rules = ware.product, till.rules()
    quantity = KILOGRAM if product.unit is Unit.GRAM else 1
    line = line_for(
        product,
        ware.price,
        ware.tax_rate,
        line_item_id=UUID(int=0),
        barcode=ware.barcode,
        quantity=quantity,
    )
    basket = Basket(prices_include_tax=rules.prices_include_tax, currency=rules.currency, lines=(line,))
    totals: Totals = till.ring_up(basket, at, customer)
    return PriceTag(
        sku_id=product.sku_id,
        stock_sku=product.pack_of or product.sku_id,
        barcode=ware.barcode,
        product_name=product.product_name,
        unit=product.unit,
        price=ware.price.amount,
        now=totals.lines[0].line_total,
        promotions=tuple(applied.name for applied in totals.applied_promotions),
        missed=tuple(till.near_misses(totals, basket.currency, at, customer)),
        age_restricted=product.age_restricted,
    )
