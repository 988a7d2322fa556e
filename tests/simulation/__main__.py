"""`make simulate`: worlds from a seed, or the planted bugs (`BUGS=1`)."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import UTC, datetime
from itertools import count

from tests.simulation.bugs import BUGS, Bug
from tests.simulation.runs import Report, run_many, shortened
from tests.simulation.stage import Stage

WORLDS_PER_BUG = 400
TELL_EVERY = 100


def main() -> int:
    """Run what was asked for; 1 when something is broken (or a planted bug was not found)."""
    options = argparse.ArgumentParser(prog="simulate", description=__doc__)
    options.add_argument("--worlds", type=int, default=500)
    options.add_argument("--seed", type=int, help="default: the seed of the day")
    options.add_argument("--bugs", action="store_true", help="plant classical mistakes and find them")
    asked = options.parse_args()
    seed = asked.seed if asked.seed is not None else int(f"{datetime.now(UTC):%Y%m%d}") * 100_000
    stage = Stage()
    try:
        return _hunt(stage) if asked.bugs else _simulate(stage, seed, asked.worlds)
    finally:
        stage.close()


def _simulate(stage: Stage, seed: int, worlds: int) -> int:
    print(f"simulate: {worlds} worlds from seed {seed}", flush=True)
    began = time.perf_counter()

    def tell(report: Report) -> None:
        if report.worlds % TELL_EVERY == 0:
            pace = (time.perf_counter() - began) / report.worlds * 1000
            print(f"  {report.worlds} worlds, {pace:.0f} ms each", flush=True)

    report = run_many(stage, count(seed), worlds, told=tell)
    seconds = time.perf_counter() - began
    print(
        f"simulate: {report.worlds} worlds, {report.store_seconds / 3600:.0f} store-hours, "
        f"{report.sales} sales, {report.calls} calls, {report.events} events in {seconds:.0f} s "
        f"({report.events / seconds:.0f} events/s)"
    )
    for fault, number in sorted(report.strikes.counts.items()):
        print(f"  {number:8d}  {fault}")
    print(f"  {sum(report.strikes.counts.values()):8d}  faults in all, {len(report.failures)} worlds broken")
    for story, broken in report.failures:
        print(f"\nbroken: seed {story.seed} (make simulate WORLDS=1 SEED={story.seed}); the shortest story:")
        print(shortened(stage, story, {one.rule for one in broken}))
        for one in broken[:5]:
            print(f"  -> {one}")
    return 1 if report.failures else 0


def _hunt(stage: Stage) -> int:
    missed = 0
    for bug in BUGS:
        worlds, rule = find(stage, bug)
        missed += rule is None
        print(f"  {bug.name}: " + (f"found in world {worlds} ({rule})" if rule else "NOT FOUND"), flush=True)
    print(f"simulate: {len(BUGS) - missed} of {len(BUGS)} planted bugs found")
    return 1 if missed else 0


def find(stage: Stage, bug: Bug) -> tuple[int, str | None]:
    """After how many worlds a planted bug is found, and by which rule; None when it never is."""
    with bug.plant():
        report = run_many(stage, count(1), WORLDS_PER_BUG, faults=bug.faults, failures_max=1)
    return report.worlds, report.failures[0][1][0].rule if report.failures else None


if __name__ == "__main__":
    sys.exit(main())
