"""Cash: rounding to what notes and coins can pay, and change as notes and coins (FR-1.3).

Rounding is a line of its own and touches only what is paid in cash: the sale's total stays the sum
of its lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from uuid import UUID

from retail.money import AMOUNT_LIMIT, round_half_up
from retail.payment import BadAmount, Overpaid, Tender, Underpaid, cash_tender, due_after
from retail.refusal import Refusal

COUNT_LIMIT = 100_000
"""More notes of one kind than this is a typing error."""

NOTES_APART = 100_000
"""The largest note is worth so many of the smallest coin at most; no real money comes near it."""


class BadCashRule(Refusal):
    """The rounding rule or the list of denominations cannot be used (`value`)."""

    code = "bad-cash-rule"


class BadCashCount(Refusal):
    """The count names a note that there is not, or an impossible number (`denomination`, `count`)."""

    code = "bad-cash-count"


class RoundingKind(StrEnum):
    """How the cash part of a total is rounded."""

    NONE = "none"
    NEAREST = "nearest"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class CashRounding:
    """A store's rule: `step` in minor units (500 or 1,000 ₫ in Vietnam)."""

    kind: RoundingKind = RoundingKind.NONE
    step: int = 1

    @classmethod
    def from_text(cls, text: str) -> CashRounding:
        """The rule of a setting, `none`, `nearest-500` or `down-1000`; raises `BadCashRule`."""
        kind, _, step = text.partition("-")
        if text == RoundingKind.NONE:
            return cls()
        steps = step.isascii() and step.isdigit() and 0 < int(step) <= AMOUNT_LIMIT
        if kind not in (RoundingKind.NEAREST, RoundingKind.DOWN) or not steps:
            raise BadCashRule(value=text)
        return cls(RoundingKind(kind), int(step))

    def rounded(self, amount: int) -> int:
        """What is asked for in cash for this amount (not negative, minor units).

        An amount that would round to nothing stays as it is: rounding never gives goods away.
        """
        return self._in_steps(amount) or amount

    def rounded_part(self, amount: int, carried: int) -> int:
        """What is paid out in cash for this part when earlier parts came to `carried` too much.

        Roundings of parts do not add up: whoever got too much gets less now, down to nothing.
        """
        due = amount - carried
        if due <= 0:
            return 0
        return self._in_steps(due) if carried > 0 else self.rounded(due)

    def _in_steps(self, amount: int) -> int:
        if self.kind is RoundingKind.NONE:
            return amount
        down = self.kind is RoundingKind.DOWN
        steps = amount // self.step if down else round_half_up(amount, self.step)
        return steps * self.step


EXACT = CashRounding()
"""No rounding: the rule of a store that has not chosen one."""


@dataclass(frozen=True, slots=True)
class CashDue:
    """What is still to pay: `exact`, and `amount` when it is paid in cash (minor units)."""

    exact: int
    amount: int

    @property
    def rounding_amount(self) -> int:
        """The rounding line, either sign."""
        return self.amount - self.exact


def cash_due(total: int, tenders: Sequence[Tender], rounding: CashRounding) -> CashDue:
    """What the rest of this total comes to in cash."""
    exact = due_after(total, tenders)
    return CashDue(exact, rounding.rounded(exact))


def take_cash(
    payment_id: UUID, total: int, tenders: Sequence[Tender], tendered: int, rounding: CashRounding
) -> tuple[Tender, int]:
    """The tender for the cash handed over and the sale's rounding line (0 while something is still due).

    Cash that covers the rounded rest closes the sale, and so does the exact rest to the last đồng.
    Raises `BadAmount`, `Overpaid` when nothing is due any more, and `Underpaid` for a sum between the
    exact and the rounded rest, which would need change that there is no note for.
    """
    due = cash_due(total, tenders, rounding)
    if due.exact == 0 and tendered > 0:
        raise Overpaid(excess=tendered)
    if due.exact < tendered < due.amount:
        raise Underpaid(missing=due.amount - tendered)
    if tendered >= due.amount:
        return cash_tender(payment_id, due.amount, tendered), due.rounding_amount
    return cash_tender(payment_id, due.exact, tendered), 0


def checked_part(total: int, tenders: Sequence[Tender], amount: int) -> int:
    """The amount itself when a tender without change may cover it; raises `BadAmount`, `Overpaid`."""
    due = due_after(total, tenders)
    if amount <= 0:
        raise BadAmount(amount=amount)
    if amount > due:
        raise Overpaid(excess=amount - due)
    return amount


@dataclass(frozen=True, slots=True)
class Change:
    """Notes and coins as (denomination, count), the largest first; `left` is what none of them can pay."""

    notes: tuple[tuple[int, int], ...]
    left: int


def change_in_notes(amount: int, denominations: Sequence[int]) -> Change:
    """The fewest notes and coins for this amount (minor units); raises `BadCashRule`, `BadAmount`."""
    if not 0 <= amount <= AMOUNT_LIMIT:
        raise BadAmount(amount=amount)
    notes = []
    left = amount
    for denomination in checked_denominations(tuple(denominations)):
        count, left = divmod(left, denomination)
        if count:
            notes.append((denomination, count))
    return Change(tuple(notes), left)


@lru_cache(maxsize=32)
def checked_denominations(denominations: tuple[int, ...]) -> tuple[int, ...]:
    """The denominations, the largest first; raises `BadCashRule`.

    The smallest must divide the others, and the largest note that fits must always be the right one to
    take, as with all real money. No counterexample can be larger than the two largest together
    (Kozen and Zaks, Optimal bounds for the change-making problem, 1994), so that much is tried.
    """
    ordered = sorted(set(denominations))
    if not ordered or ordered[0] <= 0 or any(note % ordered[0] for note in ordered):
        raise BadCashRule(value=list(denominations))
    if ordered[-1] > NOTES_APART * ordered[0]:  # how long the check takes grows with this
        raise BadCashRule(value=list(denominations))
    coins = [note // ordered[0] for note in ordered]
    fewest = [0]
    for amount in range(1, sum(coins[-2:])):
        fewest.append(1 + min(fewest[amount - coin] for coin in coins if coin <= amount))
        largest = max(coin for coin in coins if coin <= amount)
        if fewest[amount] != 1 + fewest[amount - largest]:
            raise BadCashRule(value=list(denominations))
    return tuple(reversed(ordered))


def counted_cash(count: Mapping[int, int], denominations: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """A drawer count by denomination, the largest first and without empty rows; raises `BadCashCount`."""
    for denomination, number in count.items():
        if denomination not in denominations or not 0 <= number <= COUNT_LIMIT:
            raise BadCashCount(denomination=denomination, count=number)
    return tuple(sorted(((note, number) for note, number in count.items() if number), reverse=True))


def cash_total(count: Sequence[tuple[int, int]]) -> int:
    """What these notes and coins come to, minor units."""
    return sum(denomination * number for denomination, number in count)
