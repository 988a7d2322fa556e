"""Amounts off the bill that are not stackable: which of them go together, and the goods each falls on.

Such an amount falls on goods that serve nothing else. Of several that look at the same goods of a basket
one is given: `20,000 off` and `50,000 off` a bill are two offers of the same thing. Where they look at
different goods, each may have its own, and a unit serves one of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from retail.promotion_goods import Choice, Good, OffersByGood
from retail.promotion_offer import Offer

Forms = tuple[Offer, ...]
"""The forms of a promotion that are within reach, the largest minimum first."""


def is_exclusive(offer: Offer) -> bool:
    """Whether it is an amount off the bill that shares its goods with nothing."""
    return offer.bill and not offer.promotion.stackable


def go_together(goods: Iterable[Good], offers: Iterable[Offer]) -> bool:
    """Whether no two of these amounts off the bill look at the same goods."""
    exclusive = [offer for offer in offers if is_exclusive(offer)]
    return len(exclusive) < 2 or len({_looks_at(goods, offer) for offer in exclusive}) == len(exclusive)


def slots_of(goods: Sequence[Good], forms: Sequence[Forms]) -> list[Forms]:
    """The forms, with one slot for all amounts off the bill of which only one can be given."""
    if sum(is_exclusive(each[0]) for each in forms) < 2:
        return list(forms)
    slots: list[Forms] = []
    shared: dict[tuple[bool, ...], list[Offer]] = {}
    for each in forms:
        if all(is_exclusive(form) for form in each):
            shared.setdefault(_looks_at(goods, each[0]), []).extend(each)
        else:
            slots.append(each)
    for offers in shared.values():
        most = sum(good.value for good in goods if not good.closed and good.serves(offers[0]))
        slots.append(tuple(sorted(offers, key=lambda offer: (-min(offer.amount, most), offer.rank))))
    slots.sort(key=lambda slot: slot[0].rank)
    return slots


def bill_the_rest(
    choice: Choice, goods: Sequence[Good], per_good: OffersByGood, spared: Sequence[Offer] = ()
) -> None:
    """Units that serve nothing serve the amounts off the bill that are not stackable.

    Goods of the `spared` offers are left alone, so that these keep their minimum. Where several amounts look
    at a good, those come first that have the least to fall on, each until it is given whole; the units that
    are left go with their like.
    """
    choice.billed.clear()
    free: list[tuple[Good, int, list[Offer]]] = []
    for good in goods:
        units = 0 if good.closed else good.count - choice.taken.get(good.key, 0)
        units -= choice.stacked.get(good.key, 0)
        offers = [offer for offer, _ in per_good[good.key] if is_exclusive(offer)] if units > 0 else []
        offers = [offer for offer in offers if all(each is offer or not good.serves(each) for each in spared)]
        if offers:
            free.append((good, units, offers))
    several = {id(offer): offer for _, _, offers in free for offer in offers if len(offers) > 1}
    if several:
        _given_whole(choice, free, {id(offer): offer for _, _, offers in free for offer in offers})
    for good, units, offers in free:
        mine = [offer for offer in offers if (good.key, id(offer)) in choice.billed]
        rest = units - sum(choice.billed[good.key, id(offer)] for offer in mine)
        if rest:
            choice.bill(good, (mine or offers)[0], rest)


def _given_whole(
    choice: Choice, free: Sequence[tuple[Good, int, list[Offer]]], offers: dict[int, Offer]
) -> None:
    """Each amount on as many units as it needs, from goods that the fewest others look at."""
    left = {good.key: units for good, units, _ in free}
    room = dict.fromkeys(offers, 0)
    for good, units, looking in free:
        for offer in looking:
            room[id(offer)] += units * good.price
    for offer in sorted(offers.values(), key=lambda each: (room[id(each)], each.rank)):
        missing = offer.amount
        mine = [(len(looking), good) for good, _, looking in free if any(o is offer for o in looking)]
        for _, good in sorted(mine, key=lambda each: (each[0], each[1].key)):
            units = min(left[good.key], -(-missing // good.price))
            if units > 0:
                choice.bill(good, offer, units)
                left[good.key] -= units
                missing -= units * good.price


def _looks_at(goods: Iterable[Good], offer: Offer) -> tuple[bool, ...]:
    return tuple(good.serves(offer) for good in goods if not good.closed)
