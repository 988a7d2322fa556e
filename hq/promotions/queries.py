"""Reading promotions: as they stand, and as they stood at a moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from hq.promotions.tables import promotions
from retail.calendar import StoreCalendar
from retail.promotion import Promotion
from retail.promotion_book import Missing, Occasion, missing
from retail.refusal import Refusal

CUSTOMERS_AFFAIR = frozenset({Missing.NOT_A_MEMBER, Missing.NO_VOUCHER})
"""What keeps a promotion from one customer and not from the next: it is on all the same."""


class PromotionNotFound(Refusal):
    """There is no promotion of this name, or it was taken back (`promo_id`)."""

    code = "promotion-not-found"


@dataclass(frozen=True, slots=True)
class Statement:
    """What stands about a promotion: its body as it is published, and since which version."""

    body: dict[str, Any]
    version: int
    stated_at: datetime
    stated_by: str

    @property
    def promotion(self) -> Promotion:
        """The promotion as the rules of the shop know it."""
        return Promotion.from_body(self.body)

    def is_for(self, store_id: str | None) -> bool:
        """Whether it is for this store (None: for any)."""
        stores = self.body["store_ids"]
        return store_id is None or not stores or store_id in stores

    def to_body(self) -> dict[str, Any]:
        """As the doors show it (JSON types only)."""
        return {
            **self.body,
            "version": self.version,
            "stated_at": self.stated_at.isoformat(),
            "stated_by": self.stated_by,
        }


def standing(tx: Connection, promo_id: str) -> Statement | None:
    """What stands about the promotion, None when nothing does."""
    wanted = select(promotions).where(promotions.c.promo_id == promo_id, promotions.c.ended_at.is_(None))
    row = tx.execute(wanted).one_or_none()
    return _statement(row) if row is not None else None


def promotion_of(tx: Connection, promo_id: str, store_id: str | None = None) -> Statement:
    """What stands about the promotion, if it is for this store (None: for any).

    Raises `PromotionNotFound`.
    """
    found = standing(tx, promo_id)
    if found is None or not found.is_for(store_id):
        raise PromotionNotFound(promo_id=promo_id)
    return found


def standing_promotions(
    tx: Connection, calendar: StoreCalendar, store_id: str | None = None, at: datetime | None = None
) -> list[Statement]:
    """All promotions that stand, by name: those for this store, and those that are on at this moment."""
    wanted = select(promotions).where(promotions.c.ended_at.is_(None)).order_by(promotions.c.promo_id)
    found = [_statement(row) for row in tx.execute(wanted)]
    return [
        each
        for each in found
        if each.is_for(store_id) and (at is None or _is_on(each.promotion, calendar, store_id, at))
    ]


def promotions_as_of(tx: Connection, at: datetime) -> list[Promotion]:
    """The promotions that stood at a moment, as they were stated then."""
    column = promotions.c
    stood = column.stated_at <= at, or_(column.ended_at.is_(None), column.ended_at > at)
    return [_statement(row).promotion for row in tx.execute(select(promotions).where(*stood))]


def _is_on(promotion: Promotion, calendar: StoreCalendar, store_id: str | None, at: datetime) -> bool:
    """Whether it is on at this moment, in this store or in any that it is for."""
    store = store_id or min(promotion.store_ids, default="")
    return not set(missing(promotion, Occasion(at, store, calendar))) - CUSTOMERS_AFFAIR


def _statement(row: Row[Any]) -> Statement:
    return Statement(row.body, row.version, row.stated_at, row.stated_by)
