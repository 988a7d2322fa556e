"""Loyalty as arithmetic: points earned, the tier they lead to, and points paid with.

Who keeps members and their points is another matter; everything here is a function of figures. Points
are whole numbers; amounts are minor units.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from retail.basket import Totals
from retail.money import round_half_up
from retail.reading import whole
from retail.refusal import Refusal

WHOLE = 100
"""Multipliers and shares are whole hundredths: 150 earns half as much again."""


class PointsMissing(Refusal):
    """More points are to be redeemed than the member has (`points`, `balance`)."""

    code = "points-missing"


class PointsNotRedeemable(Refusal):
    """So many points cannot be redeemed on this bill (`points`, `least`, `most`, `step`)."""

    code = "points-not-redeemable"


@dataclass(frozen=True, slots=True)
class Tier:
    """A rank of members: reached with `points_needed` in the period, earns `multiplier` hundredths."""

    name: str
    points_needed: int
    multiplier: int = WHOLE


@dataclass(frozen=True, slots=True)
class LoyaltyRules:
    """How points are earned and what they are worth.

    `earn_points` for each full `earn_per` of what is paid for eligible goods; a point redeems
    `point_value`, in steps of `redeem_step` points, at least `redeem_least`, and for at most
    `redeem_share` hundredths of the bill. `tiers` rise by the points they need. Goods of
    `excluded_categories` earn nothing.
    """

    earn_per: int
    earn_points: int = 1
    point_value: int = 1
    redeem_least: int = 1
    redeem_step: int = 1
    redeem_share: int = WHOLE
    tiers: tuple[Tier, ...] = ()
    excluded_categories: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Raises ValueError on rules that cannot be meant."""
        needs = [tier.points_needed for tier in self.tiers]
        if min(self.earn_per, self.point_value, self.redeem_step, self.redeem_least) < 1:
            raise ValueError("earn_per, point_value, redeem_least and redeem_step are at least 1")
        if self.earn_points < 0 or not 0 <= self.redeem_share <= WHOLE or needs != sorted(set(needs)):
            raise ValueError("earn_points is not negative, redeem_share is 0 to 100, tiers rise")

    def tier(self, name: str) -> Tier | None:
        """The tier of this name; None where there is none."""
        return next((tier for tier in self.tiers if tier.name == name), None)

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> LoyaltyRules:
        """The rules of the chain's setting `loyalty`; a field that is left out has its default.

        Raises KeyError, TypeError or ValueError, also for a field that there is not: a misspelt limit
        would be none at all.
        """
        figures = ("earn_per", "earn_points", "point_value", "redeem_least", "redeem_step", "redeem_share")
        if strange := sorted(set(body) - {*figures, "tiers", "excluded_categories"}):
            raise ValueError(f"{strange[0]} is no field of the loyalty rules")
        excluded = body.get("excluded_categories", [])
        if not isinstance(excluded, list) or not all(isinstance(each, str) for each in excluded):
            raise TypeError("excluded_categories is a list of names")
        return cls(
            **{name: whole(body[name]) for name in figures if name in body},
            tiers=tuple(map(_tier, body.get("tiers", []))),
            excluded_categories=frozenset(excluded),
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a member stands: the tier (None: below the first), the next one and the points it still needs."""

    tier: Tier | None
    next_tier: Tier | None
    points_missing: int


def _tier(body: Mapping[str, Any]) -> Tier:
    name, multiplier = body["name"], whole(body.get("multiplier", WHOLE))
    if not isinstance(name, str) or not name or multiplier < 0:
        raise ValueError(f"{body!r} is no tier: it has a name and a multiplier of hundredths")
    return Tier(name, whole(body["points_needed"]), multiplier)


def eligible_amount(totals: Totals, rules: LoyaltyRules, *, prices_include_tax: bool) -> int:
    """What is paid for the goods that earn points, tax included; rounding of cash is not in it."""
    return sum(
        rung.line_total + (0 if prices_include_tax else rung.tax_amount)
        for rung in totals.lines
        if rung.line.category not in rules.excluded_categories
    )


def points_for(totals: Totals, rules: LoyaltyRules | None, tier: str, *, prices_include_tax: bool) -> int:
    """The points that a bill earns a member of this tier; none where the chain has no rules."""
    if rules is None:
        return 0
    paid = eligible_amount(totals, rules, prices_include_tax=prices_include_tax)
    return earned(paid, rules, rules.tier(tier))


def progress(points: int, tiers: Sequence[Tier]) -> Progress:
    """The tier that so many points of a period lead to."""
    reached = [tier for tier in tiers if tier.points_needed <= points]
    ahead = [tier for tier in tiers if tier.points_needed > points]
    missing = ahead[0].points_needed - points if ahead else 0
    return Progress(reached[-1] if reached else None, ahead[0] if ahead else None, missing)


def earned(paid: int, rules: LoyaltyRules, tier: Tier | None = None, *, redeemed: int = 0) -> int:
    """Points for what was paid for eligible goods; what points themselves paid (`redeemed`) earns none.

    The multiplier counts on the full steps, and its fraction of a point is left out.
    """
    steps = max(0, paid - redeemed) // rules.earn_per
    return steps * rules.earn_points * (tier.multiplier if tier else WHOLE) // WHOLE


def taken_back(points: int, paid: int, refunded_before: int, refunded_now: int) -> int:
    """Points that go with a refund: their share of what was earned, the rest with the last đồng.

    However a bill is refunded in parts, exactly the `points` it earned are taken back in the end.
    """
    if paid <= 0:
        return 0
    before = round_half_up(points * min(refunded_before, paid), paid)
    return round_half_up(points * min(refunded_before + refunded_now, paid), paid) - before


def redeemable(balance: int, due: int, rules: LoyaltyRules) -> int:
    """The most points this member can use on this bill; 0 where the least is not reached."""
    most = min(balance, due * rules.redeem_share // WHOLE // rules.point_value)
    most -= most % rules.redeem_step
    return most if most >= rules.redeem_least else 0


def redemption(points: int, balance: int, due: int, rules: LoyaltyRules) -> int:
    """What these points pay of the bill, in minor units; raises `PointsMissing`, `PointsNotRedeemable`."""
    if points > balance:
        raise PointsMissing(points=points, balance=balance)
    most = redeemable(balance, due, rules)
    if not rules.redeem_least <= points <= most or points % rules.redeem_step:
        raise PointsNotRedeemable(points=points, least=rules.redeem_least, most=most, step=rules.redeem_step)
    return points * rules.point_value
