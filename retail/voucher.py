"""Vouchers: codes that open a promotion for the customer who shows one, so many times.

A voucher has no arithmetic of its own. It names a promotion that is stated with `voucher_required`; a
voucher over an amount names one that takes the amount off the bill.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from retail.basket import AppliedPromotion
from retail.member import normal_code
from retail.reading import flag, moment, whole
from retail.refusal import Refusal


class VoucherNotFound(Refusal):
    """No voucher of this store has this code (`voucher`)."""

    code = "voucher-not-found"


class VoucherNotBegun(Refusal):
    """The voucher counts from a later moment on (`voucher`, `starts_at`)."""

    code = "voucher-not-begun"


class VoucherEnded(Refusal):
    """The voucher's time is over (`voucher`, `ends_at`)."""

    code = "voucher-ended"


class VoucherUsed(Refusal):
    """The voucher was used as often as it may be (`voucher`)."""

    code = "voucher-used"


class VoucherTaken(Refusal):
    """A voucher for the same promotion is on this sale already (`voucher`)."""

    code = "voucher-taken"


@dataclass(frozen=True, slots=True)
class Voucher:
    """A voucher as stores know it, from `starts_at` until `ends_at` (excluded).

    `used_up`: head office has heard of `max_uses` uses.
    """

    code: str
    promo_id: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    max_uses: int = 1
    used_up: bool = False

    def to_body(self) -> dict[str, Any]:
        """The body of a piece of news (JSON types only)."""
        return {
            "code": self.code,
            "promo_id": self.promo_id,
            "starts_at": self.starts_at.isoformat() if self.starts_at else None,
            "ends_at": self.ends_at.isoformat() if self.ends_at else None,
            "max_uses": self.max_uses,
            "used_up": self.used_up,
        }

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> Voucher:
        """Read one back; raises KeyError, TypeError or ValueError."""
        starts_at, ends_at = body.get("starts_at"), body.get("ends_at")
        return cls(
            normal_code(body["code"]),
            body["promo_id"],
            moment(starts_at) if starts_at else None,
            moment(ends_at) if ends_at else None,
            whole(body.get("max_uses", 1)),
            flag(body.get("used_up", False)),
        )

    def demand_good(self, at: datetime, uses: int) -> Voucher:
        """The voucher itself when it may be used once more at this moment.

        `uses`: how often it was used, as far as the asker knows. Raises `VoucherNotBegun`, `VoucherEnded`
        and `VoucherUsed`.
        """
        if self.starts_at is not None and at < self.starts_at:
            raise VoucherNotBegun(voucher=self.code, starts_at=self.starts_at.isoformat())
        if self.ends_at is not None and at >= self.ends_at:
            raise VoucherEnded(voucher=self.code, ends_at=self.ends_at.isoformat())
        if self.used_up or uses >= self.max_uses:
            raise VoucherUsed(voucher=self.code)
        return self


@dataclass(frozen=True, slots=True)
class RedeemedVoucher:
    """A voucher that took something off a sale, as the sale's fact has it."""

    code: str
    promo_id: str

    def to_body(self) -> dict[str, Any]:
        """JSON types only."""
        return {"code": self.code, "promo_id": self.promo_id}

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> RedeemedVoucher:
        """Read one back; raises KeyError or TypeError."""
        code, promo_id = body["code"], body["promo_id"]
        if not isinstance(code, str) or not isinstance(promo_id, str):
            raise TypeError(f"{body!r} names no voucher")
        return cls(code, promo_id)


def redeemed(
    vouchers: Iterable[Voucher | RedeemedVoucher], applied: Collection[AppliedPromotion]
) -> tuple[RedeemedVoucher, ...]:
    """Those vouchers whose promotion took something off; the others stay the customer's, unused."""
    given = {each.promo_id for each in applied if each.discount_amount}
    return tuple(RedeemedVoucher(each.code, each.promo_id) for each in vouchers if each.promo_id in given)
