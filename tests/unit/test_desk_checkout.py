"""The checkout desk: what a scan, a tap and a correction make of the basket."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from retail.basket import LINES_LIMIT
from terminal.checkout.desk import CheckoutDesk
from terminal.checkout.state import CheckoutState, WantedLine
from tests.tills import (
    AT,
    BREAD,
    CASHIER,
    COFFEE,
    COLA,
    COLA_SIX,
    MANAGER,
    MANGO,
    TestTill,
    deleted,
    feed,
    price,
    product,
    setting,
)

UNKNOWN_BARCODE = "4006381333931"


@pytest.fixture
def till(tmp_path: Path) -> Iterator[TestTill]:
    till = TestTill(tmp_path)
    yield till
    till.close()


@pytest.fixture
def desk(till: TestTill) -> CheckoutDesk:
    return till.desks.checkout(CASHIER)


def lines(desk: CheckoutDesk) -> list[tuple[str, int, int]]:
    return [(line.sku_id, line.quantity, line.unit_price) for line in desk.state.basket.lines]


def notice(desk: CheckoutDesk) -> str | None:
    return desk.state.notice.code if desk.state.notice else None


def scan(till: TestTill, desk: CheckoutDesk, *barcodes: str) -> None:
    """Scans with time enough between them."""
    for barcode in barcodes:
        desk.scan(barcode)
        till.clock.forward(5)


def test_a_scan_adds_a_line_with_price_tax_and_running_total(till, desk):
    scan(till, desk, COFFEE, BREAD)

    assert lines(desk) == [("COFFEE", 1, 18_000), ("BREAD", 1, 25_000)]
    assert desk.state.totals.total_amount == 43_000
    assert [(tax.rate, tax.tax_amount) for tax in desk.state.totals.taxes] == [
        (Decimal("0.08"), 1_333),
        (Decimal("0.10"), 2_273),
    ]
    assert desk.state.last_line_item_id == desk.state.basket.lines[1].line_item_id


def test_a_second_scan_within_three_seconds_is_held_back_and_one_tap_adds_it(till, desk):
    desk.scan(COLA)
    till.clock.forward(2.9)
    desk.scan(COLA)

    assert lines(desk) == [("COLA", 1, 10_000)]
    assert desk.state.doubled is not None
    assert desk.state.doubled.product_name == "Coca-Cola lon 320ml"

    desk.add_doubled()

    assert lines(desk) == [("COLA", 2, 10_000)]
    assert desk.state.doubled is None


def test_the_tap_adds_once_however_often_it_is_tapped(till, desk):
    desk.scan(COLA)
    desk.scan(COLA)

    desk.add_doubled()
    desk.add_doubled()

    assert lines(desk) == [("COLA", 2, 10_000)]


def test_after_three_seconds_the_same_barcode_raises_the_quantity(till, desk):
    desk.scan(COLA)
    till.clock.forward(3)
    desk.scan(COLA)

    assert lines(desk) == [("COLA", 2, 10_000)]
    assert desk.state.doubled is None


def test_another_barcode_is_never_held_back(till, desk):
    desk.scan(COLA)
    desk.scan(COFFEE)

    assert [sku for sku, _, _ in lines(desk)] == ["COLA", "COFFEE"]


def test_upc_a_and_its_ean_13_form_are_one_barcode_to_the_guard(desk):
    desk.scan(BREAD)
    desk.scan(f"0{BREAD}")

    assert lines(desk) == [("BREAD", 1, 25_000)]
    assert desk.state.doubled is not None


def test_the_guard_is_a_setting_and_zero_switches_it_off(till, desk):
    feed(till.catalogue, setting("double_scan_seconds", 0), version=2)

    desk.scan(COLA)
    desk.scan(COLA)

    assert lines(desk) == [("COLA", 2, 10_000)]


def test_a_clock_that_jumps_back_holds_nothing_back(till, desk):
    desk.scan(COLA)
    till.clock.forward(-60)
    desk.scan(COLA)

    assert lines(desk) == [("COLA", 2, 10_000)]


def test_a_line_taken_out_may_be_scanned_again_at_once(till, desk):
    desk.scan(COLA)
    desk.remove(desk.state.basket.lines[0].line_item_id)
    desk.scan(COLA)

    assert lines(desk) == [("COLA", 1, 10_000)]


def test_a_price_change_during_a_sale_does_not_touch_lines_already_scanned(till, desk):
    scan(till, desk, COLA)
    feed(till.catalogue, price("COLA", 12_000), version=2)

    scan(till, desk, COLA, COLA)

    assert lines(desk) == [("COLA", 1, 10_000), ("COLA", 2, 12_000)]


def test_a_scheduled_price_holds_from_its_moment_on(till, desk):
    start = AT.replace(hour=2).isoformat()
    feed(till.catalogue, price("COLA", 9_000, price_id="COLA/promo-week", effective_from=start), version=2)

    scan(till, desk, COLA)
    till.clock.at = AT.replace(hour=2)
    scan(till, desk, COLA)

    assert lines(desk) == [("COLA", 1, 10_000), ("COLA", 1, 9_000)]


def test_a_pack_barcode_adds_all_its_pieces(till, desk):
    scan(till, desk, COLA_SIX, COLA)

    assert lines(desk) == [("COLA", 7, 10_000)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (UNKNOWN_BARCODE, "product-not-found"),
        ("8934588012229", "wrong-check-digit"),
        ("", "barcode-not-readable"),
        ("đá", "barcode-not-readable"),
        (MANGO, "weight-needed"),
    ],
)
def test_what_cannot_be_scanned_becomes_a_notice_and_leaves_the_basket(till, desk, text, code):
    scan(till, desk, COLA)

    desk.scan(text)

    assert notice(desk) == code
    assert lines(desk) == [("COLA", 1, 10_000)]


def test_the_next_good_scan_takes_the_notice_away(till, desk):
    desk.scan(UNKNOWN_BARCODE)
    desk.scan(COLA)

    assert notice(desk) is None


def test_a_notice_can_be_dismissed(desk):
    desk.scan(UNKNOWN_BARCODE)
    desk.dismiss()

    assert notice(desk) is None


def test_a_product_taken_out_of_the_range_is_not_sold(till, desk):
    feed(till.catalogue, product("COLA", "Coca-Cola lon 320ml", COLA, is_active=False), version=2)

    desk.scan(COLA)

    assert notice(desk) == "product-not-for-sale"


def test_a_product_without_a_price_is_not_sold_at_zero(till, desk):
    feed(till.catalogue, deleted("price", "COLA/base"), version=2)

    desk.scan(COLA)

    assert notice(desk) == "no-price"


def test_weighed_goods_are_added_by_their_grams(desk):
    desk.add_product("MANGO", 1_250)

    assert lines(desk) == [("MANGO", 1_250, 90_000)]
    assert desk.state.totals.total_amount == 112_500


def test_quantities_are_set_and_bad_ones_refused(till, desk):
    scan(till, desk, COLA)
    line = desk.state.basket.lines[0].line_item_id

    desk.set_quantity(line, 12)
    assert desk.state.totals.total_amount == 120_000

    for quantity in (0, -3, 10_000):
        desk.set_quantity(line, quantity)
        assert notice(desk) == "bad-quantity"
        assert lines(desk) == [("COLA", 12, 10_000)]


def test_a_line_that_is_gone_is_a_notice_not_a_crash(desk):
    desk.set_quantity(UUID(int=99), 1)
    assert notice(desk) == "line-not-found"

    desk.remove(UUID(int=99))
    assert notice(desk) == "line-not-found"


def test_selecting_points_at_a_line_until_it_is_removed(till, desk):
    scan(till, desk, COLA, COFFEE)
    first = desk.state.basket.lines[0].line_item_id

    desk.select(first)
    assert desk.state.selected == first

    desk.remove(first)
    assert desk.state.selected is None


def test_a_cashier_may_not_change_a_price_but_a_manager_may(till, desk):
    scan(till, desk, COLA)
    line = desk.state.basket.lines[0].line_item_id
    desk.override(line, 8_000, 500, "dented can")
    assert notice(desk) == "approval-needed"

    manager = till.desks.checkout(MANAGER)
    manager.override(line, 8_000, 500, "dented can")

    changed = manager.state.basket.lines[0]
    assert (changed.unit_price, changed.list_price, changed.line_discount) == (8_000, 10_000, 500)
    assert changed.override_reason == "dented can"
    assert manager.state.totals.total_amount == 7_500


def test_a_discount_beyond_the_line_is_refused(till):
    desk = till.desks.checkout(MANAGER)
    scan(till, desk, COLA)

    desk.override(desk.state.basket.lines[0].line_item_id, 10_000, 10_001, "oops")

    assert notice(desk) == "discount-too-large"


def test_one_more_of_an_overridden_product_is_a_line_of_its_own(till):
    desk = till.desks.checkout(MANAGER)
    scan(till, desk, COLA)
    desk.override(desk.state.basket.lines[0].line_item_id, 8_000, 0, "dented can")

    scan(till, desk, COLA)

    assert lines(desk) == [("COLA", 1, 8_000), ("COLA", 1, 10_000)]


def test_clearing_begins_a_new_basket_with_a_new_id(till, desk):
    scan(till, desk, COLA)
    before = desk.state.sale_id

    desk.clear()

    assert lines(desk) == []
    assert desk.state.sale_id != before
    assert till.journal.open_draft() is None


def test_a_full_basket_says_so(till, desk):
    desk.add_lines([WantedLine(COLA, 1)] * LINES_LIMIT)
    assert len(desk.state.basket.lines) == LINES_LIMIT

    scan(till, desk, COFFEE)

    assert notice(desk) == "basket-full"


def test_the_basket_is_in_the_journal_after_every_deed(till, desk):
    def kept():
        return till.desks.checkout(CASHIER).state

    scan(till, desk, COLA, COFFEE)
    assert kept().basket == desk.state.basket
    desk.set_quantity(desk.state.basket.lines[0].line_item_id, 4)
    assert kept().basket == desk.state.basket
    desk.remove(desk.state.basket.lines[1].line_item_id)
    assert kept().basket == desk.state.basket
    assert kept().sale_id == desk.state.sale_id


def test_a_restart_brings_the_basket_back_to_whoever_signs_in(till, desk):
    scan(till, desk, COLA, BREAD, COLA)
    before = desk.state

    till.reopen()
    back = till.desks.checkout(MANAGER).state

    assert (back.sale_id, back.basket, back.totals) == (before.sale_id, before.basket, before.totals)


def test_many_lines_are_one_deed_and_each_a_line_of_its_own(till):
    desk = till.desks.checkout(MANAGER)
    heard: list[CheckoutState] = []
    desk.listen(heard.append)

    refused = desk.add_lines(
        [
            WantedLine(COLA, 2),
            WantedLine(UNKNOWN_BARCODE, 1),
            WantedLine(COLA, 1, unit_price=9_500, line_discount=500, override_reason="REPLAY"),
            WantedLine(COFFEE, -1),
            WantedLine(MANGO, 300),
        ]
    )

    assert [(place, refusal.code) for place, refusal in refused] == [
        (1, "product-not-found"),
        (3, "bad-quantity"),
    ]
    assert lines(desk) == [("COLA", 2, 10_000), ("COLA", 1, 9_500), ("MANGO", 300, 90_000)]
    assert desk.state.basket.lines[1].override_reason == "REPLAY"
    assert len(heard) == 1


def test_nothing_is_kept_when_every_line_is_refused(till, desk):
    refused = desk.add_lines([WantedLine(UNKNOWN_BARCODE, 1)])

    assert [place for place, _ in refused] == [0]
    assert till.journal.open_draft() is None


def test_search_finds_by_words_with_and_without_diacritics(desk):
    for text in ("ca phe sua da", "cà phê sữa", "da", "đá", "Highl", "phe ca"):
        assert [hit.sku_id for hit in desk.search(text)] == ["COFFEE"], text

    hit = desk.search("coca")[0]
    assert (hit.product_name, hit.price, hit.barcode) == ("Coca-Cola lon 320ml", 10_000, COLA)


def test_quick_keys_show_categories_and_what_is_in_them(desk):
    assert desk.groups() == ["Bánh", "Đồ uống", "Trái cây"]
    assert [hit.sku_id for hit in desk.shelf("Đồ uống")] == ["COFFEE", "COLA"]


def test_an_empty_basket_cannot_be_paid(desk):
    assert desk.to_pay() is None
    assert notice(desk) == "basket-empty"


def test_a_chain_with_prices_before_tax_adds_it_on_top(till):
    feed(till.catalogue, setting("prices_include_tax", False), version=2)
    desk = till.desks.checkout(CASHIER)

    scan(till, desk, BREAD)

    assert (desk.state.totals.subtotal, desk.state.totals.tax_amount) == (25_000, 2_500)
    assert desk.state.totals.total_amount == 27_500
