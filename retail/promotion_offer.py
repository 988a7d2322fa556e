"""Promotions made concrete: one form per tier, each with a single way of taking money off."""

from __future__ import annotations

from dataclasses import dataclass, replace

from retail.promotion import Promotion
from retail.promotion_rule import (
    WHOLE,
    BundlePrice,
    BuyXGetY,
    FixedAmountDiscount,
    NthItem,
    PercentageDiscount,
    Tiered,
)


@dataclass(frozen=True, slots=True)
class Offer:
    """A promotion made concrete: one tier of a tiered one, the only form of any other.

    Exactly one of these holds: `each` (off every unit), `bill` (an amount off all of its goods once),
    or a group of `buys` + `gives` units (`pooled`: the cheapest of them are given) or of `parts`.
    """

    promotion: Promotion
    rank: tuple[int, str]
    minimum: int
    percent: int = 0
    amount: int = 0
    each: bool = False
    bill: bool = False
    pooled: bool = False
    quantities: tuple[int, ...] = ()
    bundle_price: int | None = None
    is_group: bool = False
    is_counted: bool = False

    def saving_on(self, price: int) -> int:
        """What it takes off one unit that costs this much (the given one of a group)."""
        if self.percent:
            return (price * self.percent * 2 + WHOLE) // (2 * WHOLE)
        return min(self.amount, price)


def offers_of(promotion: Promotion) -> tuple[Offer, ...]:
    """The forms the promotion can take, the largest minimum first."""
    limited = promotion.max_uses_per_transaction is not None
    return tuple(
        replace(
            form, is_group=bool(form.quantities), is_counted=bool(form.quantities) or (limited and form.each)
        )
        for form in _plain_forms(promotion)
    )


def _plain_forms(promotion: Promotion) -> tuple[Offer, ...]:
    rule = promotion.rule
    plain = Offer(promotion, promotion.rank, promotion.minimum_purchase)
    match rule:
        case PercentageDiscount():
            return (replace(plain, percent=rule.percent, each=True),)
        case FixedAmountDiscount():
            once = rule.per_transaction
            return (replace(plain, amount=rule.amount, each=not once, bill=once),)
        case BuyXGetY():
            quantities = (rule.buy_quantity, rule.get_quantity)
            pooled = rule.get_skus is None
            return (replace(plain, percent=rule.get_percent, quantities=quantities, pooled=pooled),)
        case NthItem():
            return (replace(plain, percent=rule.percent, quantities=(rule.n - 1, 1), pooled=True),)
        case BundlePrice():
            per_part = tuple(part.quantity for part in rule.parts)
            return (replace(plain, quantities=per_part, bundle_price=rule.price),)
        case Tiered():
            return tuple(
                replace(
                    plain,
                    minimum=max(plain.minimum, tier.minimum_purchase),
                    percent=tier.percent,
                    amount=tier.amount,
                    each=tier.percent > 0,
                    bill=tier.percent == 0,
                )
                for tier in reversed(rule.tiers)
            )
