"""Open baskets of the tills: mirrored for stock that is spoken for, parked here and taken there.

A till tells the hub about its basket when it can. Losing the hub costs it nothing but the shared view:
the basket itself is in the till's journal.
"""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field, StrictInt
from sqlalchemy import Connection

from retail.basket import LINES_LIMIT
from retail.money import AMOUNT_LIMIT
from retail.quantity import GRAMS_LIMIT
from retail.staff import Permission
from storehub.api.call import Answer, CallDep, Deed
from storehub.baskets import commands
from storehub.stock.queries import levels_of

router = APIRouter(prefix="/api/v1/baskets", tags=["baskets"])


class Reserve(BaseModel):
    """Pieces or grams of a SKU that stand in the basket."""

    sku_id: Annotated[str, Field(min_length=1, max_length=50)]
    quantity: Annotated[StrictInt, Field(gt=0, le=GRAMS_LIMIT)]


class BasketCopy(BaseModel):
    """A basket as it stands; `body` is the till's own draft, which the hub keeps unread."""

    cashier_id: Annotated[str, Field(min_length=1, max_length=50)]
    parked: bool = False
    label: Annotated[str, Field(max_length=100)] = ""
    line_count: Annotated[StrictInt, Field(ge=0, le=LINES_LIMIT)]
    total_amount: Annotated[StrictInt, Field(ge=0, le=AMOUNT_LIMIT)]
    reserves: Annotated[list[Reserve], Field(max_length=LINES_LIMIT)]
    body: dict[str, Any]


class Taker(BaseModel):
    """Who goes on with a parked basket."""

    cashier_id: Annotated[str, Field(min_length=1, max_length=50)]


@router.put("/{sale_id}")
def keep(sale_id: UUID, body: BasketCopy, call: CallDep) -> Answer:
    """Tell the hub how the basket stands; `parked` puts it on the list for every till.

    The answer says how many there are of its goods, without what stands in this basket, and which `life` of
    the store's hub has it now: another than before has forgotten what it was told then.
    """
    basket = commands.KeptBasket(
        sale_id=sale_id,
        terminal_id=call.caller.terminal_id,
        cashier_id=body.cashier_id,
        parked=body.parked,
        label=body.label,
        line_count=body.line_count,
        total_amount=body.total_amount,
        reserves=[(each.sku_id, each.quantity) for each in body.reserves],
        body=body.body,
        updated_at=call.at,
    )

    def do(tx: Connection) -> dict[str, Any]:
        commands.keep(tx, basket)
        levels = levels_of(tx, {sku_id for sku_id, _ in basket.reserves})
        own: dict[str, int] = {}
        for sku_id, quantity in basket.reserves:
            own[sku_id] = own.get(sku_id, 0) + quantity
        available = {sku_id: levels[sku_id].available_stock + own[sku_id] for sku_id in own}
        return {"available": available, "life": commands.life_of(tx)}

    return call.write(_deed("keep basket", sale_id), do)


@router.delete("/{sale_id}", status_code=204)
def drop(sale_id: UUID, call: CallDep) -> Answer:
    """The basket is empty or paid; asked again, nothing changes."""
    terminal_id = call.caller.terminal_id
    return call.write(_deed("drop basket", sale_id), lambda tx: commands.drop(tx, sale_id, terminal_id), 204)


@router.get("")
def list_parked(call: CallDep) -> Answer:
    """The parked baskets, the oldest first, as this `life` of the hub knows them."""

    def look(tx: Connection) -> dict[str, Any]:
        found = [basket.to_body(whole=False) for basket in commands.parked(tx)]
        return {"baskets": found, "life": commands.life_of(tx)}

    return call.read(look)


@router.post("/{sale_id}/take")
def take(sale_id: UUID, body: Taker, call: CallDep) -> Answer:
    """Go on with a parked basket at the caller's till; of two tills that ask, one gets it."""

    def do(tx: Connection) -> dict[str, Any]:
        taken = commands.take(
            tx, sale_id, terminal_id=call.caller.terminal_id, cashier_id=body.cashier_id, at=call.at
        )
        return taken.to_body(whole=True)

    return call.write(_deed("take basket", sale_id), do)


def _deed(name: str, sale_id: UUID) -> Deed:
    return Deed(name, Permission.SELL, str(sale_id), by_terminals=True)
