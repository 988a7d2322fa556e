"""The states of a sale (FR-1.5) as a table that can be printed, with who may move it and what is logged."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from retail.approval import Approval, authorise, reason_given
from retail.refusal import Refusal
from retail.staff import Permission, Role, may


class SaleState(StrEnum):
    """The six states of FR-1.5."""

    DRAFT = "DRAFT"
    PENDING_PAYMENT = "PENDING_PAYMENT"
    PAID = "PAID"
    VOID = "VOID"
    REFUND_REQUESTED = "REFUND_REQUESTED"
    REFUNDED = "REFUNDED"


class Deed(StrEnum):
    """What moves a sale from one state to the next."""

    ASK_PAYMENT = "ask payment"
    CANCEL_PAYMENT = "cancel payment"
    CONFIRM_PAYMENT = "confirm payment"
    VOID = "void"
    REQUEST_REFUND = "request refund"
    DECLINE_REFUND = "decline refund"
    REFUND_PART = "refund part"
    REFUND = "refund"


@dataclass(frozen=True, slots=True)
class Move:
    """Where a deed leads, the permission it takes, the audit log's code, and whether words go with it."""

    to: SaleState
    permission: Permission
    audit: str
    reason_needed: bool = False


TABLE: dict[tuple[SaleState, Deed], Move] = {
    (SaleState.DRAFT, Deed.ASK_PAYMENT): Move(SaleState.PENDING_PAYMENT, Permission.SELL, "payment-asked"),
    (SaleState.DRAFT, Deed.VOID): Move(SaleState.VOID, Permission.SELL, "basket-given-up"),
    (SaleState.PENDING_PAYMENT, Deed.CANCEL_PAYMENT): Move(
        SaleState.DRAFT, Permission.SELL, "payment-cancelled"
    ),
    (SaleState.PENDING_PAYMENT, Deed.CONFIRM_PAYMENT): Move(SaleState.PAID, Permission.SELL, "paid"),
    (SaleState.PENDING_PAYMENT, Deed.VOID): Move(SaleState.VOID, Permission.SELL, "given-up-while-paying"),
    (SaleState.PAID, Deed.VOID): Move(SaleState.VOID, Permission.VOID, "sale-voided", reason_needed=True),
    (SaleState.PAID, Deed.REQUEST_REFUND): Move(
        SaleState.REFUND_REQUESTED, Permission.SELL, "refund-requested", reason_needed=True
    ),
    (SaleState.REFUND_REQUESTED, Deed.DECLINE_REFUND): Move(
        SaleState.PAID, Permission.REFUND, "refund-declined", reason_needed=True
    ),
    (SaleState.REFUND_REQUESTED, Deed.REFUND_PART): Move(
        SaleState.PAID, Permission.REFUND, "refunded-in-part", reason_needed=True
    ),
    (SaleState.REFUND_REQUESTED, Deed.REFUND): Move(
        SaleState.REFUNDED, Permission.REFUND, "refunded", reason_needed=True
    ),
}
"""A paid sale is never changed: VOID, REFUND_REQUESTED and REFUNDED after PAID are new facts that
point at it, and the state is what the facts together say."""

MOVES: dict[tuple[SaleState, Deed], SaleState] = {place: move.to for place, move in TABLE.items()}


class DeedNotAllowed(Refusal):
    """A sale in this state does not allow the deed (`state`, `deed`)."""

    code = "deed-not-allowed"


@dataclass(frozen=True, slots=True)
class LoggedMove:
    """A move as the audit log keeps it; `approved_by` is set when the role alone was not enough."""

    before: SaleState
    deed: Deed
    after: SaleState
    audit: str
    reason: str
    approved_by: str | None


def moved(state: SaleState, deed: Deed) -> SaleState:
    """The state after the deed; raises `DeedNotAllowed`."""
    try:
        return MOVES[state, deed]
    except KeyError:
        raise DeedNotAllowed(state=state.value, deed=deed.value) from None


def move(
    state: SaleState,
    deed: Deed,
    role: Role,
    *,
    reason: str = "",
    amount: int = 0,
    approval: Approval | None = None,
) -> LoggedMove:
    """The move by somebody in this role, over `amount` minor units, ready for the audit log.

    Raises `DeedNotAllowed`, `ApprovalNeeded`, `ApprovalDoesNotCover` and `ReasonNeeded`.
    """
    after = moved(state, deed)
    row = TABLE[state, deed]
    authorise(role, row.permission, amount, approval)
    words = reason_given(reason, row.permission) if row.reason_needed else reason
    by = None if approval is None or may(role, row.permission) else approval.approved_by
    return LoggedMove(state, deed, after, row.audit, words, by)


def state_table() -> str:
    """The moves as a Markdown table, one row a state, one column a deed."""
    deeds = list(Deed)
    rows = ["| state | " + " | ".join(deeds) + " |", "| --- " * (len(deeds) + 1) + "|"]
    for state in SaleState:
        cells = (MOVES.get((state, deed), "") for deed in deeds)
        rows.append(f"| {state} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def audit_table() -> str:
    """The moves as a Markdown table, one row a move: least role that may do it alone, and what is logged."""
    rows = ["| from | deed | to | role | audit code | reason |", "| --- " * 6 + "|"]
    for (state, deed), row in TABLE.items():
        role = next(role for role in Role if may(role, row.permission))
        words = "in words" if row.reason_needed else ""
        rows.append(f"| {state} | {deed} | {row.to} | {role} | `{row.audit}` | {words} |")
    return "\n".join(rows)
