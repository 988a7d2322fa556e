"""What a scan's decision costs: promotions, prices and totals, each against the same without them.

The shop: 3,000 products in 30 categories, 500 promotions that are all on. Most are discounts and
multi-buys on a few products of a family, one multi-buy to a product, as a chain plans its leaflet; some
are on a whole category, some join two families in a bundle, one is for members and may be combined, two
are on the bill.
"""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from uuid import UUID

from bench.figures import Figure, figure, in_turns, percentile
from retail import barcode
from retail.basket import Basket, Line, line_for, ring_up
from retail.price import Price, PriceBook
from retail.product import Product
from retail.promotion import Hours, Promotion
from retail.promotion_book import Occasion, PromotionBook
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

SEED = 20_261_122
AT = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
START = datetime(2026, 1, 1, tzinfo=UTC)
CATEGORIES = 30
FAMILY = 5
"""Products of one family stand beside each other in the catalogue."""
RATES = (Decimal("0.05"), Decimal("0.08"), Decimal("0.10"))
MICROSECONDS = 1e6
PRICED = 300_000
STORE = "STORE_001"


def products(count: int = 3_000) -> list[Product]:
    """Families of five in a category each."""
    return [
        Product(
            f"SKU_{n:05}", f"Product {n}", f"category {n // FAMILY % CATEGORIES}", "standard", RATES[n % 3]
        )
        for n in range(count)
    ]


def promotions(goods: Sequence[Product], dice: random.Random) -> list[Promotion]:
    """500 promotions that are all on for a member on this day."""
    families = [list(goods[at : at + FAMILY]) for at in range(0, len(goods), FAMILY)]
    dice.shuffle(families)
    unused = iter(families)
    found: list[Promotion] = []

    def add(rule: Rule, skus: Sequence[Product] = (), **more: object) -> None:
        promo_id = f"PROMO_{len(found):03}"
        eligible = frozenset(product.sku_id for product in skus)
        found.append(
            Promotion(promo_id, promo_id, rule, START, eligible_skus=eligible, **more)  # type: ignore[arg-type]
        )

    for number in range(120):
        multi_buy = (BuyXGetY(2, 1, None, 10_000), BuyXGetY(1, 1, None, 10_000), NthItem(2, 5_000))
        add(multi_buy[number % 3], next(unused)[: dice.randint(1, FAMILY)])
    for _ in range(20):
        first, second = next(unused), next(unused)
        parts = tuple(Part(frozenset(p.sku_id for p in some), frozenset(), 1) for some in (first, second))
        add(BundlePrice(parts, 30_000))
    for _ in range(10):
        bought, given = next(unused), next(unused)
        add(BuyXGetY(1, 1, frozenset({given[0].sku_id}), 10_000), bought)
    for number in range(5):
        add(NthItem(3, 3_000), eligible_categories=frozenset({f"category {number}"}))
    evening = Hours(AT.replace(hour=11).time(), AT.replace(hour=2).time())
    for number in range(15):
        add(
            PercentageDiscount(1_000),
            eligible_categories=frozenset({f"category {number + 10}"}),
            hours=evening if number % 2 else None,
        )
    while len(found) < 497:
        rule: Rule = PercentageDiscount(dice.choice((500, 1_000, 2_000)))
        if dice.random() < 0.4:
            rule = FixedAmountDiscount(dice.randint(1, 5) * 1_000, per_transaction=False)
        add(rule, dice.choice(families)[: dice.randint(1, FAMILY)])
    add(PercentageDiscount(500), members_only=True, stackable=True)
    add(Tiered((Tier(500_000, amount=20_000), Tier(1_000_000, amount=50_000))), stackable=True)
    add(FixedAmountDiscount(10_000, per_transaction=True), minimum_purchase=200_000, voucher_required=True)
    return found


def lines(goods: Sequence[Product], count: int, dice: random.Random) -> tuple[Line, ...]:
    """So many lines of different goods, two of five in families so that multi-buys meet."""
    chosen = dice.sample(range(len(goods)), count)
    chosen = [
        at if n % 5 > 1 else chosen[n - 1] // FAMILY * FAMILY + n % FAMILY for n, at in enumerate(chosen)
    ]
    return tuple(
        _line(goods[at], n, dice.choice((1, 1, 1, 2, 2, 3, 6)), dice.randint(5, 120) * 1_000)
        for n, at in enumerate(dict.fromkeys(chosen))
    )


def _line(product: Product, number: int, quantity: int, amount: int) -> Line:
    price = Price("bench", product.sku_id, amount, START)
    line_item_id = UUID(int=number + 1)
    return line_for(
        product,
        price,
        product.tax_rate,
        line_item_id=line_item_id,
        barcode="8934868172239",
        quantity=quantity,
    )


