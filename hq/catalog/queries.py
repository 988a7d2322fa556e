"""Reading the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from courier import feed
from hq.catalog.tables import catalog_barcodes, catalog_master
from hq.database import courier
from hq.prices.queries import held_prices
from hq.prices.tables import prices, tax_rates
from retail.barcode import is_gtin
from retail.price import NoPrice, Price, price_of
from retail.product import PackBarcode, Product, ProductNotFound
from retail.quantity import Unit
from retail.tax import TaxRate, rate_of

ALL_FROM = 1_000
"""Asked about more products than this, the whole catalogue is read: one scan beats a long list."""


def products(tx: Connection, sku_ids: Sequence[str] | None = None) -> dict[str, Product]:
    """The products of these SKUs (None: all) by SKU; what is not known is left out."""
    master, codes = select(catalog_master), select(catalog_barcodes).order_by(catalog_barcodes.c.place)
    if sku_ids is not None and len(sku_ids) <= ALL_FROM:
        master = master.where(catalog_master.c.sku_id.in_(sku_ids))
        codes = codes.where(catalog_barcodes.c.sku_id.in_(sku_ids))
    barcodes: dict[str, list[PackBarcode]] = {}
    for code in tx.execute(codes):
        barcodes.setdefault(code.sku_id, []).append(PackBarcode(code.barcode, code.pack_size))
    return {row.sku_id: _product(row, barcodes.get(row.sku_id, ())) for row in tx.execute(master)}


def product_of(tx: Connection, sku_id: str) -> Product:
    """The product; raises `ProductNotFound`."""
    try:
        return products(tx, [sku_id])[sku_id]
    except KeyError:
        raise ProductNotFound(sku_id=sku_id) from None


def scan_key(barcode: str) -> str:
    """What tells barcodes apart: its GTIN-14 where it is a GTIN, so that UPC-A and EAN-13 meet."""
    return barcode.zfill(14) if is_gtin(barcode) else barcode


def barcode_owners(tx: Connection, scan_keys: Sequence[str]) -> dict[str, str]:
    """The SKU that each of these scan keys belongs to, for those that belong to one."""
    query = select(catalog_barcodes.c.scan_key, catalog_barcodes.c.sku_id)
    if len(scan_keys) <= ALL_FROM:
        query = query.where(catalog_barcodes.c.scan_key.in_(scan_keys))
    return {row.scan_key: row.sku_id for row in tx.execute(query)}


def snapshot(tx: Connection, since_version: int, store_id: str | None, at: datetime) -> dict[str, Any]:
    """What changed in the catalogue since a version, in the shape of spec 7.2.

    `base_price` is the price that holds now, in the asking store if a store asks; prices that are
    scheduled come along as `scheduled_prices`. What left the range is DELETED.
    """
    head = feed.version_now(tx, courier)
    c, p = catalog_master.c, prices.c
    repriced = (
        select(p.price_id)
        .where(
            p.sku_id == c.sku_id,
            p.version > since_version,
            p.version <= head,
            or_(p.store_id.is_(None), p.store_id == store_id),
        )
        .exists()
    )
    changed = (
        select(c.sku_id, c.created_version)
        .where(c.version <= head, or_(c.version > since_version, repriced))
        .order_by(c.sku_id)
    )
    created = {row.sku_id: row.created_version for row in tx.execute(changed)}
    known = products(tx, list(created))
    held = held_prices(tx, list(created) if len(created) <= ALL_FROM else None)
    rates = dated_rates(tx)
    items = []
    for sku_id, created_version in created.items():
        product = known[sku_id]
        if not product.is_active and since_version == 0:
            continue
        new = "CREATED" if created_version > since_version else "UPDATED"
        items.append(
            {
                **_item(product, held.get(sku_id, ()), rates, store_id, at),
                "change_type": new if product.is_active else "DELETED",
            }
        )
    return {"current_version": head, "items": items}


def dated_rates(tx: Connection) -> list[TaxRate]:
    """Every dated rate of every tax class."""
    rows = tx.execute(select(tax_rates))
    return [TaxRate(row.tax_class, row.rate, row.effective_from) for row in rows]


def _item(
    product: Product, held: Iterable[Price], rates: Iterable[TaxRate], store_id: str | None, at: datetime
) -> dict[str, Any]:
    visible = [price for price in held if price.store_id in (None, store_id)]
    try:
        base_price: int | None = price_of(visible, product.sku_id, store_id or "", at).amount
    except NoPrice:
        base_price = None
    scheduled = sorted(
        (price for price in visible if price.effective_from > at), key=lambda price: price.effective_from
    )
    item: dict[str, Any] = {
        "sku_id": product.sku_id,
        "barcode": product.barcodes[0].barcode if product.barcodes else None,
        "product_name": product.product_name,
        "category": product.category,
        "base_price": base_price,
        "tax_rate": float(rate_of(product.tax_class, rates, at, product.tax_rate)),
        "barcodes": [code.barcode for code in product.barcodes],
    }
    if scheduled:
        item["scheduled_prices"] = [
            {
                "base_price": price.amount,
                "effective_from": price.effective_from.isoformat(),
                "store_id": price.store_id,
            }
            for price in scheduled
        ]
    return item


def _product(row: Row[Any], barcodes: Iterable[PackBarcode]) -> Product:
    rate: Decimal = row.tax_rate
    return Product(
        sku_id=row.sku_id,
        product_name=row.product_name,
        category=row.category,
        tax_class=row.tax_class,
        tax_rate=rate.normalize() if rate else Decimal(0),
        barcodes=tuple(barcodes),
        brand=row.brand,
        unit=Unit(row.unit),
        pack_of=row.pack_of,
        pack_size=row.pack_size,
        age_restricted=row.age_restricted,
        is_active=row.is_active,
    )
