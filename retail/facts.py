"""The facts of the shop, versioned; every version ever written stays readable (`READERS`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from retail.access_facts import AccessDecided
from retail.age import AgeCheck
from retail.basket import AppliedPromotion, Line, RungLine, Totals, checked_line, total_of
from retail.discrepancy import PriceDiscrepancyFound, PromotionDiscrepancyFound
from retail.payment import Tender, settle
from retail.quantity import Unit, pack_checked
from retail.reading import (
    FactDoesNotAddUp,
    count,
    demand_sum,
    flag,
    moment,
    name_or_none,
    named,
    whole,
)
from retail.refund_facts import RefundRecorded, TransactionVoided
from retail.refusal import Refusal
from retail.settlement import PaymentSettled
from retail.shift_facts import CashMoved, ShiftClosed, ShiftOpened
from retail.voucher import RedeemedVoucher

__all__ = [
    "KINDS",
    "READERS",
    "AccessDecided",
    "CashMoved",
    "Fact",
    "FactDoesNotAddUp",
    "FactNotReadable",
    "InventoryAdjusted",
    "PaymentCaptured",
    "PaymentSettled",
    "PriceDiscrepancyFound",
    "PromotionDiscrepancyFound",
    "RefundRecorded",
    "SaleRecorded",
    "ShiftClosed",
    "ShiftOpened",
    "TransactionVoided",
    "read_fact",
]


class FactNotReadable(Refusal):
    """The fact is of a kind or version this program does not know, or its body is broken."""

    code = "fact-not-readable"


@dataclass(frozen=True, slots=True)
class SaleRecorded:
    """A paid sale (spec 6.2). Amounts in minor units; `sold_at` is the moment of sale.

    `receipt_number` belongs to the till (`POS_03-001042`: terminal and sequence of the fact).
    `external_reference` is the basket id of a replay or a partner's order number. `rounding_amount` (its
    own line, either sign) is what cash rounding adds: `total_amount + rounding_amount` was paid.
    `rung_up_at` is the moment whose promotions the bill has, when payment began; None: `sold_at`.
    `age_check` is who looked at the customer's date of birth, where goods for grown-ups were sold.
    `member_id` is who bought, where the customer said so, and `points_earned` what the loyalty rules of
    that moment gave for it; `vouchers` are those that took something off.
    """

    transaction_id: UUID
    store_id: str
    terminal_id: str
    cashier_id: str
    receipt_number: str
    business_date: date
    sold_at: datetime
    currency: str
    prices_include_tax: bool
    lines: tuple[Line, ...]
    totals: Totals
    tenders: tuple[Tender, ...]
    external_reference: str | None = None
    rounding_amount: int = 0
    rung_up_at: datetime | None = None
    age_check: AgeCheck | None = None
    member_id: str | None = None
    points_earned: int = 0
    vouchers: tuple[RedeemedVoucher, ...] = ()

    event_type = "SaleRecorded"
    version = 1

    def to_body(self) -> dict[str, Any]:
        """The payload: the spec's fields, and per line what a reader needs to check or refund it."""
        first = self.tenders[0] if self.tenders else None
        return {
            "transaction_id": str(self.transaction_id),
            "store_id": self.store_id,
            "terminal_id": self.terminal_id,
            "cashier_id": self.cashier_id,
            "receipt_number": self.receipt_number,
            "business_date": self.business_date.isoformat(),
            "sold_at": self.sold_at.isoformat(),
            "currency": self.currency,
            "prices_include_tax": self.prices_include_tax,
            "line_items": [_line_body(rung) for rung in self.totals.lines],
            "subtotal": self.totals.subtotal,
            "discount_amount": self.totals.discount_amount,
            "tax_amount": self.totals.tax_amount,
            "total_amount": self.totals.total_amount,
            "rounding_amount": self.rounding_amount,
            "taxes": [
                {
                    "tax_rate": _rate_text(tax.rate),
                    "net_amount": tax.net_amount,
                    "tax_amount": tax.tax_amount,
                    "gross_amount": tax.gross_amount,
                }
                for tax in self.totals.taxes
            ],
            "tenders": [tender.to_body() for tender in self.tenders],
            "payment_method": first.payment_method if first else None,
            "payment_provider_ref": first.provider_txn_id if first else None,
            "external_reference": self.external_reference,
            **self._seldom(),
        }

    def _seldom(self) -> dict[str, Any]:
        """What not every sale has; left out of the text of those that have it not."""
        said: dict[str, Any] = {}
        if self.rung_up_at:
            said["rung_up_at"] = self.rung_up_at.isoformat()
        if self.age_check:
            said["age_check"] = self.age_check.to_body()
        if self.member_id is not None:
            said |= {"member_id": self.member_id, "points_earned": self.points_earned}
        if self.vouchers:
            said["vouchers"] = [voucher.to_body() for voucher in self.vouchers]
        return said

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> SaleRecorded:
        """Read version 1 back and check that it adds up, as a whole and line by line.

        Raises `FactDoesNotAddUp`, the refusals of an impossible line or tender, KeyError, TypeError or
        ValueError.
        """
        savings = [_promotions_from(line) for line in body["line_items"]]
        lines = tuple(
            checked_line(_line_from(line, by_promotions))
            for line, by_promotions in zip(body["line_items"], savings, strict=True)
        )
        totals = total_of(lines, flag(body["prices_include_tax"]), savings)
        _compare(body, "", totals, ("subtotal", "discount_amount", "tax_amount", "total_amount"))
        for number, (line, rung) in enumerate(zip(body["line_items"], totals.lines, strict=True), start=1):
            _compare(
                body,
                f"line {number} ",
                rung,
                ("line_subtotal", "line_discount", "line_total", "tax_amount"),
                line,
            )
        rounding = whole(body.get("rounding_amount", 0))
        tenders = [Tender.from_body(tender) for tender in body["tenders"]]
        return cls(
            transaction_id=UUID(body["transaction_id"]),
            store_id=body["store_id"],
            terminal_id=body["terminal_id"],
            cashier_id=body["cashier_id"],
            receipt_number=body["receipt_number"],
            business_date=date.fromisoformat(body["business_date"]),
            sold_at=moment(body["sold_at"]),
            currency=body["currency"],
            prices_include_tax=body["prices_include_tax"],
            lines=lines,
            totals=totals,
            tenders=settle(totals.total_amount + rounding, tenders),
            external_reference=body.get("external_reference"),
            rounding_amount=rounding,
            rung_up_at=moment(body["rung_up_at"]) if body.get("rung_up_at") else None,
            age_check=AgeCheck.from_body(body["age_check"]) if body.get("age_check") else None,
            member_id=name_or_none(body.get("member_id")),
            points_earned=count(body.get("points_earned", 0)),
            vouchers=tuple(map(RedeemedVoucher.from_body, body.get("vouchers") or ())),
        )


