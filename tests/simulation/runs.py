"""Running stories: one, many, and a failing one made as short as it can be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from retail.facts import READERS
from tests.simulation.box import Tally
from tests.simulation.checks import Broken
from tests.simulation.deeds import STRIKES
from tests.simulation.listening import listening
from tests.simulation.losses import lost
from tests.simulation.stage import Stage
from tests.simulation.story import FAULTS, Story, story_of
from tests.simulation.world import World

RUNS_TO_SHRINK = 80
MADE_BY_NOBODY = frozenset({"PromotionDiscrepancyFound"})
"""Kinds of facts that these worlds are without: nobody states promotions in them."""


def run(stage: Stage, story: Story) -> World:
    """Run a story; `world.broken` says what did not hold."""
    heard: list[str] = []
    with listening(heard):
        world = World(stage, story)
        world.run()
    world.broken += [Broken("no bug is swallowed", text) for text in heard[:3]]
    return world


def shortened(stage: Stage, story: Story, rules: set[str]) -> Story:
    """The shortest story found that still breaks one of the rules (delta debugging over its deeds)."""
    runs = 0

    def breaks(candidate: Story) -> bool:
        nonlocal runs
        runs += 1
        return bool(rules & {broken.rule for broken in run(stage, candidate).broken})

    size = max(1, len(story.deeds) // 2)
    while runs < RUNS_TO_SHRINK:
        start, shorter = 0, False
        while start < len(story.deeds) and runs < RUNS_TO_SHRINK:
            candidate = story.without(frozenset(range(start, start + size)))
            if breaks(candidate):
                story, shorter = candidate, True
            else:
                start += size
        if size == 1 and not shorter:
            break
        size = max(1, size // 2)
    return story


@dataclass(slots=True)
class Report:
    """What many worlds came to."""

    worlds: int = 0
    events: int = 0
    calls: int = 0
    store_seconds: float = 0.0
    sales: int = 0
    strikes: Tally = field(default_factory=Tally)
    facts: Tally = field(default_factory=Tally)
    lost: int = 0
    failures: list[tuple[Story, list[Broken]]] = field(default_factory=list)

    def add(self, world: World) -> None:
        """Count a world."""
        self.worlds += 1
        self.events += world.events
        self.calls += world.network.calls
        self.store_seconds += world.time.seconds * world.story.stores
        self.sales += sum(len(paid) for paid in world.truth.served.values())
        self.strikes.merge(world.strikes)
        for numbers in world.truth.made.values():
            for made in numbers.values():
                self.facts.add(made.fact.event_type if made.fact else "others")
        self.lost += len(lost(world)) if not world.broken else 0
        if world.broken:
            self.failures.append((world.story, world.broken))

    def merge(self, other: Report) -> None:
        """Add another report."""
        self.worlds += other.worlds
        self.events += other.events
        self.calls += other.calls
        self.store_seconds += other.store_seconds
        self.sales += other.sales
        self.lost += other.lost
        self.strikes.merge(other.strikes)
        self.facts.merge(other.facts)
        self.failures += other.failures

    def unstruck(self) -> list[str]:
        """The kinds of faults and of facts that never came up: of them, this run has proved nothing."""
        kinds = {name for name, _ in READERS} - MADE_BY_NOBODY
        return sorted({*STRIKES - self.strikes.counts.keys(), *kinds - self.facts.counts.keys()})


def run_many(
    stage: Stage,
    seeds: Iterator[int],
    worlds: int,
    *,
    faults: tuple[str, ...] = FAULTS,
    failures_max: int = 3,
) -> Report:
    """Run so many worlds, or until enough of them have failed."""
    report = Report()
    for seed in islice(seeds, worlds):
        report.add(run(stage, story_of(seed, faults)))
        if len(report.failures) >= failures_max:
            break
    return report
