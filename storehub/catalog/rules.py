"""The chain's settings as this hub has them (news of kind `setting`), with their defaults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import time
from enum import StrEnum
from typing import Any

import structlog

from retail.barcode import ScanRules
from retail.calendar import StoreCalendar
from retail.cash import EXACT, CashRounding, checked_denominations
from retail.in_store import CodePattern
from retail.loyalty import LoyaltyRules
from retail.payment import VND_NOTES
from retail.receipt import PrintReceipts
from retail.refund import RefundRules
from retail.refusal import Refusal

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
    cash_rounding: CashRounding = EXACT
    denominations: tuple[int, ...] = ()
    code_patterns: tuple[CodePattern, ...] = ()
    loyalty: LoyaltyRules | None = None
    print_receipts: PrintReceipts = PrintReceipts.ALWAYS
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
        return RefundRules(
            window_days=self.refund_window_days,
            cashier_limit=self.refund_cashier_limit,
            rounding=self.cash_rounding,
        )

    @property
    def notes(self) -> tuple[int, ...]:
        """Notes and coins a drawer is counted by, the largest first."""
        return self.denominations or VND_NOTES

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
            if field.name in READERS:
                try:
                    known[field.name] = READERS[field.name](value)
                except (Refusal, KeyError, TypeError, ValueError, AttributeError):
                    log.exception("setting not understood", setting=field.name)
            elif type(value) is type(field.default):
                known[field.name] = value
            else:
                log.error("setting not understood", setting=field.name, expected=repr(field.default))
        return cls(**known)


READERS: Mapping[str, Callable[[Any], Any]] = {
    "cash_rounding": CashRounding.from_text,
    "print_receipts": PrintReceipts,
    "denominations": lambda value: checked_denominations(tuple(value)) if value else (),
    "code_patterns": lambda value: tuple(CodePattern.from_text(text) for text in value),
    "loyalty": LoyaltyRules.from_body,
}
"""Settings that are more than a value of their type; what cannot be used is logged and left out."""
