"""Giving up a little discount to reach a minimum purchase: the search where one promotion costs another.

Beside what a way saves it keeps what it costs each condition, and forgets a way only when another is at
least as good in everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from retail.promotion_goods import Choice, Good, OffersByGood
from retail.promotion_offer import Offer
from retail.promotion_options import Machine, Option, State
from retail.promotion_search import Component, Effort, Trail, are_sound, choice_of

Coordinates = tuple[int, ...]
Way = tuple[int, Coordinates, Trail]
Settled = tuple[int, Coordinates, Choice]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Terms:
    """The offers with a minimum purchase and how much others may take off their goods (`slack`),
    and the offers on the bill, which need goods to fall on. Minor units."""

    conditional: tuple[Offer, ...]
    slack: tuple[int, ...]
    billed: tuple[Offer, ...]
    has_bundles: bool

    @property
    def stacked(self) -> int:
        """What all stackable offers on the bill can use together, in minor units."""
        return sum(offer.amount for offer in self.billed if offer.promotion.stackable)

    @property
    def start(self) -> Coordinates:
        """Nothing taken off, nothing to fall on."""
        return (0,) * (len(self.conditional) + len(self.billed))


def ways(
    component: Component, offers: OffersByGood, terms: Terms, weights: dict[int, int], effort: Effort
) -> list[Settled]:
    """All choices on these goods that no other beats in everything; raises `Exhausted`."""
    machines = component.machines
    layer: dict[tuple[State, ...], list[Way]] = {
        tuple(machine.start for machine in machines): [(0, terms.start, None)]
    }
    for good, options, is_last in component.visits(offers, declining=True):
        priced = [(option, _worth(option, weights), _moved(option, good, terms)) for option in options]
        for _ in range(good.count):
            layer = _grown(layer, good, priced, machines, terms, weights, effort)
        if is_last:
            layer = {states: labels for states, labels in layer.items() if are_sound(machines, states)}
    best: list[Way] = []
    for states, labels in layer.items():
        if all(machine.is_done(state) for machine, state in zip(machines, states, strict=True)):
            for label in labels:
                _insert(best, label, terms)
    return [(value, at, choice_of(trail, machines)) for value, at, trail in best]


def _worth(option: Option, weights: dict[int, int]) -> int:
    return sum(step.saving * weights[id(step.offer)] for step in option.steps)


def _moved(option: Option, good: Good, terms: Terms) -> Coordinates:
    """What the option does to each condition: minus what it takes off its goods, plus room for the bill."""
    moved = [
        -sum(step.saving for step in option.steps if step.offer is not offer) if good.serves(offer) else 0
        for offer in terms.conditional
    ]
    for offer in terms.billed:
        serves = option.is_open if offer.promotion.stackable else option.billed is offer
        moved.append(good.price - option.saving if serves and good.serves(offer) else 0)
    return tuple(moved)


def _grown(
    layer: dict[tuple[State, ...], list[Way]],
    good: Good,
    priced: Sequence[tuple[Option, int, Coordinates]],
    machines: Sequence[Machine],
    terms: Terms,
    weights: dict[int, int],
    effort: Effort,
) -> dict[tuple[State, ...], list[Way]]:
    grown: dict[tuple[State, ...], list[Way]] = {}
    for states, labels in layer.items():
        for option, gain, moved in priced:
            after, cost, paid = list(states), 0, [0] * len(terms.start)
            stepped: tuple[State, bool] | None = ((), False)
            for number, role in option.moves:
                stepped = machines[number].step(after[number], role)
                if stepped is None:
                    break
                after[number], completed = stepped
                price = machines[number].offer.bundle_price
                if completed and price:
                    cost += price * weights[id(machines[number].offer)]
                    _charge(paid, machines[number].offer, price, good, option, terms)
            if stepped is None:
                continue
            here = grown.setdefault(tuple(after), [])
            for value, at, trail in labels:
                effort.spend(1 + len(here))
                place = _clipped(at, moved, paid, terms)
                if place is not None:
                    _insert(here, (value + gain - cost, place, (trail, good, option)), terms)
    return grown


def _charge(paid: list[int], offer: Offer, price: int, good: Good, option: Option, terms: Terms) -> None:
    """A bundle's price is money that stays with its goods."""
    for place, conditional in enumerate(terms.conditional):
        if conditional is not offer and good.serves(conditional):
            paid[place] += price
    for place, billed in enumerate(terms.billed, start=len(terms.conditional)):
        if billed.promotion.stackable and option.is_open and good.serves(billed):
            paid[place] += price


def _clipped(at: Coordinates, moved: Coordinates, paid: Sequence[int], terms: Terms) -> Coordinates | None:
    """The place after a move, or None where a minimum is out of reach for good.

    Room beyond what an offer on the bill can use counts no more. Only a bundle, which takes its goods
    whole and then gives its price back, can bring a minimum within reach again.
    """
    place = [a + b + c for a, b, c in zip(at, moved, paid, strict=True)]
    if not terms.has_bundles and any(a + b < 0 for a, b in zip(place, terms.slack, strict=False)):
        return None
    for number, offer in enumerate(terms.billed, start=len(terms.conditional)):
        place[number] = min(place[number], terms.stacked if offer.promotion.stackable else offer.amount)
    return tuple(place)


def _insert(labels: list[tuple[int, Coordinates, T]], new: tuple[int, Coordinates, T], terms: Terms) -> None:
    """Keep the new way unless an old one is as good in everything; drop the old ones it beats."""
    if any(_covers(old, new, terms) for old in labels):
        return
    labels[:] = [old for old in labels if not _covers(new, old, terms)]
    labels.append(new)


def _covers(
    one: tuple[int, Coordinates, object], other: tuple[int, Coordinates, object], terms: Terms
) -> bool:
    """Whether the one is at least as good in everything."""
    if one[0] < other[0]:
        return False
    here, there = one[1], other[1]
    if not terms.conditional:
        return all(a >= b for a, b in zip(here, there, strict=True))
    # More room for an amount off the bill is not better when it costs another promotion its minimum.
    first = len(terms.conditional)
    return here[first:] == there[first:] and all(
        a >= b for a, b in zip(here[:first], there[:first], strict=True)
    )


def joined(
    first: list[Settled],
    second: list[Settled],
    terms: Terms,
    effort: Effort,
) -> list[Settled]:
    """Ways for two sets of goods together; raises `Exhausted`."""
    best: list[tuple[int, Coordinates, tuple[Choice, Choice]]] = []
    nothing = terms.start
    for value, at, choice in first:
        for more, there, other in second:
            effort.spend(1 + len(best))
            place = _clipped(at, there, nothing, terms)
            if place is not None:
                _insert(best, (value + more, place, (choice, other)), terms)
    ways_together = []
    for value, at, (one, two) in best:
        together = Choice()
        together.add(one)
        together.add(two)
        ways_together.append((value, at, together))
    return ways_together
