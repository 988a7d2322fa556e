"""`make simulate`: worlds from a seed, or the planted bugs (`BUGS=1`)."""

from __future__ import annotations

import argparse
import os
import sys
import time
from datetime import UTC, datetime

from tests.simulation.pool import hunted, in_processes
from tests.simulation.runs import Report, shortened
from tests.simulation.stage import Stage

WORLDS_PER_BUG = 400
TELL_EVERY = 500
ENOUGH_FOR_EVERYTHING = 1_000
"""In so many worlds every kind of fault strikes; one that does not is broken itself."""


def main() -> int:
    """Run what was asked for; 1 when something is broken (or a planted bug was not found)."""
    options = argparse.ArgumentParser(prog="simulate", description=__doc__)
    options.add_argument("--worlds", type=int, default=200)
    options.add_argument("--seed", type=int, help="default: the seed of the day")
    options.add_argument("--processes", type=int, default=os.cpu_count(), help="default: one a core")
    options.add_argument("--failures", type=int, default=3, help="how many broken worlds are enough")
    options.add_argument("--bugs", action="store_true", help="plant classical mistakes and find them")
    asked = options.parse_args()
    if asked.bugs:
        return _hunt(asked.processes)
    today = int(f"{datetime.now(UTC):%Y%m%d}") * 100_000
    seed, whose = (today, ", the seed of the day") if asked.seed is None else (asked.seed, "")
    print(f"simulate: {asked.worlds} worlds from seed {seed}{whose}", flush=True)
    began = time.perf_counter()
    next_to_tell = [TELL_EVERY]

    def tell(report: Report) -> None:
        if report.worlds >= next_to_tell[0]:
            next_to_tell[0] += TELL_EVERY
            pace = (time.perf_counter() - began) / report.worlds * 1000
            print(f"  {report.worlds} worlds, {pace:.0f} ms each, {len(report.failures)} broken", flush=True)

    report = in_processes(seed, asked.worlds, asked.processes, asked.failures, tell)
    return _told(report, time.perf_counter() - began)


def _told(report: Report, seconds: float) -> int:
    print(
        f"simulate: {report.worlds} worlds, {report.store_seconds / 3600:.0f} store-hours, "
        f"{report.sales} customers served, {report.calls} calls, {report.events} events in {seconds:.0f} s "
        f"({seconds / max(1, report.worlds) * 1000:.0f} ms a world)"
    )
    facts = ", ".join(f"{number} {kind}" for kind, number in sorted(report.facts.counts.items()))
    print(f"  facts: {facts}; {report.lost} went with a disk and are named as missing")
    for fault, number in sorted(report.strikes.counts.items()):
        print(f"  {number:8d}  {fault}")
    print(f"  {sum(report.strikes.counts.values()):8d}  faults in all, {len(report.failures)} worlds broken")
    never = report.unstruck() if report.worlds >= ENOUGH_FOR_EVERYTHING else []
    if never:
        print(f"simulate: never came up, so nothing is proved of it: {', '.join(never)}")
    if report.failures:
        _tell_failures(report)
    return 1 if report.failures or never else 0


def _tell_failures(report: Report) -> None:
    stage = Stage()
    try:
        for story, broken in report.failures:
            print(
                f"\nbroken: seed {story.seed} (make simulate WORLDS=1 SEED={story.seed}); the shortest story:"
            )
            print(shortened(stage, story, {one.rule for one in broken}))
            for one in broken[:5]:
                print(f"  -> {one}", flush=True)
    finally:
        stage.close()


def _hunt(processes: int) -> int:
    missed = total = 0
    for name, worlds, rule in hunted(processes, WORLDS_PER_BUG):
        total += 1
        missed += rule is None
        print(f"  {name}: " + (f"found in world {worlds} ({rule})" if rule else "NOT FOUND"), flush=True)
    print(f"simulate: {total - missed} of {total} planted bugs found")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
