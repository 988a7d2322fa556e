"""What a scan costs at the till with promotions on: look-ups, rules and the basket in the journal.

Processor time of the till's own thread, so that a slow disk and a busy machine do not count; how long the
disk takes is `bench.journal`'s question.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from bench.figures import Figure, figure, in_turns, percentile
from bench.machine import workshop
from bench.retail_rules import SEED, STORE, products, promotions, timed
from courier.news import News
from courier.outage import Outage
from retail.barcode import check_digit
from retail.product import Product
from retail.staff import Role
from terminal.checkout.desk import CheckoutDesk
from terminal.errands import AtOnce
from terminal.hub_baskets import BasketWords
from terminal.till import news
from terminal.till.cashier import Cashier
from terminal.till.catalogue import Catalogue
from terminal.till.disk import connect
from terminal.till.journal import Journal
from terminal.till.seal import KEY_BYTES, PeopleSeal
from terminal.till.till import Till

SEAL = PeopleSeal(bytes(KEY_BYTES), os.urandom)
LINES = 50
SCANS = 10
BASKETS = 4
ROUNDS = 5
LONG_AGO = "2020-01-01T00:00:00+00:00"


def run() -> list[Figure]:
    """A scan into a basket of 50 lines with 500 promotions against the same with none; and the hint."""
    goods = products()
    with workshop() as folder:
        tills = {
            "with": _till(folder / "with", goods, with_promotions=True),
            "without": _till(folder / "without", goods, with_promotions=False),
        }
        taken = in_turns({name: partial(_scans, till, goods) for name, till in tills.items()}, ROUNDS)
        for till in tills.values():
            till.catalogue.close()
            till.journal.close()
    scans = {name: [scan for each in rounds for scan in each[0]] for name, rounds in taken.items()}
    hints = [hint for each in taken["with"] for hint in each[1]]
    n = len(scans["with"])
    return [
        figure(
            "till.scan_500_promotions",
            scans["with"],
            scans["without"],
            unit="µs",
            n=n,
            aim="not noticed: under 10,000 µs, less than a frame of the screen",
        ),
        Figure(
            "till.hint_500_promotions",
            percentile(hints, 0.5),
            "µs",
            percentile(scans["with"], 0.5),
            percentile(hints, 0.5) / percentile(scans["with"], 0.5),
            n,
            "beside the scan, no dearer than it",
        ),
    ]


def _scans(till: Till, goods: Sequence[Product]) -> tuple[list[float], list[float]]:
    """Microseconds of each scan behind the first 50 lines, and of the look for a hint after it."""
    scans, hints = [], []
    for number in range(BASKETS):
        cashier = Cashier("C07", "Lan", Role.CASHIER)
        moments = count(datetime.now(UTC).timestamp(), 0.5)
        clock = partial(_next_moment, moments)
        desk = CheckoutDesk(till, _NoHub(), cashier, clock=clock, new_id=uuid7, errands=AtOnce())
        desk.clear()
        dice = random.Random(SEED + number)
        for place, at in enumerate(dice.sample(range(len(goods)), LINES + SCANS)):
            took = timed(partial(desk.scan, _code(at)))
            if place >= LINES:
                scans.append(took)
                hints.append(timed(partial(desk.hint, desk.state)))
        assert len(desk.state.basket.lines) == LINES + SCANS
    return scans, hints


class _NoHub(BasketWords):
    """Nobody shows a voucher, and nobody hears of a basket."""

    def entitled(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        raise Outage("unreachable", f"{method} {path}")

    def claim_voucher(self, code: str, sale_id: UUID) -> None:
        raise Outage("unreachable")

    def release_voucher(self, code: str, sale_id: UUID) -> None:
        raise Outage("unreachable")


def _next_moment(moments: Iterator[float]) -> datetime:
    return datetime.fromtimestamp(next(moments), UTC)


def _till(folder: Path, goods: Sequence[Product], *, with_promotions: bool) -> Till:
    """A till whose catalogue holds these goods, and 500 promotions or none."""
    folder.mkdir()
    catalogue = Catalogue(folder / "catalogue.sqlite", STORE, SEAL)
    dice = random.Random(SEED)
    pieces = [piece for number, product in enumerate(goods) for piece in _pieces(number, product, dice)]
    if with_promotions:
        offers = promotions(goods, random.Random(SEED))
        pieces += [News(1, "promotion", offer.promo_id, offer.to_body()) for offer in offers]
    with closing(connect(folder / "catalogue.sqlite", durable=False)) as connection:
        connection.execute("BEGIN")
        news.apply(connection, pieces, SEAL)
        connection.execute("COMMIT")
    catalogue.promotions()
    journal = Journal(folder / "till.sqlite", store_id=STORE, terminal_id="POS_01")
    return Till(journal, catalogue, recorded=lambda: None)


def _pieces(number: int, product: Product, dice: random.Random) -> list[News]:
    body = product.to_body() | {"barcodes": [{"barcode": _code(number), "pack_size": 1}]}
    price = {
        "price_id": f"{product.sku_id}/base",
        "sku_id": product.sku_id,
        "amount": dice.randint(5, 120) * 1_000,
        "effective_from": LONG_AGO,
        "store_id": None,
    }
    return [News(1, "product", product.sku_id, body), News(1, "price", f"{product.sku_id}/base", price)]


def _code(number: int) -> str:
    figures = f"893{number:09}"
    return figures + str(check_digit(figures))
