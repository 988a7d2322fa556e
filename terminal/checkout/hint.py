"""The one promotion a basket is closest to: what the cashier may tell the customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from retail.basket import Totals
from retail.explain import NotGiven

BUY_MORE, SPEND_MORE = "buy-more", "spend-more"


@dataclass(frozen=True, slots=True)
class Hint:
    """What is missing for a promotion: `units` pieces more of its goods, or `amount` minor units more."""

    promo_id: str
    name: str
    units: int = 0
    amount: int = 0


def closest(totals: Totals, missed: Sequence[NotGiven]) -> Hint | None:
    """The promotion that the least money brings about; None when none is near.

    A piece counts as much as the cheapest in the basket. What would cost more than the basket itself is
    no hint but a nuisance, and nothing is said of a promotion that lacks something else as well.
    """
    prices = [rung.line_subtotal // rung.line.units for rung in totals.lines]
    near: list[tuple[int, int, Hint]] = []
    for place, each in enumerate(missed):
        hint = _hint(each)
        if hint is not None:
            needed = hint.amount or hint.units * min(prices)
            if needed <= totals.subtotal:
                near.append((needed, place, hint))
    return min(near, key=lambda found: found[:2])[2] if near else None


def _hint(missed: NotGiven) -> Hint | None:
    if len(missed.reasons) != 1:
        return None
    reason = missed.reasons[0]
    if reason.code == BUY_MORE:
        return Hint(missed.promo_id, missed.name, units=reason.detail["units"])
    if reason.code == SPEND_MORE:
        return Hint(missed.promo_id, missed.name, amount=reason.detail["amount"])
    return None
