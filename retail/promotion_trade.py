"""Giving up a little discount for a larger one: the search where one promotion costs another.

That happens where a discount would bring goods below another promotion's minimum purchase, or leave an
amount off the bill too little to fall on. Beside what a way saves, this search keeps what it costs each
such condition, and forgets a way only when another is at least as good in everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import add, lt
from typing import TypeVar

from retail.money import AMOUNT_LIMIT, share_out
from retail.promotion_goods import Choice, Good, Key, OffersByGood
from retail.promotion_offer import Offer
from retail.promotion_options import Machine, Option, Range, State
from retail.promotion_search import Component, Effort, Trail, UnitsAhead, are_sound, choice_of

Place = tuple[int, ...]
"""Minus what others take off each condition's goods, then the rooms for the offers on the bill."""

Room = tuple[Offer, Key | None]
"""What an offer on the bill can fall on: all of its goods together, or one of them by itself."""

Settled = tuple[int, Place, Choice]

Waiter = tuple[int, int, tuple[bool, ...]]
"""A unit of a group that is not complete: what it costs, what it saves, and which figures of a place it
is about."""
Queue = tuple[tuple[Waiter, ...], ...]
"""Waiters per part of the group."""
Stand = tuple[tuple[State, ...], tuple[Queue, ...]]
"""How far each machine has come, and who waits for the groups that straddle."""
T = TypeVar("T")
Table = dict[Place, tuple[int, T]]


class Terms:
    """The conditions under which a search takes place; minor units.

    `conditional` are the offers with a minimum purchase and `slack` how much others may take off their
    goods; `rooms` are of the offers on the bill, which need goods to fall on. With `shares`, what a group
    saves falls on each of its goods by its price, as it does in the end.
    """

    def __init__(
        self,
        conditional: Sequence[Offer],
        slack: Sequence[int],
        rooms: Sequence[Room],
        *,
        has_bundles: bool,
        shares: bool,
    ) -> None:
        self.shares = shares
        self.conditional = tuple(conditional)
        self.rooms = tuple(rooms)
        self.is_apart = any(key is not None for _, key in rooms)
        self.start: Place = (0,) * (len(self.conditional) + len(self.rooms))
        # Only a bundle, whose price comes back when it is complete, can bring a minimum within reach again.
        self._floors = tuple(-each for each in slack) if not has_bundles else ()
        # Room beyond what an offer can use counts no more; stackable ones share theirs.
        stackable = {id(offer): offer for offer, _ in rooms if offer.promotion.stackable}
        stacked = sum(offer.amount for offer in stackable.values())
        caps = (
            AMOUNT_LIMIT if key else stacked if offer.promotion.stackable else offer.amount
            for offer, key in rooms
        )
        self._caps = (*(AMOUNT_LIMIT for _ in conditional), *caps) if rooms else ()

    def is_room(self, room: Room, good: Good) -> bool:
        """Whether the good makes this room larger."""
        offer, key = room
        return good.serves(offer) if key is None else good.key == key

    def moved(self, at: Place, move: Place) -> Place | None:
        """The place after a move, or None where a minimum is out of reach for good."""
        place = tuple(map(add, at, move))
        if self._floors and any(map(lt, place, self._floors)):
            return None
        return tuple(map(min, place, self._caps)) if self._caps else place


def rooms_of(
    goods: Sequence[Good], conditional: Sequence[Offer], billed: Sequence[Offer], *, apart: bool
) -> list[Room]:
    """The rooms of these offers on the bill.

    `apart`: where it matters on which of its goods an offer falls, each of them is a room by itself. It
    matters where they count for different minimum purchases, or for different stackable offers on the bill,
    which fall on what is left.
    """
    found: list[Room] = []
    for offer in billed:
        served = [good for good in goods if not good.closed and good.serves(offer)]
        others = [each for each in conditional if each is not offer]
        if offer.promotion.stackable:
            others += [each for each in billed if each.promotion.stackable and each is not offer]
        if apart and len({tuple(map(good.serves, others)) for good in served}) > 1:
            found += [(offer, good.key) for good in served]
        else:
            found.append((offer, None))
    return found


