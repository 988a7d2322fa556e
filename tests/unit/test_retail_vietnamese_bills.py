"""4,000 bills over real Vietnamese goods: totals and the VAT contained, per rate, to the đồng."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from retail.basket import Basket, ring_up
from tests.unit.shelf import line

ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("EVEROPEN_SHARED", ROOT.parent / "shared")) / "data/catalog_vn"
RATES = ("5", "8", "10")


def rows(name: str) -> Iterator[dict[str, Any]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@pytest.mark.skipif(
    not FOLDER.is_dir(),
    reason="the data set catalog_vn is not here; EVEROPEN_SHARED names the folder with data/",
)
def test_every_bill_comes_to_its_total_and_its_vat_per_rate() -> None:
    goods = {row["barcode"]: row for row in rows("catalog.csv")}
    bills: dict[str, list[str]] = {}
    for row in rows("synthetic_bills.csv"):
        bills.setdefault(row["bill"], []).append(row["barcode"])

    wrong, contained = [], dict.fromkeys(RATES, 0)
    for expected in rows("synthetic_bills_expected.csv"):
        lines = [
            line(
                goods[code]["sku"],
                1,
                int(goods[code]["price_vnd"]),
                n=place,
                tax_rate=Decimal(goods[code]["vat_rate_pct"]) / 100,
            )
            for place, code in enumerate(bills.pop(expected["bill"]), start=1)
        ]
        totals = ring_up(Basket(prices_include_tax=True, lines=tuple(lines)))
        taxes = {str(int(tax.rate * 100)): tax for tax in totals.taxes}
        figures = [str(totals.total_amount)]
        for rate in RATES:
            tax = taxes.get(rate)
            figures += [str(tax.gross_amount if tax else 0), str(tax.tax_amount if tax else 0)]
            contained[rate] += tax.tax_amount if tax else 0
        stated = [expected["total_vnd"]]
        for rate in RATES:
            stated += [expected[f"gross_vat{rate}_vnd"], expected[f"vat{rate}_incl_vnd_half_up"]]
        if figures != stated:
            wrong.append((expected["bill"], figures, stated))

    assert wrong == []
    assert bills == {}
    assert contained == {"5": 4_150_525, "8": 315_784_155, "10": 19_590_173}
