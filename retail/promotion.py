"""Promotions (FR-3.3) as head office states them: frozen data, with the JSON they travel in both ways.

What they come to on a basket is decided in `retail.promotion_choice`; which are on at a moment, in
`retail.promotion_book`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from retail.money import AMOUNT_LIMIT
from retail.promotion_rule import (
    WHOLE,
    BundlePrice,
    BuyXGetY,
    FixedAmountDiscount,
    NthItem,
    Part,
    PercentageDiscount,
    Rule,
    Tier,
    Tiered,
    rule_body,
)
from retail.refusal import Refusal

COUNT_LIMIT = 9_999


class BadPromotion(Refusal):
    """The promotion cannot mean anything (`promo_id`, `field`, `reason`)."""

    code = "bad-promotion"


@dataclass(frozen=True, slots=True)
class Hours:
    """A daily window on the store's clock, half-open; `begin` after `end` runs over midnight."""

    begin: time
    end: time


@dataclass(frozen=True, slots=True)
class Promotion:
    """One promotion. Sums in minor units; an empty set of stores, days or goods means all of them.

    `starts_at` (included) and `ends_at` (excluded, None: open) are moments; without an offset they are
    read on each store's own wall clock. `days_of_week` are ISO numbers (1 is Monday) of the day on which
    the window began. `minimum_purchase` is what the promotion's goods must still come to after every
    other discount. A higher `priority` goes first.
    """

    promo_id: str
    name: str
    rule: Rule
    starts_at: datetime
    ends_at: datetime | None = None
    store_ids: frozenset[str] = frozenset()
    days_of_week: frozenset[int] = frozenset()
    hours: Hours | None = None
    eligible_skus: frozenset[str] = frozenset()
    eligible_categories: frozenset[str] = frozenset()
    excluded_skus: frozenset[str] = frozenset()
    minimum_purchase: int = 0
    members_only: bool = False
    voucher_required: bool = False
    max_uses_per_transaction: int | None = None
    priority: int = 0
    stackable: bool = False

    @property
    def rank(self) -> tuple[int, str]:
        """Sorts promotions into the order in which they go: `priority` (highest first), `promo_id`."""
        return (-self.priority, self.promo_id)

    def is_eligible(self, sku_id: str, category: str) -> bool:
        """Whether the product is among the goods named as eligible (all, when none are named)."""
        return (
            sku_id in self.eligible_skus
            or category in self.eligible_categories
            or not (self.eligible_skus or self.eligible_categories)
        )

    def to_body(self) -> dict[str, Any]:
        """The promotion as head office publishes it (JSON types only)."""
        body: dict[str, Any] = {
            "promo_id": self.promo_id,
            "name": self.name,
            "kind": self.rule.kind,
            "starts_at": self.starts_at.isoformat(),
            "ends_at": self.ends_at.isoformat() if self.ends_at else None,
            "store_ids": sorted(self.store_ids),
            "days_of_week": sorted(self.days_of_week),
            "eligible_skus": sorted(self.eligible_skus),
            "eligible_categories": sorted(self.eligible_categories),
            "excluded_skus": sorted(self.excluded_skus),
            "minimum_purchase": self.minimum_purchase,
            "members_only": self.members_only,
            "voucher_required": self.voucher_required,
            "max_uses_per_transaction": self.max_uses_per_transaction,
            "priority": self.priority,
            "stackable": self.stackable,
        }
        if self.hours:
            body["hours"] = {
                "from": _clock_text(self.hours.begin),
                "to": _clock_text(self.hours.end),
            }
        return body | rule_body(self.rule)

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> Promotion:
        """Read one back; raises `BadPromotion` naming the field."""
        return _Reader(body).promotion()


def _clock_text(clock: time) -> str:
    """The time of day to the minute; with its seconds where it has some."""
    return clock.isoformat("auto" if clock.second or clock.microsecond else "minutes")


