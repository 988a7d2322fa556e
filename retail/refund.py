"""Refund and void: by line and quantity, against the recorded sale, what was really paid and never more.

A line of three under "2+1" was charged for two: giving one back returns a third of that
(`retail.refund_lines` has the shares, `retail.refund_money` the way the money goes).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from retail.approval import Approval, authorise, reason_given
from retail.basket import LineNotFound, Totals
from retail.cash import EXACT, CashRounding
from retail.facts import SaleRecorded
from retail.payment import CASH
from retail.refund_facts import RefundLine, RefundRecorded, RefundTender, TransactionVoided
from retail.refund_lines import LeftOfLine, left_after
from retail.refund_money import as_paid, money_back
from retail.refusal import Refusal
from retail.sale import Deed, SaleState, moved
from retail.staff import Permission, Role, may

Later = RefundRecorded | TransactionVoided
"""What can have happened to a paid sale."""


class NothingToRefund(Refusal):
    """No line and no quantity was named."""

    code = "nothing-to-refund"


class RefundWindowOver(Refusal):
    """The sale is older than the window (`days`, `window_days`); only a late refund with approval is left."""

    code = "refund-window-over"


class NotRefundable(Refusal):
    """The chain does not take this category back (`sku_id`, `category`)."""

    code = "not-refundable"


class ReceiptNeeded(Refusal):
    """Without the receipt no more than the limit goes back (`amount`, `limit_amount`)."""

    code = "receipt-needed"


class VoidTooLate(Refusal):
    """Only a sale of the same business day can be voided; later it is a refund (`business_date`)."""

    code = "void-too-late"


class VoidAfterRefund(Refusal):
    """A part of the sale was refunded; the rest can be refunded too, not voided (`transaction_id`)."""

    code = "void-after-refund"


class FactOfAnotherSale(Refusal):
    """A fact handed in as history belongs to another sale (`transaction_id`)."""

    code = "fact-of-another-sale"


@dataclass(frozen=True, slots=True)
class RefundRules:
    """The chain's rules. `window_days` business days after the sale (0: the same day only);
    `cashier_limit` minor units of a sale that may go back without approval, in however many parts;
    `limit_without_receipt` None for any sum; goods of `final_categories` are not taken back."""

    window_days: int = 7
    cashier_limit: int = 0
    limit_without_receipt: int | None = None
    final_categories: frozenset[str] = frozenset()
    rounding: CashRounding = EXACT


@dataclass(frozen=True, slots=True)
class BroughtBack:
    """Pieces or grams of a line that came back; `restock` when they can be sold again."""

    line_item_id: UUID
    quantity: int
    restock: bool = True


@dataclass(frozen=True, slots=True)
class Counter:
    """Where, when, by whom and why: what a refund or void says about itself.

    `as_cash` pays everything out of the drawer, for providers that cannot take money back.
    """

    store_id: str
    terminal_id: str
    employee_id: str
    role: Role
    business_date: date
    at: datetime
    reason: str
    approval: Approval | None = None
    as_cash: bool = False
    receipt_number: str | None = None


@dataclass(frozen=True, slots=True)
class Worth:
    """What goods that come back are worth: their lines, what was charged for them (minor units), and the
    money that goes back, cash rounded."""

    lines: tuple[RefundLine, ...]
    amount: int
    tenders: tuple[RefundTender, ...]

    @property
    def paid_out(self) -> int:
        """What goes back, minor units."""
        return sum(tender.amount for tender in self.tenders)


def state_of(sale: SaleRecorded, later: Sequence[Later]) -> SaleState:
    """What the facts together say about a paid sale; raises `FactOfAnotherSale`."""
    for fact in later:
        if fact.transaction_id != sale.transaction_id:
            raise FactOfAnotherSale(transaction_id=str(fact.transaction_id))
        if isinstance(fact, TransactionVoided):
            return SaleState.VOID
    gone = all(left.quantity == 0 for left in left_of(sale, later))
    return SaleState.REFUNDED if gone else SaleState.PAID


def left_of(sale: SaleRecorded, later: Sequence[Later]) -> list[LeftOfLine]:
    """What can still come back of each line, in the sale's order."""
    refunded: dict[UUID, list[RefundLine]] = {}
    for fact in later:
        if isinstance(fact, RefundRecorded):
            for line in fact.lines:
                refunded.setdefault(line.line_item_id, []).append(line)
    return [left_after(rung, refunded.get(rung.line.line_item_id, ())) for rung in sale.totals.lines]


