"""The till's whole-sale commit (rules, totals, seal, sale, outbox, draft) against a bare `fdatasync`."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from uuid_utils.compat import uuid7

from bench.figures import Figure, figure, in_turns
from retail.basket import Basket, Line, ring_up
from retail.payment import cash_tender
from retail.staff import Role
from terminal.till.cashier import Cashier
from terminal.till.catalogue import Catalogue
from terminal.till.disk import checkpoint
from terminal.till.draft import Draft
from terminal.till.journal import Journal
from terminal.till.till import Till

ROUNDS = 15
SALES = 60
SEALED_BYTES = 3_500
"""About what the sealed envelope of a five-line sale weighs."""


def run() -> list[Figure]:
    """Median time of one commit in each round, in milliseconds."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        with (Path(folder) / "bare").open("wb", buffering=0) as bare:
            bare.write(bytes(SEALED_BYTES * SALES))
            os.fsync(bare.fileno())
            journal = Journal(Path(folder) / "till.sqlite", store_id="BENCH", terminal_id="POS_01")
            catalogue = Catalogue(Path(folder) / "catalogue.sqlite", "BENCH")
            with closing(journal), closing(catalogue):
                till = Till(journal, catalogue, recorded=lambda: None)
                taken = in_turns(
                    {"sale": lambda: _sales(till), "floor": lambda: _bare_writes(bare.fileno())}, ROUNDS
                )
    return [
        figure(
            "till: whole-sale commit, 5 lines",
            taken["sale"],
            taken["floor"],
            unit="ms",
            n=ROUNDS * SALES,
            aim="≤ 2 × a bare fdatasync",
        )
    ]


def five_lines() -> tuple[Line, ...]:
    """Five lines of a convenience store's basket."""
    return tuple(
        Line(
            line_item_id=uuid7(),
            sku_id=f"SKU_{number:05d}",
            barcode=f"893468008{number:04d}",
            product_name=f"Cà phê sữa đá lon {number}",
            category="Đồ uống",
            quantity=1 + number % 2,
            unit_price=12_000 + 500 * number,
            list_price=12_000 + 500 * number,
            tax_rate=Decimal("0.08"),
        )
        for number in range(5)
    )


def _sales(till: Till) -> float:
    """Each sale is drafted (not timed: it happened while the goods were scanned), then made final."""
    cashier = Cashier("BENCH", "Bench", Role.CASHIER)
    at = datetime.now(UTC)
    took = []
    for number in range(SALES):
        basket = Basket(prices_include_tax=True, lines=five_lines())
        total = ring_up(basket).total_amount
        draft = Draft(uuid7(), basket, tenders=(cash_tender(uuid7(), total, total),))
        moment = at + timedelta(seconds=number)
        till.keep_draft(draft, moment)
        took.append(_timed(lambda d=draft, m=moment: _record(till, d, cashier, m)))  # type: ignore[misc]
    with till.journal.sender_engine().connect() as connection:
        checkpoint(connection)  # as the lifeline does between sales
    return statistics.median(took)


def _record(till: Till, draft: Draft, cashier: Cashier, moment: datetime) -> None:
    till.record_sale(draft, cashier, sold_at=moment, at=moment, external_reference=None)


def _bare_writes(file: int) -> float:
    block = bytes(SEALED_BYTES)
    os.lseek(file, 0, os.SEEK_SET)

    def write() -> None:
        os.write(file, block)
        os.fdatasync(file)

    return statistics.median(_timed(write) for _ in range(SALES))


def _timed(deed: Callable[[], None]) -> float:
    began = time.perf_counter()
    deed()
    return (time.perf_counter() - began) * 1_000
