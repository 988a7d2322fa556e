"""Stock is the sum of its movements (FR-2.1): why it moves, what is there, what must be ordered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from retail.basket import Line
from retail.open_item import OPEN_SKU
from retail.refund_facts import RefundLine
from retail.refusal import Refusal

Goods = TypeVar("Goods", Line, RefundLine)

DISCREPANCY_PERCENT = 5
"""A count further from the figures than this is flagged for review (FR-2.3)."""


class AdjustmentType(StrEnum):
    """Why stock moved; the first four are the spec's (6.2), the rest its natural neighbours."""

    SALE = "SALE"
    SHRINKAGE = "SHRINKAGE"
    RECEIVING = "RECEIVING"
    MANUAL = "MANUAL"
    VOID = "VOID"
    REFUND = "REFUND"
    COUNT = "COUNT"


class StockReason(StrEnum):
    """Reason codes of movements that people make (FR-2.1)."""

    DELIVERY = "delivery"
    RETURN_TO_SUPPLIER = "return to supplier"
    TRANSFER_IN = "transfer in"
    TRANSFER_OUT = "transfer out"
    DAMAGED = "damaged"
    EXPIRED = "expired"
    STOLEN = "stolen"
    OWN_USE = "own use"
    FOUND = "found"
    COUNTED = "counted"


@dataclass(frozen=True, slots=True)
class ReasonRule:
    """The adjustment a reason stands for, and whether it may bring goods in or take them out."""

    adjustment_type: AdjustmentType
    comes_in: bool
    goes_out: bool


REASONS: dict[StockReason, ReasonRule] = {
    StockReason.DELIVERY: ReasonRule(AdjustmentType.RECEIVING, comes_in=True, goes_out=False),
    StockReason.RETURN_TO_SUPPLIER: ReasonRule(AdjustmentType.RECEIVING, comes_in=False, goes_out=True),
    StockReason.TRANSFER_IN: ReasonRule(AdjustmentType.RECEIVING, comes_in=True, goes_out=False),
    StockReason.TRANSFER_OUT: ReasonRule(AdjustmentType.MANUAL, comes_in=False, goes_out=True),
    StockReason.DAMAGED: ReasonRule(AdjustmentType.SHRINKAGE, comes_in=False, goes_out=True),
    StockReason.EXPIRED: ReasonRule(AdjustmentType.SHRINKAGE, comes_in=False, goes_out=True),
    StockReason.STOLEN: ReasonRule(AdjustmentType.SHRINKAGE, comes_in=False, goes_out=True),
    StockReason.OWN_USE: ReasonRule(AdjustmentType.MANUAL, comes_in=False, goes_out=True),
    StockReason.FOUND: ReasonRule(AdjustmentType.MANUAL, comes_in=True, goes_out=False),
    StockReason.COUNTED: ReasonRule(AdjustmentType.COUNT, comes_in=True, goes_out=True),
}


class NotEnoughStock(Refusal):
    """The store's setting blocks sales beyond what is in stock (`sku_id`, `available_quantity`)."""

    code = "not-enough-stock"


class StockReasonNotAllowed(Refusal):
    """The reason does not move stock in this direction, or by nothing (`reason`, `quantity_delta`)."""

    code = "stock-reason-not-allowed"


class BadStockCount(Refusal):
    """A count cannot be negative (`sku_id`, `quantity`)."""

    code = "bad-stock-count"


@dataclass(frozen=True, slots=True)
class Movement:
    """`quantity_delta` pieces or grams of a SKU, negative when they leave the store."""

    sku_id: str
    quantity_delta: int
    adjustment_type: AdjustmentType


@dataclass(frozen=True, slots=True)
class StockLevel:
    """What a store has of a SKU, in pieces or grams; `reserved` lies in open baskets of other tills."""

    sku_id: str
    on_hand: int
    reserved: int = 0

    @property
    def available(self) -> int:
        """What can still be sold; below zero when more was sold than was known to be there."""
        return self.on_hand - self.reserved


@dataclass(frozen=True, slots=True)
class CountResult:
    """A physical count against the figures, in pieces or grams (FR-2.3).

    `difference` is counted minus system; `shrinkage` is what is missing, 0 when nothing is; `flagged`
    when the difference is more than the threshold of what the system said.
    """

    sku_id: str
    system_quantity: int
    counted_quantity: int
    flagged: bool

    @property
    def difference(self) -> int:
        """Counted minus system."""
        return self.counted_quantity - self.system_quantity

    @property
    def shrinkage(self) -> int:
        """What is missing."""
        return max(0, -self.difference)


@dataclass(frozen=True, slots=True)
class ReorderRule:
    """When and how much to order of a SKU, in pieces or grams.

    `safety_quantity` is what should never be sold into; `cover_days` is how long an order should last
    after the `lead_days` until it comes; orders are whole cases of `case_size`.
    """

    low_quantity: int = 0
    safety_quantity: int = 0
    lead_days: int = 1
    cover_days: int = 7
    case_size: int = 1


@dataclass(frozen=True, slots=True)
class ReorderAdvice:
    """`low`: at or under the alert's threshold (FR-2.2). `order_quantity` 0: nothing to order yet."""

    low: bool
    reorder_point: int
    order_quantity: int