def refund(
    sale: SaleRecorded,
    later: Sequence[Later],
    back: Sequence[BroughtBack],
    counter: Counter,
    rules: RefundRules,
    *,
    refund_id: UUID,
) -> RefundRecorded:
    """The refund of these goods.

    Raises `DeedNotAllowed` for a sale that is void or came back as a whole, `NothingToRefund`,
    `LineNotFound`, `BadQuantity`, `RefundTooMuch`, `NotRefundable`, `RefundWindowOver`, `ReasonNeeded`,
    `ApprovalNeeded` and `ApprovalDoesNotCover`.
    """
    worth = worth_of(sale, later, back, rules, as_cash=counter.as_cash)
    _check_right(sale, later, counter, rules, worth.paid_out)
    return RefundRecorded(
        refund_id=refund_id,
        transaction_id=sale.transaction_id,
        store_id=counter.store_id,
        terminal_id=counter.terminal_id,
        business_date=counter.business_date,
        refunded_at=counter.at,
        refunded_by=counter.employee_id,
        reason=reason_given(counter.reason, Permission.REFUND),
        approval=counter.approval,
        currency=sale.currency,
        prices_include_tax=sale.prices_include_tax,
        lines=worth.lines,
        tenders=worth.tenders,
        rounding_amount=worth.paid_out - worth.amount,
        receipt_number=counter.receipt_number,
    )


def worth_of(
    sale: SaleRecorded,
    later: Sequence[Later],
    back: Sequence[BroughtBack],
    rules: RefundRules,
    *,
    as_cash: bool = False,
) -> Worth:
    """What these goods are worth, for a look before anybody is asked for a yes.

    Raises `DeedNotAllowed` for a sale that is void or came back as a whole, `NothingToRefund`,
    `LineNotFound`, `BadQuantity`, `RefundTooMuch` and `NotRefundable`.
    """
    moved(state_of(sale, later), Deed.REQUEST_REFUND)
    lefts = {left.rung.line.line_item_id: left for left in left_of(sale, later)}
    lines = _taken(lefts, back, rules)
    tax = sum(line.tax_amount for line in lines)
    amount = sum(line.line_total for line in lines) + (0 if sale.prices_include_tax else tax)
    tenders = money_back(
        sale.tenders,
        [tender for fact in later for tender in fact.tenders],
        amount,
        carried=sum(fact.rounding_amount for fact in later if isinstance(fact, RefundRecorded)),
        last=all(left.quantity == 0 for left in lefts.values()),
        as_cash=as_cash,
        rounding=rules.rounding,
    )
    return Worth(lines, amount, tenders)


def refund_all(
    sale: SaleRecorded, later: Sequence[Later], counter: Counter, rules: RefundRules, *, refund_id: UUID
) -> RefundRecorded:
    """Everything that is left of the sale comes back (see `refund`)."""
    back = [
        BroughtBack(left.rung.line.line_item_id, left.quantity)
        for left in left_of(sale, later)
        if left.quantity
    ]
    return refund(sale, later, back, counter, rules, refund_id=refund_id)


def refund_without_receipt(
    totals: Totals,
    counter: Counter,
    rules: RefundRules,
    *,
    refund_id: UUID,
    currency: str,
    prices_include_tax: bool,
) -> RefundRecorded:
    """Goods whose sale nobody finds, at what they cost rung up today, in cash.

    Raises `NothingToRefund`, `NotRefundable`, `ReceiptNeeded`, `ReasonNeeded`, `ApprovalNeeded` and
    `ApprovalDoesNotCover`.
    """
    lefts = {rung.line.line_item_id: LeftOfLine.whole(rung) for rung in totals.lines}
    back = [BroughtBack(line_item_id, left.quantity) for line_item_id, left in lefts.items()]
    lines = _taken(lefts, back, rules)
    limit = rules.limit_without_receipt
    if limit is not None and totals.total_amount > limit:
        raise ReceiptNeeded(amount=totals.total_amount, limit_amount=limit)
    cash = rules.rounding.rounded(totals.total_amount)
    authorise(counter.role, Permission.REFUND_WITHOUT_RECEIPT, cash, counter.approval)
    return RefundRecorded(
        refund_id=refund_id,
        transaction_id=None,
        store_id=counter.store_id,
        terminal_id=counter.terminal_id,
        business_date=counter.business_date,
        refunded_at=counter.at,
        refunded_by=counter.employee_id,
        reason=reason_given(counter.reason, Permission.REFUND_WITHOUT_RECEIPT),
        approval=counter.approval,
        currency=currency,
        prices_include_tax=prices_include_tax,
        lines=lines,
        tenders=(RefundTender(CASH, cash),) if cash else (),
        rounding_amount=cash - totals.total_amount,
        receipt_number=counter.receipt_number,
    )


