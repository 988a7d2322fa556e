"""The chain's settings as this hub has them (news of kind `setting`), with their defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import time
from enum import StrEnum
from typing import Any

import structlog

from retail.barcode import ScanRules
from retail.calendar import StoreCalendar
from retail.in_store import BadCodePattern, CodePattern
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
    code_patterns: tuple[CodePattern, ...] = ()
    ping_seconds: int = 10
    ping_misses: int = 3

    @property
    def calendar(self) -> StoreCalendar:
        """The store's zone and day cut."""
        return StoreCalendar(self.timezone, time.fromisoformat(self.day_cut))

    @property
    def scan_rules(self) -> ScanRules:
        """How scans are read."""
        return ScanRules(patterns=self.code_patterns)

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
            if field.name == "code_patterns":
                known[field.name] = _patterns(value)
            elif type(value) is type(field.default):
                known[field.name] = value
            else:
                log.error("setting not understood", name=field.name, expected=repr(field.default))
        return cls(**known)


def _patterns(value: Any) -> tuple[CodePattern, ...]:
    """The in-store codes of a setting; what cannot be used is logged and left out."""
    try:
        return tuple(CodePattern.from_text(text) for text in value)
    except (BadCodePattern, TypeError, AttributeError):
        log.exception("setting not understood", name="code_patterns", expected="a list of patterns")
        return ()
