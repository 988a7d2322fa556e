"""What hubs tell of their tills and ask when they take the place of a lost hub; and the stock of a store."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from hq.api.office import ACaller, AnOffice, permit
from hq.api.problems import wrong_store
from hq.ledger.queries import pipe_states, pipes_of, postings
from hq.ledger.restoration import restoration
from hq.people.tokens import Caller
from hq.reports.projection import BOOKS
from hq.stock.queries import LEVELS_MAX, all_levels, levels
from hq.stores.commands import StoreNotFound, keep_enrolment
from hq.stores.names import NAME
from hq.stores.queries import store_row
from retail.staff import Permission

router = APIRouter(tags=["hubs"])

FACTS_MAX = 500
FACTS_BYTES_MAX = 4_000_000

StoreId = Annotated[str, Path(pattern=NAME)]
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class TerminalEnrolment(BaseModel):
    """A till that the hub let in; the secret itself stays with the till."""

    model_config = ConfigDict(extra="forbid")

    terminal_id: Annotated[str, Field(pattern=NAME)]
    secret_hash: Digest
    used_code_hash: Digest
    enrolled_at: AwareDatetime


@router.post("/v1/stores/{store_id}/terminals")
def enrolled(store_id: StoreId, body: TerminalEnrolment, office: AnOffice, caller: ACaller) -> dict[str, str]:
    """Keep which secret a till has at its hub, as a hash, so that the next hub takes the till over."""
    _demand_hub(caller, store_id)
    enrolled_at: datetime = body.enrolled_at
    with office.engine.begin() as tx:
        keep_enrolment(tx, store_id, body.terminal_id, body.secret_hash, body.used_code_hash, enrolled_at)
    return {"terminal_id": body.terminal_id}


@router.get("/v1/stores/{store_id}/restoration")
def restored(store_id: StoreId, office: AnOffice, caller: ACaller) -> dict[str, Any]:
    """Where the store's pipe and chains stand, its tills and its stock: for a new hub in its place."""
    _demand_hub(caller, store_id)
    with office.engine.connect().execution_options(isolation_level="REPEATABLE READ") as tx:
        found = restoration(tx, store_id, BOOKS, all_levels(tx, store_id))
    if not found["projected"]:
        office.projector.wake()
    return found


@router.get("/v1/stores/{store_id}/facts")
def facts(
    store_id: StoreId,
    office: AnOffice,
    caller: ACaller,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=FACTS_MAX)] = FACTS_MAX,
) -> Response:
    """The facts of the store's pipe behind a position, word for word, a page at a time."""
    _demand_hub(caller, store_id)
    with office.engine.connect() as tx:
        found = postings(tx, store_id, after, limit, FACTS_BYTES_MAX)
    page = ",".join(f'{{"position":{fact.position},"envelope":{fact.envelope}}}' for fact in found)
    return Response(f'{{"facts":[{page}]}}', media_type="application/json")


@router.get("/v1/stores/{store_id}/inventory")
def inventory(
    store_id: StoreId,
    office: AnOffice,
    caller: ACaller,
    after: Annotated[str, Query(max_length=50)] = "",
    limit: Annotated[int, Query(ge=1, le=LEVELS_MAX)] = LEVELS_MAX,
) -> Response:
    """Levels of stock by SKU; `as_of`: the last position of each pipe in them, `complete`: of what came."""
    if caller.store_id not in (None, store_id):
        raise wrong_store(caller.store_id or "", store_id)
    with office.engine.connect().execution_options(isolation_level="REPEATABLE READ") as tx:
        if caller.store_id is None:
            allowed = permit(tx, caller, Permission.VIEW_REPORTS)
            if allowed is not None and store_id not in allowed:
                raise StoreNotFound(store_id=store_id)
        if store_row(tx, store_id) is None:
            raise StoreNotFound(store_id=store_id)
        states = [state for state in pipe_states(tx, BOOKS) if state.pipe in pipes_of(store_id)]
        page = levels(tx, store_id, after, limit)
    body = {
        "store_id": store_id,
        "as_of": {state.pipe: state.projected for state in states},
        "complete": all(state.lag == 0 for state in states),
        "levels": [{"sku_id": sku_id, "current_stock": stock} for sku_id, stock in page.items()],
        "more": len(page) == limit,
    }
    return Response(orjson.dumps(body), media_type="application/json")


def _demand_hub(caller: Caller, store_id: str) -> None:
    if caller.store_id != store_id:
        raise wrong_store(caller.store_id or "", store_id)
