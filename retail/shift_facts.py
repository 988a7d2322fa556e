"""Facts of a shift: a cashier's time at a drawer, from the float to the count (glossary: never "session")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from retail.approval import Approval
from retail.reading import count, demand_sum, moment, whole

CashCount = tuple[tuple[int, int], ...]
"""Notes and coins as (denomination, count), the largest first."""


def counted_body(counted: CashCount) -> list[dict[str, int]]:
    """A count as JSON."""
    return [{"denomination": denomination, "count": count} for denomination, count in counted]


def counted_from(rows: Sequence[Mapping[str, Any]]) -> CashCount:
    """A count of a body."""
    return tuple((whole(row["denomination"]), whole(row["count"])) for row in rows)


class CashMove(StrEnum):
    """Why cash went in or out of a drawer without a sale."""

    PAY_IN = "PAY_IN"
    PAY_OUT = "PAY_OUT"
    SAFE_DROP = "SAFE_DROP"


@dataclass(frozen=True, slots=True)
class ShiftOpened:
    """A cashier took over a drawer with `float_amount` (minor units) in it, `counted` by denomination.

    Where only the sum was stated, nothing is in `counted`.
    """

    shift_id: UUID
    store_id: str
    terminal_id: str
    cashier_id: str
    opened_at: datetime
    business_date: date
    float_amount: int
    currency: str = "VND"
    counted: CashCount = ()

    event_type = "ShiftOpened"
    version = 1

    def to_body(self) -> dict[str, Any]:
        """JSON types only."""
        return {
            "shift_id": str(self.shift_id),
            "store_id": self.store_id,
            "terminal_id": self.terminal_id,
            "cashier_id": self.cashier_id,
            "opened_at": self.opened_at.isoformat(),
            "business_date": self.business_date.isoformat(),
            "float_amount": self.float_amount,
            "currency": self.currency,
            "counted": counted_body(self.counted),
        }

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> ShiftOpened:
        """Read version 1 back and check that it adds up; raises `FactDoesNotAddUp`, KeyError, ValueError."""
        opened = cls(
            UUID(body["shift_id"]),
            body["store_id"],
            body["terminal_id"],
            body["cashier_id"],
            moment(body["opened_at"]),
            date.fromisoformat(body["business_date"]),
            count(body["float_amount"]),
            body["currency"],
            counted_from(body.get("counted") or ()),
        )
        if opened.counted:
            counted = sum(denomination * count for denomination, count in opened.counted)
            demand_sum(body["float_amount"], counted, field="float_amount", transaction_id=None)
        return opened


@dataclass(frozen=True, slots=True)
class CashMoved:
    """Cash was put into the drawer or taken out (`amount` positive, minor units) without a sale."""

    movement_id: UUID
    shift_id: UUID
    store_id: str
    terminal_id: str
    kind: CashMove
    amount: int
    reason: str
    moved_at: datetime
    moved_by: str
    business_date: date
    approval: Approval | None = None

    event_type = "CashMoved"
    version = 1

    @property
    def drawer_delta(self) -> int:
        """What the drawer gained (minor units)."""
        return self.amount if self.kind is CashMove.PAY_IN else -self.amount

    def to_body(self) -> dict[str, Any]:
        """JSON types only."""
        return {
            "movement_id": str(self.movement_id),
            "shift_id": str(self.shift_id),
            "store_id": self.store_id,
            "terminal_id": self.terminal_id,
            "kind": self.kind.value,
            "amount": self.amount,
            "reason": self.reason,
            "moved_at": self.moved_at.isoformat(),
            "moved_by": self.moved_by,
            "business_date": self.business_date.isoformat(),
            "approval": self.approval.to_body() if self.approval else None,
        }

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> CashMoved:
        """Read version 1 back."""
        return cls(
            UUID(body["movement_id"]),
            UUID(body["shift_id"]),
            body["store_id"],
            body["terminal_id"],
            CashMove(body["kind"]),
            count(body["amount"]),
            body["reason"],
            moment(body["moved_at"]),
            body["moved_by"],
            date.fromisoformat(body["business_date"]),
            Approval.from_body(body["approval"]) if body.get("approval") else None,
        )


@dataclass(frozen=True, slots=True)
class ShiftClosed:
    """The drawer was counted and handed back.

    `counted` was given blind, before anybody saw `expected_amount`; `over_short` is counted minus
    expected (negative: money is missing). `first_receipt` to `last_receipt`, `sales_count` and
    `sales_amount` are the Z report's range and sum: whoever has the facts can check them.
    """

    shift_id: UUID
    store_id: str
    terminal_id: str
    cashier_id: str
    closed_at: datetime
    closed_by: str
    business_date: date
    counted: CashCount
    expected_amount: int
    sales_count: int
    sales_amount: int
    first_receipt: str | None
    last_receipt: str | None
    reason: str = ""
    approval: Approval | None = None

    event_type = "ShiftClosed"
    version = 1

    @property
    def counted_amount(self) -> int:
        """What lay in the drawer, minor units."""
        return sum(denomination * count for denomination, count in self.counted)

    @property
    def over_short(self) -> int:
        """Counted minus expected, minor units."""
        return self.counted_amount - self.expected_amount

    def to_body(self) -> dict[str, Any]:
        """JSON types only."""
        return {
            "shift_id": str(self.shift_id),
            "store_id": self.store_id,
            "terminal_id": self.terminal_id,
            "cashier_id": self.cashier_id,
            "closed_at": self.closed_at.isoformat(),
            "closed_by": self.closed_by,
            "business_date": self.business_date.isoformat(),
            "counted": counted_body(self.counted),
            "counted_amount": self.counted_amount,
            "expected_amount": self.expected_amount,
            "over_short": self.over_short,
            "sales_count": self.sales_count,
            "sales_amount": self.sales_amount,
            "first_receipt": self.first_receipt,
            "last_receipt": self.last_receipt,
            "reason": self.reason,
            "approval": self.approval.to_body() if self.approval else None,
        }

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> ShiftClosed:
        """Read version 1 back and check that it adds up; raises `FactDoesNotAddUp`, KeyError, ValueError."""
        closed = cls(
            shift_id=UUID(body["shift_id"]),
            store_id=body["store_id"],
            terminal_id=body["terminal_id"],
            cashier_id=body["cashier_id"],
            closed_at=moment(body["closed_at"]),
            closed_by=body["closed_by"],
            business_date=date.fromisoformat(body["business_date"]),
            counted=counted_from(body["counted"]),
            expected_amount=whole(body["expected_amount"]),
            sales_count=whole(body["sales_count"]),
            sales_amount=whole(body["sales_amount"]),
            first_receipt=body.get("first_receipt"),
            last_receipt=body.get("last_receipt"),
            reason=body.get("reason", ""),
            approval=Approval.from_body(body["approval"]) if body.get("approval") else None,
        )
        for name in ("counted_amount", "over_short"):
            demand_sum(body[name], getattr(closed, name), field=name, transaction_id=None)
        return closed
