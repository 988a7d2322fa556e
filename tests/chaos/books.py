"""The four books of one chain, read from where they are kept, and compared sale by sale."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from courier.envelope import opened_text
from retail.facts import SaleRecorded, read_fact
from tests.chaos.deeds import Deed, deed_of
from tests.chaos.till import sale_of
from tests.chaos.witness import Record, Sale

HUB_DEEDS = """
    SELECT 'refund', store_id || '/' || terminal_id, body ->> 'receipt_number', total_amount FROM refunds
    UNION ALL SELECT 'void', t.store_id || '/' || t.terminal_id, v.transaction_id::text,
        (v.body ->> 'amount')::bigint FROM voids v JOIN transactions t ON t.id = v.transaction_id
    UNION ALL SELECT 'shift opened', store_id || '/' || terminal_id, id::text, float_amount FROM shifts
    UNION ALL SELECT 'shift closed', store_id || '/' || terminal_id, id::text, counted_amount FROM shifts
        WHERE closed_at IS NOT NULL
    UNION ALL SELECT 'cash moved', s.store_id || '/' || s.terminal_id, m.id::text, m.amount
        FROM cash_movements m JOIN shifts s ON s.id = m.shift_id
"""
HEAD_OFFICE_DEEDS = """
    SELECT 'refund', r.store_id || '/' || r.terminal_id,
        (l.envelope::json -> 'payload' ->> 'receipt_number'), r.total_amount
        FROM refunds r JOIN ledger l ON (l.pipe, l.position) = (r.pipe, r.position)
    UNION ALL SELECT 'void', t.store_id || '/' || t.terminal_id, v.transaction_id::text, v.amount
        FROM voids v JOIN transactions t ON t.id = v.transaction_id
"""
NAMED_AT_MOST = 5
Stock = Mapping[tuple[str, str], int]
"""Pieces by store and SKU."""


@dataclass
class Books:
    """What one tier has: its sales, what else was done, and the pieces of every product that are left by its
    figures."""

    name: str
    sales: list[Sale] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)
    stock: dict[tuple[str, str], int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Sum of all sales, minor units."""
        return sum(sale.total for sale in self.sales)


def compare(record: Record, books: Sequence[Books]) -> list[str]:
    """Every difference between what the tills showed and each of the books, in sentences; none is good."""
    final = Books("the receipts", record.final)
    found = list(_doubled(final))
    unasked = [sale for sale in record.final if record.asked.get(sale.sale_id) != sale.total]
    found += named("the receipts: another total than was asked for", [sale.sale_id for sale in unasked])
    for other in books:
        found += _doubled(other)
        found += _differences(final, other)
    return found


def _doubled(books: Books) -> Iterator[str]:
    ids = Counter(sale.sale_id for sale in books.sales)
    numbers = Counter((sale.origin, sale.number) for sale in books.sales)
    yield from named(f"{books.name}: twice", [sale_id for sale_id, times in ids.items() if times > 1])
    yield from named(
        f"{books.name}: one number for two sales",
        [f"{origin} {number}" for (origin, number), times in numbers.items() if times > 1],
    )


def _differences(final: Books, other: Books) -> Iterator[str]:
    ours = {sale.sale_id: sale for sale in final.sales}
    theirs = {sale.sale_id: sale for sale in other.sales}
    yield from named(f"{other.name}: missing", _places(ours[each] for each in ours.keys() - theirs.keys()))
    yield from named(
        f"{other.name}: nobody was shown", _places(theirs[each] for each in theirs.keys() - ours.keys())
    )
    unequal = [
        f"{ours[each].to_body()} here, {theirs[each].to_body()} there"
        for each in ours.keys() & theirs.keys()
        if ours[each] != theirs[each]
    ]
    yield from named(f"{other.name}: not as it was shown", unequal)


def _places(sales: Any) -> list[str]:
    return sorted(f"{sale.origin} {sale.number} ({sale.total})" for sale in sales)


def named(what: str, which: Sequence[str]) -> list[str]:
    """A sentence with the first of what is wrong; none when nothing is."""
    if not which:
        return []
    rest = f" and {len(which) - NAMED_AT_MOST} more" if len(which) > NAMED_AT_MOST else ""
    return [f"{what}: {', '.join(which[:NAMED_AT_MOST])}{rest}"]


def compare_deeds(record: Record, own: Books, others: Mapping[tuple[str, ...], Books]) -> list[str]:
    """Every deed that was shown must be in the tills' `own` journals, and in each of the other books (by the
    kinds that it keeps) the same as there, each once."""
    known = Counter(own.deeds)
    found = named("a deed twice in the journals", [str(deed) for deed, times in known.items() if times > 1])
    found += named("the journals: missing", sorted(str(deed) for deed in set(record.deeds) - set(known)))
    for kinds, books in others.items():
        here, there = Counter(deed for deed in own.deeds if deed.kind in kinds), Counter(books.deeds)
        found += named(f"{books.name}: missing", sorted(map(str, (here - there).elements())))
        found += named(f"{books.name}: not in a journal", sorted(map(str, (there - here).elements())))
    return found


def stock_expected(
    record: Record, delivered: Mapping[str, Mapping[str, int]], came_back: Iterable[Deed] = ()
) -> Stock:
    """What must be left: what was delivered to each store and came back, less what was sold in it."""
    left: Counter[tuple[str, str]] = Counter()
    for store_id, pieces in delivered.items():
        for sku_id, quantity in pieces.items():
            left[store_id, sku_id] += quantity
    for sale in record.final:
        for sku_id, quantity in sale.goods.items():
            left[sale.origin.partition("/")[0], sku_id] -= quantity
    for deed in came_back:
        for sku_id, quantity in deed.goods.items():
            left[deed.origin.partition("/")[0], sku_id] += quantity
    return left


