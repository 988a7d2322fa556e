"""Money and quantities: whole numbers, half up, and nobody loses an đồng in between."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail.money import (
    UnknownCurrency,
    currency_of,
    round_half_up,
    share_out,
)
from retail.quantity import BadQuantity, Unit, checked, checked_change, extended


def test_a_currency_we_do_not_know_cannot_be_written() -> None:
    with pytest.raises(UnknownCurrency) as caught:
        currency_of("XXX")
    assert caught.value.detail == {"currency": "XXX"}


@pytest.mark.parametrize(
    ("numerator", "denominator", "rounded"),
    [(1, 2, 1), (-1, 2, -1), (3, 2, 2), (-3, 2, -2), (1, 3, 0), (2, 3, 1), (-2, 3, -1), (7, 1, 7), (0, 5, 0)],
)
def test_halves_go_away_from_zero(numerator: int, denominator: int, rounded: int) -> None:
    assert round_half_up(numerator, denominator) == rounded


@given(st.integers(-(10**18), 10**18), st.integers(1, 10**9))
def test_rounding_is_never_more_than_half_a_unit_off(numerator: int, denominator: int) -> None:
    error = abs(round_half_up(numerator, denominator) - Fraction(numerator, denominator))
    assert error <= Fraction(1, 2)
    assert round_half_up(-numerator, denominator) == -round_half_up(numerator, denominator)


@pytest.mark.parametrize("denominator", [0, -1])
def test_nothing_is_divided_by_nothing(denominator: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        round_half_up(1, denominator)


@given(st.integers(-(10**15), 10**15), st.lists(st.integers(0, 10**12), min_size=1))
def test_parts_add_up_to_the_whole_and_none_is_a_whole_unit_off(total: int, weights: list[int]) -> None:
    whole = sum(weights)
    if whole == 0:
        total = 0
    parts = share_out(total, weights)

    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        fair = Fraction(total * weight, whole) if whole else Fraction(0)
        assert abs(part - fair) < 1
        assert weight or part == 0


@given(st.integers(-(10**9), 10**9), st.lists(st.integers(0, 10**6), min_size=2))
def test_a_larger_weight_never_gets_a_smaller_part(total: int, weights: list[int]) -> None:
    if sum(weights) == 0:
        total = 0
    parts = share_out(abs(total), weights)
    by_weight = sorted(zip(weights, parts, strict=True))
    for (light, small), (heavy, large) in pairwise(by_weight):
        assert light == heavy or small <= large


def test_the_spare_units_go_to_the_largest_fractions_and_then_to_the_first() -> None:
    assert share_out(100, [1, 1, 1]) == [34, 33, 33]
    assert share_out(10, [6, 3, 2]) == [5, 3, 2]
    assert share_out(-100, [1, 1, 1]) == [-34, -33, -33]


def test_what_cannot_be_shared_is_a_mistake() -> None:
    assert share_out(0, []) == []
    assert share_out(0, [0, 0]) == [0, 0]
    with pytest.raises(ValueError, match="nothing to share"):
        share_out(5, [0, 0])
    with pytest.raises(ValueError, match="nothing to share"):
        share_out(5, [])
    with pytest.raises(ValueError, match="negative"):
        share_out(5, [3, -1])


@pytest.mark.parametrize(
    ("quantity", "unit"), [(1, Unit.PIECE), (9_999, Unit.PIECE), (1, Unit.GRAM), (999_999, Unit.GRAM)]
)
def test_a_line_may_hold_one_to_the_limit(quantity: int, unit: Unit) -> None:
    assert checked(quantity, unit) == quantity


@pytest.mark.parametrize(
    ("quantity", "unit"),
    [(0, Unit.PIECE), (-1, Unit.PIECE), (10_000, Unit.PIECE), (1_000_000, Unit.GRAM), (True, Unit.PIECE)],
)
def test_an_absurd_quantity_is_refused_with_its_limit(quantity: int, unit: Unit) -> None:
    with pytest.raises(BadQuantity) as caught:
        checked(quantity, unit)
    assert caught.value.detail == {
        "quantity": quantity,
        "limit": 9_999 if unit is Unit.PIECE else 999_999,
    }


@pytest.mark.parametrize("quantity", [1.5, "2", None])
def test_a_quantity_that_is_no_whole_number_is_refused(quantity: object) -> None:
    with pytest.raises(BadQuantity):
        checked(quantity, Unit.PIECE)  # type: ignore[arg-type]  # what JSON may hold


@pytest.mark.parametrize("change", [1, -1, 999_999, -999_999])
def test_stock_may_change_by_so_much(change: int) -> None:
    assert checked_change(change) == change


@pytest.mark.parametrize("change", [0, 1_000_000, -1_000_000, 1.5, True])
def test_a_change_of_stock_by_nothing_or_too_much_is_a_bad_quantity_too(change: int) -> None:
    with pytest.raises(BadQuantity) as caught:
        checked_change(change)
    assert caught.value.detail == {"quantity": change, "limit": 999_999}


@pytest.mark.parametrize(
    ("price", "grams", "cost"),
    [(100_000, 250, 25_000), (99_999, 1, 100), (1_999, 250, 500), (1, 499, 0), (1, 500, 1)],
)
def test_weighed_goods_cost_by_the_kilogram_rounded_half_up(price: int, grams: int, cost: int) -> None:
    assert extended(price, grams, Unit.GRAM) == cost


@given(st.integers(0, 10**9), st.integers(1, 9_999))
def test_pieces_cost_their_price_each(price: int, pieces: int) -> None:
    assert extended(price, pieces, Unit.PIECE) == price * pieces
