"""Turns public basket data sets into Everopen's catalogue and baskets CSV, and proves that nothing was lost.

    python tests/replays/convert.py complete_journey SOURCE OUT
    python tests/replays/convert.py ta_feng SOURCE OUT
    python tests/replays/convert.py catalog_vn SOURCE OUT [--bills 100] [--store STORE_001]

SOURCE is the folder of the data set, with its control tables. OUT gets `catalogue.csv` and `baskets.csv`.
What was written is read back and summed up by store and business day; it has to equal every row of the
control table, or the program names the rows that differ and ends with 1.

A till knows a line as quantity × unit price − discount, all whole numbers. Where a source amount does not
divide by its quantity (weighed goods, three for the price of two), the line becomes two lines whose unit
prices are one minor unit apart: quantity and amount stay exact, only the number of lines grows.

Each data set as a chain:

- complete_journey: currency USD (prices are cents), zone America/New_York, one store per `store_id`. The
  discount of a line is the loyalty price plus the coupon match of the store. A manufacturer's coupon is a
  means of payment (the maker gives the money back) and not part of the sale's total, so here everybody
  pays cash for the whole `sales_value`.
- ta_feng: currency TWD, zone Asia/Taipei, one store `TF`. The source knows the day only, so that baskets
  are spread over opening hours, 08:00 to 22:00, in the order of their numbers. What was sold above its
  list price gets the amount it was sold for as its price.
- catalog_vn: currency VND, zone Asia/Ho_Chi_Minh, any store. The bills have one of each product and no
  prices: the price book decides.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from pathlib import Path

Row = dict[str, str]

TA_FENG_STORE = "TF"
TA_FENG_OPENS = timedelta(hours=8)
TA_FENG_OPEN_FOR = timedelta(hours=14)
TAIWAN_VAT = "0.05"
FIRST_BILL_AT = datetime.fromisoformat("2026-11-16T07:00:00")  # without offset: in the store's zone
BETWEEN_BILLS = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class CatalogueRow:
    """A row of the catalogue CSV; `base_price` in minor units, `tax_rate` a fraction."""

    sku_id: str
    barcode: str
    product_name: str
    category: str
    base_price: int
    tax_rate: str
    brand: str = ""
    age_restricted: str = "false"


@dataclass(frozen=True, slots=True)
class BasketRow:
    """A row of the baskets CSV; money in minor units, a blank price is the price book's."""

    basket_id: str
    sold_at: str
    store_id: str
    barcode: str
    quantity: int
    unit_price: int | str
    line_discount: int = 0
    tender: str = "CASH"


@dataclass
class DaySum:
    """What a store sold on a day."""

    baskets: set[str] = field(default_factory=set)
    quantity: int = 0
    subtotal: int = 0
    discount: int = 0

    def figures(self) -> dict[str, int]:
        """The sums by name; `total` is what customers paid."""
        return {
            "baskets": len(self.baskets),
            "quantity": self.quantity,
            "subtotal": self.subtotal,
            "discount": self.discount,
            "total": self.subtotal - self.discount,
        }


@dataclass(frozen=True)
class Conversion:
    """A data set in Everopen's words. `control` holds its own sums by (store, day)."""

    catalogue: list[CatalogueRow]
    baskets: list[BasketRow]
    control: dict[tuple[str, str], dict[str, int]]
    source_lines: int


def read(file: Path) -> list[Row]:
    """The rows of a CSV with a header."""
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def write(file: Path, rows: Iterable[CatalogueRow | BasketRow], kind: type[CatalogueRow | BasketRow]) -> None:
    """Write rows of one kind under a header of its field names."""
    names = [each.name for each in fields(kind)]
    with file.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([getattr(row, name) for name in names] for row in rows)


def split(amount: int, quantity: int, discount: int) -> Iterator[tuple[int, int, int]]:
    """`(quantity, unit price, discount)` of the one or two lines that make exactly this amount.

    Of two lines the first bears the discount, and the second what is more than the first is worth.
    """
    price, dearer = divmod(amount, quantity)
    for pieces, each in ((quantity - dearer, price), (dearer, price + 1)):
        if pieces:
            borne = min(discount, pieces * each)
            yield pieces, each, borne
            discount -= borne
    assert discount == 0, f"a discount of {discount} is left over from a line of {amount}"


def fraction(percent: str) -> str:
    """A tax rate as the catalogue has it: `8` is `0.08`."""
    return f"0.{int(percent):02d}"


