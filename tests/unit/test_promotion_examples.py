"""The worked examples of tests/data/promotions/examples.md, which a store manager can read."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from retail.basket import Basket, Line, Totals, ring_up
from retail.promotion import Promotion
from retail.promotion_book import Occasion
from retail.quantity import Unit
from retail.refund_lines import LeftOfLine
from tests.unit.shelf import line

PAGE = (Path(__file__).parents[1] / "data/promotions/examples.md").read_text(encoding="utf-8")
MONDAY = datetime(2026, 11, 15, 17, 0, tzinfo=UTC)
"""Monday 00:00 in Ho Chi Minh City."""
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def table(heading: str) -> list[list[str]]:
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [row for row in section.splitlines() if row.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


def amount(text: str) -> int:
    return int(text.split(maxsplit=1)[0].replace(",", ""))


GOODS = {name: (category, amount(price)) for name, category, price in table("Goods")}


def promotions() -> dict[str, Promotion]:
    bodies: dict[str, dict[str, Any]] = {
        promo_id: {
            "promo_id": promo_id,
            "name": words,
            "starts_at": "2026-01-01T00:00:00",
            **json.loads(rule[1:-1]),
        }
        for promo_id, words, rule in table("Promotions")
    }
    return {promo_id: Promotion.from_body(body) for promo_id, body in bodies.items()}


PROMOTIONS = promotions()


def lines(text: str) -> list[Line]:
    found = []
    for place, part in enumerate(text.split(", "), start=1):
        quantity, *grams, name = part.split()
        category, price = GOODS[name]
        unit = Unit.GRAM if grams else Unit.PIECE
        found.append(line(name, int(quantity), price, n=place, category=category, unit=unit))
    return found


def rung_up(basket: str, when: str, named: str) -> Totals:
    day, clock, *who = when.split()
    hours, minutes = clock.split(":")
    at = MONDAY + timedelta(days=DAYS.index(day), hours=int(hours), minutes=int(minutes))
    vouchers = frozenset(who[who.index("voucher") + 1 :]) if "voucher" in who else frozenset()
    occasion = Occasion(at, "STORE_001", is_member="member" in who, vouchers=vouchers)
    return ring_up(
        Basket(prices_include_tax=True, lines=tuple(lines(basket))),
        [PROMOTIONS[each] for each in named.split(", ")],
        occasion,
    )


def savings(text: str) -> dict[tuple[str, str], int]:
    found = (re.fullmatch(r"(\w+) on (\w+) ([\d,]+)", each) for each in text.split("; ") if each)
    return {(match[1], match[2]): amount(match[3]) for match in found if match}


@pytest.mark.parametrize("row", table("Examples"), ids=lambda row: f"{row[0]} {row[6]}")
def test_a_worked_example_comes_out_as_the_page_says(row: list[str]) -> None:
    _, basket, when, named, saved, to_pay, _ = row

    totals = rung_up(basket, when, named)

    assert {
        (applied.promo_id, rung.line.sku_id): applied.discount_amount
        for rung in totals.lines
        for applied in rung.promotions
    } == savings(saved)
    assert totals.total_amount == amount(to_pay)


@pytest.mark.parametrize("row", table("Brought back"), ids=lambda row: f"{row[0]} {row[6]}")
def test_what_is_brought_back_gives_what_was_really_paid_for_it(row: list[str]) -> None:
    _, basket, when, named, brought, money, _ = row
    quantity, name = brought.split()

    totals = rung_up(basket, when, named)

    rung = next(rung for rung in totals.lines if rung.line.sku_id == name)
    assert LeftOfLine.whole(rung).share(int(quantity), restock=True).line_total == amount(money)


def test_the_page_has_enough_to_read() -> None:
    assert len(table("Examples")) >= 30
    assert {each for row in table("Examples") for each in row[3].split(", ")} == set(PROMOTIONS)
