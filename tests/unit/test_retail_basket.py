"""The basket and the one function that makes a total."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given

from retail.basket import (
    LINES_LIMIT,
    AppliedPromotion,
    Basket,
    BasketFull,
    DiscountTooLarge,
    Line,
    LineNotFound,
    checked_line,
    line_for,
    ring_up,
    total_of,
)
from retail.money import AMOUNT_LIMIT
from retail.price import BadPrice, Price
from retail.product import Product, ProductNotForSale
from retail.quantity import BadQuantity, Unit
from retail.tax import TaxTotal
from tests.unit.retail_strategies import START, basket_strategy, line

TEN = Decimal("0.10")


def test_an_empty_basket_comes_to_nothing() -> None:
    totals = ring_up(Basket(prices_include_tax=True))
    assert (totals.subtotal, totals.discount_amount, totals.tax_amount, totals.total_amount) == (0, 0, 0, 0)
    assert (totals.lines, totals.taxes) == ((), ())


def test_the_figures_of_the_specification() -> None:
    two_colas = line(quantity=2, unit_price=25_000, tax_rate=TEN)
    totals = ring_up(Basket(prices_include_tax=False, lines=(two_colas,)))
    assert (totals.subtotal, totals.tax_amount, totals.discount_amount, totals.total_amount) == (
        50_000,
        5_000,
        0,
        55_000,
    )


def test_vat_contained_in_the_price_does_not_raise_the_total() -> None:
    totals = ring_up(
        Basket(prices_include_tax=True, lines=(line(quantity=2, unit_price=27_500, tax_rate=TEN),))
    )
    assert (totals.subtotal, totals.tax_amount, totals.total_amount) == (55_000, 5_000, 55_000)
    assert totals.taxes == (TaxTotal(TEN, 50_000, 5_000, 55_000),)


def test_a_discount_lowers_the_line_before_its_tax() -> None:
    totals = ring_up(
        Basket(prices_include_tax=True, lines=(line(unit_price=110_000, line_discount=55_000, tax_rate=TEN),))
    )
    assert (totals.subtotal, totals.discount_amount, totals.tax_amount, totals.total_amount) == (
        110_000,
        55_000,
        5_000,
        55_000,
    )


@given(basket_strategy())
def test_every_total_is_the_sum_of_its_lines(basket: Basket) -> None:
    totals = ring_up(basket)

    assert [rung.line for rung in totals.lines] == list(basket.lines)
    assert totals.subtotal == sum(rung.line_subtotal for rung in totals.lines)
    assert totals.discount_amount == sum(rung.line_discount for rung in totals.lines)
    assert totals.tax_amount == sum(rung.tax_amount for rung in totals.lines)
    assert totals.tax_amount == sum(tax.tax_amount for tax in totals.taxes)
    assert totals.total_amount == sum(tax.gross_amount for tax in totals.taxes)
    assert totals.total_amount - totals.tax_amount == sum(tax.net_amount for tax in totals.taxes)
    line_totals = sum(rung.line_total for rung in totals.lines)
    assert line_totals == totals.subtotal - totals.discount_amount
    assert totals.total_amount == line_totals + (0 if basket.prices_include_tax else totals.tax_amount)
    for rung in totals.lines:
        assert rung.line_total == rung.line_subtotal - rung.line_discount >= 0


@given(basket_strategy())
def test_the_order_of_scanning_does_not_change_what_is_paid(basket: Basket) -> None:
    there, back = ring_up(basket), ring_up(replace(basket, lines=tuple(reversed(basket.lines))))
    assert there.taxes == back.taxes
    assert (there.total_amount, there.tax_amount) == (back.total_amount, back.tax_amount)


@given(basket_strategy())
def test_the_same_basket_comes_to_the_same_everywhere(basket: Basket) -> None:
    assert ring_up(basket) == ring_up(replace(basket))


def test_lines_are_added_changed_and_taken_away_without_touching_the_others() -> None:
    cola, tea = line(), line(line_item_id=UUID(int=2), sku_id="TEA")
    basket = Basket(True).with_line(cola).with_line(tea)

    more = basket.with_quantity(UUID(int=1), 3)

    assert [found.quantity for found in more.lines] == [3, 1]
    assert more.line(UUID(int=2)) is tea
    assert more.without_line(UUID(int=1)).lines == (tea,)
    assert basket.lines == (cola, tea)


def test_a_line_that_is_not_there_is_refused_by_its_id() -> None:
    for deed in (
        lambda: Basket(True).line(UUID(int=9)),
        lambda: Basket(True).with_quantity(UUID(int=9), 1),
        lambda: Basket(True).without_line(UUID(int=9)),
    ):
        with pytest.raises(LineNotFound) as caught:
            deed()
        assert caught.value.detail == {"line_item_id": str(UUID(int=9))}


def test_a_basket_holds_as_many_lines_as_a_receipt_can_take() -> None:
    basket = Basket(True, lines=tuple(line(line_item_id=UUID(int=number)) for number in range(LINES_LIMIT)))
    with pytest.raises(BasketFull) as caught:
        basket.with_line(line())
    assert caught.value.detail == {"limit": LINES_LIMIT}


@pytest.mark.parametrize("quantity", [0, -1, 10_000])
def test_a_quantity_cannot_be_set_to_nonsense(quantity: int) -> None:
    basket = Basket(True).with_line(line())
    with pytest.raises(BadQuantity):
        basket.with_quantity(UUID(int=1), quantity)


def test_fewer_pieces_cannot_leave_a_discount_larger_than_the_line() -> None:
    basket = Basket(True).with_line(line(quantity=2, line_discount=15_000))
    with pytest.raises(DiscountTooLarge) as caught:
        basket.with_quantity(UUID(int=1), 1)
    assert caught.value.detail == {"discount": 15_000, "line_subtotal": 10_000}


@pytest.mark.parametrize("price", [-1, AMOUNT_LIMIT + 1, 1.5, "1", None, True])
def test_a_price_that_is_no_amount_of_money_is_refused(price: object) -> None:
    with pytest.raises(BadPrice):
        checked_line(line(unit_price=price))


@pytest.mark.parametrize("discount", [-1, 10_001, 0.5, None])
def test_a_discount_that_is_no_part_of_the_line_is_refused(discount: object) -> None:
    with pytest.raises(DiscountTooLarge):
        checked_line(line(line_discount=discount))


@pytest.mark.parametrize("amounts", [(-1,), (-1, 500), (10_001,), (9_000, 1_001)])
def test_savings_that_are_no_part_of_the_line_make_no_total(amounts: tuple[int, ...]) -> None:
    savings = tuple(AppliedPromotion(f"P{n}", "P", amount) for n, amount in enumerate(amounts))
    with pytest.raises(DiscountTooLarge) as caught:
        total_of([line()], True, [savings])
    assert caught.value.detail == {"discount": sum(amounts), "line_subtotal": 10_000}


def test_a_saving_of_all_or_of_nothing_makes_a_total() -> None:
    for amount in (0, 10_000):
        totals = total_of([line()], True, [(AppliedPromotion("P", "P", amount),)])
        assert (totals.discount_amount, totals.total_amount) == (amount, 10_000 - amount)


def test_a_line_cannot_come_to_more_than_there_is_money() -> None:
    checked_line(line(unit_price=AMOUNT_LIMIT))
    with pytest.raises(BadPrice) as caught:
        checked_line(line(unit_price=AMOUNT_LIMIT, quantity=2))
    assert caught.value.detail == {"amount": 2 * AMOUNT_LIMIT}


def test_a_free_line_and_a_line_discounted_to_nothing_are_lines() -> None:
    assert ring_up(Basket(True).with_line(line(unit_price=0))).total_amount == 0
    assert ring_up(Basket(False).with_line(line(line_discount=10_000))).total_amount == 0


def test_a_line_keeps_the_price_and_the_rate_it_was_scanned_at() -> None:
    product = Product("COLA", "Coca-Cola 330ml", "Đồ uống", "standard", TEN, age_restricted=True)
    price = Price("p1", "COLA", 12_000, START, version=17)

    made = line_for(product, price, Decimal("0.08"), line_item_id=UUID(int=5), barcode="123", quantity=6)

    assert (made.unit_price, made.list_price, made.price_version, made.tax_rate) == (
        12_000,
        12_000,
        17,
        Decimal("0.08"),
    )
    assert (made.barcode, made.quantity, made.line_total, made.age_restricted) == ("123", 6, 72_000, True)
    assert made.override_reason is None


def test_a_line_carries_all_that_a_receipt_and_the_stock_need_of_its_product() -> None:
    six = Product("COLA6", "Lốc 6 lon", "Đồ uống", "standard", TEN, pack_of="COLA", pack_size=6)
    price = Price("p1", "COLA6", 57_000, START, version=17)

    made = line_for(six, price, TEN, line_item_id=UUID(int=5), barcode="123", quantity=2)

    assert made == Line(
        line_item_id=UUID(int=5),
        sku_id="COLA6",
        barcode="123",
        product_name="Lốc 6 lon",
        category="Đồ uống",
        quantity=2,
        unit_price=57_000,
        list_price=57_000,
        tax_rate=TEN,
        price_version=17,
        pack_of="COLA",
        pack_size=6,
    )


def test_a_line_of_weighed_goods_is_priced_by_the_kilogram() -> None:
    product = Product("MEAT", "Thịt ba chỉ", "Thịt", "food", TEN, unit=Unit.GRAM)
    made = line_for(
        product, Price("p", "MEAT", 159_900, START), TEN, line_item_id=UUID(int=1), barcode="2", quantity=345
    )
    assert made.line_subtotal == 55_166  # 55,165.5


def test_a_product_taken_out_of_the_range_makes_no_line() -> None:
    product = Product("COLA", "Coca-Cola", "", "standard", TEN, is_active=False)
    with pytest.raises(ProductNotForSale) as caught:
        line_for(
            product, Price("p", "COLA", 1, START), TEN, line_item_id=UUID(int=1), barcode="1", quantity=1
        )
    assert caught.value.detail == {"sku_id": "COLA", "product_name": "Coca-Cola"}
