"""Facts of what came back: a void cancels a whole sale, a refund gives money back against one.

All amounts are positive minor units: how much came back. Totals are the sums of the lines, checked
when built and when read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from retail.approval import Approval
from retail.basket import AppliedPromotion
from retail.quantity import Unit, checked, pack_checked
from retail.reading import count, demand_sum, flag, moment, name_or_none, named, whole


@dataclass(frozen=True, slots=True)
class RefundTender:
    """Money that went back one way; `payment_id` is the payment it goes back on, None for bare cash."""

    payment_method: str
    amount: int
    payment_id: UUID | None = None

    def to_body(self) -> dict[str, Any]:
        """JSON types only."""
        return {
            "payment_method": self.payment_method,
            "amount": self.amount,
            "payment_id": None if self.payment_id is None else str(self.payment_id),
        }

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> RefundTender:
        """The tender of a fact's body."""
        payment_id = body.get("payment_id")
        return cls(
            named(body["payment_method"]),
            count(body["amount"]),
            None if payment_id is None else UUID(payment_id),
        )


@dataclass(frozen=True, slots=True)
class RefundLine:
    """What came back of one line of the sale: its share of that line's amounts.

    `line_item_id` is the sale's line. `line_total` = `line_subtotal` - `line_discount` = what was really
    charged for this quantity, tax contained or not as the sale had it; `applied_promotions` is the
    promotions' part of `line_discount`. `restock`: the goods went back on the shelf.
    """

    line_item_id: UUID
    sku_id: str
    product_name: str
    quantity: int
    unit: Unit
    line_subtotal: int
    line_discount: int
    tax_rate: Decimal
    tax_amount: int
    applied_promotions: tuple[AppliedPromotion, ...] = ()
    pack_of: str | None = None
    pack_size: int = 1
    restock: bool = True

    @property
    def line_total(self) -> int:
        """What was charged for this quantity, minor units."""
        return self.line_subtotal - self.line_discount

    def to_body(self) -> dict[str, Any]:
        """JSON types only."""
        return {
            "line_item_id": str(self.line_item_id),
            "sku_id": self.sku_id,
            "product_name": self.product_name,
            "quantity": self.quantity,
            "unit": self.unit.value,
            "line_subtotal": self.line_subtotal,
            "line_discount": self.line_discount,
            "line_total": self.line_total,
            "tax_rate": format(self.tax_rate.normalize(), "f"),
            "tax_amount": self.tax_amount,
            "applied_promotions": [part.to_body() for part in self.applied_promotions],
            "pack_of": self.pack_of,
            "pack_size": self.pack_size,
            "restock": self.restock,
        }

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> RefundLine:
        """The line of a fact's body; raises `BadQuantity`, KeyError, TypeError or ValueError."""
        unit = Unit(body["unit"])
        return cls(
            line_item_id=UUID(body["line_item_id"]),
            sku_id=named(body["sku_id"]),
            product_name=named(body["product_name"]),
            quantity=checked(body["quantity"], unit),
            unit=unit,
            line_subtotal=count(body["line_subtotal"]),
            line_discount=count(body["line_discount"]),
            tax_rate=Decimal(body["tax_rate"]),
            tax_amount=count(body["tax_amount"]),
            applied_promotions=tuple(AppliedPromotion.from_body(part) for part in body["applied_promotions"]),
            pack_of=name_or_none(body.get("pack_of")),
            pack_size=pack_checked(body.get("pack_size", 1)),
            restock=flag(body.get("restock", True)),
        )


