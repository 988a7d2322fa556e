"""Who is buying: a member or somebody unknown, and the vouchers they have shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from retail.member import Member
from retail.voucher import Voucher, VoucherTaken


@dataclass(frozen=True, slots=True)
class Customer:
    """The customer of one sale, as far as the till knows them."""

    member: Member | None = None
    vouchers: tuple[Voucher, ...] = ()

    @property
    def promo_ids(self) -> frozenset[str]:
        """The promotions that the vouchers open."""
        return frozenset(voucher.promo_id for voucher in self.vouchers)

    def with_voucher(self, voucher: Voucher) -> Customer:
        """The customer with one more voucher; raises `VoucherTaken`: each promotion needs one only."""
        if voucher.promo_id in self.promo_ids:
            raise VoucherTaken(voucher=voucher.code)
        return replace(self, vouchers=(*self.vouchers, voucher))

    def without_voucher(self, code: str) -> Customer:
        """The customer without this voucher; the same one when it was not shown."""
        return replace(self, vouchers=tuple(each for each in self.vouchers if each.code != code))

    def to_body(self) -> dict[str, Any]:
        """As the journal keeps it with the basket (JSON types only)."""
        return {
            "member": self.member.to_body() if self.member else None,
            "vouchers": [voucher.to_body() for voucher in self.vouchers],
        }

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> Customer:
        """Read one back; raises KeyError, TypeError or ValueError."""
        member = body["member"]
        return cls(
            Member.from_body(member) if member else None,
            tuple(map(Voucher.from_body, body["vouchers"])),
        )


NOBODY = Customer()
"""A customer of whom nothing is known."""