def ways(
    component: Component,
    offers: OffersByGood,
    terms: Terms,
    weights: dict[int, int],
    scope: Range,
    effort: Effort,
) -> list[Settled]:
    """All choices on these goods that no other beats in everything; raises `Exhausted`."""
    machines = component.machines
    straddling = _straddling(component, offers, terms)
    ahead = UnitsAhead(component, offers)
    layer: dict[Stand, Table[Trail]] = {
        (
            tuple(machine.start for machine in machines),
            tuple(((),) * len(m.quantities) for m in straddling),
        ): {terms.start: (0, None)}
    }
    for good, options, is_last in component.visits(offers, scope):
        priced = [
            Priced(
                option,
                sum(step.saving * weights[id(step.offer)] for step in option.steps),
                _place(option, good, terms, straddling),
                [_waiting(machine, option, good, terms) for machine in straddling],
            )
            for option in options
        ]
        for _ in range(good.count):
            layer = _grown(layer, good, priced, machines, straddling, terms, weights, effort)
            ahead.pass_by(good)
            layer = {stand: table for stand, table in layer.items() if ahead.can_complete(stand[0])}
        if is_last:
            layer = {stand: table for stand, table in layer.items() if are_sound(machines, stand[0])}
    best: Table[Trail] = {}
    for (states, _), table in layer.items():
        if all(machine.is_done(state) for machine, state in zip(machines, states, strict=True)):
            for place, label in table.items():
                _keep(best, place, *label)
    return [
        (value, place, choice_of(trail, component))
        for place, (value, trail) in _pruned(best, terms, effort).items()
    ]


def joined(
    first: Iterable[Settled], second: Sequence[Settled], terms: Terms, effort: Effort
) -> list[Settled]:
    """Ways for two sets of goods together; raises `Exhausted`."""
    best: Table[tuple[Choice, Choice]] = {}
    for value, at, choice in first:
        effort.spend(len(second))
        for more, move, other in second:
            place = terms.moved(at, move)
            if place is not None:
                _keep(best, place, value + more, (choice, other))
    found = []
    for place, (value, (one, two)) in _pruned(best, terms, effort).items():
        together = Choice()
        together.add(one)
        together.add(two)
        found.append((value, place, together))
    return found


@dataclass(frozen=True, slots=True)
class Priced:
    """An option of a unit, what it is worth, what it does to the place, and whom it sends to wait (the part
    and the waiter, per straddling machine)."""

    option: Option
    gain: int
    move: Place
    waiting: list[tuple[int, Waiter] | None]


def _straddling(component: Component, offers: OffersByGood, terms: Terms) -> list[Machine]:
    """Groups of which some goods count for a figure of the place and some do not, and all bundles.

    What such a group saves is shared over all its members, so how much of it falls on which goods is known
    only when it is complete; and only then whether a bundle saves anything.
    """
    found = []
    for machine in component.machines if terms.shares else ():
        if not machine.offer.is_group:
            continue
        goods = [
            good for good in component.goods if any(each is machine.offer for each, _ in offers[good.key])
        ]
        if (
            machine.offer.bundle_price is not None
            or len({_about(machine.offer, good, terms) for good in goods}) > 1
        ):
            found.append(machine)
    return found


def _about(group: Offer, good: Good, terms: Terms) -> tuple[bool, ...]:
    """Which figures of the place change when this group takes something off the good."""
    return (
        *(offer is not group and good.serves(offer) for offer in terms.conditional),
        *(room[0].promotion.stackable and terms.is_room(room, good) for room in terms.rooms),
    )


def _waiting(machine: Machine, option: Option, good: Good, terms: Terms) -> tuple[int, Waiter] | None:
    for step in option.steps:
        if step.offer is machine.offer:
            about = _about(machine.offer, good, terms)
            return step.role, (step.price, step.saving, about if option.is_open else _closed(about, terms))
    return None


def _closed(about: tuple[bool, ...], terms: Terms) -> tuple[bool, ...]:
    """A unit that is not open to stackable promotions leaves no room for amounts off the bill."""
    first = len(terms.conditional)
    return (*about[:first], *(False for _ in terms.rooms))


def _place(option: Option, good: Good, terms: Terms, straddling: Sequence[Machine]) -> Place:
    """What the option does to each figure, but for groups that straddle."""
    late = [machine.offer for machine in straddling]
    steps = [step for step in option.steps if not any(step.offer is offer for offer in late)]
    moved = [
        -sum(step.saving for step in steps if step.offer is not offer) if good.serves(offer) else 0
        for offer in terms.conditional
    ]
    left = good.price - sum(step.saving for step in steps)
    for room in terms.rooms:
        serves = option.is_open if room[0].promotion.stackable else option.billed is room[0]
        moved.append(left if serves and terms.is_room(room, good) else 0)
    return tuple(moved)


