"""The catalogue as a CSV file: read as a whole, or refused with line, column and a sentence.

Columns: sku_id, barcode, product_name, category, base_price, tax_rate, and optionally brand, unit,
pack_of, pack_size, age_restricted. UTF-8, comma, first line the names. Several rows of one `sku_id` give
it several barcodes; everything else they say of the product must agree. `pack_size` with `pack_of` makes
the product a pack of so many units of that SKU; without it, so many pieces that one scan of this row's
barcode means.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from hq.catalog.limits import BRAND_MAX, CATEGORY_MAX, NAME_MAX, PACK_MAX, is_sku, vat_class
from retail import barcode as barcodes
from retail.money import AMOUNT_LIMIT
from retail.product import PackBarcode, Product
from retail.quantity import Unit
from retail.refusal import Refusal
from retail.tax import scaled

REQUIRED = ("sku_id", "barcode", "product_name", "category", "base_price", "tax_rate")
OPTIONAL = ("brand", "unit", "pack_of", "pack_size", "age_restricted")
ROWS_MAX = 1_000_000


class BrokenFile(Refusal):
    """The file cannot be imported (`line`, `column`, `reason`: a sentence); nothing of it was."""

    code = "broken-file"


@dataclass(frozen=True, slots=True)
class Listing:
    """A product of the file with its base price (minor units) and the line it first stands on."""

    product: Product
    base_price: int
    line: int


@dataclass(frozen=True, slots=True)
class CatalogueFile:
    """What a file says: its products in order, and the line of each barcode."""

    listings: list[Listing]
    barcode_lines: Mapping[str, int]


def read_catalogue(content: bytes) -> CatalogueFile:
    """Read a whole file; raises `BrokenFile` for the first thing that is wrong with it."""
    listings: dict[str, Listing] = {}
    barcode_lines: dict[str, int] = {}
    owners: dict[str, str] = {}
    for line, row in _rows(_decoded(content)):
        sku_id, code = row["sku_id"], row["barcode"]
        if code in owners:
            raise BrokenFile(
                line=line,
                column="barcode",
                reason=f"{code} stands on line {barcode_lines[code]} already, for {owners[code]}",
            )
        owners[code], barcode_lines[code] = sku_id, line
        listing = _listing(row, line)
        first = listings.get(sku_id)
        listings[sku_id] = listing if first is None else _with_barcode(first, listing)
    return CatalogueFile(list(listings.values()), barcode_lines)


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = content.count(b"\n", 0, wrong.start) + 1
        reason = f"byte {wrong.start} is not UTF-8; save the file as UTF-8"
        raise BrokenFile(line=line, column="", reason=reason) from wrong


def _rows(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows with the number of the line each begins on, every cell read by its column's rule."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] | None = None
    line = 1
    try:
        for cells in reader:
            begins, line = line, reader.line_num + 1
            if not cells:
                continue
            if header is None:
                header = _header(cells, begins)
                continue
            if len(cells) != len(header):
                reason = f"{len(cells)} cells, where the first line names {len(header)} columns"
                raise BrokenFile(line=begins, column="", reason=reason)
            if begins > ROWS_MAX:
                raise BrokenFile(line=begins, column="", reason=f"more than {ROWS_MAX} rows")
            yield begins, _read_row(header, cells, begins)
    except csv.Error as wrong:
        raise BrokenFile(line=reader.line_num, column="", reason=f"not CSV: {wrong}") from wrong
    if header is None:
        reason = f"the file is empty; its first line names the columns {', '.join(REQUIRED)}"
        raise BrokenFile(line=1, column="", reason=reason)


def _header(cells: list[str], line: int) -> list[str]:
    names = [cell.strip() for cell in cells]
    for name in names:
        if name not in _READERS:
            reason = f"there is no column {name!r}; there are {', '.join(_READERS)}"
            raise BrokenFile(line=line, column=name, reason=reason)
        if names.count(name) > 1:
            raise BrokenFile(line=line, column=name, reason=f"the column {name} stands there twice")
    for name in REQUIRED:
        if name not in names:
            raise BrokenFile(line=line, column=name, reason=f"the column {name} is missing")
    return names


def _read_row(header: list[str], cells: list[str], line: int) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name, cell in zip(header, cells, strict=True):
        text = cell.strip()
        try:
            row[name] = _READERS[name](text)
        except ValueError as wrong:
            raise BrokenFile(line=line, column=name, reason=str(wrong)) from wrong
    return row


def _listing(row: Mapping[str, Any], line: int) -> Listing:
    pack_of, pack_size = row.get("pack_of"), row.get("pack_size", 1)
    if pack_of == row["sku_id"]:
        raise BrokenFile(line=line, column="pack_of", reason="a product cannot be a pack of itself")
    product = Product(
        sku_id=row["sku_id"],
        product_name=row["product_name"],
        category=row["category"],
        tax_class=vat_class(row["tax_rate"]),
        tax_rate=row["tax_rate"],
        barcodes=(PackBarcode(row["barcode"], 1 if pack_of else pack_size),),
        brand=row.get("brand", ""),
        unit=row.get("unit", Unit.PIECE),
        pack_of=pack_of,
        pack_size=pack_size if pack_of else 1,
        age_restricted=row.get("age_restricted", False),
    )
    return Listing(product, row["base_price"], line)


def _with_barcode(first: Listing, more: Listing) -> Listing:
    """The product with one more barcode; raises `BrokenFile` when its rows contradict each other."""
    for name in (
        "product_name",
        "category",
        "tax_rate",
        "brand",
        "unit",
        "pack_of",
        "pack_size",
        "age_restricted",
    ):
        if getattr(more.product, name) != getattr(first.product, name):
            raise BrokenFile(
                line=more.line,
                column=name,
                reason=f"{more.product.sku_id} has another {name} on line {first.line}",
            )
    if more.base_price != first.base_price:
        reason = f"{more.product.sku_id} costs {first.base_price} on line {first.line}"
        raise BrokenFile(line=more.line, column="base_price", reason=reason)
    product = replace(first.product, barcodes=first.product.barcodes + more.product.barcodes)
    return replace(first, product=product)


def _sku(text: str) -> str:
    if not is_sku(text):
        raise ValueError(f"{text!r} is no SKU: 1 to 50 printable characters without spaces and /")
    return text


def _barcode(text: str) -> str:
    if not text:
        raise ValueError("the barcode is empty")
    try:
        return barcodes.read(text).text
    except barcodes.WrongCheckDigit:
        raise ValueError(
            f"{text} has a wrong check digit; {text[:-1]}{barcodes.check_digit(text[:-1])} would be right"
        ) from None
    except Refusal:
        raise ValueError(f"{text!r} is no barcode") from None


def _text_of(length_max: int, *, needed: bool) -> Callable[[str], str]:
    def read(text: str) -> str:
        if needed and not text:
            raise ValueError("the cell is empty")
        if len(text) > length_max or any(unicodedata.category(each) == "Cc" for each in text):
            raise ValueError(f"text of at most {length_max} characters is wanted, without control characters")
        return text

    return read


def _price(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > AMOUNT_LIMIT:
        raise ValueError(f"{text!r} is no price: whole minor units, like 55000")
    return int(text)


def _rate(text: str) -> Decimal:
    try:
        rate = Decimal(text)
        scaled(rate)
        return rate.normalize()
    except (InvalidOperation, ValueError):
        raise ValueError(f"{text!r} is no tax rate: a fraction from 0 to 1, so that 8 % is 0.08") from None


def _unit(text: str) -> Unit:
    try:
        return Unit(text or Unit.PIECE.value)
    except ValueError:
        raise ValueError(f"{text!r} is no unit; there are piece and gram") from None


def _pack_size(text: str) -> int:
    if not text:
        return 1
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= PACK_MAX:
        raise ValueError(f"{text!r} is no pack size: a whole number from 1 to {PACK_MAX}")
    return int(text)


def _yes_or_no(text: str) -> bool:
    try:
        return {"": False, "false": False, "0": False, "no": False, "true": True, "1": True, "yes": True}[
            text.lower()
        ]
    except KeyError:
        raise ValueError(f"{text!r} is neither true nor false") from None


_READERS: Mapping[str, Callable[[str], Any]] = {
    "sku_id": _sku,
    "barcode": _barcode,
    "product_name": _text_of(NAME_MAX, needed=True),
    "category": _text_of(CATEGORY_MAX, needed=False),
    "base_price": _price,
    "tax_rate": _rate,
    "brand": _text_of(BRAND_MAX, needed=False),
    "unit": _unit,
    "pack_of": lambda text: _sku(text) if text else None,
    "pack_size": _pack_size,
    "age_restricted": _yes_or_no,
}
