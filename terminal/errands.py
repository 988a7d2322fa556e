"""Errands: slow work (network, PIN hashes) a desk sends away so that the screen stays quick."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

Result = TypeVar("Result")


class Errands(Protocol):
    """Runs a job somewhere and brings the result back to the desk's own thread."""

    def run(
        self,
        job: Callable[[], Result],
        *,
        done: Callable[[Result], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Call `done` with the job's result, or `failed` with what it raised, on the desk's thread."""


class AtOnce:
    """Runs the job here and now: for tests, replays and simulation."""

    def run(
        self,
        job: Callable[[], Result],
        *,
        done: Callable[[Result], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Run the job; what `done` raises is not the job's failure."""
        try:
            result = job()
        except Exception as problem:  # noqa: BLE001 - whatever it is, it belongs to the one who sent the errand
            failed(problem)
            return
        done(result)
