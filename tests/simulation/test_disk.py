"""What production's Postgres statements leave on a simulated disk is what they leave in Postgres."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

import orjson
from sqlalchemy import Engine, select

from courier.envelope import FIRST_HASH, seal
from courier.news import News, NewsPage
from storehub.catalog.pricebook import PriceBook
from storehub.catalog.tables import local_catalog, prices, product_barcodes
from storehub.database import make_engine
from storehub.intake import Intake, Pipe, Tools
from storehub.news import apply_news
from storehub.payments.tables import payments
from storehub.receipts.printing import Printing
from storehub.sales.clerk import Clerk
from storehub.sales.tables import line_items, price_discrepancies, transactions
from storehub.stock.commands import roll_up
from storehub.stock.tables import local_inventory, stock_movements
from tests import make
from tests.simulation.goods import first_news
from tests.simulation.hub import new_disk

TABLES = (
    local_catalog,
    product_barcodes,
    prices,
    transactions,
    line_items,
    payments,
    price_discrepancies,
    stock_movements,
    local_inventory,
)


def left_by(engine: Engine, bodies: list[Any]) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that some news and some sales leave in a hub's tables."""
    news = [News(1, change.kind, change.key, dict(change.body or {})) for change in first_news()]
    with engine.begin() as tx:
        apply_news(tx, NewsPage(1, news), make.STORE, make.AT)
    book = PriceBook(make.STORE)
    with engine.connect() as tx:
        book.load(tx)
    printing = Printing(None, lambda: UUID(int=7))
    tools = Tools(lambda: make.AT, lambda: UUID(int=7), printing, lambda _sales: None)
    intake = Intake(engine, cast("Clerk", None), book, cast("Any", None), tools)
    verdict = intake.take_carefully(Pipe(make.STORE, make.TERMINAL), 1, bodies)
    assert (verdict.accepted, verdict.errors) == (len(bodies), ())
    with engine.begin() as tx:
        roll_up(tx, make.STORE, make.AT)
    with engine.connect() as tx:
        return {
            table.name: [tuple(row) for row in tx.execute(select(table).order_by(*table.primary_key.columns))]
            for table in TABLES
        }


def test_both_databases_hold_the_same_rows(hub_database_url: str) -> None:
    bodies, before = [], FIRST_HASH
    for number, lines in enumerate(
        ([make.line("cola", 2), make.line("six-pack")], [make.line("mango", 350)]), 1
    ):
        sale = make.sale(lines)
        envelope = seal(
            event_id=sale.transaction_id,
            event_type=sale.event_type,
            version=sale.version,
            origin=f"{make.STORE}/{make.TERMINAL}",
            sequence=number,
            previous_hash=before,
            store_id=make.STORE,
            terminal_id=make.TERMINAL,
            timestamp=sale.sold_at,
            payload=sale.to_body(),
        )
        before = envelope.hash
        bodies.append(orjson.loads(envelope.text))
    postgres = make_engine(hub_database_url)
    try:
        expected = left_by(postgres, bodies)
    finally:
        postgres.dispose()
    assert left_by(new_disk().engine, bodies) == expected
    assert all(expected[table.name] for table in TABLES)
