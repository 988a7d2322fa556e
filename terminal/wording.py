"""What the till says: code → words, one table for both languages (`resources/translations/*.toml`).

A message always says two things: what happened, and what to do now. Figures are written by
`retail.figures`, so that an amount looks the same on every screen and on paper.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from retail.calendar import StoreCalendar
from retail.figures import figure_text, money_text, quantity_text, rate_text
from retail.money import Currency, currency_of
from retail.quantity import Unit

AMOUNTS = frozenset(
    {
        *("amount", "approved_amount", "discount", "due", "excess", "limit_amount", "line_subtotal"),
        *("line_total", "missing", "total", "unit_price"),
    }
)
"""Names of figures that are minor units wherever they appear in a refusal's detail."""

DAYS = frozenset({"best_before", "born_by", "expired_on"})
"""Names of figures that are days (or moments on the store's wall) in ISO 8601."""

MOMENTS = frozenset({"ends_at", "starts_at"})
"""Names of figures that are moments with their offset in ISO 8601."""

DONG = currency_of("VND")
VIETNAM = StoreCalendar()


class Language(StrEnum):
    """The languages of the till."""

    VI = "vi"
    EN = "en"


@dataclass(frozen=True, slots=True)
class Message:
    """A message for a cashier."""

    happened: str
    todo: str


class _Blank(dict[str, str]):
    """Figures by name; one that a refusal did not bring is left out rather than shown as a brace."""

    def __missing__(self, name: str) -> str:
        return ""


@cache
def table() -> dict[str, dict[str, Any]]:
    """The whole table: `message` and `word`, each code → language → text."""
    whole: dict[str, dict[str, Any]] = {"message": {}, "word": {}}
    for file in sorted(files("resources").joinpath("translations").iterdir(), key=lambda each: each.name):
        for kind, entries in tomllib.loads(file.read_text(encoding="utf-8")).items():
            twice = whole[kind].keys() & entries.keys()
            assert not twice, f"{file.name} has words that another file has too: {sorted(twice)}"
            whole[kind] |= entries
    return whole


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of one language for one store's currency and clock."""

    language: Language = Language.VI
    currency: Currency = DONG
    calendar: StoreCalendar = VIETNAM

    def say(self, code: str, **figures: object) -> str:
        """The label with this code; raises KeyError when there is none."""
        entry: dict[str, str] = table()["word"][code]
        one = f"{self.language}_one"
        text = entry[one] if figures.get("count") == 1 and one in entry else entry[self.language]
        return text.format_map(_Blank(self._written(figures))) if figures else text

    def message(self, code: str, detail: Mapping[str, Any] | None = None) -> Message:
        """What happened and what to do now, for a refusal or a notice; raises KeyError when there is none."""
        happened, todo = table()["message"][code][self.language]
        figures = _Blank(self._written(detail or {}))
        return Message(happened.format_map(figures), todo.format_map(figures))

    def knows(self, code: str) -> bool:
        """Whether there is a message for the code."""
        return code in table()["message"]

    def money(self, amount: int) -> str:
        """Minor units as people write them here: 55.000 ₫ or 55,000 ₫."""
        return money_text(amount, self.currency, self.language)

    def figure(self, amount: int) -> str:
        """Minor units without the currency's sign, for columns of figures."""
        return figure_text(amount, self.currency, self.language)

    def signed(self, amount: int) -> str:
        """A figure that is added or taken off, with its sign."""
        return f"{'−' if amount < 0 else '+'}{self.figure(abs(amount))}"

    def quantity(self, quantity: int, unit: Unit | str) -> str:
        """Pieces as a number, grams as kilograms."""
        return quantity_text(quantity, Unit(unit), self.language)

    def rate(self, rate: Decimal) -> str:
        """A tax rate as a percentage."""
        return rate_text(rate, self.language)

    def moment(self, at: datetime) -> str:
        """Hours and minutes on the store's wall."""
        return self.calendar.local(at).strftime("%H:%M")

    def day_and_moment(self, at: datetime) -> str:
        """Date and time on the store's wall."""
        return self.calendar.local(at).strftime("%d/%m/%Y %H:%M")

    def age(self, seconds: float) -> str:
        """A duration in its largest whole unit."""
        whole = max(0, int(seconds))
        for name, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
            if whole >= size:
                return self.say(f"age.{name}", count=whole // size)
        return self.say("age.seconds", count=whole)

    def day(self, iso: str) -> str:
        """A day as a sentence has it; with the time where one is given."""
        at = datetime.fromisoformat(iso)
        written = at.strftime("%d/%m/%Y" if self.language is Language.VI else "%d %b %Y")
        return f"{written} {at:%H:%M}" if "T" in iso else written

    def _written(self, figures: Mapping[str, object]) -> dict[str, str]:
        return {name: self._figure(name, value) for name, value in figures.items()}

    def _figure(self, name: str, value: object) -> str:
        if name in AMOUNTS and isinstance(value, int):
            return self.money(value)
        if name in MOMENTS and isinstance(value, str):
            return self.day_and_moment(datetime.fromisoformat(value))
        return self.day(value) if name in DAYS and isinstance(value, str) else str(value)
