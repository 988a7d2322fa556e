"""The customer's side of the counter: it follows the sale, and never gets in the cashier's way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from courier.news import News
from terminal.customer.display import CustomerDisplay
from terminal.customer.idle import pictures_in, read_picture
from terminal.customer.placing import AUTO, OFF, WINDOW, Placing, other_screen
from terminal.wording import Language
from tests.screens.scenes import cash, cash_rounded, checkout_3_lines, checkout_promotions, qr_pending
from tests.screens.stage import Stage, codes, prices_of
from tests.tills import feed


@pytest.fixture
def display(stage: Stage) -> CustomerDisplay:
    return stage.open_customer_display()


def shows(display: CustomerDisplay, page: QWidget) -> bool:
    return display.page is page


def test_between_customers_there_are_pictures_and_the_stores_name(display: CustomerDisplay) -> None:
    assert shows(display, display.idle)
    assert display.idle.name.text() == "Sáng Đèn Mart Nguyễn Huệ"


def test_each_scan_is_there_with_its_price_and_the_total(stage: Stage, display: CustomerDisplay) -> None:
    checkout_3_lines(stage, Language.VI)
    assert shows(display, display.basket)
    first, second, third = prices_of(codes(3))
    assert len(display.basket.lines.texts()) == 3
    assert display.basket.total.text() == display._words().money(first + second + 2 * third)


def test_savings_are_shown_at_each_line_and_in_sum(stage: Stage, display: CustomerDisplay) -> None:
    checkout_promotions(stage, Language.VI)
    assert "giảm 5.000" in display.basket.lines.texts()[0]
    assert display.basket.saved.text() == "Quý khách tiết kiệm 10.825 ₫"


def test_cash_shows_what_is_due_and_then_the_change(stage: Stage, display: CustomerDisplay) -> None:
    cash_rounded(stage, Language.VI)
    assert shows(display, display.pay)
    assert display.pay.due.text() == "40.657 ₫"
    stage.tap("quick-1")
    assert shows(display, display.thanks)


def test_the_code_counts_down_and_a_payment_ends_in_thanks(stage: Stage, display: CustomerDisplay) -> None:
    qr_pending(stage, Language.VI)
    assert shows(display, display.qr)
    assert display.qr.left.text() != ""
    assert display.qr.picture.image().size() == display.qr.picture.size()
    stage.hub.pay()
    stage.tap("qr-check")
    assert shows(display, display.thanks)


def test_thanks_stay_a_while_and_the_next_scan_ends_them(stage: Stage, display: CustomerDisplay) -> None:
    cash(stage, Language.VI)
    stage.tap("quick-1")
    page = stage.window.page
    while not getattr(page, "ready", True):
        QTest.qWait(1)
    stage.press(Qt.Key.Key_Return)
    assert shows(display, display.thanks)
    stage.scan(codes(1)[0])
    assert shows(display, display.basket)


def test_back_at_the_basket_the_customer_sees_the_basket_again(
    stage: Stage, display: CustomerDisplay
) -> None:
    cash(stage, Language.VI)
    stage.tap("back")
    assert shows(display, display.basket)


def test_signing_out_brings_the_pictures_back(stage: Stage, display: CustomerDisplay) -> None:
    checkout_3_lines(stage, Language.VI)
    desk = stage.window.checkout_desk
    assert desk is not None
    desk.clear()
    stage.tap("sign-out")
    assert shows(display, display.idle)


def test_it_speaks_the_stores_language_whatever_the_cashier_speaks(set_up: Callable[..., Stage]) -> None:
    stage = set_up()
    display = stage.open_customer_display()
    checkout_promotions(stage, Language.EN)
    assert stage.window.language is Language.EN
    assert display.basket.saved.text().startswith("Quý khách")


def test_it_never_takes_the_focus(stage: Stage, display: CustomerDisplay) -> None:
    assert display.windowFlags() & Qt.WindowType.WindowDoesNotAcceptFocus
    assert display.testAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
    assert [w for w in display.findChildren(QWidget) if w.focusPolicy() != Qt.FocusPolicy.NoFocus] == []
    assert stage.window.isActiveWindow()


@pytest.mark.allow_log("idle pictures not readable")
@pytest.mark.qt_log_ignore("Invalid|not a|Not a|read", extend=True)
def test_a_stores_own_pictures_take_the_place_of_ours(tmp_path: Path) -> None:
    assert [file.suffix for file in pictures_in(None)] == [".svg"] * 3
    assert pictures_in(tmp_path / "nowhere") == pictures_in(None)
    image = QImage(40, 30, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.red)
    image.save(str(tmp_path / "b.PNG"))
    (tmp_path / "a.jpg").write_bytes(b"no picture")
    (tmp_path / "list.txt").write_text("x")
    assert [file.name for file in pictures_in(tmp_path)] == ["a.jpg", "b.PNG"]
    assert read_picture(tmp_path / "a.jpg", QSize(100, 100)).isNull()
    covering = read_picture(tmp_path / "b.PNG", QSize(100, 100))
    assert (covering.width() >= 100, covering.height()) == (True, 100)


@pytest.mark.qt_log_ignore("svg|Svg|SVG|parse", extend=True)
def test_a_picture_that_is_none_leaves_the_last_one_on_show(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "broken.svg").write_text("<svg")
    display = stage.open_customer_display(tmp_path)
    display.idle.next_picture()
    assert shows(display, display.idle)


@pytest.mark.parametrize(("wanted", "shown"), [(WINDOW, True), (OFF, False), (AUTO, False)])
def test_with_one_screen_it_is_shown_only_when_a_window_is_wanted(
    stage: Stage, qapp, wanted: str, shown: bool
) -> None:
    made: list[QWidget] = []

    def make() -> QWidget:
        made.append(QWidget())
        return made[-1]

    placing = Placing(qapp, stage.window, wanted, make)
    placing.place()
    assert [widget.isVisible() for widget in made] == [True] * shown
    placing.close()
    assert placing.display is None


def test_the_tills_own_screen_is_not_the_customers(qapp) -> None:
    (own,) = qapp.screens()
    assert other_screen(own, [own]) is None


def test_news_of_the_store_reach_it(stage: Stage, display: CustomerDisplay) -> None:
    body = {"store_id": "STORE_001", "name": "Sáng Đèn Mart Bến Thành"}
    feed(stage.till.catalogue, News(9, "store", "STORE_001", body), version=9)
    display.renew()
    assert display.idle.name.text() == "Sáng Đèn Mart Bến Thành"
