"""Stores, the codes that enrol their machines, the chain's settings, and whether a store is complete."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from hq.alerts.queries import listed
from hq.api.office import ACaller, AnOffice, Office, permit
from hq.api.problems import wrong_store
from hq.ledger.queries import last_batches, pipe_states, pipes_of
from hq.people.tokens import Caller
from hq.reconciliation.completeness import completeness
from hq.reports.projection import BOOKS
from hq.stores.commands import StoreCard, StoreNotFound, issue_code, put_setting, put_store
from hq.stores.names import NAME, RESERVED
from hq.stores.queries import setting_values, store_row
from retail.staff import Permission

router = APIRouter(tags=["stores"])

StoreId = Annotated[str, Path(pattern=NAME)]
Text = Annotated[str, Field(max_length=50)]


def _not_reserved(store_id: str) -> str:
    if store_id.upper() in RESERVED:
        raise ValueError("this name is head office's own")
    return store_id


class StoreIn(BaseModel):
    """A store as its receipts show it."""

    model_config = ConfigDict(extra="forbid")

    store_id: Annotated[str, Field(pattern=NAME), AfterValidator(_not_reserved)]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    address: Annotated[str, Field(max_length=400)] = ""
    tax_code: Text = ""
    phone: Text = ""


class CodeIn(BaseModel):
    """Whose code: a terminal's, or the hub's when there is no terminal."""

    model_config = ConfigDict(extra="forbid")

    terminal_id: Annotated[str, Field(pattern=NAME)] | None = None


class SettingIn(BaseModel):
    """The new value."""

    model_config = ConfigDict(extra="forbid")

    value: Any


@router.post("/v1/stores")
def put(body: StoreIn, response: Response, office: AnOffice, caller: ACaller) -> dict[str, Any]:
    """Make a store (201), or change the card of one that is there (200)."""
    card = StoreCard(**body.model_dump())
    with office.deed(caller, "put store", card.store_id, Permission.MANAGE_DEVICES) as tx:
        if put_store(tx, card, office.clock()):
            response.status_code = 201
    return card.to_body()


@router.post("/v1/stores/{store_id}/enrolment-codes", status_code=201)
def enrolment_code(store_id: StoreId, body: CodeIn, office: AnOffice, caller: ACaller) -> dict[str, Any]:
    """A code that lets one machine in within a day; it ends the codes that this machine had before."""
    code = office.new_code()
    machine = f"{store_id}/{body.terminal_id}" if body.terminal_id else store_id
    with office.deed(caller, "issue enrolment code", machine, Permission.MANAGE_DEVICES) as tx:
        expires_at = issue_code(tx, store_id, body.terminal_id, code, office.clock())
    return {"enrolment_code": code, "expires_at": expires_at.isoformat()}


@router.put("/v1/settings/{name}")
def setting(name: str, body: SettingIn, office: AnOffice, caller: ACaller) -> dict[str, Any]:
    """Change a setting of the whole chain."""
    change: dict[str, Any] = {"after": body.value}
    with office.deed(caller, "put setting", name, Permission.MANAGE_DEVICES, detail=change) as tx:
        change["before"] = setting_values(tx).get(name)
        put_setting(tx, name, body.value, office.clock())
    return {"name": name, "value": body.value}


@router.get("/v1/stores/{store_id}/completeness")
def complete(store_id: StoreId, office: AnOffice, caller: ACaller) -> dict[str, Any]:
    """Whether every fact of the store is here, unbroken and in the books; the store may ask itself."""
    with _looked_at(office, caller, store_id) as tx:
        return completeness(tx, store_id, BOOKS, office.clock()).to_body()


@router.get("/v1/stores/{store_id}/status")
def status(store_id: StoreId, office: AnOffice, caller: ACaller) -> dict[str, Any]:
    """What has come of a store, how far it is in the books, what waits, and what is the matter."""
    with _looked_at(office, caller, store_id) as tx:
        whole = completeness(tx, store_id, BOOKS, office.clock())
        heard_at = last_batches(tx).get(store_id)
        pipes = [state for state in pipe_states(tx, BOOKS) if state.pipe in pipes_of(store_id)]
        return {
            "store_id": store_id,
            "complete": whole.complete,
            "says": whole.says(),
            "last_batch_at": heard_at.isoformat() if heard_at else None,
            "pipes": [
                {
                    "pipe": state.pipe,
                    "received": state.received,
                    "projected": state.projected,
                    "lag": state.lag,
                }
                for state in pipes
            ],
            "set_aside": {"here": whole.set_aside, "at_hub": whole.set_aside_at_hub},
            "chains": {origin.origin: origin.chain for origin in whole.origins},
            "alerts": listed(tx, store_ids=[store_id], open_only=True),
        }


@contextmanager
def _looked_at(office: Office, caller: Caller, store_id: str) -> Iterator[Connection]:
    """One snapshot for somebody who may see this store; raises `StoreNotFound`, a 403 problem."""
    if caller.store_id not in (None, store_id):
        raise wrong_store(caller.store_id or "", store_id)
    with office.engine.connect().execution_options(isolation_level="REPEATABLE READ") as tx:
        if caller.store_id is None:
            allowed = permit(tx, caller, Permission.VIEW_REPORTS)
            if allowed is not None and store_id not in allowed:
                raise StoreNotFound(store_id=store_id)
        if store_row(tx, store_id) is None:
            raise StoreNotFound(store_id=store_id)
        yield tx