def void(sale: SaleRecorded, later: Sequence[Later], counter: Counter) -> TransactionVoided:
    """The whole sale is cancelled on its own business day; every tender goes back the way it came.

    Raises `DeedNotAllowed`, `VoidAfterRefund`, `VoidTooLate`, `ReasonNeeded`, `ApprovalNeeded` and
    `ApprovalDoesNotCover`.
    """
    state = state_of(sale, later)
    if state is SaleState.PAID and later:
        raise VoidAfterRefund(transaction_id=str(sale.transaction_id))
    moved(state, Deed.VOID)
    if counter.business_date != sale.business_date:
        raise VoidTooLate(business_date=sale.business_date.isoformat())
    tenders = as_paid(sale.tenders)
    amount = sum(tender.amount for tender in tenders)
    authorise(counter.role, Permission.VOID, amount, counter.approval)
    return TransactionVoided(
        transaction_id=sale.transaction_id,
        store_id=counter.store_id,
        business_date=counter.business_date,
        voided_at=counter.at,
        voided_by=counter.employee_id,
        approved_by=counter.approval.approved_by if counter.approval else counter.employee_id,
        reason=reason_given(counter.reason, Permission.VOID),
        amount=sale.totals.total_amount,
        tenders=tenders,
        terminal_id=counter.terminal_id,
    )


def _once(back: Sequence[BroughtBack]) -> list[BroughtBack]:
    """The goods with each line and each fate of its goods named once, in the order of naming."""
    sums: dict[tuple[UUID, bool], int] = {}
    for goods in back:
        key = (goods.line_item_id, goods.restock)
        sums[key] = sums.get(key, 0) + goods.quantity
    if not sums:
        raise NothingToRefund
    return [BroughtBack(line_id, quantity, restock) for (line_id, restock), quantity in sums.items()]


def _taken(
    lefts: dict[UUID, LeftOfLine], back: Sequence[BroughtBack], rules: RefundRules
) -> tuple[RefundLine, ...]:
    """The lines of a refund; `lefts` have that much less left afterwards."""
    lines = []
    for goods in _once(back):
        left = lefts.get(goods.line_item_id)
        if left is None:
            raise LineNotFound(line_item_id=str(goods.line_item_id))
        sold = left.rung.line
        if sold.category in rules.final_categories:
            raise NotRefundable(sku_id=sold.sku_id, category=sold.category)
        line = left.share(goods.quantity, restock=goods.restock)
        lefts[goods.line_item_id] = left.without(line)
        lines.append(line)
    return tuple(lines)


def _check_right(
    sale: SaleRecorded, later: Sequence[Later], counter: Counter, rules: RefundRules, amount: int
) -> None:
    """Window and role: inside it a manager, or a cashier up to the limit; after it who may be late.

    What went back before without approval counts: a large refund is none in small parts.
    """
    days = (counter.business_date - sale.business_date).days
    if days <= rules.window_days:
        before = sum(
            tender.amount
            for fact in later
            if isinstance(fact, RefundRecorded) and fact.approval is None
            for tender in fact.tenders
        )
        if not (before + amount <= rules.cashier_limit and may(counter.role, Permission.SELL)):
            authorise(counter.role, Permission.REFUND, amount, counter.approval)
        return
    if counter.approval is None and not may(counter.role, Permission.LATE_REFUND):
        raise RefundWindowOver(days=days, window_days=rules.window_days)
    authorise(counter.role, Permission.LATE_REFUND, amount, counter.approval)
