"""Reading vouchers: one with its uses, or a series."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, func, select

from hq.vouchers.tables import voucher_uses, vouchers
from retail.refusal import Refusal
from retail.voucher import Voucher

PAGE_MAX = 2_000


class NoSuchVoucher(Refusal):
    """There is no voucher of this code, or it was taken back (`voucher`)."""

    code = "voucher-not-known"


def with_uses() -> Select[Any]:
    """Vouchers that stand, with how often each was used, as `uses`."""
    u = voucher_uses.c
    uses = (
        select(func.count())
        .where(u.code == vouchers.c.code, ~u.given_back)
        .correlate(vouchers)
        .scalar_subquery()
        .label("uses")
    )
    return select(vouchers, uses).where(vouchers.c.ended_at.is_(None))


def voucher_of(tx: Connection, code: str) -> RowMapping:
    """The voucher by column, with its `uses`; raises `NoSuchVoucher`."""
    row = tx.execute(with_uses().where(vouchers.c.code == code)).mappings().one_or_none()
    if row is None:
        raise NoSuchVoucher(voucher=code)
    return row


def series_of(tx: Connection, series_id: str, *, limit: int = PAGE_MAX) -> Sequence[RowMapping]:
    """The vouchers of a series that stand, by code."""
    wanted = with_uses().where(vouchers.c.series_id == series_id).order_by(vouchers.c.code)
    return tx.execute(wanted.limit(limit)).mappings().all()


def series_exists(tx: Connection, series_id: str) -> bool:
    """Whether there ever was a series of this name."""
    return (
        tx.execute(select(vouchers.c.code).where(vouchers.c.series_id == series_id).limit(1)).first()
        is not None
    )


def uses_of(tx: Connection, code: str) -> list[dict[str, Any]]:
    """The sales in which a voucher was used, voided ones marked (JSON types only)."""
    c = voucher_uses.c
    rows = tx.execute(select(voucher_uses).where(c.code == code).order_by(c.used_at, c.transaction_id))
    return [
        {
            "transaction_id": str(row.transaction_id),
            "store_id": row.store_id,
            "terminal_id": row.terminal_id,
            "used_at": row.used_at.isoformat(),
            "given_back": row.given_back,
        }
        for row in rows
    ]


def news_of(row: RowMapping) -> Voucher:
    """What stores learn of a voucher."""
    return Voucher(
        row["code"],
        row["promo_id"],
        row["starts_at"],
        row["ends_at"],
        row["max_uses"],
        row["uses"] >= row["max_uses"],
    )


def voucher_view(row: RowMapping) -> dict[str, Any]:
    """A voucher as head office's doors show it (JSON types only)."""
    return {
        **news_of(row).to_body(),
        "series_id": row["series_id"],
        "amount": row["amount"],
        "store_ids": row["store_ids"],
        "uses": row["uses"],
        "stated_at": row["stated_at"].isoformat(),
        "stated_by": row["stated_by"],
    }
