"""Ringing up through the real window: scanner, finger and keyboard."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit

from courier.link import LinkState
from retail.barcode import check_digit
from terminal.checkout.screen import CheckoutScreen
from terminal.window import MainWindow
from tests.screens.stage import LOOSE, Stage, codes, prices_of, sku_of
from tests.tills import AT, feed, price, promotion, setting


@pytest.fixture
def page(stage: Stage) -> CheckoutScreen:
    """The checkout page with a cashier signed in."""
    stage.sign_in()
    return page_of(stage.window)


def page_of(window: MainWindow) -> CheckoutScreen:
    assert isinstance(window.page, CheckoutScreen)
    return window.page


def shown(page: CheckoutScreen) -> list[tuple[str, str]]:
    """Quantity and total of each line on show."""
    return [(row.texts[1], row.texts[3]) for row in page.basket.cart.rows()]


def figure(amount: int) -> str:
    return f"{amount:,}".replace(",", ".")


def test_a_scan_becomes_a_line_and_the_total(stage: Stage, page: CheckoutScreen):
    first, second = codes(2)
    stage.burst(first)
    stage.clock.forward(4)
    stage.burst(second)
    prices = prices_of([first, second])
    assert shown(page) == [("1", figure(amount)) for amount in prices]
    assert page.total.total.text() == f"{figure(sum(prices))} ₫"
    assert page.notice.mood == "calm"


def test_a_burst_while_the_search_field_has_the_focus_is_a_scan(stage: Stage, page: CheckoutScreen):
    stage.press(Qt.Key.Key_F2)
    stage.type("mi")
    assert page.products.field.hasFocus()
    stage.burst(codes(1)[0])
    assert len(shown(page)) == 1
    assert page.products.field.text() == ""


def test_a_burst_while_a_key_has_the_focus_does_not_press_it(stage: Stage, page: CheckoutScreen):
    stage.burst(codes(1)[0])
    page.basket.remove.setFocus()
    stage.clock.forward(4)
    stage.burst(codes(2)[1])
    assert len(shown(page)) == 2


def test_a_burst_while_a_quantity_is_typed_is_a_scan(stage: Stage, page: CheckoutScreen):
    stage.burst(codes(1)[0])
    stage.press(Qt.Key.Key_Asterisk)
    stage.clock.forward(4)
    stage.burst(codes(2)[1])
    assert [quantity for quantity, _ in shown(page)] == ["1", "1"]
    assert not page.products.asking


def test_plus_and_minus_change_the_chosen_line(stage: Stage, page: CheckoutScreen):
    code = codes(1)[0]
    stage.burst(code)
    stage.tap("more", "more")
    stage.press(Qt.Key.Key_Plus, Qt.Key.Key_Minus)
    assert shown(page) == [("3", figure(3 * prices_of([code])[0]))]
    stage.tap("less", "less", "less", "less")
    assert shown(page)[0][0] == "1"


def test_a_quantity_is_typed_on_the_pad_or_the_keyboard(stage: Stage, page: CheckoutScreen):
    stage.burst(codes(1)[0])
    stage.tap("quantity", "pad-1", "pad-2", "entry-ok")
    assert shown(page)[0][0] == "12"
    stage.press(Qt.Key.Key_Asterisk)
    stage.type("7")
    stage.press(Qt.Key.Key_Return)
    assert shown(page)[0][0] == "7"
    stage.press(Qt.Key.Key_Asterisk)
    stage.type("99")
    stage.press(Qt.Key.Key_Escape)
    assert shown(page)[0][0] == "7"


def test_an_impossible_quantity_is_refused_with_what_to_do(stage: Stage, page: CheckoutScreen):
    stage.burst(codes(1)[0])
    stage.tap("quantity", *["pad-9"] * 6, "entry-ok")
    assert page.notice.mood == "bad"
    assert "9999" in page.notice.words()[1]
    assert shown(page)[0][0] == "1"
    assert stage.beeps == 1


def test_a_line_is_chosen_by_finger_and_removed(stage: Stage, page: CheckoutScreen):
    first, second, third = codes(3)
    stage.scan(first, second, third)
    cart = page.basket.cart
    middle = cart.visualRect(cart.model().index(1, 0)).center()
    QTest.mouseClick(cart.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle)
    stage.tap("remove")
    prices = prices_of([first, third])
    assert [total for _, total in shown(page)] == [figure(amount) for amount in prices]
    assert not stage.find("remove").isEnabled()


def test_a_line_is_chosen_by_arrow_keys_and_removed(stage: Stage, page: CheckoutScreen):
    first, second, third = codes(3)
    stage.scan(first, second, third)
    stage.press(Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Delete)
    assert [total for _, total in shown(page)] == [figure(amount) for amount in prices_of([second, third])]


def test_the_same_scan_within_three_seconds_asks_and_a_tap_adds_it(stage: Stage, page: CheckoutScreen):
    code = codes(1)[0]
    stage.burst(code)
    stage.clock.forward(1)
    stage.burst(code)
    assert page.notice.mood == "warn"
    assert shown(page)[0][0] == "1"
    assert stage.beeps == 1
    stage.tap("notice-yes")
    assert shown(page)[0][0] == "2"
    assert page.notice.mood == "calm"


def test_a_doubled_scan_can_be_added_anywhere_on_the_bar_by_key_or_be_waved_away(
    stage: Stage, page: CheckoutScreen
):
    code = codes(1)[0]
    stage.burst(code)
    stage.burst(code)
    QTest.mouseClick(page.notice, Qt.MouseButton.LeftButton)
    assert shown(page)[0][0] == "2"
    stage.burst(code)
    stage.press(Qt.Key.Key_F4)
    assert shown(page)[0][0] == "3"
    stage.burst(code)
    stage.tap("notice-no")
    assert shown(page)[0][0] == "3"
    assert page.notice.mood == "calm"


def test_an_unknown_barcode_sounds_says_what_to_do_and_changes_nothing(stage: Stage, page: CheckoutScreen):
    stage.burst("8930000000019")
    assert page.notice.mood == "bad"
    assert "8930000000019" in page.notice.words()[0]
    assert page.notice.words()[1]
    assert shown(page) == []
    assert stage.beeps == 1
    stage.press(Qt.Key.Key_Escape)
    assert page.notice.mood == "calm"


def test_clearing_the_basket_asks_first(stage: Stage, page: CheckoutScreen):
    stage.scan(*codes(3))
    stage.tap("clear")
    assert page.notice.mood == "warn"
    stage.tap("notice-no")
    assert len(shown(page)) == 3
    stage.press(Qt.Key.Key_F8, Qt.Key.Key_F8)
    assert shown(page) == []
    assert not stage.find("pay").isEnabled()


def test_letters_typed_anywhere_begin_a_search_without_diacritics(stage: Stage, page: CheckoutScreen):
    stage.type("ca phe sua")
    names = [hit.product_name for hit in page.products.results.hits()]
    assert "Cà phê sữa đá" in names
    stage.press(Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Return)
    assert [row.texts[0] for row in page.basket.cart.rows()] == names[:1]
    assert page.products.field.text() == ""


def test_a_search_with_diacritics_finds_the_same(stage: Stage, page: CheckoutScreen):
    page.products.field.setFocus()
    page.products.field.setText("Cà phê sữa đá")
    stage.settle()
    assert page.products.results.hits()[0].product_name == "Cà phê sữa đá"


def test_a_hit_is_added_by_finger(stage: Stage, page: CheckoutScreen):
    stage.type("mi")
    results = page.products.results
    name = results.hits()[1].product_name
    spot = results.visualRect(results.model().index(1, 0)).center()
    QTest.mouseClick(results.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, spot)
    stage.settle()
    assert [row.texts[0] for row in page.basket.cart.rows()] == [name]


def test_a_barcode_typed_by_hand_is_a_scan(stage: Stage, page: CheckoutScreen):
    stage.type(codes(1)[0])
    stage.press(Qt.Key.Key_Return)
    assert len(shown(page)) == 1


def test_a_search_for_nothing_known_says_so(stage: Stage, page: CheckoutScreen):
    stage.type("xyzzy")
    assert any("xyzzy" in label.text() for label in page.products.none.findChildren(QLabel))
    stage.press(Qt.Key.Key_Escape)
    assert page.products.field.text() == ""
    assert page.hasFocus()


def test_quick_keys_lead_from_group_to_product_to_basket(stage: Stage, page: CheckoutScreen):
    shelf = page.products.shelf
    group = shelf.names()[4]
    stage.tap(f"tile-{group}")
    name = shelf.names()[0]
    QTest.mouseClick(shelf.tiles[0], Qt.MouseButton.LeftButton)
    assert [row.texts[0] for row in page.basket.cart.rows()] == [name]
    stage.tap("shelf-back")
    assert group in shelf.names()


def test_quick_keys_have_pages(stage: Stage, page: CheckoutScreen):
    shelf = page.products.shelf
    first = shelf.names()
    stage.tap("shelf-later")
    assert not set(first) & set(shelf.names())
    stage.tap("shelf-earlier")
    assert shelf.names() == first


def test_goods_sold_by_weight_ask_for_their_grams(stage: Stage, page: CheckoutScreen):
    stage.burst(LOOSE)
    assert page.products.asking
    stage.tap_digits("1250")
    stage.tap("entry-ok")
    assert shown(page) == [("1,250 kg", "112.500")]
    stage.press(Qt.Key.Key_Minus)
    assert shown(page)[0][0] == "1,150 kg"


def test_weighed_goods_that_were_searched_ask_for_their_grams_too(stage: Stage, page: CheckoutScreen):
    stage.type("nho xanh ninh")
    stage.press(Qt.Key.Key_Return)
    stage.type("500")
    stage.press(Qt.Key.Key_Return)
    assert shown(page) == [("0,500 kg", "45.000")]


def test_savings_stand_under_the_names_and_under_the_totals(stage: Stage, page: CheckoutScreen):
    first, second = codes(2)
    offer = {"buy_quantity": 2, "get_quantity": 1, "eligible_skus": [sku_of(first)]}
    feed(stage.till.catalogue, promotion("P1", "Mua 2 tặng 1", "buy_x_get_y", **offer), version=9)
    stage.scan(first, second, first)
    assert [row.saved_by[0] for row in page.basket.cart.rows()] == ["", ""]
    assert page.basket.hint.text() == "Thêm 1 nữa: Mua 2 tặng 1"

    stage.scan(first)
    amount = prices_of([first])[0]
    assert [row.saved_by[0] for row in page.basket.cart.rows()] == ["Mua 2 tặng 1", ""]
    assert page.basket.cart.rows()[0].notes[3] == f"−{figure(amount)}"
    assert page.total.details()[1] == f"−{figure(amount)}"
    assert page.basket.hint.text() == ""

    stage.tap("less")
    assert [row.saved_by[0] for row in page.basket.cart.rows()] == ["", ""]
    assert page.total.details()[1] == "–"


def test_a_hint_says_how_much_more_to_spend_and_goes_with_the_basket(stage: Stage, page: CheckoutScreen):
    code = codes(1)[0]
    amount = prices_of([code])[0]
    more = {"percent": 10, "minimum_purchase": amount + 1_500}
    feed(stage.till.catalogue, promotion("P1", "Giảm 10%", "percentage_discount", **more), version=9)
    stage.scan(code)
    assert page.basket.hint.text() == "Mua thêm 1.500 ₫: Giảm 10%"
    stage.tap("clear", "notice-yes")
    assert page.basket.hint.text() == ""


def test_a_happy_hour_begins_on_the_screen_by_itself(stage: Stage, page: CheckoutScreen):
    code = codes(1)[0]
    hours = {"hours": {"from": "09:00", "to": "10:00"}, "percent": 50}
    feed(stage.till.catalogue, promotion("P1", "Giờ vàng", "percentage_discount", **hours), version=9)
    stage.scan(code)
    stage.clock.at = AT.replace(hour=2)
    page.keep_up()
    stage.settle()
    assert [row.saved_by[0] for row in page.basket.cart.rows()] == ["Giờ vàng"]
    assert page.total.total.text() == f"{figure(prices_of([code])[0] // 2)} ₫"


def test_a_label_of_the_scale_is_scanned_like_any_code(stage: Stage, page: CheckoutScreen):
    feed(stage.till.catalogue, setting("code_patterns", ["20IIIIIWWWWWC/3"]), version=9)
    stage.burst(f"200000101250{check_digit('200000101250')}")
    assert shown(page) == [("1,250 kg", "112.500")]
    assert not page.products.asking


def test_expired_goods_are_refused_with_their_date(stage: Stage, page: CheckoutScreen):
    stage.burst(f"01{codes(1)[0].zfill(14)}17261119")
    assert shown(page) == []
    assert page.notice.mood == "bad"
    assert "19/11/2026" in page.notice.words()[0]
    assert stage.beeps == 1


def test_a_changed_row_is_changed_and_the_others_are_not_touched(stage: Stage, page: CheckoutScreen):
    stage.scan(*codes(20))
    model = page.basket.cart.model()
    told: list[tuple[str, int]] = []
    model.modelReset.connect(lambda: told.append(("reset", 0)))
    model.dataChanged.connect(lambda top, _bottom: told.append(("changed", top.row())))
    model.rowsInserted.connect(lambda _parent, row, _last: told.append(("inserted", row)))
    model.rowsRemoved.connect(lambda _parent, row, _last: told.append(("removed", row)))
    stage.press(Qt.Key.Key_Plus)
    assert set(told) == {("changed", 19)}
    told.clear()
    stage.scan(codes(21)[20])
    assert told == [("inserted", 20)]
    told.clear()
    stage.press(Qt.Key.Key_Up, Qt.Key.Key_Delete)
    assert told == [("removed", 19)]


def test_the_line_that_was_scanned_last_can_be_seen(stage: Stage, page: CheckoutScreen):
    stage.scan(*codes(30))
    cart = page.basket.cart
    row = cart.visualRect(cart.model().index(29, 0))
    assert cart.viewport().rect().contains(row)


def test_a_power_cut_brings_the_basket_back(stage: Stage, page: CheckoutScreen):
    stage.scan(*codes(3))
    before = shown(page)
    stage.restart()
    stage.sign_in()
    assert shown(page_of(stage.window)) == before


def test_the_sync_light_says_in_words_how_the_hub_stands(stage: Stage, page: CheckoutScreen):
    bar = stage.window.bar
    assert bar is not None
    assert bar.light.words() == ("Mọi thứ đều ổn", "Giá mới nhất · đã gửi hết")
    stage.link(LinkState.OFFLINE, unsent=12, minutes=47)
    assert bar.light.words() == ("Chưa có bản sao thứ hai: 12 đơn", "Mất máy chủ cửa hàng từ 08:30")
    stage.link(LinkState.DOUBTFUL, unsent=1)
    assert bar.light.words()[0].startswith("Kết nối máy chủ chập chờn")
    stage.scan(codes(1)[0])
    assert len(shown(page)) == 1


def test_news_do_not_take_away_what_is_being_typed(stage: Stage, page: CheckoutScreen):
    stage.type("ca phe")
    feed(stage.till.catalogue, price("SD0001", 28_500), version=9)
    stage.window.news_arrived.emit()
    stage.settle()
    assert stage.window.page is page
    assert page.products.field.text() == "ca phe"


def test_another_language_theme_or_size_keeps_the_basket(stage: Stage, page: CheckoutScreen):
    stage.scan(*codes(3))
    stage.tap("language", "theme")
    stage.window.resize(1920, 1080)
    stage.settle()
    now = page_of(stage.window)
    assert now is not page
    assert len(shown(now)) == 3
    assert now.basket.cart.rows()[0].texts[3].replace(",", ".") == shown(now)[0][1].replace(",", ".")
    assert stage.key("pay").text().strip() == "Pay"


def test_keys_do_not_take_the_focus_from_where_a_person_types(stage: Stage, page: CheckoutScreen):
    stage.scan(codes(1)[0])
    page.products.field.setFocus()
    stage.tap("more")
    assert page.products.field.hasFocus()
    assert isinstance(stage.find("search"), QLineEdit)


def test_tab_reaches_the_keys_and_enter_presses_them(stage: Stage, page: CheckoutScreen):
    stage.scan(codes(1)[0])
    page.basket.more.setFocus(Qt.FocusReason.TabFocusReason)
    stage.press(Qt.Key.Key_Return)
    assert shown(page)[0][0] == "2"
