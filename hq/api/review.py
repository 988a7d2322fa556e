"""What head office reviews: alerts, conflicts and the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from fastapi import APIRouter, Header, Query, Response
from sqlalchemy import Connection

from hq.alerts.queries import PAGE_MAX as ALERTS_MAX
from hq.alerts.queries import listed
from hq.api.csv_answer import csv_of, wants_csv
from hq.api.office import ACaller, AnOffice, permit
from hq.audit.queries import PAGE_MAX as AUDIT_MAX
from hq.audit.queries import Wanted, page
from hq.people.tokens import Caller
from hq.reconciliation.queries import COLUMNS, PAGE_MAX, conflicts_found
from hq.stores.queries import chain_calendar
from retail.staff import Permission

router = APIRouter(tags=["review"])

From = Annotated[date | None, Query(alias="from", description="first day, by the chain's clock")]
To = Annotated[date | None, Query(alias="to", description="the day after the last")]


@router.get("/v1/alerts")
def alerts(
    office: AnOffice,
    caller: ACaller,
    store: str | None = None,
    open_only: Annotated[bool, Query(alias="open")] = True,
    limit: Annotated[int, Query(ge=1, le=ALERTS_MAX)] = ALERTS_MAX,
) -> dict[str, Any]:
    """What somebody should look at, brought up to this moment; `open=false` has the cleared ones as well."""
    with office.engine.connect() as tx:
        stores = _stores(tx, caller, store)
    office.watchman.look()
    with office.engine.connect() as tx:
        return {"items": listed(tx, store_ids=stores, open_only=open_only, limit=limit)}


@router.get("/v1/conflicts")
def conflicts(
    office: AnOffice,
    caller: ACaller,
    store: str | None = None,
    kind: str | None = None,
    first: From = None,
    until: To = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = PAGE_MAX,
    accept: Annotated[str, Header()] = "",
) -> Response:
    """Differences between two who should agree, the newest first; JSON, or CSV by Accept."""
    with office.engine.connect() as tx:
        stores = _stores(tx, caller, store)
        begin, end = _days(tx, first, until)
        rows = conflicts_found(tx, store_ids=stores, kind=kind, first=begin, until=end, limit=limit)
    vary = {"vary": "accept"}
    if wants_csv(accept):
        flat = [{**row, "detail": orjson.dumps(row["detail"]).decode()} for row in rows]
        return Response(csv_of(COLUMNS, flat), media_type="text/csv; charset=utf-8", headers=vary)
    return Response(orjson.dumps({"items": rows}), media_type="application/json", headers=vary)


@router.get("/v1/audit")
def audit(
    office: AnOffice,
    caller: ACaller,
    actor: str | None = None,
    deed: str | None = None,
    subject: str | None = None,
    outcome: str | None = None,
    first: From = None,
    until: To = None,
    before: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=AUDIT_MAX)] = 100,
) -> dict[str, Any]:
    """Who changed what, the newest first; `next_before` is the `before` of the next page."""
    with office.engine.connect() as tx:
        permit(tx, caller, Permission.VIEW_AUDIT)
        begin, end = _days(tx, first, until)
        wanted = Wanted(actor, deed, subject, outcome, begin, end)
        items = page(tx, wanted, before=before, limit=limit)
    return {"items": items, "next_before": items[-1]["id"] if len(items) == limit else None}


def _stores(tx: Connection, caller: Caller, store: str | None) -> Sequence[str] | None:
    """The stores to show: those the caller may see, of these the one that was asked for."""
    allowed = permit(tx, caller, Permission.VIEW_REPORTS)
    if store is None:
        return allowed
    return [store] if allowed is None or store in allowed else []


def _days(tx: Connection, first: date | None, until: date | None) -> tuple[datetime | None, datetime | None]:
    zone = ZoneInfo(chain_calendar(tx).timezone)
    begin, end = (datetime.combine(day, time(), zone) if day else None for day in (first, until))
    return begin, end
