"""What scans mean at the hub: labels with weight or price, GS1 element strings, dates that are over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from retail.barcode import check_digit
from retail.label import LABEL_PRICE
from retail.product import PackBarcode
from tests import make
from tests.hubs import Hub, running_hub

PATTERNS = ["21IIIIIWWWWWC/3", "22IIIIIPPPPPC", "29MMMMMMMMMMC"]
MANGO = "2100007"
COLA_GTIN = "08934680083898"


def label(digits: str) -> str:
    """The code with its check digit."""
    return digits + str(check_digit(digits))


@pytest.fixture
def hub(hub_database_url: str, tmp_path: Path) -> Iterator[Hub]:
    mango = make.product(
        "mango", barcodes=(PackBarcode(label(f"{MANGO}00000")), PackBarcode(label("220000700000")))
    )
    page = make.shop_news(settings={"code_patterns": PATTERNS})
    with running_hub(hub_database_url, tmp_path, page=page) as running:
        running.hear(make.news_page(2, make.news("product", mango.sku_id, mango.to_body(), 2)))
        running.enrolled()
        yield running


@pytest.fixture
def cashier(hub: Hub) -> httpx.Client:
    return hub.as_cashier()


def asked(cashier: httpx.Client, code: str) -> dict[str, Any]:
    answer = cashier.get("/api/v1/catalog/items", params={"barcode": code})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def added(cashier: httpx.Client, code: str, quantity: int = 1) -> dict[str, Any]:
    body = {"terminal_id": make.TERMINAL, "cashier_id": make.CASHIER}
    sale = cashier.post("/api/v1/transactions", json=body).json()["transaction_id"]
    answer = cashier.post(f"/api/v1/transactions/{sale}/items", json={"barcode": code, "quantity": quantity})
    assert answer.status_code == 200, answer.text
    line: dict[str, Any] = answer.json()
    return line


def refused(cashier: httpx.Client, code: str) -> tuple[int, str]:
    answer = cashier.get("/api/v1/catalog/items", params={"barcode": code})
    return answer.status_code, answer.json()["code"]


def test_a_label_with_a_weight_is_sold_by_its_grams(cashier: httpx.Client) -> None:
    code = label(f"{MANGO}00350")

    found, line = asked(cashier, code), added(cashier, code)

    assert (found["sku_id"], found["quantity"], found["label_price"]) == ("SKU_MANGO", 350, None)
    assert (line["barcode"], line["quantity"], line["line_total"]) == (code, 350, 21_000)
    assert added(cashier, code, 2)["quantity"] == 700


def test_a_label_with_a_price_costs_that_price(hub: Hub, cashier: httpx.Client) -> None:
    code = label("220000715000")

    found, line = asked(cashier, code), added(cashier, code)

    assert (found["sku_id"], found["label_price"], found["quantity"]) == ("SKU_MANGO", 15_000, 250)
    assert (line["quantity"], line["line_total"]) == (250, 15_000)
    odd = added(cashier, label("220000714999"))
    assert odd["line_total"] == 14_999
    reasons = hub.rows("SELECT override_reason FROM line_items ORDER BY line_total DESC")
    assert reasons == [(None,), (LABEL_PRICE,)]


def test_an_element_string_names_its_product_and_one_that_is_over_is_not_sold(cashier: httpx.Client) -> None:
    fresh = f"]C101{COLA_GTIN}17261231"

    assert asked(cashier, fresh)["barcode"] == "8934680083898"
    assert added(cashier, fresh)["line_total"] == 10_000
    over = cashier.get("/api/v1/catalog/items", params={"barcode": f"]C101{COLA_GTIN}17261119"})
    assert (over.status_code, over.json()["code"]) == (422, "goods-expired")
    assert over.json()["expired_on"] == "2026-11-19"
    assert asked(cashier, f"https://id.gs1.org/01/{COLA_GTIN}")["sku_id"] == "SKU_12345"


def test_a_code_that_stands_in_the_catalogue_as_a_whole_wins_over_any_pattern(
    hub: Hub, cashier: httpx.Client
) -> None:
    whole = label(f"{MANGO}00500")
    own = make.product("water", barcodes=(PackBarcode(whole),))
    version = hub.scalar("SELECT max(version) + 1 FROM feed")
    hub.hear(make.news_page(version, make.news("product", own.sku_id, own.to_body(), version)))

    assert asked(cashier, whole)["sku_id"] == "SKU_WATER"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("893468008", (422, "half-scan")),
        ("8934680083898 8938505974194", (422, "two-codes-at-once")),
        ("8934680083890", (422, "wrong-check-digit")),
        (label("290000000012"), (422, "not-goods")),
        ("POS_01-000042", (422, "not-goods")),
        ("OWN-7", (404, "product-not-found")),
    ],
)
def test_what_is_no_product_says_what_it_is(
    cashier: httpx.Client, code: str, expected: tuple[int, str]
) -> None:
    assert refused(cashier, code) == expected
