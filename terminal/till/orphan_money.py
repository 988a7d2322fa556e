"""Money that came late and belongs to no sale, as a till knows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class OrphanMoney:
    """`amount` in minor units; `receipt_number` of the same sale, where it was paid otherwise."""

    payment_id: UUID
    sale_id: UUID
    terminal_id: str
    payment_method: str
    amount: int
    captured_at: datetime
    receipt_number: str | None = None
