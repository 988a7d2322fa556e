"""Facts that were set aside, and a manager's decision about each: retry, accept as it is, or annul."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError

from courier.aside import PAGE_MAX, Case, cases, find, settle
from courier.decision import Decision
from courier.inbox import NotApplicable
from retail.refusal import Refusal
from retail.staff import Permission
from storehub.api.call import Answer, CallDep, Deed
from storehub.database import courier, lock_own_chain, record_fact
from storehub.intake import Intake, passed_on

router = APIRouter(prefix="/api/v1/set-aside", tags=["set aside"])


class CaseNotFound(Refusal):
    """Nothing was set aside at this place (`pipe`, `position`)."""

    code = "set-aside-not-found"


class DecidedBefore(Refusal):
    """Somebody has decided about this fact (`decision`, `decided_by`)."""

    code = "already-decided"


class StillNotApplicable(Refusal):
    """The fact cannot be applied now either (`reason_code`, `reason`)."""

    code = "still-not-applicable"


class DecisionIn(BaseModel):
    """What to do with the fact, and why."""

    model_config = ConfigDict(extra="forbid")

    decision: Decision
    reason: str = Field(min_length=1, max_length=500)


async def _intake(request: Request) -> Intake:
    intake: Intake = request.app.state.intake
    return intake


IntakeDep = Annotated[Intake, Depends(_intake)]


@router.get("")
def list_cases(
    call: CallDep, undecided: bool = True, limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = PAGE_MAX
) -> Answer:
    """What was set aside, the oldest first; `undecided=false` lists what was decided as well."""

    def look(tx: Connection) -> dict[str, Any]:
        return {"items": [c.to_body() for c in cases(tx, courier, undecided=undecided, limit=limit)]}

    return call.read(look, Deed("view set-aside facts", Permission.SETTLE_FACTS))


@router.post("/{pipe:path}/{position}/decision")
def decide(pipe: str, position: int, body: DecisionIn, call: CallDep, intake: IntakeDep) -> Answer:
    """Decide; the decision is a fact of this hub, and what it does is done in the same transaction."""

    def do(tx: Connection) -> dict[str, Any]:
        lock_own_chain(tx, call.hub.store_id)
        case = _open_case(tx, pipe, position)
        carried = passed_on(tx, case)
        if body.decision is Decision.RETRY:
            _retry(tx, intake, case, call)
        fact = case.decided(body.decision, body.reason, call.caller.name, call.at, carried=carried)
        recorded = record_fact(
            tx,
            fact,
            store_id=call.hub.store_id,
            event_id=call.hub.new_id(),
            aggregate_id=f"{pipe}#{position}"[:100],
            at=call.at,
        )
        applied = body.decision is Decision.RETRY
        if body.decision is Decision.ACCEPT:
            applied = intake.accept(tx, case, recorded.position, call.at)
        settle(tx, courier, fact)
        return fact.to_body() | {"applied": applied}

    return call.write(Deed("settle set-aside fact", Permission.SETTLE_FACTS, f"{pipe}#{position}"), do)


def _open_case(tx: Connection, pipe: str, position: int) -> Case:
    case = find(tx, courier, pipe, position)
    if case is None:
        raise CaseNotFound(pipe=pipe, position=position)
    if case.decision is not None:
        raise DecidedBefore(decision=case.decision, decided_by=case.decided_by)
    return case


def _retry(tx: Connection, intake: Intake, case: Case, call: CallDep) -> None:
    try:
        with tx.begin_nested():
            intake.again(tx, case, call.at)
    except NotApplicable as still:
        raise StillNotApplicable(reason_code=still.code, reason=still.detail) from still
    except (IntegrityError, DataError, ProgrammingError) as unfit:
        raise StillNotApplicable(reason_code="does-not-fit", reason=str(unfit.orig)) from unfit
