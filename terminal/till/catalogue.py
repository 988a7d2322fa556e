"""The catalogue on the till: what news has brought, in a SQLite file of its own.

Its own file, so that a page of news with a whole chain's products never holds up a sale: readers go on
with the catalogue as it was until the page is committed, and sales are written elsewhere. Nothing in it
is ours alone; a lost or damaged file is fetched anew.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Engine

from courier import cursor
from retail.barcode import Scan, ScanKind, gtin14
from retail.member import Member, MemberNotFound, normal_code, phone_key, phone_number
from retail.price import NoPrice, Price, price_of
from retail.product import Product, ProductNotForSale, ProductNotFound
from retail.promotion_book import PromotionBook
from retail.receipt import StoreCard
from retail.refusal import Refusal
from retail.tax import TaxRate, rate_of
from retail.voucher import Voucher, VoucherNotFound
from terminal.till.disk import COURIER, TillDamaged, connect, engine_of, plainly
from terminal.till.promotions import PromotionShelf
from terminal.till.rules import ChainRules
from terminal.till.seal import PeopleSeal, SealBroken
from terminal.till.sealing import seal_people
from terminal.till.search import TABLES as SEARCH_TABLES
from terminal.till.search import Found, find, folded
from terminal.till.wares import ProductHit, Ware

KINDS_VERSION = 2
"""Counts the kinds of news a till takes in. A file of an older program has passed over the new kinds (1:
promotions, 2: members and vouchers), so it fetches everything once more."""

TABLES = (
    """CREATE TABLE IF NOT EXISTS products (
        sku_id TEXT PRIMARY KEY, product_name TEXT NOT NULL, category TEXT NOT NULL,
        is_active INTEGER NOT NULL, search_text TEXT NOT NULL, marked_text TEXT NOT NULL,
        body TEXT NOT NULL
    )""",
    "CREATE INDEX IF NOT EXISTS idx_products_category ON products (category)",
    """CREATE TABLE IF NOT EXISTS barcodes (
        barcode TEXT NOT NULL, sku_id TEXT NOT NULL, gtin14 TEXT, pack_size INTEGER NOT NULL,
        PRIMARY KEY (barcode, sku_id)
    ) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS idx_barcodes_gtin14 ON barcodes (gtin14)",
    "CREATE INDEX IF NOT EXISTS idx_barcodes_sku ON barcodes (sku_id)",
    """CREATE TABLE IF NOT EXISTS prices (
        price_id TEXT PRIMARY KEY, sku_id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL
    ) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS idx_prices_sku ON prices (sku_id)",
    """CREATE TABLE IF NOT EXISTS members (
        member_id TEXT PRIMARY KEY, phone_key TEXT, code TEXT, body TEXT NOT NULL
    ) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS idx_members_phone_key ON members (phone_key)",
    "CREATE INDEX IF NOT EXISTS idx_members_code ON members (code)",
    """CREATE TABLE IF NOT EXISTS vouchers (
        key TEXT PRIMARY KEY, code TEXT NOT NULL, body TEXT NOT NULL
    ) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS idx_vouchers_code ON vouchers (code)",
    """CREATE TABLE IF NOT EXISTS master_data (
        kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, key)
    ) WITHOUT ROWID""",
    *SEARCH_TABLES,
)

# The whole code as it was scanned goes before its GTIN-14 key, a product on sale before one taken out.
BY_BARCODE = """SELECT products.body, barcodes.barcode, barcodes.pack_size
    FROM barcodes JOIN products ON products.sku_id = barcodes.sku_id
    WHERE barcodes.barcode = :text OR barcodes.gtin14 = :gtin14
    ORDER BY barcodes.barcode <> :text, products.is_active DESC, products.sku_id LIMIT 1"""
KNOWN = "SELECT 1 FROM barcodes WHERE barcode = :key OR gtin14 = :key LIMIT 1"

GROUPS = "SELECT DISTINCT category FROM products WHERE is_active AND category <> ''"
SHELF = "SELECT sku_id, product_name, category FROM products WHERE category = ? AND is_active"
PICTURES = "pictures"
SHELF_MAX = 240
"""More quick keys than this nobody pages through; the search finds the rest."""
PRICES = "SELECT body, version FROM prices WHERE sku_id IN (SELECT value FROM json_each(?))"
TAX_CLASSES = """SELECT json_extract(body, '$.tax_class'), json_extract(body, '$.tax_rate'), count(*)
    FROM products WHERE is_active GROUP BY 1, 2"""
DATA_VERSION = "PRAGMA data_version"
SMALL = "SELECT kind, key, body FROM master_data WHERE kind NOT IN ('person', 'promotion')"
PERSON = "SELECT body FROM master_data WHERE kind = 'person' AND key = ?"
PROMOTIONS = "SELECT body FROM master_data WHERE kind = 'promotion' ORDER BY key"
MEMBER_BY_PHONE = "SELECT body FROM members WHERE phone_key = ? ORDER BY member_id LIMIT 1"
MEMBER_BY_CODE = "SELECT body FROM members WHERE code = ? ORDER BY member_id LIMIT 1"
VOUCHER = "SELECT body FROM vouchers WHERE code = ? LIMIT 1"
FIRST_BARCODES = """SELECT sku_id, min(barcode) FROM barcodes
    WHERE sku_id IN (SELECT value FROM json_each(?)) AND pack_size = 1 GROUP BY sku_id"""


@dataclass(frozen=True, slots=True)
class _Small:
    """The small kinds of news, read once and again only after a change."""

    data_version: int
    rules: ChainRules
    tax_rates: tuple[TaxRate, ...]
    card: StoreCard


class Catalogue:
    """Products, prices, tax rates, people and settings as of the last page of news; any thread may read."""

    def __init__(self, file: Path, store_id: str, seal: PeopleSeal) -> None:
        """Open or make it; a damaged file is put aside and the catalogue comes anew with the news.

        `seal` keeps the people; those it cannot open come anew too.
        """
        self._file = file
        self.seal = seal
        self._store_id = store_id
        self._local = threading.local()
        self._lock = threading.Lock()
        self._connections: list[sqlite3.Connection] = []
        self._shelf = PromotionShelf()
        self.tables = COURIER
        try:
            self._make()
        except TillDamaged:
            for part in (file, *(file.with_name(file.name + end) for end in ("-wal", "-shm"))):
                if part.exists():
                    part.replace(part.with_name(f"{part.name}.damaged"))
            self._make()

    def follower_engine(self) -> Engine:
        """The catalogue for the thread that applies news. The caller disposes of it."""
        return engine_of(self._file, durable=False)

    def ware_by_barcode(self, scan: Scan, at: datetime) -> Ware:
        """The ware of a scan; raises `ProductNotFound`, `ProductNotForSale`, `NoPrice`.

        Looked up by the whole code first, then by the item that is written inside it.
        """
        asked = [(scan.text, scan.gtin14), *((key, gtin14(key)) for key in scan.item_keys)]
        with plainly(self._file):
            for text, key in asked:
                row = self._reader().execute(BY_BARCODE, {"text": text, "gtin14": key}).fetchone()
                if row is not None:
                    break
            else:
                raise ProductNotFound(barcode=scan.text)
        # What a label or a matrix says besides (dates, a weight) is no barcode of the product.
        inside = scan.kind in (ScanKind.ELEMENTS, ScanKind.LINK)
        return self._ware(row[0], at, barcode=row[1] if inside else scan.text, pack_size=row[2])

    def knows(self, key: str) -> bool:
        """Whether a barcode of the catalogue is this very code, or has it as its GTIN-14 key."""
        with plainly(self._file):
            return self._reader().execute(KNOWN, {"key": key}).fetchone() is not None

    def ware_by_sku(self, sku_id: str, at: datetime) -> Ware:
        """The ware of a SKU; raises `ProductNotFound`, `ProductNotForSale`, `NoPrice`."""
        with plainly(self._file):
            row = self._reader().execute("SELECT body FROM products WHERE sku_id = ?", (sku_id,)).fetchone()
        if row is None:
            raise ProductNotFound(sku_id=sku_id)
        return self._ware(row[0], at)

    def search(self, text: str, at: datetime) -> list[ProductHit]:
        """Products by words, with what they cost now."""
        with plainly(self._file):
            return self._hits(find(self._reader(), text), at)

    def groups(self) -> list[str]:
        """The categories that have something to sell, in alphabetical order."""
        with plainly(self._file):
            rows = self._reader().execute(GROUPS).fetchall()
        return sorted((row[0] for row in rows), key=folded)

    def shelf(self, group: str, at: datetime) -> list[ProductHit]:
        """The first `SHELF_MAX` products of a category in alphabetical order, with what they cost now."""
        with plainly(self._file):
            found = [Found(*row) for row in self._reader().execute(SHELF, (group,))]
            found.sort(key=lambda hit: folded(hit.product_name))
            hits = self._hits(found[:SHELF_MAX], at)
        pictures = self._pictures()
        return [replace(hit, picture=pictures.get(hit.sku_id, "")) for hit in hits]

    def _pictures(self) -> dict[str, str]:
        """The store's own pictures, `pictures/SKU.png` beside the catalogue, by SKU."""
        try:
            return {file.stem: str(file) for file in self._file.with_name(PICTURES).glob("*.png")}
        except OSError:
            return {}

    def tax_rates_at(self, at: datetime) -> list[Decimal]:
        """The tax rates that products have at this moment, the one of most products first."""
        with plainly(self._file):
            rows = self._reader().execute(TAX_CLASSES).fetchall()
        rates: dict[Decimal, int] = {}
        for tax_class, rate, count in rows:
            found = rate_of(tax_class or "", self._small().tax_rates, at, Decimal(str(rate)))
            rates[found] = rates.get(found, 0) + count
        return sorted(rates, key=lambda rate: (-rates[rate], rate))

    def rules(self) -> ChainRules:
        """The chain's settings."""
        return self._small().rules

    def card(self) -> StoreCard:
        """What receipts say about this store."""
        return self._small().card

    def promotions(self) -> PromotionBook:
        """The store's promotions as of the last page of news."""
        with plainly(self._file):
            reader = self._reader()
            data_version = reader.execute(DATA_VERSION).fetchone()[0]
            known: tuple[int, PromotionBook] | None = getattr(self._local, "promotions", None)
            if known is not None and known[0] == data_version:
                return known[1]
            texts = [row[0] for row in reader.execute(PROMOTIONS)]
        book = self._shelf.book_of(texts)
        self._local.promotions = (data_version, book)
        return book

    def person(self, employee_id: str) -> dict[str, Any] | None:
        """The news body of a person."""
        with plainly(self._file):
            row = self._reader().execute(PERSON, (employee_id,)).fetchone()
        try:
            return orjson.loads(self.seal.open(employee_id, row[0])) if row else None
        except SealBroken:
            return None

    def member_by_phone(self, text: str) -> Member:
        """The member with this phone number; raises `PhoneNotReadable`, `MemberNotFound`."""
        key = phone_key(phone_number(text))
        return Member.from_body(self._one(MEMBER_BY_PHONE, key, MemberNotFound(wanted=text)))

    def member_by_code(self, code: str) -> Member:
        """The member with this card; raises `MemberNotFound`."""
        asked = normal_code(code)
        return Member.from_body(self._one(MEMBER_BY_CODE, asked, MemberNotFound(wanted=asked)))

    def voucher(self, code: str) -> Voucher:
        """The voucher with this code, good or not; raises `VoucherNotFound`."""
        asked = normal_code(code)
        return Voucher.from_body(self._one(VOUCHER, asked, VoucherNotFound(voucher=asked)))

    def products_count(self) -> int:
        """How many products there are to sell."""
        with plainly(self._file):
            return int(self._reader().execute("SELECT count(*) FROM products WHERE is_active").fetchone()[0])

    def close(self) -> None:
        """Close every reader."""
        with self._lock:
            for connection in self._connections:
                connection.close()
            self._connections.clear()

    def _one(self, query: str, asked: str, missing: Refusal) -> Any:
        """The news body that the query finds; raises `missing` when there is none."""
        with plainly(self._file):
            row = self._reader().execute(query, (asked,)).fetchone() if asked else None
        if row is None:
            raise missing
        return orjson.loads(row[0])

    def _ware(self, body: str, at: datetime, barcode: str = "", pack_size: int = 1) -> Ware:
        product = Product.from_body(orjson.loads(body))
        if not product.is_active:
            raise ProductNotForSale(sku_id=product.sku_id, product_name=product.product_name)
        with plainly(self._file):
            prices = self._prices([product.sku_id]).get(product.sku_id, ())
        price = price_of(prices, product.sku_id, self._store_id, at)
        if not barcode and product.barcodes:
            barcode = product.barcodes[0].barcode
        rate = rate_of(product.tax_class, self._small().tax_rates, at, product.tax_rate)
        return Ware(product, price, rate, barcode, pack_size)

    def _hits(self, found: Sequence[Found], at: datetime) -> list[ProductHit]:
        sku_ids = [hit.sku_id for hit in found]
        prices = self._prices(sku_ids)
        barcodes = self._first_barcodes(sku_ids)
        return [
            ProductHit(
                hit.sku_id,
                hit.product_name,
                self._amount(prices.get(hit.sku_id, ()), hit.sku_id, at),
                hit.category,
                barcodes.get(hit.sku_id, ""),
            )
            for hit in found
        ]

    def _prices(self, sku_ids: Sequence[str]) -> dict[str, list[Price]]:
        prices: dict[str, list[Price]] = {}
        for body, version in self._reader().execute(PRICES, (orjson.dumps(sku_ids),)):
            price = Price.from_body(orjson.loads(body), version)
            prices.setdefault(price.sku_id, []).append(price)
        return prices

    def _first_barcodes(self, sku_ids: Sequence[str]) -> dict[str, str]:
        return dict(self._reader().execute(FIRST_BARCODES, (orjson.dumps(sku_ids),)))

    def _amount(self, prices: Iterable[Price], sku_id: str, at: datetime) -> int | None:
        try:
            return price_of(prices, sku_id, self._store_id, at).amount
        except NoPrice:
            return None

    def _small(self) -> _Small:
        reader = self._reader()
        with plainly(self._file):
            data_version = reader.execute(DATA_VERSION).fetchone()[0]
            known: _Small | None = getattr(self._local, "small", None)
            if known is not None and known.data_version == data_version:
                return known
            rows = reader.execute(SMALL).fetchall()
        bodies: dict[str, dict[str, Any]] = {}
        for kind, key, body in rows:
            bodies.setdefault(kind, {})[key] = orjson.loads(body)
        card = bodies.get("store", {}).get(self._store_id)
        small = _Small(
            data_version,
            ChainRules.from_settings(
                {name: body["value"] for name, body in bodies.get("setting", {}).items()}
            ),
            tuple(TaxRate.from_body(body) for body in bodies.get("tax_rate", {}).values()),
            StoreCard.from_body(card) if card else StoreCard(self._store_id, self._store_id),
        )
        self._local.small = small
        return small

    def _reader(self) -> sqlite3.Connection:
        """This thread's own connection."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = connect(self._file, durable=False)
            with self._lock:
                self._connections.append(connection)
            self._local.connection = connection
        return connection

    def _make(self) -> None:
        with plainly(self._file):
            connection = connect(self._file, durable=False)
            try:
                for statement in TABLES:
                    connection.execute(statement)
            finally:
                connection.close()
            engine = engine_of(self._file, durable=False)
            try:
                self.tables.heads.metadata.create_all(engine, tables=[self.tables.sync_cursors])
            finally:
                engine.dispose()
            self._fetch_new_kinds()
            seal_people(self._file, self.seal)

    def _fetch_new_kinds(self) -> None:
        """Begin the news anew where the file was kept by a program that knew fewer kinds."""
        connection = connect(self._file, durable=False)
        try:
            if connection.execute("PRAGMA user_version").fetchone()[0] >= KINDS_VERSION:
                return
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("DELETE FROM sync_cursors WHERE cursor_name = ?", (cursor.NEWS,))
            connection.execute(f"PRAGMA user_version = {KINDS_VERSION}")
            connection.execute("COMMIT")
        finally:
            connection.close()
