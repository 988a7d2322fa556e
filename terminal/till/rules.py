"""The chain's settings as the till has them (news of kind `setting`), with their defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import time
from typing import Any

from retail.calendar import StoreCalendar


@dataclass(frozen=True, slots=True)
class ChainRules:
    """How this chain sells. `double_scan_seconds` 0 switches the guard off."""

    currency: str = "VND"
    prices_include_tax: bool = True
    timezone: str = "Asia/Ho_Chi_Minh"
    day_cut: str = "00:00"
    double_scan_seconds: int = 3
    ping_seconds: int = 10
    ping_misses: int = 3

    @property
    def calendar(self) -> StoreCalendar:
        """The store's zone and day cut."""
        return StoreCalendar(self.timezone, time.fromisoformat(self.day_cut))

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> ChainRules:
        """The rules of these settings; raises ValueError for a value of another type than the default's.

        A setting this till does not know is a later version's and passed over.
        """
        known: dict[str, Any] = {}
        for field in fields(cls):
            value = settings.get(field.name)
            if value is None:
                continue
            if type(value) is not type(field.default):
                raise ValueError(f"{field.name} is like {field.default!r}, not {value!r}")
            known[field.name] = value
        return cls(**known)
