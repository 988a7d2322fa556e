"""A person's decision about a fact that head office set aside: one transaction, a fact of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from courier.aside import Case, find, settle
from courier.decision import Decision, SetAsideDecided
from courier.inbox import NotApplicable, take_from_aside
from hq.database import courier
from hq.ledger.commands import keep_in, stranger
from hq.ledger.own import OWN, record_own
from hq.ledger.queries import known_hash
from hq.ledger.tables import ledger, projection_cursors
from hq.reports.projection import (
    BOOKS,
    PartitionsMissing,
    make_partitions,
    project,
)
from hq.stores.queries import chain_calendar
from retail.refusal import Refusal


class CaseNotFound(Refusal):
    """Nothing was set aside at this place (`pipe`, `position`)."""

    code = "set-aside-not-found"


class DecidedBefore(Refusal):
    """Somebody has decided about this fact (`decision`, `decided_by`)."""

    code = "already-decided"


class StillNotApplicable(Refusal):
    """The fact cannot be applied now either (`reason_code`, `reason`)."""

    code = "still-not-applicable"


@dataclass(frozen=True, slots=True)
class Settlement:
    """Who decides what about which fact, and why."""

    pipe: str
    position: int
    decision: Decision
    reason: str
    decided_by: str
    at: datetime
    event_id: UUID


def decide(tx: Connection, settlement: Settlement) -> SetAsideDecided:
    """Write the decision down, seal it as a fact of head office, and do what it says.

    Raises `CaseNotFound`, `DecidedBefore`, `StillNotApplicable`.
    """
    case = _open_case(tx, settlement)
    carried = _in_ledger(tx, case)
    if settlement.decision is Decision.RETRY and not carried:
        _take(tx, case, settlement.at)
        carried = True
    decided = case.decided(
        settlement.decision, settlement.reason, settlement.decided_by, settlement.at, carried=carried
    )
    envelope = record_own(tx, decided, settlement.event_id, settlement.at)
    settle(tx, courier, decided)
    _apply(tx, envelope.sequence, settlement)
    return decided


def _open_case(tx: Connection, settlement: Settlement) -> Case:
    case = find(tx, courier, settlement.pipe, settlement.position)
    if case is None:
        raise CaseNotFound(pipe=settlement.pipe, position=settlement.position)
    if case.decision is not None:
        raise DecidedBefore(decision=case.decision, decided_by=case.decided_by)
    return case


def _in_ledger(tx: Connection, case: Case) -> bool:
    c = ledger.c
    found = select(c.position).where(c.pipe == case.pipe, c.position == case.position)
    return tx.execute(found).first() is not None


def _take(tx: Connection, case: Case, at: datetime) -> None:
    """Take a fact into the ledger that was set aside on arrival, by the code of arrival."""
    body = orjson.loads(case.payload)
    store_id = case.pipe.partition("/")[0]
    if (other := stranger(body, store_id)) is not None:
        raise StillNotApplicable(reason_code="wrong-store", reason=f"sent by {store_id}, but of {other}")
    try:
        with tx.begin_nested():
            take_from_aside(
                tx,
                courier,
                body=body,
                position=case.position,
                effect=keep_in(case.pipe, at),
                known_hash=known_hash,
                at=at,
            )
    except NotApplicable as still:
        raise StillNotApplicable(reason_code=still.code, reason=still.detail) from still
    if not _in_ledger(tx, case):
        raise StillNotApplicable(reason_code="duplicate", reason="its number is in the ledger already")


def _apply(tx: Connection, position: int, settlement: Settlement) -> None:
    """Bring the books up to the decision just written; the projector passes no decision over either.

    They are brought up now so that whoever decides hears whether it could be done.
    """
    cursors = projection_cursors
    tx.execute(
        insert(cursors)
        .values(projection=BOOKS, pipe=OWN, position=0, updated_at=settlement.at)
        .on_conflict_do_nothing()
    )
    own = cursors.c.projection == BOOKS, cursors.c.pipe == OWN
    reached = tx.execute(select(cursors.c.position).where(*own).with_for_update()).scalar_one()
    while reached < position:
        reached = _project(tx, reached, settlement.at)
    unapplied = find(tx, courier, OWN, position)
    if unapplied is not None:
        raise StillNotApplicable(reason_code=unapplied.code, reason=unapplied.detail)


def _project(tx: Connection, after: int, at: datetime) -> int:
    calendar = chain_calendar(tx)
    try:
        with tx.begin_nested():
            return project(tx, OWN, after, calendar, at)
    except PartitionsMissing as missing:
        make_partitions(tx, missing.months)
        return project(tx, OWN, after, calendar, at)
