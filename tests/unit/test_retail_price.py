"""Prices and products: which price holds, and what news carries."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail.price import NoPrice, Price, price_of
from retail.product import PackBarcode, Product
from retail.quantity import Unit
from tests.unit.retail_strategies import MOMENTS, START

BASE = Price("base", "COLA", 10_000, START)
LATER = Price("later", "COLA", 12_000, START + timedelta(days=10))
HERE = Price("here", "COLA", 9_000, START + timedelta(days=5), store_id="STORE_001")


def at(days: float) -> Any:
    return START + timedelta(days=days)


@pytest.mark.parametrize(
    ("days", "store", "amount"),
    [
        (0, "STORE_001", 10_000),
        (4.99, "STORE_001", 10_000),
        (5, "STORE_001", 9_000),
        (10, "STORE_001", 9_000),
        (5, "STORE_002", 10_000),
        (9.99, "STORE_002", 10_000),
        (10, "STORE_002", 12_000),
    ],
)
def test_the_newest_price_holds_and_a_store_s_own_goes_before_the_chain_s(
    days: float, store: str, amount: int
) -> None:
    assert price_of([LATER, HERE, BASE], "COLA", store, at(days)).amount == amount


def test_a_correction_of_the_same_moment_wins_by_its_version() -> None:
    wrong, right = Price("a", "COLA", 1, START, version=3), Price("b", "COLA", 2, START, version=4)
    assert price_of([right, wrong], "COLA", "S", START) is right
    assert price_of([wrong, right], "COLA", "S", START) is right


@pytest.mark.parametrize(("sku", "days"), [("COLA", -0.01), ("FANTA", 1)])
def test_what_has_no_price_yet_cannot_be_sold(sku: str, days: float) -> None:
    with pytest.raises(NoPrice) as caught:
        price_of([BASE, LATER], sku, "STORE_001", at(days))
    assert caught.value.detail == {"sku_id": sku}


prices = st.lists(
    st.builds(
        Price,
        price_id=st.uuids().map(str),
        sku_id=st.sampled_from(["COLA", "FANTA"]),
        amount=st.integers(0, 10**6),
        effective_from=MOMENTS,
        store_id=st.sampled_from([None, "STORE_001", "STORE_002"]),
        version=st.integers(0, 50),
    ),
    unique_by=lambda price: (price.sku_id, price.store_id, price.effective_from, price.version),
)


@given(prices, MOMENTS, st.randoms(use_true_random=False))
def test_the_price_does_not_depend_on_the_order_in_which_prices_came(
    book: list[Price], moment: Any, dice: Any
) -> None:
    shuffled = list(book)
    dice.shuffle(shuffled)
    try:
        found = price_of(book, "COLA", "STORE_001", moment)
    except NoPrice:
        assert not [
            p for p in book if p.sku_id == "COLA" and p.effective_from <= moment and p.store_id != "STORE_002"
        ]
        return
    assert price_of(shuffled, "COLA", "STORE_001", moment) == found
    assert found.effective_from <= moment
    assert found.store_id in (None, "STORE_001")


def test_a_price_reads_back_what_it_wrote() -> None:
    assert HERE.to_body() == {
        "price_id": "here",
        "sku_id": "COLA",
        "amount": 9_000,
        "effective_from": "2026-07-06T00:00:00+00:00",
        "store_id": "STORE_001",
    }
    for price in (BASE, HERE):
        assert Price.from_body(price.to_body()) == price
    assert Price.from_body(BASE.to_body(), version=7).version == 7


def test_a_product_reads_back_what_it_wrote() -> None:
    product = Product(
        sku_id="COLA6",
        product_name="Lốc 6 lon Coca-Cola 330ml",
        category="Đồ uống",
        tax_class="standard",
        tax_rate=Decimal("0.08"),
        barcodes=(PackBarcode("8935049501169"), PackBarcode("18935049500718", 24)),
        brand="Coca-Cola",
        unit=Unit.PIECE,
        pack_of="COLA",
        pack_size=6,
        age_restricted=True,
        is_active=False,
    )
    assert product.to_body()["tax_rate"] == "0.08"
    assert product.to_body()["barcodes"][1] == {"barcode": "18935049500718", "pack_size": 24}
    assert Product.from_body(product.to_body()) == product


def test_a_product_by_weight_is_published_by_the_gram_and_without_exponents() -> None:
    mango = Product("MANGO", "Xoài", "Trái cây", "food", Decimal("0E-8"), unit=Unit.GRAM)
    assert (mango.to_body()["unit"], mango.to_body()["tax_rate"]) == ("gram", "0.00000000")
    assert Product.from_body(mango.to_body()) == mango


def test_a_product_needs_little_to_be_one() -> None:
    product = Product.from_body({"sku_id": "A", "product_name": "Trà đá", "tax_rate": "0.1"})
    assert product == Product("A", "Trà đá", "", "", Decimal("0.1"))
    coded = Product.from_body(
        {"sku_id": "A", "product_name": "B", "tax_rate": "0", "barcodes": [{"barcode": "X1"}]}
    )
    assert coded.barcodes == (PackBarcode("X1", 1),)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"sku_id": "A", "product_name": "B"},
        {"sku_id": "A", "product_name": "B", "tax_rate": "0", "unit": "box"},
    ],
)
def test_what_is_no_product_says_so(body: dict[str, Any]) -> None:
    with pytest.raises((KeyError, ValueError)):
        Product.from_body(body)