class _Reader:
    """Reads a body field by field, so that a refusal can name the one that is wrong."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self._body = body

    def promotion(self) -> Promotion:
        starts_at, ends_at = self._moment("starts_at"), self._moment("ends_at", optional=True)
        if starts_at is None:
            raise self._bad("starts_at", "is missing")
        if ends_at is not None and (starts_at.tzinfo is None) != (ends_at.tzinfo is None):
            raise self._bad("ends_at", "has an offset and starts_at has none, or the other way round")
        if ends_at is not None and ends_at <= starts_at:
            raise self._bad("ends_at", "must come after starts_at")
        days = self._get("days_of_week") or []
        if not isinstance(days, list) or any(type(day) is not int or not 1 <= day <= 7 for day in days):
            raise self._bad("days_of_week", "is a list of 1 (Monday) to 7 (Sunday)")
        uses = self._get("max_uses_per_transaction")
        eligible = self._texts("eligible_skus")
        return Promotion(
            promo_id=self._text("promo_id"),
            name=self._text("name"),
            rule=self._rule(eligible),
            starts_at=starts_at,
            ends_at=ends_at,
            store_ids=self._texts("store_ids"),
            days_of_week=frozenset(days),
            hours=self._hours(),
            eligible_skus=eligible,
            eligible_categories=self._texts("eligible_categories"),
            excluded_skus=self._texts("excluded_skus"),
            minimum_purchase=self._whole("minimum_purchase", 0, AMOUNT_LIMIT, otherwise=0),
            members_only=self._flag("members_only"),
            voucher_required=self._flag("voucher_required"),
            max_uses_per_transaction=(
                None if uses is None else self._whole("max_uses_per_transaction", 1, COUNT_LIMIT)
            ),
            priority=self._whole("priority", -AMOUNT_LIMIT, AMOUNT_LIMIT, otherwise=0),
            stackable=self._flag("stackable"),
        )

    def _rule(self, eligible: frozenset[str]) -> Rule:
        kind = self._get("kind")
        if kind == PercentageDiscount.kind:
            return PercentageDiscount(self._percent("percent"))
        if kind == FixedAmountDiscount.kind:
            per = self._get("per")
            if per not in ("item", "transaction"):
                raise self._bad("per", "is item or transaction")
            return FixedAmountDiscount(self._whole("amount", 1, AMOUNT_LIMIT), per == "transaction")
        if kind == BuyXGetY.kind:
            given = self._texts("get_skus")
            # Naming the same goods twice is how people write a plain 2+1; the cheapest rule then holds.
            is_plain = given == eligible and not self._texts("eligible_categories")
            return BuyXGetY(
                self._whole("buy_quantity", 1, COUNT_LIMIT),
                self._whole("get_quantity", 1, COUNT_LIMIT),
                given if given and not is_plain else None,
                self._percent("get_discount_percent", otherwise=WHOLE),
            )
        if kind == NthItem.kind:
            return NthItem(self._whole("n", 2, COUNT_LIMIT), self._percent("percent"))
        if kind == BundlePrice.kind:
            return BundlePrice(
                tuple(reader.part() for reader in self._parts("parts")), self._whole("price", 0, AMOUNT_LIMIT)
            )
        if kind == Tiered.kind:
            tiers = tuple(reader.tier() for reader in self._parts("tiers"))
            minima = [tier.minimum_purchase for tier in tiers]
            if minima != sorted(set(minima)):
                raise self._bad("tiers", "rise by their minimum_purchase")
            return Tiered(tiers)
        raise self._bad("kind", f"is none we know: {kind}")

    def part(self) -> Part:
        return Part(
            self._texts("skus"),
            self._texts("categories"),
            self._whole("quantity", 1, COUNT_LIMIT, otherwise=1),
        )

    def tier(self) -> Tier:
        minimum = self._whole("minimum_purchase", 0, AMOUNT_LIMIT)
        if (self._get("percent") is None) == (self._get("amount") is None):
            raise self._bad("tiers", "each has a percent or an amount")
        if self._get("percent") is not None:
            return Tier(minimum, percent=self._percent("percent"))
        return Tier(minimum, amount=self._whole("amount", 1, AMOUNT_LIMIT))

    def _get(self, field: str) -> Any:
        return self._body.get(field)

    def _bad(self, field: str, reason: str) -> BadPromotion:
        return BadPromotion(promo_id=self._body.get("promo_id"), field=field, reason=reason)

    def _text(self, field: str) -> str:
        value = self._get(field)
        if not isinstance(value, str) or not value:
            raise self._bad(field, "is a text")
        return value

    def _texts(self, field: str) -> frozenset[str]:
        value = self._get(field)
        if value is None:
            return frozenset()
        if not isinstance(value, list) or any(not isinstance(each, str) for each in value):
            raise self._bad(field, "is a list of texts")
        return frozenset(value)

    def _flag(self, field: str) -> bool:
        value = self._get(field)
        if value is not None and not isinstance(value, bool):
            raise self._bad(field, "is true or false")
        return bool(value)

    def _whole(self, field: str, least: int, most: int, otherwise: int | None = None) -> int:
        value = self._get(field)
        if value is None and otherwise is not None:
            return otherwise
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self._bad(field, f"is a whole number from {least} to {most}")
        return value

    def _percent(self, field: str, otherwise: int | None = None) -> int:
        value = self._get(field)
        if value is None and otherwise is not None:
            return otherwise
        try:
            scaled = Decimal(str(value)) * 100
            if 0 < scaled <= WHOLE and scaled == int(scaled) and not isinstance(value, bool):
                return int(scaled)
        except ArithmeticError:
            pass
        raise self._bad(field, "is above 0 and at most 100, with two decimals at most")

    def _moment(self, field: str, *, optional: bool = False) -> datetime | None:
        value = self._get(field)
        if value is None and optional:
            return None
        try:
            return datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise self._bad(field, "is a moment like 2026-12-01T00:00:00+07:00") from None

    def _hours(self) -> Hours | None:
        value = self._get("hours")
        if value is None:
            return None
        try:
            hours = Hours(time.fromisoformat(value["from"]), time.fromisoformat(value["to"]))
        except (TypeError, KeyError, ValueError):
            raise self._bad("hours", 'is like {"from": "22:00", "to": "02:00"}') from None
        if hours.begin == hours.end or hours.begin.tzinfo or hours.end.tzinfo:
            raise self._bad("hours", "begins and ends at different times of the store's clock")
        return hours

    def _parts(self, field: str) -> list[_Reader]:
        value = self._get(field)
        if not isinstance(value, list) or not value or any(not isinstance(each, Mapping) for each in value):
            raise self._bad(field, "is a list with at least one entry")
        return [_Reader({"promo_id": self._body.get("promo_id"), **each}) for each in value]
