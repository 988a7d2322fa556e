"""Stating promotions, changing them and taking them back; every change is published in its transaction."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, update

from courier import feed
from courier.feed import Change
from hq.database import courier, lock_master_data
from hq.promotions.queries import Statement, promotion_of, standing
from hq.promotions.tables import promotions
from hq.stores.queries import store_ids
from retail.promotion import BadPromotion, Promotion
from retail.refusal import Refusal

PROMO_ID = r"^[^\s/\x00-\x1f]{1,50}$"
NAME_MAX = 200
YEARS = range(1970, 9999)
_PROMO_ID = re.compile(PROMO_ID)
_OPTIONAL = frozenset({"hours"})
"""Fields that a body need not have even when everything is written out."""


class PromotionExists(Refusal):
    """There is a promotion of this name that says something else (`promo_id`)."""

    code = "promotion-exists"


def create_promotion(tx: Connection, body: Mapping[str, Any], by: str, at: datetime) -> Statement:
    """State a new promotion; the same statement again changes nothing.

    Raises `BadPromotion`, `PromotionExists`.
    """
    lock_master_data(tx)
    promotion = checked_promotion(tx, body)
    known = standing(tx, promotion.promo_id)
    if known is not None and known.body != promotion.to_body():
        raise PromotionExists(promo_id=promotion.promo_id)
    return known or _state(tx, promotion, by, at)


def put_promotion(
    tx: Connection, promo_id: str, body: Mapping[str, Any], by: str, at: datetime
) -> tuple[Statement, Statement | None]:
    """State a promotion, new or instead of what stands; returns what stands now and what stood before.

    Raises `BadPromotion`.
    """
    lock_master_data(tx)
    if body.get("promo_id", promo_id) != promo_id:
        raise BadPromotion(promo_id=promo_id, field="promo_id", reason="is not the one in the address")
    promotion = checked_promotion(tx, {**body, "promo_id": promo_id})
    known = standing(tx, promo_id)
    if known is not None and known.body == promotion.to_body():
        return known, known
    return _state(tx, promotion, by, at), known


def take_back_promotion(tx: Connection, promo_id: str, at: datetime) -> Statement:
    """End a promotion for good; returns what stood. Raises `PromotionNotFound`."""
    lock_master_data(tx)
    known = promotion_of(tx, promo_id)
    _end(tx, promo_id, at)
    feed.publish(tx, courier, [Change("promotion", promo_id, None)], at)
    return known


def checked_promotion(tx: Connection, body: Mapping[str, Any]) -> Promotion:
    """The promotion of a body that means what it says; raises `BadPromotion` naming the field.

    A field that the kind does not have is refused: a misspelt limit would be none at all.
    """
    promotion = Promotion.from_body(body)

    def bad(field: str, reason: str) -> BadPromotion:
        return BadPromotion(promo_id=promotion.promo_id, field=field, reason=reason)

    if not _PROMO_ID.fullmatch(promotion.promo_id):
        raise bad("promo_id", "is 1 to 50 characters without blanks and slashes")
    if len(promotion.name) > NAME_MAX:
        raise bad("name", f"has at most {NAME_MAX} characters")
    if (strange := _unknown_field(body, promotion.to_body())) is not None:
        raise bad(strange, f"is no field of a {promotion.rule.kind}")
    for field, moment in (("starts_at", promotion.starts_at), ("ends_at", promotion.ends_at)):
        if moment is not None and moment.year not in YEARS:
            raise bad(field, f"lies between the years {YEARS.start} and {YEARS.stop - 1}")
    if missing := sorted(promotion.store_ids - set(store_ids(tx))):
        raise bad("store_ids", f"names a store that there is not: {missing[0]}")
    return promotion


def _unknown_field(given: Mapping[str, Any], whole: Mapping[str, Any]) -> str | None:
    """A field with a value that nothing of the whole body stands for; parts and tiers looked into."""
    for field, value in given.items():
        if value is None or field in _OPTIONAL:
            continue
        if field not in whole:
            return field
        for inner, canonical in zip(_entries(value), _entries(whole[field]), strict=False):
            if (strange := _unknown_field(inner, canonical)) is not None:
                return f"{field}.{strange}"
    return None


def _entries(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _state(tx: Connection, promotion: Promotion, by: str, at: datetime) -> Statement:
    body = promotion.to_body()
    readers = sorted(promotion.store_ids) or None
    version = feed.publish(tx, courier, [Change("promotion", promotion.promo_id, body, readers)], at)
    _end(tx, promotion.promo_id, at)
    tx.execute(
        promotions.insert().values(
            promo_id=promotion.promo_id, version=version, body=body, stated_at=at, stated_by=by[:100]
        )
    )
    return Statement(body, version, at, by)


def _end(tx: Connection, promo_id: str, at: datetime) -> None:
    """What stands about the promotion stands no longer."""
    stands = promotions.c.promo_id == promo_id, promotions.c.ended_at.is_(None)
    tx.execute(update(promotions).where(*stands).values(ended_at=at))
