"""What the chain's settings may be; they are published to every store as news of kind `setting`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import time
from typing import Any

from retail.calendar import zone_of
from retail.cash import CashRounding, checked_denominations
from retail.in_store import CodePattern
from retail.loyalty import LoyaltyRules
from retail.money import AMOUNT_LIMIT, currency_of
from retail.receipt import PrintReceipts
from retail.receipt_link import checked_receipt_url
from retail.refusal import Refusal

NAME_PATTERN = re.compile(r"[a-z][a-z0-9_]{0,99}")


NOTES_APART = 20_000
"""The largest note is worth at most so many of the smallest coins."""


class BadSetting(Refusal):
    """The value is none that this setting can have (`name`, `value`, `wanted`)."""

    code = "bad-setting"


DEFAULTS: Mapping[str, Any] = {
    "currency": "VND",
    "day_cut": "00:00",
    "double_scan_seconds": 3,
    "drawer_difference_limit": 0,
    "lock_after_minutes": 10,
    "offline_block_hours": 24,
    "ping_misses": 3,
    "ping_seconds": 10,
    "prices_include_tax": True,
    "print_receipts": "always",
    "refund_cashier_limit": 0,
    "refund_window_days": 7,
    "shift_required": True,
    "timezone": "Asia/Ho_Chi_Minh",
}


def checked_setting(name: str, value: Any) -> Any:
    """The value itself when the setting can have it; raises `BadSetting`.

    A name that is not known here is taken as it comes: it may be a newer till's.
    """
    if not NAME_PATTERN.fullmatch(name):
        raise BadSetting(name=name, value=value, wanted="a name of lower-case letters, digits and _")
    if value is None or isinstance(value, float):
        raise BadSetting(name=name, value=value, wanted="a value without fractions")
    wanted, holds = _CHECKS.get(name, ("anything", lambda _: True))
    try:
        fits = holds(value)
    except (Refusal, KeyError, ValueError, TypeError):
        fits = False
    if not fits:
        raise BadSetting(name=name, value=value, wanted=wanted)
    return value


def _denominations(value: Any) -> bool:
    if not isinstance(value, list) or any(type(note) is not int or note <= 0 for note in value):
        return False
    # How long the check takes grows with this; no real money comes near it.
    return max(value) <= NOTES_APART * min(value) and bool(checked_denominations(tuple(value)))


def _text(read: Callable[[str], object]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and bool(read(value))


def _code_patterns(value: Any) -> bool:
    return isinstance(value, list) and all(map(_text(CodePattern.from_text), value))


def _whole(low: int, high: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and low <= value <= high


_CHECKS: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "cash_rounding": ("none, nearest-500 or down-1000, with any step", _text(CashRounding.from_text)),
    "code_patterns": (
        "a list of patterns of 13 characters, like 21IIIIIWWWWWC/3 (I item, W weight, C check digit)",
        _code_patterns,
    ),
    "currency": ("a currency Everopen can write, like VND", lambda value: bool(currency_of(value))),
    "day_cut": ("a time of day, like 04:00", lambda value: time.fromisoformat(value).tzinfo is None),
    "drawer_difference_limit": ("an amount in minor units", _whole(0, AMOUNT_LIMIT)),
    "refund_cashier_limit": ("an amount in minor units", _whole(0, AMOUNT_LIMIT)),
    "refund_window_days": ("whole days from 0 to 3650", _whole(0, 3650)),
    "denominations": (
        "a list of notes and coins, like [500, 1000, 2000]; the largest that fits is always right to give",
        _denominations,
    ),
    "double_scan_seconds": ("whole seconds from 0 to 60", _whole(0, 60)),
    "print_receipts": ("always, ask or never", _text(PrintReceipts)),
    "receipt_url": (
        "an https address with {token} in it, like https://receipts.example/r/{token}, or nothing",
        lambda value: isinstance(value, str) and checked_receipt_url(value) == value,
    ),
    "lock_after_minutes": ("whole minutes from 0 (never) to 480", _whole(0, 480)),
    "loyalty": (
        'rules like {"earn_per": 10000, "tiers": [{"name": "gold", "points_needed": 500}]}',
        lambda value: bool(LoyaltyRules.from_body(value)),
    ),
    "offline_block_hours": ("whole hours from 0 (never) to 8760", _whole(0, 8760)),
    "ping_misses": ("a whole number from 1 to 20", _whole(1, 20)),
    "ping_seconds": ("whole seconds from 1 to 300", _whole(1, 300)),
    "prices_include_tax": ("true or false", lambda value: type(value) is bool),
    "shift_required": ("true or false", lambda value: type(value) is bool),
    "timezone": ("an IANA zone, like Asia/Ho_Chi_Minh", lambda value: bool(zone_of(value))),
}
