"""Reports, as JSON or CSV, saying how far they have read."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated

import orjson
from fastapi import APIRouter, Header, Query, Request, Response
from sqlalchemy import Connection

from courier.problem import Problem
from hq.api.csv_answer import csv_of, wants_csv
from hq.api.office import ACaller, AnOffice, Office, permit
from hq.ledger.queries import PipeState, pipe_states, pipes_of
from hq.reports.projection import BOOKS
from hq.reports.sales import Group, sales_report
from hq.stores.queries import chain_calendar
from retail.staff import Permission

router = APIRouter(tags=["reports"])

PATIENCE = timedelta(seconds=2)
"""How long a report waits for facts that are in the ledger and not yet in the books."""

LOOK_SECONDS = 0.02
PARAMETERS = frozenset({"from", "to", "group_by"})


@router.get("/v1/reports/sales")
def sales(
    request: Request,
    office: AnOffice,
    caller: ACaller,
    first: Annotated[date, Query(alias="from")],
    until: Annotated[date, Query(alias="to")],
    group_by: Annotated[
        str, Query(description="any of: hour day week month store sku category cashier tender")
    ] = "day",
    accept: Annotated[str, Header()] = "",
) -> Response:
    """Sales of the business days from `from` up to, but not including, `to`.

    `as_of` is the last position of each pipe that the figures contain; `complete` says that this is
    everything head office had received.
    """
    unknown = set(request.query_params) - PARAMETERS
    if unknown:
        # A filter that is passed over would answer with another store's money.
        raise Problem(
            422,
            "invalid-request",
            "The request is not valid",
            f"{min(unknown)}: there is no such parameter; there are {', '.join(sorted(PARAMETERS))}",
        )
    groups = _groups(group_by)
    if first >= until:
        raise Problem(
            422, "invalid-request", "The request is not valid", "to: the day after the last day wanted"
        )
    with office.engine.begin() as tx:
        stores = permit(tx, caller, Permission.VIEW_REPORTS)
        wanted = _states(tx, stores)
    _await_books(office, wanted, stores)
    with office.engine.connect().execution_options(isolation_level="REPEATABLE READ") as tx:
        report = sales_report(tx, first, until, groups, chain_calendar(tx).timezone, stores)
        states = _states(tx, stores)
    complete = all(state.lag == 0 for state in states)
    if wants_csv(accept):
        return Response(
            csv_of(report.columns, report.rows),
            media_type="text/csv; charset=utf-8",
            headers={"everopen-complete": str(complete).lower(), "vary": "accept"},
        )
    body = {
        "from": first,
        "to": until,
        "group_by": groups,
        "rows": report.rows,
        "as_of": {state.pipe: state.projected for state in states},
        "complete": complete,
    }
    return Response(orjson.dumps(body), media_type="application/json", headers={"vary": "accept"})


def _groups(text: str) -> list[Group]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if len(set(names)) != len(names) or not set(names) <= set(Group):
        raise Problem(
            422,
            "invalid-request",
            "The request is not valid",
            f"group_by: any of {', '.join(Group)}, each once, separated by commas",
        )
    return [Group(name) for name in names]


def _states(tx: Connection, stores: Sequence[str] | None) -> list[PipeState]:
    states = pipe_states(tx, BOOKS)
    if stores is None:
        return states
    mine = {pipe for store_id in stores for pipe in pipes_of(store_id)}
    return [state for state in states if state.pipe in mine]


def _await_books(office: Office, wanted: Sequence[PipeState], stores: Sequence[str] | None) -> None:
    """Wait for the projector to reach what was received when the report was asked for, up to a limit."""
    missing = {state.pipe: state.received for state in wanted if state.lag > 0}
    patience, pause = int(PATIENCE.total_seconds() / LOOK_SECONDS), threading.Event()
    while missing and patience > 0:
        office.projector.wake()
        pause.wait(LOOK_SECONDS)
        patience -= 1
        with office.engine.connect() as tx:
            reached = {state.pipe: state.projected for state in _states(tx, stores)}
        missing = {pipe: position for pipe, position in missing.items() if reached.get(pipe, 0) < position}
