"""Shifts at the hub (FR-6.1, FR-7.1): float, cash movements, X, blind count and Z."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from courier.envelope import opened_text
from retail.shift_facts import CashMove, CashMoved, ShiftClosed, ShiftOpened
from tests import make
from tests.hubs import Hub, running_hub
from tests.integration.test_hub_checkout import COFFEE, COLA, code_of
from tests.integration.test_hub_refunds import MANAGER, refunded, sold


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


def opened(cashier: httpx.Client, float_amount: int = 500_000) -> str:
    answer = cashier.post("/api/v1/shifts", json={"float_amount": float_amount})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["shift_id"])


def moved(client: httpx.Client, shift: str, kind: str, amount: int, **more: Any) -> httpx.Response:
    body = {"kind": kind, "amount": amount, "reason": "change for the bus"} | more
    return client.post(f"/api/v1/shifts/{shift}/cash-movements", json=body)


def closed(client: httpx.Client, shift: str, amount: int, **more: Any) -> httpx.Response:
    """Close with so much in the drawer, in notes of 5,000 ₫."""
    counted = [{"denomination": 5_000, "count": amount // 5_000}]
    return client.post(f"/api/v1/shifts/{shift}/close", json={"counted": counted} | more)


def test_a_day_at_the_drawer_ends_with_nothing_over_or_short(
    hub: Hub, cashier: httpx.Client, manager: httpx.Client
) -> None:
    shift = opened(cashier)
    hub.clock.forward(minutes=5)
    first = sold(cashier, (COLA, 3))
    sold(cashier, (COFFEE, 2))
    assert moved(cashier, shift, "SAFE_DROP", 20_000).status_code == 201
    assert moved(cashier, shift, "PAY_IN", 30_000, approval=MANAGER).status_code == 201
    refunded(manager, first)
    x = manager.get(f"/api/v1/shifts/{shift}/x-report").json()
    expected = 500_000 + 30_000 + 50_000 - 20_000 + 30_000 - 30_000
    assert (x["expected_amount"], x["sales_count"], x["refunds_count"]) == (expected, 2, 1)
    z = closed(cashier, shift, expected)
    assert z.status_code == 200, z.text
    assert (z.json()["over_short"], z.json()["status"], z.json()["sales_amount"]) == (0, "CLOSED", 80_000)
    assert cashier.get(f"/api/v1/shifts/{shift}/z-report").json() == z.json()
    line = z.json()["completeness"]
    sealed = hub.scalar("SELECT payload FROM outbox WHERE event_type = 'ShiftClosed'")
    envelope = opened_text(sealed)
    assert (line["sequence"], line["head"]) == (envelope.sequence, envelope.hash[:4].upper())
    assert (line["sales_count"], line["sales_amount"]) == (
        envelope.payload["sales_count"],
        envelope.payload["sales_amount"],
    )
    kinds = hub.rows("SELECT event_type FROM outbox WHERE aggregate_type = 'Shift' ORDER BY id")
    assert [kind for (kind,) in kinds] == ["ShiftOpened", "CashMoved", "CashMoved", "ShiftClosed"]


def test_a_cashier_does_not_see_what_there_is_to_count(cashier: httpx.Client) -> None:
    shift = opened(cashier)
    sold(cashier, (COLA, 1))
    x = cashier.get(f"/api/v1/shifts/{shift}/x-report").json()
    assert x["sales_count"] == 1
    assert "expected_amount" not in x
    assert code_of(cashier.get(f"/api/v1/shifts/{shift}/z-report")) == (409, "shift-not-closed")


def test_a_difference_is_counted_again_and_then_taken_with_a_reason(cashier: httpx.Client) -> None:
    shift = opened(cashier)
    short = closed(cashier, shift, 495_000)
    assert code_of(short) == (409, "drawer-differs")
    assert "expected_amount" not in short.json()
    z = closed(cashier, shift, 495_000, reason="a note was torn", approval=MANAGER)
    assert z.status_code == 200, z.text
    assert (z.json()["over_short"], z.json()["approval"]["approved_by"]) == (-5_000, make.MANAGER)
    assert z.json()["approval"]["amount"] == 5_000


def test_one_drawer_has_one_shift_and_a_closed_one_stays_closed(
    cashier: httpx.Client, manager: httpx.Client
) -> None:
    shift = opened(cashier)
    again = cashier.post("/api/v1/shifts", json={"float_amount": 0})
    assert code_of(again) == (409, "shift-still-open")
    assert again.json()["cashier_id"] == make.CASHIER
    assert closed(manager, shift, 500_000).status_code == 200
    assert code_of(closed(cashier, shift, 500_000)) == (409, "shift-not-open")
    assert code_of(moved(cashier, shift, "SAFE_DROP", 5_000)) == (409, "shift-not-open")
    opened(cashier, 0)
    listed = cashier.get("/api/v1/shifts").json()["shifts"]
    assert [row["status"] for row in listed] == ["OPEN", "CLOSED"]
    assert len(cashier.get("/api/v1/shifts", params={"open_only": True}).json()["shifts"]) == 1


@pytest.mark.parametrize(
    ("kind", "amount", "more", "expected"),
    [
        ("PAY_OUT", 5_000, {}, (403, "approval-needed")),
        ("PAY_OUT", 0, {"approval": MANAGER}, (422, "bad-amount")),
        ("SAFE_DROP", 5_000, {"reason": " "}, (422, "reason-needed")),
        ("GIFT", 5_000, {}, (422, "invalid-request")),
    ],
)
def test_cash_that_may_not_move_stays(
    cashier: httpx.Client, kind: str, amount: int, more: dict[str, Any], expected: tuple[int, str]
) -> None:
    assert code_of(moved(cashier, opened(cashier), kind, amount, **more)) == expected


def test_bad_figures_open_and_close_nothing(hub: Hub, cashier: httpx.Client) -> None:
    assert code_of(cashier.post("/api/v1/shifts", json={"float_amount": -1})) == (422, "bad-amount")
    shift = opened(cashier)
    body = {"counted": [{"denomination": 7, "count": 3}]}
    answer = cashier.post(f"/api/v1/shifts/{shift}/close", json=body)
    assert code_of(answer) == (422, "bad-cash-count")
    assert code_of(closed(cashier, str(UUID(int=9)), 0)) == (404, "shift-not-found")
    assert hub.scalar("SELECT count(*) FROM shifts WHERE closed_at IS NULL") == 1


def test_a_tills_own_shift_is_booked_from_its_facts(hub: Hub, manager: httpx.Client) -> None:
    till = hub.till("POS_02")
    shift_id, day = UUID(int=5), make.sale().business_date
    sale = make.sale(terminal_id="POS_02")
    opening = ShiftOpened(shift_id, make.STORE, "POS_02", make.CASHIER, make.AT, day, 100_000)
    drop = CashMoved(
        movement_id=UUID(int=6),
        shift_id=shift_id,
        store_id=make.STORE,
        terminal_id="POS_02",
        kind=CashMove.SAFE_DROP,
        amount=10_000,
        reason="full",
        moved_at=make.AT,
        moved_by=make.CASHIER,
        business_date=day,
    )
    closing = ShiftClosed(
        shift_id=shift_id,
        store_id=make.STORE,
        terminal_id="POS_02",
        cashier_id=make.CASHIER,
        closed_at=make.AT,
        closed_by=make.CASHIER,
        business_date=day,
        counted=((100_000, 1),),
        expected_amount=100_000,
        sales_count=1,
        sales_amount=sale.totals.total_amount,
        first_receipt=None,
        last_receipt=None,
    )
    answer = till.send(1, [till.chain.seal(fact) for fact in (opening, sale, drop, closing)]).json()
    assert (answer["accepted"], answer["errors"]) == (4, [])
    z = manager.get(f"/api/v1/shifts/{shift_id}/z-report").json()
    assert (z["sales_count"], z["sales_amount"], z["safe_drop"]) == (1, sale.totals.total_amount, 10_000)
