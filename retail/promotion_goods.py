"""What promotions are chosen over, goods that are alike, and what a choice grants."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from retail.promotion_book import Casting, PromotionBook
from retail.promotion_offer import Offer
from retail.quantity import Unit

if TYPE_CHECKING:  # baskets ask for promotions, so this module cannot ask for baskets when it runs
    from retail.basket import Line


@dataclass(frozen=True, slots=True)
class Good:
    """Units nobody can tell apart: same product, same price. A weighed line is one unit.

    `price` in minor units of one unit; `lines` are (place of the line, its units), by line id. Goods
    whose price a person has made are `closed`: they count towards minimum purchases and take no
    promotion.
    """

    number: int
    sku_id: str
    category: str
    price: int
    count: int
    casting: Casting
    lines: tuple[tuple[int, int], ...]
    closed: bool = False

    @property
    def value(self) -> int:
        """All units at their price."""
        return self.price * self.count

    def serves(self, offer: Offer) -> bool:
        """Whether these are goods of the offer's promotion."""
        return any(forms[0].promotion is offer.promotion for forms, _ in self.casting)


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


@dataclass(slots=True)
class Choice:
    """How the units of a basket serve promotions.

    `taken`: units of a good that serve a promotion which is not stackable (by good number); `billed`:
    units kept for an offer on the bill that is not stackable. What is in neither is open to the
    stackable ones; `stacked` counts the units that serve one of those.
    """

    grants: list[Grant] = field(default_factory=list)
    taken: dict[int, int] = field(default_factory=dict)
    stacked: dict[int, int] = field(default_factory=dict)
    billed: dict[int, tuple[Offer, int]] = field(default_factory=dict)

    def add(self, other: Choice) -> None:
        """Join with a choice over other goods."""
        self.grants += other.grants
        self.taken |= other.taken
        self.stacked |= other.stacked
        self.billed |= other.billed


OffersByGood = dict[int, list[tuple[Offer, tuple[int, ...]]]]


def offers_on(goods: Iterable[Good], offers: Sequence[Offer]) -> OffersByGood:
    """For each good (by number) the offers it can serve, in rank order, with its parts in them."""
    on = {offer.promotion.promo_id: offer for offer in offers}
    found: OffersByGood = {}
    for good in goods:
        if not good.closed:
            found[good.number] = here = []
            for forms, roles in good.casting:
                offer = on.get(forms[0].promotion.promo_id)
                if offer is not None:
                    here.append((offer, roles))
    return found


def goods_of(lines: Sequence[Line], book: PromotionBook) -> list[Good]:
    """The lines as goods, in an order that does not depend on the order of scanning."""
    alike: dict[tuple[str, str, int, bool], list[tuple[Line, int]]] = {}
    for place, line in enumerate(lines):
        # A price that a person has made is final: no rule of head office goes on top of it.
        closed = bool(line.line_discount or line.override_reason or line.unit_price != line.list_price)
        single = closed or line.unit is Unit.GRAM
        price = line.line_total if single else line.unit_price
        key = (line.sku_id, line.category, price, closed or price == 0)
        alike.setdefault(key, []).append((line, place))
    goods = []
    for number, key in enumerate(sorted(alike)):
        sku_id, category, price, closed = key
        same = alike[key]
        if len(same) > 1:
            same.sort(key=lambda each: each[0].line_item_id)
        places = tuple(
            (place, 1 if closed or line.unit is Unit.GRAM else line.quantity) for line, place in same
        )
        count = sum(units for _, units in places)
        goods.append(
            Good(number, sku_id, category, price, count, book.casting(sku_id, category), places, closed)
        )
    return goods
