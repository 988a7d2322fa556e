"""Discounts by hand: so much, or so many percent, off a line or off a whole basket.

A discount on the whole basket is an amount off what the customer was told. It is shared over the lines by
what each costs, and what promotions took off a line stays off it as part of that line's discount: no
promotion goes on goods whose price a person made, and nobody pays more because a manager was kind.
"""

from __future__ import annotations

from dataclasses import replace

from retail.basket import Basket, DiscountTooLarge, Line, Totals, checked_line
from retail.money import round_half_up, share_out
from retail.refusal import Refusal

PERCENT_LIMIT = 100


class BadPercent(Refusal):
    """A percentage is a whole number from 1 to 100 (`percent`)."""

    code = "bad-percent"


def percent_of(amount: int, percent: int) -> int:
    """So many percent of an amount, to the nearest minor unit; raises `BadPercent`."""
    if type(percent) is not int or not 0 < percent <= PERCENT_LIMIT:
        raise BadPercent(percent=percent)
    return round_half_up(amount * percent, PERCENT_LIMIT)


def repriced(line: Line, unit_price: int, line_discount: int, reason: str, approved_by: str | None) -> Line:
    """The line at this price and discount (minor units); raises `BadPrice`, `DiscountTooLarge`."""
    return checked_line(
        replace(
            line,
            unit_price=unit_price,
            line_discount=line_discount,
            override_reason=reason,
            approved_by=approved_by,
        )
    )


def given_away(line: Line, unit_price: int, line_discount: int) -> int:
    """What the customer saves against the list price by this price and discount; 0 where it costs more."""
    listed = replace(line, unit_price=line.list_price).line_subtotal
    asked = replace(line, unit_price=unit_price).line_subtotal - line_discount
    return max(0, listed - asked)


def discounted(basket: Basket, totals: Totals, amount: int, reason: str, approved_by: str | None) -> Basket:
    """The basket with so much off what its lines come to (`totals`: of this very basket).

    Whoever said yes to a line's price before stays named on it where nobody is asked now. Raises
    `DiscountTooLarge` for nothing, less than nothing, or more than everything.
    """
    costs = [rung.line_total for rung in totals.lines]
    if type(amount) is not int or not 0 < amount <= sum(costs):
        raise DiscountTooLarge(discount=amount, line_subtotal=sum(costs))
    shares = share_out(amount, costs)
    lines = tuple(
        repriced(
            line,
            line.unit_price,
            rung.line_discount + share,
            line.override_reason or reason,
            approved_by or line.approved_by,
        )
        for line, rung, share in zip(basket.lines, totals.lines, shares, strict=True)
    )
    return replace(basket, lines=lines)
