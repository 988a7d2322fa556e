"""Taking members and vouchers over from head office, and keeping vouchers for the sales that have them.

A voucher is claimed when a customer shows it and used when the sale is recorded (`record.sql`). The hub
gives it to no more sales than it may be used in; a till that could not ask sells all the same, and head
office sees what was used twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from courier.news import News
from retail.member import Member
from retail.voucher import Voucher
from storehub.catalog.commands import understood
from storehub.catalog.queries import among
from storehub.members.queries import voucher_of
from storehub.members.tables import members, voucher_uses, vouchers
from storehub.sales.tables import transactions

CLAIMED_FOR = timedelta(hours=24)
"""A basket that was left open for a day holds no voucher any more."""


def take_members(tx: Connection, news: Sequence[News]) -> None:
    """Put, change or remove members."""
    tx.execute(members.delete().where(among(members.c.member_id, {piece.key for piece in news})))
    rows = [
        {
            "member_id": piece.key,
            "phone_key": member.phone_key or None,
            "code": member.code or None,
            "body": member.to_body(),
        }
        for piece, member in understood(news, Member.from_body)
    ]
    if rows:
        tx.execute(members.insert(), rows)


def take_vouchers(tx: Connection, news: Sequence[News]) -> None:
    """Put, change or remove vouchers."""
    tx.execute(vouchers.delete().where(among(vouchers.c.code, {piece.key for piece in news})))
    rows = [
        {"code": piece.key, "body": voucher.to_body()}
        for piece, voucher in understood(news, Voucher.from_body)
    ]
    if rows:
        tx.execute(vouchers.insert(), rows)


def claim_voucher(tx: Connection, code: str, transaction_id: UUID, terminal_id: str, at: datetime) -> Voucher:
    """Keep the voucher for this sale; asked again for the same sale, it is the same.

    Raises `VoucherNotFound`, `VoucherNotBegun`, `VoucherEnded`, and `VoucherUsed` when other sales have it.
    """
    voucher = voucher_of(tx, code, lock=True)
    c = voucher_uses.c
    others = tx.execute(
        select(func.count()).where(
            c.code == voucher.code,
            c.transaction_id != transaction_id,
            or_(c.used_at.is_not(None), c.claimed_at > at - CLAIMED_FOR),
        )
    ).scalar_one()
    voucher.demand_good(at, int(others))
    tx.execute(
        insert(voucher_uses)
        .values(code=voucher.code, transaction_id=transaction_id, terminal_id=terminal_id, claimed_at=at)
        .on_conflict_do_nothing()
    )
    return voucher


def release_vouchers(tx: Connection, transaction_id: UUID, code: str | None = None) -> None:
    """The sale, as long as it is open, goes on without this voucher (None: without any)."""
    c = voucher_uses.c
    gone = delete(voucher_uses).where(c.transaction_id == transaction_id, c.used_at.is_(None))
    tx.execute(gone if code is None else gone.where(c.code == code))


def give_vouchers_back(tx: Connection, transaction_id: UUID) -> None:
    """The sale is void: its vouchers are as if they had not been used."""
    tx.execute(delete(voucher_uses).where(voucher_uses.c.transaction_id == transaction_id))


def let_go_of_claims(tx: Connection, at: datetime) -> None:
    """Forget the claims of baskets that were left open, and of sales that were recorded without them."""
    c = voucher_uses.c
    recorded = select(transactions.c.id).where(
        transactions.c.id == c.transaction_id, transactions.c.completed_at.is_not(None)
    )
    left = or_(c.claimed_at <= at - CLAIMED_FOR, recorded.exists())
    tx.execute(delete(voucher_uses).where(c.used_at.is_(None), left))
