"""VAT: contained in the price or put on top, computed per rate and shared over the lines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail.tax import TaxRate, TaxTotal, rate_of, scaled, share_tax, tax_on

FIVE, EIGHT, TEN = Decimal("0.05"), Decimal("0.08"), Decimal("0.10")
START = datetime(2026, 7, 1, tzinfo=UTC)
rates = st.integers(0, 10_000).map(lambda points: Decimal(points) / 10_000)


@pytest.mark.parametrize(
    ("amount", "rate", "contained", "on_top"),
    [
        (50_000, TEN, 4_545, 5_000),
        (55_000, TEN, 5_000, 5_500),
        (879_700, EIGHT, 65_163, 70_376),
        (10_000, EIGHT, 741, 800),
        (10_000, FIVE, 476, 500),
        (1, EIGHT, 0, 0),
        (7, EIGHT, 1, 1),
        (0, TEN, 0, 0),
        (99_999, Decimal(0), 0, 0),
        (100, Decimal(1), 50, 100),
    ],
)
def test_tax_is_rounded_half_up_to_whole_units(
    amount: int, rate: Decimal, contained: int, on_top: int
) -> None:
    assert tax_on(amount, rate, inclusive=True) == contained
    assert tax_on(amount, rate, inclusive=False) == on_top


@given(st.integers(0, 10**12), rates)
def test_tax_is_the_fraction_it_should_be_to_half_a_unit(amount: int, rate: Decimal) -> None:
    exact = Fraction(rate)
    assert abs(tax_on(amount, rate, inclusive=False) - amount * exact) <= Fraction(1, 2)
    assert abs(tax_on(amount, rate, inclusive=True) - amount * exact / (1 + exact)) <= Fraction(1, 2)


@given(st.integers(0, 10**10), rates)
def test_tax_put_on_a_net_price_is_contained_in_the_gross_one(net: int, rate: Decimal) -> None:
    gross = net + tax_on(net, rate, inclusive=False)
    assert tax_on(gross, rate, inclusive=True) == gross - net


@pytest.mark.parametrize("rate", ["0.12345", "-0.01", "1.0001", "NaN", "Infinity"])
def test_a_rate_no_law_has_is_a_mistake(rate: str) -> None:
    with pytest.raises(ValueError, match="a tax rate lies"):
        scaled(Decimal(rate))


def test_a_rate_is_published_without_exponents() -> None:
    assert TaxRate("food", Decimal("0E-8"), datetime(2026, 7, 1, tzinfo=UTC)).to_body() == {
        "tax_class": "food",
        "rate": "0.00000000",
        "effective_from": "2026-07-01T00:00:00+00:00",
    }


def test_one_published_receipt_of_a_vietnamese_chain_comes_out_as_it_was_printed() -> None:
    # A receipt of LotteMart, Việt Nam (2025): 750,258 ₫ of goods, 57,000 ₫ off one of them; printed
    # VAT 14,493 ₫ at 5 % and 28,808 ₫ at 8 %. What the goods of each rate cost is not on the record, but
    # only these sums fit both figures, and they do.
    for at_five in range(304_344, 304_357):
        tax, totals = share_tax([at_five, 750_258 - 57_000 - at_five], [FIVE, EIGHT], inclusive=True)
        assert tax == [14_493, 28_808]
        assert sum(total.gross_amount for total in totals) == 693_258


def test_the_figures_of_the_specification_come_out() -> None:
    tax, totals = share_tax([50_000], [TEN], inclusive=False)
    assert tax == [5_000]
    assert totals == [TaxTotal(TEN, 50_000, 5_000, 55_000)]


def test_tax_is_rounded_once_for_the_sale_and_not_once_a_line() -> None:
    tax, totals = share_tax([7] * 10, [EIGHT] * 10, inclusive=True)
    assert totals == [TaxTotal(EIGHT, 65, 5, 70)]
    assert tax == [1, 1, 1, 1, 1, 0, 0, 0, 0, 0]


def test_lines_of_several_rates_are_kept_apart_and_told_by_rate() -> None:
    tax, totals = share_tax([10_000, 20_000, 30_000], [TEN, FIVE, TEN], inclusive=True)
    assert totals == [TaxTotal(FIVE, 19_048, 952, 20_000), TaxTotal(TEN, 36_364, 3_636, 40_000)]
    assert tax == [909, 952, 2_727]


def test_without_lines_there_is_no_tax() -> None:
    assert share_tax([], [], inclusive=True) == ([], [])


@given(st.lists(st.tuples(st.integers(0, 10**9), rates), max_size=20), st.booleans())
def test_the_tax_of_lines_adds_up_to_the_tax_of_rates(
    lines: list[tuple[int, Decimal]], inclusive: bool
) -> None:
    amounts, line_rates = [amount for amount, _ in lines], [rate for _, rate in lines]

    tax, totals = share_tax(amounts, line_rates, inclusive)

    assert len(tax) == len(lines)
    assert [total.rate for total in totals] == sorted(set(line_rates))
    for total in totals:
        of_rate = [place for place, rate in enumerate(line_rates) if rate == total.rate]
        base = sum(amounts[place] for place in of_rate)
        assert sum(tax[place] for place in of_rate) == total.tax_amount == tax_on(base, total.rate, inclusive)
        assert total.net_amount + total.tax_amount == total.gross_amount
        assert base == (total.gross_amount if inclusive else total.net_amount)
    for amount, line_tax in zip(amounts, tax, strict=True):
        assert 0 <= line_tax <= amount


def test_a_class_has_the_rate_of_its_newest_date() -> None:
    dated = [
        TaxRate("standard", TEN, START),
        TaxRate("standard", EIGHT, START + timedelta(days=10)),
        TaxRate("food", FIVE, START),
    ]
    assert rate_of("standard", dated, START + timedelta(days=9), TEN) == TEN
    assert rate_of("standard", dated, START + timedelta(days=10), TEN) == EIGHT
    assert rate_of("food", dated, START + timedelta(days=99), TEN) == FIVE


def test_a_class_without_a_rate_in_force_falls_back_on_the_product_s_own() -> None:
    dated = [TaxRate("standard", EIGHT, START)]
    assert rate_of("standard", dated, START - timedelta(seconds=1), TEN) == TEN
    assert rate_of("unheard of", dated, START, FIVE) == FIVE


def test_a_rate_reads_back_what_it_wrote() -> None:
    rate = TaxRate("standard", EIGHT, START)
    assert rate.to_body() == {
        "tax_class": "standard",
        "rate": "0.08",
        "effective_from": "2026-07-01T00:00:00+00:00",
    }
    assert TaxRate.from_body(rate.to_body()) == rate
