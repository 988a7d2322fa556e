"""The store's drawer, opened without a sale (FR-6.2)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from courier.problem import Problem
from retail.approval import REASON_LIMIT, authorise, reason_given
from retail.staff import Permission, Role
from storehub.api.approvals import PinApproval, approval_for
from storehub.api.call import Answer, CallDep, Deed

router = APIRouter(prefix="/api/v1/drawer", tags=["shifts"])


class Opening(BaseModel):
    """Why the drawer shall open, and the yes of somebody who may where the caller may not."""

    reason: Annotated[str, Field(max_length=REASON_LIMIT)] = ""
    approval: PinApproval | None = None


@router.post("/open", status_code=202)
def open_drawer(body: Opening, call: CallDep) -> Answer:
    """Open the drawer; who, when and why is in the audit log. What the printer does not hear of within
    seconds is let be: nobody may be standing there any more."""
    if not call.hub.printing.has_drawer:
        raise Problem(409, "no-drawer", "No drawer hangs on this store's printer (setting STOREHUB_PRINTER)")
    act, terminal_id = Permission.OPEN_DRAWER, call.caller.terminal_id
    approval = approval_for(call, act, body.approval, reason=body.reason, subject=terminal_id)

    def do(tx: Connection) -> dict[str, Any]:
        authorise(call.caller.role or Role.CASHIER, act, 0, approval)
        reason_given(body.reason, act)
        call.hub.printing.put_drawer(tx, call.at, call.at)
        return {"status": "WAITING"}

    approver = {"approved_by": approval.approved_by} if approval else {}
    detail = {"reason": body.reason} | approver
    deed = Deed("open drawer", Permission.SELL, terminal_id, by_terminals=True, detail=detail)
    answer = call.write(deed, do, 202)
    call.hub.wake_printer()
    return answer
