"""The slip on a parked basket: what it is called, who parked it, and whether the hub has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class AtHub(StrEnum):
    """Whether the hub has the basket and may give it to another till.

    NO: it was never sent. MAYBE: it was sent and nobody has answered. YES: it said so.
    """

    NO = "no"
    MAYBE = "maybe"
    YES = "yes"


@dataclass(frozen=True, slots=True)
class ParkingSlip:
    """`total_amount` (minor units) is what the basket came to when it was parked. `life`: which life of the
    hub said that it has it; another one does not know of it."""

    label: str
    parked_at: datetime
    parked_by: str
    total_amount: int
    at_hub: AtHub = AtHub.NO
    life: str = ""

    def to_body(self) -> dict[str, Any]:
        """As the journal keeps it with the basket (JSON types only)."""
        return {
            "label": self.label,
            "parked_at": self.parked_at.isoformat(),
            "parked_by": self.parked_by,
            "total_amount": self.total_amount,
            "at_hub": self.at_hub.value,
            "life": self.life,
        }

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> ParkingSlip:
        """Read one back; raises KeyError, TypeError or ValueError."""
        return cls(
            body["label"],
            datetime.fromisoformat(body["parked_at"]),
            body["parked_by"],
            body["total_amount"],
            AtHub(body["at_hub"]),
            body.get("life", ""),
        )
