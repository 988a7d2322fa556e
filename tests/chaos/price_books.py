"""What everything costs, at head office, in each hub and in each till: the same everywhere in the end."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import psycopg

from tests.chaos.books import named

PriceBook = Mapping[str, int]
"""Amounts by price id, which says of what, where and from when on."""
HUB_PRICES = "SELECT price_id, amount FROM prices"


def at_head_office(url: str, store_id: str) -> PriceBook:
    """The prices that a store should have."""
    with psycopg.connect(url) as connection:
        wanted = f"{HUB_PRICES} WHERE store_id IS NULL OR store_id = %s"
        return dict(connection.execute(wanted, [store_id]).fetchall())


def at_hub(url: str) -> PriceBook:
    """The prices that a hub has."""
    with psycopg.connect(url) as connection:
        return dict(connection.execute(HUB_PRICES).fetchall())


def at_till(catalogue: Path) -> PriceBook:
    """The prices that a till has."""
    with closing(sqlite3.connect(f"{catalogue.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT price_id, body FROM prices").fetchall()
    return {price_id: json.loads(body)["amount"] for price_id, body in rows}


def compare_prices(stated: PriceBook, name: str, known: PriceBook) -> list[str]:
    """Prices of a tier that are not what head office states, nor stated by it any more."""
    wrong = sorted(key for key in {*stated, *known} if stated.get(key) != known.get(key))
    return named(
        f"{name}: prices", [f"{key} is {known.get(key)} instead of {stated.get(key)}" for key in wrong]
    )
