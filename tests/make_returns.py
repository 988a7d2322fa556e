"""Builders with good defaults, so that a test states only what matters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from retail.approval import Approval
from retail.basket import Line, total_of
from retail.facts import SaleRecorded
from retail.payment import CASH, Tender
from retail.refund import Counter
from retail.shift_facts import CashMove, CashMoved, ShiftOpened
from retail.staff import Permission, Role

AT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)


def number(n: int) -> UUID:
    """A recognisable id."""
    return UUID(int=n)


def line(sku: str = "cola", quantity: int = 1, unit_price: int = 10_000, *, n: int = 1, **more: Any) -> Line:
    """A line; `n` makes its id."""
    return Line(
        line_item_id=number(n),
        sku_id=sku,
        barcode=more.pop("barcode", "8934868172239"),
        product_name=more.pop("product_name", sku.capitalize()),
        category=more.pop("category", "drinks"),
        quantity=quantity,
        unit_price=unit_price,
        list_price=more.pop("list_price", unit_price),
        tax_rate=more.pop("tax_rate", Decimal("0.08")),
        **more,
    )


def sale(
    *lines: Line, tenders: Sequence[Tender] = (), prices_include_tax: bool = True, n: int = 1, **more: Any
) -> SaleRecorded:
    """A paid sale; without tenders it was paid in cash to the đồng. `savings` per line, by promotions."""
    rung = lines or (line(),)
    totals = total_of(rung, prices_include_tax, more.pop("savings", None))
    due = totals.total_amount + more.get("rounding_amount", 0)
    return SaleRecorded(
        transaction_id=number(1000 + n),
        store_id="STORE_001",
        terminal_id="POS_01",
        cashier_id="lan",
        receipt_number=f"POS_01-{n:06}",
        business_date=more.pop("business_date", TODAY),
        sold_at=more.pop("sold_at", AT),
        currency="VND",
        prices_include_tax=prices_include_tax,
        lines=tuple(rung),
        totals=totals,
        tenders=tuple(tenders) or (cash(due),),
        **more,
    )


def cash(amount: int, n: int = 7) -> Tender:
    """Cash to the đồng."""
    return Tender(number(n), CASH, amount, tendered=amount)


def qr(amount: int, n: int = 8, method: str = "QR_MOMO") -> Tender:
    """A payment through a provider."""
    return Tender(number(n), method, amount, provider="MOMO", provider_txn_id=f"txn-{n}")


def approval(act: Permission = Permission.REFUND, amount: int = 10**9, reason: str = "broken") -> Approval:
    """A manager's yes."""
    return Approval("minh", act, amount, reason, AT)


def counter(role: Role = Role.MANAGER, **more: Any) -> Counter:
    """Where a refund happens."""
    return Counter(
        store_id="STORE_001",
        terminal_id="POS_01",
        employee_id=more.pop("employee_id", "minh"),
        role=role,
        business_date=more.pop("business_date", TODAY),
        at=AT,
        reason=more.pop("reason", "customer changed their mind"),
        **more,
    )


def shift_opened(float_amount: int = 500_000, business_date: date = TODAY) -> ShiftOpened:
    """The beginning of a shift."""
    return ShiftOpened(number(500), "STORE_001", "POS_01", "lan", AT, business_date, float_amount)


def cash_moved(kind: CashMove, amount: int, n: int = 600, **more: Any) -> CashMoved:
    """Cash in or out of the drawer."""
    return CashMoved(
        movement_id=number(n),
        shift_id=number(500),
        store_id="STORE_001",
        terminal_id="POS_01",
        kind=kind,
        amount=amount,
        reason=more.pop("reason", "ice from the market"),
        moved_at=AT,
        moved_by="lan",
        business_date=more.pop("business_date", TODAY),
        **more,
    )
