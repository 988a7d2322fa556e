"""The age check for alcohol and tobacco: who is old enough today, and who has looked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from retail.reading import moment
from retail.refusal import Refusal

LEGAL_AGE = 18
"""Years; Vietnam's law on alcohol (44/2019/QH14) and on tobacco (09/2012/QH13)."""


class AgeNotConfirmed(Refusal):
    """Goods for grown-ups wait for somebody to look at the customer's date of birth (`born_by`)."""

    code = "age-not-confirmed"


def born_by(today: date, years: int = LEGAL_AGE) -> date:
    """The last day on which somebody may be born who has so many years today.

    On 29 February of a year without one in the year of birth it is the 28th: whoever was born on
    1 March has to wait for 1 March.
    """
    try:
        return today.replace(year=today.year - years)
    except ValueError:
        return today.replace(year=today.year - years, day=28)


@dataclass(frozen=True, slots=True)
class AgeCheck:
    """Somebody has looked: the customer was born on this day or before. Once for a basket."""

    born_by: date
    confirmed_by: str
    confirmed_at: datetime

    def to_body(self) -> dict[str, Any]:
        """JSON types only."""
        return {
            "born_by": self.born_by.isoformat(),
            "confirmed_by": self.confirmed_by,
            "confirmed_at": self.confirmed_at.isoformat(),
        }

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> AgeCheck:
        """Read one back; raises KeyError, TypeError or ValueError."""
        if not isinstance(body["confirmed_by"], str):
            raise TypeError(f"{body['confirmed_by']!r} names nobody")
        return cls(date.fromisoformat(body["born_by"]), body["confirmed_by"], moment(body["confirmed_at"]))
