"""Reading master data: what a scan means here and now, and the rules of the chain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Row, String, any_, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from retail import barcode as barcodes
from retail.label import WeightNeeded, demand_goods, label_price, scanned_quantity
from retail.price import Price, price_of
from retail.product import PackBarcode, Product, ProductNotFound
from retail.promotion import Promotion
from retail.quantity import Unit
from retail.receipt import StoreCard
from retail.tax import TaxRate, rate_of
from storehub.catalog.rules import ChainRules
from storehub.catalog.tables import (
    local_catalog,
    prices,
    product_barcodes,
    promotions,
    settings,
    stores,
    tax_rates,
)


@dataclass(frozen=True, slots=True)
class Ware:
    """A product as it is sold here and now: its price and tax rate, and what was scanned.

    `pack_size`: pieces that one scan of `barcode` means; `quantity`: pieces or grams that this scan meant
    (None: weighed goods whose code says no weight). `label_price`: what the code says they cost.
    """

    product: Product
    price: Price
    tax_rate: Decimal
    barcode: str
    pack_size: int
    quantity: int | None = None
    label_price: int | None = None


def ware_of_barcode(tx: Connection, text: str, store_id: str, at: datetime) -> Ware:
    """What this code means: a barcode, a GS1 element string or link, a label with weight or price inside.

    Raises what `retail.barcode.read` raises, `NotGoods`, `GoodsExpired`, `ProductNotFound`, `NoPrice`.
    """
    rules = chain_rules(tx)
    scan = demand_goods(
        barcodes.read(text, rules.scan_rules, lambda key: _with_code(tx, key, key) is not None)
    )
    asked = [(scan.text, scan.gtin14), *((key, barcodes.gtin14(key)) for key in scan.item_keys)]
    found = next(filter(None, (_with_code(tx, *each) for each in asked)), None)
    if found is None:
        raise ProductNotFound(barcode=scan.text)
    barcodes.demand_fresh(scan, rules.calendar.local(at))
    # A label names these very goods; what a matrix says besides its number is no barcode of the product.
    barcode = scan.text if scan.kind is barcodes.ScanKind.IN_STORE else found.barcode
    ware = _ware(tx, found.sku_id, barcode, found.pack_size, store_id, at)
    price = label_price(scan, rules.currency)
    try:
        quantity: int | None = scanned_quantity(
            scan, ware.product, pack_size=ware.pack_size, list_price=ware.price.amount, price=price
        )
    except WeightNeeded:
        quantity = None
    return replace(ware, quantity=quantity, label_price=price)


def _with_code(tx: Connection, text: str, gtin14: str | None) -> Row[Any] | None:
    """The barcode that is this very text, or else has this GTIN-14: a store's own code may look like one."""
    column = product_barcodes.c
    known_as = column.barcode == text
    if gtin14 is not None:
        known_as = known_as | (column.gtin14 == gtin14)
    found: Row[Any] | None = tx.execute(
        select(product_barcodes).where(known_as).order_by((column.barcode == text).desc()).limit(1)
    ).one_or_none()
    return found


def ware_of_sku(tx: Connection, sku_id: str, store_id: str, at: datetime) -> Ware:
    """The product with this SKU under its first barcode; raises `ProductNotFound`, `NoPrice`."""
    column = product_barcodes.c
    first = tx.execute(
        select(column.barcode)
        .where(column.sku_id == sku_id)
        .order_by(column.pack_size, column.barcode)
        .limit(1)
    ).scalar_one_or_none()
    return _ware(tx, sku_id, first or "", 1, store_id, at)


def _ware(tx: Connection, sku_id: str, barcode: str, pack_size: int, store_id: str, at: datetime) -> Ware:
    row = tx.execute(select(local_catalog).where(local_catalog.c.sku_id == sku_id)).one_or_none()
    if row is None:
        raise ProductNotFound(sku_id=sku_id)
    product = _product(row, (PackBarcode(barcode, pack_size),) if barcode else ())
    price = price_of(prices_of(tx, [sku_id])[sku_id], sku_id, store_id, at)
    rate = rate_of(product.tax_class, dated_rates(tx, product.tax_class), at, product.tax_rate)
    return Ware(product, price, rate, barcode, pack_size)


def knows_sku(tx: Connection, sku_id: str) -> bool:
    """Whether the catalogue has this product."""
    return (
        tx.execute(select(local_catalog.c.sku_id).where(local_catalog.c.sku_id == sku_id)).first() is not None
    )


def prices_of(tx: Connection, sku_ids: Iterable[str] | None = None) -> dict[str, list[Price]]:
    """The prices of these products, or of all."""
    wanted = select(prices)
    if sku_ids is not None:
        wanted = wanted.where(among(prices.c.sku_id, sku_ids))
    by_sku: dict[str, list[Price]] = defaultdict(list)
    for row in tx.execute(wanted):
        by_sku[row.sku_id].append(
            Price(
                row.price_id,
                row.sku_id,
                row.amount,
                row.effective_from,
                row.store_id,
                row.version,
                row.effective_to,
            )
        )
    return by_sku


def dated_rates(tx: Connection, tax_class: str) -> list[TaxRate]:
    """The dated rates of a tax class."""
    rows = tx.execute(select(tax_rates).where(tax_rates.c.tax_class == tax_class))
    return [TaxRate(row.tax_class, row.rate, row.effective_from) for row in rows]


def known_promotions(tx: Connection) -> list[Promotion]:
    """The promotions of this store."""
    return [Promotion.from_body(body) for body in tx.execute(select(promotions.c.body)).scalars()]


def chain_rules(tx: Connection) -> ChainRules:
    """The chain's settings."""
    return ChainRules.from_settings({row.name: row.value for row in tx.execute(select(settings))})


def store_card(tx: Connection, store_id: str) -> StoreCard:
    """What receipts say about the store; its id alone while head office has sent nothing."""
    body = tx.execute(select(stores.c.body).where(stores.c.store_id == store_id)).scalar_one_or_none()
    return StoreCard.from_body(body or {"store_id": store_id, "name": store_id})


def among(column: Column[str], keys: Iterable[str]) -> ColumnElement[bool]:
    """Whether the column holds one of the keys; one parameter however many there are."""
    return column == any_(literal(list(keys), ARRAY(String)))


def _product(row: Row[Any], codes: tuple[PackBarcode, ...]) -> Product:
    return Product(
        sku_id=row.sku_id,
        product_name=row.product_name,
        category=row.category,
        tax_class=row.tax_class,
        tax_rate=row.tax_rate,
        barcodes=codes,
        brand=row.brand,
        unit=Unit(row.unit),
        pack_of=row.pack_of,
        pack_size=row.pack_size,
        age_restricted=row.age_restricted,
        is_active=row.is_active,
    )
