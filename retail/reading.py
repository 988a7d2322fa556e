"""Reading a fact back: whoever wrote it, its figures are whole numbers, its moments have an offset and its
sums are sums."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from retail.refusal import Refusal

WHOLE_LIMIT = 2**63


class FactDoesNotAddUp(Refusal):
    """A total of the fact is not the sum of its lines (`transaction_id`, `field`, `stated`, `computed`), or
    a line or a tender of it is impossible (`reason`)."""

    code = "fact-does-not-add-up"


def demand_sum(stated: Any, computed: int, *, field: str, transaction_id: str | UUID | None) -> int:
    """The stated figure itself when it is the computed one; raises `FactDoesNotAddUp`."""
    if type(stated) is not int or stated != computed:
        raise FactDoesNotAddUp(
            transaction_id=None if transaction_id is None else str(transaction_id),
            field=field,
            stated=stated,
            computed=computed,
        )
    return stated


def moment(text: str) -> datetime:
    """A moment with its offset; raises ValueError."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"{text} has no offset")
    return found


def whole(number: Any) -> int:
    """A whole number that a database holds (64 bits); raises ValueError, and TypeError for anything that only
    looks like one."""
    if type(number) is not int:
        raise TypeError(f"{number!r} is not a whole number")
    if abs(number) >= WHOLE_LIMIT:
        raise ValueError(f"{number} is too large")
    return number


def count(number: Any) -> int:
    """A whole number that is not below zero; raises TypeError or ValueError."""
    if whole(number) < 0:
        raise ValueError(f"{number} is below zero")
    return int(number)


def flag(value: Any) -> bool:
    """True or false; raises TypeError."""
    if type(value) is not bool:
        raise TypeError(f"{value!r} is neither true nor false")
    return value


def named(value: Any) -> str:
    """A text that names something; raises TypeError."""
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no name")
    return value


def name_or_none(value: Any) -> str | None:
    """A name, or nothing where nobody is named; raises TypeError."""
    return None if value is None else named(value)
