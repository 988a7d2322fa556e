"""Many worlds in several processes: each has a stage of its own, so every seed stays one thread's story."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from itertools import count
from multiprocessing import get_context
from multiprocessing.util import Finalize

from tests.simulation.bugs import BUGS
from tests.simulation.runs import Report, run_many
from tests.simulation.stage import Stage

WORLDS_AT_ONCE = 25
"""What a process is given at a time."""
GARBAGE_EVERY = 50_000

_stages: list[Stage] = []


def in_processes(
    seed: int, worlds: int, processes: int, failures_max: int, told: Callable[[Report], None]
) -> Report:
    """Run the worlds of so many seeds, or until enough have failed; `told` hears how far it is."""
    report = Report()
    with _pool(processes) as pool, suppress(KeyboardInterrupt):
        for part in pool.map(_part, _parts(seed, worlds)):
            report.merge(part)
            told(report)
            if len(report.failures) >= failures_max:
                break
    return report


def hunted(processes: int, worlds_max: int) -> Iterator[tuple[str, int, str | None]]:
    """Every planted bug by name, after how many worlds it is found and by which rule (None: never)."""
    with _pool(processes) as pool:
        yield from pool.map(_hunt, range(len(BUGS)), [worlds_max] * len(BUGS))


@contextmanager
def _pool(processes: int) -> Iterator[ProcessPoolExecutor]:
    pool = ProcessPoolExecutor(processes or os.cpu_count(), get_context("spawn"), _set_up)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _parts(seed: int, worlds: int) -> list[tuple[int, int]]:
    return [(seed + start, min(WORLDS_AT_ONCE, worlds - start)) for start in range(0, worlds, WORLDS_AT_ONCE)]


def _set_up() -> None:
    # Ctrl-C is for the process that counts: what is under way is finished and told.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stage = Stage()
    _stages.append(stage)
    Finalize(None, stage.close, exitpriority=1)
    # What there is by now stays; looking through it again and again costs a tenth of the time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_EVERY, 50, 100)


def _part(part: tuple[int, int]) -> Report:
    seed, worlds = part
    return run_many(_stages[0], count(seed), worlds, failures_max=worlds)


def _hunt(place: int, worlds_max: int) -> tuple[str, int, str | None]:
    bug = BUGS[place]
    with bug.plant():
        report = run_many(_stages[0], count(1), worlds_max, faults=bug.faults, failures_max=1)
    return bug.name, report.worlds, report.failures[0][1][0].rule if report.failures else None
