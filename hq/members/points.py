"""The points of sales, booked where the sale is: a row a sale, and the balance with it.

A sale that is read again finds its row and adds nothing. What refunds take back is worked out from all of
them together, so that it does not matter how many there are and how they came.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from hq.members.tables import member_points, point_balances
from retail.facts import SaleRecorded
from retail.loyalty import taken_back

MEMBER_ID_MAX = 50


def book_points(tx: Connection, sales: Iterable[SaleRecorded]) -> None:
    """Enter what these sales earned their members."""
    rows = [
        {
            "transaction_id": sale.transaction_id,
            "member_id": sale.member_id[:MEMBER_ID_MAX],
            "store_id": sale.store_id,
            "sold_at": sale.sold_at,
            "paid": sale.totals.total_amount,
            "points_earned": sale.points_earned,
            "points_taken_back": 0,
        }
        for sale in sales
        if sale.member_id is not None
    ]
    if not rows:
        return
    c = member_points.c
    fresh = tx.execute(
        insert(member_points).on_conflict_do_nothing().returning(c.member_id, c.points_earned), rows
    )
    moved: dict[str, int] = defaultdict(int)
    for row in fresh:
        moved[row.member_id] += row.points_earned
    _move(tx, moved)


def take_points_back(tx: Connection, transaction_id: UUID, refunded: int | None = None) -> None:
    """Of what this sale earned, take back the share of the `refunded` amount (None: all, it is void)."""
    c = member_points.c
    row = tx.execute(
        select(member_points).where(c.transaction_id == transaction_id).with_for_update()
    ).one_or_none()
    if row is None:
        return
    total = row.points_earned if refunded is None else taken_back(row.points_earned, row.paid, 0, refunded)
    tx.execute(
        update(member_points).where(c.transaction_id == transaction_id).values(points_taken_back=total)
    )
    _move(tx, {row.member_id: row.points_taken_back - total})


def forget_points(tx: Connection, transaction_id: UUID) -> None:
    """The sale never was: neither is what it earned."""
    c = member_points.c
    gone = delete(member_points).where(c.transaction_id == transaction_id)
    for row in tx.execute(gone.returning(c.member_id, c.points_earned, c.points_taken_back)).all():
        _move(tx, {row.member_id: row.points_taken_back - row.points_earned})


def _move(tx: Connection, points: Mapping[str, int]) -> None:
    # In one order for everybody: whoever holds one balance waits for no smaller one.
    rows = [{"member_id": member_id, "points": moved} for member_id, moved in sorted(points.items()) if moved]
    if rows:
        statement = insert(point_balances)
        tx.execute(
            statement.on_conflict_do_update(
                index_elements=["member_id"],
                set_={"points": point_balances.c.points + statement.excluded.points},
            ),
            rows,
        )
