"""Reading members: one by id, by phone or by card, and their points."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, func, select

from hq.members.tables import member_points, members, point_balances
from hq.stores.queries import setting_values
from retail.loyalty import LoyaltyRules, progress
from retail.member import Member
from retail.refusal import Refusal

PERIOD = timedelta(days=365)
"""A tier is reached by the points of the last year."""
PAGE_MAX = 500


class NoSuchMember(Refusal):
    """There is no member of this id or phone number (`wanted`)."""

    code = "member-not-known"


def with_points() -> Select[Any]:
    """Members with what they have now, as `balance`."""
    balance = func.coalesce(point_balances.c.points, 0).label("balance")
    return select(members, balance).outerjoin(
        point_balances, point_balances.c.member_id == members.c.member_id
    )


def member_row(tx: Connection, member_id: str) -> RowMapping | None:
    """The member by column with their `balance`, None when there is none of this id."""
    return tx.execute(with_points().where(members.c.member_id == member_id)).mappings().one_or_none()


def active_member(tx: Connection, *, phone: str | None = None, code: str | None = None) -> RowMapping | None:
    """The active member with this phone number (with its country) or card."""
    wanted = members.c.phone == phone if phone is not None else members.c.code == code
    return tx.execute(with_points().where(wanted, members.c.is_active)).mappings().one_or_none()


def loyalty_rules(tx: Connection) -> LoyaltyRules | None:
    """The chain's rules; None while it has none."""
    body = setting_values(tx).get("loyalty")
    return LoyaltyRules.from_body(body) if body is not None else None


def tier_of(tx: Connection, row: RowMapping, rules: LoyaltyRules | None, at: datetime) -> str:
    """The member's tier: the one that was stated, or the one their points have led to if that is higher."""
    stated: str = row["tier"]
    if rules is None or not rules.tiers:
        return stated
    c = member_points.c
    points = tx.execute(
        select(func.coalesce(func.sum(c.points_earned - c.points_taken_back), 0)).where(
            c.member_id == row["member_id"], c.sold_at > at - PERIOD
        )
    ).scalar_one()
    reached = progress(int(points), rules.tiers).tier
    given = rules.tier(stated)
    if reached is None or (given is not None and given.points_needed >= reached.points_needed):
        return stated
    return reached.name


def news_of(tx: Connection, row: RowMapping, rules: LoyaltyRules | None, at: datetime) -> Member:
    """What stores learn of a member: nothing that a till does not need."""
    return Member(
        row["member_id"],
        row["name"],
        row["code"],
        tier_of(tx, row, rules, at),
        row["balance"],
        at,
        row["phone_key"] or "",
    )


def member_view(tx: Connection, row: RowMapping, at: datetime) -> dict[str, Any]:
    """A member as head office's doors show them (JSON types only)."""
    return {
        "member_id": row["member_id"],
        "name": row["name"],
        "phone": row["phone"],
        "code": row["code"],
        "tier": row["tier"],
        "reached_tier": tier_of(tx, row, loyalty_rules(tx), at),
        "birthdate": row["birthdate"].isoformat() if row["birthdate"] else None,
        "is_active": row["is_active"],
        "store_ids": row["store_ids"],
        "points": row["balance"],
    }


def points_by_sale(tx: Connection, member_id: str, limit: int = PAGE_MAX) -> list[dict[str, Any]]:
    """What each sale earned and what was taken back of it, the newest first (JSON types only)."""
    c = member_points.c
    rows = tx.execute(
        select(member_points)
        .where(c.member_id == member_id)
        .order_by(c.sold_at.desc(), c.transaction_id)
        .limit(limit)
    )
    return [
        {
            "transaction_id": str(row.transaction_id),
            "store_id": row.store_id,
            "sold_at": row.sold_at.isoformat(),
            "paid": row.paid,
            "points_earned": row.points_earned,
            "points_taken_back": row.points_taken_back,
        }
        for row in rows
    ]