@dataclass(frozen=True, slots=True)
class RefundRecorded:
    """Money went back against a sale, or without a receipt (`transaction_id` None).

    `total_amount` is what the goods had cost; `rounding_amount` (its own line, either sign) is what cash
    rounding adds, and `total_amount + rounding_amount` is the sum of the tenders.
    """

    refund_id: UUID
    transaction_id: UUID | None
    store_id: str
    terminal_id: str
    business_date: date
    refunded_at: datetime
    refunded_by: str
    reason: str
    approval: Approval | None
    currency: str
    prices_include_tax: bool
    lines: tuple[RefundLine, ...]
    tenders: tuple[RefundTender, ...]
    rounding_amount: int = 0
    receipt_number: str | None = None
    subtotal: int = field(init=False)
    discount_amount: int = field(init=False)
    tax_amount: int = field(init=False)
    total_amount: int = field(init=False)

    event_type = "RefundRecorded"
    version = 1

    def __post_init__(self) -> None:
        """The totals of the lines; raises `FactDoesNotAddUp` when the tenders are not their sum."""
        tax = sum(line.tax_amount for line in self.lines)
        total = sum(line.line_total for line in self.lines) + (0 if self.prices_include_tax else tax)
        object.__setattr__(self, "subtotal", sum(line.line_subtotal for line in self.lines))
        object.__setattr__(self, "discount_amount", sum(line.line_discount for line in self.lines))
        object.__setattr__(self, "tax_amount", tax)
        object.__setattr__(self, "total_amount", total)
        demand_sum(
            sum(tender.amount for tender in self.tenders),
            total + self.rounding_amount,
            field="tenders",
            transaction_id=self.transaction_id,
        )

    def to_body(self) -> dict[str, Any]:
        """JSON types only; amounts in minor units, positive."""
        return {
            "refund_id": str(self.refund_id),
            "transaction_id": None if self.transaction_id is None else str(self.transaction_id),
            "store_id": self.store_id,
            "terminal_id": self.terminal_id,
            "business_date": self.business_date.isoformat(),
            "refunded_at": self.refunded_at.isoformat(),
            "refunded_by": self.refunded_by,
            "reason": self.reason,
            "approval": self.approval.to_body() if self.approval else None,
            "currency": self.currency,
            "prices_include_tax": self.prices_include_tax,
            "line_items": [line.to_body() for line in self.lines],
            "subtotal": self.subtotal,
            "discount_amount": self.discount_amount,
            "tax_amount": self.tax_amount,
            "total_amount": self.total_amount,
            "rounding_amount": self.rounding_amount,
            "tenders": [tender.to_body() for tender in self.tenders],
            "receipt_number": self.receipt_number,
        }

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> RefundRecorded:
        """Read version 1 back and check that it adds up; raises `FactDoesNotAddUp`, KeyError, ValueError."""
        transaction_id = body.get("transaction_id")
        refund = cls(
            refund_id=UUID(body["refund_id"]),
            transaction_id=None if transaction_id is None else UUID(transaction_id),
            store_id=body["store_id"],
            terminal_id=body["terminal_id"],
            business_date=date.fromisoformat(body["business_date"]),
            refunded_at=moment(body["refunded_at"]),
            refunded_by=body["refunded_by"],
            reason=body["reason"],
            approval=Approval.from_body(body["approval"]) if body.get("approval") else None,
            currency=body["currency"],
            prices_include_tax=flag(body["prices_include_tax"]),
            lines=tuple(RefundLine.from_body(line) for line in body["line_items"]),
            tenders=tuple(RefundTender.from_body(tender) for tender in body["tenders"]),
            rounding_amount=whole(body.get("rounding_amount", 0)),
            receipt_number=body.get("receipt_number"),
        )
        for name in ("subtotal", "discount_amount", "tax_amount", "total_amount"):
            demand_sum(body[name], getattr(refund, name), field=name, transaction_id=transaction_id)
        return refund


@dataclass(frozen=True, slots=True)
class TransactionVoided:
    """A paid sale was cancelled as a whole: its money went back and its goods are on the shelf again.

    `tenders` says how the money went back and `terminal_id` from whose drawer; both are empty in facts
    of tills that did not say so yet.
    """

    transaction_id: UUID
    store_id: str
    business_date: date
    voided_at: datetime
    voided_by: str
    approved_by: str
    reason: str
    amount: int
    tenders: tuple[RefundTender, ...] = ()
    terminal_id: str | None = None

    event_type = "TransactionVoided"
    version = 1

    def to_body(self) -> dict[str, Any]:
        """JSON types only; `amount` in minor units."""
        return {
            "transaction_id": str(self.transaction_id),
            "store_id": self.store_id,
            "business_date": self.business_date.isoformat(),
            "voided_at": self.voided_at.isoformat(),
            "voided_by": self.voided_by,
            "approved_by": self.approved_by,
            "reason": self.reason,
            "amount": self.amount,
            "tenders": [tender.to_body() for tender in self.tenders],
            "terminal_id": self.terminal_id,
        }

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> TransactionVoided:
        """Read version 1 back."""
        return cls(
            UUID(body["transaction_id"]),
            body["store_id"],
            date.fromisoformat(body["business_date"]),
            moment(body["voided_at"]),
            body["voided_by"],
            body["approved_by"],
            body["reason"],
            whole(body["amount"]),
            tuple(RefundTender.from_body(tender) for tender in body.get("tenders", ())),
            body.get("terminal_id"),
        )
