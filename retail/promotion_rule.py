"""What a promotion does to the goods it falls on: the kinds of FR-3.3, and their JSON."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

WHOLE = 10_000
"""Percentages are whole hundredths of a percent inside: 12.5 % is 1250, everything is 10,000."""


@dataclass(frozen=True, slots=True)
class PercentageDiscount:
    """So many percent off each unit, rounded half up for each unit by itself."""

    percent: int
    kind: ClassVar[str] = "percentage_discount"


@dataclass(frozen=True, slots=True)
class FixedAmountDiscount:
    """An amount in minor units off each unit, or once off the bill; never more than the goods cost."""

    amount: int
    per_transaction: bool
    kind: ClassVar[str] = "fixed_amount_discount"


@dataclass(frozen=True, slots=True)
class BuyXGetY:
    """Buy so many, get so many more with `get_percent` off.

    Without `get_skus`, bought and given come from the same goods and the cheapest of each group are
    given. With it, the given are those goods, whatever they cost.
    """

    buy_quantity: int
    get_quantity: int
    get_skus: frozenset[str] | None
    get_percent: int
    kind: ClassVar[str] = "buy_x_get_y"


@dataclass(frozen=True, slots=True)
class NthItem:
    """Every n-th unit has `percent` off: the cheapest of each n."""

    n: int
    percent: int
    kind: ClassVar[str] = "nth_item"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a bundle: so many units of these goods (both empty: of any goods)."""

    skus: frozenset[str]
    categories: frozenset[str]
    quantity: int

    def takes(self, sku_id: str, category: str) -> bool:
        """Whether a unit of this product can stand in this part."""
        return sku_id in self.skus or category in self.categories or not (self.skus or self.categories)


@dataclass(frozen=True, slots=True)
class BundlePrice:
    """All parts together for one price in minor units."""

    parts: tuple[Part, ...]
    price: int
    kind: ClassVar[str] = "bundle_price"


@dataclass(frozen=True, slots=True)
class Tier:
    """From `minimum_purchase` on: `percent` off each unit, or `amount` off the bill (the other is 0)."""

    minimum_purchase: int
    percent: int = 0
    amount: int = 0


@dataclass(frozen=True, slots=True)
class Tiered:
    """The more the goods come to, the larger the discount; tiers rise by their minimum."""

    tiers: tuple[Tier, ...]
    kind: ClassVar[str] = "tiered"


Rule = PercentageDiscount | FixedAmountDiscount | BuyXGetY | NthItem | BundlePrice | Tiered


def percent_text(percent: int) -> int | str:
    """Hundredths of a percent as JSON has them: 800 is 8, 1250 is "12.5"."""
    return percent // 100 if percent % 100 == 0 else format((Decimal(percent) / 100).normalize(), "f")


def rule_body(rule: Rule) -> dict[str, Any]:
    """The fields of this kind as JSON has them."""
    match rule:
        case PercentageDiscount():
            return {"percent": percent_text(rule.percent)}
        case FixedAmountDiscount():
            return {"amount": rule.amount, "per": "transaction" if rule.per_transaction else "item"}
        case BuyXGetY():
            return {
                "buy_quantity": rule.buy_quantity,
                "get_quantity": rule.get_quantity,
                "get_skus": None if rule.get_skus is None else sorted(rule.get_skus),
                "get_discount_percent": percent_text(rule.get_percent),
            }
        case NthItem():
            return {"n": rule.n, "percent": percent_text(rule.percent)}
        case BundlePrice():
            parts = [
                {"skus": sorted(part.skus), "categories": sorted(part.categories), "quantity": part.quantity}
                for part in rule.parts
            ]
            return {"parts": parts, "price": rule.price}
        case Tiered():
            return {"tiers": [_tier_body(tier) for tier in rule.tiers]}


def _tier_body(tier: Tier) -> dict[str, Any]:
    benefit = {"percent": percent_text(tier.percent)} if tier.percent else {"amount": tier.amount}
    return {"minimum_purchase": tier.minimum_purchase, **benefit}
