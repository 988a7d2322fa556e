"""Product search: every word or beginning of a word, with and without diacritics.

FTS5 folds the marks that Unicode can take off a letter; the Vietnamese đ is a letter of its own and is
folded by hand, in what is indexed and in what is asked.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from dataclasses import dataclass

LIMIT = 20
RANKED_LETTERS_MIN = 3
CANDIDATES_MAX = 200
"""Ranking looks at so many hits at most: below three letters and in huge results, order costs more than
it helps (measured: bm25 over a short prefix of 50,000 names takes 16 ms)."""

TABLES = (
    """CREATE VIRTUAL TABLE IF NOT EXISTS products_fts USING fts5(
        search_text, content='products', content_rowid='rowid', detail=none, columnsize=0,
        tokenize='unicode61 remove_diacritics 2', prefix='1 2 3'
    )""",
    """CREATE TRIGGER IF NOT EXISTS products_fts_insert AFTER INSERT ON products BEGIN
        INSERT INTO products_fts (rowid, search_text) VALUES (new.rowid, new.search_text);
    END""",
    """CREATE TRIGGER IF NOT EXISTS products_fts_delete AFTER DELETE ON products BEGIN
        INSERT INTO products_fts (products_fts, rowid, search_text)
        VALUES ('delete', old.rowid, old.search_text);
    END""",
    """CREATE TRIGGER IF NOT EXISTS products_fts_update AFTER UPDATE ON products
    WHEN old.search_text <> new.search_text BEGIN
        INSERT INTO products_fts (products_fts, rowid, search_text)
        VALUES ('delete', old.rowid, old.search_text);
        INSERT INTO products_fts (rowid, search_text) VALUES (new.rowid, new.search_text);
    END""",
)

BY_WORDS = """SELECT products.sku_id, products.product_name, products.category
    FROM products_fts JOIN products ON products.rowid = products_fts.rowid
    WHERE products_fts MATCH ? AND products.is_active LIMIT ?"""
BY_BARCODE = """SELECT DISTINCT products.sku_id, products.product_name, products.category
    FROM barcodes JOIN products ON products.sku_id = barcodes.sku_id
    WHERE barcodes.barcode >= ? AND barcodes.barcode < ? AND products.is_active LIMIT ?"""


@dataclass(frozen=True, slots=True)
class Found:
    """A product the search found."""

    sku_id: str
    product_name: str
    category: str


def search_text(product_name: str, brand: str) -> str:
    """What is indexed of a product."""
    return _without_d(unicodedata.normalize("NFC", f"{product_name} {brand}"))


def folded(text: str) -> str:
    """Lower case without any mark, as a hurried cashier types it."""
    parts = unicodedata.normalize("NFD", _without_d(text)).casefold()
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def find(connection: sqlite3.Connection, text: str) -> list[Found]:
    """Up to `LIMIT` products that have every word of the text (the last ones may be beginnings), or a
    barcode that begins with it."""
    words = re.findall(r"\w+", folded(text).replace("_", " "))
    if not words:
        return []
    letters = sum(map(len, words))
    ranked = letters >= RANKED_LETTERS_MIN
    match = " AND ".join(f'"{word}"*' for word in words)
    hits = [Found(*row) for row in connection.execute(BY_WORDS, (match, CANDIDATES_MAX if ranked else LIMIT))]
    if ranked:
        hits.sort(key=lambda hit: _order(hit, text, words))
    if len(words) == 1 and words[0].isdigit() and len(words[0]) >= RANKED_LETTERS_MIN:
        by_barcode = connection.execute(BY_BARCODE, (words[0], f"{words[0]}:", LIMIT))
        hits = list(dict.fromkeys([*(Found(*row) for row in by_barcode), *hits]))
    return hits[:LIMIT]


def _order(hit: Found, typed: str, words: list[str]) -> tuple[bool, bool, int, str]:
    """First what holds the text as typed, marks and all; then what begins with it; then short names."""
    name = unicodedata.normalize("NFC", hit.product_name).casefold()
    as_typed = unicodedata.normalize("NFC", typed).strip().casefold() in name
    begins = folded(name).startswith(" ".join(words))
    return (not as_typed, not begins, len(name), name)


def _without_d(text: str) -> str:
    return text.replace("đ", "d").replace("Đ", "D")
