"""Figures as people write them: one style per language, the same on screen, on paper and in words.

Vietnamese writes `98.000 ₫`, `0,350 kg` and `7,5%`; English writes `98,000 ₫`, `0.350 kg` and `7.5%`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from retail.money import Currency
from retail.quantity import GRAMS_PER_PRICE, Unit


@dataclass(frozen=True, slots=True)
class Style:
    """What stands between thousands, and between a whole number and its decimals."""

    thousands: str
    decimals: str


VIETNAMESE = Style(".", ",")
STYLES = {"vi": VIETNAMESE, "en": Style(",", ".")}


def style_of(language: str) -> Style:
    """The style of a language (`vi`, `en`, also `en-GB`); Vietnamese for any other."""
    return STYLES.get(language.partition("-")[0].lower(), VIETNAMESE)


def figure_text(amount: int, currency: Currency, language: str) -> str:
    """Minor units without the currency's sign, for columns of figures: 55000 VND is `55.000`."""
    style = style_of(language)
    whole, part = divmod(abs(amount), 10**currency.digits)
    text = f"{whole:,}".replace(",", style.thousands)
    if currency.digits:
        text += f"{style.decimals}{part:0{currency.digits}d}"
    return f"-{text}" if amount < 0 else text


def money_text(amount: int, currency: Currency, language: str) -> str:
    """Minor units with the currency's sign: 55000 VND is `55.000 ₫`, 1999 USD is `$19.99` in English."""
    figure = figure_text(amount, currency, language)
    if currency.symbol_last:
        return f"{figure} {currency.symbol}"
    return f"-{currency.symbol}{figure[1:]}" if amount < 0 else f"{currency.symbol}{figure}"


def quantity_text(quantity: int, unit: Unit, language: str) -> str:
    """Pieces as a number, grams as kilograms."""
    if unit is Unit.PIECE:
        return str(quantity)
    kilograms, grams = divmod(quantity, GRAMS_PER_PRICE)
    return f"{kilograms}{style_of(language).decimals}{grams:03d} kg"


def rate_text(rate: Decimal, language: str) -> str:
    """A tax rate as a percentage: `8%` for 0.08."""
    return f"{(rate * 100).normalize():f}%".replace(".", style_of(language).decimals)
