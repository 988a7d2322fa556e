"""What a choice comes to: every minor unit of a saving gets a good, a line and the promotion's name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from retail.money import share_out
from retail.promotion_goods import Choice, Good, Grant, Key, Share
from retail.promotion_offer import Offer

if TYPE_CHECKING:  # baskets ask for promotions, so this module cannot ask for baskets when it runs
    from retail.basket import Line


@dataclass(frozen=True, slots=True)
class Outcome:
    """What each offer takes off each good, in minor units; `by_offer` is keyed by `promo_id`.

    `is_valid`: every minimum purchase is reached. `is_full`: every amount off the bill is given whole.
    """

    by_offer: dict[str, dict[Key, int]]
    offers: dict[str, Offer]
    is_valid: bool
    is_full: bool

    @property
    def total(self) -> int:
        """Minor units saved."""
        return sum(sum(shares.values()) for shares in self.by_offer.values())

    @property
    def key(self) -> tuple[int, list[tuple[tuple[int, str], int]]]:
        """The smaller key is the better outcome: it saves more, or the same by promotions of higher rank."""
        savings = sorted(
            (self.offers[promo_id].rank, -sum(shares.values())) for promo_id, shares in self.by_offer.items()
        )
        return (-self.total, savings)


def shared(grants: Iterable[Grant], goods: Iterable[Good], taken: dict[Key, int]) -> list[Share]:
    """The grants over their goods by what each member cost, no good below zero.

    By value, so that taking back any one of a group gives back what was really paid for it. `taken`:
    units that serve promotions which are not stackable.
    """
    shares: dict[tuple[int, Key], Share] = {}
    left: dict[tuple[bool, Key], int] = {}
    for good in goods:
        bound = taken.get(good.key, 0)
        left[False, good.key] = bound * good.price
        left[True, good.key] = (good.count - bound) * good.price

    def put(offer: Offer, key: Key, amount: int) -> int:
        """Take the amount off a good as far as it can bear it; returns the rest."""
        room = (offer.promotion.stackable, key)
        part = min(amount, left[room])
        if part:
            left[room] -= part
            known = shares.get((id(offer), key))
            shares[id(offer), key] = (offer, key, part + known[2] if known else part)
        return amount - part

    for grant in sorted(grants, key=lambda each: each.turn):
        members = grant.members
        if len(members) == 1:
            parts = [grant.saving]
        else:
            parts = share_out(grant.saving, [member.units * member.price for member in members])
        spare = 0
        for member, part in zip(members, parts, strict=True):
            spare += put(grant.offer, member.good.key, part * grant.times)
        # Only where stackable groups share their units can one find a member too cheap for its part.
        for key in [member.good.key for member in members] + [key for _, key in left] if spare else ():
            spare = put(grant.offer, key, spare)
    return list(shares.values())


def outcome_of(choice: Choice, goods: Sequence[Good], offers: Iterable[Offer]) -> Outcome:
    """What the choice comes to, with the offers on the bill put on what is left for them."""
    by_offer: dict[str, dict[Key, int]] = {}
    applied: dict[str, Offer] = {}
    for offer, key, amount in choice.shares:
        promo_id = offer.promotion.promo_id
        mine = by_offer.get(promo_id)
        if mine is None:
            mine = by_offer[promo_id] = {}
            applied[promo_id] = offer
        mine[key] = mine.get(key, 0) + amount
    is_full, is_conditional = True, False
    open_left: dict[Key, int] | None = None
    for offer in offers:
        is_conditional = is_conditional or offer.minimum > 0
        if not offer.bill:
            continue
        if offer.promotion.stackable:
            open_left = _open_left(choice, goods) if open_left is None else open_left
            room = {g.key: open_left[g.key] for g in goods if open_left.get(g.key, 0) > 0 and g.serves(offer)}
        else:
            room = {
                good.key: choice.billed[good.key, id(offer)] * good.price
                for good in goods
                if (good.key, id(offer)) in choice.billed
            }
        saving = min(offer.amount, sum(room.values()))
        if saving < offer.amount:
            most = sum(good.value for good in goods if not good.closed and good.serves(offer))
            is_full = is_full and saving == most
        if saving:
            applied[offer.promotion.promo_id] = offer
            parts = share_out(saving, list(room.values()))
            by_offer[offer.promotion.promo_id] = dict(zip(room, parts, strict=True))
            if offer.promotion.stackable and open_left is not None:
                for key, part in zip(room, parts, strict=True):
                    open_left[key] -= part
    return Outcome(by_offer, applied, not is_conditional or _reached(by_offer, applied, goods), is_full)


def _open_left(choice: Choice, goods: Sequence[Good]) -> dict[Key, int]:
    """What units that are open to stackable promotions still cost, in minor units."""
    billed: dict[Key, int] = {}
    for (key, _), units in choice.billed.items():
        billed[key] = billed.get(key, 0) + units
    left = {}
    for good in goods:
        if not good.closed:
            bound = choice.taken.get(good.key, 0) + billed.get(good.key, 0)
            left[good.key] = (good.count - bound) * good.price
    for offer, key, amount in choice.shares:
        if offer.promotion.stackable:
            left[key] -= amount
    return left


def _reached(by_offer: dict[str, dict[Key, int]], applied: dict[str, Offer], goods: Sequence[Good]) -> bool:
    """Whether each promotion's goods still come to its minimum after every other discount."""
    left = {good.key: good.value for good in goods}
    for shares in by_offer.values():
        for key, amount in shares.items():
            left[key] -= amount
    return all(
        sum(left[good.key] for good in goods if good.serves(offer)) + sum(by_offer[promo_id].values())
        >= offer.minimum
        for promo_id, offer in applied.items()
        if offer.minimum
    )


def line_savings(
    outcome: Outcome, goods: Sequence[Good], lines: Sequence[Line]
) -> list[list[tuple[Offer, int]]]:
    """Per line (by place) what each promotion takes off it, in rank order."""
    per_line: list[list[tuple[Offer, int]]] = [[] for _ in lines]
    places_of = {good.key: good.lines for good in goods}
    left: dict[int, int] = {}
    for offer in sorted(outcome.offers.values(), key=lambda each: each.rank):
        for key, amount in outcome.by_offer[offer.promotion.promo_id].items():
            places = places_of[key]
            if len(places) == 1:
                if amount:
                    per_line[places[0][0]].append((offer, amount))
                continue
            weights = [left.setdefault(place, lines[place].line_total) for place, _ in places]
            for (place, _), part in zip(places, share_out(amount, weights), strict=True):
                if part:
                    per_line[place].append((offer, part))
                    left[place] -= part
    return per_line
