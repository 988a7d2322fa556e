"""Promotions at the hub: what the Checkout API gives, and what is noted of what tills gave."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from retail.basket import Basket, Line, ring_up
from retail.facts import SaleRecorded
from retail.payment import cash_tender
from retail.promotion import Promotion
from retail.promotion_book import Occasion
from tests import make
from tests.hubs import Hub, running_hub

COLA, WATER = "8934680083898", "8934588012228"
TWO_PLUS_ONE = {
    "promo_id": "COLA_2_1",
    "name": "Cola mua 2 tặng 1",
    "kind": "buy_x_get_y",
    "buy_quantity": 2,
    "get_quantity": 1,
    "starts_at": "2026-11-01T00:00:00+07:00",
    "eligible_skus": ["SKU_12345"],
}
BREAKFAST = {
    "promo_id": "BREAKFAST",
    "name": "Giờ vàng buổi sáng",
    "kind": "percentage_discount",
    "percent": 20,
    "starts_at": "2026-11-01T00:00:00",
    "eligible_skus": ["SKU_WATER"],
    "hours": {"from": "06:00", "to": "09:00"},
}
COLA_SAVED = {"promo_id": "COLA_2_1", "name": "Cola mua 2 tặng 1", "discount_amount": 10_000}


def stated(hub: Hub, *bodies: dict[str, Any], gone: str | None = None) -> None:
    """Let the hub hear of these promotions, and that one is gone."""
    version = hub.scalar("SELECT max(version) + 1 FROM feed")
    pieces = [
        make.news("promotion", body["promo_id"], Promotion.from_body(body).to_body(), version)
        for body in bodies
    ]
    if gone:
        pieces.append(make.news("promotion", gone, None, version))
    hub.hear(make.news_page(version, *pieces))


@pytest.fixture
def hub(hub_database_url: str, tmp_path: Path) -> Iterator[Hub]:
    with running_hub(hub_database_url, tmp_path) as running:
        stated(running, TWO_PLUS_ONE, BREAKFAST)
        yield running


@pytest.fixture
def cashier(hub: Hub) -> httpx.Client:
    hub.enrolled()
    return hub.as_cashier()


def opened(cashier: httpx.Client) -> str:
    body = {"terminal_id": make.TERMINAL, "cashier_id": make.CASHIER}
    return f"/api/v1/transactions/{cashier.post('/api/v1/transactions', json=body).json()['transaction_id']}"


def added(cashier: httpx.Client, sale: str, barcode: str, quantity: int) -> dict[str, Any]:
    answer = cashier.post(f"{sale}/items", json={"barcode": barcode, "quantity": quantity})
    assert answer.status_code == 200, answer.text
    line: dict[str, Any] = answer.json()
    return line


def total(cashier: httpx.Client, sale: str) -> tuple[int, int]:
    """Discount and total as calculated now."""
    found = cashier.post(f"{sale}/calculate").json()
    return found["discount_amount"], found["total_amount"]


def paid(cashier: httpx.Client, sale: str, amount: int) -> httpx.Response:
    return cashier.post(f"{sale}/payments", json={"payment_method": "CASH", "amount": amount})


def test_a_sale_step_by_step_gets_what_its_promotions_give(hub: Hub, cashier: httpx.Client) -> None:
    sale = opened(cashier)
    line = added(cashier, sale, COLA, 2)
    assert (line["line_discount"], line["applied_promotions"]) == (0, [])
    address = f"{sale}/items/{line['line_item_id']}"

    three = cashier.patch(address, json={"quantity": 3}).json()

    assert (three["line_total"], three["line_discount"]) == (20_000, 10_000)
    assert three["applied_promotions"] == [COLA_SAVED]
    calculated = cashier.post(f"{sale}/calculate").json()
    assert calculated == {
        "subtotal": 30_000,
        "tax_amount": 1_818,
        "discount_amount": 10_000,
        "total_amount": 20_000,
        "applied_promotions": [COLA_SAVED],
    }
    assert cashier.get(sale).json()["line_items"][0]["applied_promotions"] == [COLA_SAVED]
    assert cashier.patch(address, json={"quantity": 2}).json()["line_discount"] == 0
    assert total(cashier, sale) == (0, 20_000), "taking one away takes away what it gave"


def test_a_line_that_comes_later_changes_what_the_others_cost(hub: Hub, cashier: httpx.Client) -> None:
    sale = opened(cashier)
    first = added(cashier, sale, COLA, 1)
    added(cashier, sale, WATER, 1)
    added(cashier, sale, COLA, 2)

    assert total(cashier, sale) == (11_000, 24_000)
    assert cashier.delete(f"{sale}/items/{first['line_item_id']}").status_code == 204
    assert total(cashier, sale) == (1_000, 24_000)
    kept = hub.rows("SELECT sum(line_discount), sum(line_total) FROM line_items")
    assert kept == [(1_000, 24_000)]


def test_a_recorded_sale_names_its_promotions_in_fact_rows_and_receipt(
    hub: Hub, cashier: httpx.Client
) -> None:
    sale = opened(cashier)
    added(cashier, sale, COLA, 3)
    assert paid(cashier, sale, 50_000).json()["change"] == 30_000
    finished = cashier.post(f"{sale}/finalize")
    assert finished.status_code == 200, finished.text

    receipt = cashier.get(finished.json()["receipt_url"]).json()
    assert receipt["line_items"][0]["applied_promotions"] == [COLA_SAVED]
    assert (receipt["discount_amount"], receipt["total_amount"], receipt["rounding_amount"]) == (
        10_000, 20_000, 0
    )  # fmt: skip
    paper = cashier.get(finished.json()["receipt_url"], headers={"accept": "text/plain"}).text
    assert any("Cola mua 2 tặng 1" in row and row.endswith("-10.000") for row in paper.splitlines())
    fact = SaleRecorded.from_body(orjson.loads(hub.scalar("SELECT payload FROM outbox"))["payload"])
    assert [each.to_body() for each in fact.totals.applied_promotions] == [COLA_SAVED]
    assert hub.rows("SELECT line_discount, line_total, applied_promotions FROM line_items") == [
        (10_000, 20_000, [COLA_SAVED])
    ]


def test_a_draft_follows_the_clock_and_a_bill_that_money_was_asked_for_stands(
    hub: Hub, cashier: httpx.Client
) -> None:
    sale, other = opened(cashier), opened(cashier)
    for each in (sale, other):
        added(cashier, each, WATER, 10)
        assert total(cashier, each) == (10_000, 40_000)
    asked = cashier.post(f"{sale}/payments", json={"payment_method": "QR_VNPAY", "amount": 40_000})
    assert asked.status_code == 200, asked.text

    hub.clock.forward(minutes=31)  # it is past nine

    assert total(cashier, other) == (0, 50_000)
    assert cashier.get(other).json()["total_amount"] == 50_000
    assert total(cashier, sale) == (10_000, 40_000)
    token = hub.as_cashier()
    finished = token.post(f"{sale}/finalize")
    assert finished.status_code == 200, finished.text
    assert paid(token, other, 40_000).status_code == 200, "a part"
    assert token.post(f"{other}/finalize").json()["code"] == "underpaid"


def test_news_of_promotions_counts_from_the_next_step_on(hub: Hub, cashier: httpx.Client) -> None:
    sale = opened(cashier)
    added(cashier, sale, COLA, 3)

    stated(hub, {**TWO_PLUS_ONE, "get_discount_percent": 50})
    assert total(cashier, sale) == (5_000, 25_000)
    stated(hub, gone="COLA_2_1")
    assert total(cashier, sale) == (0, 30_000)
    assert hub.rows("SELECT promo_id FROM promotions") == [("BREAKFAST",)]


@pytest.mark.allow_log("news not understood")
def test_a_promotion_that_cannot_be_read_keeps_back_no_other(hub: Hub, cashier: httpx.Client) -> None:
    version = hub.scalar("SELECT max(version) + 1 FROM feed")
    bad = make.news("promotion", "NEWER", {"promo_id": "NEWER", "kind": "give_away"}, version)
    good = make.news("promotion", "COLA_2_1", Promotion.from_body(TWO_PLUS_ONE).to_body(), version)

    hub.hear(make.news_page(version, bad, good))

    sale = opened(cashier)
    added(cashier, sale, COLA, 3)
    assert total(cashier, sale) == (10_000, 20_000)


def till_sale(*bodies: dict[str, Any], lines: list[Line] | None = None, **changes: Any) -> SaleRecorded:
    """A sale as a till rings it up that knows these promotions."""
    bought = lines or [make.line("cola", 3), make.line("water", 2)]
    sale = make.sale(bought, **changes)
    occasion = Occasion(sale.sold_at, make.STORE, is_member=True, vouchers=frozenset({"VOUCHER"}))
    totals = ring_up(
        Basket(True, "VND", tuple(bought)), [Promotion.from_body(body) for body in bodies], occasion
    )
    due = totals.total_amount + sale.rounding_amount
    return replace(sale, totals=totals, tenders=(cash_tender(sale.tenders[0].payment_id, due, due),))


def reviewed(hub: Hub) -> list[Any]:
    """What was noted, after the hub has looked through everything."""
    hub.program.clockwork.review_promotions()
    return hub.rows(
        "SELECT till_discount, hub_discount, lines FROM promotion_discrepancies ORDER BY till_discount DESC"
    )


def test_a_till_that_gave_what_the_hub_would_is_recorded_word_for_word(hub: Hub) -> None:
    till = hub.till()
    sale = till_sale(
        TWO_PLUS_ONE, BREAKFAST, rounding_amount=-500, lines=[make.line("cola", 3), make.line("water", 1)]
    )
    assert sale.totals.discount_amount == 11_000

    assert till.send(1, [till.chain.seal(sale)]).json()["accepted"] == 1

    assert reviewed(hub) == []
    assert hub.rows("SELECT rounding_amount, discount_amount FROM transactions") == [(-500, 11_000)]
    receipt = hub.as_cashier().get(f"/api/v1/receipts/{sale.transaction_id}").json()
    assert receipt["line_items"][0]["applied_promotions"] == [COLA_SAVED]
    assert (receipt["total_amount"], receipt["rounding_amount"]) == (24_000, -500)


def test_a_broken_two_plus_one_gives_back_what_was_paid_for_it(hub: Hub) -> None:
    till = hub.till()
    sale = till_sale(TWO_PLUS_ONE, lines=[make.line("cola", 3)])
    assert till.send(1, [till.chain.seal(sale)]).json()["accepted"] == 1
    manager = hub.as_manager()

    def brought_back(**body: Any) -> int:
        answer = manager.post(
            f"/api/v1/transactions/{sale.transaction_id}/refunds", json={"reason": "dented", **body}
        )
        assert answer.status_code == 201, answer.text
        return int(answer.json()["total_amount"])

    one = {"line_item_id": str(sale.lines[0].line_item_id), "quantity": 1}
    first = brought_back(lines=[one])

    assert first in (6_666, 6_667), "a third of what the three cost"
    assert first + brought_back() == 20_000


def test_a_till_that_gave_something_else_is_recorded_as_it_is_and_noted_once(hub: Hub) -> None:
    till = hub.till()
    old = till_sale({**TWO_PLUS_ONE, "get_discount_percent": 50})
    none = till_sale()
    by_hand = till_sale(lines=[make.line("cola", 3, line_discount=1_000, override_reason="dented")])
    late = till_sale(TWO_PLUS_ONE, BREAKFAST, sold_at=make.AT + timedelta(hours=1))

    sent = till.send(1, [till.chain.seal(sale) for sale in (old, none, by_hand, late)])

    assert sent.json()["accepted"] == 4, sent.text
    noted = reviewed(hub)
    assert [(gave, would) for gave, would, _ in noted] == [(5_000, 12_000), (0, 12_000)]
    cola, water = noted[0][2]
    assert cola == {
        "line_item_id": str(old.lines[0].line_item_id),
        "till": [{**COLA_SAVED, "discount_amount": 5_000}],
        "hub": [COLA_SAVED],
    }
    assert (water["till"], water["hub"][0]["promo_id"]) == ([], "BREAKFAST")
    assert hub.scalar("SELECT sum(discount_amount) FROM transactions") == 5_000 + 1_000 + 10_000
    assert reviewed(hub) == noted
    told = [
        orjson.loads(row[0])["payload"]
        for row in hub.rows(
            "SELECT payload FROM outbox WHERE event_type = 'PromotionDiscrepancyFound' ORDER BY id"
        )
    ]
    assert [(fact["till_discount"], fact["hub_discount"], fact["line_count"]) for fact in told] == [
        (5_000, 12_000, 2),
        (0, 12_000, 2),
    ]
    assert told[0]["lines"] == noted[0][2]


def test_a_bill_that_was_made_before_a_happy_hour_ended_is_what_the_hub_would_have_made(hub: Hub) -> None:
    till = hub.till()
    in_time = till_sale(TWO_PLUS_ONE, BREAKFAST, rung_up_at=make.AT)
    late = replace(in_time, sold_at=make.AT + timedelta(hours=1))

    assert till.send(1, [till.chain.seal(late)]).json()["accepted"] == 1

    assert reviewed(hub) == []


def test_a_recorded_basket_that_is_sold_again_is_compared_with_no_rules(hub: Hub) -> None:
    till = hub.till()

    sent = till.send(1, [till.chain.seal(till_sale(external_reference="basket-7"))])

    assert sent.json()["accepted"] == 1
    assert reviewed(hub) == []


def test_members_and_vouchers_are_the_tills_to_see(hub: Hub) -> None:
    members = {**TWO_PLUS_ONE, "members_only": True}
    voucher = {**BREAKFAST, "promo_id": "VOUCHER", "voucher_required": True, "percent": 30}
    stated(hub, members, voucher, gone="BREAKFAST")
    till = hub.till()

    sent = till.send(1, [till.chain.seal(sale) for sale in (till_sale(members, voucher), till_sale())])

    assert sent.json()["accepted"] == 2, sent.text
    assert reviewed(hub) == []


def test_what_was_not_looked_at_when_the_hub_ended_is_looked_at_when_it_is_back(
    hub_database_url: str, tmp_path: Path
) -> None:
    with running_hub(hub_database_url, tmp_path) as hub:
        till = hub.till()
        stated(hub, TWO_PLUS_ONE)
        sales = [till_sale() for _ in range(3)]
        assert till.send(1, [till.chain.seal(sale) for sale in sales]).json()["accepted"] == 3
    with running_hub(hub_database_url, tmp_path, page=None) as hub:
        assert len(reviewed(hub)) == 3


def test_a_price_that_ends_gives_way_to_the_one_before(hub: Hub, cashier: httpx.Client) -> None:
    version = hub.scalar("SELECT max(version) + 1 FROM feed")
    hour = make.price(
        "water", 3_000, price_id="hour", effective_from=make.AT, effective_to=make.AT + timedelta(hours=1)
    )
    hub.hear(make.news_page(version, make.news("price", hour.price_id, hour.to_body(), version)))

    def price_now() -> int:
        found = hub.as_cashier().get("/api/v1/catalog/items", params={"barcode": WATER})
        return int(found.json()["base_price"])

    assert price_now() == 3_000
    hub.clock.forward(hours=1)
    assert price_now() == 5_000
