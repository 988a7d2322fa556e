"""Value-added tax per line: dated rates, contained in the price or put on top of it.

The tax of a rate is computed on the whole sale and rounded half up once; the lines share it by
largest remainder, so that lines and receipt can never differ by an đồng. That this is what
Vietnamese tills print is checked in tests against published bills.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from retail.money import round_half_up, share_out

RATE_SCALE = 10_000
"""Rates are whole ten-thousandths inside: 8 % is 800."""


@dataclass(frozen=True, slots=True)
class TaxRate:
    """The rate of a tax class from a moment on (until the class's next rate)."""

    tax_class: str
    rate: Decimal
    effective_from: datetime

    def to_body(self) -> dict[str, Any]:
        """The rate as news carries it (JSON types only)."""
        return {
            "tax_class": self.tax_class,
            "rate": format(self.rate, "f"),
            "effective_from": self.effective_from.isoformat(),
        }

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> TaxRate:
        """The rate of a piece of news."""
        return cls(body["tax_class"], Decimal(body["rate"]), datetime.fromisoformat(body["effective_from"]))


@dataclass(frozen=True, slots=True)
class TaxTotal:
    """What one rate makes of a sale, in minor units: `net_amount` + `tax_amount` = `gross_amount`."""

    rate: Decimal
    net_amount: int
    tax_amount: int
    gross_amount: int


def rate_of(tax_class: str, rates: Iterable[TaxRate], at: datetime, otherwise: Decimal) -> Decimal:
    """The rate of the class at this moment; `otherwise` where the class has no dated rate."""
    in_force = [rate for rate in rates if rate.tax_class == tax_class and rate.effective_from <= at]
    return max(in_force, key=lambda rate: rate.effective_from).rate if in_force else otherwise


class TaxBook:
    """The dated rates of all tax classes, found at once.

    A moment is asked with every question, so a new rate is taken at its second by a till that is
    selling: 8 % at 23:59:59 on 31 December, 10 % at 00:00:00.
    """

    def __init__(self, rates: Iterable[TaxRate] = ()) -> None:
        self._by_class: dict[str, list[TaxRate]] = {}
        for rate in sorted(rates, key=lambda rate: rate.effective_from, reverse=True):
            self._by_class.setdefault(rate.tax_class, []).append(rate)

    def rate_of(self, tax_class: str, at: datetime, otherwise: Decimal) -> Decimal:
        """The rate of the class at this moment; `otherwise` where the class has no dated rate."""
        for rate in self._by_class.get(tax_class, ()):
            if rate.effective_from <= at:
                return rate.rate
        return otherwise

    def next_change(self, after: datetime) -> datetime | None:
        """The next moment at which any rate changes; None: none is planned."""
        edges = (rate.effective_from for rates in self._by_class.values() for rate in rates)
        return min((edge for edge in edges if edge > after), default=None)


def scaled(rate: Decimal) -> int:
    """The rate in ten-thousandths; raises ValueError when it is finer than that or outside 0…1."""
    whole = rate * RATE_SCALE
    if whole != whole.to_integral_value() or not 0 <= whole <= RATE_SCALE:
        raise ValueError(f"a tax rate lies between 0 and 1 with four decimals at most, not {rate}")
    return int(whole)


def tax_on(amount: int, rate: Decimal, inclusive: bool) -> int:
    """Tax contained in (inclusive) or due on top of (exclusive) an amount, rounded half up."""
    points = scaled(rate)
    return round_half_up(amount * points, RATE_SCALE + points if inclusive else RATE_SCALE)


def share_tax(
    amounts: Sequence[int], rates: Sequence[Decimal], inclusive: bool
) -> tuple[list[int], list[TaxTotal]]:
    """Tax of each line and the totals per rate (ascending), for lines of these amounts and rates."""
    places_of: dict[Decimal, list[int]] = {}
    for place, rate in enumerate(rates):
        places_of.setdefault(rate, []).append(place)
    tax = [0] * len(amounts)
    totals = []
    for rate in sorted(places_of):
        places = places_of[rate]
        weights = [amounts[place] for place in places]
        base = sum(weights)
        whole = tax_on(base, rate, inclusive)
        for place, part in zip(places, share_out(whole, weights), strict=True):
            tax[place] = part
        net = base - whole if inclusive else base
        totals.append(TaxTotal(rate, net, whole, net + whole))
    return tax, totals
