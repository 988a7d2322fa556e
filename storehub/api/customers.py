"""The customer of a sale (spec 7.1 goes no further than the basket): the member, and the vouchers they show.

A kiosk or partner sets both on its draft. A till keeps them itself, and only claims vouchers here, so that
no other till of the store takes them as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from courier.problem import Problem
from retail.member import normal_code
from retail.staff import Permission
from retail.voucher import RedeemedVoucher, VoucherTaken
from storehub.api.call import Answer, Call, CallDep, Deed
from storehub.api.views import member_view, totals_view
from storehub.members.commands import claim_voucher, release_vouchers
from storehub.members.queries import member_by_code, member_by_phone, member_of
from storehub.sales import commands as sales
from storehub.sales.queries import OpenSale, lock

router = APIRouter(tags=["customers"])

SALE = "/api/v1/transactions/{transaction_id}"
CLAIM = "/api/v1/vouchers/{code}/claims/{transaction_id}"
Code = Annotated[str, Field(min_length=1, max_length=50)]
InPath = Annotated[str, Path(max_length=50)]


class MemberSaid(BaseModel):
    """How the member was named: by phone number or by the code on their card."""

    model_config = ConfigDict(extra="forbid")

    phone: Annotated[str, Field(max_length=40)] | None = None
    code: Code | None = None


class VoucherShown(BaseModel):
    """The code of a voucher."""

    model_config = ConfigDict(extra="forbid")

    code: Code


@router.put(SALE + "/member")
def set_member(transaction_id: UUID, body: MemberSaid, call: CallDep) -> Answer:
    """The sale is this member's; what members alone get counts from here on."""
    if (body.phone is None) == (body.code is None):
        raise Problem(422, "invalid-request", "A member is named by phone or by code, one of them")

    def member(tx: Connection, sale: OpenSale) -> OpenSale:
        found = (
            member_by_phone(tx, body.phone) if body.phone is not None else member_by_code(tx, body.code or "")
        )
        return replace(sale, member_id=found.member_id)

    return _served(call, transaction_id, "set member", member)


@router.delete(SALE + "/member")
def drop_member(transaction_id: UUID, call: CallDep) -> Answer:
    """The sale is nobody's."""
    return _served(call, transaction_id, "drop member", lambda _, sale: replace(sale, member_id=None))


@router.post(SALE + "/vouchers")
def show_voucher(transaction_id: UUID, body: VoucherShown, call: CallDep) -> Answer:
    """The customer shows a voucher: it is kept for this sale, and its promotion counts from here on."""

    def shown(tx: Connection, sale: OpenSale) -> OpenSale:
        voucher = claim_voucher(tx, body.code, transaction_id, sale.terminal_id, call.at)
        if any(voucher.code == each.code for each in sale.vouchers):
            return sale
        if any(voucher.promo_id == each.promo_id for each in sale.vouchers):
            raise VoucherTaken(voucher=voucher.code)
        return replace(sale, vouchers=(*sale.vouchers, RedeemedVoucher(voucher.code, voucher.promo_id)))

    return _served(call, transaction_id, "show voucher", shown)


@router.delete(SALE + "/vouchers/{code}")
def take_voucher_back(transaction_id: UUID, code: InPath, call: CallDep) -> Answer:
    """The customer keeps the voucher for another time."""
    gone = normal_code(code)

    def without(tx: Connection, sale: OpenSale) -> OpenSale:
        release_vouchers(tx, transaction_id, gone)
        return replace(sale, vouchers=tuple(each for each in sale.vouchers if each.code != gone))

    return _served(call, transaction_id, "take voucher back", without)


@router.put(CLAIM)
def claim(code: InPath, transaction_id: UUID, call: CallDep) -> Answer:
    """Keep a voucher for a till's sale; again for the same sale is the same."""

    def do(tx: Connection) -> dict[str, Any]:
        voucher = claim_voucher(tx, code, transaction_id, call.caller.terminal_id, call.at)
        return {"code": voucher.code, "promo_id": voucher.promo_id, "transaction_id": str(transaction_id)}

    return call.write(_deed("claim voucher", transaction_id), do)


@router.delete(CLAIM)
def release(code: InPath, transaction_id: UUID, call: CallDep) -> Answer:
    """The till's sale goes on without the voucher."""

    def do(tx: Connection) -> dict[str, Any]:
        release_vouchers(tx, transaction_id, normal_code(code))
        return {"transaction_id": str(transaction_id)}

    return call.write(_deed("release voucher", transaction_id), do)


def _served(
    call: Call, transaction_id: UUID, deed: str, change: Callable[[Connection, OpenSale], OpenSale]
) -> Answer:
    """Change the customer of a draft, and answer with them and what the sale comes to now."""

    def do(tx: Connection) -> dict[str, Any]:
        sale = change(tx, lock(tx, transaction_id))
        served = sales.set_customer(tx, sale, call.hub.ring_up(tx, call.at, sale), call.at)
        return {
            "transaction_id": str(transaction_id),
            "member": member_view(member_of(tx, served.member_id)),
            "vouchers": [voucher.to_body() for voucher in served.vouchers],
            **totals_view(served.totals),
        }

    return call.write(Deed(deed, Permission.SELL, str(transaction_id)), do)


def _deed(name: str, transaction_id: UUID) -> Deed:
    return Deed(name, Permission.SELL, str(transaction_id), by_terminals=True)
