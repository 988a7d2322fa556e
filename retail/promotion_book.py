"""Which promotions can touch a product, and which are on for this customer at this moment."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any

from retail.calendar import StoreCalendar
from retail.promotion import Hours, Promotion
from retail.promotion_offer import Offer, offers_of
from retail.promotion_rule import BundlePrice, BuyXGetY

REMEMBERED = 20_000
"""Answers of one kind a book keeps at hand; more than a store needs in a day."""

CUSTOMERS_AT_ONCE = 32
"""Kinds of customers (store, member or not, vouchers) for whom a book keeps at hand what is on."""

RECHECK = timedelta(hours=1)
"""How long at most a set of promotions that are on stands without a look at every clock."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """When, where and for whom a basket is rung up.

    `vouchers` are the `promo_id`s for which the customer has shown a voucher.
    """

    at: datetime
    store_id: str
    calendar: StoreCalendar = field(default_factory=StoreCalendar)
    is_member: bool = False
    vouchers: frozenset[str] = frozenset()


class Missing(StrEnum):
    """What keeps a promotion from being on."""

    OTHER_STORE = "other-store"
    NOT_STARTED = "not-started"
    ENDED = "ended"
    OTHER_DAY = "other-day"
    OTHER_HOURS = "other-hours"
    NOT_A_MEMBER = "not-a-member"
    NO_VOUCHER = "no-voucher"


def is_on(promotion: Promotion, occasion: Occasion, local: datetime) -> bool:
    """Whether it is on; `local` is the occasion's moment on the store's clock."""
    starts_at, ends_at = promotion.starts_at, promotion.ends_at
    if (occasion.at if starts_at.tzinfo else local.replace(tzinfo=None)) < starts_at:
        return False
    if ends_at is not None and (occasion.at if ends_at.tzinfo else local.replace(tzinfo=None)) >= ends_at:
        return False
    if promotion.store_ids and occasion.store_id not in promotion.store_ids:
        return False
    if promotion.members_only and not occasion.is_member:
        return False
    if promotion.voucher_required and promotion.promo_id not in occasion.vouchers:
        return False
    if promotion.hours is not None and not _within(promotion.hours, local):
        return False
    return not promotion.days_of_week or _window_day(promotion.hours, local) in promotion.days_of_week


def missing(promotion: Promotion, occasion: Occasion) -> list[Missing]:
    """Everything that keeps it from being on, in words a program can look up; empty when it is on."""
    local = occasion.calendar.local(occasion.at)
    starts_at, ends_at = promotion.starts_at, promotion.ends_at
    found = []
    if promotion.store_ids and occasion.store_id not in promotion.store_ids:
        found.append(Missing.OTHER_STORE)
    if (occasion.at if starts_at.tzinfo else local.replace(tzinfo=None)) < starts_at:
        found.append(Missing.NOT_STARTED)
    if ends_at is not None and (occasion.at if ends_at.tzinfo else local.replace(tzinfo=None)) >= ends_at:
        found.append(Missing.ENDED)
    if promotion.days_of_week and _window_day(promotion.hours, local) not in promotion.days_of_week:
        found.append(Missing.OTHER_DAY)
    if promotion.hours is not None and not _within(promotion.hours, local):
        found.append(Missing.OTHER_HOURS)
    if promotion.members_only and not occasion.is_member:
        found.append(Missing.NOT_A_MEMBER)
    if promotion.voucher_required and promotion.promo_id not in occasion.vouchers:
        found.append(Missing.NO_VOUCHER)
    return found


def _within(hours: Hours, local: datetime) -> bool:
    clock = local.time()
    if hours.begin < hours.end:
        return hours.begin <= clock < hours.end
    return clock >= hours.begin or clock < hours.end


def _window_day(hours: Hours | None, local: datetime) -> int:
    """ISO day on which the running window began: the small hours belong to the evening before."""
    if hours is not None and hours.begin > hours.end and local.time() < hours.end:
        return (local - timedelta(days=1)).isoweekday()
    return local.isoweekday()


def _edges(promotion: Promotion, local: datetime) -> Iterator[datetime]:
    """Moments around now at which the promotion may begin or end; an hour that comes twice has both."""
    for moment in (promotion.starts_at, promotion.ends_at):
        if moment is not None:
            yield moment if moment.tzinfo else moment.replace(tzinfo=local.tzinfo)
            yield moment if moment.tzinfo else moment.replace(tzinfo=local.tzinfo, fold=1)
    clocks = [promotion.hours.begin, promotion.hours.end] if promotion.hours else []
    for clock in [*clocks, time.min] if promotion.days_of_week else clocks:
        today = datetime.combine(local.date(), clock, tzinfo=local.tzinfo)
        yield today
        yield today.replace(fold=1)
        yield today + timedelta(days=1)


EACH, BUY, GET = 0, 0, 1
"""The parts a unit can play in a promotion; in a bundle it is the part's number."""


def roles_of(promotion: Promotion, sku_id: str, category: str) -> tuple[int, ...]:
    """The parts this product can play in the promotion; empty when it is none of its goods."""
    if sku_id in promotion.excluded_skus:
        return ()
    rule = promotion.rule
    if isinstance(rule, BundlePrice):
        return tuple(number for number, part in enumerate(rule.parts) if part.takes(sku_id, category))
    if isinstance(rule, BuyXGetY) and rule.get_skus is not None:
        buys = (BUY,) if promotion.is_eligible(sku_id, category) else ()
        return (*buys, GET) if sku_id in rule.get_skus else buys
    return (EACH,) if promotion.is_eligible(sku_id, category) else ()


