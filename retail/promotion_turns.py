"""The best single promotion, then the best on what is left, and so on: quick for any basket.

No till would be ashamed of this answer, and `retail.promotion_choice` never gives a worse one. Goods are
handled by the count, so that ten thousand cans cost no more than one.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heapify, heappop, heappush

from retail.promotion_book import GET
from retail.promotion_goods import Choice, Good, Grant, Key, Member, by_promotion, offers_on
from retail.promotion_offer import Offer
from retail.promotion_sharing import shared

Turn = tuple[int, list[Grant]]
Stock = list[tuple[Good, tuple[int, ...]]]


def in_turn(goods: Sequence[Good], offers: Sequence[Offer], *, conditional: bool = True) -> Choice:
    """Apply promotions one after the other, each alone on the units that no other has used.

    `conditional`: leave out what would break a minimum purchase (else the caller has seen to it).
    """
    per_good = offers_on(goods, by_promotion(offers))
    stocks: dict[int, Stock] = {}
    for good in sorted(goods, key=lambda each: (-each.price, each.key)):
        for offer, roles in per_good.get(good.key, ()):
            stocks.setdefault(id(offer), []).append((good, roles))
    left = {good.key: good.count for good in goods if not good.closed}
    ledger = _Minima(goods) if conditional else None
    queue = []
    for offer in offers:
        saving, _ = _alone(offer, stocks.get(id(offer), []), left)
        if saving:
            queue.append((-saving, offer.rank, offer.minimum, offer))
    heapify(queue)
    choice = Choice()
    given: list[Grant] = []
    done: set[str] = set()
    while queue:
        promised, rank, minimum, offer = heappop(queue)
        if offer.promotion.promo_id in done:
            continue
        saving, grants = _alone(offer, stocks[id(offer)], left)
        if saving <= 0:
            continue
        if saving < -promised:  # others have used its goods meanwhile: it waits for its turn again
            heappush(queue, (-saving, rank, minimum, offer))
            continue
        if ledger is not None and not ledger.allows(offer, grants):
            continue
        done.add(offer.promotion.promo_id)
        _keep(choice, offer, grants, left)
        if not offer.bill:
            given += grants
    choice.shares = shared(given, goods, choice.taken)
    return choice


def _keep(choice: Choice, offer: Offer, grants: list[Grant], left: dict[Key, int]) -> None:
    """Note the units that the grants use."""
    for grant in grants:
        for member in grant.members:
            key, units = member.good.key, member.units * grant.times
            left[key] -= units
            if not offer.bill:
                kept = choice.stacked if offer.promotion.stackable else choice.taken
                kept[key] = kept.get(key, 0) + units
            elif not offer.promotion.stackable:
                choice.bill(member.good, offer, units)


class _Minima:
    """Watches that goods still come to the minimum of every promotion given so far."""

    def __init__(self, goods: Sequence[Good]) -> None:
        self._goods = goods
        self._given: list[tuple[Offer, list[Grant]]] = []

    def allows(self, offer: Offer, grants: list[Grant]) -> bool:
        """Whether these grants may join, and if so notes them."""
        given = [*self._given, (offer, grants)]
        for one, _ in given:
            if not one.minimum:
                continue
            value = sum(good.value for good in self._goods if good.serves(one))
            taken = sum(
                _falls_on(one, grant) for other, theirs in given if other is not one for grant in theirs
            )
            if value - taken < one.minimum:
                return False
        self._given = given
        return True


def _falls_on(offer: Offer, grant: Grant) -> int:
    """At most this much of the grant falls on the offer's goods."""
    return grant.saving * grant.times if any(member.good.serves(offer) for member in grant.members) else 0


def _alone(offer: Offer, stock: Stock, left: dict[Key, int]) -> Turn:
    """What this offer saves on these units by itself, and how."""
    if offer.bill:
        members = tuple(Member(good, left[good.key], good.price) for good, _ in stock if left[good.key])
        saving = min(offer.amount, sum(member.units * member.price for member in members))
        return saving, [Grant(offer, saving, members)] if saving else []
    if offer.each:
        return _each(offer, stock, left)
    return _pool(offer, stock, left) if offer.pooled else _sets(offer, stock, left)


