"""The one door by which work leaves the GUI thread.

A job gets values and gives a value back; it never touches a widget. What it gives back, and what
it raises, arrives in the GUI thread.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from enum import Enum
from functools import cache
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

        Without `failed` the error is a bug and shown as one. When `done` or `failed` is a
        method of a widget that has gone in the meantime, nothing is called.
        """
        ...


class Threads(QObject):
    """The background of production: one pool a lane.

    Signals:
        failed(object): an error that nobody took.
        _finished(object): a job ended in its thread; carries what is to be called in the GUI thread.
    """

    failed = Signal(object)
    _finished = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        """Make it in the GUI thread."""
        super().__init__(parent)
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
        self._submit(lane, job, lambda ended: self._finished.emit((ended, done, failed)))

    @Slot(object)
    def _deliver(self, parcel: tuple[Future[Any], Done[Any] | None, Failed | None]) -> None:
        future, done, failed = parcel
        if future.cancelled():
            return
        error = future.exception()
        if error is None:
            _call(done, future.result())
        elif isinstance(error, Exception):
            _call(failed or self.failed.emit, error)
        else:
            raise error

    def errand(self, job: Callable[[], T], done: Done[T], failed: Failed) -> None:
        """Do a slow job for a desk and bring the outcome back to the till's lane, the desk's own thread."""

        def back(ended: Future[T]) -> None:
            error = ended.exception()
            if isinstance(error, Exception):
                self.run(lambda: failed(error))
            elif error is None:
                self.run(lambda: done(ended.result()))

        self._submit(Lane.NETWORK, job, back)

    def _submit(self, lane: Lane, job: Callable[[], T], ended: Callable[[Future[T]], object]) -> None:
        """Once closed, nothing is begun any more: the till is going down."""
        with suppress(RuntimeError):
            self._pools[lane].submit(job).add_done_callback(ended)

    def close(self) -> None:
        """Wait for deeds of the till that have begun or are queued; drop queries; forget waiting networks."""
        for lane, pool in self._pools.items():
            pool.shutdown(wait=lane is Lane.TILL, cancel_futures=lane is not Lane.TILL)


class LaneErrands:
    """The errands of desks whose own thread is the till's lane (see `terminal.errands.Errands`)."""

    def __init__(self, threads: Threads) -> None:
        """Run jobs in the network's lane of these threads."""
        self._threads = threads

    def run(self, job: Callable[[], T], *, done: Done[T], failed: Failed) -> None:
        """See `terminal.errands.Errands.run`."""
        self._threads.errand(job, done, failed)


class _Postman(QObject):
    """Brings states into the GUI thread for relays that may be gone by then.

    Only the GUI thread can say whether a relay is still there: a desk's thread that looks, and then lets it
    emit, may find it destroyed in between, and the whole till ends. The postman is never destroyed.

    Signals:
        came(object): a relay and a state for it; may be emitted from any thread.
    """

    came = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.came.connect(self._hand_over)

    @Slot(object)
    def _hand_over(self, parcel: tuple[Relay, object]) -> None:
        relay, state = parcel
        if isValid(relay):
            relay.changed.emit(state)


@cache
def _postman() -> _Postman:
    """The one of this program, made with the first relay, in the GUI thread."""
    return _Postman()


class Relay(QObject):
    """Carries a desk's states from the thread of its deeds into the GUI thread.

    Signals:
        changed(object): the desk's new state.
    """

    changed = Signal(object)

    def __init__(
        self, listen: Callable[[Callable[[Any], None]], None], parent: QObject | None = None
    ) -> None:
        """`listen` is the desk's method of that name."""
        super().__init__(parent)
        self._postman = _postman()
        listen(self._heard)

    def _heard(self, state: object) -> None:
        self._postman.came.emit((self, state))


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
