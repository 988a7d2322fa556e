"""What promotions are chosen over, goods that are alike, and what a choice grants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from retail.promotion_book import Casting, PromotionsOn
from retail.promotion_offer import Offer
from retail.quantity import Unit

if TYPE_CHECKING:  # baskets ask for promotions, so this module cannot ask for baskets when it runs
    from retail.basket import Line

Key = tuple[str, str, int, bool]
"""SKU, category, price and whether the good is closed: what makes units alike."""


@dataclass(frozen=True, slots=True)
class Good:
    """Units nobody can tell apart: same product, same price. A weighed line is one unit.

    `price` in minor units of one unit; `lines` are (place of the line, its units), by line id. Goods
    whose price a person has made are `closed`: they count towards minimum purchases and take no
    promotion. `served` are the promotions of `casting` by id of the object.
    """

    key: Key
    count: int
    casting: Casting
    lines: tuple[tuple[int, int], ...]
    served: frozenset[int]

    @property
    def price(self) -> int:
        """Of one unit, in minor units."""
        return self.key[2]

    @property
    def closed(self) -> bool:
        """Whether promotions leave it alone."""
        return self.key[3]

    @property
    def value(self) -> int:
        """All units at their price."""
        return self.key[2] * self.count

    def serves(self, offer: Offer) -> bool:
        """Whether these are goods of the offer's promotion."""
        return id(offer.promotion) in self.served


@dataclass(frozen=True, slots=True)
class Member:
    """So many units of a good in a grant; `price` is what each still costs when the grant comes."""

    good: Good
    units: int
    price: int


@dataclass(frozen=True, slots=True)
class Grant:
    """One promotion applied `times` over, each time to these members, saving `saving` minor units."""

    offer: Offer
    saving: int
    members: tuple[Member, ...]
    times: int = 1

    @property
    def turn(self) -> tuple[bool, bool, tuple[int, str]]:
        """Sorts grants into the order in which discounts are calculated."""
        return (self.offer.is_group, self.offer.bundle_price is not None, self.offer.rank)


Share = tuple[Offer, Key, int]
"""What an offer takes off a good, in minor units."""


@dataclass(slots=True)
class Choice:
    """How units serve promotions, by key of the good.

    `taken`: units that serve a promotion which is not stackable; `billed`: units kept for each offer on
    the bill that is not stackable, by its id too. What is in neither is open to the stackable ones;
    `stacked` counts the units that serve one of those.
    """

    shares: list[Share] = field(default_factory=list)
    taken: dict[Key, int] = field(default_factory=dict)
    stacked: dict[Key, int] = field(default_factory=dict)
    billed: dict[tuple[Key, int], int] = field(default_factory=dict)

    def bill(self, good: Good, offer: Offer, units: int) -> None:
        """Keep so many more units of the good for this offer on the bill."""
        place = (good.key, id(offer))
        self.billed[place] = self.billed.get(place, 0) + units

    def add(self, other: Choice) -> None:
        """Join with a choice over other goods."""
        self.shares += other.shares
        self.taken.update(other.taken)
        self.stacked.update(other.stacked)
        self.billed.update(other.billed)


Serving = list[tuple[Offer, tuple[int, ...]]]
OffersByGood = dict[Key, Serving]


def offers_on(goods: Iterable[Good], on: Mapping[int, Offer]) -> OffersByGood:
    """For each open good the offers it can serve, in rank order, with its parts in them.

    `on` is keyed by id of the promotion.
    """
    return {
        good.key: [
            (on[id(forms[0].promotion)], roles)
            for forms, roles in good.casting
            if id(forms[0].promotion) in on
        ]
        for good in goods
        if not good.key[3]
    }


def by_promotion(offers: Iterable[Offer]) -> dict[int, Offer]:
    """The offers keyed by id of their promotion, as `offers_on` wants them."""
    return {id(offer.promotion): offer for offer in offers}


def goods_of(lines: Sequence[Line], on: PromotionsOn) -> list[Good]:
    """The lines as goods, with the promotions on for them; their order does not depend on the scanning."""
    alike: dict[Key, list[tuple[int, int, Line]]] = {}
    for place, line in enumerate(lines):
        unit_price = line.unit_price
        closed = line.is_priced_by_hand
        if closed or line.unit is Unit.GRAM:
            unit_price, units = line.line_total, 1
        else:
            units = line.quantity
        key = (line.sku_id, line.category, unit_price, closed or unit_price == 0)
        if key in alike:
            alike[key].append((place, units, line))
        else:
            alike[key] = [(place, units, line)]
    goods = []
    for key in sorted(alike):
        same = alike[key]
        if len(same) > 1:
            same.sort(key=lambda each: each[2].line_item_id)
        places = tuple((place, units) for place, units, _ in same)
        count = same[0][1] if len(same) == 1 else sum(units for _, units in places)
        casting, served = on.casting(key[0], key[1]), on.served(key[0], key[1])
        goods.append(Good(key, count, casting, places, served))
    return goods
