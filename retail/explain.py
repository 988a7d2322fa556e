"""Why a basket costs what it costs, as data and in words (Vietnamese and English).

For each line the rules that made its price, and for each promotion that gave nothing what is missing:
"1 more for 2+1", "starts at 14:00". Programs look at `code` and `detail`; people read `vi` or `en`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from retail.basket import Basket, RungLine, Totals, ring_up
from retail.figures import money_text
from retail.money import Currency, currency_of
from retail.promotion import Promotion
from retail.promotion_book import Missing, Occasion, PromotionBook, missing, roles_of
from retail.promotion_offer import Offer, offers_of
from retail.promotion_rule import BuyXGetY

WORDS = {
    "list-price": ("Giá niêm yết {amount}", "List price {amount}"),
    "override": ("Giá sửa tay {amount} ({reason})", "Price changed by hand to {amount} ({reason})"),
    "hand-discount": ("Giảm tay {amount}", "{amount} off by hand"),
    "promotion": ("{name}: giảm {amount}", "{name}: {amount} off"),
    "other-store": ("Không áp dụng ở cửa hàng này", "Not in this store"),
    "not-started": ("Bắt đầu lúc {at}", "Starts at {at}"),
    "ended": ("Đã kết thúc lúc {at}", "Ended at {at}"),
    "other-day": ("Chỉ áp dụng {days_vi}", "Only on {days_en}"),
    "other-hours": ("Chỉ áp dụng từ {begin} đến {end}", "Only from {begin} to {end}"),
    "not-a-member": ("Chỉ dành cho thành viên", "For members only"),
    "no-voucher": ("Cần phiếu giảm giá", "Needs a voucher"),
    "no-goods": ("Giỏ không có hàng của chương trình", "None of its goods are in the basket"),
    "price-by-hand": ("Giá của hàng này do người sửa", "The price of these goods was made by hand"),
    "buy-more": ("Thêm {units} món nữa để được {offer}", "{units} more for {offer}"),
    "spend-more": ("Mua thêm {amount} nữa", "Spend {amount} more"),
    "no-saving": ("Mua lẻ không đắt hơn", "It costs no more without it"),
    "taken": ("Khuyến mãi khác lợi hơn cho hàng này", "Another promotion saves more on these goods"),
}
"""Code to (Vietnamese, English); what stands in braces is in the detail, money written out."""

DAYS = (
    ("thứ hai", "Monday"),
    ("thứ ba", "Tuesday"),
    ("thứ tư", "Wednesday"),
    ("thứ năm", "Thursday"),
    ("thứ sáu", "Friday"),
    ("thứ bảy", "Saturday"),
    ("chủ nhật", "Sunday"),
)

PARTS_LIMIT = 20

MONEY = frozenset({"amount"})


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: `code` is stable, `detail` holds its figures (minor units, ISO moments), then words."""

    code: str
    detail: Mapping[str, Any]
    vi: str
    en: str


@dataclass(frozen=True, slots=True)
class LineStory:
    """The rules that made a line's price, in the order in which they came."""

    line_item_id: UUID
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class NotGiven:
    """A promotion that gave nothing, and everything it would need."""

    promo_id: str
    name: str
    reasons: tuple[Reason, ...]

    @property
    def is_near(self) -> bool:
        """Whether some of its goods are in the basket."""
        return all(reason.code != "no-goods" for reason in self.reasons)


@dataclass(frozen=True, slots=True)
class Explanation:
    """The story of each line, in the basket's order, and of each promotion that gave nothing, by rank."""

    totals: Totals
    lines: tuple[LineStory, ...]
    not_given: tuple[NotGiven, ...]


def explain(basket: Basket, book: PromotionBook, occasion: Occasion) -> Explanation:
    """Why the basket costs what it costs on this occasion."""
    totals = ring_up(basket, book, occasion)
    teller = _Teller(currency_of(basket.currency), totals, occasion)
    given = {applied.promo_id for applied in totals.applied_promotions}
    return Explanation(
        totals,
        tuple(teller.line(rung) for rung in totals.lines),
        tuple(teller.not_given(each) for each in book.promotions if each.promo_id not in given),
    )


def near_misses(totals: Totals, currency: str, book: PromotionBook, occasion: Occasion) -> list[NotGiven]:
    """Promotions that are on and have goods in this rung basket, but gave nothing, by rank.

    What a till asks beside every scan: other promotions of the book cost it nothing.
    """
    on = book.on(occasion)
    near: dict[str, Promotion] = {}
    for rung in totals.lines:
        for forms, _ in on.casting(rung.line.sku_id, rung.line.category):
            near[forms[0].promotion.promo_id] = forms[0].promotion
    given = {applied.promo_id for applied in totals.applied_promotions}
    teller = _Teller(currency_of(currency), totals, occasion)
    missed = sorted(near.keys() - given, key=lambda promo_id: near[promo_id].rank)
    return [teller.not_given(near[promo_id]) for promo_id in missed]


