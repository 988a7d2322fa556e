"""The chain's settings as the till has them (news of kind `setting`), with their defaults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import time
from enum import StrEnum
from typing import Any

import structlog

from retail.age import LEGAL_AGE
from retail.barcode import ScanRules
from retail.calendar import StoreCalendar, zone_of
from retail.cash import EXACT, CashRounding, checked_denominations
from retail.in_store import CodePattern
from retail.loyalty import LoyaltyRules
from retail.money import currency_of
from retail.payment import VND_NOTES
from retail.receipt import PrintReceipts
from retail.receipt_link import checked_receipt_url
from retail.refund import RefundRules
from retail.refusal import Refusal

log = structlog.stdlib.get_logger("terminal.till")


class StockCheck(StrEnum):
    """What a basket with more goods than there are does: say so, stop at Pay, or nothing."""

    WARN = "warn"
    BLOCK = "block"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class ChainRules:
    """How this chain sells. `double_scan_seconds` 0 switches the guard off, `lock_after_minutes` 0 the lock.

    A drawer may differ by `drawer_difference_limit` (minor units) without a word; `shift_required`: nobody
    sells without a shift of theirs.

    `receipt_url` is where a receipt can be read on a phone, with `{token}` in it; empty for nowhere.
    `denominations` are notes and coins in minor units, the largest first; none means those of the
    currency that everybody knows (`notes`). `code_patterns` say how the chain writes its own codes;
    `legal_age` is how old (years) the customer has to be for alcohol and tobacco,
    `stock_check` what happens when a basket holds more than the hub says that there is. Without `loyalty`
    members earn no points.
    """

    currency: str = "VND"
    prices_include_tax: bool = True
    timezone: str = "Asia/Ho_Chi_Minh"
    day_cut: str = "00:00"
    double_scan_seconds: int = 3
    drawer_difference_limit: int = 0
    shift_required: bool = False
    lock_after_minutes: int = 0
    ping_seconds: int = 10
    ping_misses: int = 3
    cash_rounding: CashRounding = EXACT
    denominations: tuple[int, ...] = ()
    code_patterns: tuple[CodePattern, ...] = ()
    offline_block_hours: int = 24
    legal_age: int = LEGAL_AGE
    stock_check: StockCheck = StockCheck.WARN
    loyalty: LoyaltyRules | None = None
    print_receipts: PrintReceipts = PrintReceipts.ALWAYS
    receipt_url: str = ""
    refund_window_days: int = 7
    refund_cashier_limit: int = 0

    @property
    def refunds(self) -> RefundRules:
        """What may come back, and until when."""
        return RefundRules(
            window_days=self.refund_window_days,
            cashier_limit=self.refund_cashier_limit,
            rounding=self.cash_rounding,
        )

    @property
    def calendar(self) -> StoreCalendar:
        """The store's zone and day cut."""
        return StoreCalendar(self.timezone, time.fromisoformat(self.day_cut))

    @property
    def notes(self) -> tuple[int, ...]:
        """Notes and coins to give change in, the largest first; none where nobody has said."""
        return self.denominations or (VND_NOTES if self.currency == "VND" else ())

    @property
    def scan_rules(self) -> ScanRules:
        """How scans are read."""
        return ScanRules(patterns=self.code_patterns)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> ChainRules:
        """The rules of these settings.

        A setting this till does not know is a later version's and passed over. A value that cannot be
        used is logged and its default holds: a bad setting never stops a store from selling.
        """
        known: dict[str, Any] = {}
        for field in fields(cls):
            value = settings.get(field.name)
            if value is None:
                continue
            try:
                known[field.name] = read_setting(field.name, value)
            except (Refusal, ValueError, TypeError) as wrong:
                log.warning("setting not usable", setting=field.name, value=value, error=str(wrong))
        return cls(**known)


def read_setting(name: str, value: Any) -> Any:
    """The value of a setting as `ChainRules` has it; raises a refusal, ValueError or TypeError.

    The value of a setting that is not known here comes back as it is.
    """
    reader = READERS.get(name)
    return value if reader is None else reader(value)


def _text(check: Callable[[str], object]) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        check(_of_type(value, str))
        return str(value)

    return read


def _flag(value: Any) -> bool:
    return bool(_of_type(value, bool))


def _count(value: Any) -> int:
    if _of_type(value, int) < 0:
        raise ValueError(f"{value} is below zero")
    return int(value)


def _of_type(value: Any, wanted: type) -> Any:
    if type(value) is not wanted:
        raise TypeError(f"{value!r} is no {wanted.__name__}")
    return value


def _denominations(value: Any) -> tuple[int, ...]:
    listed = tuple(_of_type(each, int) for each in _of_type(value, list))
    return checked_denominations(listed) if listed else ()


def _patterns(value: Any) -> tuple[CodePattern, ...]:
    return tuple(CodePattern.from_text(_of_type(each, str)) for each in _of_type(value, list))


READERS: Mapping[str, Callable[[Any], Any]] = {
    "currency": _text(currency_of),
    "prices_include_tax": _flag,
    "timezone": _text(zone_of),
    "day_cut": _text(time.fromisoformat),
    "double_scan_seconds": _count,
    "drawer_difference_limit": _count,
    "shift_required": _flag,
    "lock_after_minutes": _count,
    "ping_seconds": _count,
    "ping_misses": _count,
    "cash_rounding": lambda value: CashRounding.from_text(_of_type(value, str)),
    "denominations": _denominations,
    "code_patterns": _patterns,
    "legal_age": _count,
    "offline_block_hours": _count,
    "stock_check": lambda value: StockCheck(_of_type(value, str)),
    "loyalty": lambda value: LoyaltyRules.from_body(_of_type(value, dict)),
    "print_receipts": PrintReceipts,
    "receipt_url": _text(checked_receipt_url),
    "refund_window_days": _count,
    "refund_cashier_limit": _count,
}