def complete_journey(source: Path) -> Conversion:
    """Real baskets of a US grocer; its in-store EAN-13 stand in for GTINs the source does not have."""
    products = {row["product_id"]: row for row in read(source / "products.csv")}
    lines = read(source / "baskets.csv")
    # A few products were never sold at a whole unit price: the dearer one of the two lines stands in.
    seen_at = {line["product_id"]: -(-int(line["regular_ext_c"]) // int(line["qty"])) for line in lines}
    catalogue = [
        CatalogueRow(
            sku_id=f"CJ{row['product_id']}",
            barcode=row["barcode_instore"],
            product_name=row["name"],
            category=row["product_category"] or row["department"],
            base_price=int(row["list_price_c"] or seen_at[row["product_id"]]),
            tax_rate=fraction(row["vat_rate_pct_assigned"]),
            brand=row["brand"],
        )
        for row in products.values()
    ]
    baskets = [
        BasketRow(
            line["basket_id"],
            line["ts_local"],
            line["store_id"],
            products[line["product_id"]]["barcode_instore"],
            pieces,
            price,
            discount,
        )
        for line in lines
        for pieces, price, discount in split(
            int(line["regular_ext_c"]),
            int(line["qty"]),
            int(line["loyalty_disc_c"]) + int(line["store_coupon_match_c"]),
        )
    ]
    control = {
        (row["store_id"], row["date"]): {
            "baskets": int(row["baskets"]),
            "quantity": int(row["qty"]),
            "subtotal": int(row["regular_c"]),
            "discount": int(row["loyalty_disc_c"]) + int(row["store_coupon_match_c"]),
            "total": int(row["sales_value_c"]),
        }
        for row in read(source / "control_store_day.csv")
    }
    return Conversion(catalogue, baskets, control, len(lines))


def ta_feng(source: Path) -> Conversion:
    """Real scans of a Taiwanese supermarket, whole dollars."""
    catalogue = [
        CatalogueRow(
            sku_id=f"TF{row['barcode']}",
            barcode=row["barcode"],
            product_name=row["name_vn_catalog"] or row["name_openfoodfacts"] or f"Ta-Feng {row['barcode']}",
            category=row["subclass"],
            base_price=int(row["first_list_twd"]),
            tax_rate=TAIWAN_VAT,
        )
        for row in read(source / "products.csv")
    ]
    lines = read(source / "baskets.csv")
    moments = _spread_over_the_day(lines)
    baskets = [
        BasketRow(
            line["basket_id"],
            moments[line["basket_id"]],
            TA_FENG_STORE,
            line["barcode"],
            pieces,
            price,
            discount,
        )
        for line in lines
        for pieces, price, discount in split(
            int(line["qty"]) * int(line["list_unit_twd"]) + int(line["line_surcharge_twd"]),
            int(line["qty"]),
            int(line["line_discount_twd"]),
        )
    ]
    control = {
        (TA_FENG_STORE, row["date"]): {
            "baskets": int(row["baskets"]),
            "quantity": int(row["qty"]),
            "subtotal": int(row["list_gross_twd"]) + int(row["surcharge_twd"]),
            "discount": int(row["discount_twd"]),
            "total": int(row["amount_twd"]),
        }
        for row in read(source / "control_day.csv")
    }
    return Conversion(catalogue, baskets, control, len(lines))


def _spread_over_the_day(lines: Iterable[Row]) -> dict[str, str]:
    """A moment for each basket, evenly over the opening hours of its day."""
    days: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        if line["basket_id"] not in days[line["date"]][-1:]:
            days[line["date"]].append(line["basket_id"])
    return {
        basket_id: (
            datetime.fromisoformat(day)
            + TA_FENG_OPENS
            + timedelta(seconds=int(place * TA_FENG_OPEN_FOR.total_seconds()) // len(basket_ids))
        ).isoformat()
        for day, basket_ids in days.items()
        for place, basket_id in enumerate(basket_ids)
    }


def catalog_vn(source: Path, bills: int, store_id: str) -> Conversion:
    """A Vietnamese product range, and made-up bills over it as scan lists without prices.

    The contents of cases (`pack_of`) are left out: the source only guesses them from names.
    """
    products = read(source / "catalog.csv")
    catalogue = [
        CatalogueRow(
            sku_id=row["sku"],
            barcode=row["barcode"],
            product_name=row["name"],
            category=row["category_leaf"] or row["category_l1"],
            base_price=int(row["price_vnd"]),
            tax_rate=fraction(row["vat_rate_pct"]),
            brand=row["brand"],
            age_restricted="true" if row["age_restricted"] == "1" else "false",
        )
        for row in products
    ]
    chosen = [row for row in read(source / "synthetic_bills.csv") if int(row["bill"]) <= bills]
    expected = [row for row in read(source / "synthetic_bills_expected.csv") if int(row["bill"]) <= bills]
    sold_at = {row["bill"]: (FIRST_BILL_AT + place * BETWEEN_BILLS) for place, row in enumerate(expected)}
    baskets = [
        BasketRow(f"VN-{row['bill']}", sold_at[row["bill"]].isoformat(), store_id, row["barcode"], 1, "")
        for row in chosen
    ]
    control: dict[tuple[str, str], dict[str, int]] = {}
    for row in expected:
        day = control.setdefault(
            (store_id, sold_at[row["bill"]].date().isoformat()),
            {"baskets": 0, "quantity": 0, "subtotal": 0, "discount": 0, "total": 0},
        )
        day["baskets"] += 1
        day["quantity"] += int(row["lines"])
        day["subtotal"] += int(row["total_vnd"])
        day["total"] += int(row["total_vnd"])
    return Conversion(catalogue, baskets, control, len(chosen))


def sums(catalogue: Iterable[Row], baskets: Iterable[Row]) -> dict[tuple[str, str], dict[str, int]]:
    """Sums by (store, business day) of the written files, whose moments all carry the store's own day."""
    prices = {row["barcode"]: int(row["base_price"]) for row in catalogue}
    days: dict[tuple[str, str], DaySum] = defaultdict(DaySum)
    for row in baskets:
        day = days[row["store_id"], row["sold_at"][:10]]
        day.baskets.add(row["basket_id"])
        day.quantity += int(row["quantity"])
        day.subtotal += int(row["quantity"]) * int(row["unit_price"] or prices[row["barcode"]])
        day.discount += int(row["line_discount"])
    return {key: day.figures() for key, day in days.items()}


def differing(
    converted: Mapping[tuple[str, str], Mapping[str, int]],
    control: Mapping[tuple[str, str], Mapping[str, int]],
) -> list[tuple[str, str]]:
    """The (store, day) whose sums are not the control's, or that only one of both has."""
    return [
        key for key in sorted(converted.keys() | control.keys()) if converted.get(key) != control.get(key)
    ]


def convert(conversion: Conversion, out: Path, say: Callable[[str], None]) -> bool:
    """Write both files, read them back, say what is in them and whether all controls agree."""
    out.mkdir(parents=True, exist_ok=True)
    write(out / "catalogue.csv", conversion.catalogue, CatalogueRow)
    write(out / "baskets.csv", conversion.baskets, BasketRow)
    rows = read(out / "baskets.csv")
    converted = sums(read(out / "catalogue.csv"), rows)
    wrong = differing(converted, conversion.control)
    say(f"{len(conversion.catalogue)} products, {len(rows)} lines from {conversion.source_lines}")
    say(", ".join(f"{name} {sum(day[name] for day in converted.values())}" for name in DaySum().figures()))
    for key in wrong:
        say(
            f"store {key[0]}, {key[1]}: converted {converted.get(key)}, control {conversion.control.get(key)}"
        )
    agreeing = len(conversion.control.keys() - set(wrong))
    say(f"{agreeing} of {len(conversion.control)} control rows agree in count, quantity and sums")
    return not wrong


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns 0 when every control row agrees."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data_set", choices=("complete_journey", "ta_feng", "catalog_vn"))
    parser.add_argument("source", type=Path, help="folder of the data set")
    parser.add_argument("out", type=Path, help="folder for catalogue.csv and baskets.csv")
    parser.add_argument("--bills", type=int, default=100, help="catalog_vn: so many of its bills")
    parser.add_argument("--store", default="STORE_001", help="catalog_vn: the store that sells them")
    options = parser.parse_args(arguments)
    if options.data_set == "complete_journey":
        conversion = complete_journey(options.source)
    elif options.data_set == "ta_feng":
        conversion = ta_feng(options.source)
    else:
        conversion = catalog_vn(options.source, options.bills, options.store)
    return 0 if convert(conversion, options.out, lambda text: print(f"{options.data_set}: {text}")) else 1


if __name__ == "__main__":
    sys.exit(main())
