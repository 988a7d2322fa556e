"""A month of a real shop's cancellations, replayed as refunds against the invoices they belong to.

Data: UCI Online Retail (D. Chen, 2015), December 2010, CC BY 4.0; not part of the repository. 292 of 728
cancelled lines are matched to a sale of the same month; the others come back without a receipt, and so do
four whose match came back before.
"""

from __future__ import annotations

import csv
import os
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from uuid import UUID

import pytest

from retail.basket import total_of
from retail.facts import Fact, RefundRecorded, SaleRecorded, read_fact
from retail.refund import BroughtBack, Counter, RefundRules, left_of, refund, refund_without_receipt
from retail.refund_lines import RefundTooMuch
from retail.sale import DeedNotAllowed
from retail.shift import figures_by_day
from tests.make_returns import counter, line, number, sale

SHARED = Path(os.environ.get("EVEROPEN_SHARED") or Path(__file__).parents[3] / "shared") / "data"
FOLDER = SHARED / "online_retail"
VAT = Decimal("0.175")
RULES = RefundRules(window_days=31)
Row = dict[str, str]


def rows(name: str) -> Iterator[Row]:
    if not (FOLDER / name).is_file():
        pytest.skip("the data set online_retail is not here; EVEROPEN_SHARED names the folder with data/")
    with (FOLDER / name).open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def pence(row: Row) -> int:
    return int(Decimal(row["unit_price_gbp"]) * 100)


def day_of(row: Row) -> date:
    return datetime.fromisoformat(row["invoice_ts"]).replace(tzinfo=UTC).date()


def sales() -> dict[str, SaleRecorded]:
    invoices: dict[str, list[Row]] = defaultdict(list)
    for row in rows("invoices_2010_12.csv"):
        if row["line_kind"] == "SALE":
            invoices[row["invoice_no"]].append(row)
    return {
        invoice: sale(
            *(
                line(row["stock_code"], int(row["qty"]), pence(row), n=int(row["line_no"]), tax_rate=VAT)
                for row in lines
            ),
            n=place,
            business_date=day_of(lines[0]),
        )
        for place, (invoice, lines) in enumerate(invoices.items())
    }


class Replay:
    """Takes goods back, line by line, and knows what came back of each sale before."""

    def __init__(self) -> None:
        self.sales = sales()
        self.before: dict[str, list[RefundRecorded]] = defaultdict(list)
        self.refunds: list[RefundRecorded] = []
        self.refused = 0

    def take_back(self, row: Row, invoice: str) -> None:
        if invoice:
            try:
                self._against(row, invoice)
                return
            except (RefundTooMuch, DeedNotAllowed):
                self.refused += 1
        self._without_receipt(row)

    def _against(self, row: Row, invoice: str) -> None:
        sold, before = self.sales[invoice], self.before[invoice]
        places = [
            left
            for left in left_of(sold, before)
            if (left.rung.line.sku_id, left.rung.line.unit_price) == (row["stock_code"], pence(row))
        ]
        place = max(places, key=lambda left: left.quantity)
        back = [BroughtBack(place.rung.line.line_item_id, -int(row["qty"]))]
        part = refund(sold, before, back, self._counter(row), RULES, refund_id=self._next())
        before.append(part)
        self.refunds.append(part)

    def _without_receipt(self, row: Row) -> None:
        goods = line(row["stock_code"], -int(row["qty"]), pence(row), tax_rate=VAT)
        self.refunds.append(
            refund_without_receipt(
                total_of([goods], True),
                self._counter(row),
                RULES,
                refund_id=self._next(),
                currency="GBP",
                prices_include_tax=True,
            )
        )

    def _counter(self, row: Row) -> Counter:
        return counter(business_date=day_of(row), receipt_number=row["invoice_no"])

    def _next(self) -> UUID:
        return number(10_000 + len(self.refunds))


@cache
def replayed() -> Replay:
    here = Replay()
    matches = {
        (row["cancel_invoice"], row["line_no"]): row["matched_sale_invoice"]
        for row in rows("cancellation_matches.csv")
    }
    for row in rows("invoices_2010_12.csv"):
        if row["line_kind"] == "CANCELLATION":
            here.take_back(row, matches[row["invoice_no"], row["line_no"]])
    return here


def control(kind: str) -> dict[date, Row]:
    return {
        date.fromisoformat(row["date"]): row
        for row in rows("control_day_kind.csv")
        if row["line_kind"] == kind
    }


def test_refunds_per_day_are_the_cancellations_of_the_control_table() -> None:
    here = replayed()
    wanted = control("CANCELLATION")
    found: dict[date, list[RefundRecorded]] = defaultdict(list)
    for part in here.refunds:
        found[part.business_date].append(part)
    assert sorted(found) == sorted(wanted)
    for day, parts in found.items():
        row = wanted[day]
        assert -10 * sum(part.total_amount for part in parts) == int(row["amount_thousandth_gbp"])
        assert -sum(item.quantity for part in parts for item in part.lines) == int(row["qty"])
        assert len(parts) == int(row["lines"])
        assert len({part.receipt_number for part in parts}) == int(row["invoices"])
    assert (len(here.refunds), len(found)) == (728, 20)
    assert sum(part.total_amount for part in here.refunds) == 7_478_912


def test_the_figures_of_a_shift_say_the_same_for_sales_and_refunds() -> None:
    here = replayed()
    facts: list[Fact] = [*here.sales.values(), *here.refunds]
    days = figures_by_day(facts)
    for kind, name, sign in (("SALE", "sales_amount", 10), ("CANCELLATION", "refund_amount", -10)):
        for day, row in control(kind).items():
            assert sign * getattr(days[day], name) == int(row["amount_thousandth_gbp"])
    assert sum(day.expected_amount for day in days.values()) * 10 == 777_865_640 - 74_789_120


def test_no_sale_gave_back_more_than_was_paid_and_what_was_too_much_was_refused() -> None:
    here = replayed()
    against = sum(len(before) for before in here.before.values())
    assert against + here.refused == 292, "every match was tried"
    for invoice, before in here.before.items():
        sold = here.sales[invoice]
        assert sum(part.total_amount for part in before) <= sold.totals.total_amount
        assert all(left.quantity >= 0 and left.line_total >= 0 for left in left_of(sold, before))
    assert here.refused == 4, "the matches name some goods twice; the second time nothing is left of them"
    assert all(read_fact("RefundRecorded", 1, part.to_body()) == part for part in here.refunds)
