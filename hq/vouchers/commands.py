"""Stating vouchers and taking them back, and telling stores which are used up."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, select, update

from courier import feed
from courier.feed import Change
from hq.database import courier, lock_master_data
from hq.promotions.commands import put_promotion
from hq.promotions.queries import standing
from hq.vouchers.queries import news_of, series_exists, series_of, voucher_of, with_uses
from hq.vouchers.tables import voucher_uses, vouchers
from retail.refusal import Refusal

CODE = r"^[0-9A-Z][0-9A-Z_.-]{2,39}$"
AT_ONCE = 2_000
"""Vouchers in one version of news."""


class SeriesExists(Refusal):
    """There is a series of this name already (`series_id`)."""

    code = "voucher-series-exists"


class VoucherCodeTaken(Refusal):
    """A voucher of another series has this code (`voucher`)."""

    code = "voucher-code-taken"


class NoVoucherPromotion(Refusal):
    """There is no promotion of this name that needs a voucher (`promo_id`)."""

    code = "no-voucher-promotion"


@dataclass(frozen=True, slots=True)
class Series:
    """What people say about a series of vouchers.

    Either `promo_id`, a promotion that needs a voucher, or `amount` (minor units), for which the promotion
    is stated here under the name of the series: so much off the bill from `minimum_purchase` on.
    """

    series_id: str
    name: str = ""
    promo_id: str | None = None
    amount: int | None = None
    minimum_purchase: int = 0
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    max_uses: int = 1
    store_ids: tuple[str, ...] | None = None


def state_vouchers(
    tx: Connection, series: Series, codes: Sequence[str], by: str, at: datetime
) -> Sequence[RowMapping]:
    """State a series with these codes and publish it to its stores.

    Raises `SeriesExists`, `VoucherCodeTaken`, `NoVoucherPromotion`, and `BadPromotion` for an amount that
    is none.
    """
    lock_master_data(tx)
    if series_exists(tx, series.series_id):
        raise SeriesExists(series_id=series.series_id)
    taken = tx.execute(
        select(vouchers.c.code).where(vouchers.c.code.in_(codes)).order_by(vouchers.c.code).limit(1)
    ).scalar()
    if taken is not None:
        raise VoucherCodeTaken(voucher=taken)
    promo_id = _promotion_of(tx, series, by, at)
    stated = {
        "series_id": series.series_id,
        "promo_id": promo_id,
        "amount": series.amount,
        "starts_at": series.starts_at,
        "ends_at": series.ends_at,
        "max_uses": series.max_uses,
        "store_ids": list(series.store_ids) if series.store_ids is not None else None,
        "stated_at": at,
        "stated_by": by[:100],
        "told_used_up": False,
    }
    tx.execute(vouchers.insert(), [{"code": code, **stated} for code in codes])
    rows = series_of(tx, series.series_id)
    _tell(tx, rows, at)
    return rows


def fresh_codes(tx: Connection, count: int, new_code: Callable[[], str]) -> list[str]:
    """So many codes that no voucher has."""
    codes: dict[str, None] = {}
    while len(codes) < count:
        batch = {new_code() for _ in range(count - len(codes))}
        known: Collection[str] = set(
            tx.execute(select(vouchers.c.code).where(vouchers.c.code.in_(batch))).scalars()
        )
        codes |= dict.fromkeys(sorted(batch - set(known)))
    return list(codes)


def take_back_voucher(tx: Connection, code: str, at: datetime) -> RowMapping:
    """End a voucher for good; returns what stood. Raises `NoSuchVoucher`."""
    lock_master_data(tx)
    known = voucher_of(tx, code)
    tx.execute(update(vouchers).where(vouchers.c.code == code).values(ended_at=at))
    feed.publish(tx, courier, [Change("voucher", code, None)], at)
    return known


def tell_used_up(tx: Connection, at: datetime) -> int:
    """Publish the vouchers that were used up, or were given back, since stores were told."""
    lock_master_data(tx)
    used = select(voucher_uses.c.code).where(voucher_uses.c.code == vouchers.c.code).exists()
    found = with_uses().where(used | vouchers.c.told_used_up).subquery()
    stale = (
        select(found)
        .where((found.c.uses >= found.c.max_uses) != found.c.told_used_up)
        .order_by(found.c.code)
        .limit(AT_ONCE)
    )
    rows = tx.execute(stale).mappings().all()
    _tell(tx, rows, at)
    if rows:
        tx.execute(
            update(vouchers)
            .where(vouchers.c.code == bindparam("which"))
            .values(told_used_up=bindparam("told")),
            [{"which": row["code"], "told": news_of(row).used_up} for row in rows],
        )
    return len(rows)


def _tell(tx: Connection, rows: Sequence[RowMapping], at: datetime) -> None:
    changes = [Change("voucher", row["code"], news_of(row).to_body(), row["store_ids"]) for row in rows]
    feed.publish(tx, courier, changes, at)


def _promotion_of(tx: Connection, series: Series, by: str, at: datetime) -> str:
    if series.amount is None:
        assert series.promo_id is not None, "the door wants one of the two"
        known = standing(tx, series.promo_id)
        if known is None or not known.promotion.voucher_required:
            raise NoVoucherPromotion(promo_id=series.promo_id)
        return series.promo_id
    if standing(tx, series.series_id) is not None:
        raise SeriesExists(series_id=series.series_id)
    body: dict[str, Any] = {
        "promo_id": series.series_id,
        "name": series.name or series.series_id,
        "kind": "fixed_amount_discount",
        "amount": series.amount,
        "per": "transaction",
        "starts_at": (series.starts_at or at).isoformat(),
        "ends_at": series.ends_at.isoformat() if series.ends_at else None,
        "store_ids": list(series.store_ids) if series.store_ids else None,
        "minimum_purchase": series.minimum_purchase or None,
        "voucher_required": True,
        "max_uses_per_transaction": 1,
        "stackable": True,
    }
    put_promotion(
        tx, series.series_id, {name: value for name, value in body.items() if value is not None}, by, at
    )
    return series.series_id