def stock_of(line: Line | RefundLine) -> tuple[str, int]:
    """The SKU and quantity a line moves; a pack moves the units it is made of."""
    return (line.pack_of, line.pack_size * line.quantity) if line.pack_of else (line.sku_id, line.quantity)


def stocked(lines: Iterable[Goods]) -> Iterator[Goods]:
    """The lines whose goods stand in the books: all but open items."""
    return (line for line in lines if line.sku_id != OPEN_SKU)


def movements_of_sale(
    lines: Iterable[Line], adjustment_type: AdjustmentType = AdjustmentType.SALE
) -> list[Movement]:
    """What a sale takes out of stock, or its void puts back; a pack moves the units it is made of.

    One movement per SKU, in the order in which the SKUs first stand in the lines; open items move nothing.
    """
    sign = -1 if adjustment_type is AdjustmentType.SALE else 1
    return _summed(((*stock_of(line), sign) for line in stocked(lines)), adjustment_type)


def movements_of_refund(lines: Iterable[RefundLine]) -> list[Movement]:
    """What a refund brings back: all goods come in, and what cannot be sold again goes out as shrinkage."""
    back = list(stocked(lines))
    spoilt = (line for line in back if not line.restock)
    return [
        *_summed(((*stock_of(line), 1) for line in back), AdjustmentType.REFUND),
        *_summed(((*stock_of(line), -1) for line in spoilt), AdjustmentType.SHRINKAGE),
    ]


def movement_for(sku_id: str, quantity_delta: int, reason: StockReason) -> Movement:
    """A movement that a person makes; raises `StockReasonNotAllowed`."""
    rule = REASONS[reason]
    allowed = rule.comes_in if quantity_delta > 0 else rule.goes_out
    if quantity_delta == 0 or not allowed:
        raise StockReasonNotAllowed(reason=reason.value, quantity_delta=quantity_delta)
    return Movement(sku_id, quantity_delta, rule.adjustment_type)


def levels_of(movements: Iterable[Movement], open_lines: Iterable[Line] = ()) -> dict[str, StockLevel]:
    """The level of each SKU: the sum of its movements, and what open baskets hold of it."""
    on_hand: dict[str, int] = {}
    for movement in movements:
        on_hand[movement.sku_id] = on_hand.get(movement.sku_id, 0) + movement.quantity_delta
    reserved: dict[str, int] = {}
    for line in stocked(open_lines):
        sku_id, quantity = stock_of(line)
        reserved[sku_id] = reserved.get(sku_id, 0) + quantity
    return {
        sku_id: StockLevel(sku_id, on_hand.get(sku_id, 0), reserved.get(sku_id, 0))
        for sku_id in sorted({*on_hand, *reserved})
    }


def demand_stock(level: StockLevel, quantity: int) -> None:
    """Return when so much is available; raises `NotEnoughStock` (for stores that block, not warn)."""
    if quantity > level.available:
        raise NotEnoughStock(sku_id=level.sku_id, available_quantity=level.available)


def counted(
    sku_id: str,
    system_quantity: int,
    counted_quantity: int,
    threshold_percent: int = DISCREPANCY_PERCENT,
) -> CountResult:
    """A count against the figures; raises `BadStockCount`.

    Flagged when the difference exceeds the threshold; where the system says nothing (or less) is there,
    every difference does.
    """
    if counted_quantity < 0:
        raise BadStockCount(sku_id=sku_id, quantity=counted_quantity)
    difference = abs(counted_quantity - system_quantity)
    flagged = difference * 100 > threshold_percent * max(0, system_quantity)
    return CountResult(sku_id, system_quantity, counted_quantity, flagged)


def movement_of_count(result: CountResult) -> Movement | None:
    """The movement that makes the figures right; what is missing is shrinkage. None when they were."""
    if result.difference == 0:
        return None
    missing = result.difference < 0
    return Movement(
        result.sku_id,
        result.difference,
        AdjustmentType.SHRINKAGE if missing else AdjustmentType.COUNT,
    )


def reorder(level: StockLevel, sold_quantity: int, sold_days: int, rule: ReorderRule) -> ReorderAdvice:
    """Whether stock is low and what to order, from what was sold in the last days.

    The reorder point is what sells until the order is here plus the safety quantity; an order fills up
    to the end of the days it should cover, in whole cases. All roundings go up.
    """
    if sold_days <= 0 or sold_quantity < 0:
        raise ValueError("sold_days must be positive and sold_quantity not negative")
    point = _up(sold_quantity * rule.lead_days, sold_days) + rule.safety_quantity
    target = _up(sold_quantity * (rule.lead_days + rule.cover_days), sold_days) + rule.safety_quantity
    low = level.available <= rule.low_quantity
    missing = max(0, target - level.available)
    due = level.available <= point and missing > 0
    cases = _up(missing, rule.case_size) if due else 0
    return ReorderAdvice(low, point, cases * rule.case_size)


def _up(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)


def _summed(moves: Iterable[tuple[str, int, int]], adjustment_type: AdjustmentType) -> list[Movement]:
    """One movement per SKU, in the order in which the SKUs first come."""
    deltas: dict[str, int] = {}
    for sku_id, quantity, sign in moves:
        deltas[sku_id] = deltas.get(sku_id, 0) + sign * quantity
    return [Movement(sku_id, delta, adjustment_type) for sku_id, delta in deltas.items()]
