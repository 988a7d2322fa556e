"""Finding recorded sales again: by receipt number, by till, by day (FR-1.4)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy import Connection

from storehub.api.call import Answer, CallDep
from storehub.sales.queries import FOUND_MAX, found_sales

router = APIRouter(prefix="/api/v1/transactions", tags=["checkout"])


@router.get("")
def find(
    call: CallDep,
    receipt_number: Annotated[str | None, Query(min_length=1, max_length=120)] = None,
    terminal_id: Annotated[str | None, Query(min_length=1, max_length=50)] = None,
    business_date: date | None = None,
    limit: Annotated[int, Query(ge=1, le=FOUND_MAX)] = 50,
) -> Answer:
    """The newest recorded sales first; without a receipt number or a day, those of today."""

    def search(tx: Connection) -> dict[str, Any]:
        day = business_date
        if day is None and receipt_number is None:
            day = call.hub.rules(tx).calendar.business_date(call.at)
        found = found_sales(
            tx,
            call.hub.store_id,
            receipt_number=receipt_number,
            terminal_id=terminal_id,
            business_date=day,
            count_max=limit,
        )
        return {"transactions": found}

    return call.read(search)
