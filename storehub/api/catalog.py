"""The Catalog API of spec 7.1: what a barcode means here and now."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy import Connection

from courier.problem import Problem
from storehub.api.call import Answer, CallDep
from storehub.api.views import ware_view
from storehub.catalog.queries import ware_of_barcode, ware_of_sku
from storehub.stock.queries import level_of

router = APIRouter(prefix="/api/v1/catalog", tags=["catalog"])


@router.get("/items")
def find_item(
    call: CallDep,
    barcode: Annotated[str | None, Query(max_length=200)] = None,
    sku_id: Annotated[str | None, Query(max_length=50)] = None,
) -> Answer:
    """The product with this barcode (or SKU), its price and how many could be sold."""
    if (barcode is None) == (sku_id is None):
        raise Problem(422, "invalid-request", "Ask by barcode or by sku_id, one of them")

    def find(tx: Connection) -> dict[str, Any]:
        store_id = call.hub.store_id
        if barcode is not None:
            ware = ware_of_barcode(tx, barcode, store_id, call.at)
        else:
            ware = ware_of_sku(tx, sku_id or "", store_id, call.at)
        return ware_view(ware, level_of(tx, ware.product.pack_of or ware.product.sku_id))

    return call.read(find)
