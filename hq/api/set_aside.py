"""Facts that head office set aside, and an administrator's decision about each."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from courier.aside import PAGE_MAX, cases
from courier.decision import Decision
from hq.api.office import ACaller, AnOffice, permit
from hq.database import courier
from hq.ledger.queries import pipes_of
from hq.reports.settling import Settlement, decide
from retail.staff import Permission

router = APIRouter(tags=["set aside"])


class DecisionIn(BaseModel):
    """What to do with the fact, and why."""

    model_config = ConfigDict(extra="forbid")

    decision: Decision
    reason: Annotated[str, Field(min_length=1, max_length=500)]


@router.get("/v1/set-aside")
def list_cases(
    office: AnOffice,
    caller: ACaller,
    store: str | None = None,
    undecided: bool = True,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = PAGE_MAX,
) -> dict[str, Any]:
    """What was set aside, the oldest first; `undecided=false` lists what was decided as well."""
    with office.engine.connect() as tx:
        allowed = permit(tx, caller, Permission.VIEW_REPORTS)
        stores = list(allowed) if allowed is not None else None
        if store is not None:
            stores = [store] if stores is None or store in stores else []
        pipes = None if stores is None else [pipe for store_id in stores for pipe in pipes_of(store_id)]
        found = cases(tx, courier, pipes=pipes, undecided=undecided, limit=limit)
    return {"items": [case.to_body() for case in found]}


@router.post("/v1/set-aside/{pipe:path}/{position}/decision")
def settle(pipe: str, position: int, body: DecisionIn, office: AnOffice, caller: ACaller) -> dict[str, Any]:
    """Retry, accept as it is, or annul: a fact of head office, with who, when and why."""
    said = {"after": {"decision": body.decision.value, "reason": body.reason}}
    deed, place = "settle set-aside fact", f"{pipe}#{position}"
    with office.deed(caller, deed, place, Permission.MANAGE_DEVICES, news=False, detail=said) as tx:
        settlement = Settlement(
            pipe, position, body.decision, body.reason, caller.name, office.clock(), office.new_id()
        )
        decided = decide(tx, settlement)
    return decided.to_body()
