"""Figures for people: one style per language, whoever writes them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail.figures import figure_text, money_text, quantity_text, rate_text, style_of
from retail.money import CURRENCIES, currency_of
from retail.quantity import Unit


@pytest.mark.parametrize(
    ("amount", "currency", "vietnamese", "english"),
    [
        (98_000, "VND", "98.000 ₫", "98,000 ₫"),
        (999, "VND", "999 ₫", "999 ₫"),
        (0, "VND", "0 ₫", "0 ₫"),
        (-57_000, "VND", "-57.000 ₫", "-57,000 ₫"),
        (1_234_567_890, "VND", "1.234.567.890 ₫", "1,234,567,890 ₫"),
        (1_999, "USD", "$19,99", "$19.99"),
        (5, "USD", "$0,05", "$0.05"),
        (0, "USD", "$0,00", "$0.00"),
        (-5, "USD", "-$0,05", "-$0.05"),
        (123_456_789, "EUR", "1.234.567,89 €", "1,234,567.89 €"),
        (100, "TWD", "NT$100", "NT$100"),
    ],
)
def test_money_is_written_as_the_language_writes_it(
    amount: int, currency: str, vietnamese: str, english: str
) -> None:
    assert money_text(amount, currency_of(currency), "vi") == vietnamese
    assert money_text(amount, currency_of(currency), "en") == english


def test_a_column_of_figures_leaves_the_sign_of_the_currency_out() -> None:
    assert figure_text(-57_000, currency_of("VND"), "vi") == "-57.000"
    assert figure_text(1_999, currency_of("USD"), "en") == "19.99"


@given(st.integers(-(10**16), 10**16), st.sampled_from(sorted(CURRENCIES)), st.sampled_from(["vi", "en"]))
def test_what_was_written_can_be_read_back(amount: int, code: str, language: str) -> None:
    written = money_text(amount, currency_of(code), language)
    assert int("".join(character for character in written if character.isdigit())) == abs(amount)
    assert written.startswith("-") is (amount < 0)


def test_weights_and_rates_are_written_in_the_same_style() -> None:
    assert [quantity_text(350, Unit.GRAM, language) for language in ("vi", "en")] == ["0,350 kg", "0.350 kg"]
    assert quantity_text(12_005, Unit.GRAM, "en") == "12.005 kg"
    assert quantity_text(1_200, Unit.PIECE, "vi") == "1200"
    assert [rate_text(Decimal("0.055"), language) for language in ("vi", "en")] == ["5,5%", "5.5%"]
    assert [rate_text(Decimal(rate), "vi") for rate in ("0.10", "0.08", "0", "1")] == [
        "10%",
        "8%",
        "0%",
        "100%",
    ]


def test_a_language_may_name_its_country_and_any_other_is_written_as_vietnamese() -> None:
    assert style_of("en-GB") == style_of("EN") == style_of("en") != style_of("vi")
    assert style_of("fr") == style_of("") == style_of("vi-VN") == style_of("vi")
