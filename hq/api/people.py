"""People of the chain."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from hq.api.office import ACaller, AnOffice
from hq.people.commands import Person, put_person
from hq.stores.commands import StoreNotFound
from hq.stores.names import NAME
from hq.stores.queries import store_ids
from retail.staff import Permission, Role

router = APIRouter(tags=["people"])


class PersonIn(BaseModel):
    """Everything about a person but the id. Without `pin` the old one stays."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    name: Annotated[str, Field(min_length=1, max_length=200)]
    role: Role
    pin: Annotated[str, Field(pattern=r"^[0-9]{4,12}$")] | None = None
    store_ids: list[Annotated[str, Field(pattern=NAME)]] | None = None
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] = "vi"
    is_active: bool = True


@router.put("/v1/people/{employee_id}")
def put(
    employee_id: Annotated[str, Path(pattern=NAME)],
    body: PersonIn,
    response: Response,
    office: AnOffice,
    caller: ACaller,
) -> dict[str, Any]:
    """Make or change a person; their stores hear of it at once."""
    person = Person(
        employee_id,
        body.name,
        body.role,
        tuple(body.store_ids) if body.store_ids is not None else None,
        body.language,
        body.is_active,
    )
    with office.deed(caller, "put person", employee_id, Permission.MANAGE_PEOPLE) as tx:
        for store_id in set(person.store_ids or ()) - set(store_ids(tx)):
            raise StoreNotFound(store_id=store_id)
        if put_person(tx, person, body.pin, office.clock()):
            response.status_code = 201
    return {"employee_id": employee_id, **body.model_dump(exclude={"pin"})}