@dataclass(frozen=True, slots=True)
class InventoryAdjusted:
    """Stock moved for another reason than a sale (spec 6.2; a sale's own movements follow from its lines)."""

    store_id: str
    sku_id: str
    adjustment_type: str
    quantity_delta: int
    reason: str
    reference_id: str | None
    adjusted_at: datetime
    adjusted_by: str

    event_type = "InventoryAdjusted"
    version = 1

    def to_body(self) -> dict[str, Any]:
        """JSON types only; `quantity_delta` in pieces or grams."""
        return {
            "store_id": self.store_id,
            "sku_id": self.sku_id,
            "adjustment_type": self.adjustment_type,
            "quantity_delta": self.quantity_delta,
            "reason": self.reason,
            "reference_id": self.reference_id,
            "adjusted_at": self.adjusted_at.isoformat(),
            "adjusted_by": self.adjusted_by,
        }

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> InventoryAdjusted:
        """Read version 1 back."""
        return cls(
            body["store_id"],
            body["sku_id"],
            body["adjustment_type"],
            whole(body["quantity_delta"]),
            body["reason"],
            body.get("reference_id"),
            moment(body["adjusted_at"]),
            body["adjusted_by"],
        )


@dataclass(frozen=True, slots=True)
class PaymentCaptured:
    """A payment provider confirmed money (spec 6.2). `amount` in minor units."""

    transaction_id: UUID
    payment_id: UUID
    payment_method: str
    amount: int
    provider: str
    provider_txn_id: str
    captured_at: datetime

    event_type = "PaymentCaptured"
    version = 1

    def to_body(self) -> dict[str, Any]:
        """JSON types only."""
        return {
            "transaction_id": str(self.transaction_id),
            "payment_id": str(self.payment_id),
            "payment_method": self.payment_method,
            "amount": self.amount,
            "provider": self.provider,
            "provider_txn_id": self.provider_txn_id,
            "captured_at": self.captured_at.isoformat(),
        }

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> PaymentCaptured:
        """Read version 1 back."""
        return cls(
            UUID(body["transaction_id"]),
            UUID(body["payment_id"]),
            body["payment_method"],
            whole(body["amount"]),
            body["provider"],
            body["provider_txn_id"],
            moment(body["captured_at"]),
        )


