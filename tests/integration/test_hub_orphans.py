"""Orphan money: it came late, no sale has it, and a person says what was done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import text

from retail.payment import Tender
from storehub.payments.orphans import ORPHANS_MAX
from storehub.payments.tables import payment_requests
from tests import make
from tests.hubs import Hub, Till, running_hub
from tests.integration.test_hub_checkout import code_of

SALE, PAYMENT = UUID(int=77), UUID(int=88)
DONE = {"settled_by": make.CASHIER, "approved_by": make.MANAGER, "word": "given back in cash"}


@pytest.fixture
def hub(hub_database_url: str, tmp_path: Path) -> Iterator[Hub]:
    with running_hub(hub_database_url, tmp_path, page=make.shop_news()) as running:
        yield running


def paid_late(hub: Hub, till: Till) -> None:
    """The customer pays a code, and the till hears of it; then two minutes go by."""
    body = {
        "payment_id": str(PAYMENT),
        "transaction_id": str(SALE),
        "payment_method": "QR_VIETQR",
        "amount": 10_000,
    }
    assert till.http.post("/api/v1/payments", json=body).status_code == 200
    hub.clock.forward(seconds=30)
    assert till.http.get(f"/api/v1/payments/{PAYMENT}/status").json()["status"] == "CAPTURED"
    hub.clock.forward(seconds=121)


def listed(till: Till) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = till.http.get("/api/v1/payments/orphans").json()["payments"]
    return rows


def test_money_that_no_sale_has_is_listed_until_a_person_says_what_was_done(hub: Hub) -> None:
    till = hub.till()
    assert listed(till) == []
    paid_late(hub, till)
    (row,) = listed(till)
    assert (row["payment_id"], row["amount"], row["receipt_number"]) == (str(PAYMENT), 10_000, None)
    settle = f"/api/v1/payments/{PAYMENT}/settle"
    assert till.http.post(settle, json=DONE).status_code == 200
    assert till.http.post(settle, json=DONE).status_code == 200, "a lost answer is asked for again"
    assert listed(till) == []
    told = hub.rows("SELECT payload FROM outbox WHERE event_type = 'PaymentSettled'")
    assert [orjson.loads(text)["payload"]["word"] for (text,) in told] == [DONE["word"]]


def test_money_beyond_the_end_of_a_long_list_is_settled_too(hub: Hub) -> None:
    till = hub.till()
    paid_late(hub, till)
    with hub.engine.begin() as tx:
        names = [
            column.name for column in payment_requests.columns if column.name not in ("id", "captured_at")
        ]
        tx.execute(
            text(
                f"INSERT INTO payment_requests (id, captured_at, {', '.join(names)}) "
                f"SELECT gen_random_uuid(), captured_at - interval '1 hour', {', '.join(names)} "
                "FROM payment_requests, generate_series(1, :more)"
            ),
            {"more": ORPHANS_MAX},
        )
    assert str(PAYMENT) not in {row["payment_id"] for row in listed(till)}
    assert till.http.post(f"/api/v1/payments/{PAYMENT}/settle", json=DONE).status_code == 200


def test_money_that_its_sale_has_is_no_orphan(hub: Hub) -> None:
    till = hub.till()
    paid_late(hub, till)
    tender = Tender(PAYMENT, "QR_VIETQR", 10_000, provider="vietqr", provider_txn_id="T1")
    till.send(1, [till.sell(transaction_id=SALE, tenders=[tender])])
    assert listed(till) == []
    answer = till.http.post(f"/api/v1/payments/{PAYMENT}/settle", json=DONE)
    assert code_of(answer) == (409, "payment-not-orphaned")


def test_a_sale_that_was_paid_otherwise_is_named_beside_the_money(hub: Hub) -> None:
    till = hub.till()
    paid_late(hub, till)
    till.send(1, [till.sell(transaction_id=SALE)])
    (row,) = listed(till)
    assert row["receipt_number"] is not None


def test_money_is_no_orphan_while_its_sale_may_be_on_its_way(hub: Hub) -> None:
    till = hub.till()
    paid_late(hub, till)
    hub.clock.forward(seconds=-60)
    assert listed(till) == []
