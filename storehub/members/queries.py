"""Finding members and vouchers."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, select

from retail.member import Member, MemberNotFound, normal_code, phone_key, phone_number
from retail.voucher import Voucher, VoucherNotFound
from storehub.members.tables import members, vouchers


def member_by_phone(tx: Connection, phone: str) -> Member:
    """The member with this phone number; raises `PhoneNotReadable`, `MemberNotFound`."""
    return _member(tx, members.c.phone_key == phone_key(phone_number(phone)), phone)


def member_by_code(tx: Connection, code: str) -> Member:
    """The member with this card; raises `MemberNotFound`."""
    return _member(tx, members.c.code == normal_code(code), code)


def member_of(tx: Connection, member_id: str | None) -> Member | None:
    """The member with this id; None for nobody, and for who is a member no longer."""
    if member_id is None:
        return None
    body = tx.execute(select(members.c.body).where(members.c.member_id == member_id)).scalar_one_or_none()
    return Member.from_body(body) if body is not None else None


def voucher_of(tx: Connection, code: str, *, lock: bool = False) -> Voucher:
    """The voucher with this code, good or not; raises `VoucherNotFound`. `lock`: until commit."""
    wanted = select(vouchers.c.body).where(vouchers.c.code == normal_code(code))
    body = tx.execute(wanted.with_for_update() if lock else wanted).scalar_one_or_none()
    if body is None:
        raise VoucherNotFound(voucher=code)
    return Voucher.from_body(body)


def _member(tx: Connection, wanted: ColumnElement[bool], said: str) -> Member:
    query = select(members.c.body).where(wanted).order_by(members.c.member_id).limit(1)
    body = tx.execute(query).scalar_one_or_none()
    if body is None:
        raise MemberNotFound(wanted=said)
    return Member.from_body(body)
