"""The states of a sale (FR-1.5) as a table that can be printed."""

from __future__ import annotations

from enum import StrEnum

from retail.refusal import Refusal


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
    REFUND = "refund"


MOVES: dict[tuple[SaleState, Deed], SaleState] = {
    (SaleState.DRAFT, Deed.ASK_PAYMENT): SaleState.PENDING_PAYMENT,
    (SaleState.DRAFT, Deed.VOID): SaleState.VOID,
    (SaleState.PENDING_PAYMENT, Deed.CANCEL_PAYMENT): SaleState.DRAFT,
    (SaleState.PENDING_PAYMENT, Deed.CONFIRM_PAYMENT): SaleState.PAID,
    (SaleState.PENDING_PAYMENT, Deed.VOID): SaleState.VOID,
    (SaleState.PAID, Deed.VOID): SaleState.VOID,
    (SaleState.PAID, Deed.REQUEST_REFUND): SaleState.REFUND_REQUESTED,
    (SaleState.REFUND_REQUESTED, Deed.DECLINE_REFUND): SaleState.PAID,
    (SaleState.REFUND_REQUESTED, Deed.REFUND): SaleState.REFUNDED,
}
"""A paid sale is never changed: VOID, REFUND_REQUESTED and REFUNDED after PAID are new facts that
point at it, and the state is what the facts together say."""


class DeedNotAllowed(Refusal):
    """A sale in this state does not allow the deed (`state`, `deed`)."""

    code = "deed-not-allowed"


def moved(state: SaleState, deed: Deed) -> SaleState:
    """The state after the deed; raises `DeedNotAllowed`."""
    try:
        return MOVES[state, deed]
    except KeyError:
        raise DeedNotAllowed(state=state.value, deed=deed.value) from None


def state_table() -> str:
    """The moves as a Markdown table, one row a state, one column a deed."""
    deeds = list(Deed)
    rows = ["| state | " + " | ".join(deeds) + " |", "| --- " * (len(deeds) + 1) + "|"]
    for state in SaleState:
        cells = (MOVES.get((state, deed), "") for deed in deeds)
        rows.append(f"| {state} | " + " | ".join(cells) + " |")
    return "\n".join(rows)
