"""Search as you type over 50,000 products, from one letter to whole words, against unranked FTS5.

The floor answers the same letters from the same index: the first twenty names that match, in no order,
without prices.
"""

from __future__ import annotations

import os
import random
import re
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime

from bench.counter import product_names, stock_up
from bench.figures import Figure, percentile
from bench.machine import workshop
from bench.sales import STORE
from terminal.till.catalogue import Catalogue
from terminal.till.disk import connect
from terminal.till.seal import KEY_BYTES, PeopleSeal
from terminal.till.search import LIMIT, folded

SEAL = PeopleSeal(bytes(KEY_BYTES), os.urandom)
PRODUCTS = 50_000
QUESTIONS = 40
ROUNDS = 3
SEED = 20_261_129
BARE = f"""SELECT products.sku_id, products.product_name FROM products_fts
    JOIN products ON products.rowid = products_fts.rowid WHERE products_fts MATCH ? LIMIT {LIMIT}"""


def run() -> list[Figure]:
    """Milliseconds a keystroke."""
    with workshop() as folder:
        file = folder / "catalogue.sqlite"
        with closing(Catalogue(file, STORE, SEAL)) as catalogue:
            stock_up(file, PRODUCTS)
            with closing(connect(file, durable=False)) as connection:
                ours, bare = _typed(catalogue, connection)
    return [
        Figure(
            f"till: search in {PRODUCTS:,} products, {name}",
            percentile(ours, part),
            "ms",
            percentile(bare, part),
            percentile(ours, part) / percentile(bare, part),
            len(ours),
            aim,
        )
        for name, part, aim in (("p50", 0.5, ""), ("p95", 0.95, "≤ 3 × unranked FTS5"))
    ]


def _typed(catalogue: Catalogue, connection: sqlite3.Connection) -> tuple[list[float], list[float]]:
    dice = random.Random(SEED)
    names = dice.sample(product_names(PRODUCTS), QUESTIONS)
    wanted = [name if number % 2 else folded(name) for number, name in enumerate(names)]
    texts = [text[:length] for text in wanted for length in range(1, len(text) + 1)] * ROUNDS
    ours, bare, at = [], [], datetime.now(UTC)
    for place, text in enumerate(texts):
        began = time.perf_counter()
        if place % 2:
            catalogue.search(text, at)
        else:
            _bare(connection, text)
        between = time.perf_counter()
        if place % 2:
            _bare(connection, text)
        else:
            catalogue.search(text, at)
        ended = time.perf_counter()
        first, second = (between - began) * 1_000, (ended - between) * 1_000
        ours.append(first if place % 2 else second)
        bare.append(second if place % 2 else first)
    return ours, bare


def _bare(connection: sqlite3.Connection, text: str) -> None:
    words = re.findall(r"\w+", folded(text))
    if words:
        match = " AND ".join(f'"{word}"*' for word in words)
        connection.execute(BARE, (match,)).fetchall()