Fact = (
    SaleRecorded
    | TransactionVoided
    | RefundRecorded
    | InventoryAdjusted
    | PaymentCaptured
    | PaymentSettled
    | ShiftOpened
    | CashMoved
    | ShiftClosed
    | AccessDecided
    | PriceDiscrepancyFound
    | PromotionDiscrepancyFound
)
KINDS: tuple[type[Fact], ...] = (
    SaleRecorded,
    TransactionVoided,
    RefundRecorded,
    InventoryAdjusted,
    PaymentCaptured,
    PaymentSettled,
    ShiftOpened,
    CashMoved,
    ShiftClosed,
    AccessDecided,
    PriceDiscrepancyFound,
    PromotionDiscrepancyFound,
)

READERS: dict[tuple[str, int], Callable[[Mapping[str, Any]], Fact]] = {
    (fact.event_type, fact.version): fact.from_body for fact in KINDS
}


def read_fact(event_type: str, version: int, body: Mapping[str, Any]) -> Fact:
    """The fact of this kind and version; raises `FactNotReadable` or `FactDoesNotAddUp`."""
    reader = READERS.get((event_type, version))
    if reader is None:
        raise FactNotReadable(event_type=event_type, version=version, reason="unknown kind or version")
    try:
        return reader(body)
    except FactDoesNotAddUp:
        raise
    except Refusal as impossible:
        raise FactDoesNotAddUp(reason=str(impossible)) from impossible
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as broken:
        raise FactNotReadable(event_type=event_type, version=version, reason=repr(broken)) from broken


def _compare(
    body: Mapping[str, Any],
    where: str,
    computed: Totals | RungLine,
    names: Sequence[str],
    stated: Mapping[str, Any] | None = None,
) -> None:
    for name in names:
        found = (body if stated is None else stated)[name]
        transaction_id = body["transaction_id"]
        demand_sum(found, getattr(computed, name), field=where + name, transaction_id=transaction_id)


def _rate_text(rate: Decimal) -> str:
    return format(rate.normalize(), "f")


def _line_body(rung: RungLine) -> dict[str, Any]:
    line = rung.line
    return {
        "line_item_id": str(line.line_item_id),
        "sku_id": line.sku_id,
        "barcode": line.barcode,
        "product_name": line.product_name,
        "category": line.category,
        "quantity": line.quantity,
        "unit": line.unit.value,
        "unit_price": line.unit_price,
        "list_price": line.list_price,
        "price_version": line.price_version,
        "line_subtotal": rung.line_subtotal,
        "line_discount": rung.line_discount,
        "promotion_discount": rung.promotion_discount,
        "line_total": rung.line_total,
        "tax_rate": _rate_text(line.tax_rate),
        "tax_amount": rung.tax_amount,
        "override_reason": line.override_reason,
        "applied_promotions": [applied.to_body() for applied in rung.promotions],
        "pack_of": line.pack_of,
        "pack_size": line.pack_size,
        "age_restricted": line.age_restricted,
        **({"approved_by": line.approved_by} if line.approved_by is not None else {}),
    }


def _promotions_from(body: Mapping[str, Any]) -> tuple[AppliedPromotion, ...]:
    return tuple(AppliedPromotion.from_body(applied) for applied in body.get("applied_promotions") or ())


def _line_from(body: Mapping[str, Any], promotions: Sequence[AppliedPromotion]) -> Line:
    return Line(
        line_item_id=UUID(body["line_item_id"]),
        sku_id=named(body["sku_id"]),
        barcode=named(body["barcode"]),
        product_name=named(body["product_name"]),
        category=named(body["category"]),
        quantity=body["quantity"],
        unit=Unit(body["unit"]),
        unit_price=body["unit_price"],
        list_price=body["list_price"],
        price_version=whole(body["price_version"]),
        tax_rate=Decimal(body["tax_rate"]),
        line_discount=body["line_discount"] - sum(applied.discount_amount for applied in promotions),
        override_reason=name_or_none(body.get("override_reason")),
        pack_of=name_or_none(body.get("pack_of")),
        pack_size=pack_checked(body.get("pack_size", 1)),
        age_restricted=flag(body.get("age_restricted", False)),
        approved_by=name_or_none(body.get("approved_by")),
    )
