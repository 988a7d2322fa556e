"""A story: what the shops do and what goes wrong, as a list of deeds; a seed is a story.

Everything that goes wrong is a deed of the list, so a story without some of its deeds is a story too: that
is how a failing one is made short.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from tests.simulation.network import Wrong

SALES = ("cash", "qr", "mixed")
TRADE = (*SALES, "price", "setting", "delivery", "refund", "void", "shift", "sign in")
MESSAGES = tuple(wrong.value for wrong in Wrong)
ON_LINKS = (*MESSAGES, "cut", "cut answers", "flapping", "pokes lost")
ON_BOXES = ("crash", "crash before commit", "crash after commit", "clock jump")
ON_TILLS = ("disk full", "new kind of fact", "till disk lost", "old till disk")
ON_HUBS = (
    "hub disk full",
    "hub disk lost",
    "restore hub",
    "printer off",
    "printer dies",
    "bank silent",
    "bank late",
)
ON_OFFICE = ("new kind of news", "deploy", "restore HQ")
FAULTS = (*ON_LINKS, *ON_BOXES, *ON_TILLS, *ON_HUBS, *ON_OFFICE)
"""Every kind of fault; a world has some of them switched off (swarm testing)."""

SHARES = {
    Wrong.REQUEST_ALTERED.value: 0.05,
    "till disk lost": 0.2,
    "hub disk lost": 0.2,
    "restore hub": 0.2,
    "old till disk": 0.2,
}
"""In how many worlds a kind of fault is switched on; what damages a world for good is rare."""
SHARE = 0.4


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that happens: `who` counts boxes or links from 0, `size` is its own throw of the dice."""

    at: float
    kind: str
    who: int
    seconds: float
    size: int

    def __str__(self) -> str:
        minutes, seconds = divmod(self.at, 60)
        return f"{int(minutes):3d}:{seconds:04.1f}  {self.kind} (box {self.who}, {self.seconds:.0f} s)"


@dataclass(frozen=True, slots=True)
class Story:
    """A world's beginning and everything that happens in it; trade ends after `seconds`."""

    seed: int
    stores: int
    tills: int
    seconds: float
    deeds: tuple[Deed, ...]

    def without(self, gone: frozenset[int]) -> Story:
        """The same story without the deeds at these places."""
        return replace(self, deeds=tuple(deed for place, deed in enumerate(self.deeds) if place not in gone))

    def __str__(self) -> str:
        head = f"seed {self.seed}: {self.stores} store(s), {self.tills} till(s) each, {self.seconds:.0f} s"
        return "\n".join([head, *(f"  {deed}" for deed in self.deeds)])


def story_of(seed: int, faults: tuple[str, ...] = FAULTS) -> Story:
    """The story of a seed, with these kinds of faults to choose from."""
    dice = random.Random(seed)
    seconds = dice.choice((60.0, 180.0, 400.0, 900.0))
    stores = 2 if dice.random() < 0.25 else 1
    tills = 2 if dice.random() < 0.5 else 1
    deeds = [_deed(dice, kind, seconds) for kind in dice.choices(SALES, (6, 3, 1), k=dice.randint(2, 6))]
    deeds += [_deed(dice, kind, seconds) for kind in dice.choices(TRADE[3:], k=dice.randint(0, 5))]
    if dice.random() < 0.3:
        # The turns of one till's shift: opened, cash moved, counted and closed, as the sizes have it.
        turns = [_deed(dice, "shift", seconds) for _ in range(dice.randint(2, 5))]
        deeds += [replace(turn, who=turns[0].who) for turn in turns]
    on = [kind for kind in faults if dice.random() < (SHARES.get(kind, SHARE) if len(faults) > 4 else 1.0)]
    if on:
        for kind in dice.choices(on, k=dice.randint(1, 7)):
            deeds += _several(dice, kind, seconds)
    return Story(seed, stores, tills, seconds, tuple(sorted(deeds, key=lambda deed: deed.at)))


def _several(dice: random.Random, kind: str, seconds: float) -> list[Deed]:
    """One fault, or a burst of it."""
    first = _deed(dice, kind, seconds)
    if kind not in MESSAGES or dice.random() < 0.6:
        return [first]
    return [first, *(replace(first, at=first.at + 0.1 * n) for n in range(1, dice.randint(2, 4)))]


def _deed(dice: random.Random, kind: str, seconds: float) -> Deed:
    lasting = dice.choice((2.0, 10.0, 40.0, 150.0)) * (0.5 + dice.random())
    return Deed(
        round(dice.random() * seconds, 1), kind, dice.randrange(64), round(lasting, 1), dice.getrandbits(24)
    )
