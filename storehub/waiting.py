"""Facts set aside whose time has come, applied without a person: what a newer program can read, and what came
before the thing it is about (a void before its sale, money moved before its shift)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import orjson
import structlog
from sqlalchemy import Connection, Engine, Table, select
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError

from courier.aside import PAGE_MAX, Case, cases, find, restate, settle
from courier.decision import Decision
from courier.envelope import EnvelopeNotReadable
from courier.inbox import NotApplicable
from retail.facts import FactNotReadable
from storehub.database import courier, lock_own_chain, record_fact
from storehub.intake import Intake, passed_on
from storehub.sales.queries import TransactionNotFound
from storehub.sales.tables import transactions
from storehub.shifts.queries import ShiftNotFound
from storehub.shifts.tables import shifts

log = structlog.get_logger(__name__)

AWAITED: dict[str, tuple[str, Table]] = {
    TransactionNotFound.code: ("transaction_id", transactions),
    ShiftNotFound.code: ("shift_id", shifts),
}
"""Why a fact waits → the member that names what it waits for, and where that is when it has come."""


class Waiting:
    """What waits at this hub; each fact is applied once, in a transaction with the fact that says so."""

    def __init__(
        self,
        engine: Engine,
        intake: Intake,
        store_id: str,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
    ) -> None:
        self._engine = engine
        self._intake = intake
        self._store_id = store_id
        self._clock = clock
        self._new_id = new_id

    def read_at_last(self) -> int:
        """Apply facts of kinds and versions that an older program could not read; how many it was.

        To be called when the program starts: it may be a newer one. What it cannot read either stays.
        """
        return self._apply_all([FactNotReadable.code], "this program can read it", lambda _, page: page)

    def apply_what_waited(self) -> int:
        """Apply facts whose sale or shift has come since; how many it was.

        What cannot be applied all the same waits for a person, for the reason that it has now.
        """
        return self._apply_all(list(AWAITED), "what it waited for has come", _come)

    def _apply_all(
        self, codes: list[str], reason: str, ready: Callable[[Connection, list[Case]], list[Case]]
    ) -> int:
        """Page by page, so that those whose time never comes keep nobody from theirs."""
        applied, page, last = 0, [], None
        while last is None or len(page) == PAGE_MAX:
            with self._engine.connect() as tx:
                page = cases(tx, courier, codes=codes, behind=last)
                found = ready(tx, page)
            applied += sum(self._applied(case, reason) for case in found)
            if not page:
                break
            last = page[-1]
        return applied

    def _applied(self, case: Case, reason: str) -> bool:
        try:
            with self._engine.begin() as tx:
                lock_own_chain(tx, self._store_id)
                found = find(tx, courier, case.pipe, case.position)
                if found is None or found.decision is not None:
                    return False
                self._apply(tx, found, reason)
        except NotApplicable as still:
            self._restate(case, still.code, still.detail)
            return False
        except (IntegrityError, DataError, ProgrammingError) as unfit:
            self._restate(case, "does-not-fit", str(unfit.orig))
            return False
        except (EnvelopeNotReadable, DBAPIError):
            return False
        log.info("fact applied at last", pipe=case.pipe, position=case.position)
        return True

    def _apply(self, tx: Connection, case: Case, reason: str) -> None:
        at, carried = self._clock(), passed_on(tx, case)
        self._intake.again(tx, case, at)
        fact = case.decided(Decision.RETRY, reason, "system", at, carried=carried)
        about = f"{case.pipe}#{case.position}"[:100]
        record_fact(tx, fact, store_id=self._store_id, event_id=self._new_id(), aggregate_id=about, at=at)
        settle(tx, courier, fact)

    def _restate(self, case: Case, code: str, detail: str) -> None:
        if code != case.code:
            with self._engine.begin() as tx:
                restate(tx, courier, case.pipe, case.position, code, detail)


def _come(tx: Connection, page: list[Case]) -> list[Case]:
    """Those for which the thing that they waited for is here; a sale only when it is a recorded one."""
    awaited = [(case, AWAITED[case.code][1], _awaited(case)) for case in page]
    here: set[tuple[Table, UUID | None]] = set()
    for table in {table for _, table, _ in awaited}:
        ids = {wanted for _, other, wanted in awaited if other is table and wanted is not None}
        query = select(table.c.id).where(table.c.id.in_(ids))
        if table is transactions:
            query = query.where(transactions.c.completed_at.is_not(None))
        here.update((table, known) for known in tx.execute(query).scalars())
    return [case for case, table, wanted in awaited if (table, wanted) in here]


def _awaited(case: Case) -> UUID | None:
    try:
        return UUID(orjson.loads(case.payload)["payload"][AWAITED[case.code][0]])
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError):
        return None
