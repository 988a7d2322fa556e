"""Approvals on the spot: somebody with the permission types their PIN for somebody without (FR-6.2)."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from courier.problem import Problem
from retail.approval import Approval, approve
from retail.money import AMOUNT_LIMIT
from retail.staff import Permission, PermissionDenied, may
from storehub.api.call import Call
from storehub.people.commands import ALLOWED, REFUSED, audit
from storehub.people.queries import APPROVE, check_tries, person_of, pin_fits

NOT_PERMITTED = "not permitted"
"""The PIN was right, the role was not."""


class PinApproval(BaseModel):
    """Who says yes, with their PIN."""

    employee_id: Annotated[str, Field(min_length=1, max_length=50)]
    pin: Annotated[str, Field(min_length=1, max_length=50)]


def approval_for(
    call: Call, act: Permission, given: PinApproval | None, *, reason: str, subject: str
) -> Approval | None:
    """The yes to this act, None when none was given or the caller needs none.

    It covers any amount: the deed cuts it to its own. Every yes and every refusal is noted. Raises
    `TooManyTries`, `PermissionDenied` for an approver who may not, `ReasonNeeded`, and a `Problem` (403)
    when id and PIN do not fit.
    """
    role = call.caller.role
    if given is None or (role is not None and may(role, act)):
        return None
    with call.hub.engine.connect() as tx:
        check_tries(tx, given.employee_id, call.at)
        person = person_of(tx, given.employee_id, call.hub.store_id)
    if not pin_fits(person, given.pin) or person is None:
        _note(call, given, act, subject, REFUSED)
        raise Problem(403, "approval-refused", "Employee id and PIN of the approver do not fit together")
    try:
        approval = approve(
            act, AMOUNT_LIMIT, approved_by=person.employee_id, role=person.role, reason=reason, at=call.at
        )
    except PermissionDenied:
        _note(call, given, act, subject, NOT_PERMITTED)
        raise
    _note(call, given, act, subject, ALLOWED)
    return approval


def _note(call: Call, given: PinApproval, act: Permission, subject: str, outcome: str) -> None:
    with call.hub.engine.begin() as tx:
        audit(
            tx,
            entry_id=call.hub.new_id(),
            at=call.at,
            actor=given.employee_id,
            deed=APPROVE,
            outcome=outcome,
            terminal_id=call.caller.terminal_id,
            subject=subject,
            detail={"act": act.value, "asked_by": call.caller.name},
        )
