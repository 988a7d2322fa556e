"""Money: whole numbers of the currency's minor unit (VND has none: 55000 is 55,000 ₫)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from retail.refusal import Refusal

AMOUNT_LIMIT = 10**15
"""Larger amounts are a typing error, not money; 10^15 ₫ still fits a BIGINT a thousand times over."""


class UnknownCurrency(Refusal):
    """The currency's minor unit is not known, so its amounts cannot be written."""

    code = "unknown-currency"


@dataclass(frozen=True, slots=True)
class Currency:
    """An ISO 4217 currency: `number` its three figures, `digits` those behind the point of a major unit."""

    code: str
    number: str
    digits: int
    symbol: str
    symbol_last: bool = True


CURRENCIES = {
    currency.code: currency
    for currency in (
        Currency("VND", "704", 0, "₫"),
        Currency("TWD", "901", 0, "NT$", symbol_last=False),
        Currency("JPY", "392", 0, "¥", symbol_last=False),
        Currency("KRW", "410", 0, "₩", symbol_last=False),
        Currency("USD", "840", 2, "$", symbol_last=False),
        Currency("EUR", "978", 2, "€"),
        Currency("GBP", "826", 2, "£", symbol_last=False),
        Currency("THB", "764", 2, "฿", symbol_last=False),
    )
}


def currency_of(code: str) -> Currency:
    """The currency with this ISO 4217 code; raises `UnknownCurrency`."""
    try:
        return CURRENCIES[code]
    except KeyError:
        raise UnknownCurrency(currency=code) from None


def round_half_up(numerator: int, denominator: int) -> int:
    """The whole number nearest to numerator / denominator; halves go away from zero."""
    if denominator <= 0:
        raise ValueError("denominator must be positive")
    whole, rest = divmod(abs(numerator), denominator)
    rounded = whole + (1 if 2 * rest >= denominator else 0)
    return rounded if numerator >= 0 else -rounded


def share_out(total: int, weights: Sequence[int]) -> list[int]:
    """Split so that the parts add up exactly; the largest fractions get the spare units.

    Ties go to the earlier part, so the result is the same everywhere. Weights are not negative;
    when all are zero, the total must be zero too.
    """
    if any(weight < 0 for weight in weights):
        raise ValueError("weights must not be negative")
    whole = sum(weights)
    if whole == 0:
        if total:
            raise ValueError("nothing to share the total over")
        return [0] * len(weights)
    sign, size = (-1, -total) if total < 0 else (1, total)
    parts = [size * weight // whole for weight in weights]
    spare = size - sum(parts)
    by_fraction = sorted(range(len(weights)), key=lambda i: (-(size * weights[i] % whole), i))
    for index in by_fraction[:spare]:
        parts[index] += 1
    return [sign * part for part in parts]
