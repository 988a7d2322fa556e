"""Approvals: somebody who may do a deed says yes to it for somebody who may not (FR-6.2).

An approval names who said yes, to which act, up to which amount and why. It is part of the fact it
made possible, so that an auditor needs no second book.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from retail.reading import moment, whole
from retail.refusal import Refusal
from retail.staff import Permission, Role, demand, may

REASON_LIMIT = 200


class ApprovalNeeded(Refusal):
    """Somebody with the permission has to say yes first (`permission`, `amount`)."""

    code = "approval-needed"


class ApprovalDoesNotCover(Refusal):
    """The approval is for another act or a smaller amount (`permission`, `amount`, `approved_amount`)."""

    code = "approval-does-not-cover"


class ReasonNeeded(Refusal):
    """The deed goes into the audit log and needs a reason in words (`permission`)."""

    code = "reason-needed"


@dataclass(frozen=True, slots=True)
class Approval:
    """A yes: `amount` in minor units is the most it covers (0 for acts without money)."""

    approved_by: str
    act: Permission
    amount: int
    reason: str
    approved_at: datetime

    def to_body(self) -> dict[str, Any]:
        """JSON types only."""
        return {
            "approved_by": self.approved_by,
            "act": self.act.value,
            "amount": self.amount,
            "reason": self.reason,
            "approved_at": self.approved_at.isoformat(),
        }

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> Approval:
        """The approval of a fact's body."""
        return cls(
            body["approved_by"],
            Permission(body["act"]),
            whole(body["amount"]),
            body["reason"],
            moment(body["approved_at"]),
        )


def reason_given(reason: str, permission: Permission) -> str:
    """The reason without outer blanks, cut to what a log line holds; raises `ReasonNeeded`."""
    words = " ".join(reason.split())[:REASON_LIMIT]
    if not words:
        raise ReasonNeeded(permission=permission.value)
    return words


def approve(
    act: Permission, amount: int, *, approved_by: str, role: Role, reason: str, at: datetime
) -> Approval:
    """The yes of somebody who may do the act alone; raises `PermissionDenied`, `ReasonNeeded`."""
    demand(role, act)
    return Approval(approved_by, act, amount, reason_given(reason, act), at)


def authorise(role: Role, act: Permission, amount: int = 0, approval: Approval | None = None) -> None:
    """Return when the role may do the act alone or the approval covers it.

    Raises `ApprovalNeeded` without an approval and `ApprovalDoesNotCover` with a wrong one.
    """
    if may(role, act):
        return
    if approval is None:
        raise ApprovalNeeded(permission=act.value, amount=amount)
    if approval.act is not act or approval.amount < amount:
        raise ApprovalDoesNotCover(permission=act.value, amount=amount, approved_amount=approval.amount)
