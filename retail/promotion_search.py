"""The best use of a few goods, exactly: unit after unit, keeping the best way to each state.

Units come dearest first. A state says how far each group has come; of two ways to the same state only
the better one can lead to the best end, so the work grows with the states and not with the ways.
`Exhausted` is raised when even that is too much, and somebody settles for less.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from retail.promotion_goods import Choice, Good, Grant, Key, Member, OffersByGood
from retail.promotion_offer import Offer
from retail.promotion_options import Exhausted, Machine, Option, Range, State, Step, options_of
from retail.promotion_sharing import shared

MANY_STATES = 32
"""Fewer are not worth a look at which of them can still end well."""


@dataclass(slots=True)
class Effort:
    """How many steps are left."""

    left: int

    def spend(self, steps: int) -> None:
        """Raises `Exhausted` when there are fewer left."""
        self.left -= steps
        if self.left < 0:
            raise Exhausted


Trail = tuple["Trail", Good, Option] | None
Label = tuple[int, Trail]
Visit = tuple[Good, list[Option], bool]
Layer = dict[tuple[State, ...], Label]


@dataclass(slots=True)
class Component:
    """Goods that compete for the same offers, and the machines those offers need."""

    goods: list[Good]
    machines: list[Machine]

    def prepare(self, offers: OffersByGood) -> None:
        """Bring goods and machines into the order in which the search takes them."""
        self.goods = ordered(self.goods, offers)
        self.machines.sort(key=lambda machine: machine.offer.rank)
        for machine in self.machines:
            machine.loose = _needs_care(machine.offer, self.goods, offers)

    def visits(self, offers: OffersByGood, scope: Range = Range.BEST) -> Iterator[Visit]:
        """Each good with what a unit of it can do, and whether it is the last at its price."""
        for place, good in enumerate(self.goods):
            options = options_of(good, offers[good.key], self.machines, scope)
            following = self.goods[place + 1] if place + 1 < len(self.goods) else None
            yield good, options, following is None or following.price < good.price


class UnitsAhead:
    """The units that are still to come for each machine, while a search goes through the goods."""

    def __init__(self, component: Component, offers: OffersByGood) -> None:
        self._machines = component.machines
        numbers = {id(machine.offer): number for number, machine in enumerate(component.machines)}
        self._served = {
            good.key: [numbers[id(offer)] for offer, _ in offers[good.key] if id(offer) in numbers]
            for good in component.goods
        }
        self._left = [0] * len(component.machines)
        for good in component.goods:
            for number in self._served[good.key]:
                self._left[number] += good.count
        self._needs: list[dict[State, int]] = [{} for _ in component.machines]

    def pass_by(self, good: Good) -> None:
        """One unit of the good is no longer ahead."""
        for number in self._served[good.key]:
            self._left[number] -= 1

    def can_complete(self, states: tuple[State, ...]) -> bool:
        """Whether enough units are left for every group that has been begun."""
        for machine, state, left, needs in zip(self._machines, states, self._left, self._needs, strict=True):
            need = needs.get(state)
            if need is None:
                need = needs[state] = machine.needs(state)
            if need > left:
                return False
        return True


def left_of(good: Good, offers: OffersByGood) -> int:
    """What a unit costs after every stackable discount off each unit."""
    price = good.price
    for offer, _ in offers[good.key]:
        if offer.each and offer.promotion.stackable:
            price -= offer.saving_on(price)
    return price


def ordered(goods: Sequence[Good], offers: OffersByGood) -> list[Good]:
    """Dearest first; among equals those that stackable discounts make cheapest."""
    return sorted(goods, key=lambda good: (-good.price, left_of(good, offers), good.key))


def _needs_care(offer: Offer, goods: Sequence[Good], offers: OffersByGood) -> bool:
    """Whether other stackable promotions look at the same units, so that their order by price may turn."""
    if not offer.pooled or not offer.promotion.stackable:
        return False
    served = [good for good in goods if good.serves(offer)]
    others = {id(each): each for good in served for each, _ in offers[good.key] if each.promotion.stackable}
    if any(each.is_counted and each is not offer for each in others.values()):
        return True
    left = [left_of(good, offers) for good in served]
    return any(cheaper > dearer for dearer, cheaper in pairwise(left))


def weights_of(goods: Sequence[Good], offers: OffersByGood) -> dict[int, int]:
    """What a minor unit saved by an offer counts: first the sum, then the offers in rank order.

    One whole number holds them all, so that comparing two ways compares sums, then the savings of the
    promotion of highest rank, and so on. Keyed by id of the offer.
    """
    known = {id(offer): offer for good in goods for offer, _ in offers[good.key]}
    ranked = sorted(known.values(), key=lambda offer: offer.rank)
    width = sum(good.value for good in goods).bit_length() + 2
    top = 1 << width * len(ranked)
    return {id(offer): top + (1 << width * (len(ranked) - 1 - place)) for place, offer in enumerate(ranked)}


def best_choice(component: Component, offers: OffersByGood, effort: Effort) -> Choice:
    """The choice that saves most on these goods; raises `Exhausted`."""
    weights = weights_of(component.goods, offers)
    machines = component.machines
    costs = [
        (machine.offer.bundle_price or 0) * weights[id(machine.offer)] if machine.offer.is_group else 0
        for machine in machines
    ]
    known: list[dict[tuple[State, int], tuple[State, bool] | None]] = [{} for _ in machines]
    ahead = UnitsAhead(component, offers)
    layer: Layer = {tuple(machine.start for machine in machines): (0, None)}
    for good, options, is_last in component.visits(offers):
        priced = [
            (option, option.moves, sum(step.saving * weights[id(step.offer)] for step in option.steps))
            for option in options
        ]
        for _ in range(good.count):
            effort.spend(len(layer) * len(priced))
            ahead.pass_by(good)
            grown: Layer = {}
            for states, (value, trail) in layer.items():
                for option, moves, gain in priced:
                    after, worth = states, value + gain
                    if moves:
                        stepped = _stepped(states, moves, machines, known, costs)
                        if stepped is None:
                            continue
                        after, cost = stepped
                        worth -= cost
                    old = grown.get(after)
                    if old is None or worth > old[0]:
                        grown[after] = (worth, (trail, good, option))
            layer = grown
            if len(layer) >= MANY_STATES:
                layer = {states: label for states, label in layer.items() if ahead.can_complete(states)}
        if is_last and any(machine.loose for machine in machines):
            layer = {states: label for states, label in layer.items() if are_sound(machines, states)}
    ends = [
        label
        for states, label in layer.items()
        if all(machine.is_done(state) for machine, state in zip(machines, states, strict=True))
    ]
    return choice_of(max(ends, key=lambda label: label[0])[1], component)


def are_sound(machines: Sequence[Machine], states: tuple[State, ...]) -> bool:
    """Whether every machine may go on to cheaper goods from here."""
    return all(machine.is_sound(state) for machine, state in zip(machines, states, strict=True))


def _stepped(
    states: tuple[State, ...],
    moves: tuple[tuple[int, int], ...],
    machines: Sequence[Machine],
    known: list[dict[tuple[State, int], tuple[State, bool] | None]],
    costs: Sequence[int],
) -> tuple[tuple[State, ...], int] | None:
    after = list(states)
    cost = 0
    for number, role in moves:
        memory, here = known[number], (after[number], role)
        if here not in memory:
            memory[here] = machines[number].step(*here)
        stepped = memory[here]
        if stepped is None:
            return None
        after[number], completed = stepped
        if completed:
            cost += costs[number]
    return tuple(after), cost


def choice_of(trail: Trail, component: Component) -> Choice:
    """The choice a trail of options stands for, with groups made of units in the order they came."""
    units: list[tuple[Good, Option]] = []
    while trail is not None:
        trail, good, option = trail
        units.append((good, option))
    units.reverse()
    choice = Choice()
    singles: dict[tuple[int, Key, int], tuple[Good, Step, int]] = {}
    waiting: dict[int, list[tuple[Good, Step]]] = {}
    for good, option in units:
        _count(choice, good, option)
        for step in option.steps:
            if step.offer.is_group:
                waiting.setdefault(id(step.offer), []).append((good, step))
            elif step.saving:
                here = (id(step.offer), good.key, step.saving)
                singles[here] = (good, step, singles[here][2] + 1 if here in singles else 1)
    grants = [
        Grant(step.offer, step.saving, (Member(good, 1, step.price),), times)
        for good, step, times in singles.values()
    ]
    for machine in component.machines:
        grants += _sets(machine, waiting.get(id(machine.offer), []))
    choice.shares = shared(grants, component.goods, choice.taken)
    return choice


def _count(choice: Choice, good: Good, option: Option) -> None:
    """Note what one unit of a good serves."""
    key = good.key
    if option.billed is not None:
        choice.bill(good, option.billed, 1)
    elif not option.is_open:
        choice.taken[key] = choice.taken.get(key, 0) + 1
    elif option.steps:
        choice.stacked[key] = choice.stacked.get(key, 0) + 1


def _sets(machine: Machine, units: Sequence[tuple[Good, Step]]) -> list[Grant]:
    """The groups of one offer: each takes the first units that wait for each of its parts."""
    if not machine.offer.is_group or not units:
        return []
    per_part: list[list[tuple[Good, Step]]] = [[] for _ in machine.quantities]
    for good, step in units:
        per_part[step.role].append((good, step))
    grants = []
    for number in range(len(per_part[0]) // machine.quantities[0]):
        members = [
            unit
            for part, need in zip(per_part, machine.quantities, strict=True)
            for unit in part[number * need : (number + 1) * need]
        ]
        saving = sum(step.saving for _, step in members) - (machine.offer.bundle_price or 0)
        if saving > 0:
            grants.append(
                Grant(machine.offer, saving, tuple(Member(good, 1, step.price) for good, step in members))
            )
    return grants
