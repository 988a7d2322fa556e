"""Vouchers: stated series by series, looked at one by one."""

from __future__ import annotations

from typing import Annotated, Any, Self

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StrictInt, model_validator

from hq.api.office import ACaller, AnOffice, permit
from hq.promotions.commands import NAME_MAX, PROMO_ID
from hq.stores.commands import StoreNotFound
from hq.stores.names import NAME
from hq.stores.queries import store_ids
from hq.vouchers.commands import AT_ONCE, CODE, Series, fresh_codes, state_vouchers, take_back_voucher
from hq.vouchers.queries import series_of, uses_of, voucher_of, voucher_view
from retail.member import normal_code
from retail.staff import Permission

router = APIRouter(tags=["vouchers"])

Code = Annotated[str, Path(max_length=40)]
Codes = Annotated[list[Annotated[str, Field(pattern=CODE)]], Field(min_length=1, max_length=AT_ONCE)]
Body = dict[str, Any]


class SeriesIn(BaseModel):
    """A series: `promo_id` or `amount`, `codes` or a `count` of them to make up."""

    model_config = ConfigDict(extra="forbid")

    series_id: Annotated[str, Field(pattern=PROMO_ID)]
    name: Annotated[str, Field(max_length=NAME_MAX)] = ""
    promo_id: Annotated[str, Field(pattern=PROMO_ID)] | None = None
    amount: Annotated[StrictInt, Field(gt=0)] | None = None
    minimum_purchase: Annotated[StrictInt, Field(ge=0)] = 0
    codes: Codes | None = None
    count: Annotated[StrictInt, Field(ge=1, le=AT_ONCE)] | None = None
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    max_uses: Annotated[StrictInt, Field(ge=1, le=1_000_000)] = 1
    store_ids: Annotated[list[Annotated[str, Field(pattern=NAME)]], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        if (self.promo_id is None) == (self.amount is None):
            raise ValueError("a series has either promo_id or amount")
        if (self.codes is None) == (self.count is None):
            raise ValueError("a series has either codes or a count of them")
        if self.codes is not None and len(set(self.codes)) < len(self.codes):
            raise ValueError("each code once")
        if self.minimum_purchase and self.amount is None:
            raise ValueError("minimum_purchase belongs to the promotion, or to an amount")
        if self.starts_at and self.ends_at and self.starts_at >= self.ends_at:
            raise ValueError("ends_at comes after starts_at")
        return self


@router.post("/v1/vouchers", status_code=201)
def state(body: SeriesIn, office: AnOffice, caller: ACaller) -> Body:
    """State a series of vouchers; their stores hear of it at once."""
    series = Series(
        body.series_id,
        body.name,
        body.promo_id,
        body.amount,
        body.minimum_purchase,
        body.starts_at,
        body.ends_at,
        body.max_uses,
        tuple(body.store_ids) if body.store_ids is not None else None,
    )
    after = body.model_dump(mode="json", exclude={"codes"}, exclude_none=True)
    permission = Permission.EDIT_PROMOTIONS
    with office.deed(caller, "state vouchers", body.series_id, permission, detail=after) as tx:
        for store_id in set(series.store_ids or ()) - set(store_ids(tx)):
            raise StoreNotFound(store_id=store_id)
        codes = body.codes or fresh_codes(tx, body.count or 0, office.new_code)
        rows = state_vouchers(tx, series, codes, caller.name, office.clock())
        after["count"] = len(rows)
    return {"series_id": body.series_id, "vouchers": [voucher_view(row) for row in rows]}


@router.get("/v1/vouchers")
def listed(series_id: Annotated[str, Query(pattern=PROMO_ID)], office: AnOffice, caller: ACaller) -> Body:
    """The vouchers of a series that stand, with how often each was used."""
    with office.engine.connect() as tx:
        permit(tx, caller, Permission.EDIT_PROMOTIONS)
        return {"series_id": series_id, "vouchers": [voucher_view(row) for row in series_of(tx, series_id)]}


@router.get("/v1/vouchers/{code}")
def get(code: Code, office: AnOffice, caller: ACaller) -> Body:
    """One voucher, with the sales it was used in."""
    with office.engine.connect() as tx:
        permit(tx, caller, Permission.EDIT_PROMOTIONS)
        row = voucher_of(tx, normal_code(code))
        return {**voucher_view(row), "used_in": uses_of(tx, row["code"])}


@router.delete("/v1/vouchers/{code}", status_code=204)
def take_back(code: Code, office: AnOffice, caller: ACaller) -> None:
    """End a voucher; stores hear of it at once, and what was sold with it stays as it is."""
    ended: Body = {}
    with office.deed(caller, "end voucher", code, Permission.EDIT_PROMOTIONS, detail=ended) as tx:
        row = take_back_voucher(tx, normal_code(code), office.clock())
        ended |= {"before": voucher_view(row), "after": None}
