"""Tills for tests: real SQLite files, a clock that a test sets, ids that count up."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

from argon2 import PasswordHasher

from courier import cursor
from courier.news import News, NewsPage
from courier.outage import Outage
from retail.member import phone_key, phone_number
from retail.staff import Role
from terminal.desks import Desks
from terminal.errands import AtOnce
from terminal.payment.port import HubPayments
from terminal.till import news
from terminal.till.cashier import Cashier
from terminal.till.catalogue import Catalogue
from terminal.till.journal import Journal
from terminal.till.people import PeopleTable
from terminal.till.seal import KEY_BYTES, PeopleSeal
from terminal.till.till import Till

AT = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
"""Half past eight in the morning in Ho Chi Minh City."""
LONG_AGO = "2020-01-01T00:00:00+00:00"
COLA, COLA_SIX, COFFEE, BREAD, MANGO = (
    "8934588012228",
    "8934588063053",
    "8938505974194",
    "036000291452",
    "2000001000007",
)
SEAL = PeopleSeal(bytes(KEY_BYTES), os.urandom)
HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
CASHIER = Cashier("C07", "Nguyễn Thị Lan", Role.CASHIER)
MANAGER = Cashier("M01", "Trần Văn Bình", Role.MANAGER)


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self, at: datetime = AT) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def forward(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class Ids:
    """UUIDs that count up."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def __call__(self) -> UUID:
        return UUID(int=next(self._numbers))


def product(sku_id: str, product_name: str, *barcodes: str | tuple[str, int], **more: Any) -> News:
    """News of a product; a barcode may come with its pack size."""
    codes = [code if isinstance(code, tuple) else (code, 1) for code in barcodes]
    body = {
        "sku_id": sku_id,
        "product_name": product_name,
        "category": "Đồ uống",
        "tax_class": "standard",
        "tax_rate": "0.08",
        "brand": "",
        "unit": "piece",
        "pack_of": None,
        "pack_size": 1,
        "age_restricted": False,
        "is_active": True,
        "barcodes": [{"barcode": code, "pack_size": size} for code, size in codes],
        **more,
    }
    return News(1, "product", sku_id, body)


def price(sku_id: str, amount: int, **more: Any) -> News:
    """News of a price; `price_id` names another one than the first."""
    body = {
        "price_id": f"{sku_id}/base",
        "sku_id": sku_id,
        "amount": amount,
        "effective_from": LONG_AGO,
        "store_id": None,
        **more,
    }
    return News(more.pop("version", 1), "price", body["price_id"], body)


def promotion(promo_id: str, name: str, kind: str, **more: Any) -> News:
    """News of a promotion that is on since long ago."""
    body = {"promo_id": promo_id, "name": name, "kind": kind, "starts_at": LONG_AGO, **more}
    return News(1, "promotion", promo_id, body)


def person(employee_id: str, pin: str, **more: Any) -> News:
    """News of a person with this PIN."""
    body = {
        "employee_id": employee_id,
        "name": "Lan",
        "role": "cashier",
        "pin_hash": HASHER.hash(pin),
        "store_ids": None,
        "language": "vi",
        "is_active": True,
        **more,
    }
    return News(1, "person", employee_id, body)


def setting(name: str, value: Any) -> News:
    """News of a chain setting."""
    return News(1, "setting", name, {"name": name, "value": value})


def member(member_id: str, name: str, phone: str = "", **more: Any) -> News:
    """News of a member, whom this phone number finds."""
    key = phone_key(phone_number(phone)) if phone else ""
    body = {"member_id": member_id, "name": name, "code": member_id, "phone_key": key, **more}
    return News(1, "member", member_id, body)


def voucher(code: str, promo_id: str, **more: Any) -> News:
    """News of a voucher that opens this promotion once."""
    return News(1, "voucher", code, {"code": code, "promo_id": promo_id, **more})


def deleted(kind: str, key: str) -> News:
    """News that something is gone."""
    return News(2, kind, key, {}, deleted=True)


SHOP = (
    product("COLA", "Coca-Cola lon 320ml", COLA, (COLA_SIX, 6)),
    price("COLA", 10_000),
    product("COFFEE", "Cà phê sữa đá Highlands 235ml", COFFEE),
    price("COFFEE", 18_000),
    product("BREAD", "Bánh mì sandwich", BREAD, category="Bánh", tax_rate="0.10"),
    price("BREAD", 25_000),
    product("MANGO", "Xoài cát Hòa Lộc", MANGO, category="Trái cây", tax_rate="0.05", unit="gram"),
    price("MANGO", 90_000),
    person("C07", "2468"),
    News(1, "store", "STORE_001", {"store_id": "STORE_001", "name": "Chợ Bến Thành", "address": "Quận 1"}),
)


def feed(catalogue: Catalogue, *pieces: News, version: int = 1) -> None:
    """Apply a page of news as the follower does."""
    engine = catalogue.follower_engine()
    try:
        with engine.begin() as tx:
            driver = tx.connection.driver_connection
            assert driver is not None
            news.apply(driver, NewsPage(version, list(pieces)).news, catalogue.seal)
            cursor.move(tx, catalogue.tables.sync_cursors, cursor.NEWS, version, AT)
    finally:
        engine.dispose()


class NoHub:
    """For tills that are alone in this test."""

    def claim_voucher(self, code: str, sale_id: UUID) -> None:
        raise Outage("unreachable")

    def orphan_money(self) -> list[Any]:
        raise Outage("unreachable")

    def release_voucher(self, code: str, sale_id: UUID) -> None:
        raise Outage("unreachable")

    def sales_found(self, **_: Any) -> Any:
        raise Outage("unreachable")

    def sale_told(self, transaction_id: UUID) -> Any:
        raise Outage("unreachable")

    def print_receipt(self, transaction_id: UUID, employee_id: str) -> None:
        raise Outage("unreachable")

    def papers(self, transaction_id: UUID) -> Any:
        raise Outage("unreachable")


class TestTill:
    """A till in a directory, with its desks; `reopen` is what a restart sees."""

    __test__ = False

    def __init__(self, data_dir: Path, hub: HubPayments | None = None, pieces: Sequence[News] = SHOP) -> None:
        self.data_dir = data_dir
        self.clock = Clock()
        self.ids = Ids()
        self.hub = hub
        self.recorded = 0
        self._open()
        if pieces:
            feed(self.catalogue, *pieces)

    def _open(self) -> None:
        self.journal = Journal(self.data_dir / "till.sqlite", store_id="STORE_001", terminal_id="POS_01")
        self.catalogue = Catalogue(self.data_dir / "catalogue.sqlite", "STORE_001", SEAL)
        self.till = Till(self.journal, self.catalogue, recorded=self._sold)
        self.people = PeopleTable(self.catalogue, "STORE_001")
        hub: Any = self.hub or NoHub()
        self.desks = Desks(self.till, self.people, hub, self.clock, self.ids, AtOnce())

    def _sold(self) -> None:
        self.recorded += 1

    def reopen(self) -> None:
        self.close()
        self._open()

    def close(self) -> None:
        self.catalogue.close()
        self.journal.close()

    def envelopes(self) -> list[str]:
        """The sealed facts in the outbox, in order."""
        engine = self.journal.sender_engine()
        with engine.connect() as tx, suppress(KeyError):
            rows = tx.exec_driver_sql("SELECT payload FROM outbox ORDER BY id").fetchall()
        engine.dispose()
        return [row[0] for row in rows]
