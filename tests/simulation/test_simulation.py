"""A short run of the simulation; `make simulate` runs as many worlds as one likes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from tests.simulation.bugs import BUGS, Bug
from tests.simulation.deeds import DEEDS
from tests.simulation.network import Wrong
from tests.simulation.runs import run, run_many, shortened
from tests.simulation.stage import Stage
from tests.simulation.story import FAULTS, Deed, Story, story_of

WORLDS = 20
QUICK = ("acknowledged before the commit", "repeats known by their time", "news numbered by a bare sequence")


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    made = Stage()
    yield made
    made.close()


@pytest.mark.parametrize("seed", [1, 101, 201, 301])
def test_nothing_is_lost_and_nothing_is_twice_in_any_of_these_worlds(stage: Stage, seed: int) -> None:
    report = run_many(stage, count(seed), WORLDS, failures_max=1)
    told = [f"{story}\n{[str(one) for one in broken]}" for story, broken in report.failures]
    assert told == []
    assert report.sales > WORLDS
    assert sum(report.strikes.counts.values()) > WORLDS


def test_a_seed_gives_the_same_world_event_for_event(stage: Stage) -> None:
    first, second = (run(stage, story_of(7)).log_hash for _ in range(2))
    assert first == second
    assert run(stage, story_of(8)).log_hash != first


def test_every_kind_of_fault_has_a_deed() -> None:
    assert set(FAULTS) <= DEEDS.keys()
    assert {wrong.value for wrong in Wrong} <= set(FAULTS)


@pytest.mark.parametrize("bug", [bug for bug in BUGS if bug.name in QUICK], ids=lambda bug: bug.name)
def test_a_planted_bug_is_found(stage: Stage, bug: Bug) -> None:
    with bug.plant():
        report = run_many(stage, count(1), 60, faults=bug.faults, failures_max=1)
    assert report.failures


def test_a_failing_story_is_made_short(stage: Stage) -> None:
    sale, news = Deed(5.0, "cash", 0, 2.0, 7), Deed(9.0, "setting", 0, 2.0, 7)
    story = Story(3, 1, 1, 60.0, (news, sale, Deed(20.0, "printer off", 0, 2.0, 7)))
    bug = next(bug for bug in BUGS if bug.name == "acknowledged before the commit")
    with bug.plant():
        world = run(stage, story)
        assert world.broken
        short = shortened(stage, story, {one.rule for one in world.broken})
    assert short.deeds == (sale,)


def test_a_till_whose_clock_is_put_back_while_it_waits_is_not_silent_for_a_day(stage: Stage) -> None:
    """A back-off ends by the till's clock; put back by a day, it would end a day later."""
    cut, sale, jump = (
        Deed(10.0, "cut", 5, 1e3, 1),
        Deed(12.0, "cash", 5, 2.0, 7),
        Deed(99.0, "clock jump", 5, 2.0, 0),
    )
    world = run(stage, Story(9, 1, 1, 120.0, (cut, sale, jump)))
    assert world.broken == []
    assert world.strikes.counts["clock put back"] == 1


def test_money_is_looked_for_though_the_clock_says_that_nobody_has_asked_for_it_yet(stage: Stage) -> None:
    """The hub follows payments that were asked for a minute ago; put back by a day, that is tomorrow."""
    story = Story(
        4016,
        1,
        1,
        180.0,
        (
            Deed(53.5, "answer torn", 19, 126.0, 0),
            Deed(70.5, "mixed", 0, 216.0, 7),
            Deed(164.3, "clock jump", 1, 33.0, 0),
        ),
    )
    assert run(stage, story).broken == []
