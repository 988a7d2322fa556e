"""A short run of the simulation; `make simulate` runs as many worlds as one likes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from tests.simulation.bugs import BUGS, Bug
from tests.simulation.deeds import DEEDS
from tests.simulation.losses import lost
from tests.simulation.network import Wrong
from tests.simulation.pool import in_processes
from tests.simulation.runs import run, run_many, shortened
from tests.simulation.stage import Stage
from tests.simulation.story import FAULTS, TRADE, Deed, Story, story_of

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
    assert set(FAULTS) | set(TRADE) == DEEDS.keys()
    assert {wrong.value for wrong in Wrong} <= set(FAULTS)


def test_a_run_in_which_a_fault_never_struck_says_so(stage: Stage) -> None:
    report = run_many(stage, count(1), 2, faults=("crash",))
    assert "till's disk lost" in report.unstruck()
    assert "crash" not in report.unstruck()
    assert "SaleRecorded" not in report.unstruck()


def test_processes_live_the_same_worlds_as_one_thread(stage: Stage) -> None:
    alone = run_many(stage, count(9), 4)
    together = in_processes(9, 4, 2, 1, told=lambda _report: None)
    assert (together.facts, together.strikes, together.events, together.calls) == (
        alone.facts,
        alone.strikes,
        alone.events,
        alone.calls,
    )


def test_what_a_cut_off_till_sold_before_its_disk_died_is_named_by_number_and_nothing_else(
    stage: Stage,
) -> None:
    sold, more = Deed(5.0, "cash", 0, 2.0, 7), Deed(25.0, "cash", 0, 2.0, 8)
    dies = Deed(20.0, "till disk lost", 0, 40.0, 2)
    world = run(stage, Story(9, 1, 1, 120.0, (sold, dies, more, Deed(110.0, "cash", 0, 2.0, 9))))
    assert world.broken == []
    assert lost(world) == {("STORE_001/POS_01", 2)}
    assert world.tills[0].begins[0] == 2
    gaps = world.office.disk.rows("SELECT first_sequence, last_sequence FROM chain_breaks")
    assert gaps == [(2, 2)]


def test_a_hub_in_a_lost_ones_place_gets_what_only_the_tills_had(stage: Stage) -> None:
    before, meanwhile = Deed(5.0, "cash", 0, 2.0, 7), Deed(15.0, "cash", 0, 2.0, 8)
    cut = Deed(10.0, "hub disk lost", 0, 20.0, 2)
    world = run(stage, Story(9, 1, 1, 120.0, (before, cut, meanwhile)))
    assert world.broken == []
    assert lost(world) == frozenset()
    assert world.office.disk.rows("SELECT count(*) FROM transactions") == [(2,)]


def test_a_hub_that_never_heard_of_a_tills_new_disk_goes_on_behind_the_old_one(stage: Stage) -> None:
    """Its backup is older than the till's new disk, and head office has heard of neither."""
    deeds = (
        Deed(15.8, "restore hub", 0, 74.4, 0),
        Deed(30.7, "till disk lost", 0, 13.2, 0),
        Deed(33.8, "cash", 0, 2.0, 7),
        Deed(95.0, "cash", 0, 2.0, 8),
    )
    world = run(stage, Story(9, 1, 1, 120.0, deeds))
    assert world.broken == []
    assert lost(world) == {("STORE_001/POS_01", 1)}
    for box in (world.hubs[0], world.office):
        assert box.disk.rows("SELECT first_sequence, last_sequence FROM chain_breaks") == [(1, 1)]
        assert box.disk.rows("SELECT sequence FROM origins") == [(2,)]


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
