"""Open baskets at the hub: mirrored, parked here and taken there; and recorded sales found again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests import make
from tests.hubs import Hub, Till, running_hub
from tests.integration.test_hub_checkout import COLA, code_of, sale_of
from tests.integration.test_hub_refunds import sold

SALE = UUID(int=77)
COLA_SKU = make.PRODUCTS["cola"].sku_id


@pytest.fixture
def hub(hub_database_url: str, tmp_path: Path) -> Iterator[Hub]:
    with running_hub(hub_database_url, tmp_path, page=make.shop_news()) as running:
        yield running


def kept(till: Till, sale_id: UUID = SALE, **changes: Any) -> httpx.Response:
    basket = {
        "cashier_id": make.CASHIER,
        "line_count": 1,
        "total_amount": 20_000,
        "reserves": [{"sku_id": COLA_SKU, "quantity": 2}],
        "body": {"sale_id": str(sale_id), "lines": ["the till's own"]},
    }
    return till.http.put(f"/api/v1/baskets/{sale_id}", json=basket | changes)


def reserved(hub: Hub) -> int:
    answer = hub.as_cashier().get(f"/api/v1/inventory/{COLA_SKU}")
    return int(answer.json()["reserved_stock"])


def taken(till: Till) -> httpx.Response:
    return till.http.post(f"/api/v1/baskets/{SALE}/take", json={"cashier_id": make.CASHIER})


def test_a_basket_parked_at_one_till_goes_on_at_another_and_only_there(hub: Hub) -> None:
    first, second = hub.till("POS_01"), hub.till("POS_02")
    assert kept(first, parked=True, label="the lady with the dog").status_code == 200
    listed = second.http.get("/api/v1/baskets").json()["baskets"]
    assert [(row["label"], row["total_amount"]) for row in listed] == [("the lady with the dog", 20_000)]
    answer = taken(second)
    assert answer.json()["body"] == {"sale_id": str(SALE), "lines": ["the till's own"]}
    assert code_of(taken(first)) == (409, "basket-not-parked")
    assert second.http.get("/api/v1/baskets").json()["baskets"] == []


def test_what_stands_in_a_basket_is_spoken_for_until_it_is_paid_or_dropped(hub: Hub) -> None:
    till = hub.till()
    kept(till)
    assert reserved(hub) == 2
    kept(till, reserves=[{"sku_id": COLA_SKU, "quantity": 5}])
    assert reserved(hub) == 5
    till.send(1, [till.sell(transaction_id=SALE)])
    assert reserved(hub) == 0
    assert code_of(kept(till)) == (409, "basket-already-paid")
    other = UUID(int=78)
    kept(till, other)
    assert till.http.delete(f"/api/v1/baskets/{other}").status_code == 204
    assert till.http.delete(f"/api/v1/baskets/{other}").status_code == 204
    assert reserved(hub) == 0


def test_a_till_that_asks_again_gets_the_basket_it_was_given(hub: Hub) -> None:
    """The answer was lost on its way: the basket is not."""
    first, second = hub.till("POS_01"), hub.till("POS_02")
    kept(first, parked=True)
    assert taken(second).status_code == 200
    assert taken(second).json()["body"]["lines"] == ["the till's own"]
    assert code_of(taken(first)) == (409, "basket-not-parked")


def test_what_the_first_till_says_late_does_not_bring_a_basket_back_that_another_has(hub: Hub) -> None:
    first, second = hub.till("POS_01"), hub.till("POS_02")
    kept(first, parked=True)
    taken(second)
    assert code_of(kept(first, parked=True)) == (409, "basket-elsewhere")
    assert first.http.delete(f"/api/v1/baskets/{SALE}").status_code == 204
    assert reserved(hub) == 2, "it was not the first till's to drop"
    assert kept(second, parked=True, label="again").status_code == 200
    assert [row["terminal_id"] for row in first.http.get("/api/v1/baskets").json()["baskets"]] == ["POS_02"]
    assert taken(first).status_code == 200


def test_a_till_hears_how_many_there_are_of_what_stands_in_its_basket(hub: Hub) -> None:
    """Without what it holds itself, and with what others hold."""
    first, second = hub.till("POS_01"), hub.till("POS_02")
    hub.as_manager().post(
        "/api/v1/inventory/adjustments",
        json={"sku_id": COLA_SKU, "quantity_delta": 10, "reason": "delivery"},
    )
    stock = first.http.get(f"/api/v1/inventory/{COLA_SKU}").json()["current_stock"]
    assert kept(first).json() == {"available": {COLA_SKU: stock}, "life": "0"}
    assert kept(second, UUID(int=78)).json() == {"available": {COLA_SKU: stock - 2}, "life": "0"}


def test_what_nobody_touches_for_a_day_holds_no_stock(hub: Hub) -> None:
    till = hub.till()
    kept(till)
    draft = sale_of(hub.as_cashier(), (COLA, 3))
    assert reserved(hub) == 5
    hub.clock.forward(hours=25)
    hub.program.clockwork.tidy()
    assert reserved(hub) == 0
    assert hub.as_cashier().get(f"/api/v1/transactions/{draft}").json()["status"] == "VOID"


@pytest.mark.parametrize(
    "changes",
    [
        {"reserves": [{"sku_id": COLA_SKU, "quantity": 0}]},
        {"total_amount": -1},
        {"total_amount": 10**30},
        {"line_count": 1.5},
        {"body": "text"},
    ],
)
def test_a_basket_that_cannot_be_is_refused(hub: Hub, changes: dict[str, Any]) -> None:
    assert code_of(kept(hub.till(), **changes)) == (422, "invalid-request")


def test_sales_are_found_by_receipt_till_and_day(hub: Hub) -> None:
    hub.enrolled()
    cashier = hub.as_cashier()
    sale = sold(cashier, (COLA, 1))
    till = hub.till("POS_02")
    till.send(1, [till.sell()])

    def found(**by: str) -> list[str]:
        rows = cashier.get("/api/v1/transactions", params=by).json()["transactions"]
        return [row["receipt_number"] for row in rows]

    number = cashier.get(f"/api/v1/transactions/{sale}").json()["receipt_number"]
    assert found(receipt_number=number) == [number]
    assert found(terminal_id="POS_02") == ["POS_02-000001"]
    assert sorted(found()) == sorted([number, "POS_02-000001"])
    assert found(business_date="2026-01-01") == []
    assert found(receipt_number="POS_09-999999") == []
