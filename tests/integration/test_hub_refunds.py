"""Voids, refunds and approvals at the hub (FR-1.5, FR-6.2): of its own sales and of tills' facts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from courier.envelope import opened_text
from retail.facts import read_fact
from retail.refund import Counter, RefundRules, refund_all
from retail.refund_facts import RefundRecorded
from retail.staff import Role
from tests import make
from tests.hubs import Hub, running_hub
from tests.integration.test_hub_checkout import COFFEE, COLA, code_of, paid, sale_of

MANAGER = {"employee_id": make.MANAGER, "pin": make.PIN}


@pytest.fixture
def hub(hub_database_url: str, tmp_path: Path) -> Iterator[Hub]:
    with running_hub(hub_database_url, tmp_path, page=make.shop_news()) as running:
        running.enrolled()
        yield running


@pytest.fixture
def cashier(hub: Hub) -> httpx.Client:
    return hub.as_cashier()


@pytest.fixture
def manager(hub: Hub) -> httpx.Client:
    return hub.as_manager()


def sold(cashier: httpx.Client, *items: tuple[str, int], amount: int = 200_000) -> str:
    sale = sale_of(cashier, *items)
    paid(cashier, sale, amount)
    assert cashier.post(f"/api/v1/transactions/{sale}/finalize").status_code == 200
    return sale


def line_of(cashier: httpx.Client, sale: str, place: int = 0) -> str:
    return str(cashier.get(f"/api/v1/transactions/{sale}").json()["line_items"][place]["line_item_id"])


def refunded(client: httpx.Client, sale: str, **body: Any) -> httpx.Response:
    return client.post(f"/api/v1/transactions/{sale}/refunds", json={"reason": "stale"} | body)


def stock(client: httpx.Client, name: str) -> int:
    answer = client.get(f"/api/v1/inventory/{make.PRODUCTS[name].sku_id}")
    return int(answer.json()["current_stock"])


def test_goods_come_back_by_line_and_quantity_until_nothing_is_left(
    cashier: httpx.Client, manager: httpx.Client
) -> None:
    sale = sold(cashier, (COLA, 3), (COFFEE, 1))
    cola, before = line_of(cashier, sale), stock(cashier, "cola")
    first = refunded(manager, sale, lines=[{"line_item_id": cola, "quantity": 2}])
    assert first.status_code == 201, first.text
    assert (first.json()["total_amount"], stock(cashier, "cola")) == (20_000, before + 2)
    too_much = refunded(manager, sale, lines=[{"line_item_id": cola, "quantity": 2}])
    assert code_of(too_much) == (409, "refund-too-much")
    assert too_much.json()["left_quantity"] == 1
    assert cashier.get(f"/api/v1/transactions/{sale}").json()["status"] == "PAID"
    rest = refunded(manager, sale)
    assert rest.json()["total_amount"] == 35_000
    assert cashier.get(f"/api/v1/transactions/{sale}").json()["status"] == "REFUNDED"
    assert code_of(refunded(manager, sale)) == (409, "deed-not-allowed")
    listed = cashier.get(f"/api/v1/transactions/{sale}/refunds").json()["refunds"]
    assert [row["total_amount"] for row in listed] == [20_000, 35_000]


def test_a_refund_is_a_fact_on_its_way_to_head_office(
    hub: Hub, cashier: httpx.Client, manager: httpx.Client
) -> None:
    sale = sold(cashier, (COLA, 1))
    body = refunded(manager, sale).json()
    text = hub.scalar("SELECT payload FROM outbox WHERE event_type = 'RefundRecorded'")
    envelope = opened_text(text)
    fact = read_fact(envelope.event_type, envelope.version, envelope.payload)
    assert isinstance(fact, RefundRecorded)
    assert fact.to_body() == body


def test_what_spoilt_comes_back_but_not_onto_the_shelf(
    hub: Hub, cashier: httpx.Client, manager: httpx.Client
) -> None:
    sale = sold(cashier, (COLA, 2))
    before = stock(cashier, "cola")
    goods = {"line_item_id": line_of(cashier, sale), "quantity": 1, "restock": False}
    assert refunded(manager, sale, lines=[goods]).status_code == 201
    assert stock(cashier, "cola") == before
    moves = hub.rows("SELECT adjustment_type, quantity_delta FROM stock_movements ORDER BY position, 1")
    assert [tuple(row) for row in moves][-2:] == [("REFUND", 1), ("SHRINKAGE", -1)]


def test_a_cashier_needs_the_managers_pin_and_both_names_stay(hub: Hub, cashier: httpx.Client) -> None:
    sale = sold(cashier, (COLA, 1))
    assert code_of(refunded(cashier, sale)) == (403, "approval-needed")
    wrong = refunded(cashier, sale, approval=MANAGER | {"pin": "000000"})
    assert code_of(wrong) == (403, "approval-refused")
    own = refunded(cashier, sale, approval={"employee_id": make.CASHIER, "pin": make.PIN})
    assert code_of(own) == (403, "permission-denied")
    done = refunded(cashier, sale, approval=MANAGER)
    assert done.status_code == 201, done.text
    approval = done.json()["approval"]
    assert (done.json()["refunded_by"], approval["approved_by"]) == (make.CASHIER, make.MANAGER)
    assert (approval["act"], approval["amount"]) == ("refund", 10_000)
    noted = hub.rows("SELECT deed, actor, outcome FROM audit_log WHERE deed IN ('approve', 'refund sale')")
    assert sorted(tuple(row) for row in noted) == [
        ("approve", make.CASHIER, "not permitted"),
        ("approve", make.MANAGER, "allowed"),
        ("approve", make.MANAGER, "refused"),
        ("refund sale", make.CASHIER, "allowed"),
        ("refund sale", make.CASHIER, "refused"),
    ]


def test_three_wrong_pins_make_an_approver_wait(hub: Hub, cashier: httpx.Client) -> None:
    sale = sold(cashier, (COLA, 1))
    for _ in range(3):
        refunded(cashier, sale, approval=MANAGER | {"pin": "000000"})
        hub.clock.forward(seconds=1)
    paused = refunded(cashier, sale, approval=MANAGER)
    assert code_of(paused) == (429, "too-many-tries")
    hub.clock.forward(seconds=60)
    assert refunded(cashier, sale, approval=MANAGER).status_code == 201


def test_a_repeat_under_the_same_key_pays_once(
    hub: Hub, cashier: httpx.Client, manager: httpx.Client
) -> None:
    sale = sold(cashier, (COLA, 2))
    goods = {"reason": "stale", "lines": [{"line_item_id": line_of(cashier, sale), "quantity": 1}]}
    answers = [
        manager.post(
            f"/api/v1/transactions/{sale}/refunds", json=goods, headers={"idempotency-key": "refund-1"}
        )
        for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    assert hub.scalar("SELECT count(*) FROM refunds") == 1


def test_without_a_reason_or_after_the_window_nothing_goes_back(
    hub: Hub, cashier: httpx.Client, manager: httpx.Client
) -> None:
    sale = sold(cashier, (COLA, 1))
    assert code_of(refunded(manager, sale, reason=" ")) == (422, "reason-needed")
    hub.clock.forward(days=8)
    assert code_of(refunded(hub.as_manager(), sale)) == (409, "refund-window-over")


def test_a_void_after_a_refund_or_on_another_day_is_refused(
    hub: Hub, cashier: httpx.Client, manager: httpx.Client
) -> None:
    part, whole = sold(cashier, (COLA, 2)), sold(cashier, (COLA, 1))
    refunded(manager, part, lines=[{"line_item_id": line_of(cashier, part), "quantity": 1}])
    answer = manager.post(f"/api/v1/transactions/{part}/void", json={"reason": "wrong item"})
    assert code_of(answer) == (409, "void-after-refund")
    hub.clock.forward(days=1)
    late = hub.as_manager().post(f"/api/v1/transactions/{whole}/void", json={"reason": "wrong item"})
    assert code_of(late) == (409, "void-too-late")


def test_an_open_sale_has_nothing_to_give_back(cashier: httpx.Client, manager: httpx.Client) -> None:
    sale = sale_of(cashier, (COLA, 1))
    assert code_of(refunded(manager, sale)) == (409, "deed-not-allowed")
    unknown = f"/api/v1/transactions/{UUID(int=7)}/refunds"
    assert code_of(manager.post(unknown, json={"reason": "x"})) == (404, "transaction-not-found")


@pytest.mark.allow_log("fact set aside")
def test_a_tills_refund_is_booked_and_a_second_one_of_the_same_goods_set_aside(hub: Hub) -> None:
    """Two tills that did not hear of each other gave the same money back: nothing is bounced."""
    till = hub.till("POS_02")
    sold_there = make.sale(terminal_id="POS_02")
    counter = Counter(
        make.STORE, "POS_02", make.MANAGER, Role.MANAGER, sold_there.business_date, make.AT, "stale"
    )
    back = [
        refund_all(sold_there, [], counter, RefundRules(), refund_id=UUID(int=number)) for number in (1, 2)
    ]
    sealed = [till.chain.seal(sold_there), *map(till.chain.seal, back)]
    answer = till.send(1, sealed).json()
    assert answer["next_position"] == 4
    assert [error["code"] for error in answer["errors"]] == ["deed-not-allowed"]
    assert hub.scalar("SELECT count(*) FROM refunds") == 1
    assert hub.scalar("SELECT count(*) FROM outbox WHERE event_type = 'RefundRecorded'") == 2
    assert hub.scalar("SELECT status FROM transactions") == "REFUNDED"


def test_cash_is_rounded_as_the_chain_says_on_the_way_in_and_out(
    hub_database_url: str, tmp_path: Path
) -> None:
    """Two cans of 10,700 ₫ are 21,000 ₫ in notes; both refunds together give those back."""
    settings = {"cash_rounding": "down-1000", "denominations": [5_000, 1_000]}
    odd = make.price("cola", 10_700)
    with running_hub(hub_database_url, tmp_path, page=make.shop_news(settings=settings)) as hub:
        hub.hear(make.news_page(2, make.news("price", odd.price_id, odd.to_body(), 2)))
        hub.enrolled()
        cashier, manager = hub.as_cashier(), hub.as_manager()
        sale = sale_of(cashier, (COLA, 2))
        payment = paid(cashier, sale, 21_000)
        assert (payment["amount"], payment["change"], payment["rounding_amount"]) == (21_000, 0, -400)
        assert cashier.post(f"/api/v1/transactions/{sale}/finalize").status_code == 200
        fact = opened_text(hub.scalar("SELECT payload FROM outbox")).payload
        assert (fact["total_amount"], fact["rounding_amount"]) == (21_400, -400)
        goods = [{"line_item_id": line_of(cashier, sale), "quantity": 1}]
        part, rest = refunded(manager, sale, lines=goods).json(), refunded(manager, sale).json()
        assert [part["total_amount"], rest["total_amount"]] == [10_700, 10_700]
        assert [sum(each["amount"] for each in back["tenders"]) for back in (part, rest)] == [10_000, 11_000]
        shift = cashier.post("/api/v1/shifts", json={"float_amount": 0}).json()["shift_id"]
        counted = {"counted": [{"denomination": 500_000, "count": 0}]}
        answer = cashier.post(f"/api/v1/shifts/{shift}/close", json=counted)
        assert code_of(answer) == (422, "bad-cash-count")
