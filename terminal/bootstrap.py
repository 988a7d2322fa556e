"""Puts a till together: files, desks and lifeline; `main` is the program `terminal`."""

from __future__ import annotations

import argparse
import faulthandler
import logging
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self
from uuid import UUID

import structlog
from uuid_utils.compat import uuid7

from courier.outage import Outage, Rejected
from courier.pacing import Dice
from courier.verdict import Verdict
from retail.refusal import Refusal
from terminal import settings as till_settings
from terminal.desks import Desks
from terminal.enrolling import enrolled
from terminal.errands import AtOnce
from terminal.hub import HubClient
from terminal.lifeline import Lifeline
from terminal.lookout import Lookout
from terminal.settings import BadSetting, Settings
from terminal.till import enrolment as enrolments
from terminal.till.catalogue import Catalogue
from terminal.till.enrolment import Enrolment, NotEnrolled
from terminal.till.inheritance import take_over_shift
from terminal.till.journal import Journal
from terminal.till.journal_files import unsent_texts
from terminal.till.keys import people_key, system_ring
from terminal.till.lock import TillLock
from terminal.till.people import PeopleTable
from terminal.till.seal import PeopleSeal
from terminal.till.till import Till

if TYPE_CHECKING:
    from terminal.window import MainWindow

LOG_FILE = "terminal.log"
CRASH_FILE = "crash.log"
LOG_BYTES_MAX = 5_000_000
LOG_FILES_MAX = 3
JOURNAL_FILE = "till.sqlite"
HANDED_IN_AT_ONCE = 100
CATALOGUE_FILE = "catalogue.sqlite"


def now() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


class RunningTill:
    """A till put together; `start` ties it to its hub, `close` ends everything in order."""

    def __init__(
        self,
        enrolment: Enrolment,
        *,
        till: Till,
        desks: Desks,
        lifeline: Lifeline,
        close: ExitStack,
        code_waits: bool = False,
    ) -> None:
        self.store_id = enrolment.store_id
        self.terminal_id = enrolment.terminal_id
        self.missing = () if enrolment.begun else enrolment.missing
        self.code_waits = code_waits
        self.till = till
        self.desks = desks
        self.lifeline = lifeline
        self._close = close

    def start(self) -> Self:
        """Begin sending facts and following news."""
        self.lifeline.start()
        return self

    def close(self) -> None:
        """Stop the lifeline and close the files; what is unsent stays and goes out next time."""
        self._close.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, _kind: type[BaseException] | None, _problem: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()


def build_till(
    data_dir: Path,
    hub_url: str,
    enrolment_code: str = "",
    *,
    last_receipt: int = 0,
    code_typed: bool = False,
    ca_file: str | None = None,
    clock: Callable[[], datetime] = now,
    new_id: Callable[[], UUID] = uuid7,
    dice: Dice = random.random,
) -> RunningTill:
    """A till of this directory, not yet started; the first time it enrols with the code.

    `last_receipt`: the number on the last receipt that anybody has seen of the till whose place this one
    takes; `code_typed`: somebody means this code now, it does not just stand in the settings. Raises
    `TillInUse`, what `enrolled` raises, and the refusals of the journal and of the disk.
    """
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with ExitStack() as undo:
        lock = TillLock(data_dir)
        undo.callback(lock.close)
        hub = HubClient(hub_url, clock=clock, ca_file=ca_file)
        undo.callback(hub.close)
        enrolment, code_waits = enrolled(
            data_dir,
            data_dir / JOURNAL_FILE,
            hub,
            enrolment_code,
            last_receipt=last_receipt,
            typed=code_typed,
        )
        store_id = enrolment.store_id
        journal = _journal_of(data_dir, enrolment, hub, undo)
        seal = PeopleSeal(people_key(data_dir, system_ring(), os.urandom), os.urandom)
        catalogue = Catalogue(data_dir / CATALOGUE_FILE, store_id, seal)
        undo.callback(catalogue.close)
        lookout = Lookout(hub, data_dir, clock=clock, version=version("everopen"))
        lifeline = Lifeline(
            journal,
            catalogue,
            hub,
            hub_url=hub_url,
            clock=clock,
            dice=dice,
            lookout=lookout,
            ca_file=ca_file,
        )
        undo.callback(lifeline.stop)
        till = Till(journal, catalogue, recorded=lifeline.facts_waiting)
        desks = Desks(till, PeopleTable(catalogue, store_id), hub, clock, new_id, AtOnce())
        close = undo.pop_all()
    return RunningTill(
        enrolment, till=till, desks=desks, lifeline=lifeline, close=close, code_waits=code_waits
    )


