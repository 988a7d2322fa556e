"""Applying head office's master data: each function takes one kind of news, newest state wins."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

import orjson
import structlog
from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql import insert

from courier.news import News
from retail import barcode
from retail.price import Price
from retail.product import Product
from retail.promotion import BadPromotion, Promotion
from retail.tax import TaxRate
from storehub.catalog.queries import among
from storehub.catalog.tables import (
    local_catalog,
    prices,
    product_barcodes,
    promotions,
    settings,
    stores,
    tax_rates,
)

log = structlog.get_logger(__name__)

Row = dict[str, Any]

_PUT_PRODUCTS = text("""
INSERT INTO local_catalog (sku_id, product_name, category, tax_class, tax_rate, brand, unit, pack_of,
    pack_size, age_restricted, is_active, catalog_version, synced_at)
SELECT sku_id, product_name, category, tax_class, tax_rate, brand, unit, pack_of,
    pack_size, age_restricted, is_active, catalog_version, :at
FROM json_to_recordset(CAST(:rows AS json)) AS r(
    sku_id text, product_name text, category text, tax_class text, tax_rate numeric, brand text,
    unit text, pack_of text, pack_size int, age_restricted boolean, is_active boolean,
    catalog_version bigint)
ON CONFLICT (sku_id) DO UPDATE SET
    product_name = excluded.product_name, category = excluded.category, tax_class = excluded.tax_class,
    tax_rate = excluded.tax_rate, brand = excluded.brand, unit = excluded.unit,
    pack_of = excluded.pack_of, pack_size = excluded.pack_size,
    age_restricted = excluded.age_restricted, is_active = excluded.is_active,
    catalog_version = excluded.catalog_version, synced_at = excluded.synced_at
""")
_PUT_BARCODES = text("""
INSERT INTO product_barcodes (barcode, sku_id, pack_size, gtin14)
SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS r(
    barcode text, sku_id text, pack_size int, gtin14 text)
ON CONFLICT (barcode) DO UPDATE SET
    sku_id = excluded.sku_id, pack_size = excluded.pack_size, gtin14 = excluded.gtin14
""")
_PUT_PRICES = text("""
INSERT INTO prices (price_id, sku_id, amount, effective_from, store_id, version, effective_to)
SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS r(
    price_id text, sku_id text, amount bigint, effective_from timestamptz, store_id text,
    version bigint, effective_to timestamptz)
ON CONFLICT (price_id) DO UPDATE SET
    sku_id = excluded.sku_id, amount = excluded.amount, effective_from = excluded.effective_from,
    store_id = excluded.store_id, version = excluded.version, effective_to = excluded.effective_to
""")


def take_products(tx: Connection, news: Sequence[News], at: datetime) -> set[str]:
    """Put, change or remove products with their barcodes; returns the SKUs concerned."""
    keys = {piece.key for piece in news}
    products = understood(news, Product.from_body)
    tx.execute(product_barcodes.delete().where(among(product_barcodes.c.sku_id, keys)))
    tx.execute(local_catalog.delete().where(among(local_catalog.c.sku_id, _gone(news))))
    _put(tx, _PUT_PRODUCTS, [_product_row(piece, product) for piece, product in products], at=at)
    # A barcode that moved from one product to another belongs to the newest that names it.
    codes = {code.barcode: (product, code) for _, product in products for code in product.barcodes}
    rows = [
        {
            "barcode": code.barcode,
            "sku_id": product.sku_id,
            "pack_size": code.pack_size,
            "gtin14": barcode.gtin14(code.barcode),
        }
        for product, code in codes.values()
    ]
    _put(tx, _PUT_BARCODES, rows)
    return keys


def take_prices(tx: Connection, news: Sequence[News]) -> set[str]:
    """Put, change or remove prices; returns the SKUs concerned."""
    gone = prices.delete().where(among(prices.c.price_id, _gone(news))).returning(prices.c.sku_id)
    concerned = set(tx.execute(gone).scalars())
    read = understood(news, Price.from_body)
    _put(tx, _PUT_PRICES, [price.to_body() | {"version": piece.version} for piece, price in read])
    return concerned | {price.sku_id for _, price in read}


def take_tax_rates(tx: Connection, news: Sequence[News]) -> None:
    """Put, change or remove dated tax rates."""
    tx.execute(tax_rates.delete().where(among(tax_rates.c.key, {piece.key for piece in news})))
    rows = [
        {
            "key": piece.key,
            "tax_class": rate.tax_class,
            "rate": rate.rate,
            "effective_from": rate.effective_from,
        }
        for piece, rate in understood(news, TaxRate.from_body)
    ]
    if rows:
        tx.execute(tax_rates.insert(), rows)


def take_promotions(tx: Connection, news: Sequence[News]) -> None:
    """Put, change or remove promotions."""
    tx.execute(promotions.delete().where(among(promotions.c.promo_id, {piece.key for piece in news})))
    rows = [
        {"promo_id": piece.key, "version": piece.version, "body": promotion.to_body()}
        for piece, promotion in understood(news, Promotion.from_body)
    ]
    if rows:
        tx.execute(promotions.insert(), rows)


def take_settings(tx: Connection, news: Sequence[News]) -> None:
    """Put or remove the chain's settings."""
    tx.execute(settings.delete().where(among(settings.c.name, {piece.key for piece in news})))
    rows = [{"name": piece.key, "value": piece.body.get("value")} for piece in news if not piece.deleted]
    if rows:
        tx.execute(settings.insert(), rows)


def take_stores(tx: Connection, news: Sequence[News]) -> None:
    """Put or remove store cards."""
    tx.execute(stores.delete().where(among(stores.c.store_id, _gone(news))))
    rows = [{"store_id": piece.key, "body": piece.body} for piece in news if not piece.deleted]
    if rows:
        statement = insert(stores)
        tx.execute(
            statement.on_conflict_do_update(
                index_elements=["store_id"], set_={"body": statement.excluded.body}
            ),
            rows,
        )


def understood(news: Iterable[News], read: Callable[[Row], Any]) -> list[tuple[News, Any]]:
    """What can be read. A piece that cannot is logged and left out: one must not keep back all the others."""
    read_pieces = []
    for piece in news:
        if piece.deleted:
            continue
        try:
            read_pieces.append((piece, read(piece.body)))
        except (BadPromotion, KeyError, TypeError, ValueError, ArithmeticError):
            log.exception("news not understood", kind=piece.kind, key=piece.key)
    return read_pieces


def _gone(news: Iterable[News]) -> set[str]:
    return {piece.key for piece in news if piece.deleted}


def _put(tx: Connection, statement: Any, rows: Sequence[Row], **more: Any) -> None:
    if rows:
        tx.execute(statement, {"rows": orjson.dumps(rows).decode(), **more})


def _product_row(piece: News, product: Product) -> Row:
    row = product.to_body() | {"catalog_version": piece.version}
    del row["barcodes"]
    return row