def compare_stock(expected: Stock, name: str, stock: Stock) -> list[str]:
    """Differences between what must be left and what a tier says is left."""
    keys = {*expected, *stock}
    wrong = sorted(key for key in keys if expected.get(key, 0) != stock.get(key, 0))
    return named(
        f"{name}: stock",
        [f"{' '.join(key)} is {stock.get(key, 0)} instead of {expected.get(key, 0)}" for key in wrong],
    )


def journals(files: Sequence[Path]) -> Books:
    """The tills' own journals, each sale read from its sealed fact; one that is on two disks counts once."""
    books, seen = Books("the tills' journals"), set[str]()
    sales: dict[str, SaleRecorded] = {}
    for file in files:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            texts = connection.execute("SELECT payload FROM outbox ORDER BY id").fetchall()
        facts = [
            read_fact(envelope.event_type, envelope.version, envelope.payload)
            for envelope in (opened_text(text) for (text,) in texts if text not in seen)
        ]
        seen.update(text for (text,) in texts)
        sold = [fact for fact in facts if isinstance(fact, SaleRecorded)]
        sales |= {str(fact.transaction_id): fact for fact in sold}
        books.sales += map(sale_of, sold)
        books.deeds += [deed for fact in facts if (deed := deed_of(fact, sales)) is not None]
    return books


def hubs(urls: Mapping[str, str]) -> Books:
    """The hubs' books by store, from their databases; `stock` is the sum of the movements."""
    books = Books("the hubs' books")
    for store_id, url in urls.items():
        with psycopg.connect(url) as connection:
            books.sales += _recorded(connection, store_id)
            books.deeds += [Deed(*row) for row in connection.execute(HUB_DEEDS)]
            for sku_id, pieces in connection.execute(
                "SELECT sku_id, sum(quantity_delta) FROM stock_movements GROUP BY sku_id"
            ):
                books.stock[store_id, sku_id] = int(pieces)
    return books


def shelves(urls: Mapping[str, str]) -> Stock:
    """What the hubs' rolled-up levels say."""
    levels: dict[tuple[str, str], int] = {}
    for store_id, url in urls.items():
        with psycopg.connect(url) as connection:
            for sku_id, pieces in connection.execute("SELECT sku_id, current_stock FROM local_inventory"):
                levels[store_id, sku_id] = int(pieces)
    return levels


def head_office(url: str, store_ids: Sequence[str]) -> Books:
    """Head office's books; `stock` is the sum of the movements."""
    books = Books("head office's books")
    with psycopg.connect(url) as connection:
        for store_id in store_ids:
            books.sales += _recorded(connection, store_id)
        books.deeds += [Deed(*row) for row in connection.execute(HEAD_OFFICE_DEEDS)]
        for store_id, sku_id, pieces in connection.execute(
            "SELECT store_id, sku_id, sum(quantity_delta) FROM stock_movements GROUP BY store_id, sku_id"
        ):
            books.stock[store_id, sku_id] = int(pieces)
    return books


def envelopes_differ(files: Sequence[Path], hq_url: str) -> list[str]:
    """Facts whose sealed text at head office is not, letter by letter, what the till wrote."""
    with psycopg.connect(hq_url) as connection:
        ledger: dict[str, str] = dict(
            connection.execute("SELECT event_id::text, envelope FROM ledger").fetchall()
        )
    wrong = []
    for file in files:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            for origin, sequence, text in connection.execute("SELECT origin, sequence, payload FROM outbox"):
                if ledger.get(str(opened_text(text).event_id)) != text:
                    wrong.append(f"{origin} {sequence}")
    return named("the ledger: not the till's own text", wrong)


def _recorded(connection: psycopg.Connection[Any], store_id: str) -> list[Sale]:
    goods: dict[str, dict[str, int]] = {}
    tenders: dict[str, dict[str, int]] = {}
    for sale_id, method, amount in connection.execute(
        "SELECT p.transaction_id::text, p.payment_method, sum(p.amount)::bigint FROM payments p"
        " JOIN transactions t ON t.id = p.transaction_id WHERE t.store_id = %s GROUP BY 1, 2",
        [store_id],
    ):
        tenders.setdefault(sale_id, {})[method] = amount
    for sale_id, sku_id, pieces in connection.execute(
        "SELECT m.reference_id, m.sku_id, -sum(m.quantity_delta)::bigint FROM stock_movements m"
        " JOIN transactions t ON t.id::text = m.reference_id"
        " WHERE t.store_id = %s AND m.adjustment_type = 'SALE' GROUP BY 1, 2",
        [store_id],
    ):
        goods.setdefault(sale_id, {})[sku_id] = pieces
    return [
        Sale(
            sale_id,
            f"{store_id}/{terminal_id}",
            int(receipt_number.rpartition("-")[2]),
            total,
            tenders.get(sale_id, {}),
            goods.get(sale_id, {}),
        )
        for sale_id, terminal_id, receipt_number, total in connection.execute(
            "SELECT id::text, terminal_id, receipt_number, total_amount FROM transactions"
            " WHERE store_id = %s AND status IN ('PAID', 'VOID', 'REFUNDED')",
            [store_id],
        )
    ]
