"""The worker over `print_jobs`: prints in order, tries again while the printer is dead, loses nothing.

What a shop wants, and what happens:

* The printer is off, out of paper or open: nothing was sent, so the receipts wait and come out once, in
  the order of the sales, when it is back.
* The printer is lost after bytes were sent, or the hub dies at that moment: half a receipt, a whole one or
  none may lie there. A missing receipt is worse than a second one, so it is printed again, and says that it
  may be the second ("BẢN SAO?"): two papers that look like originals could be refunded twice. Each further
  try waits four times as long, so that a printer that takes receipts and fails all the same does not print
  one sale onto a whole roll overnight.
* One receipt cannot be drawn (a bug, or a sale that is not readable): it is noted and passed over until the
  hub starts again, and the ones behind it are printed.
* The printer is replaced: what waited for the old one comes out of the new one.

One worker per hub; the hub is one process.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import Connection, Engine, Table
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoFreeConnection

from courier.outage import Outage
from storehub.printers import commands, queries
from storehub.printers.condition import Condition, PrinterState, Reading
from storehub.printers.job import Document, Job
from storehub.printers.pair import PrinterPair
from storehub.printers.port import Paper, Printer, PrinterDown, encode

log = structlog.get_logger(__name__)

NOT_SENT_SECONDS = (1.0, 2.0, 4.0, 8.0, 10.0)
"""Waits while the printer takes nothing: somebody stands before it with a new roll, so they stay short."""

IN_VAIN_SECONDS = (1.0, 4.0, 16.0, 64.0, 300.0)
"""Waits after a receipt was sent in vain, which may have cost paper."""

STEP_SECONDS = 0.25
LOOK_AGAIN_SECONDS = 2.0
"""How often the queue looks for jobs that nobody woke it for."""

LOOK_AT_PRINTER_EVERY = timedelta(seconds=5)
"""How old what is said of an idle printer and its drawer may be."""

PaperOf = Callable[[Connection, Job], Paper]
"""Draws the receipt of a job as its edition has to look; may raise anything when it cannot."""


class SentInVain(PrinterDown):
    """The printer was lost after bytes had been sent: paper may exist."""


class PrintQueue:
    """Prints what waits in `jobs`. `run` is a thread's body; `wake` and the rest are safe from others.

    Between receipts it looks at the printer; `condition` is what it found last, and `changed` is called
    in its thread when that is something new.
    """

    def __init__(
        self,
        engine: Engine,
        jobs: Table,
        printer: Printer | PrinterPair,
        paper_of: PaperOf,
        clock: Callable[[], datetime],
        changed: Callable[[], object] = lambda: None,
    ) -> None:
        self._engine = engine
        self._jobs = jobs
        self._printer = printer
        self._paper_of = paper_of
        self._clock = clock
        self._woken = threading.Event()
        self._mended = threading.Event()
        self._changed = changed
        self._condition = Condition(Reading(PrinterState.UNKNOWN), clock())
        self._looked_at: datetime | None = None
        self._not_drawable: set[UUID] = set()

    @property
    def condition(self) -> Condition:
        """How the printer was a moment ago."""
        return self._condition

    def wake(self) -> None:
        """Look at once: a job was added."""
        self._woken.set()

    def try_now(self) -> None:
        """End every wait: a person has mended the printer, or wants to know whether it prints again."""
        self._looked_at = None
        self._mended.set()
        self._woken.set()

    def run(self, stop: threading.Event) -> None:
        """Print until `stop` is set (then `wake`); a receipt that is on its way is finished first."""
        failures = in_vain = 0
        while not stop.is_set():
            self._woken.clear()
            self._mended.clear()
            try:
                while not stop.is_set() and self.print_next():
                    in_vain = 0
            except (Outage, OperationalError, NoFreeConnection) as outage:
                if not failures:
                    log.warning("receipts wait", printer=self._printer.name, error=str(outage))
                failures += 1
                if isinstance(outage, PrinterDown):
                    self._note(outage.reading or Reading(PrinterState(outage.reason)))
                if isinstance(outage, SentInVain):
                    in_vain += 1
                    self._wait_in_vain(stop, _wait_after(in_vain, IN_VAIN_SECONDS))
                else:
                    self._woken.wait(_wait_after(failures, NOT_SENT_SECONDS))
                continue
            if failures:
                log.info("receipts are printed again", printer=self._printer.name)
            failures = in_vain = 0
            self._look_at_printer()
            self._woken.wait(LOOK_AGAIN_SECONDS)

    def _wait_in_vain(self, stop: threading.Event, seconds: float) -> None:
        """Only a person or the end shortens this wait: a sale that wakes the queue must not cost paper."""
        for _ in range(int(seconds / STEP_SECONDS)):
            if stop.is_set() or self._mended.wait(STEP_SECONDS):
                return

    def _look_at_printer(self) -> None:
        """Nothing waits: see whether the next receipt would come out, and whether the drawer is shut."""
        at = self._clock()
        if self._looked_at is None or not timedelta(0) <= at - self._looked_at < LOOK_AT_PRINTER_EVERY:
            self._looked_at = at
            self._note(self._printer.look())

    def _note(self, reading: Reading) -> None:
        if reading != self._condition.reading:
            self._condition = Condition(reading, self._clock())
            self._changed()

    def print_next(self) -> bool:
        """Print the oldest receipt that waits; False when none does.

        Raises `PrinterDown` (`SentInVain` when bytes had left) or, when the database cannot be used now,
        OperationalError; the job then waits on, with the reason in its row if the database could take it.
        """
        with self._engine.connect() as tx:
            job = queries.oldest_waiting(tx, self._jobs, self._not_drawable)
            if job is None:
                return False
            data = self._draw(tx, job)
        if data is not None:
            self._print(job, data)
        return True

    def _draw(self, tx: Connection, job: Job) -> bytes | None:
        """The job's bytes; None when it cannot be drawn, which is noted."""
        try:
            return encode(self._paper_of(tx, job))
        except OperationalError:
            raise
        except Exception as error:  # any bug in one receipt must not hold up the others
            self._not_drawable.add(job.job_id)
            log.exception(
                "a receipt cannot be drawn", job_id=str(job.job_id), transaction_id=str(job.transaction_id)
            )
            reason = f"cannot be drawn: {error!r}"
        with self._engine.begin() as own:
            commands.note_failure(own, self._jobs, job.job_id, reason, sent=False)
        return None

    def _print(self, job: Job, data: bytes) -> None:
        sent = False

        def before_sending() -> None:
            nonlocal sent
            with self._engine.begin() as tx:
                commands.note_sending(tx, self._jobs, job.job_id, self._printer.name)
            sent = True

        try:
            # A drawer that nobody waits for any more is nothing to send.
            if data:
                needs_paper = job.document is not Document.DRAWER
                self._printer.deliver(data, before_sending, needs_paper=needs_paper)
        except PrinterDown as down:
            with self._engine.begin() as tx:
                commands.note_failure(tx, self._jobs, job.job_id, str(down), sent=sent)
            if sent:
                raise SentInVain(down.reason, down.detail, down.reading) from down
            raise
        with self._engine.begin() as tx:
            commands.note_printed(tx, self._jobs, job.job_id, self._clock())


def _wait_after(failures: int, waits: Sequence[float]) -> float:
    """Seconds after so many failures in a row; the last one for ever."""
    return waits[min(failures, len(waits)) - 1]