class _Teller:
    """Tells reasons about one basket on one occasion."""

    def __init__(self, currency: Currency, totals: Totals, occasion: Occasion) -> None:
        self._currency = currency
        self._totals = totals
        self._occasion = occasion

    def line(self, rung: RungLine) -> LineStory:
        line = rung.line
        reasons = [self._reason("list-price", amount=line.list_price, version=line.price_version)]
        if line.unit_price != line.list_price or line.override_reason:
            reasons.append(
                self._reason("override", amount=line.unit_price, reason=line.override_reason or "")
            )
        if line.line_discount:
            reasons.append(self._reason("hand-discount", amount=line.line_discount))
        reasons += [
            self._reason("promotion", promo_id=each.promo_id, name=each.name, amount=each.discount_amount)
            for each in rung.promotions
        ]
        return LineStory(line.line_item_id, tuple(reasons))

    def not_given(self, promotion: Promotion) -> NotGiven:
        reasons = [self._absent(promotion, each) for each in missing(promotion, self._occasion)]
        reasons += self._lacking(promotion)
        if not reasons:
            reasons = [self._reason("taken" if self._saves_alone(promotion) else "no-saving")]
        return NotGiven(promotion.promo_id, promotion.name, tuple(reasons))

    def _absent(self, promotion: Promotion, what: Missing) -> Reason:
        match what:
            case Missing.NOT_STARTED:
                return self._at(what, promotion.starts_at)
            case Missing.ENDED if promotion.ends_at is not None:
                return self._at(what, promotion.ends_at)
            case Missing.OTHER_DAY:
                days = sorted(promotion.days_of_week)
                vi, en = (", ".join(DAYS[day - 1][column] for day in days) for column in (0, 1))
                return self._reason(what, days_of_week=days, days_vi=vi, days_en=en)
            case Missing.OTHER_HOURS if promotion.hours is not None:
                begin, end = (f"{t:%H:%M}" for t in (promotion.hours.begin, promotion.hours.end))
                return self._reason(what, begin=begin, end=end)
        return self._reason(what)

    def _at(self, code: str, moment: datetime) -> Reason:
        """A moment as people say it: the time alone when it is today."""
        now = self._occasion.calendar.local(self._occasion.at)
        local = moment.astimezone(now.tzinfo) if moment.tzinfo else moment
        text = f"{local:%H:%M}" if local.date() == now.date() else f"{local:%H:%M %d/%m/%Y}"
        return self._reason(code, at=text, moment=moment.isoformat())

    def _lacking(self, promotion: Promotion) -> list[Reason]:
        """What the basket lacks: goods, units, money."""
        served = [
            rung for rung in self._totals.lines if roles_of(promotion, rung.line.sku_id, rung.line.category)
        ]
        if not served:
            return [self._reason("no-goods")]
        open_lines = [rung for rung in served if not rung.line.is_priced_by_hand]
        if not open_lines:
            return [self._reason("price-by-hand")]
        form = offers_of(promotion)[-1]
        reasons = []
        value = sum(rung.line_total for rung in served)
        if value < form.minimum:
            reasons.append(self._reason("spend-more", amount=form.minimum - value))
        units = self._units_missing(promotion, form, open_lines)
        if units:
            reasons.append(self._reason("buy-more", units=units, offer=offer_text(promotion)))
        return reasons

    def _units_missing(self, promotion: Promotion, form: Offer, lines: list[RungLine]) -> int:
        if not form.is_group:
            return 0
        if form.pooled:
            return max(0, sum(form.quantities) - sum(_units(rung) for rung in lines))
        goods = [(_units(rung), roles_of(promotion, rung.line.sku_id, rung.line.category)) for rung in lines]
        return sum(form.quantities) - _placed(goods, form.quantities)

    def _saves_alone(self, promotion: Promotion) -> bool:
        """Whether it would give something if there were no other."""
        lines = tuple(rung.line for rung in self._totals.lines)
        alone = ring_up(Basket(prices_include_tax=True, lines=lines), [promotion], self._occasion)
        return alone.promotion_discount > 0

    def _reason(self, code: str, **detail: Any) -> Reason:
        words = (
            text.format_map(
                {
                    name: money_text(value, self._currency, language) if name in MONEY else value
                    for name, value in detail.items()
                }
            )
            for language, text in zip(("vi", "en"), WORDS[code], strict=True)
        )
        return Reason(str(code), detail, *words)


def _units(rung: RungLine) -> int:
    """The units that promotions count: goods that cost nothing are none."""
    return rung.line.units if rung.line_subtotal else 0


def _placed(goods: Sequence[tuple[int, Sequence[int]]], quantities: Sequence[int]) -> int:
    """How many units at most find a place in the parts of a set, each with the parts it can play.

    Where a part is full, a unit in it moves on to another that it can play (augmenting paths); in a set
    of more parts than anybody would print on a poster, none moves.
    """
    farthest = len(quantities) if len(quantities) <= PARTS_LIMIT else 1
    room = list(quantities)
    placed = [dict.fromkeys(roles, 0) for _, roles in goods]

    def make_room(role: int, seen: set[int]) -> bool:
        """Whether one more unit fits into the part, after others have moved on."""
        if room[role]:
            return True
        seen.add(role)
        for each in placed if len(seen) < farthest else ():
            if not each.get(role):
                continue
            for other in each:
                if other not in seen and make_room(other, seen):
                    each[role] -= 1
                    each[other] += 1
                    room[role] += 1
                    room[other] -= 1
                    return True
        return False

    found = 0
    for (units, roles), each in zip(goods, placed, strict=True):
        for _ in range(min(units, sum(quantities) - found)):
            seen: set[int] = set()
            role = next((role for role in roles if make_room(role, seen)), None)
            if role is None:
                break
            room[role] -= 1
            each[role] += 1
            found += 1
    return found


def offer_text(promotion: Promotion) -> str:
    """How a shop calls an offer of several units: 2+1 where more are given, else by its name."""
    rule = promotion.rule
    return f"{rule.buy_quantity}+{rule.get_quantity}" if isinstance(rule, BuyXGetY) else promotion.name
