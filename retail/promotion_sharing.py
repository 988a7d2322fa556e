"""What a choice comes to: every minor unit of a saving gets a good, a line and the promotion's name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from retail.money import share_out
from retail.promotion_goods import Choice, Good, Grant
from retail.promotion_offer import Offer

Key = tuple[int, list[tuple[tuple[int, str], int]]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What each offer takes off each good, in minor units.

    `is_valid`: every minimum purchase is reached. `is_full`: every amount off the bill is given whole.
    """

    by_offer: dict[str, dict[int, int]]
    offers: dict[str, Offer]
    is_valid: bool
    is_full: bool

    @property
    def total(self) -> int:
        """Minor units saved."""
        return sum(sum(shares.values()) for shares in self.by_offer.values())

    @property
    def key(self) -> Key:
        """The smaller key is the better outcome: it saves more, or the same by promotions of higher rank."""
        savings = sorted(
            (self.offers[promo_id].rank, -sum(shares.values())) for promo_id, shares in self.by_offer.items()
        )
        return (-self.total, savings)


def outcome_of(choice: Choice, goods: Sequence[Good], offers: Sequence[Offer]) -> Outcome:
    """What the choice comes to, with the offers on the bill put on what is left for them."""
    shares: dict[str, dict[int, int]] = {}
    applied: dict[str, Offer] = {}
    left = [good.value for good in goods]
    open_value = [
        0 if good.closed else good.price * (good.count - _bound(choice, good.number)) for good in goods
    ]
    for grant in choice.grants:
        _share_grant(grant, shares.setdefault(grant.offer.promotion.promo_id, {}), left, open_value)
        applied[grant.offer.promotion.promo_id] = grant.offer
    is_full = True
    for offer in offers:
        if not offer.bill:
            continue
        room = _room(offer, choice, goods, open_value)
        saving = min(offer.amount, sum(room.values()))
        is_full = is_full and saving == min(offer.amount, _all_of(offer, goods))
        if saving:
            applied[offer.promotion.promo_id] = offer
            parts = share_out(saving, list(room.values()))
            mine = shares.setdefault(offer.promotion.promo_id, {})
            for number, part in zip(room, parts, strict=True):
                mine[number] = part
                left[number] -= part
                if offer.promotion.stackable:
                    open_value[number] -= part
    return Outcome(shares, applied, _reached(shares, applied, goods), is_full)


def _bound(choice: Choice, number: int) -> int:
    """Units of this good that are not open to stackable promotions."""
    return choice.taken.get(number, 0) + (choice.billed[number][1] if number in choice.billed else 0)


def _all_of(offer: Offer, goods: Sequence[Good]) -> int:
    return sum(good.value for good in goods if not good.closed and good.serves(offer))


def _room(offer: Offer, choice: Choice, goods: Sequence[Good], open_value: Sequence[int]) -> dict[int, int]:
    """What the offer on the bill can fall on: minor units by good number."""
    if offer.promotion.stackable:
        return {
            good.number: open_value[good.number]
            for good in goods
            if not good.closed and open_value[good.number] > 0 and good.serves(offer)
        }
    return {
        number: units * goods[number].price
        for number, (taker, units) in sorted(choice.billed.items())
        if taker is offer and units
    }


def _share_grant(grant: Grant, mine: dict[int, int], left: list[int], open_value: list[int]) -> None:
    """Share a grant over its members by what they cost, never below zero."""
    members = grant.members
    if len(members) == 1:
        parts = [grant.saving]
    else:
        # By value, so that taking back any one of them gives back what was really paid for it.
        parts = share_out(grant.saving, [member.units * member.price for member in members])
    spare = 0
    is_stackable = grant.offer.promotion.stackable
    for member, part in zip(members, parts, strict=True):
        spare += _put(member.good.number, part * grant.times, mine, left, open_value, is_stackable)
    # Only where stackable groups share their units can one of them find a member too cheap for its part.
    others = [member.good.number for member in members] + list(range(len(left)))
    for number in others:
        if not spare:
            break
        spare = _put(number, spare, mine, left, open_value, is_stackable)


def _put(
    number: int, amount: int, mine: dict[int, int], left: list[int], open_value: list[int], is_stackable: bool
) -> int:
    """Take the amount off a good as far as it can bear it; returns the rest."""
    room = open_value if is_stackable else left
    part = min(amount, room[number])
    if part:
        mine[number] = mine.get(number, 0) + part
        left[number] -= part
        if is_stackable:
            open_value[number] -= part
    return amount - part


def _reached(shares: dict[str, dict[int, int]], applied: dict[str, Offer], goods: Sequence[Good]) -> bool:
    """Whether each promotion's goods still come to its minimum after every other discount."""
    for promo_id, offer in applied.items():
        if not offer.minimum or not any(shares[promo_id].values()):
            continue
        value = sum(
            good.value
            - sum(parts.get(good.number, 0) for other, parts in shares.items() if other != promo_id)
            for good in goods
            if good.serves(offer)
        )
        if value < offer.minimum:
            return False
    return True


def line_savings(
    outcome: Outcome, goods: Sequence[Good], values: Sequence[int]
) -> list[list[tuple[Offer, int]]]:
    """Per line (by place) what each promotion takes off it, in rank order; `values` are the lines' own."""
    left = list(values)
    per_line: list[list[tuple[Offer, int]]] = [[] for _ in values]
    for promo_id in sorted(outcome.by_offer, key=lambda each: outcome.offers[each].rank):
        offer = outcome.offers[promo_id]
        for number, amount in sorted(outcome.by_offer[promo_id].items()):
            places = [place for place, _ in goods[number].lines]
            parts = [amount] if len(places) == 1 else share_out(amount, [left[place] for place in places])
            for place, part in zip(places, parts, strict=True):
                if part:
                    per_line[place].append((offer, part))
                    left[place] -= part
    return per_line
