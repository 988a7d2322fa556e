"""Enrolling and changing members, and telling stores their points; published in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, update
from sqlalchemy.dialects.postgresql import insert

from courier import feed
from courier.feed import Change
from hq.database import courier, lock_master_data
from hq.members.queries import active_member, loyalty_rules, member_row, news_of, with_points
from hq.members.tables import members, point_balances
from retail.member import normal_code, phone_key, phone_number
from retail.refusal import Refusal

TOLD_AT_ONCE = 2_000
"""Balances in one version of news; the rest goes with the next."""


class MemberPhoneTaken(Refusal):
    """The phone number is another member's (`member_id`, `taken_by`)."""

    code = "member-phone-taken"


class MemberCodeTaken(Refusal):
    """The card is another member's (`member_id`, `taken_by`)."""

    code = "member-code-taken"


class TierNotFound(Refusal):
    """The loyalty rules have no such tier (`tier`)."""

    code = "tier-not-found"


@dataclass(frozen=True, slots=True)
class MemberCard:
    """What people say about a member. `phone` as it is said; `code` empty: the id; `store_ids` None: every
    store."""

    member_id: str
    name: str
    phone: str | None = None
    code: str = ""
    tier: str = ""
    birthdate: date | None = None
    is_active: bool = True
    store_ids: tuple[str, ...] | None = None


def put_member(tx: Connection, card: MemberCard, at: datetime) -> tuple[bool, list[str]]:
    """Enrol or change a member and publish them to their stores.

    Returns whether they are new and the names of what has changed, for the audit log, which keeps no
    personal data. Raises `PhoneNotReadable`, `MemberPhoneTaken`, `MemberCodeTaken`, `TierNotFound`.
    """
    lock_master_data(tx)
    rules = loyalty_rules(tx)
    phone = phone_number(card.phone) if card.phone else None
    code = normal_code(card.code or card.member_id)
    if card.tier and rules is not None and rules.tier(card.tier) is None:
        raise TierNotFound(tier=card.tier)
    if card.is_active:
        _demand_free(tx, card.member_id, phone, code)
    said: dict[str, Any] = {
        "name": card.name,
        "phone": phone,
        "code": code,
        "tier": card.tier,
        "birthdate": card.birthdate,
        "is_active": card.is_active,
        "store_ids": list(card.store_ids) if card.store_ids is not None else None,
    }
    known = member_row(tx, card.member_id)
    changed = sorted(name for name, value in said.items() if known is None or known[name] != value)
    if not changed:
        return False, []
    key = known["phone_key"] if known is not None and known["phone"] == phone else phone and phone_key(phone)
    statement = insert(members).values(
        member_id=card.member_id, **said, phone_key=key, told_points=0, updated_at=at
    )
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=["member_id"],
            set_={name: statement.excluded[name] for name in (*said, "phone_key", "updated_at")},
        )
    )
    _tell(tx, [card.member_id], at)
    return known is None, changed


def tell_points(tx: Connection, at: datetime) -> int:
    """Publish the members whose points are not those that stores were told; how many there were."""
    lock_master_data(tx)
    stale = (
        with_points()
        .with_only_columns(members.c.member_id)
        .where(members.c.is_active, func.coalesce(point_balances.c.points, 0) != members.c.told_points)
        .order_by(members.c.member_id)
        .limit(TOLD_AT_ONCE)
    )
    member_ids = list(tx.execute(stale).scalars())
    _tell(tx, member_ids, at)
    return len(member_ids)


def _tell(tx: Connection, member_ids: Sequence[str], at: datetime) -> None:
    """Publish these members as they are now."""
    if not member_ids:
        return
    rules = loyalty_rules(tx)
    rows = tx.execute(with_points().where(members.c.member_id.in_(member_ids))).mappings().all()
    changes = [
        Change(
            "member",
            row["member_id"],
            news_of(tx, row, rules, at).to_body() if row["is_active"] else None,
            row["store_ids"],
        )
        for row in rows
    ]
    feed.publish(tx, courier, changes, at)
    tx.execute(
        update(members)
        .where(members.c.member_id == bindparam("who"))
        .values(told_points=bindparam("points")),
        [{"who": row["member_id"], "points": row["balance"]} for row in rows],
    )


def _demand_free(tx: Connection, member_id: str, phone: str | None, code: str) -> None:
    holder = active_member(tx, phone=phone) if phone is not None else None
    if holder is not None and holder["member_id"] != member_id:
        raise MemberPhoneTaken(member_id=member_id, taken_by=holder["member_id"])
    holder = active_member(tx, code=code)
    if holder is not None and holder["member_id"] != member_id:
        raise MemberCodeTaken(member_id=member_id, taken_by=holder["member_id"])
