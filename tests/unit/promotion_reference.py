"""The slow, obviously right reference for `retail.promotion_choice`: it tries everything.

Every way to apply every promotion to every unit is written down as a deed, every set of deeds that the
rules allow is priced, and the cheapest for the customer wins. It shares no code with the optimiser.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product

from retail.promotion import Promotion
from retail.promotion_rule import (
    BundlePrice,
    BuyXGetY,
    FixedAmountDiscount,
    NthItem,
    PercentageDiscount,
    Tiered,
)


@dataclass(frozen=True)
class Unit:
    sku: str
    category: str
    price: int


@dataclass(frozen=True)
class Deed:
    """Promotion number `promo` applied once: `units` are all it uses, `given` those it makes cheaper."""

    promo: int
    units: tuple[int, ...]
    given: tuple[int, ...]


@dataclass(frozen=True)
class Form:
    """A promotion in one of its tiers: its own minimum, and a percent or an amount."""

    minimum: int
    percent: int
    amount: int
    off_the_bill: bool


def best(units: Sequence[Unit], promotions: Sequence[Promotion]) -> tuple[int, dict[str, int]]:
    """The largest saving there is, and what each promotion gives of it."""
    ranked = sorted(promotions, key=lambda p: (-p.priority, p.promo_id))
    units = sorted(units, key=lambda unit: (-unit.price, unit.sku))  # the dearest bears a remainder first
    found: tuple[int, list[int]] = (0, [0] * len(ranked))
    for forms in product(*(forms_of(promotion) for promotion in ranked)):
        deeds = [
            deed
            for number, (promotion, form) in enumerate(zip(ranked, forms, strict=True))
            if form is not None and not form.off_the_bill
            for deed in deeds_of(number, promotion, units)
        ]
        for chosen in allowed(deeds, ranked, [], 0):
            for billed in billings(units, ranked, forms, chosen):
                savings = priced(units, ranked, forms, chosen, billed)
                if savings is not None:
                    found = max(found, (sum(savings), savings))
    total, savings = found
    return total, {p.promo_id: saved for p, saved in zip(ranked, savings, strict=True) if saved}


def forms_of(promotion: Promotion) -> list[Form | None]:
    """Every tier, and not at all."""
    rule, least = promotion.rule, promotion.minimum_purchase
    if isinstance(rule, Tiered):
        return [
            None,
            *(Form(max(least, t.minimum_purchase), t.percent, t.amount, t.percent == 0) for t in rule.tiers),
        ]
    if isinstance(rule, PercentageDiscount | NthItem):
        return [None, Form(least, rule.percent, 0, False)]
    if isinstance(rule, BuyXGetY):
        return [None, Form(least, rule.get_percent, 0, False)]
    if isinstance(rule, FixedAmountDiscount):
        return [None, Form(least, 0, rule.amount, rule.per_transaction)]
    return [None, Form(least, 0, 0, False)]


def covers(promotion: Promotion, unit: Unit) -> bool:
    named = promotion.eligible_skus or promotion.eligible_categories
    hit = unit.sku in promotion.eligible_skus or unit.category in promotion.eligible_categories
    return (hit or not named) and unit.sku not in promotion.excluded_skus


def deeds_of(number: int, promotion: Promotion, units: Sequence[Unit]) -> Iterator[Deed]:
    rule = promotion.rule
    goods = [place for place, unit in enumerate(units) if covers(promotion, unit)]
    if isinstance(rule, PercentageDiscount | FixedAmountDiscount | Tiered):
        for place in goods:
            yield Deed(number, (place,), (place,))
    elif isinstance(rule, NthItem):
        yield from cheapest_given(number, units, goods, rule.n - 1, 1)
    elif isinstance(rule, BuyXGetY) and rule.get_skus is None:
        yield from cheapest_given(number, units, goods, rule.buy_quantity, rule.get_quantity)
    elif isinstance(rule, BuyXGetY):
        gifts = [
            place
            for place, unit in enumerate(units)
            if unit.sku in (rule.get_skus or ()) and unit.sku not in promotion.excluded_skus
        ]
        for bought in combinations(goods, rule.buy_quantity):
            for given in combinations([place for place in gifts if place not in bought], rule.get_quantity):
                yield Deed(number, (*bought, *given), given)
    elif isinstance(rule, BundlePrice):
        for chosen in bundles(promotion, rule, units, 0, ()):
            yield Deed(number, chosen, chosen)


def cheapest_given(
    number: int, units: Sequence[Unit], goods: list[int], buy: int, get: int
) -> Iterator[Deed]:
    for group in combinations(goods, buy + get):
        for given in combinations(group, get):
            rest = [place for place in group if place not in given]
            if max(units[place].price for place in given) <= min(units[place].price for place in rest):
                yield Deed(number, (*rest, *given), given)


def bundles(
    promotion: Promotion, rule: BundlePrice, units: Sequence[Unit], part: int, used: tuple[int, ...]
) -> Iterator[tuple[int, ...]]:
    if part == len(rule.parts):
        yield used
        return
    wanted = rule.parts[part]
    fitting = [
        place
        for place, unit in enumerate(units)
        if place not in used
        and unit.sku not in promotion.excluded_skus
        and (
            unit.sku in wanted.skus
            or unit.category in wanted.categories
            or not (wanted.skus or wanted.categories)
        )
    ]
    for chosen in combinations(fitting, wanted.quantity):
        yield from bundles(promotion, rule, units, part + 1, (*used, *chosen))


def allowed(
    deeds: list[Deed], promotions: Sequence[Promotion], chosen: list[Deed], start: int
) -> Iterator[list[Deed]]:
    """Every set of deeds in which no unit serves two promotions unless all of them are stackable."""
    yield chosen
    for place in range(start, len(deeds)):
        deed = deeds[place]
        promotion = promotions[deed.promo]
        uses = sum(other.promo == deed.promo for other in chosen)
        if promotion.max_uses_per_transaction is not None and uses >= promotion.max_uses_per_transaction:
            continue
        if all(together(deed, other, promotions) for other in chosen):
            yield from allowed(deeds, promotions, [*chosen, deed], place + 1)


def together(one: Deed, other: Deed, promotions: Sequence[Promotion]) -> bool:
    if not set(one.units) & set(other.units):
        return True
    if one.promo == other.promo:
        return False
    first, second = promotions[one.promo], promotions[other.promo]
    if isinstance(first.rule, BundlePrice) and isinstance(second.rule, BundlePrice):
        return False
    return first.stackable and second.stackable


def billings(
    units: Sequence[Unit],
    promotions: Sequence[Promotion],
    forms: Sequence[Form | None],
    chosen: Sequence[Deed],
) -> Iterator[dict[int, int]]:
    """Which unused units serve bill promotions that are not stackable: place to promotion number."""
    offers = [
        number
        for number, (promotion, form) in enumerate(zip(promotions, forms, strict=True))
        if form and form.off_the_bill and not promotion.stackable
    ]
    looks = {tuple(covers(promotions[number], unit) for unit in units) for number in offers}
    if len(looks) < len(offers):
        return  # of several that look at the same goods one is given
    free = [place for place in range(len(units)) if not any(place in deed.units for deed in chosen)]
    takers = [[None, *(n for n in offers if covers(promotions[n], units[place]))] for place in free]
    for taken in product(*takers):
        yield {place: taker for place, taker in zip(free, taken, strict=True) if taker is not None}


def priced(
    units: Sequence[Unit],
    promotions: Sequence[Promotion],
    forms: Sequence[Form | None],
    chosen: Sequence[Deed],
    billed: dict[int, int],
) -> list[int] | None:
    """What each promotion saves, or None when a minimum purchase is missed."""
    price = [unit.price for unit in units]
    off = [[0] * len(units) for _ in promotions]
    """Per promotion what it takes off each unit."""

    def turn(deed: Deed) -> tuple[bool, bool, int]:
        rule = promotions[deed.promo].rule
        return (isinstance(rule, BuyXGetY | NthItem | BundlePrice), isinstance(rule, BundlePrice), deed.promo)

    for deed in sorted(chosen, key=turn):
        rule, form = promotions[deed.promo].rule, forms[deed.promo]
        assert form is not None
        if isinstance(rule, BundlePrice):
            saving = sum(price[place] for place in deed.units) - rule.price
            if saving <= 0:
                return None
            spread(off[deed.promo], saving, list(deed.units), [price[place] for place in deed.units])
            continue
        before = list(price)
        saving = 0
        for place in deed.given:
            less = half_up(price[place] * form.percent) if form.percent else min(form.amount, price[place])
            price[place] -= less
            saving += less
        if not saving:
            return None  # what gives nothing takes no goods either
        spread(off[deed.promo], saving, list(deed.units), [before[place] for place in deed.units])
    bind(units, promotions, forms, chosen, billed, off)
    left = [unit.price - sum(taken[place] for taken in off) for place, unit in enumerate(units)]
    for number, (promotion, form) in enumerate(zip(promotions, forms, strict=True)):
        if form is None or not any(off[number]):
            continue
        mine = [place for place, unit in enumerate(units) if touches(promotion, unit)]
        if sum(left[place] for place in mine) + sum(off[number]) < form.minimum:
            return None
    return [sum(taken) for taken in off]


def bind(
    units: Sequence[Unit],
    promotions: Sequence[Promotion],
    forms: Sequence[Form | None],
    chosen: Sequence[Deed],
    billed: dict[int, int],
    off: list[list[int]],
) -> None:
    """Put the amounts off the bill on what is left for them, in rank order."""
    excluded = {place for deed in chosen if not promotions[deed.promo].stackable for place in deed.units}
    excluded |= set(billed)
    stacked = [number for number, promotion in enumerate(promotions) if promotion.stackable]
    for number, (promotion, form) in enumerate(zip(promotions, forms, strict=True)):
        if form is None or not form.off_the_bill:
            continue
        if promotion.stackable:
            mine = [
                place for place, unit in enumerate(units) if place not in excluded and covers(promotion, unit)
            ]
            room = [units[place].price - sum(off[other][place] for other in stacked) for place in mine]
        else:
            mine = [place for place, taker in billed.items() if taker == number]
            room = [units[place].price for place in mine]
        by_good: dict[tuple[str, str, int], list[int]] = {}
        for at, place in enumerate(mine):
            by_good.setdefault((units[place].sku, units[place].category, units[place].price), []).append(at)
        goods = [by_good[key] for key in sorted(by_good)]
        shares = [0] * len(goods)
        rooms = [sum(room[at] for at in good) for good in goods]
        spread(shares, min(form.amount, sum(room)), range(len(goods)), rooms)
        for good, share in zip(goods, shares, strict=True):
            spread(off[number], share, [mine[at] for at in good], [room[at] for at in good])


def touches(promotion: Promotion, unit: Unit) -> bool:
    """Whether the unit is among the goods whose value counts towards the promotion's minimum."""
    if unit.sku in promotion.excluded_skus:
        return False
    rule = promotion.rule
    if isinstance(rule, BundlePrice):
        return any(
            unit.sku in part.skus or unit.category in part.categories or not (part.skus or part.categories)
            for part in rule.parts
        )
    if isinstance(rule, BuyXGetY) and rule.get_skus is not None and unit.sku in rule.get_skus:
        return True
    return covers(promotion, unit)


def spread(off: list[int], amount: int, places: Sequence[int], weights: Sequence[int]) -> None:
    """Take an amount off these units by their weights, as whole numbers."""
    whole = sum(weights)
    if not whole:
        return
    shares = [amount * weight // whole for weight in weights]
    order = sorted(range(len(places)), key=lambda at: -(amount * weights[at] % whole))
    for at in order[: amount - sum(shares)]:
        shares[at] += 1
    for place, share in zip(places, shares, strict=True):
        off[place] += share


def half_up(hundredths: int) -> int:
    return (hundredths + 5_000) // 10_000
