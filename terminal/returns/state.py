"""What the desks of goods that come back show."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from retail.approval import Approval
from retail.cash import Change, change_in_notes
from retail.facts import SaleRecorded
from retail.payment import CASH
from retail.quantity import Unit
from retail.refund import Later, Worth
from retail.refund_facts import RefundRecorded, RefundTender
from terminal.approval import ApprovalAsk
from terminal.notice import Notice
from terminal.till.known_sale import Told


@dataclass(frozen=True, slots=True)
class BackLine:
    """A line of the sale, or goods without a receipt: pieces or grams sold, left, and coming back now.

    `amount` in minor units is what was charged for all that is left; `restock`: they can be sold again.
    """

    line_item_id: UUID
    product_name: str
    unit: Unit
    sold: int
    left: int
    back: int
    amount: int
    restock: bool = True


@dataclass(frozen=True, slots=True)
class GivenBack:
    """A refund or void that is recorded; `number` of its slip (a void has the sale's). Minor units."""

    is_void: bool
    number: str
    amount: int
    tenders: tuple[RefundTender, ...]
    cash_notes: Change

    @property
    def cash(self) -> int:
        """What goes back out of the drawer."""
        return sum(tender.amount for tender in self.tenders if tender.payment_method == CASH)

    @property
    def by_provider(self) -> tuple[RefundTender, ...]:
        """What goes back the way it came."""
        return tuple(tender for tender in self.tenders if tender.payment_method != CASH)


@dataclass(frozen=True, slots=True)
class ReturnState:
    """`sale` is None without a receipt; `later` what came back of it before. `worth`: of what is chosen.

    `as_cash`: everything out of the drawer; it can be chosen where a provider has money of the sale.
    `can_void`: the whole sale can still be cancelled. `done`: it is recorded.
    """

    lines: tuple[BackLine, ...] = ()
    sale: SaleRecorded | None = None
    later: tuple[Later, ...] = ()
    told: Told = Told.TOLD
    worth: Worth | None = None
    as_cash: bool = False
    can_choose_cash: bool = False
    can_void: bool = False
    done: GivenBack | None = None
    notice: Notice | None = None

    @property
    def left(self) -> bool:
        """Whether anything of the sale can still come back."""
        return any(line.left for line in self.lines)


@dataclass(frozen=True, slots=True)
class Permit:
    """What is missing for a deed: somebody's yes, or nothing."""

    ask: ApprovalAsk | None = None


def why(reason: str, approval: Approval | None) -> str:
    """The cashier's reason, else the one that was given with the yes: it was asked for there."""
    return reason if reason.strip() or approval is None else approval.reason


def refunded(fact: RefundRecorded, notes: tuple[int, ...]) -> GivenBack:
    """A recorded refund as it is shown; `notes` the cash is paid in, the largest first."""
    return given_back(fact.receipt_number or "", fact.total_amount, fact.tenders, notes, is_void=False)


def given_back(
    number: str, amount: int, tenders: tuple[RefundTender, ...], notes: tuple[int, ...], *, is_void: bool
) -> GivenBack:
    """What goes back, with its cash in notes."""
    cash = sum(tender.amount for tender in tenders if tender.payment_method == CASH)
    change = change_in_notes(cash, notes) if notes else Change((), cash)
    return GivenBack(is_void, number, amount, tenders, change)
