"""The till's whole-sale commit against a bare `fdatasync` of as many bytes."""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta

from uuid_utils.compat import uuid7

from bench.figures import Figure, figure, in_turns
from bench.machine import workshop
from bench.sales import STORE, five_lines, paid_sale
from retail.basket import Basket, ring_up
from retail.facts import SaleRecorded
from retail.payment import cash_tender
from retail.staff import Role
from terminal.till.cashier import Cashier
from terminal.till.catalogue import Catalogue
from terminal.till.disk import checkpoint
from terminal.till.draft import Draft
from terminal.till.journal import Journal
from terminal.till.seal import KEY_BYTES, PeopleSeal
from terminal.till.till import Till

SEAL = PeopleSeal(bytes(KEY_BYTES), os.urandom)
TERMINAL = "POS_01"
ROUNDS = 15
SALES = 60
SEED = 20_261_122
SEALED_BYTES = 3_500
"""About what the sealed envelope of a five-line sale weighs."""


def run() -> list[Figure]:
    """Median time of one sale in each round, in milliseconds."""
    dice = random.Random(SEED)
    with workshop() as folder, (folder / "bare").open("wb", buffering=0) as bare:
        bare.write(bytes(SEALED_BYTES * SALES))
        os.fsync(bare.fileno())
        journal = Journal(folder / "till.sqlite", store_id=STORE, terminal_id=TERMINAL)
        catalogue = Catalogue(folder / "catalogue.sqlite", STORE, SEAL)
        with closing(journal), closing(catalogue):
            till = Till(journal, catalogue, recorded=lambda: None)
            taken = in_turns(
                {
                    "commit": lambda: _commits(journal, dice),
                    "decision": lambda: _decisions(till, dice),
                    "floor": lambda: _bare_writes(journal, dice, bare.fileno()),
                },
                ROUNDS,
            )
    aim = "≤ 2 × a bare fdatasync"
    names = {
        "commit": "till: a sale's commit, 5 lines",
        "decision": "till: rules, totals, seal and commit",
    }
    return [
        figure(name, taken[key], taken["floor"], unit="ms", n=ROUNDS * SALES, aim=aim)
        for key, name in names.items()
    ]


def _commits(journal: Journal, dice: random.Random) -> float:
    """The journal's part: seal the fact, and one commit of envelope, sale, heads and the draft's end."""
    took = []
    at = datetime.now(UTC)
    for number in range(SALES):
        sale = paid_sale(TERMINAL, number + 1, at, dice)
        draft = Draft(sale.transaction_id, Basket(prices_include_tax=True, lines=sale.lines))
        journal.keep_draft(draft, at)
        took.append(_timed(lambda s=sale: _commit(journal, s, at)))  # type: ignore[misc]
    _between_sales(journal)
    return statistics.median(took)


def _decisions(till: Till, dice: random.Random) -> float:
    """All that happens when the cashier says "paid". The draft was kept while the goods were scanned."""
    cashier = Cashier("BENCH", "Bench", Role.CASHIER)
    took = []
    at = datetime.now(UTC)
    for number in range(SALES):
        basket = Basket(prices_include_tax=True, lines=five_lines(dice))
        total = ring_up(basket).total_amount
        draft = Draft(uuid7(), basket, tenders=(cash_tender(uuid7(), total, total),))
        moment = at + timedelta(seconds=number)
        till.keep_draft(draft, moment)
        took.append(_timed(lambda d=draft, m=moment: _record(till, d, cashier, m)))  # type: ignore[misc]
    _between_sales(till.journal)
    return statistics.median(took)


def _commit(journal: Journal, sale: SaleRecorded, at: datetime) -> None:
    journal.record_sale(sale.transaction_id, lambda _sequence: sale, at)


def _record(till: Till, draft: Draft, cashier: Cashier, moment: datetime) -> None:
    till.record_sale(draft, cashier, sold_at=moment, at=moment, external_reference=None)


def _between_sales(journal: Journal) -> None:
    """Empty the write-ahead log, as the lifeline does between sales."""
    engine = journal.sender_engine()
    with engine.connect() as connection:
        checkpoint(connection)
    engine.dispose()


def _bare_writes(journal: Journal, dice: random.Random, file: int) -> float:
    """As many bytes, in the same rhythm: a disk that was asked a moment ago answers sooner."""
    took = []
    at = datetime.now(UTC)
    block = bytes(SEALED_BYTES)
    os.lseek(file, 0, os.SEEK_SET)

    def write() -> None:
        os.write(file, block)
        os.fdatasync(file)

    for number in range(SALES):
        sale = paid_sale(TERMINAL, number + 1, at, dice)
        journal.keep_draft(Draft(sale.transaction_id, Basket(prices_include_tax=True, lines=sale.lines)), at)
        took.append(_timed(write))
    _between_sales(journal)
    return statistics.median(took)


def _timed(deed: Callable[[], None]) -> float:
    began = time.perf_counter()
    deed()
    return (time.perf_counter() - began) * 1_000
