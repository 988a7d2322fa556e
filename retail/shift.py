"""A shift's figures: what the drawer must hold and what X and Z reports say (FR-7.1).

Everything is a function of the shift's facts, in the order of the ledger; whoever has the facts gets
the same figures. The business day is cut by the date each fact was booked on, so a till that sells
through the cut never stops, and the days' figures add up to the shift's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from retail.approval import Approval, authorise, reason_given
from retail.cash import counted_cash
from retail.facts import Fact, RefundRecorded, SaleRecorded, TransactionVoided
from retail.money import AMOUNT_LIMIT
from retail.payment import CASH, BadAmount
from retail.refund_facts import RefundTender
from retail.refund_money import as_paid
from retail.refusal import Refusal
from retail.shift_facts import CashMove, CashMoved, ShiftClosed, ShiftOpened
from retail.staff import Permission, Role, may


class ShiftNotOpen(Refusal):
    """There is no open shift on this drawer."""

    code = "shift-not-open"


class ShiftStillOpen(Refusal):
    """The drawer belongs to a shift that is not closed yet (`cashier_id`, `opened_at`)."""

    code = "shift-still-open"


class DrawerDiffers(Refusal):
    """The count is further from the figures than the store lets pass: count again, or ask for approval.

    It carries no figure: the count stays blind.
    """

    code = "drawer-differs"


@dataclass(frozen=True, slots=True)
class TenderFigures:
    """One way of paying, in minor units; `refund_amount` is what went back that way, voids included."""

    payment_method: str
    sales_count: int = 0
    sales_amount: int = 0
    refund_count: int = 0
    refund_amount: int = 0

    def plus(self, *, sold: int = 0, returned: int = 0) -> TenderFigures:
        """With one more tender of a sale or of a refund."""
        return replace(
            self,
            sales_count=self.sales_count + bool(sold),
            sales_amount=self.sales_amount + sold,
            refund_count=self.refund_count + bool(returned),
            refund_amount=self.refund_amount + returned,
        )


@dataclass(frozen=True, slots=True)
class ShiftFigures:
    """What a shift, or a business day of it, came to. Amounts in minor units, all positive but rounding.

    `sales_amount` is what the sold goods cost, `rounding_amount` what cash rounding added to the sales
    minus what it added to what came back: sales and rounding less refunds and voids are the tenders.
    `tax_amounts` is the tax per rate, of sales minus what came back by refunds. Voided sales stay among the
    sales and are counted again under `voids`.
    """

    float_amount: int = 0
    sales_count: int = 0
    sales_amount: int = 0
    discount_amount: int = 0
    rounding_amount: int = 0
    refunds_count: int = 0
    refund_amount: int = 0
    voids_count: int = 0
    void_amount: int = 0
    pay_in: int = 0
    pay_out: int = 0
    safe_drop: int = 0
    tenders: tuple[TenderFigures, ...] = ()
    tax_amounts: tuple[tuple[Decimal, int], ...] = ()
    first_receipt: str | None = None
    last_receipt: str | None = None

    @property
    def cash(self) -> TenderFigures:
        """What was paid and paid back in cash."""
        return next((row for row in self.tenders if row.payment_method == CASH), TenderFigures(CASH))

    @property
    def expected_amount(self) -> int:
        """What the drawer must hold, minor units."""
        cash = self.cash
        moved = self.pay_in - self.pay_out - self.safe_drop
        return self.float_amount + cash.sales_amount - cash.refund_amount + moved

    def to_body(self, *, blind: bool) -> dict[str, Any]:
        """The X or Z report as JSON; a blind one leaves out what tells the cashier what to count."""
        body: dict[str, Any] = {
            "sales_count": self.sales_count,
            "refunds_count": self.refunds_count,
            "voids_count": self.voids_count,
            "first_receipt": self.first_receipt,
            "last_receipt": self.last_receipt,
        }
        if blind:
            return body
        return body | {
            "float_amount": self.float_amount,
            "sales_amount": self.sales_amount,
            "discount_amount": self.discount_amount,
            "rounding_amount": self.rounding_amount,
            "refund_amount": self.refund_amount,
            "void_amount": self.void_amount,
            "pay_in": self.pay_in,
            "pay_out": self.pay_out,
            "safe_drop": self.safe_drop,
            "expected_amount": self.expected_amount,
            "tenders": [
                {
                    "payment_method": row.payment_method,
                    "sales_count": row.sales_count,
                    "sales_amount": row.sales_amount,
                    "refund_count": row.refund_count,
                    "refund_amount": row.refund_amount,
                }
                for row in self.tenders
            ],
            "taxes": [
                {"tax_rate": format(rate.normalize(), "f"), "tax_amount": amount}
                for rate, amount in self.tax_amounts
            ],
        }


def figures_of(facts: Iterable[Fact]) -> ShiftFigures:
    """The figures of these facts of one shift, in the ledger's order; other kinds of fact are passed over."""
    known = list(facts)
    sales = {fact.transaction_id: fact for fact in known if isinstance(fact, SaleRecorded)}
    figures = ShiftFigures()
    for fact in known:
        figures = _with_fact(figures, fact, sales)
    return figures


