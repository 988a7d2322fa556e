"""A sale at other prices or with other promotions than the store's own book had for that moment: right as it
stands, and reviewed.

A till that was cut off sells by the rules it had (spec 6.3, scenario 1). Nobody corrects the sale.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from retail.basket import AppliedPromotion
from retail.reading import moment, whole


@dataclass(frozen=True, slots=True)
class PriceDiscrepancyFound:
    """A line's list price was not the hub's (FR-5.3). Prices in minor units, versions those of the news.

    `hub_price` and `hub_version` are None where the hub knew no price.
    """

    store_id: str
    transaction_id: UUID
    line_item_id: UUID
    sku_id: str
    till_price: int
    till_version: int
    hub_price: int | None
    hub_version: int | None
    noted_at: datetime

    event_type = "PriceDiscrepancyFound"
    version = 1

    def to_body(self) -> dict[str, Any]:
        """JSON types only."""
        return {
            "store_id": self.store_id,
            "transaction_id": str(self.transaction_id),
            "line_item_id": str(self.line_item_id),
            "sku_id": self.sku_id,
            "till_price": self.till_price,
            "till_version": self.till_version,
            "hub_price": self.hub_price,
            "hub_version": self.hub_version,
            "noted_at": self.noted_at.isoformat(),
        }

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> PriceDiscrepancyFound:
        """Read version 1 back."""
        hub_price, hub_version = body.get("hub_price"), body.get("hub_version")
        return cls(
            body["store_id"],
            UUID(body["transaction_id"]),
            UUID(body["line_item_id"]),
            body["sku_id"],
            whole(body["till_price"]),
            whole(body["till_version"]),
            None if hub_price is None else whole(hub_price),
            None if hub_version is None else whole(hub_version),
            moment(body["noted_at"]),
        )


LINES_TOLD_MAX = 50
"""A fact has to fit an envelope, however long the receipt; the store's hub keeps all lines."""


@dataclass(frozen=True, slots=True)
class PromotionDifference:
    """What stands on one line: by the till, and by the hub's own book."""

    line_item_id: UUID
    till: tuple[AppliedPromotion, ...]
    hub: tuple[AppliedPromotion, ...]

    def to_body(self) -> dict[str, Any]:
        """JSON types only."""
        return {
            "line_item_id": str(self.line_item_id),
            "till": [applied.to_body() for applied in self.till],
            "hub": [applied.to_body() for applied in self.hub],
        }

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> PromotionDifference:
        """Read one back."""
        return cls(
            UUID(body["line_item_id"]),
            tuple(map(AppliedPromotion.from_body, body["till"])),
            tuple(map(AppliedPromotion.from_body, body["hub"])),
        )


@dataclass(frozen=True, slots=True)
class PromotionDiscrepancyFound:
    """A sale has other promotions than the hub's book gave for its moment (FR-5.3); amounts in minor units.

    `till_discount` and `hub_discount` are what promotions took off the whole bill; `lines` the first
    `LINES_TOLD_MAX` of the `line_count` lines that differ.
    """

    store_id: str
    transaction_id: UUID
    till_discount: int
    hub_discount: int
    line_count: int
    lines: tuple[PromotionDifference, ...]
    noted_at: datetime

    event_type = "PromotionDiscrepancyFound"
    version = 1

    def to_body(self) -> dict[str, Any]:
        """JSON types only."""
        return {
            "store_id": self.store_id,
            "transaction_id": str(self.transaction_id),
            "till_discount": self.till_discount,
            "hub_discount": self.hub_discount,
            "line_count": self.line_count,
            "lines": [line.to_body() for line in self.lines],
            "noted_at": self.noted_at.isoformat(),
        }

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> PromotionDiscrepancyFound:
        """Read version 1 back."""
        return cls(
            body["store_id"],
            UUID(body["transaction_id"]),
            whole(body["till_discount"]),
            whole(body["hub_discount"]),
            whole(body["line_count"]),
            tuple(map(PromotionDifference.from_body, body["lines"])),
            moment(body["noted_at"]),
        )


Discrepancy = PriceDiscrepancyFound | PromotionDiscrepancyFound
