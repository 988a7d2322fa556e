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
    """CREATE VIRTUAL TABLE IF NOT EXISTS products_marked_fts USING fts5(
        marked_text, content='products', content_rowid='rowid', detail=none, columnsize=0,
        tokenize='unicode61 remove_diacritics 0', prefix='1 2 3'
    )""",
    """CREATE TRIGGER IF NOT EXISTS products_fts_insert AFTER INSERT ON products BEGIN
        INSERT INTO products_fts (rowid, search_text) VALUES (new.rowid, new.search_text);
        INSERT INTO products_marked_fts (rowid, marked_text) VALUES (new.rowid, new.marked_text);
    END""",
    """CREATE TRIGGER IF NOT EXISTS products_fts_delete AFTER DELETE ON products BEGIN
        INSERT INTO products_fts (products_fts, rowid, search_text)
        VALUES ('delete', old.rowid, old.search_text);
        INSERT INTO products_marked_fts (products_marked_fts, rowid, marked_text)
        VALUES ('delete', old.rowid, old.marked_text);
    END""",
    """CREATE TRIGGER IF NOT EXISTS products_fts_update AFTER UPDATE ON products
    WHEN old.marked_text <> new.marked_text BEGIN
        INSERT INTO products_fts (products_fts, rowid, search_text)
        VALUES ('delete', old.rowid, old.search_text);
        INSERT INTO products_marked_fts (products_marked_fts, rowid, marked_text)
        VALUES ('delete', old.rowid, old.marked_text);
        INSERT INTO products_fts (rowid, search_text) VALUES (new.rowid, new.search_text);
        INSERT INTO products_marked_fts (rowid, marked_text) VALUES (new.rowid, new.marked_text);
    END""",
)

BY_WORDS = """SELECT products.sku_id, products.product_name, products.category
    FROM products_fts JOIN products ON products.rowid = products_fts.rowid
    WHERE products_fts MATCH ? AND products.is_active LIMIT ?"""
BY_MARKED_WORDS = """SELECT products.sku_id, products.product_name, products.category
    FROM products_marked_fts JOIN products ON products.rowid = products_marked_fts.rowid
    WHERE products_marked_fts MATCH ? AND products.is_active LIMIT ?"""
BY_BARCODE = """SELECT DISTINCT products.sku_id, products.product_name, products.category
    FROM barcodes JOIN products ON products.sku_id = barcodes.sku_id
    WHERE barcodes.barcode >= ? AND barcodes.barcode < ? AND products.is_active LIMIT ?"""


@dataclass(frozen=True, slots=True)
class Found:
    """A product the search found."""

    sku_id: str
    product_name: str
    category: str


def marked_text(product_name: str, brand: str) -> str:
    """What is indexed of a product for those who type with marks."""
    return unicodedata.normalize("NFC", f"{product_name} {brand}")


def search_text(product_name: str, brand: str) -> str:
    """What is indexed of a product for those who type without; FTS5 takes the other marks off itself."""
    return _without_d(marked_text(product_name, brand))


def folded(text: str) -> str:
    """Lower case without any mark, as a hurried cashier types it."""
    parts = unicodedata.normalize("NFD", _without_d(text)).casefold()
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def find(connection: sqlite3.Connection, text: str) -> list[Found]:
    """Up to `LIMIT` products that have every word of the text (any of them may be a beginning), or a
    barcode that begins with it. What was typed with its marks is looked for as typed first."""
    typed = unicodedata.normalize("NFC", text).casefold()
    words = _words(folded(typed))
    if not words:
        return []
    ranked = sum(map(len, words)) >= RANKED_LETTERS_MIN
    limit = CANDIDATES_MAX if ranked else LIMIT
    hits: dict[Found, None] = {}
    if folded(typed) != typed:
        _gather(hits, connection, BY_MARKED_WORDS, _words(typed), limit)
    _gather(hits, connection, BY_WORDS, words, limit)
    found = sorted(hits, key=lambda hit: _order(hit, typed, words)) if ranked else list(hits)
    if len(words) == 1 and words[0].isdigit() and ranked:
        by_barcode = connection.execute(BY_BARCODE, (words[0], f"{words[0]}:", LIMIT))
        found = list(dict.fromkeys([*(Found(*row) for row in by_barcode), *found]))
    return found[:LIMIT]


def _gather(
    hits: dict[Found, None], connection: sqlite3.Connection, query: str, words: list[str], limit: int
) -> None:
    """Whole words first: "da" is also the beginning of a hundred others."""
    for ending in ("", "*"):
        if len(hits) >= limit:
            return
        match = " AND ".join(f'"{word}"{ending}' for word in words)
        hits.update(dict.fromkeys(Found(*row) for row in connection.execute(query, (match, limit))))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.replace("_", " "))


def _order(hit: Found, typed: str, words: list[str]) -> tuple[bool, bool, int, str]:
    """First what holds the text as typed, marks and all; then what begins with it; then short names."""
    name = unicodedata.normalize("NFC", hit.product_name).casefold()
    as_typed = typed.strip() in name
    begins = folded(name).startswith(" ".join(words))
    return (not as_typed, not begins, len(name), name)


def _without_d(text: str) -> str:
    return text.replace("đ", "d").replace("Đ", "D")
