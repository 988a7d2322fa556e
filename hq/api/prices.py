"""Prices and tax rates."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator

from hq.api.office import ACaller, AnOffice
from hq.catalog.limits import SKU, TAX_CLASS_MAX
from hq.prices.commands import put_price, put_tax_rate
from hq.stores.names import NAME
from retail.money import AMOUNT_LIMIT
from retail.staff import Permission
from retail.tax import scaled

router = APIRouter(tags=["prices"])

EARLIEST_YEAR = 1970


def _plausible(moment: datetime) -> datetime:
    if not EARLIEST_YEAR <= moment.year < 9999:
        raise ValueError(f"a moment from {EARLIEST_YEAR} on")
    return moment


class PriceIn(BaseModel):
    """A price in minor units; without `effective_from` from now on, without `store_id` in every store.

    `effective_to` (excluded) ends it, so that the price it went before holds again; else until the next.
    """

    model_config = ConfigDict(extra="forbid")

    amount: Annotated[int, Field(ge=0, le=AMOUNT_LIMIT, strict=True)]
    store_id: Annotated[str, Field(pattern=NAME)] | None = None
    effective_from: AwareDatetime | None = None
    effective_to: AwareDatetime | None = None

    _moments = field_validator("effective_from", "effective_to")(lambda moment: moment and _plausible(moment))


class TaxRateIn(BaseModel):
    """The rate as a fraction, and the moment from which it holds."""

    model_config = ConfigDict(extra="forbid")

    rate: Decimal
    effective_from: AwareDatetime

    _moment = field_validator("effective_from")(_plausible)

    @field_validator("rate")
    @classmethod
    def _possible(cls, rate: Decimal) -> Decimal:
        scaled(rate)
        return rate.normalize()


@router.put("/v1/prices/{sku_id}")
def put(
    sku_id: Annotated[str, Path(pattern=SKU)], body: PriceIn, office: AnOffice, caller: ACaller
) -> dict[str, Any]:
    """Set the base price, or a store's own, from a moment on (FR-3.2)."""
    with office.deed(caller, "put price", sku_id, Permission.EDIT_CATALOGUE) as tx:
        price, version = put_price(
            tx,
            sku_id,
            body.amount,
            store_id=body.store_id,
            effective_from=body.effective_from,
            effective_to=body.effective_to,
            at=office.clock(),
        )
    return {**price.to_body(), "version": version}


@router.put("/v1/tax-rates/{tax_class}")
def put_rate(
    tax_class: Annotated[str, Path(min_length=1, max_length=TAX_CLASS_MAX)],
    body: TaxRateIn,
    office: AnOffice,
    caller: ACaller,
) -> dict[str, Any]:
    """Set the rate of a tax class from a moment on; it goes before the rates that products name."""
    with office.deed(caller, "put tax rate", tax_class, Permission.EDIT_CATALOGUE) as tx:
        version = put_tax_rate(tx, tax_class, body.rate, body.effective_from, office.clock())
    return {
        "tax_class": tax_class,
        "rate": format(body.rate, "f"),
        "effective_from": body.effective_from.isoformat(),
        "version": version,
    }
