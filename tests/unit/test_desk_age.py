"""Goods for grown-ups: asked once, held back until then, and written down."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest

from retail.access_facts import AccessDecided, AccessDeed, AccessOutcome
from retail.facts import SaleRecorded
from terminal.checkout.desk import CheckoutDesk
from terminal.till.draft import Draft
from tests.tills import AT, CASHIER, COFFEE, COLA, MANAGER, TestTill, feed, price, product, setting

BEER, WINE = "8934822101335", "8935049501502"


@pytest.fixture
def till(tmp_path: Path) -> Iterator[TestTill]:
    till = TestTill(tmp_path)
    feed(
        till.catalogue,
        product("BEER", "Bia 333", BEER, age_restricted=True),
        price("BEER", 12_000),
        product("WINE", "Vang Đà Lạt", WINE, age_restricted=True),
        price("WINE", 90_000),
        version=2,
    )
    yield till
    till.close()


@pytest.fixture
def desk(till: TestTill) -> CheckoutDesk:
    return till.desks.checkout(CASHIER)


def scan(till: TestTill, desk: CheckoutDesk, *barcodes: str) -> None:
    for barcode in barcodes:
        desk.scan(barcode)
        till.clock.forward(5)


def names(desk: CheckoutDesk) -> list[str]:
    return [line.sku_id for line in desk.state.basket.lines]


def notice(desk: CheckoutDesk) -> str | None:
    return desk.state.notice.code if desk.state.notice else None


def facts(till: TestTill) -> list[dict[str, Any]]:
    return [orjson.loads(text) for text in till.envelopes()]


def test_the_first_such_goods_wait_until_somebody_has_looked(till, desk):
    scan(till, desk, COLA, BEER)
    asked = desk.state.age_asked
    assert (names(desk), asked.born_by, asked.names) == (["COLA"], date(2008, 11, 20), ("Bia 333",))
    desk.confirm_age()
    assert (names(desk), desk.state.age_asked) == (["COLA", "BEER"], None)


def test_a_basket_is_asked_for_once(till, desk):
    scan(till, desk, BEER)
    desk.confirm_age()
    scan(till, desk, WINE, BEER)
    assert (names(desk), desk.state.age_asked) == (["BEER", "WINE"], None)
    desk.clear()
    scan(till, desk, BEER)
    assert desk.state.age_asked is not None, "the next customer is somebody else"


def test_other_goods_are_scanned_while_the_question_stands_and_nothing_is_lost(till, desk):
    scan(till, desk, BEER, COFFEE, WINE, BEER)
    assert names(desk) == ["COFFEE"]
    assert desk.state.age_asked.names == ("Bia 333", "Vang Đà Lạt")
    desk.confirm_age()
    assert [(line.sku_id, line.quantity) for line in desk.state.basket.lines] == [
        ("COFFEE", 1),
        ("BEER", 2),
        ("WINE", 1),
    ]


def test_nothing_is_paid_before_the_question_is_answered(till, desk):
    scan(till, desk, COLA, BEER)
    assert desk.to_pay() is None
    assert notice(desk) == "age-not-confirmed"
    desk.dismiss()
    assert desk.state.age_asked is not None


def test_the_sale_says_who_looked_and_by_which_day(till, desk):
    scan(till, desk, BEER)
    desk.confirm_age()
    draft = desk.to_pay()
    assert draft is not None
    till.desks.payment(draft, CASHIER).pay_cash(12_000)
    check = SaleRecorded.from_body(facts(till)[-1]["payload"]).age_check
    assert check is not None
    assert (check.born_by, check.confirmed_by) == (date(2008, 11, 20), CASHIER.employee_id)


def test_a_refusal_is_written_down_and_the_goods_stay_out(till, desk):
    scan(till, desk, COLA, BEER, WINE)
    desk.refuse_age()
    desk.refuse_age()
    assert (names(desk), notice(desk), desk.state.age_asked) == (["COLA"], "too-young", None)
    written = [AccessDecided.from_body(fact["payload"]) for fact in facts(till)]
    assert [(each.deed, each.outcome, each.actor, each.reason) for each in written] == [
        (AccessDeed.CHECK_AGE, AccessOutcome.REFUSED, CASHIER.employee_id, "Bia 333, Vang Đà Lạt")
    ]
    scan(till, desk, BEER)
    assert desk.state.age_asked is not None, "somebody older may come with papers"


def test_who_looked_is_in_the_journal_with_the_basket(till, desk):
    scan(till, desk, BEER)
    desk.confirm_age()
    till.reopen()
    desk = till.desks.checkout(CASHIER)
    scan(till, desk, WINE)
    assert (names(desk), desk.state.age_asked) == (["BEER", "WINE"], None)


def test_a_basket_that_came_without_a_check_is_asked_for_before_it_is_paid(till, desk):
    scan(till, desk, COLA, BEER)
    desk.confirm_age()
    till.till.keep_draft(Draft(desk.state.sale_id, desk.state.basket), AT)
    desk.refresh()
    assert desk.to_pay() is None
    assert desk.state.age_asked.names == ("Bia 333",)
    desk.refuse_age()
    assert names(desk) == ["COLA"]
    assert desk.to_pay() is not None


def test_the_age_is_a_setting_of_the_chain(till, desk):
    feed(till.catalogue, setting("legal_age", 21), version=3)
    scan(till, desk, BEER)
    assert desk.state.age_asked.born_by == date(2005, 11, 20)


def test_a_replay_is_not_asked(till):
    desk = till.desks.checkout(MANAGER, with_promotions=False)
    scan(till, desk, BEER)
    assert names(desk) == ["BEER"]
    assert desk.to_pay() is not None
