"""What a single unit can do: be left alone, serve one promotion, or serve several stackable ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from math import prod

from retail.promotion_book import BUY, GET
from retail.promotion_goods import Good
from retail.promotion_offer import Offer

State = tuple[int, ...]

OPTIONS_LIMIT = 250
"""Ways one unit may combine stackable promotions; five groups over the same goods are more."""


class Range(StrEnum):
    """How much of what a unit can do is looked at."""

    BEST = "best"
    """Of what involves no machine only what saves most; enough where no promotion costs another."""
    ROOM = "room"
    """Also being left for an amount off the bill."""
    ALL = "all"
    """Also declining any discount."""


class Exhausted(Exception):
    """The work allowed is done and the best end is not known; never leaves `retail.promotion_choice`."""


@dataclass(slots=True)
class Machine:
    """Counts how far an offer with groups or a limit of uses has come; a sum of units goes in, sets come out.

    A state is (uses, units waiting per part …); for a pooled offer (uses, bought and waiting, given of
    the open group). `loose` pools let bought units wait beyond one group, and units of one price come
    in any order; it pays only where other stackable promotions look at the same units.
    """

    offer: Offer
    quantities: tuple[int, ...]
    uses_max: int
    counts_uses: bool
    loose: bool = False

    @property
    def start(self) -> State:
        """Nothing has come yet."""
        return (0, 0, 0) if self.offer.pooled else (0, *(0 for _ in self.quantities))

    def step(self, state: State, role: int) -> tuple[State, bool] | None:
        """The state after one more unit in this part, and whether it completed a set; None: no room."""
        return self._pooled(state, role) if self.offer.pooled else self._set(state, role)

    def _pooled(self, state: State, role: int) -> tuple[State, bool] | None:
        uses, bought, given = state
        buy, get = self.quantities
        if role == BUY:
            if not self.loose and (given or bought >= buy):
                return None
            return (uses, bought + 1, given), False
        if given:
            return (uses, bought, (given + 1) % get), given + 1 == get
        if uses >= self.uses_max or bought - buy < (-buy * self.uses_max if self.loose else 0):
            return None
        return (uses + self.counts_uses, bought - buy, 1 % get), get == 1

    def _set(self, state: State, role: int) -> tuple[State, bool] | None:
        uses, *waiting = state
        if waiting[role] >= self.quantities[role] * (self.uses_max - uses):
            return None
        waiting[role] += 1
        if all(have >= need for have, need in zip(waiting, self.quantities, strict=True)):
            left = (have - need for have, need in zip(waiting, self.quantities, strict=True))
            return (uses + self.counts_uses, *left), True
        return (uses, *waiting), False

    def is_sound(self, state: State) -> bool:
        """Whether no unit was given before one that is at least as dear was bought for it."""
        return not self.loose or state[1] >= 0

    def needs(self, state: State) -> int:
        """How many more units complete what has been begun, at the least."""
        if not self.offer.pooled:
            _, *waiting = state
            sets = max(-(-have // need) for have, need in zip(waiting, self.quantities, strict=True))
            return sets * sum(self.quantities) - sum(waiting)
        _, bought, given = state
        buy, get = self.quantities
        groups = max(0, -(-bought // buy))
        return groups * (buy + get) - bought + (get - given if given else 0)

    def is_done(self, state: State) -> bool:
        """Whether nothing waits for a set that was never completed."""
        return not any(state[1:])


@dataclass(frozen=True, slots=True)
class Step:
    """One offer's part in an option: what it takes off the unit, which cost `price` before."""

    offer: Offer
    role: int
    saving: int
    price: int


@dataclass(frozen=True, slots=True)
class Option:
    """One thing a unit can do. `moves`: (machine, part) it counts for; `billed`: kept for this offer.

    A unit of a bundle saves all it costs; the set's price is charged when the set is complete.
    """

    steps: tuple[Step, ...] = ()
    moves: tuple[tuple[int, int], ...] = ()
    billed: Offer | None = None
    is_open: bool = True

    @property
    def saving(self) -> int:
        """Minor units, a bundle's price not yet charged."""
        return sum(step.saving for step in self.steps)


