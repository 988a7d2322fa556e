"""How a machine becomes a till, and becomes it anew: a code that is typed is used, or it is said why not."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import structlog

from courier.outage import Outage
from terminal.hub import HubClient
from terminal.till import enrolment as enrolments
from terminal.till.enrolment import (
    CodeOfAnotherTill,
    Enrolment,
    EnrolmentRefused,
    JournalLost,
    NewCodeRefused,
    NotEnrolled,
)
from terminal.till.journal_files import ends_at

log = structlog.stdlib.get_logger("terminal.enrolling")

OF_ANOTHER = "code-of-another-terminal"


def enrolled(
    data_dir: Path, journal: Path, hub: HubClient, code: str, *, last_receipt: int, typed: bool
) -> tuple[Enrolment, bool]:
    """Who the till of this directory is, and whether a new code waits because the hub is away.

    The first time it enrols with the code. A till that is one already goes on as what it is: a code that was
    used for it, or that stands in its settings, changes nothing. A new one that was `typed` enrols it anew,
    with the journal that it has, as the same till. Raises `NotEnrolled`, `JournalLost`, `EnrolmentRefused`,
    `EnrolmentNotReadable`, `CodeOfAnotherTill`, `NewCodeRefused`, and `Outage` when it has to enrol.
    """
    known = enrolments.read(data_dir)
    if known is not None and (journal.exists() or not known.begun):
        if code and typed and known.code_digest != _digest(code):
            return _anew(data_dir, journal, hub, code, known)
        hub.be(known)
        return known, False
    if not code:
        raise NotEnrolled(data_dir=str(data_dir)) if known is None else JournalLost(file=str(journal))
    sequence = ends_at(journal) if journal.exists() else None
    return _kept(data_dir, hub.enrol(code, sequence=sequence, last_receipt=last_receipt), code), False


def _anew(
    data_dir: Path, journal: Path, hub: HubClient, code: str, known: Enrolment
) -> tuple[Enrolment, bool]:
    place = {"store_id": known.store_id, "terminal_id": known.terminal_id}
    sequence = ends_at(journal) if journal.exists() else None
    try:
        found = hub.enrol(code, sequence=sequence, expected=f"{known.store_id}/{known.terminal_id}")
    except Outage as away:
        # It can sell as what it is; the code is still good when the hub is back.
        log.warning("new enrolment code not used", reason=away.reason)
        hub.be(known)
        return known, True
    except EnrolmentRefused as refused:
        reason = str(refused.detail["reason"])
        if reason == OF_ANOTHER:
            raise CodeOfAnotherTill(**place) from refused
        if not known.code_digest:
            # From before codes were noted: it may well be the one that made it this till.
            hub.be(known)
            return known, False
        raise NewCodeRefused(**place, reason=reason) from refused
    log.info("enrolled anew", **place)
    return _kept(data_dir, found, code), False


def _kept(data_dir: Path, found: Enrolment, code: str) -> Enrolment:
    noted = replace(found, code_digest=_digest(code))
    enrolments.keep(data_dir, noted)
    return noted


def _digest(code: str) -> str:
    return sha256(code.strip().encode()).hexdigest()
