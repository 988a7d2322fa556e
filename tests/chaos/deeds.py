"""What else happens at a till beside sales, as any of the books has it: goods that come back, the drawer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from retail.facts import Fact, SaleRecorded
from retail.refund_facts import RefundRecorded, TransactionVoided
from retail.shift_facts import CashMoved, ShiftClosed, ShiftOpened
from retail.stock import AdjustmentType, movements_of_refund, movements_of_sale

REFUND, VOID, OPENED, MOVED, CLOSED = "refund", "void", "shift opened", "cash moved", "shift closed"
BACK = (REFUND, VOID)


@dataclass(frozen=True)
class Deed:
    """`key` is the slip's number of a refund, else the id of what it is about; `amount` in minor units.

    `goods`: pieces by SKU that are on the shelf again.
    """

    kind: str
    origin: str
    key: str
    amount: int
    goods: Mapping[str, int] = field(default_factory=dict, compare=False)

    def to_body(self) -> dict[str, Any]:
        """JSON types only."""
        return {"kind": self.kind, "origin": self.origin, "key": self.key, "amount": self.amount}

    def __str__(self) -> str:
        """For a sentence."""
        return f"{self.kind} {self.origin} {self.key} ({self.amount})"


def deed_of(fact: Fact, sales: Mapping[str, SaleRecorded]) -> Deed | None:
    """The deed that a fact tells of; None for a sale and for what only the ledger keeps. `sales` by id."""
    match fact:
        case RefundRecorded():
            origin = f"{fact.store_id}/{fact.terminal_id}"
            goods = _pieces(movements_of_refund(fact.lines))
            return Deed(REFUND, origin, fact.receipt_number or "", fact.total_amount, goods)
        case TransactionVoided():
            sale = sales[str(fact.transaction_id)]
            goods = _pieces(movements_of_sale(sale.lines, AdjustmentType.VOID))
            origin = f"{sale.store_id}/{sale.terminal_id}"
            return Deed(VOID, origin, str(fact.transaction_id), fact.amount, goods)
        case ShiftOpened():
            origin = f"{fact.store_id}/{fact.terminal_id}"
            return Deed(OPENED, origin, str(fact.shift_id), fact.float_amount)
        case CashMoved():
            origin = f"{fact.store_id}/{fact.terminal_id}"
            return Deed(MOVED, origin, str(fact.movement_id), fact.amount)
        case ShiftClosed():
            origin = f"{fact.store_id}/{fact.terminal_id}"
            return Deed(CLOSED, origin, str(fact.shift_id), fact.counted_amount)
        case _:
            return None


def _pieces(movements: Any) -> dict[str, int]:
    pieces: Counter[str] = Counter()
    for movement in movements:
        pieces[movement.sku_id] += movement.quantity_delta
    return dict(pieces)