def baskets(goods: Sequence[Product], count: int, lines_count: int) -> Iterator[Basket]:
    """Different baskets of so many lines (a few less where goods met twice)."""
    for number in range(count):
        dice = random.Random(SEED + number)
        yield Basket(prices_include_tax=True, lines=lines(goods, lines_count, dice))


def timed(deed: Callable[[], object]) -> float:
    """Microseconds of processor time of one deed; what else the machine does meanwhile is left out."""
    began = time.thread_time_ns()
    deed()
    return (time.thread_time_ns() - began) / 1_000


def run() -> list[Figure]:
    """All figures of the rule book."""
    gc.collect()
    gc.freeze()  # what stands for good is not gone through again and again while we measure
    try:
        return [*scans(), *lookups(), *growth()]
    finally:
        gc.unfreeze()


def scans(count: int = 400, rounds: int = 3) -> list[Figure]:
    """One more line in a basket of 50: with 500 promotions on, against none."""
    goods = products()
    book = PromotionBook(promotions(goods, random.Random(SEED)))
    prices = PriceBook(Price("base", product.sku_id, 10_000, START) for product in goods)
    cases = [(replace_last(basket), basket.lines[-1]) for basket in baskets(goods, count, 50)]

    def scan(before: Basket, last: Line, at: datetime, book: PromotionBook | None) -> None:
        barcode.read(last.barcode)
        prices.price_of(last.sku_id, STORE, at)
        after = before.with_line(last)
        if book is None:
            ring_up(after)
        else:
            ring_up(after, book, Occasion(at, STORE, is_member=True))

    taken: dict[str, list[float]] = {"with": [], "without": []}
    for number in range(rounds * count):
        before, last = cases[number % count]
        at = AT + timedelta(seconds=number)
        if number % count == 0:
            book = PromotionBook(book.promotions)  # what it remembers of other baskets does not help
        ring_up(before, book, Occasion(at, STORE, is_member=True))
        for name in ("with", "without") if number % 2 else ("without", "with"):
            used = book if name == "with" else None
            taken[name].append(timed(partial(scan, before, last, at, used)))
    size = len(taken["with"])
    aim = "one scan's decision under 1,000 µs at the median"
    return [
        figure("retail.scan_500_promotions", taken["with"], taken["without"], unit="µs", n=size, aim=aim),
        Figure(
            "retail.scan_500_promotions_p99",
            percentile(taken["with"], 0.99),
            "µs",
            percentile(taken["without"], 0.99),
            percentile(taken["with"], 0.99) / percentile(taken["without"], 0.99),
            size,
            "under 2,000 µs in 99 of 100",
        ),
    ]


def replace_last(basket: Basket) -> Basket:
    """The basket before its last scan."""
    return basket.without_line(basket.lines[-1].line_item_id)


def lookups(rounds: int = 9, each: int = 20_000) -> list[Figure]:
    """`price_of` among 300,000 products, against a bare dict of the same."""
    skus = [f"SKU_{n:06}" for n in range(PRICED)]
    listed = [Price(f"base:{sku}", sku, 10_000 + n % 90 * 500, START) for n, sku in enumerate(skus)]
    # One product in twenty has a change ahead, one in fifty a price of this store's own.
    listed += [Price(f"next:{sku}", sku, 12_000, AT + timedelta(days=9)) for sku in skus[::20]]
    listed += [Price(f"own:{sku}", sku, 9_000, START, store_id=STORE) for sku in skus[::50]]
    book, bare = PriceBook(listed), {price.sku_id: price for price in listed}
    asked = random.Random(SEED).choices(skus, k=each)

    def by_book() -> float:
        return timed(lambda: [book.price_of(sku, STORE, AT) for sku in asked]) * 1_000 / each

    def by_dict() -> float:
        return timed(lambda: [bare[sku] for sku in asked]) * 1_000 / each

    taken = in_turns({"book": by_book, "dict": by_dict}, rounds)
    name, aim = "retail.price_of_300000", "nobody notices: under 2,000 ns"
    return [figure(name, taken["book"], taken["dict"], unit="ns", n=rounds * each, aim=aim)]


def growth(rounds: int = 31) -> list[Figure]:
    """`ring_up` of 10, 50 and 200 lines with 500 promotions: per line, against 10 lines."""
    goods = products()
    book = PromotionBook(promotions(goods, random.Random(SEED)))
    occasion = Occasion(AT, STORE, is_member=True)
    made = {count: next(baskets(goods, 1, count)) for count in (10, 50, 200)}

    def ring(basket: Basket) -> Callable[[], float]:
        def deed() -> float:
            return timed(lambda: ring_up(basket, book, occasion)) / len(basket.lines)

        return deed

    taken = in_turns({str(count): ring(basket) for count, basket in made.items()}, rounds)
    return [
        figure(
            f"retail.ring_up_{count}_lines_per_line",
            taken[str(count)],
            taken["10"],
            unit="µs",
            n=rounds,
            aim="grows with the lines and no faster",
        )
        for count in made
    ]
