"""Applying a page of news to the till's catalogue, inside the follower's transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

import orjson
import structlog
from sqlite_utils import Database

from courier.news import News, NewsPage
from retail.barcode import gtin14
from retail.member import Member
from retail.price import Price
from retail.product import Product
from retail.promotion import Promotion
from retail.receipt import StoreCard
from retail.refusal import Refusal
from retail.staff import Role
from retail.tax import TaxRate
from retail.voucher import Voucher
from terminal.till.rules import read_setting
from terminal.till.seal import PeopleSeal
from terminal.till.search import marked_text, search_text

PERSON = "person"

log = structlog.stdlib.get_logger("terminal.till")


def apply(connection: sqlite3.Connection, news: Sequence[News], seal: PeopleSeal) -> None:
    """Take a page of news into the catalogue; part of the caller's transaction. People are sealed.

    A piece that cannot be read is logged and counts as gone, so that the rest of the chain's news
    still arrives; a kind this till does not know belongs to a later version and is passed over.
    """
    readable = [(piece, _read(piece)) for piece in news if piece.kind in READERS]
    database = Database(connection)
    _apply_products(database, [(piece, body) for piece, body in readable if piece.kind == "product"])
    _apply_prices(database, [(piece, body) for piece, body in readable if piece.kind == "price"])
    _apply_members(database, [(piece, body) for piece, body in readable if piece.kind == "member"])
    _apply_vouchers(database, [(piece, body) for piece, body in readable if piece.kind == "voucher"])
    others = [(piece, body) for piece, body in readable if piece.kind not in OWN_TABLES]
    connection.executemany(
        "DELETE FROM master_data WHERE kind = ? AND key = ?",
        [(piece.kind, piece.key) for piece, body in others if body is None],
    )
    kept = ((piece, _kept(piece, seal)) for piece, body in others if body)
    database.table("master_data").upsert_all(
        ({"kind": piece.kind, "key": piece.key, "body": text} for piece, text in kept), pk=("kind", "key")
    )


def gone(connection: sqlite3.Connection, page: NewsPage) -> list[News]:
    """A tombstone for everything in the catalogue that a whole page does not name: head office lost it."""
    held = connection.execute(
        "SELECT 'product', sku_id FROM products UNION ALL SELECT 'price', price_id FROM prices "
        "UNION ALL SELECT 'member', member_id FROM members "
        "UNION ALL SELECT 'voucher', key FROM vouchers "
        "UNION ALL SELECT kind, key FROM master_data"
    )
    named = {(piece.kind, piece.key) for piece in page.news}
    return [
        News(page.current_version, kind, key, {}, deleted=True)
        for kind, key in held
        if (kind, key) not in named
    ]


def _apply_products(database: Database, pieces: Sequence[tuple[News, Any]]) -> None:
    # All barcodes first: one that moves from a product to another arrives in either order.
    database.conn.executemany("DELETE FROM barcodes WHERE sku_id = ?", [(piece.key,) for piece, _ in pieces])
    database.conn.executemany(
        "DELETE FROM products WHERE sku_id = ?",
        [(piece.key,) for piece, product in pieces if product is None],
    )
    products: list[tuple[News, Product]] = [(piece, product) for piece, product in pieces if product]
    database.table("products").upsert_all(
        (
            {
                "sku_id": product.sku_id,
                "product_name": product.product_name,
                "category": product.category,
                "is_active": int(product.is_active),
                "search_text": search_text(product.product_name, product.brand),
                "marked_text": marked_text(product.product_name, product.brand),
                "body": _text(piece),
            }
            for piece, product in products
        ),
        pk="sku_id",
    )
    database.table("barcodes").upsert_all(
        (
            {
                "barcode": code.barcode,
                "sku_id": product.sku_id,
                "gtin14": gtin14(code.barcode),
                "pack_size": code.pack_size,
            }
            for _, product in products
            for code in product.barcodes
        ),
        pk=("barcode", "sku_id"),
    )


def _apply_prices(database: Database, pieces: Sequence[tuple[News, Any]]) -> None:
    database.conn.executemany(
        "DELETE FROM prices WHERE price_id = ?", [(piece.key,) for piece, price in pieces if price is None]
    )
    database.table("prices").upsert_all(
        (
            {"price_id": piece.key, "sku_id": price.sku_id, "version": piece.version, "body": _text(piece)}
            for piece, price in pieces
            if price is not None
        ),
        pk="price_id",
    )


def _apply_members(database: Database, pieces: Sequence[tuple[News, Any]]) -> None:
    database.conn.executemany(
        "DELETE FROM members WHERE member_id = ?",
        [(piece.key,) for piece, member in pieces if member is None],
    )
    members: list[tuple[News, Member]] = [(piece, member) for piece, member in pieces if member]
    database.table("members").upsert_all(
        (
            {
                "member_id": piece.key,
                "phone_key": member.phone_key or None,
                "code": member.code or None,
                "body": _text(piece),
            }
            for piece, member in members
        ),
        pk="member_id",
    )


def _apply_vouchers(database: Database, pieces: Sequence[tuple[News, Any]]) -> None:
    database.conn.executemany(
        "DELETE FROM vouchers WHERE key = ?", [(piece.key,) for piece, voucher in pieces if voucher is None]
    )
    vouchers: list[tuple[News, Voucher]] = [(piece, voucher) for piece, voucher in pieces if voucher]
    database.table("vouchers").upsert_all(
        ({"key": piece.key, "code": voucher.code, "body": _text(piece)} for piece, voucher in vouchers),
        pk="key",
    )


def _kept(piece: News, seal: PeopleSeal) -> str:
    return seal.seal(piece.key, _text(piece)) if piece.kind == PERSON else _text(piece)


def _text(piece: News) -> str:
    return orjson.dumps(piece.body).decode()


def _read(piece: News) -> Any:
    """What the piece says, or None when it is deleted or not readable."""
    if piece.deleted:
        return None
    try:
        return READERS[piece.kind](piece.body)
    except (Refusal, KeyError, TypeError, ValueError, ArithmeticError, AttributeError):
        log.exception("news not readable", kind=piece.kind, key=piece.key, version=piece.version)
        return None


def _person(body: Any) -> Any:
    return Role(body["role"]), body["employee_id"], body["pin_hash"]


def _setting(body: Any) -> Any:
    return body["name"], read_setting(body["name"], body["value"])


READERS: dict[str, Callable[[Any], Any]] = {
    "product": Product.from_body,
    "price": Price.from_body,
    "tax_rate": TaxRate.from_body,
    "person": _person,
    "setting": _setting,
    "store": StoreCard.from_body,
    "promotion": Promotion.from_body,
    "member": Member.from_body,
    "voucher": Voucher.from_body,
}
OWN_TABLES = frozenset({"product", "price", "member", "voucher"})
"""Kinds of news that there may be many thousands of, and that are asked for one by one."""
