"""Codes a chain prints itself: weighed goods with weight or price inside, members, vouchers.

GS1 leaves the numbers that begin with 2 (and 02, 04) to whoever prints them; there is no rule for
Vietnam, so each chain says by setting how its scales write them (General Specifications 2.1.11, 7.9.2
to 7.9.4 for the check digit of price and weight).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from biip.checksums import gs1_price_weight_check_digit

from retail.gs1 import check_digit
from retail.refusal import Refusal

LENGTH = 13


class BadCodePattern(Refusal):
    """The setting of an in-store code cannot be used (`pattern`, `reason`)."""

    code = "bad-code-pattern"


class WrongMeasureDigit(Refusal):
    """The check digit of the weight or price inside the code does not fit: scan again (`barcode`)."""

    code = "wrong-measure-digit"


class InStoreKind(StrEnum):
    """What the variable part of a code is; the value is its letter in the pattern."""

    WEIGHT = "W"
    PRICE = "P"
    PIECES = "N"
    MEMBER = "M"
    VOUCHER = "U"


@dataclass(frozen=True, slots=True)
class CodePattern:
    """How a chain writes one kind of its own EAN-13 codes.

    `digits` has 13 characters: figures stand for themselves, I is the item's number, one of W (weight),
    P (price), N (pieces), M (member) or U (voucher) the variable part, V its own check digit, C the last
    digit. `decimals` of the variable part: of a kilogram, or of the currency's major unit.
    """

    digits: str
    kind: InStoreKind
    decimals: int = 0

    @classmethod
    def from_text(cls, text: str) -> CodePattern:
        """The pattern of a setting, such as `21IIIIIWWWWWC/3` (grams); raises `BadCodePattern`."""
        digits, _, decimals = text.partition("/")
        kinds = set(digits) & set(InStoreKind)
        places = [letter for letter, _ in groupby(digits) if not letter.isdigit()]
        if len(digits) != LENGTH or not digits.endswith("C") or not digits[0].isdigit():
            reason = "13 characters, a figure first and C last"
        elif set(digits) - set("0123456789IVC") - set(InStoreKind) or digits.count("C") != 1:
            reason = "figures and the letters I W P N M U V C"
        elif len(kinds) != 1 or len(places) != len(set(places)):
            reason = "each part once, and one of W P N M U"
        elif digits.count("V") > 1 or ("V" in digits and digits.count(min(kinds)) not in (4, 5)):
            reason = "one V, for four or five figures"
        elif decimals and not (decimals.isascii() and decimals.isdigit() and int(decimals) <= 4):
            reason = "up to four decimals"
        else:
            return cls(digits, InStoreKind(kinds.pop()), int(decimals or 0))
        raise BadCodePattern(pattern=text, reason=reason)

    def fits(self, code: str) -> bool:
        """Whether the code is of this pattern: all its fixed figures are."""
        return len(code) == LENGTH and all(
            figure == place for figure, place in zip(code, self.digits, strict=True) if place.isdigit()
        )

    def measure(self, code: str) -> int:
        """The variable part as a whole number of its last decimal; raises `WrongMeasureDigit`."""
        part = self._part(code, self.kind)
        if "V" in self.digits and gs1_price_weight_check_digit(part) != int(self._part(code, "V")):
            raise WrongMeasureDigit(barcode=code)
        return int(part)

    def variable_part(self, code: str) -> str:
        """The variable part as it stands, with its zeros: a member's or voucher's number."""
        return self._part(code, self.kind)

    def without_measure(self, code: str) -> str:
        """The code with zeros for the variable part and right check digits: the item in the catalogue."""
        blank = "".join(
            "0" if place == self.kind else figure for figure, place in zip(code, self.digits, strict=True)
        )
        if "V" in self.digits:
            zeros = "0" * self.digits.count(self.kind)
            blank = _with(blank, self.digits.index("V"), str(gs1_price_weight_check_digit(zeros)))
        return blank[:-1] + str(check_digit(blank[:-1]))

    def item(self, code: str) -> str:
        """The fixed figures and the item's number: the short form scales show (a PLU)."""
        return "".join(
            figure for figure, place in zip(code, self.digits, strict=True) if place.isdigit() or place == "I"
        )

    def _part(self, code: str, letter: str) -> str:
        return "".join(figure for figure, place in zip(code, self.digits, strict=True) if place == letter)


def pattern_for(code: str, patterns: Sequence[CodePattern]) -> CodePattern | None:
    """The first pattern the code fits, in the setting's order."""
    return next((pattern for pattern in patterns if pattern.fits(code)), None)


def _with(code: str, place: int, figure: str) -> str:
    return code[:place] + figure + code[place + 1 :]
