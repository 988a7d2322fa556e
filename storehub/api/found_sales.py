"""Finding recorded sales again: by receipt number, by till, by day (FR-1.4)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy import Connection

from storehub.api.call import Answer, CallDep
from storehub.api.refunds import recorded_or_404
from storehub.sales.queries import FOUND_MAX, found_sales, sealed_sale
from storehub.sales.refunds import later_of

SEQUENCE_MAX = 10**12

router = APIRouter(prefix="/api/v1/transactions", tags=["checkout"])


@router.get("")
def find(
    call: CallDep,
    receipt_number: Annotated[str | None, Query(min_length=1, max_length=120)] = None,
    terminal_id: Annotated[str | None, Query(min_length=1, max_length=50)] = None,
    business_date: date | None = None,
    sequence: Annotated[int | None, Query(ge=0, le=SEQUENCE_MAX)] = None,
    limit: Annotated[int, Query(ge=1, le=FOUND_MAX)] = 50,
) -> Answer:
    """The newest recorded sales first; without a number or a day, those of today. `sequence`: the figures at
    the end of a receipt's number, of any till."""

    def search(tx: Connection) -> dict[str, Any]:
        day = business_date
        if day is None and receipt_number is None and sequence is None:
            day = call.hub.rules(tx).calendar.business_date(call.at)
        found = found_sales(
            tx,
            call.hub.store_id,
            receipt_number=receipt_number,
            terminal_id=terminal_id,
            business_date=day,
            sequence=sequence,
            count_max=limit,
        )
        return {"transactions": found}

    return call.read(search)


@router.get("/{transaction_id}/facts")
def facts(transaction_id: UUID, call: CallDep) -> Answer:
    """A recorded sale as its fact has it, and everything that came back of it, for a till's own sums."""

    def find(tx: Connection) -> dict[str, Any]:
        recorded = recorded_or_404(tx, transaction_id)
        later = [
            {"event_type": fact.event_type, "version": fact.version, "body": fact.to_body()}
            for fact in later_of(tx, transaction_id)
        ]
        sale, proof = sealed_sale(tx, transaction_id) or (recorded.sale, recorded.proof)
        return {"sale": sale.to_body(), "status": recorded.state.value, "proof": proof, "later": later}

    return call.read(find)
