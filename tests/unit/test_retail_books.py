"""Books of prices and tax rates: the same answers as the lists, at once, and at their second."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail.price import NoPrice, Price, PriceBook, price_of
from retail.tax import TaxBook, TaxRate, rate_of

START = datetime(2026, 7, 1, tzinfo=UTC)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


PRICES = st.lists(
    st.builds(
        Price,
        price_id=st.integers(0, 12).map(str),
        sku_id=st.sampled_from(["cola", "tea"]),
        amount=st.integers(0, 9),
        effective_from=st.integers(0, 5).map(day),
        store_id=st.sampled_from([None, "STORE_001", "STORE_002"]),
        version=st.integers(0, 9),
        effective_to=st.none() | st.integers(3, 8).map(day),
    ),
    max_size=12,
    unique_by=(
        lambda price: price.price_id,
        lambda price: (price.sku_id, price.effective_from, price.version),
    ),
)


def found(look: Callable[[], Price]) -> str | None:
    try:
        return look().price_id
    except NoPrice:
        return None


@given(prices=PRICES, at=st.integers(-1, 9).map(day), store=st.sampled_from(["STORE_001", "STORE_003"]))
def test_a_book_gives_the_price_that_the_list_gives(prices: list[Price], at: datetime, store: str) -> None:
    book, grown = PriceBook(prices), PriceBook()
    for price in prices:
        grown.put(price)
    for sku in ("cola", "tea", "water"):
        expected = found(partial(price_of, prices, sku, store, at))
        assert found(partial(book.price_of, sku, store, at)) == expected
        assert found(partial(grown.price_of, sku, store, at)) == expected


def test_a_scheduled_price_is_taken_at_its_second() -> None:
    book = PriceBook([Price("now", "cola", 10_000, START), Price("soon", "cola", 12_000, day(10))])
    second = timedelta(seconds=1)
    assert book.price_of("cola", "S", day(10) - second).amount == 10_000
    assert book.price_of("cola", "S", day(10)).amount == 12_000
    assert book.next_change("cola", "S", START) == day(10)
    assert book.next_change("cola", "S", day(10)) is None


def test_a_store_s_own_price_goes_before_the_chain_s_until_it_ends() -> None:
    own = Price("own", "cola", 9_000, day(1), store_id="STORE_001", effective_to=day(2))
    book = PriceBook([own, Price("base", "cola", 10_000, START)])
    amounts = [book.price_of("cola", "STORE_001", day(at)).amount for at in (0, 1, 1.99, 2)]
    assert amounts == [10_000, 9_000, 9_000, 10_000]
    assert book.price_of("cola", "STORE_002", day(1)).amount == 10_000


def test_news_changes_and_takes_away_single_prices() -> None:
    book = PriceBook([Price("a", "cola", 10_000, START), Price("b", "cola", 11_000, day(1))])
    book.put(Price("b", "cola", 12_000, day(1)))
    assert book.price_of("cola", "S", day(2)).amount == 12_000
    book.remove("cola", "b")
    assert book.price_of("cola", "S", day(2)).amount == 10_000
    book.remove("cola", "a")
    book.remove("cola", "a")
    assert len(book) == 0
    with pytest.raises(NoPrice, match="cola"):
        book.price_of("cola", "S", day(2))


def test_a_price_that_ends_reads_back_what_it_wrote() -> None:
    price = Price("a", "cola", 10_000, START, effective_to=day(3))
    assert Price.from_body(price.to_body()) == price
    assert "effective_to" not in Price("a", "cola", 10_000, START).to_body()


HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
REDUCED = TaxRate("standard", Decimal("0.08"), datetime(2025, 7, 1, tzinfo=HANOI))
FULL = TaxRate("standard", Decimal("0.10"), datetime(2027, 1, 1, tzinfo=HANOI))


@pytest.mark.parametrize(
    ("at", "rate"),
    [
        (datetime(2026, 12, 31, 23, 59, 59, tzinfo=HANOI), "0.08"),
        (datetime(2027, 1, 1, tzinfo=HANOI), "0.10"),
        (datetime(2025, 6, 30, 23, 59, 59, tzinfo=HANOI), "0.05"),
    ],
)
def test_the_rate_changes_at_midnight_in_a_store_that_is_open(at: datetime, rate: str) -> None:
    book = TaxBook([FULL, REDUCED])
    assert book.rate_of("standard", at, Decimal("0.05")) == Decimal(rate)
    assert rate_of("standard", [FULL, REDUCED], at, Decimal("0.05")) == Decimal(rate)


def test_a_book_of_rates_says_when_the_next_one_comes() -> None:
    book = TaxBook([FULL, REDUCED])
    assert book.next_change(REDUCED.effective_from) == FULL.effective_from
    assert book.next_change(FULL.effective_from) is None
    assert book.rate_of("none", START, Decimal("0.05")) == Decimal("0.05")
