"""A sale at another price than the store's own book had for that moment: right as it stands, and reviewed.

A till that was cut off sells at the prices it had (spec 6.3, scenario 1). Nobody corrects the sale.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

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
