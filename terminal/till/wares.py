"""Wares: a product with the price and tax rate it is sold at, at one moment in this store."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from retail.price import Price
from retail.product import Product


@dataclass(frozen=True, slots=True)
class Ware:
    """What a scan or a tap means: `pack_size` pieces of the product per scan of this barcode."""

    product: Product
    price: Price
    tax_rate: Decimal
    barcode: str = ""
    pack_size: int = 1


@dataclass(frozen=True, slots=True)
class ProductHit:
    """A product the search found. `price` in minor units per piece or kilogram; None: it has none now."""

    sku_id: str
    product_name: str
    price: int | None
    category: str
    barcode: str
    picture: str = ""
    """The file of the store's own picture of it; empty: there is none."""
