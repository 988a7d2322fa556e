"""What a person did about money that a provider has and no sale: it went back, or was booked by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from retail.reading import moment, name_or_none, named


@dataclass(frozen=True, slots=True)
class PaymentSettled:
    """The word about a late payment (`PaymentCaptured` told of it), so that nobody gives its money back a
    second time, at whatever hub. `approved_by`: who said yes for somebody who may not."""

    store_id: str
    transaction_id: UUID
    payment_id: UUID
    word: str
    settled_by: str
    approved_by: str | None
    settled_at: datetime

    event_type = "PaymentSettled"
    version = 1

    def to_body(self) -> dict[str, Any]:
        """JSON types only."""
        return {
            "store_id": self.store_id,
            "transaction_id": str(self.transaction_id),
            "payment_id": str(self.payment_id),
            "word": self.word,
            "settled_by": self.settled_by,
            "approved_by": self.approved_by,
            "settled_at": self.settled_at.isoformat(),
        }

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> PaymentSettled:
        """Read version 1 back."""
        return cls(
            named(body["store_id"]),
            UUID(body["transaction_id"]),
            UUID(body["payment_id"]),
            named(body["word"]),
            named(body["settled_by"]),
            name_or_none(body["approved_by"]),
            moment(body["settled_at"]),
        )