def _each(offer: Offer, stock: Stock, left: dict[Key, int]) -> Turn:
    uses = offer.promotion.max_uses_per_transaction
    grants = []
    for good, _ in stock:  # dearest first
        units = left[good.key] if uses is None else min(uses, left[good.key])
        saving = offer.saving_on(good.price)
        if units and saving:
            grants.append(Grant(offer, saving, (Member(good, 1, good.price),), units))
            uses = None if uses is None else uses - units
    return sum(grant.saving * grant.times for grant in grants), grants


def _pool(offer: Offer, stock: Stock, left: dict[Key, int]) -> Turn:
    """Groups of neighbours in price: the cheapest of each are given, and dear ones are never wasted."""
    size, gives = sum(offer.quantities), offer.quantities[1]
    uses = offer.promotion.max_uses_per_transaction
    runs = [good for good, _ in stock if left[good.key]]
    have = {good.key: left[good.key] for good in runs}
    groups = sum(have.values()) // size
    groups = groups if uses is None else min(groups, uses)
    grants: list[Grant] = []
    while groups:
        times = min(groups, have[runs[0].key] // size) or 1
        need, members = size, []
        while need:
            good = runs[0]
            part = size if times > 1 else min(need, have[good.key])
            members.append(Member(good, part, good.price))
            need -= part
            have[good.key] -= part * times
            if not have[good.key]:
                runs.pop(0)
        given, saving = gives, 0
        for member in reversed(members):
            part = min(given, member.units)
            saving += part * offer.saving_on(member.price)
            given -= part
        grants.append(Grant(offer, saving, tuple(members), times))
        groups -= times
    return sum(grant.saving * grant.times for grant in grants), grants


def _sets(offer: Offer, stock: Stock, left: dict[Key, int]) -> Turn:
    """Set after set from the dearest goods (those only bought: from the cheapest), while one saves."""
    have = {good.key: left[good.key] for good, _ in stock}
    uses = offer.promotion.max_uses_per_transaction
    grants: list[Grant] = []
    # The part with the fewest goods chooses first, so that a pickier part is not left without.
    can = {role: [(g, r) for g, r in stock if role in r] for role in range(len(offer.quantities))}
    parts = sorted(can.items(), key=lambda each: (len(each[1]), each[0]))
    while uses is None or uses > 0:
        members = _one_set(offer, parts, have)
        if members is None:
            break
        if offer.bundle_price is not None:
            saving = sum(m.units * m.price for _, m in members) - offer.bundle_price
        else:
            saving = sum(m.units * offer.saving_on(m.price) for role, m in members if role == GET)
        if saving <= 0:
            break
        needed: dict[Key, int] = {}
        for _, member in members:
            needed[member.good.key] = needed.get(member.good.key, 0) + member.units
        times = min(have[number] // units for number, units in needed.items())
        times = times if uses is None else min(times, uses)
        for number, units in needed.items():
            have[number] -= units * times
        grants.append(Grant(offer, saving, tuple(member for _, member in members), times))
        uses = None if uses is None else uses - times
    return sum(grant.saving * grant.times for grant in grants), grants


def _one_set(
    offer: Offer, parts: list[tuple[int, Stock]], have: dict[Key, int]
) -> list[tuple[int, Member]] | None:
    taken: dict[Key, int] = {}
    members: list[tuple[int, Member]] = []
    for role, can in parts:
        need = offer.quantities[role]
        is_bought = offer.bundle_price is None and role != GET
        choices = sorted(can, key=lambda each: (len(each[1]), each[0].price)) if is_bought else can
        for good, _ in choices:
            units = min(need, have[good.key] - taken.get(good.key, 0))
            if units:
                members.append((role, Member(good, units, good.price)))
                taken[good.key] = taken.get(good.key, 0) + units
                need -= units
            if not need:
                break
        if need:
            return None
    return members
