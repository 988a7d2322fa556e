"""Members of the loyalty programme: enrolled and changed here, told to stores as little as tills need."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from hq.api.office import ACaller, AnOffice, permit
from hq.audit.commands import DONE
from hq.members.commands import MemberCard, put_member
from hq.members.queries import NoSuchMember, active_member, member_row, member_view, points_by_sale
from hq.stores.commands import StoreNotFound
from hq.stores.names import NAME
from hq.stores.queries import store_ids
from retail.member import phone_number
from retail.staff import Permission

router = APIRouter(tags=["members"])

MemberId = Annotated[str, Path(pattern=NAME)]
Body = dict[str, Any]


class MemberIn(BaseModel):
    """Everything about a member but the id; without `code` their id is the number of their card."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    name: Annotated[str, Field(min_length=1, max_length=200)]
    phone: Annotated[str, Field(max_length=40)] | None = None
    code: Annotated[str, Field(pattern=r"^[0-9A-Za-z_.-]{1,50}$")] | None = None
    tier: Annotated[str, Field(max_length=50)] = ""
    birthdate: date | None = None
    is_active: bool = True
    store_ids: list[Annotated[str, Field(pattern=NAME)]] | None = None


@router.put("/v1/members/{member_id}")
def put(member_id: MemberId, body: MemberIn, response: Response, office: AnOffice, caller: ACaller) -> Body:
    """Enrol or change a member; their stores hear of it at once. `is_active` false takes them from tills."""
    card = MemberCard(
        member_id,
        body.name,
        body.phone,
        body.code or "",
        body.tier,
        body.birthdate,
        body.is_active,
        tuple(body.store_ids) if body.store_ids is not None else None,
    )
    audited: Body = {}
    with office.deed(caller, "put member", member_id, Permission.MANAGE_MEMBERS, detail=audited) as tx:
        for store_id in set(card.store_ids or ()) - set(store_ids(tx)):
            raise StoreNotFound(store_id=store_id)
        new, changed = put_member(tx, card, office.clock())
        audited |= {"changed": changed}
        row = member_row(tx, member_id)
        assert row is not None, "it was put a moment ago"
        response.status_code = 201 if new else 200
        return member_view(tx, row, office.clock())


@router.get("/v1/members/{member_id}")
def get(member_id: MemberId, office: AnOffice, caller: ACaller) -> Body:
    """A member with their points."""
    with office.engine.connect() as tx:
        permit(tx, caller, Permission.MANAGE_MEMBERS)
        row = member_row(tx, member_id)
        if row is None:
            raise NoSuchMember(wanted=member_id)
        return member_view(tx, row, office.clock())


@router.get("/v1/members/{member_id}/points")
def points(member_id: MemberId, office: AnOffice, caller: ACaller) -> Body:
    """What each sale earned the member, the newest first."""
    with office.engine.connect() as tx:
        permit(tx, caller, Permission.MANAGE_MEMBERS)
        row = member_row(tx, member_id)
        if row is None:
            raise NoSuchMember(wanted=member_id)
        return {"member_id": member_id, "points": row["balance"], "sales": points_by_sale(tx, member_id)}


@router.get("/v1/members")
def find(
    phone: Annotated[str, Query(max_length=40)],
    office: AnOffice,
    caller: ACaller,
) -> Body:
    """The active member with this phone number. Who looked is in the audit log, the number is not."""
    with office.engine.begin() as tx:
        permit(tx, caller, Permission.MANAGE_MEMBERS)
        row = active_member(tx, phone=phone_number(phone))
        found = row["member_id"] if row is not None else ""
        office.note(tx, caller.name, "find member", found, DONE if row is not None else NoSuchMember.code)
        answer = member_view(tx, row, office.clock()) if row is not None else None
    if answer is None:
        raise NoSuchMember(wanted=phone)
    return answer
