"""Reads baskets from CSV: `basket_id,sold_at,store_id,barcode,quantity` and optional
`unit_price,line_discount,tender`.

Rows of one `basket_id` in one store are one basket. Money in whole minor units. A `sold_at` without
offset is in the store's zone. A file that is not of this form is refused with file, line and column; a
line that merely cannot be sold (unknown barcode, quantity of -3) is left to the till to refuse.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from retail.payment import CASH, METHODS

NEEDED = ("basket_id", "sold_at", "store_id", "barcode", "quantity")
OPTIONAL = ("unit_price", "line_discount", "tender")


class BasketFileBroken(Exception):
    """The file is not of the form; the message names file, line, column and what belongs there."""

    def __init__(self, file: Path, line: int, column: str, what: str) -> None:
        super().__init__(f"{file}, line {line}, column {column}: {what}")


@dataclass(frozen=True, slots=True)
class BasketLine:
    """One scan: `quantity` pieces at `unit_price` (None: the price book's) less `line_discount`."""

    file_line: int
    barcode: str
    quantity: int
    unit_price: int | None
    line_discount: int


@dataclass(slots=True)
class RecordedBasket:
    """A basket as a file tells it; `tender` is one of `retail.payment.METHODS`."""

    basket_id: str
    store_id: str
    sold_at: datetime
    tender: str
    lines: list[BasketLine] = field(default_factory=list)


def read_baskets(file: Path, zone: ZoneInfo, store_ids: Sequence[str] | None = None) -> list[RecordedBasket]:
    """The baskets of these stores (None: all), by moment of sale; raises `BasketFileBroken`."""
    baskets: dict[tuple[str, str], RecordedBasket] = {}
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            for line_number, row in _rows(file, text):
                store_id = row["store_id"]
                if store_ids is not None and store_id not in store_ids:
                    continue
                key = (store_id, row["basket_id"])
                if key not in baskets:
                    baskets[key] = _basket(file, line_number, row, zone)
                baskets[key].lines.append(_line(file, line_number, row))
    except UnicodeDecodeError as wrong:
        raise BasketFileBroken(file, 1, "1", f"the file is not UTF-8 (byte {wrong.start})") from None
    except OSError as gone:
        raise BasketFileBroken(file, 0, "-", gone.strerror or str(gone)) from None
    return sorted(baskets.values(), key=lambda basket: (basket.sold_at, basket.store_id, basket.basket_id))


def _rows(file: Path, text: Iterable[str]) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.reader(text, strict=True)
    try:
        header = next(reader, None)
        if header is None:
            raise BasketFileBroken(file, 1, "1", f"the file is empty; its first line is {','.join(NEEDED)}")
        names = [name.strip() for name in header]
        for name in NEEDED:
            if name not in names:
                raise BasketFileBroken(file, 1, name, f"the column is missing; there are {', '.join(names)}")
        for name in names:
            if name not in (*NEEDED, *OPTIONAL) or names.count(name) > 1:
                raise BasketFileBroken(
                    file, 1, name or "(nameless)", "this column is unknown or stands twice"
                )
        for row in reader:
            if not row:
                continue
            if len(row) != len(names):
                column = str(min(len(row), len(names)) + 1)
                raise BasketFileBroken(
                    file, reader.line_num, column, f"the line has {len(row)} fields, the header {len(names)}"
                )
            yield reader.line_num, {name: value.strip() for name, value in zip(names, row, strict=True)}
    except csv.Error as broken:
        raise BasketFileBroken(file, reader.line_num, "-", str(broken)) from None


def _basket(file: Path, line_number: int, row: dict[str, str], zone: ZoneInfo) -> RecordedBasket:
    if not row["basket_id"]:
        raise BasketFileBroken(file, line_number, "basket_id", "is empty")
    if not row["store_id"]:
        raise BasketFileBroken(file, line_number, "store_id", "is empty")
    try:
        sold_at = datetime.fromisoformat(row["sold_at"])
    except ValueError:
        raise BasketFileBroken(
            file, line_number, "sold_at", f"{row['sold_at']!r} is no moment like 2026-11-22T08:15:00+07:00"
        ) from None
    tender = row.get("tender") or CASH
    if tender not in METHODS:
        raise BasketFileBroken(
            file, line_number, "tender", f"{tender!r} is none of {', '.join(sorted(METHODS))}"
        )
    return RecordedBasket(
        row["basket_id"],
        row["store_id"],
        sold_at if sold_at.tzinfo else sold_at.replace(tzinfo=zone),
        tender,
    )


def _line(file: Path, line_number: int, row: dict[str, str]) -> BasketLine:
    return BasketLine(
        line_number,
        row["barcode"],
        _whole(file, line_number, "quantity", row["quantity"]),
        _whole(file, line_number, "unit_price", row["unit_price"]) if row.get("unit_price") else None,
        _whole(file, line_number, "line_discount", row["line_discount"]) if row.get("line_discount") else 0,
    )


def _whole(file: Path, line_number: int, column: str, text: str) -> int:
    try:
        if len(text) > 18:
            raise ValueError(text)
        return int(text)
    except ValueError:
        raise BasketFileBroken(file, line_number, column, f"{text[:30]!r} is no whole number") from None
