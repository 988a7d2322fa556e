"""The one door by which work leaves the GUI thread.

A job gets values and gives a value back; it never touches a widget. What it gives back, and what
it raises, arrives in the GUI thread.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from enum import Enum
from typing import Any, Protocol, TypeVar

import structlog
from PySide6.QtCore import QObject, Signal, Slot
from shiboken6 import isValid

log = structlog.stdlib.get_logger("terminal.background")

T = TypeVar("T")
Done = Callable[[T], object]
Failed = Callable[[Exception], object]


class Lane(Enum):
    """Where a job runs.

    TILL is one thread, first come first served: the deeds of a desk, each of which may commit to disk.
    NETWORK has threads to wait in: nobody stands behind a slow provider. QUERY only reads.
    """

    TILL = 1
    NETWORK = 4
    QUERY = 2


class Background(Protocol):
    """What screens know of it; tests pass `Inline`, which needs no thread."""

    def run(
        self,
        job: Callable[[], T],
        done: Done[T] | None = None,
        failed: Failed | None = None,
        lane: Lane = Lane.TILL,
    ) -> None:
        """Do the job off the GUI thread, then `done(result)` or `failed(error)` in the GUI thread.

        Without `failed` the error goes to the program's hook for bugs. When `done` or `failed` is a
        method of a widget that has gone in the meantime, nothing is called.
        """
        ...


class Threads(QObject):
    """The background of production: one pool a lane.

    Signals:
        _finished: a job ended in its thread; carries what is to be called in the GUI thread.
    """

    _finished = Signal(object)

    def __init__(self, bug: Failed, parent: QObject | None = None) -> None:
        """Make it in the GUI thread; `bug` is called there with errors that nobody took."""
        super().__init__(parent)
        self._bug = bug
        self._pools = {
            lane: ThreadPoolExecutor(max_workers=lane.value, thread_name_prefix=f"lane-{lane.name.lower()}")
            for lane in Lane
        }
        self._finished.connect(self._deliver)

    def run(
        self,
        job: Callable[[], T],
        done: Done[T] | None = None,
        failed: Failed | None = None,
        lane: Lane = Lane.TILL,
    ) -> None:
        """See `Background.run`."""
        future = self._pools[lane].submit(job)
        future.add_done_callback(lambda ended: self._finished.emit((ended, done, failed)))

    @Slot(object)
    def _deliver(self, parcel: tuple[Future[Any], Done[Any] | None, Failed | None]) -> None:
        future, done, failed = parcel
        if future.cancelled():
            return
        error = future.exception()
        if error is None:
            _call(done, future.result())
        elif isinstance(error, Exception):
            _call(failed or self._bug, error)
        else:
            raise error

    def close(self) -> None:
        """Wait for deeds of the till that have begun or are queued; drop queries; forget waiting networks."""
        for lane, pool in self._pools.items():
            pool.shutdown(wait=lane is Lane.TILL, cancel_futures=lane is not Lane.TILL)


class Inline:
    """The background of tests that need no thread: the job is done before `run` returns."""

    def run(
        self,
        job: Callable[[], T],
        done: Done[T] | None = None,
        failed: Failed | None = None,
        lane: Lane = Lane.TILL,
    ) -> None:
        """See `Background.run`; an error that nobody takes is raised here."""
        try:
            result = job()
        except Exception as error:
            if failed is None:
                raise
            _call(failed, error)
        else:
            _call(done, result)


def _call(then: Callable[[Any], object] | None, value: object) -> None:
    owner = getattr(then, "__self__", None)
    if then is not None and not (isinstance(owner, QObject) and not isValid(owner)):
        then(value)
