"""The fact that somebody was let in, or was not: signing in, locks, approvals, drawer (FR-6.2, NFR-5.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from retail.reading import flag, moment, whole
from retail.staff import Permission, Role

UNKNOWN_PERSON = "unknown"
"""Who typed an id that nobody here has: what was typed is not kept, it may be a PIN in the wrong field."""


class AccessDeed(StrEnum):
    """What somebody asked for."""

    SIGN_IN = "sign in"
    SIGN_OUT = "sign out"
    LOCK = "lock"
    UNLOCK = "unlock"
    APPROVE = "approve"
    OPEN_DRAWER = "open drawer"
    CHECK_AGE = "check age"


class AccessOutcome(StrEnum):
    """What was answered. REFUSED: the PIN was wrong, or the customer too young (CHECK_AGE; `reason` names the
    goods). NOT_PERMITTED: the PIN was right, the role was not."""

    ALLOWED = "allowed"
    REFUSED = "refused"
    NOT_PERMITTED = "not permitted"


@dataclass(frozen=True, slots=True)
class AccessDecided:
    """Somebody (`actor`, an employee id) asked for something at a till and was answered.

    An approval has its `permission`, the `amount` it covers (minor units, 0 for acts without money), who
    needed it (`asked_by`) and why (`reason`). `alarm`: it was the wrong PIN that made too many in a row.
    There is never a PIN in it.
    """

    decision_id: UUID
    store_id: str
    terminal_id: str
    actor: str
    deed: AccessDeed
    outcome: AccessOutcome
    decided_at: datetime
    role: Role | None = None
    permission: Permission | None = None
    amount: int = 0
    asked_by: str | None = None
    reason: str = ""
    alarm: bool = False

    event_type = "AccessDecided"
    version = 1

    def to_body(self) -> dict[str, Any]:
        """JSON types only."""
        return {
            "decision_id": str(self.decision_id),
            "store_id": self.store_id,
            "terminal_id": self.terminal_id,
            "actor": self.actor,
            "deed": self.deed.value,
            "outcome": self.outcome.value,
            "decided_at": self.decided_at.isoformat(),
            "role": self.role.value if self.role else None,
            "permission": self.permission.value if self.permission else None,
            "amount": self.amount,
            "asked_by": self.asked_by,
            "reason": self.reason,
            "alarm": self.alarm,
        }

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> AccessDecided:
        """Read version 1 back."""
        return cls(
            decision_id=UUID(body["decision_id"]),
            store_id=body["store_id"],
            terminal_id=body["terminal_id"],
            actor=body["actor"],
            deed=AccessDeed(body["deed"]),
            outcome=AccessOutcome(body["outcome"]),
            decided_at=moment(body["decided_at"]),
            role=Role(body["role"]) if body.get("role") else None,
            permission=Permission(body["permission"]) if body.get("permission") else None,
            amount=whole(body.get("amount", 0)),
            asked_by=body.get("asked_by"),
            reason=body.get("reason", ""),
            alarm=flag(body.get("alarm", False)),
        )