def figures_by_day(facts: Iterable[Fact]) -> dict[date, ShiftFigures]:
    """The figures of each business day of a shift, by date; the float belongs to the day it was put in."""
    known = list(facts)
    sales = {fact.transaction_id: fact for fact in known if isinstance(fact, SaleRecorded)}
    days: dict[date, ShiftFigures] = {}
    for fact in known:
        if isinstance(fact, SaleRecorded | RefundRecorded | TransactionVoided | ShiftOpened | CashMoved):
            day = fact.business_date
            days[day] = _with_fact(days.get(day, ShiftFigures()), fact, sales)
    return dict(sorted(days.items()))


def open_shift(opened: ShiftOpened, current: ShiftOpened | None) -> ShiftOpened:
    """The fact itself when the drawer is free; raises `ShiftStillOpen`, `BadAmount` for the float."""
    if current is not None:
        raise ShiftStillOpen(cashier_id=current.cashier_id, opened_at=current.opened_at.isoformat())
    if not 0 <= opened.float_amount <= AMOUNT_LIMIT:
        raise BadAmount(amount=opened.float_amount)
    return opened


def move_cash(moved: CashMoved, role: Role) -> CashMoved:
    """The fact itself when this role may move the cash and says why.

    A cashier may bring money to the safe; paying in and out takes `move cash`. Raises `BadAmount`,
    `ReasonNeeded`, `ApprovalNeeded` and `ApprovalDoesNotCover`.
    """
    if not 0 < moved.amount <= AMOUNT_LIMIT:
        raise BadAmount(amount=moved.amount)
    permission = Permission.SAFE_DROP if moved.kind is CashMove.SAFE_DROP else Permission.MOVE_CASH
    authorise(role, permission, moved.amount, moved.approval)
    return replace(moved, reason=reason_given(moved.reason, permission))


@dataclass(frozen=True, slots=True)
class Handover:
    """Who closes a shift, when and on which business day. `approval` and `reason` belong to a difference."""

    employee_id: str
    role: Role
    at: datetime
    business_date: date
    reason: str = ""
    approval: Approval | None = None


def close_shift(
    facts: Sequence[Fact],
    count: Mapping[int, int],
    handover: Handover,
    *,
    denominations: Sequence[int],
    difference_limit: int,
) -> ShiftClosed:
    """The closing of the shift whose facts these are, with a blind count by denomination.

    A difference beyond `difference_limit` (minor units) needs a reason and somebody who may accept it.
    Raises `ShiftNotOpen`, `BadCashCount`, `DrawerDiffers`, `ReasonNeeded`, `ApprovalNeeded` and
    `ApprovalDoesNotCover`.
    """
    opened = _open_shift_of(facts)
    if handover.employee_id != opened.cashier_id:
        authorise(handover.role, Permission.CLOSE_SHIFT_OF_OTHERS, 0, handover.approval)
    figures = figures_of(facts)
    closed = ShiftClosed(
        shift_id=opened.shift_id,
        store_id=opened.store_id,
        terminal_id=opened.terminal_id,
        cashier_id=opened.cashier_id,
        closed_at=handover.at,
        closed_by=handover.employee_id,
        business_date=handover.business_date,
        counted=counted_cash(count, denominations),
        expected_amount=figures.expected_amount,
        sales_count=figures.sales_count,
        sales_amount=figures.sales_amount,
        first_receipt=figures.first_receipt,
        last_receipt=figures.last_receipt,
        reason=handover.reason,
        approval=handover.approval,
    )
    difference = abs(closed.over_short)
    if difference <= difference_limit:
        return closed
    if handover.approval is None and not may(handover.role, Permission.ACCEPT_DIFFERENCE):
        raise DrawerDiffers
    authorise(handover.role, Permission.ACCEPT_DIFFERENCE, difference, handover.approval)
    return replace(closed, reason=reason_given(handover.reason, Permission.ACCEPT_DIFFERENCE))


