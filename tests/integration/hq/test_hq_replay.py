"""Promotions of sold lines in the books, and past sales rung up once more."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from hq.bootstrap import main
from retail.basket import Basket, ring_up
from retail.facts import SaleRecorded
from retail.promotion import Promotion
from retail.promotion_book import Occasion
from tests.integration.hq.conftest import RunningHq
from tests.make_hq import Chain, line, plain_sale, sale, tender

ITEM = {"product_name": "Cola lon 330 ml", "category": "Đồ uống", "tax_rate": 0.08, "base_price": 10_000}
TWO_PLUS_ONE: dict[str, Any] = {
    "promo_id": "COLA_2_1",
    "name": "Cola mua 2 tặng 1",
    "kind": "buy_x_get_y",
    "buy_quantity": 2,
    "get_quantity": 1,
    "starts_at": "2020-01-01T00:00:00+07:00",
    "eligible_skus": ["SKU_COLA"],
}
SAVED = {"promo_id": "COLA_2_1", "name": "Cola mua 2 tặng 1", "discount_amount": 10_000}


def sold(hq: RunningHq, *promotions: dict[str, Any], unit_price: int = 10_000) -> SaleRecorded:
    """Three cans, sold now with these promotions."""
    at = hq.clock()
    plain = sale(line("SKU_COLA", 3, unit_price), sold_at=at)
    basket = Basket(True, "VND", plain.lines)
    known = [Promotion.from_body(body) for body in promotions]
    totals = ring_up(basket, known, Occasion(at, plain.store_id))
    return replace(plain, totals=totals, tenders=(tender(totals.total_amount),))


@pytest.fixture
def chain_with_cola(hq: RunningHq) -> RunningHq:
    hq.admin.put("/v1/catalog/items/SKU_COLA", json=ITEM)
    assert hq.admin.post("/v1/promotions", json=TWO_PLUS_ONE).status_code == 201
    return hq


def replayed(
    hq: RunningHq, transaction_id: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str]:
    """What `hq replay` says, and its exit code."""
    monkeypatch.setenv("HQ_DATABASE_URL", hq.database_url)
    code = main(["replay", str(transaction_id)])
    said = capsys.readouterr()
    return code, said.out + said.err


def test_lines_keep_what_each_promotion_took_off_and_reports_add_up(chain_with_cola: RunningHq) -> None:
    hq = chain_with_cola
    hq.store().send([Chain().seal(sold(hq, TWO_PLUS_ONE))])

    (row,) = hq.report("sku")

    assert (row["subtotal"], row["discount_amount"], row["total_amount"]) == (30_000, 10_000, 20_000)
    assert hq.sql("SELECT line_discount, applied_promotions FROM line_items") == [(10_000, [SAVED])]


def test_a_past_sale_is_equal_under_what_stood_when_it_was_sold(
    chain_with_cola: RunningHq, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hq = chain_with_cola
    fact = sold(hq, TWO_PLUS_ONE)
    hq.store().send([Chain().seal(fact)])
    hq.report()
    hq.clock.ahead = timedelta(minutes=1)
    hq.admin.delete("/v1/promotions/COLA_2_1")
    hq.admin.put("/v1/prices/SKU_COLA", json={"amount": 12_000})

    code, said = replayed(hq, fact.transaction_id, monkeypatch, capsys)

    assert code == 0
    assert said.startswith("equal: POS_01-000001 of STORE_001 charged 20000")


def test_a_past_sale_that_differs_says_where(
    chain_with_cola: RunningHq, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hq = chain_with_cola
    fact = sold(hq, unit_price=9_000)
    hq.store().send([Chain().seal(fact)])
    hq.report()

    code, said = replayed(hq, fact.transaction_id, monkeypatch, capsys)

    assert code == 1
    assert said.splitlines() == [
        "differs: POS_01-000001 of STORE_001 charged 27000, promotions make it 18000",
        "SKU_COLA: list price 9000, the book has 10000",
        "SKU_COLA: sold with none, the rules give COLA_2_1 (-9000)",
    ]


def test_what_is_no_sale_of_ours_is_not_rung_up_again(
    hq: RunningHq, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    partner = "018f3c6e-7f6b-7c1e-9a55-0d2f8e6b4a11"
    hq.store().http.post("/v1/ingestion/events", json={"events": [plain_sale(partner)]})
    hq.report()

    for unknown in (partner, "018f3c6e-7f6b-7c1e-9a55-0d2f8e6b4a12"):
        code, said = replayed(hq, unknown, monkeypatch, capsys)
        assert (code, said) == (1, f"{unknown} is no sale that can be rung up again\n")
