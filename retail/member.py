"""Members as stores know them, and the phone numbers they are found by.

Head office keeps a member's phone number; stores get a key that is made of it. A till can then find the
member whose number a customer says, and nobody can read the numbers of all members off a till that was
stolen: finding one out costs as much as trying all numbers, some 10 milliseconds each.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import scrypt
from typing import Any

from retail.reading import moment, whole
from retail.refusal import Refusal

HOME = "84"
"""The country of numbers that are written without one."""

FIGURES = range(8, 16)
"""How many figures a number has with its country (ITU-T E.164)."""

_KEY_SALT = b"everopen member phone 1"
_KEY_COST = 2**12
_BETWEEN = re.compile(r"[\s().\-]+")
_NUMBER = re.compile(r"\+?[0-9]+")


class PhoneNotReadable(Refusal):
    """The text is no phone number (`phone`)."""

    code = "phone-not-readable"


class MemberNotFound(Refusal):
    """No member has this phone number or code (`wanted`)."""

    code = "member-not-found"


@dataclass(frozen=True, slots=True)
class Member:
    """A member of the loyalty programme as stores know them.

    `points` are those that head office had counted at `points_as_of`; what was bought since is not in
    them. `code` is the number on the member's card; `tier` the name of a tier of the rules, or empty.
    """

    member_id: str
    name: str
    code: str = ""
    tier: str = ""
    points: int = 0
    points_as_of: datetime | None = None
    phone_key: str = ""

    def to_body(self) -> dict[str, Any]:
        """The body of a piece of news (JSON types only)."""
        return {
            "member_id": self.member_id,
            "name": self.name,
            "code": self.code,
            "tier": self.tier,
            "points": self.points,
            "points_as_of": self.points_as_of.isoformat() if self.points_as_of else None,
            "phone_key": self.phone_key,
        }

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> Member:
        """Read one back; raises KeyError, TypeError or ValueError."""
        as_of = body.get("points_as_of")
        return cls(
            body["member_id"],
            body["name"],
            normal_code(body.get("code") or ""),
            body.get("tier") or "",
            whole(body.get("points", 0)),
            moment(as_of) if as_of else None,
            body.get("phone_key") or "",
        )


def phone_number(text: str, home: str = HOME) -> str:
    """The number with its country, as in `+84912345678`; raises `PhoneNotReadable`.

    `0912 345 678`, `84912345678`, `0084…` and `+84…` are one number.
    """
    bare = _BETWEEN.sub("", text)
    if not _NUMBER.fullmatch(bare):
        raise PhoneNotReadable(phone=text)
    if bare.startswith("+"):
        figures = bare[1:]
    elif bare.startswith("00"):
        figures = bare[2:]
    elif bare.startswith("0"):
        figures = home + bare[1:]
    elif bare.startswith(home):
        figures = bare
    else:
        raise PhoneNotReadable(phone=text)
    if figures.startswith(home + "0"):
        figures = home + figures[len(home) + 1 :]  # +84 (0)912…: the nought belongs to calls from home
    if len(figures) not in FIGURES or figures.startswith("0"):
        raise PhoneNotReadable(phone=text)
    return f"+{figures}"


def phone_key(number: str) -> str:
    """What stores find a `phone_number` by; slow to make, so that numbers are not guessed from it."""
    return scrypt(number.encode(), salt=_KEY_SALT, n=_KEY_COST, r=8, p=1, dklen=16).hex()


def normal_code(text: str) -> str:
    """A member's or voucher's code, however it was typed."""
    return text.strip().upper()