def _open_shift_of(facts: Sequence[Fact]) -> ShiftOpened:
    opened = [fact for fact in facts if isinstance(fact, ShiftOpened)]
    if len(opened) != 1 or any(isinstance(fact, ShiftClosed) for fact in facts):
        raise ShiftNotOpen
    return opened[0]


def _with_fact(figures: ShiftFigures, fact: Fact, sales: Mapping[UUID, SaleRecorded]) -> ShiftFigures:
    if isinstance(fact, SaleRecorded):
        return _with_sale(figures, fact)
    if isinstance(fact, RefundRecorded):
        return replace(
            figures,
            refunds_count=figures.refunds_count + 1,
            refund_amount=figures.refund_amount + fact.total_amount,
            rounding_amount=figures.rounding_amount - fact.rounding_amount,
            tenders=_with_returned(figures.tenders, fact.tenders),
            tax_amounts=_with_tax(
                figures.tax_amounts, [(line.tax_rate, -line.tax_amount) for line in fact.lines]
            ),
        )
    if isinstance(fact, TransactionVoided):
        returned = _void_tenders(fact, sales)
        rounding = sum(tender.amount for tender in returned) - fact.amount
        return replace(
            figures,
            voids_count=figures.voids_count + 1,
            void_amount=figures.void_amount + fact.amount,
            rounding_amount=figures.rounding_amount - rounding,
            tenders=_with_returned(figures.tenders, returned),
        )
    if isinstance(fact, ShiftOpened):
        return replace(figures, float_amount=figures.float_amount + fact.float_amount)
    if isinstance(fact, CashMoved):
        name = fact.kind.value.lower()
        return replace(figures, **{name: getattr(figures, name) + fact.amount})
    return figures


def _with_sale(figures: ShiftFigures, sale: SaleRecorded) -> ShiftFigures:
    tenders = figures.tenders
    for tender in sale.tenders:
        tenders = _with_tender(tenders, tender.payment_method, sold=tender.amount)
    return replace(
        figures,
        sales_count=figures.sales_count + 1,
        sales_amount=figures.sales_amount + sale.totals.total_amount,
        discount_amount=figures.discount_amount + sale.totals.discount_amount,
        rounding_amount=figures.rounding_amount + sale.rounding_amount,
        tenders=tenders,
        tax_amounts=_with_tax(figures.tax_amounts, [(tax.rate, tax.tax_amount) for tax in sale.totals.taxes]),
        first_receipt=figures.first_receipt or sale.receipt_number,
        last_receipt=sale.receipt_number,
    )


def _void_tenders(fact: TransactionVoided, sales: Mapping[UUID, SaleRecorded]) -> tuple[RefundTender, ...]:
    """How a void's money went back: as it says, else as the sale was paid, else out of the drawer.

    Facts of the first tills do not say; cash is what a drawer has to be careful about.
    """
    if fact.tenders:
        return fact.tenders
    sale = sales.get(fact.transaction_id)
    return as_paid(sale.tenders) if sale else (RefundTender(CASH, fact.amount),)


def _with_returned(
    tenders: tuple[TenderFigures, ...], returned: Iterable[RefundTender]
) -> tuple[TenderFigures, ...]:
    for tender in returned:
        tenders = _with_tender(tenders, tender.payment_method, returned=tender.amount)
    return tenders


def _with_tender(
    tenders: tuple[TenderFigures, ...], payment_method: str, *, sold: int = 0, returned: int = 0
) -> tuple[TenderFigures, ...]:
    rows = {row.payment_method: row for row in tenders}
    row = rows.get(payment_method, TenderFigures(payment_method))
    rows[payment_method] = row.plus(sold=sold, returned=returned)
    return tuple(rows[name] for name in sorted(rows))


def _with_tax(
    amounts: tuple[tuple[Decimal, int], ...], more: Iterable[tuple[Decimal, int]]
) -> tuple[tuple[Decimal, int], ...]:
    rates = dict(amounts)
    for rate, amount in more:
        rates[rate] = rates.get(rate, 0) + amount
    return tuple(sorted(rates.items()))
