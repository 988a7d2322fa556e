"""Promotions (FR-3.3): what head office states, and what stands."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import AwareDatetime

from hq.api.office import ACaller, AnOffice
from hq.api.problems import wrong_store
from hq.promotions.commands import PROMO_ID, create_promotion, put_promotion, take_back_promotion
from hq.promotions.queries import promotion_of, standing_promotions
from hq.stores.names import NAME
from hq.stores.queries import chain_calendar
from retail.staff import Permission

router = APIRouter(tags=["promotions"])

PromoId = Annotated[str, Path(pattern=PROMO_ID)]
Body = dict[str, Any]


@router.post("/v1/promotions", status_code=201)
def create(body: Body, office: AnOffice, caller: ACaller) -> Body:
    """State a new promotion. The same again gives the same answer; another one of that name is a 409."""
    after: Body = {}
    subject = str(body.get("promo_id"))
    with office.deed(caller, "state promotion", subject, Permission.EDIT_PROMOTIONS, detail=after) as tx:
        stated = create_promotion(tx, body, caller.name, office.clock())
        after |= {"before": None, "after": stated.body}
    return stated.to_body()


@router.put("/v1/promotions/{promo_id}")
def put(promo_id: PromoId, body: Body, response: Response, office: AnOffice, caller: ACaller) -> Body:
    """State a promotion, new (201) or instead of what stands (200)."""
    changed: Body = {}
    with office.deed(caller, "state promotion", promo_id, Permission.EDIT_PROMOTIONS, detail=changed) as tx:
        stated, before = put_promotion(tx, promo_id, body, caller.name, office.clock())
        changed |= {"before": before and before.body, "after": stated.body}
    response.status_code = 200 if before else 201
    return stated.to_body()


@router.delete("/v1/promotions/{promo_id}", status_code=204)
def take_back(promo_id: PromoId, office: AnOffice, caller: ACaller) -> None:
    """End a promotion; stores hear of it at once, and what was sold with it stays as it is."""
    ended: Body = {}
    with office.deed(caller, "end promotion", promo_id, Permission.EDIT_PROMOTIONS, detail=ended) as tx:
        ended |= {"before": take_back_promotion(tx, promo_id, office.clock()).body, "after": None}


@router.get("/v1/promotions")
def promotions(
    office: AnOffice,
    caller: ACaller,
    store_id: Annotated[str | None, Query(pattern=NAME)] = None,
    at: AwareDatetime | None = None,
) -> Body:
    """What stands: everywhere or for a store, and with `at` only what is on by period, day and hour."""
    if caller.store_id is not None and store_id not in (None, caller.store_id):
        raise wrong_store(caller.store_id, store_id or "")
    with office.engine.connect() as tx:
        found = standing_promotions(tx, chain_calendar(tx), caller.store_id or store_id, at)
    return {"promotions": [each.to_body() for each in found]}


@router.get("/v1/promotions/{promo_id}")
def promotion(promo_id: PromoId, office: AnOffice, caller: ACaller) -> Body:
    """One promotion as it stands; a store sees its own."""
    with office.engine.connect() as tx:
        return promotion_of(tx, promo_id, caller.store_id).to_body()
