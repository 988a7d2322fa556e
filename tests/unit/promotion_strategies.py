"""Random promotions and baskets: small and mean, so that discounts collide and roundings show."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st

from retail.basket import Line
from retail.promotion import Hours, Promotion
from retail.promotion_rule import (
    BundlePrice,
    BuyXGetY,
    FixedAmountDiscount,
    NthItem,
    Part,
    PercentageDiscount,
    Rule,
    Tier,
    Tiered,
)
from retail.quantity import Unit
from tests.unit.shelf import LONG_AGO, line, promotion

SKUS = {"a": "x", "b": "x", "c": "y"}
PERCENTS = st.sampled_from([500, 1_000, 1_500, 2_500, 3_333, 5_000, 10_000])
SOME_SKUS = st.frozensets(st.sampled_from(sorted(SKUS)), min_size=1, max_size=2)
SMALL = st.integers(1, 9)


@st.composite
def parts(draw: st.DrawFn) -> Part:
    if draw(st.booleans()):
        return Part(draw(SOME_SKUS), frozenset(), draw(st.integers(1, 2)))
    return Part(frozenset(), frozenset({draw(st.sampled_from("xy"))}), draw(st.integers(1, 2)))


@st.composite
def tiers(draw: st.DrawFn) -> Tiered:
    minima = sorted(draw(st.sets(st.integers(1, 60), min_size=1, max_size=2)))
    return Tiered(
        tuple(
            Tier(minimum, percent=draw(PERCENTS))
            if draw(st.booleans())
            else Tier(minimum, amount=draw(SMALL))
            for minimum in minima
        )
    )


RULES: st.SearchStrategy[Rule] = st.one_of(
    st.builds(PercentageDiscount, PERCENTS),
    st.builds(FixedAmountDiscount, SMALL, st.booleans()),
    st.builds(BuyXGetY, st.integers(1, 2), st.integers(1, 2), st.none() | SOME_SKUS, PERCENTS),
    st.builds(NthItem, st.integers(2, 3), PERCENTS),
    st.builds(BundlePrice, st.lists(parts(), min_size=1, max_size=2).map(tuple), st.integers(0, 25)),
    tiers(),
)


@st.composite
def any_promotions(draw: st.DrawFn, most: int = 6) -> list[Promotion]:
    """Promotions of every kind and mixture."""
    nothing: frozenset[str] = frozenset()
    eligible = st.just(nothing) | SOME_SKUS
    # Goods that are given and are the goods bought are written as no `get_skus`.
    pairs = st.tuples(RULES, eligible).filter(
        lambda pair: not isinstance(pair[0], BuyXGetY) or pair[0].get_skus != pair[1]
    )
    rules = [draw(pairs) for _ in range(draw(st.integers(1, most)))]
    return [
        promotion(
            f"P{number}",
            rule,
            eligible_skus=skus,
            eligible_categories=draw(st.sampled_from([frozenset(), frozenset("x"), frozenset("y")])),
            excluded_skus=draw(st.sampled_from([frozenset(), frozenset("a")])),
            minimum_purchase=draw(st.just(0) | st.integers(1, 60)),
            members_only=draw(st.booleans()),
            voucher_required=draw(st.booleans()),
            max_uses_per_transaction=draw(st.none() | st.integers(1, 2)),
            priority=draw(st.integers(0, 1)),
            stackable=draw(st.booleans()),
            ends_at=draw(st.none() | st.just(LONG_AGO + timedelta(days=500))),
            days_of_week=draw(st.sampled_from([frozenset(), frozenset({6, 7})])),
            hours=draw(st.none() | st.sampled_from([_hours(22, 2), _hours(8, 18)])),
            store_ids=draw(st.sampled_from([frozenset(), frozenset({"STORE_001"})])),
        )
        for number, (rule, skus) in enumerate(rules)
    ]


def _hours(begin: int, end: int) -> Hours:
    moment = LONG_AGO.replace(tzinfo=None)
    return Hours(moment.replace(hour=begin).time(), moment.replace(hour=end).time())


@st.composite
def plain_promotions(draw: st.DrawFn, most: int = 3, *, entangled: bool = True) -> list[Promotion]:
    """Promotions of every kind and mixture, always on; the reference tries them all.

    Not `entangled`: without a minimum on a part of a group's goods and without a third stackable group,
    so that four of them on five units are searched to the end too.
    """
    found: list[Promotion] = []
    groups = 0
    for number in range(draw(st.integers(1, most))):
        rule, stackable = draw(RULES), draw(st.booleans())
        minimum = draw(st.just(0) | st.integers(1, 50))
        skus = draw(st.just(frozenset()) | SOME_SKUS)
        if not entangled and isinstance(rule, BuyXGetY | NthItem | BundlePrice):
            stackable = stackable and groups < 2
            groups += stackable
            minimum = 0
        elif not entangled and (minimum or isinstance(rule, Tiered)):
            skus = frozenset()
        found.append(
            promotion(
                f"P{number}",
                rule,
                minimum_purchase=minimum,
                max_uses_per_transaction=draw(st.none() | st.integers(1, 2)),
                priority=draw(st.integers(0, 1)),
                stackable=stackable,
                eligible_skus=skus,
            )
        )
    return found


@st.composite
def bill_promotions(draw: st.DrawFn, most: int = 3) -> list[Promotion]:
    """Amounts off the bill and what they compete with, with minima close to what a small basket costs."""
    amounts = st.builds(FixedAmountDiscount, st.integers(1, 14), st.just(value=True))
    others = st.one_of(
        st.builds(PercentageDiscount, PERCENTS),
        st.builds(FixedAmountDiscount, SMALL, st.just(value=False)),
        tiers(),
    )
    return [
        promotion(
            f"P{number}",
            draw(amounts if number == 0 else amounts | others),
            minimum_purchase=draw(st.just(0) | st.integers(10, 60)),
            max_uses_per_transaction=draw(st.none() | st.integers(1, 2)),
            priority=draw(st.integers(0, 1)),
            stackable=draw(st.booleans()),
            eligible_skus=draw(st.just(frozenset()) | SOME_SKUS),
        )
        for number in range(draw(st.integers(2, most)))
    ]


@st.composite
def few_units(draw: st.DrawFn, most: int = 4) -> list[Line]:
    """A basket of so few units that everything can be tried."""
    units = draw(st.lists(st.sampled_from(sorted(SKUS)), min_size=1, max_size=most))
    prices = {sku: draw(st.integers(1, 20)) for sku in SKUS}
    return [
        line(sku, units.count(sku), prices[sku], n=number, category=SKUS[sku])
        for number, sku in enumerate(sorted(set(units)), start=1)
    ]


@st.composite
def any_lines(draw: st.DrawFn, most: int = 7) -> list[Line]:
    """Lines of all sorts: the same goods twice, weighed goods, prices made by hand, goods for nothing."""
    found = []
    for number in range(1, draw(st.integers(1, most)) + 1):
        sku = draw(st.sampled_from(sorted(SKUS)))
        weighed = draw(st.integers(0, 5)) == 0
        price = draw(st.sampled_from([0, 3, 7, 10, 19]))
        quantity = draw(st.integers(1, 3_000) if weighed else st.integers(1, 5))
        unit = Unit.GRAM if weighed else Unit.PIECE
        new = line(sku, quantity, price, n=number, category=SKUS[sku], unit=unit)
        by_hand = draw(st.integers(0, 5)) == 0 and new.line_subtotal > 0
        found.append(
            line(sku, quantity, price, n=number, category=SKUS[sku], unit=unit, line_discount=1)
            if by_hand
            else new
        )
    return found
