"""Ringing a recorded sale up once more: hub and head office ask whether the rules say what was charged.

The lines keep the prices they were scanned at; whether those were right is the price book's question.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from retail.basket import AppliedPromotion, Basket, Totals, ring_up
from retail.calendar import StoreCalendar
from retail.facts import SaleRecorded
from retail.promotion import Promotion
from retail.promotion_book import Occasion, PromotionBook


@dataclass(frozen=True, slots=True)
class LineDifference:
    """A line on which other promotions stand than the rules give: as it was sold, and by the rules."""

    line_item_id: UUID
    sold: tuple[AppliedPromotion, ...]
    by_rules: tuple[AppliedPromotion, ...]


@dataclass(frozen=True, slots=True)
class Replay:
    """What the rules make of a sale's lines, and where that is not what was sold."""

    totals: Totals
    differences: tuple[LineDifference, ...]


def replayed(
    sale: SaleRecorded, promotions: PromotionBook | Iterable[Promotion], calendar: StoreCalendar
) -> Replay:
    """The sale rung up once more with these promotions in its own store, at the moment its bill was made."""
    book = PromotionBook.of(promotions)
    basket = Basket(sale.prices_include_tax, sale.currency, sale.lines)
    totals = ring_up(basket, book, _occasion(sale, book, calendar))
    differences = tuple(
        LineDifference(sold.line.line_item_id, sold.promotions, rung.promotions)
        for sold, rung in zip(sale.totals.lines, totals.lines, strict=True)
        if _amounts(sold.promotions) != _amounts(rung.promotions)
    )
    return Replay(totals, differences)


def _occasion(sale: SaleRecorded, book: PromotionBook, calendar: StoreCalendar) -> Occasion:
    """The sale's occasion: a member where the fact names one, and the vouchers it names.

    Where it has a promotion that members alone get, or that a voucher opens, and names neither, it is an
    older till's, which has seen to that.
    """
    given = {applied.promo_id for applied in sale.totals.applied_promotions}
    known = [promotion for promotion in book.promotions if promotion.promo_id in given] if given else []
    return Occasion(
        sale.rung_up_at or sale.sold_at,
        sale.store_id,
        calendar,
        is_member=sale.member_id is not None or any(promotion.members_only for promotion in known),
        vouchers=frozenset(voucher.promo_id for voucher in sale.vouchers)
        | {each.promo_id for each in known if each.voucher_required},
    )


def _amounts(promotions: Iterable[AppliedPromotion]) -> dict[str, int]:
    """Discounts by promotion; what it is called may have changed since."""
    return {applied.promo_id: applied.discount_amount for applied in promotions}
