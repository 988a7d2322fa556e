"""What opens beside the basket, through real keys and taps: age, prices by hand, open items, parking."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from terminal.checkout.age_panel import AgePanel
from terminal.checkout.parked_screen import ParkedScreen
from terminal.checkout.price_panel import PricePanel
from terminal.checkout.screen import CheckoutScreen
from terminal.oversight.screen import ApprovalScreen
from tests.screens.stage import BEER, LOOSE, PIN, Stage, codes, prices_of, sku_of

UNKNOWN = "8930000000019"


@pytest.fixture
def page(stage: Stage) -> CheckoutScreen:
    """The checkout page with a cashier signed in."""
    stage.sign_in()
    return page_of(stage)


def page_of(stage: Stage) -> CheckoutScreen:
    assert isinstance(stage.window.page, CheckoutScreen)
    return stage.window.page


def panel_on(page: CheckoutScreen) -> str:
    """The kind of panel on show, empty for none."""
    return type(page.products.panel).__name__ if page.products.panel else ""


def lines(stage: Stage) -> list[tuple[str, int]]:
    desk = stage.window.checkout_desk
    assert desk is not None
    return [(rung.line.product_name, rung.line_total) for rung in desk.state.totals.lines]


def approve(stage: Stage, employee_id: str = "MANAGER_001") -> None:
    """A manager comes and types id and PIN on the approval page."""
    page = stage.window.page
    assert isinstance(page, ApprovalScreen)
    page.employee.setText(employee_id)
    page.pin.setText(PIN)
    stage.tap("approve")


def test_goods_for_grown_ups_show_the_date_in_large_and_wait(stage: Stage, page: CheckoutScreen):
    stage.burst(BEER)
    panel = page.products.panel
    assert isinstance(panel, AgePanel)
    assert panel.day.text() == "20/11/2008"
    stage.press(Qt.Key.Key_Return, Qt.Key.Key_Escape)
    assert page.products.panel is panel, "no key that is pressed all day answers it"
    stage.press(Qt.Key.Key_F1)
    assert [name for name, _ in lines(stage)] == ["Bia Sài Gòn Đỏ lon 330 ml"]
    assert page.products.panel is None


def test_goods_scanned_while_the_question_stands_go_on_and_the_question_stays(
    stage: Stage, page: CheckoutScreen
):
    stage.scan(BEER, codes(1)[0])
    assert len(lines(stage)) == 1
    assert "AgePanel" in panel_on(page)
    stage.press(Qt.Key.Key_F12)
    assert page_of(stage).notice.words()[0] == "Chưa xem tuổi của khách"
    stage.tap("age-no")
    assert panel_on(page) == ""
    assert page.notice.words()[0].startswith("Không bán")


def test_a_price_check_sells_nothing_until_it_is_told_to(stage: Stage, page: CheckoutScreen):
    first, second = codes(2)
    stage.press(Qt.Key.Key_F3)
    stage.burst(first)
    panel = page.products.panel
    assert isinstance(panel, PricePanel)
    assert panel.price.text().startswith(f"{prices_of([first])[0]:,}".replace(",", "."))
    assert panel.stock.text() == "Còn 24 trong kho"
    stage.hub.away = True
    stage.burst(LOOSE)
    assert panel.price.text() == "90.000 ₫/kg"
    assert panel.stock.text() == "Chưa hỏi được số tồn kho"
    stage.burst(UNKNOWN)
    assert "Không tìm thấy" in page.notice.words()[0]
    assert lines(stage) == []
    stage.burst(second)
    stage.press(Qt.Key.Key_Return)
    assert len(lines(stage)) == 1
    assert page.products.panel is None


def test_a_discount_is_typed_approved_and_in_the_line(stage: Stage, page: CheckoutScreen):
    code = codes(1)[0]
    price = prices_of([code])[0]
    stage.burst(code)
    stage.press(Qt.Key.Key_F6)
    stage.type("10")
    stage.press(Qt.Key.Key_Return, Qt.Key.Key_1)
    assert isinstance(stage.window.page, ApprovalScreen)
    approve(stage)
    assert lines(stage)[0][1] == price - round(price / 10)
    desk = stage.window.checkout_desk
    assert desk is not None
    line = desk.state.basket.lines[0]
    assert (line.approved_by, line.override_reason) == ("MANAGER_001", "Hàng lỗi")


def test_without_a_yes_the_price_stays(stage: Stage, page: CheckoutScreen):
    code = codes(1)[0]
    stage.burst(code)
    stage.tap("hand", "hand-price", "pad-1", "pad-000", "hand-ok", "why-damaged", "approval-cancel")
    assert lines(stage)[0][1] == prices_of([code])[0]


def test_a_manager_gives_a_discount_on_the_basket_alone(stage: Stage):
    stage.sign_in("MANAGER_001")
    first, second = codes(2)
    stage.scan(first, second)
    total = sum(prices_of([first, second]))
    stage.tap("hand", "hand-basket", "hand-amount", "pad-1", "pad-000", "hand-ok", "why-customer")
    assert sum(amount for _, amount in lines(stage)) == total - 1_000


def test_more_than_everything_cannot_be_taken_off(stage: Stage, page: CheckoutScreen):
    stage.burst(codes(1)[0])
    stage.tap("hand", "hand-amount", "pad-9", "pad-9", "pad-9", "pad-000")
    assert not stage.key("hand-ok").isEnabled()
    stage.tap("hand-percent", "pad-1", "pad-0", "pad-1")
    assert stage.find("hand-figure").text() == "10%"  # type: ignore[attr-defined]


def test_a_code_that_no_product_has_is_sold_by_keyboard_alone(stage: Stage, page: CheckoutScreen):
    stage.burst(UNKNOWN)
    stage.press(Qt.Key.Key_F5)
    stage.type("but da")
    stage.press(Qt.Key.Key_Return)
    stage.type("12000")
    stage.press(Qt.Key.Key_Return)
    approve(stage)
    assert lines(stage) == [("but da", 12_000)]


def test_a_member_nobody_knows_is_said_so_and_the_panel_stays(stage: Stage, page: CheckoutScreen):
    stage.press(Qt.Key.Key_F7)
    stage.type("0901234567")
    stage.press(Qt.Key.Key_Return)
    assert page.notice.mood == "bad"
    assert page.products.panel is not None
    stage.press(Qt.Key.Key_Escape)
    assert page.products.panel is None


def test_park_and_recall_by_keyboard_alone(stage: Stage, page: CheckoutScreen):
    stage.scan(*codes(2))
    before = lines(stage)
    stage.press(Qt.Key.Key_F9)
    stage.type("ao xanh")
    stage.press(Qt.Key.Key_Return)
    assert lines(stage) == []
    stage.press(Qt.Key.Key_F9)
    listed = stage.window.page
    assert isinstance(listed, ParkedScreen)
    stage.press(Qt.Key.Key_1)
    assert lines(stage) == before
    stage.press(Qt.Key.Key_Delete)
    assert lines(stage) == before[:-1], "the last line is chosen, as before"


def test_a_basket_at_a_hub_that_is_away_comes_back_as_a_copy_when_a_person_says_so(
    stage: Stage, page: CheckoutScreen
):
    stage.scan(*codes(2))
    before = lines(stage)
    stage.tap("park", "park-ok")
    stage.hub.away = True
    stage.tap("park", "take-1")
    assert lines(stage) == []
    assert "bản sao" in page_of(stage).notice.words()[1]
    stage.tap("notice-no")
    assert lines(stage) == before


def test_double_taps_park_once_and_recall_once(stage: Stage, page: CheckoutScreen):
    stage.scan(codes(1)[0])
    stage.tap("park")
    stage.press(Qt.Key.Key_Return, Qt.Key.Key_Return)
    assert len(stage.till.till.parked_drafts()) == 1
    desk = stage.window.checkout_desk
    assert desk is not None
    sale_id = stage.till.till.parked_drafts()[0].sale_id
    desk.recall(sale_id)
    desk.recall(sale_id)
    assert len(lines(stage)) == 1
    assert stage.till.till.parked_drafts() == []


def test_a_quick_key_has_the_stores_own_picture_where_there_is_one(stage: Stage, page: CheckoutScreen):
    group = "Đồ uống pha tại quầy"
    first, second = stage.till.till.shelf(group, stage.clock())[:2]
    folder = stage.till.data_dir / "pictures"
    folder.mkdir()
    picture = QImage(200, 100, QImage.Format.Format_RGB32)
    picture.fill(0xFF0000)
    picture.save(str(folder / f"{first.sku_id}.png"))
    (folder / f"{second.sku_id}.png").write_bytes(b"no picture")
    page.products.shelf.group_opened.emit(group)
    stage.settle()
    shown = stage.key(f"tile-{first.sku_id}").grab().toImage()
    red = [shown.pixelColor(x, shown.height() // 2).name() for x in range(shown.width())]
    assert red.count("#ff0000") > 20
    assert stage.key(f"tile-{second.sku_id}").isEnabled(), "a broken picture is none"


def test_a_line_says_how_many_there_are_when_there_are_fewer(stage: Stage, page: CheckoutScreen):
    code = codes(1)[0]
    stage.hub.stock[sku_of(code)] = 1
    stage.scan(code, code)
    assert page.basket.cart.rows()[0].notes[1] == "còn 1"
    stage.tap("less")
    assert page.basket.cart.rows()[0].notes[1] == ""