Who = tuple[str, StoreCalendar, bool, frozenset[str]]
"""Store, its calendar, whether a member, and vouchers."""

Casting = tuple[tuple[tuple[Offer, ...], tuple[int, ...]], ...]
"""Per promotion its forms (largest minimum first) and the parts that a product can play in it."""


class PromotionsOn:
    """The promotions that are on for such occasions from `begin` until `end` (excluded)."""

    def __init__(
        self, book: PromotionBook, begin: datetime, end: datetime, promotions: frozenset[int]
    ) -> None:
        self._book = book
        self._castings: dict[tuple[str, str], Casting] = {}
        self._served: dict[tuple[str, str], frozenset[int]] = {}
        self.begin = begin
        self.end = end
        self.promotions = promotions
        """By id of the object."""

    def casting(self, sku_id: str, category: str) -> Casting:
        """Promotions that are on and count this product among their goods; see `PromotionBook.casting`."""
        known = self._castings.get((sku_id, category))
        if known is None:
            known = tuple(
                each
                for each in self._book.casting(sku_id, category)
                if id(each[0][0].promotion) in self.promotions
            )
            if len(self._castings) >= REMEMBERED:
                self._castings.clear()
            self._castings[sku_id, category] = known
        return known

    def served(self, sku_id: str, category: str) -> frozenset[int]:
        """The promotions of `casting`, by id of the object."""
        known = self._served.get((sku_id, category))
        if known is None:
            known = frozenset(id(forms[0].promotion) for forms, _ in self.casting(sku_id, category))
            if len(self._served) >= REMEMBERED:
                self._served.clear()
            self._served[sku_id, category] = known
        return known


class PromotionBook:
    """A set of promotions, ready to be asked per product; never changes after it was made.

    It remembers what it was asked, which changes no answer.
    """

    def __init__(self, promotions: Iterable[Promotion] = ()) -> None:
        self.promotions = tuple(sorted(promotions, key=lambda promotion: promotion.rank))
        self._forms = {id(promotion): offers_of(promotion) for promotion in self.promotions}
        self._anything: list[Promotion] = []
        self._by_sku: dict[str, list[Promotion]] = {}
        self._by_category: dict[str, list[Promotion]] = {}
        self._castings: dict[tuple[str, str], Casting] = {}
        self._on: dict[Who, PromotionsOn] = {}
        self.memory: dict[Hashable, Any] = {}
        for promotion in self.promotions:
            self._index(promotion)

    @classmethod
    def of(cls, promotions: PromotionBook | Iterable[Promotion]) -> PromotionBook:
        """The book itself, or one of these promotions."""
        return promotions if isinstance(promotions, PromotionBook) else cls(promotions)

    def casting(self, sku_id: str, category: str) -> Casting:
        """Promotions that count this product among their goods, in rank order, with its parts in them."""
        known = self._castings.get((sku_id, category))
        if known is not None:
            return known
        near = {
            id(promotion): promotion
            for promotion in (
                *self._anything,
                *self._by_sku.get(sku_id, ()),
                *self._by_category.get(category, ()),
            )
        }
        found = tuple(
            (self._forms[id(promotion)], roles)
            for promotion in sorted(near.values(), key=lambda each: each.rank)
            if (roles := roles_of(promotion, sku_id, category))
        )
        if len(self._castings) >= REMEMBERED:
            self._castings.clear()
        self._castings[sku_id, category] = found
        return found

    def on(self, occasion: Occasion) -> PromotionsOn:
        """The promotions that are on at this occasion."""
        who = (occasion.store_id, occasion.calendar, occasion.is_member, occasion.vouchers)
        known = self._on.get(who)
        if known is not None and known.begin <= occasion.at < known.end:
            return known
        local = occasion.calendar.local(occasion.at)
        found = frozenset(id(each) for each in self.promotions if is_on(each, occasion, local))
        edges = (edge for each in self.promotions for edge in _edges(each, local) if edge > occasion.at)
        end = min(edges, default=occasion.at + RECHECK)
        if occasion.calendar.local(occasion.at + RECHECK).utcoffset() != local.utcoffset():
            end = occasion.at  # the clock is about to be put forward or back: nothing stands by itself
        on = PromotionsOn(self, occasion.at, min(end, occasion.at + RECHECK), found)
        if len(self._on) >= CUSTOMERS_AT_ONCE:
            self._on.clear()
        self._on[who] = on
        return on

    def remember(self, what: Hashable, answer: Any) -> None:
        """Keep an answer in `memory`, which is emptied when it grows too large."""
        if len(self.memory) >= REMEMBERED:
            self.memory.clear()
        self.memory[what] = answer

    def _index(self, promotion: Promotion) -> None:
        rule = promotion.rule
        sources = (
            [(part.skus, part.categories) for part in rule.parts]
            if isinstance(rule, BundlePrice)
            else [(promotion.eligible_skus, promotion.eligible_categories)]
        )
        if any(not skus and not categories for skus, categories in sources):
            self._anything.append(promotion)
            return
        given = rule.get_skus or frozenset() if isinstance(rule, BuyXGetY) else frozenset()
        for sku in frozenset().union(given, *(skus for skus, _ in sources)):
            self._by_sku.setdefault(sku, []).append(promotion)
        for category in frozenset().union(*(categories for _, categories in sources)):
            self._by_category.setdefault(category, []).append(promotion)
