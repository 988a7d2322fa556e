"""Stock levels, and adjusting them by hand with a reason (FR-2.1)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, StrictInt
from sqlalchemy import Connection

from retail.facts import InventoryAdjusted
from retail.product import ProductNotFound
from retail.quantity import checked_change
from retail.refusal import Refusal
from retail.staff import Permission
from retail.stock import AdjustmentType
from storehub.api.call import Answer, Call, CallDep, Deed
from storehub.catalog.queries import knows_sku
from storehub.database import record_fact
from storehub.stock.commands import BY_HAND, apply_adjustment
from storehub.stock.queries import LEVELS_MAX, level_of, levels

router = APIRouter(prefix="/api/v1/inventory", tags=["inventory"])


class UnknownAdjustment(Refusal):
    """The adjustment is none that a person makes (`adjustment_type`, `known`)."""

    code = "unknown-adjustment"


class Adjustment(BaseModel):
    """By how many pieces or grams the stock is to change, and why."""

    sku_id: str = Field(min_length=1, max_length=50)
    quantity_delta: StrictInt
    adjustment_type: str = AdjustmentType.MANUAL.value
    reason: str = Field(min_length=1, max_length=500)
    reference_id: str | None = Field(default=None, max_length=100)


@router.get("")
def list_levels(
    call: CallDep, after: str = "", limit: Annotated[int, Query(ge=1, le=LEVELS_MAX)] = LEVELS_MAX
) -> Answer:
    """All levels in order of SKU, a page at a time."""

    def find(tx: Connection) -> dict[str, Any]:
        found = levels(tx, after, limit)
        more = found[-1].sku_id if len(found) == limit else None
        return {"items": [level.to_body() for level in found], "next_after": more}

    return call.read(find)


@router.get("/{sku_id}")
def get_level(sku_id: str, call: CallDep) -> Answer:
    """The level of one product, exact at this moment."""

    def find(tx: Connection) -> dict[str, Any]:
        level = level_of(tx, sku_id)
        if level.last_updated is None and not knows_sku(tx, sku_id):
            raise ProductNotFound(sku_id=sku_id)
        return level.to_body()

    return call.read(find)


@router.post("/adjustments", status_code=201)
def adjust(body: Adjustment, call: CallDep) -> Answer:
    """Change a level; the change is a fact of this hub with its reason."""

    def do(tx: Connection) -> dict[str, Any]:
        fact = _fact(tx, call, body)
        event_id = call.keyed_id()
        recorded = record_fact(
            tx,
            fact,
            store_id=call.hub.store_id,
            event_id=event_id,
            aggregate_id=body.sku_id,
            at=call.at,
        )
        apply_adjustment(tx, fact, recorded.position)
        return fact.to_body() | {"adjustment_id": str(event_id)} | level_of(tx, body.sku_id).to_body()

    return call.write(Deed("adjust stock", Permission.ADJUST_STOCK, body.sku_id), do, 201)


def _fact(tx: Connection, call: Call, body: Adjustment) -> InventoryAdjusted:
    if body.adjustment_type not in BY_HAND:
        raise UnknownAdjustment(adjustment_type=body.adjustment_type, known=", ".join(sorted(BY_HAND)))
    if not knows_sku(tx, body.sku_id):
        raise ProductNotFound(sku_id=body.sku_id)
    return InventoryAdjusted(
        store_id=call.hub.store_id,
        sku_id=body.sku_id,
        adjustment_type=body.adjustment_type,
        quantity_delta=checked_change(body.quantity_delta),
        reason=body.reason,
        reference_id=body.reference_id,
        adjusted_at=call.at,
        adjusted_by=call.caller.name,
    )
