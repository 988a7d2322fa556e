"""The chain's settings as this hub has them (news of kind `setting`), with their defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import time
from enum import StrEnum
from typing import Any

import structlog

from retail.calendar import StoreCalendar
from retail.refund import RefundRules

log = structlog.get_logger(__name__)


class Availability(StrEnum):
    """What a sale beyond the stock on record meets: a word, or a refusal."""

    WARN = "warn"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class ChainRules:
    """How this chain sells, as far as its hubs need to know."""

    currency: str = "VND"
    prices_include_tax: bool = True
    timezone: str = "Asia/Ho_Chi_Minh"
    day_cut: str = "00:00"
    availability: str = Availability.WARN.value
    refund_window_days: int = 7
    refund_cashier_limit: int = 0
    drawer_difference_limit: int = 0
    ping_seconds: int = 10
    ping_misses: int = 3

    @property
    def calendar(self) -> StoreCalendar:
        """The store's zone and day cut."""
        return StoreCalendar(self.timezone, time.fromisoformat(self.day_cut))

    @property
    def refunds(self) -> RefundRules:
        """What may come back, and until when."""
        return RefundRules(window_days=self.refund_window_days, cashier_limit=self.refund_cashier_limit)

    @property
    def blocks_beyond_stock(self) -> bool:
        """Whether what is not in stock cannot be sold through the Checkout API."""
        return self.availability == Availability.BLOCK

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> ChainRules:
        """The rules of these settings; what is of another type than its default is logged and left out."""
        known: dict[str, Any] = {}
        for field in fields(cls):
            value = settings.get(field.name)
            if value is None:
                continue
            if type(value) is type(field.default):
                known[field.name] = value
            else:
                log.error("setting not understood", name=field.name, expected=repr(field.default))
        return cls(**known)
