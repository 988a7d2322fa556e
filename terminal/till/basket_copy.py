"""A basket as the hub gets it, and what the hub says no to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from retail.basket import RungLine
from retail.refusal import Refusal
from retail.stock import stock_of, stocked
from terminal.till.draft import Draft, body_of


class BasketNotParked(Refusal):
    """The basket is not parked (any more): somebody has taken it, or it was paid (`sale_id`)."""

    code = "basket-not-parked"


class BasketElsewhere(Refusal):
    """Another till goes on with this basket, or has sold it (`sale_id`)."""

    code = "basket-elsewhere"


@dataclass(frozen=True, slots=True)
class BasketCopy:
    """A basket as the hub gets it: `reserves` are pieces or grams by SKU, `body` is the till's own draft."""

    sale_id: UUID
    cashier_id: str
    parked: bool
    label: str
    line_count: int
    total_amount: int
    reserves: Mapping[str, int]
    body: Mapping[str, Any]


def copy_of(draft: Draft, lines: Sequence[RungLine], cashier_id: str) -> BasketCopy:
    """This basket; `lines` are its rung lines, for a total where it has no slip."""
    total = draft.slip.total_amount if draft.slip else sum(rung.line_total for rung in lines)
    return BasketCopy(
        sale_id=draft.sale_id,
        cashier_id=cashier_id,
        parked=draft.slip is not None,
        label=draft.slip.label if draft.slip else "",
        line_count=len(draft.basket.lines),
        total_amount=total,
        reserves=reserved(draft),
        body=body_of(draft),
    )


def reserved(draft: Draft) -> dict[str, int]:
    """Pieces or grams of stock that stand in the basket, by SKU."""
    held: dict[str, int] = {}
    for sku_id, quantity in _moves(draft):
        held[sku_id] = held.get(sku_id, 0) + quantity
    return held


def _moves(draft: Draft) -> Iterable[tuple[str, int]]:
    return (stock_of(line) for line in stocked(draft.basket.lines))
