"""Product search: every word or beginning of a word, with and without diacritics.

Names are indexed twice: as they are written, and folded to bare letters. The Vietnamese đ is a letter
of its own that no tokenizer folds, so both the index and the question are folded here.
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

BY_WORDS = """SELECT products.sku_id, products.product_name, products.category, products.search_text
    FROM products_fts JOIN products ON products.rowid = products_fts.rowid
    WHERE products_fts MATCH ? AND products.is_active LIMIT ?"""
BY_MARKED_WORDS = """SELECT products.sku_id, products.product_name, products.category, products.search_text
    FROM products_marked_fts JOIN products ON products.rowid = products_marked_fts.rowid
    WHERE products_marked_fts MATCH ? AND products.is_active LIMIT ?"""
BY_BARCODE = """SELECT DISTINCT products.sku_id, products.product_name, products.category,
        products.search_text
    FROM barcodes JOIN products ON products.sku_id = barcodes.sku_id
    WHERE barcodes.barcode >= ? AND barcodes.barcode < ? AND products.is_active LIMIT ?"""


@dataclass(frozen=True, slots=True)
class Found:
    """A product the search found; `search_text` is what it was found by."""

    sku_id: str
    product_name: str
    category: str
    search_text: str = ""


def marked_text(product_name: str, brand: str) -> str:
    """What is indexed of a product for those who type with marks."""
    return unicodedata.normalize("NFC", f"{product_name} {brand}")


def search_text(product_name: str, brand: str) -> str:
    """What is indexed of a product for those who type without."""
    return folded(f"{product_name} {brand}")


def folded(text: str) -> str:
    """Lower case without any mark, as a hurried cashier types it."""
    parts = unicodedata.normalize("NFD", text).casefold()
    bare = "".join(letter for letter in parts if not unicodedata.combining(letter))
    return bare.replace("đ", "d")


def find(connection: sqlite3.Connection, text: str) -> list[Found]:
    """Up to `LIMIT` products that have every word of the text (any of them may be a beginning), or a
    barcode that begins with it. What was typed with its marks is looked for as typed first."""
    typed = unicodedata.normalize("NFC", text).casefold()
    bare = folded(typed)
    words = _words(bare)
    if not words:
        return []
    ranked = sum(map(len, words)) >= RANKED_LETTERS_MIN
    limit = CANDIDATES_MAX if ranked else LIMIT
    marked = _matches(connection, BY_MARKED_WORDS, _words(typed), limit) if bare != typed else []
    if len(marked) >= LIMIT:
        return _in_order(marked, words)[:LIMIT] if ranked else marked[:LIMIT]
    found = _matches(connection, BY_WORDS, words, limit)
    if ranked:
        marked, found = _in_order(marked, words), _in_order(found, words)
    if len(words) == 1 and words[0].isdigit() and ranked:
        rows = connection.execute(BY_BARCODE, (words[0], f"{words[0]}:", LIMIT))
        marked = [Found(*row) for row in rows]
    return list(dict.fromkeys([*marked, *found]))[:LIMIT]


def _matches(connection: sqlite3.Connection, query: str, words: list[str], limit: int) -> list[Found]:
    """Whole words first: "da" is also the beginning of a hundred others."""
    hits: dict[Found, None] = {}
    for ending in ("", "*"):
        if len(hits) < limit:
            match = " AND ".join(f'"{word}"{ending}' for word in words)
            hits.update(dict.fromkeys(Found(*row) for row in connection.execute(query, (match, limit))))
    return list(hits)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.replace("_", " "))


def _in_order(hits: list[Found], words: list[str]) -> list[Found]:
    """First what begins with the words, then short names."""
    beginning = " ".join(words)
    return sorted(hits, key=lambda hit: (not hit.search_text.startswith(beginning), len(hit.search_text)))