def _journal_of(data_dir: Path, enrolment: Enrolment, hub: HubClient, undo: ExitStack) -> Journal:
    """The till's journal, begun if this enrolment has none yet."""
    journal = Journal(
        data_dir / JOURNAL_FILE,
        store_id=enrolment.store_id,
        terminal_id=enrolment.terminal_id,
        begins=(enrolment.sequence, enrolment.hash),
    )
    undo.callback(journal.close)
    if not enrolment.begun:
        if enrolment.sequence:
            take_over_shift(journal, hub)
        enrolments.keep(data_dir, replace(enrolment, begun=True))
    return journal


def hand_in(settings: Settings, old: Path, clock: Callable[[], datetime] = now) -> Verdict:
    """Bring the hub what it has not got off an old disk of this till; both may be in use meanwhile.

    Raises `NotEnrolled`, `EnrolmentNotReadable`, the refusals of the disk, `Outage` and `Rejected`.
    """
    enrolment = enrolments.read(settings.data_dir)
    if enrolment is None:
        raise NotEnrolled(data_dir=str(settings.data_dir))
    hub = HubClient(settings.hub_url, clock=clock, ca_file=settings.ca_file)
    hub.be(enrolment)
    texts = unsent_texts(old / JOURNAL_FILE if old.is_dir() else old)
    answers = [
        hub.hand_in(texts[start : start + HANDED_IN_AT_ONCE])
        for start in range(0, len(texts), HANDED_IN_AT_ONCE)
    ]
    hub.close()
    return Verdict(
        sum(answer.accepted for answer in answers),
        sum(answer.duplicates for answer in answers),
        0,
        tuple(error for answer in answers for error in answer.errors),
    )


def main(arguments: list[str] | None = None) -> int:
    """The program `terminal`; returns its exit code."""
    options = _parser().parse_args(arguments)
    ours = ("settings", "hand_in", "last_receipt")
    given = {name: value for name, value in vars(options).items() if name not in ours}
    try:
        settings = till_settings.load(os.environ, options.settings, given)
        _log_to(settings.data_dir)
        if options.hand_in is not None:
            return _say_handed_in(hand_in(settings, options.hand_in))
        till = build_till(
            settings.data_dir,
            settings.hub_url,
            settings.enrolment_code,
            last_receipt=options.last_receipt,
            code_typed=options.enrolment_code is not None,
            ca_file=settings.ca_file,
        )
    except (BadSetting, OSError) as wrong:
        return _stop(str(wrong))
    except Refusal as refusal:
        return _stop(_sentence(refusal))
    except Outage as outage:
        return _stop(f"the hub cannot be reached ({outage}); start it again when it is up")
    except Rejected as rejected:
        return _stop(f"the hub does not take this: {rejected}")
    if till.missing:
        print(_missing_sentence(till), file=sys.stderr)
    if till.code_waits:
        print(_waiting_sentence(till), file=sys.stderr)
    try:
        return _show(till, settings)
    finally:
        till.close()


def _missing_sentence(till: RunningTill) -> str:
    numbers = ", ".join(f"{first}-{last}" for first, last in till.missing)
    return (
        f"{till.terminal_id} goes on behind the lost disk. Of that disk {numbers} are missing: when it turns "
        "up, bring them with --hand-in DIR."
    )


def _waiting_sentence(till: RunningTill) -> str:
    return (
        f"The hub cannot be reached, so the new enrolment code was not used. This till goes on as "
        f"{till.store_id} {till.terminal_id}; start it with the code again when the hub is up."
    )


def _say_handed_in(verdict: Verdict) -> int:
    print(
        f"{verdict.accepted - len(verdict.errors)} facts taken, {verdict.duplicates} were there already, "
        f"{len(verdict.errors)} kept for a person to decide"
    )
    return 0


def _receipt_number(text: str) -> int:
    """`1042`, or the whole number as it is printed: `POS_01-001042`."""
    return int(text.rpartition("-")[2])


