"""Stock is the sum of its movements (FR-2.1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from retail.basket import Line
from retail.refusal import Refusal


class AdjustmentType(StrEnum):
    """Why stock moved; the first four are the spec's (6.2), the rest its natural neighbours."""

    SALE = "SALE"
    SHRINKAGE = "SHRINKAGE"
    RECEIVING = "RECEIVING"
    MANUAL = "MANUAL"
    VOID = "VOID"
    REFUND = "REFUND"
    COUNT = "COUNT"


class NotEnoughStock(Refusal):
    """The store's setting blocks sales beyond what is in stock (`sku_id`, `available_quantity`)."""

    code = "not-enough-stock"


@dataclass(frozen=True, slots=True)
class Movement:
    """`quantity_delta` pieces or grams of a SKU, negative when they leave the store."""

    sku_id: str
    quantity_delta: int
    adjustment_type: AdjustmentType


def movements_of_sale(
    lines: Iterable[Line], adjustment_type: AdjustmentType = AdjustmentType.SALE
) -> list[Movement]:
    """What a sale takes out of stock, or its void puts back; a pack moves the units it is made of.

    One movement per SKU, in the order in which the SKUs first stand in the lines.
    """
    sign = -1 if adjustment_type is AdjustmentType.SALE else 1
    deltas: dict[str, int] = {}
    for line in lines:
        sku, size = (line.pack_of, line.pack_size) if line.pack_of else (line.sku_id, 1)
        deltas[sku] = deltas.get(sku, 0) + sign * size * line.quantity
    return [Movement(sku, delta, adjustment_type) for sku, delta in deltas.items()]
