"""Changing the catalogue: one product or a whole file, published as one version of news."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, func
from sqlalchemy.dialects.postgresql import insert

from courier import feed
from courier.feed import Change
from hq.catalog.file import BrokenFile, CatalogueFile, read_catalogue
from hq.catalog.queries import barcode_owners, products, scan_key
from hq.catalog.tables import catalog_barcodes, catalog_master
from hq.database import copy_in, courier, lock_master_data
from hq.prices.commands import changed_base_price, price_change, store_prices
from hq.prices.queries import held_prices
from retail.price import Price
from retail.product import Product
from retail.refusal import Refusal


class BarcodeTaken(Refusal):
    """The barcode belongs to another product (`barcode`, `sku_id`, `taken_by`)."""

    code = "barcode-taken"


class PackOfUnknown(Refusal):
    """The product is a pack of one that there is not (`sku_id`, `pack_of`)."""

    code = "pack-of-unknown"


@dataclass(frozen=True, slots=True)
class Changes:
    """What became of the products given: how many, and the news version after them."""

    products: int
    created: int
    updated: int
    unchanged: int
    prices: int
    version: int

    def to_body(self) -> dict[str, int]:
        """JSON types only."""
        return {
            "products": self.products,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "prices": self.prices,
            "version": self.version,
        }


def import_catalogue(tx: Connection, content: bytes, at: datetime) -> Changes:
    """Put every product of a CSV file into the catalogue; raises `BrokenFile`, with nothing imported.

    Products that the file does not name stay as they are; of those it names, it says everything.
    """
    file = read_catalogue(content)
    try:
        return put_products(tx, [(listing.product, listing.base_price) for listing in file.listings], at)
    except BarcodeTaken as taken:
        line = file.barcode_lines[taken.detail["barcode"]]
        reason = f"{taken.detail['barcode']} belongs to {taken.detail['taken_by']}"
        raise BrokenFile(line=line, column="barcode", reason=reason) from taken
    except PackOfUnknown as unknown:
        raise BrokenFile(
            line=_line_of(file, unknown.detail["sku_id"]),
            column="pack_of",
            reason=f"{unknown.detail['pack_of']} is neither in this file nor in the catalogue",
        ) from unknown


def _line_of(file: CatalogueFile, sku_id: str) -> int:
    return next(listing.line for listing in file.listings if listing.product.sku_id == sku_id)


def put_products(tx: Connection, listed: Sequence[tuple[Product, int | None]], at: datetime) -> Changes:
    """Make these products what they are given as, with the base price that shall hold now (None: as it is).

    Only what changed is written and published, all of it under one version. Raises `BarcodeTaken`,
    `PackOfUnknown`, `BadPrice`.
    """
    lock_master_data(tx)
    given = {product.sku_id: product for product, _ in listed}
    known = products(tx, list(given))
    _check_barcodes(tx, given)
    _check_packs(tx, given)
    changed = [product for product in given.values() if known.get(product.sku_id) != product]
    held = held_prices(tx, list(given) if len(given) <= 1000 else None)
    repriced: list[Price] = []
    for product, amount in listed:
        if amount is not None:
            price = changed_base_price(product.sku_id, amount, held.get(product.sku_id, ()), at)
            repriced += [price] if price else []
    news = [Change("product", product.sku_id, product.to_body()) for product in changed]
    version = feed.publish(tx, courier, [*news, *map(price_change, repriced)], at)
    _store_products(tx, changed, known, version, at)
    store_prices(tx, repriced, version)
    created = sum(product.sku_id not in known for product in changed)
    return Changes(
        products=len(given),
        created=created,
        updated=len(changed) - created,
        unchanged=len(given) - len(changed),
        prices=len(repriced),
        version=version,
    )


def _check_barcodes(tx: Connection, given: Mapping[str, Product]) -> None:
    claims: dict[str, tuple[str, str]] = {}
    for product in given.values():
        for code in product.barcodes:
            _, first = claims.setdefault(scan_key(code.barcode), (code.barcode, product.sku_id))
            if first != product.sku_id:
                raise BarcodeTaken(barcode=code.barcode, sku_id=product.sku_id, taken_by=first)
    for key, owner in barcode_owners(tx, list(claims)).items():
        barcode, sku_id = claims.get(key, ("", owner))
        # A product that is given here as well has let go of the barcode, or it would claim it.
        if owner != sku_id and owner not in given:
            raise BarcodeTaken(barcode=barcode, sku_id=sku_id, taken_by=owner)


def _check_packs(tx: Connection, given: Mapping[str, Product]) -> None:
    elsewhere = {
        product.pack_of for product in given.values() if product.pack_of and product.pack_of not in given
    }
    there = products(tx, sorted(elsewhere)) if elsewhere else {}
    for product in given.values():
        if product.pack_of in elsewhere and product.pack_of not in there:
            raise PackOfUnknown(sku_id=product.sku_id, pack_of=product.pack_of)


def _store_products(
    tx: Connection, changed: Sequence[Product], known: Mapping[str, Product], version: int, at: datetime
) -> None:
    rows = [_columns(product, version, at) for product in changed]
    copy_in(tx, catalog_master, [tuple(row.values()) for row in rows if row["sku_id"] not in known])
    if old := [row for row in rows if row["sku_id"] in known]:
        _change_products(tx, old)
    codes = catalog_barcodes
    tx.execute(codes.delete().where(codes.c.sku_id == func.any([product.sku_id for product in changed])))
    copy_in(
        tx,
        codes,
        [
            (scan_key(code.barcode), code.barcode, product.sku_id, place, code.pack_size)
            for product in changed
            for place, code in enumerate(product.barcodes)
        ],
    )


def _change_products(tx: Connection, rows: Sequence[dict[str, Any]]) -> None:
    statement = insert(catalog_master)
    new, old = statement.excluded, catalog_master.c
    kept = {"sku_id", "created_at", "created_version"}
    set_: dict[str, Any] = {
        column.name: new[column.name] for column in catalog_master.columns if column.name not in kept
    }
    # Back in the range, it is new to whoever was told that it had gone.
    set_["created_version"] = case(
        (new.is_active & ~old.is_active, new.created_version), else_=old.created_version
    )
    tx.execute(statement.on_conflict_do_update(index_elements=["sku_id"], set_=set_), rows)


def _columns(product: Product, version: int, at: datetime) -> dict[str, Any]:
    """By name, in the order of the table."""
    return {
        "sku_id": product.sku_id,
        "product_name": product.product_name,
        "category": product.category,
        "tax_class": product.tax_class,
        "tax_rate": product.tax_rate,
        "brand": product.brand,
        "unit": product.unit.value,
        "pack_of": product.pack_of,
        "pack_size": product.pack_size,
        "age_restricted": product.age_restricted,
        "is_active": product.is_active,
        "version": version,
        "created_version": version,
        "created_at": at,
        "updated_at": at,
    }