def _show(till: RunningTill, settings: Settings) -> int:
    """Open the window and run until it is closed or the program is told to end."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    application = QApplication([])
    with opened_window(till, settings):
        for ending in (signal.SIGINT, signal.SIGTERM):
            # By a timer, so that a call before `exec` is not lost.
            signal.signal(ending, lambda _number, _frame: QTimer.singleShot(0, application.quit))
        return application.exec()


def opened_window(till: RunningTill, settings: Settings) -> AbstractContextManager[MainWindow]:
    """The till's windows by this machine's clocks; see `terminal.opening.open_window`."""
    from terminal.opening import open_window

    return open_window(till, settings, clock=now, now_ms=lambda: time.monotonic() * 1_000)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="terminal", description="The till of a store.")
    parser.add_argument("--data", dest="data_dir", metavar="DIR", help="journal, catalogue and secret")
    parser.add_argument("--hub", dest="hub_url", metavar="URL", help="the store's hub")
    parser.add_argument("--enrolment-code", metavar="CODE", help="of a new till, or to enrol it anew")
    parser.add_argument(
        "--last-receipt",
        type=_receipt_number,
        default=0,
        metavar="NUMBER",
        help="with the code of a till whose disk was lost: the last receipt anybody has seen",
    )
    parser.add_argument(
        "--hand-in",
        type=Path,
        metavar="DIR",
        help="bring the hub what is on an old disk of this till, and end",
    )
    parser.add_argument("--language", choices=("vi", "en"))
    parser.add_argument(
        "--customer-display",
        choices=("auto", "window", "off"),
        help="on the second screen when there is one, in a window, or not at all",
    )
    parser.add_argument("--idle-pictures", metavar="DIR", help="the store's own for the customer display")
    parser.add_argument("--sound-volume", metavar="0-100", help="0 is silent")
    parser.add_argument("--windowed", action="store_const", const=True, help="not the whole screen")
    parser.add_argument("--settings", type=Path, metavar="FILE", help="the same and more as TOML")
    return parser


SENTENCES = {
    "till-in-use": "This till is open already: another program works in {data_dir}.",
    "not-enrolled": "This till belongs to no store yet. Start it with --enrolment-code CODE; head office"
    " gives the code out for one till.",
    "enrolment-refused": "The hub does not take this enrolment code ({reason}). Ask for a new one.",
    "new-code-refused": "This till is {store_id} {terminal_id}, and the hub does not take the new enrolment"
    " code ({reason}). Start it without a code to go on selling, or ask head office for a new one.",
    "code-of-another-till": "This till is {store_id} {terminal_id}; the code is another till's, and good"
    " still. Give that till a data directory of its own (--data), or start this one without a code.",
    "journal-lost": "{file} is gone, and a new one would give its receipt numbers out twice. Bring it back,"
    " or enrol this till anew: start it with --enrolment-code CODE and a new code of head office.",
    "enrolment-not-readable": "{file} cannot be used: {reason}.",
    "journal-of-another-till": "{file} is the journal of {store_id} {terminal_id}. Give this till a data"
    " directory of its own; do not delete the journal, it may hold unsent sales.",
    "journal-too-new": "{file} was written by a newer version of this program. Install that one.",
    "till-disk-full": "The disk is full; {file} cannot be opened. Free some space and start again.",
    "till-disk-failing": "The disk does not read or write {file}. Call for help; do not delete it.",
    "till-read-only": "{file} cannot be written. Check the owner and the rights of the data directory.",
    "till-damaged": "{file} is damaged or no till journal. Keep it, it may hold unsent sales; call for help.",
    "till-busy": "{file} is held by another program. Close it and start again.",
}
"""What each refusal to start says to whoever started it; screens have their own words."""


def _sentence(refusal: Refusal) -> str:
    return SENTENCES[refusal.code].format(**refusal.detail)


def _stop(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 2


def _log_to(data_dir: Path) -> None:
    """One JSON object a line, in the data directory; never a PIN, a token or a customer.

    Through `logging`, whose handlers swallow a full disk: a till that cannot log goes on.
    """
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    # A library that breaks takes the process with it, and no log line is written any more.
    faulthandler.enable((data_dir / CRASH_FILE).open("a", encoding="utf-8"))
    handler = RotatingFileHandler(
        data_dir / LOG_FILE, maxBytes=LOG_BYTES_MAX, backupCount=LOG_FILES_MAX, encoding="utf-8"
    )
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processor=structlog.processors.JSONRenderer(ensure_ascii=False), foreign_pre_chain=shared
        )
    )
    logging.raiseExceptions = False
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("httpx").setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


if __name__ == "__main__":
    sys.exit(main())
