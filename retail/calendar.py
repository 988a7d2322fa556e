"""The business day: computed from a moment, the store's zone and its day cut, never from "today"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from retail.refusal import Refusal


class UnknownTimezone(Refusal):
    """The name is not an IANA time zone."""

    code = "unknown-timezone"


class NaiveMoment(Refusal):
    """A moment without an offset cannot be placed on a day."""

    code = "naive-moment"


class MomentOutOfRange(Refusal):
    """The moment is at the edge of the years 1 to 9999 and has no wall clock in the store's zone (`at`)."""

    code = "moment-out-of-range"


@lru_cache(maxsize=64)
def zone_of(name: str) -> ZoneInfo:
    """The IANA zone; raises `UnknownTimezone`."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UnknownTimezone(timezone=name) from None


@dataclass(frozen=True, slots=True)
class StoreCalendar:
    """A store's zone (IANA name) and the local time at which its business day begins."""

    timezone: str = "Asia/Ho_Chi_Minh"
    day_cut: time = time(0, 0)

    def local(self, at: datetime) -> datetime:
        """The moment on the store's wall clock; raises `NaiveMoment`, `MomentOutOfRange`."""
        if at.tzinfo is None:
            raise NaiveMoment(at=at.isoformat())
        try:
            return at.astimezone(zone_of(self.timezone))
        except OverflowError:
            raise MomentOutOfRange(at=at.isoformat()) from None

    def business_date(self, at: datetime) -> date:
        """The day this moment is booked on (half-open: the cut itself begins the new day).

        Days begin once and never go back: where the clock is put back over the cut, the first time it
        shows the cut counts.
        """
        day = self.local(at).date() + timedelta(days=1)
        while self._begins(day) > at:
            day -= timedelta(days=1)
        return day

    def _begins(self, day: date) -> datetime:
        return datetime.combine(day, self.day_cut, zone_of(self.timezone)).astimezone(UTC)
