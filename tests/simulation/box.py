"""A box of the chain: a program on a machine that can lose its power, its disk and its sense of time."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from courier.carrier import Carrier
from courier.stepping import SteppingLoop
from tests.simulation.clock import BoxClock, Ids
from tests.simulation.network import PowerCut

if TYPE_CHECKING:
    from tests.simulation.world import World


@dataclass(slots=True)
class Stepper:
    """Steps one loop of a running program when it is due, or at once when it was called."""

    box: Box
    loop: SteppingLoop
    turn: int = 0
    hurried: bool = False

    def due(self, seconds: float) -> None:
        """Step so many seconds from now instead of whenever that was planned before."""
        self.turn += 1
        turn, life = self.turn, self.box.lives
        self.box.world.time.after(seconds, lambda: self._step(turn, life))

    def hurry(self) -> None:
        """Step at once if the loop was called."""
        if self.loop.called and not self.hurried:
            self.hurried = True
            self.due(0.0)

    def _step(self, turn: int, life: int) -> None:
        if turn == self.turn and life == self.box.lives and self.box.up:
            self.hurried = False
            self.due(max(self.loop.step(), 0.01))


@dataclass(slots=True)
class Plug:
    """When the power of a box is going to fail: at its next commit, before or after it."""

    before_commit: bool = False
    after_commit: bool = False


class Box:
    """What tills, hubs and head office have in common."""

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name
        self.up = False
        self.lives = 0
        self.disks = 0
        self.plug = Plug()
        self.clock = BoxClock(world.time)
        self.dice = random.Random(f"{world.seed}/{name}")
        self.new_id = Ids(self.clock, self.dice)
        self.steppers: list[Stepper] = []

    def start(self) -> None:
        """Switch it on."""
        self.lives += 1
        self.up = True
        self.boot()

    def start_again(self) -> None:
        """Switch it on, unless somebody did."""
        if not self.up:
            self.start()

    def stop(self) -> None:
        """Pull the plug: all that is not on the disk is gone."""
        self.plug = Plug()
        if self.up:
            self.up = False
            self.steppers.clear()
            self.die()

    def boot(self) -> None:
        """Make the program's parts from what the disk holds."""
        raise NotImplementedError

    def die(self) -> None:
        """Let go of the program's parts."""
        raise NotImplementedError

    def carry(self, carrier: Carrier) -> None:
        """Step a carrier's loops from now on, each at its own moment."""
        for loop in (carrier.sender, carrier.follower, carrier.ping):
            stepper = Stepper(self, loop)
            self.steppers.append(stepper)
            stepper.due(self.dice.random())

    def every(self, seconds: float, job: Callable[[], None]) -> None:
        """Do a job by the clock for as long as the program runs."""
        life = self.lives

        def again() -> None:
            if self.up and life == self.lives:
                self.world.time.after(seconds, again)
                job()

        self.world.time.after(seconds * (0.5 + self.dice.random()), again)

    def before_commit(self) -> None:
        """Called when a transaction is about to commit."""
        if self.plug.before_commit:
            self.world.strike("crash before commit", self.name)
            raise PowerCut(self.name)

    def after_commit(self) -> None:
        """Called when everything is committed and nobody has heard of it yet."""
        if self.plug.after_commit:
            self.world.strike("crash after commit", self.name)
            raise PowerCut(self.name)


@dataclass(slots=True)
class Tally:
    """Counts by name."""

    counts: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, by: int = 1) -> None:
        """Count it."""
        self.counts[name] = self.counts.get(name, 0) + by

    def merge(self, other: Tally) -> None:
        """Add another tally."""
        for name, number in other.counts.items():
            self.add(name, number)
