"""What else a scanner reads: labels of the scale, GS1 codes with dates and lots, and what is no goods."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail.barcode import check_digit
from retail.label import LABEL_PRICE, at_label_price
from retail.quantity import PIECES_LIMIT, Unit
from terminal.checkout.desk import CheckoutDesk
from terminal.notice import NoticeKind
from tests import make
from tests.tills import BREAD, CASHIER, COLA, TestTill, feed, price, product, setting

GTIN = COLA.zfill(14)
PATTERNS = ["21IIIIIWWWWWC/3", "22IIIIIPPPPPC"]
GRAPES_ITEM, CAKE_ITEM = "2200012", "2200033"


def label(figures: str) -> str:
    """A 13-figure code with its check digit."""
    return figures + str(check_digit(figures))


@pytest.fixture
def till(tmp_path: Path) -> Iterator[TestTill]:
    till = TestTill(tmp_path)
    feed(
        till.catalogue,
        setting("code_patterns", PATTERNS),
        product("POMELO", "Bưởi da xanh", label("210000700000"), unit="gram"),
        price("POMELO", 60_000),
        product("GRAPES", "Nho xanh", GRAPES_ITEM, unit="gram"),
        price("GRAPES", 90_000),
        product("CAKE", "Bánh kem", CAKE_ITEM),
        price("CAKE", 45_000),
        version=2,
    )
    yield till
    till.close()


@pytest.fixture
def desk(till: TestTill) -> CheckoutDesk:
    return till.desks.checkout(CASHIER)


def lines(desk: CheckoutDesk) -> list[tuple[str, int, int]]:
    """Product, pieces or grams, and what the line comes to."""
    return [(rung.line.sku_id, rung.line.quantity, rung.line_total) for rung in desk.state.totals.lines]


def notice(desk: CheckoutDesk) -> str | None:
    return desk.state.notice.code if desk.state.notice else None


def test_a_label_with_a_weight_becomes_its_grams(desk):
    desk.scan(label("210000701234"))

    assert lines(desk) == [("POMELO", 1_234, 74_040)]
    assert desk.state.basket.lines[0].barcode == label("210000701234")


def test_each_label_is_a_line_of_its_own_and_the_same_label_twice_is_asked_about(till, desk):
    desk.scan(label("210000700500"))
    desk.scan(label("210000700750"))
    assert lines(desk) == [("POMELO", 500, 30_000), ("POMELO", 750, 45_000)]

    desk.scan(label("210000700750"))
    assert desk.state.doubled is not None
    desk.add_doubled()

    assert lines(desk)[2] == ("POMELO", 750, 45_000)


def test_a_label_without_a_weight_asks_for_one(desk):
    desk.scan(label("210000700000"))

    assert notice(desk) == "weight-needed"


def test_a_label_with_a_price_of_weighed_goods_becomes_the_grams_behind_it(desk):
    desk.scan(label("220001245000"))

    assert lines(desk) == [("GRAPES", 500, 45_000)]
    assert desk.state.basket.lines[0].override_reason is None


@pytest.mark.parametrize("amount", [45_500, 33_333, 99_999, 1])
def test_the_price_on_a_label_is_what_is_paid_to_the_dong(desk, amount):
    desk.scan(label(f"2200012{amount:05d}"))
    desk.scan(label(f"2200033{amount:05d}"))

    assert [total for _, _, total in lines(desk)] == [amount, amount]
    cake = desk.state.basket.lines[1]
    assert (cake.quantity, cake.list_price, cake.override_reason) == (1, 45_000, LABEL_PRICE)


@given(listed=st.integers(0, 5_000_000), quantity=st.integers(1, 99_999), price=st.integers(1, 99_999_999))
@pytest.mark.parametrize("unit", list(Unit))
def test_no_label_price_and_no_weight_costs_a_dong_more_or_less(unit, listed, quantity, price):
    quantity = min(quantity, PIECES_LIMIT) if unit is Unit.PIECE else quantity
    line = make.line("mango", quantity, unit=unit, unit_price=listed, list_price=listed)

    labelled = at_label_price(line, price)

    assert labelled.line_total == price
    step = -(-line.quantity // (1_000 if unit is Unit.GRAM else 1))
    assert 0 <= labelled.line_discount < step, "more than what no whole price per piece or kilogram comes to"


def test_a_label_price_that_is_the_price_books_own_is_nothing_special(desk):
    desk.scan(label("220003345000"))
    desk.scan(label("220003300000"))

    assert lines(desk) == [("CAKE", 2, 90_000)]
    assert desk.state.basket.lines[0].override_reason is None


def test_a_code_that_stands_in_the_catalogue_as_a_whole_wins_over_its_pattern(till, desk):
    whole = label("210000701234")
    feed(till.catalogue, product("BOX", "Hộp quà", whole), price("BOX", 120_000), version=3)

    desk.scan(whole)

    assert lines(desk) == [("BOX", 1, 120_000)]


@pytest.mark.parametrize(
    "text",
    [
        f"]d201{GTIN}1726123110LOT7",
        f"01{GTIN}172612311\x1d".removesuffix("1\x1d") + "10LOT7\x1d21SERIAL",
        f"https://id.example.com/01/{GTIN}/10/LOT7?17=261231",
        f"]C101{GTIN}15261231",
    ],
)
def test_element_strings_and_links_find_their_product(desk, text):
    desk.scan(text)

    assert lines(desk) == [("COLA", 1, 10_000)]
    assert desk.state.basket.lines[0].barcode == COLA


def test_a_weight_in_an_element_string_becomes_its_grams(till, desk):
    gtin = label("0893456000999")
    feed(till.catalogue, product("HAM", "Giăm bông", gtin, unit="gram"), price("HAM", 200_000), version=3)

    desk.scan(f"]C101{gtin}3103000315")

    assert lines(desk) == [("HAM", 315, 63_000)]


def test_expired_goods_are_refused_with_their_date_and_the_last_day_is_still_good(till, desk):
    desk.scan(f"]d201{GTIN}1726111910LOT7")

    assert desk.state.notice is not None
    assert desk.state.notice.code == "goods-expired"
    assert desk.state.notice.detail == {
        "product_name": "Coca-Cola lon 320ml",
        "expired_on": "2026-11-19",
        "lot": "LOT7",
    }
    assert lines(desk) == []

    desk.scan(f"]d201{GTIN}1726112010LOT7")
    assert lines(desk) == [("COLA", 1, 10_000)]


def test_goods_past_their_best_are_sold_with_a_word(till, desk):
    desk.scan(f"]d201{GTIN}15261101")

    assert lines(desk) == [("COLA", 1, 10_000)]
    assert desk.state.notice is not None
    assert (desk.state.notice.code, desk.state.notice.kind) == ("past-best-before", NoticeKind.HINT)
    assert desk.state.notice.detail["best_before"] == "2026-11-01"


def test_two_serial_numbers_are_two_pieces_and_one_twice_is_asked_about(desk):
    desk.scan(f"]d201{GTIN}21A1")
    desk.scan(f"]d201{GTIN}21A2")
    assert lines(desk) == [("COLA", 2, 20_000)]

    desk.scan(f"]d201{GTIN}21A2")
    assert desk.state.doubled is not None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"{COLA} {BREAD}", "two-codes-at-once"),
        (COLA + COLA, "two-codes-at-once"),
        (COLA[:10], "half-scan"),
        (COLA[:-1] + "9", "wrong-check-digit"),
        (f"]d201{GTIN[:-4]}", "elements-not-readable"),
        ("https://example.com/offer", "link-without-product"),
        ("POS_03-001042", "not-goods"),
        ("V-2026", "voucher-not-found"),
        ("M-77", "member-not-found"),
        (label("210009900500"), "product-not-found"),
    ],
)
def test_what_is_no_whole_code_of_goods_is_refused_by_name(desk, text, code):
    desk.scan(text)

    assert notice(desk) == code
    assert lines(desk) == []


@pytest.mark.allow_log("news not readable")
def test_a_bad_pattern_stops_nothing(till, desk):
    feed(till.catalogue, setting("code_patterns", ["21IIIIIWWWWWC/3", "nonsense"]), version=3)

    desk.scan(COLA)

    assert lines(desk) == [("COLA", 1, 10_000)]