def _grown(
    layer: dict[Stand, Table[Trail]],
    good: Good,
    priced: Sequence[Priced],
    machines: Sequence[Machine],
    straddling: Sequence[Machine],
    terms: Terms,
    weights: dict[int, int],
    effort: Effort,
) -> dict[Stand, Table[Trail]]:
    grown: dict[Stand, Table[Trail]] = {}
    moved = terms.moved
    for (states, queues), table in layer.items():
        # To wait in a queue and to be shared out takes several times as long.
        effort.spend((len(table) + 3 * len(straddling)) * len(priced))
        for each in priced:
            option = each.option
            after, waiting, worth, here = states, queues, each.gain, each.move
            if option.moves:
                stepped = _stepped(states, option, machines)
                if stepped is None:
                    continue
                after, completed = stepped
                for offer in completed:
                    worth -= (offer.bundle_price or 0) * weights[id(offer)]
                    if not any(machine.offer is offer for machine in straddling):
                        here = _paid(here, offer, good, option, terms)
                if straddling:
                    queued = _queued(queues, each.waiting, straddling, here)
                    if queued is None:
                        continue
                    waiting, here = queued
            reached = grown.setdefault((after, waiting), {})
            for at, (value, trail) in table.items():
                place = moved(at, here)
                if place is not None:
                    known = reached.get(place)
                    if known is None or value + worth > known[0]:
                        reached[place] = (value + worth, (trail, good, option))
    return {stand: _pruned(table, terms, effort) for stand, table in grown.items()}


def _queued(
    queues: tuple[Queue, ...],
    joining: Sequence[tuple[int, Waiter] | None],
    straddling: Sequence[Machine],
    place: Place,
) -> tuple[tuple[Queue, ...], Place] | None:
    """Who waits after these have joined, and the place with what complete groups take off their goods.

    None where a bundle would save nothing.
    """
    after = list(queues)
    for number, (machine, joins) in enumerate(zip(straddling, joining, strict=True)):
        if joins is None:
            continue
        role, waiter = joins
        parts = [[*part, waiter] if at == role else list(part) for at, part in enumerate(queues[number])]
        if all(len(part) >= need for part, need in zip(parts, machine.quantities, strict=True)):
            members = [
                member for part, need in zip(parts, machine.quantities, strict=True) for member in part[:need]
            ]
            parts = [part[need:] for part, need in zip(parts, machine.quantities, strict=True)]
            saving = sum(saved for _, saved, _ in members) - (machine.offer.bundle_price or 0)
            if saving <= 0 and machine.offer.bundle_price is not None:
                return None
            shares = share_out(saving, [price for price, _, _ in members])
            place = tuple(
                at - sum(share for share, (_, _, about) in zip(shares, members, strict=True) if about[figure])
                for figure, at in enumerate(place)
            )
        after[number] = tuple(map(tuple, parts))
    return tuple(after), place


def _stepped(
    states: tuple[State, ...], option: Option, machines: Sequence[Machine]
) -> tuple[tuple[State, ...], list[Offer]] | None:
    """The states after a unit, and the bundles it completed; None where there is no room for it."""
    after: list[State] = list(states)
    completed: list[Offer] = []
    for number, role in option.moves:
        stepped = machines[number].step(after[number], role)
        if stepped is None:
            return None
        after[number], is_complete = stepped
        if is_complete and machines[number].offer.bundle_price:
            completed.append(machines[number].offer)
    return tuple(after), completed


def _paid(place: Place, bundle: Offer, good: Good, option: Option, terms: Terms) -> Place:
    """A bundle takes its goods whole; its price is money that stays with them."""
    price = bundle.bundle_price or 0
    stays = [conditional is not bundle and good.serves(conditional) for conditional in terms.conditional]
    stays += [
        room[0].promotion.stackable and option.is_open and terms.is_room(room, good) for room in terms.rooms
    ]
    return tuple(at + price if stay else at for at, stay in zip(place, stays, strict=True))


def _keep(table: Table[T], place: Place, value: int, what: T) -> None:
    known = table.get(place)
    if known is None or value > known[0]:
        table[place] = (value, what)


def _pruned(table: Table[T], terms: Terms, effort: Effort) -> Table[T]:
    """The table without the places that another beats in everything.

    More room for an amount off the bill is not better when it costs another promotion its minimum, or falls
    elsewhere, so beside conditions and where goods are told apart only equal room compares.
    """
    if len(table) < 2:
        return table
    first = len(terms.conditional)
    ranked = sorted(table.items(), key=lambda each: (each[1][0], each[0]), reverse=True)
    kept: Table[T] = {}
    best: dict[Place, list[Place]] = {}
    for place, label in ranked:
        group = place[first:] if first or terms.is_apart else ()
        compared = place[:first] if first or terms.is_apart else place
        rivals = best.setdefault(group, [])
        if len(compared) == 1:
            if rivals and rivals[0] >= compared:
                continue
            rivals[:] = [compared]
        else:
            effort.spend(len(rivals) // 4)
            if any(all(a >= b for a, b in zip(rival, compared, strict=True)) for rival in rivals):
                continue
            rivals.append(compared)
        kept[place] = label
    return kept
