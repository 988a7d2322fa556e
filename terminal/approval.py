"""What a deed asks for when whoever is signed in may not do it alone (FR-6.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from retail.approval import Approval
from retail.staff import Permission


@dataclass(frozen=True, slots=True)
class ApprovalAsk:
    """Somebody with the permission has to say yes: `amount` in minor units, 0 for acts without money.

    `subject` says in words what it is about (a product, a receipt number). `reason` is the cashier's own;
    where it is empty, the approver is asked for one.
    """

    act: Permission
    amount: int = 0
    subject: str = ""
    reason: str = ""


Approved = Callable[[Approval | None], object]
"""What is done then; None where the person at the till needs nobody's yes."""