NOTHING = Option()


def options_of(
    good: Good,
    offers: Sequence[tuple[Offer, tuple[int, ...]]],
    machines: Sequence[Machine],
    scope: Range = Range.BEST,
) -> list[Option]:
    """What a unit of this good can do under these offers; the first is the best without a machine."""
    numbers = {id(machine.offer): number for number, machine in enumerate(machines)}
    free = [(offer, roles) for offer, roles in offers if not offer.bill and id(offer) not in numbers]
    single = [
        Option((Step(offer, 0, offer.saving_on(good.price), good.price),), is_open=False)
        for offer, _ in free
        if offer.each and not offer.promotion.stackable and offer.saving_on(good.price)
    ]
    chains = list(_chains(good, offers, numbers, declining=scope is Range.ALL))
    free_chains = [each for each in chains if not each.moves]
    plain = [min((NOTHING, *single, *free_chains), key=_preference)]
    if scope is Range.ALL:
        plain = [NOTHING, *single, *free_chains]
    elif scope is Range.ROOM and not plain[0].is_open:
        plain.append(min((NOTHING, *free_chains), key=_preference))
    if scope is not Range.BEST:
        billing = (offer for offer, _ in offers if offer.bill and not offer.promotion.stackable)
        plain += [Option(billed=offer, is_open=False) for offer in billing]
    exclusive = [
        Option((step,), ((numbers[id(offer)], step.role),), is_open=False)
        for offer, roles in offers
        if id(offer) in numbers and not offer.promotion.stackable
        for step in _steps(offer, roles, good.price)
        if step.saving or not offer.each
    ]
    return [*plain, *exclusive, *(each for each in chains if each.moves)]


def _preference(option: Option) -> tuple[int, list[tuple[tuple[int, str], int]]]:
    return (-option.saving, sorted((step.offer.rank, -step.saving) for step in option.steps if step.saving))


def _steps(offer: Offer, roles: Sequence[int], price: int) -> Iterator[Step]:
    """The parts a unit at this price can play in an offer that a machine counts."""
    if offer.each:
        yield Step(offer, 0, offer.saving_on(price), price)
    elif offer.bundle_price is not None:
        for role in roles:
            yield Step(offer, role, price, price)
    else:
        for role in (BUY, GET) if offer.pooled else roles:
            yield Step(offer, role, offer.saving_on(price) if role == GET else 0, price)


def _chains(
    good: Good,
    offers: Sequence[tuple[Offer, tuple[int, ...]]],
    numbers: dict[int, int],
    *,
    declining: bool,
) -> Iterator[Option]:
    """Every way to serve stackable offers: off each unit first, then groups, then a bundle."""
    stackable = [(offer, roles) for offer, roles in offers if offer.promotion.stackable and not offer.bill]
    if not stackable:
        return
    stackable.sort(key=lambda each: (each[0].is_group, each[0].bundle_price is not None, each[0].rank))
    groups = [offer.rank for offer, _ in stackable if offer.is_group]
    choices: list[tuple[int | None, ...]] = []
    for offer, roles in stackable:
        if id(offer) not in numbers:
            # Taking it always saves as much, but may leave less for a group that ranks before it.
            declined = declining or any(rank < offer.rank for rank in groups)
            choices.append((0, None) if declined else (0,))
        elif offer.each:
            choices.append((None, 0))
        else:
            choices.append((None, *((BUY, GET) if offer.pooled else roles)))
    if prod(map(len, choices)) > OPTIONS_LIMIT:
        raise Exhausted
    for parts in product(*choices):
        played = [
            (offer, role) for (offer, _), role in zip(stackable, parts, strict=True) if role is not None
        ]
        # A unit has one bundle price.
        if not played or sum(offer.bundle_price is not None for offer, _ in played) > 1:
            continue
        price, steps, moves = good.price, [], []
        for offer, role in played:
            step = next(each for each in _steps(offer, (role,), price) if each.role == role)
            steps.append(step)
            price -= step.saving
            if id(offer) in numbers:
                moves.append((numbers[id(offer)], role))
        yield Option(tuple(steps), tuple(moves))
