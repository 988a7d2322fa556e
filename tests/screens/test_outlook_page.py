"""The page behind the light: opened by a tap, followed as things change, and left again."""

from __future__ import annotations

from datetime import timedelta

from PySide6.QtCore import Qt

from courier.link import LinkState
from terminal.checkout.screen import CheckoutScreen
from terminal.oversight.outlook_page import OutlookScreen
from terminal.payment.screen import PaymentScreen
from terminal.shift.screen import SignInScreen
from terminal.widgets.text import Words
from terminal.wording import Language
from tests.screens.scenes import cash, checkout_3_lines
from tests.screens.stage import Stage
from tests.screens.world_scenes import told


def says(stage: Stage, name: str) -> str:
    value = stage.find(f"outlook-{name}")
    assert isinstance(value, Words)
    return value.text()


def test_a_tap_on_the_light_tells_everything_and_esc_goes_back_to_the_basket(stage: Stage) -> None:
    checkout_3_lines(stage, Language.VI)
    stage.link(LinkState.OFFLINE, unsent=12, minutes=47, status=told(stage))
    stage.tap("sync-light")
    assert says(stage, "hub") == "mất từ 08:30: chưa quét QR được"
    assert says(stage, "queue") == "12 đơn, cũ nhất lúc 20/11/2026 08:30"
    assert says(stage, "till") == "số 1042 · mã 5f2a9c31"
    assert {says(stage, name) for name in ("hq", "printer", "drawer")} == {"chưa biết khi mất máy chủ"}
    stage.press(Qt.Key.Key_Escape)
    assert isinstance(stage.window.page, CheckoutScreen)


def test_the_page_follows_the_world_while_it_is_open(stage: Stage) -> None:
    stage.tap("sync-light")
    stage.link(LinkState.ONLINE, status=told(stage, printer="paper-out", waiting=2))
    assert says(stage, "printer").startswith("hết giấy: thay cuộn giấy")
    stage.link(LinkState.ONLINE, status=told(stage, "offline", timedelta(minutes=5)))
    assert says(stage, "printer") == "sẵn sàng"
    assert says(stage, "hq").endswith("31 đơn chờ ở máy chủ")


def test_one_tap_prints_the_receipts_that_wait(stage: Stage) -> None:
    stage.link(LinkState.ONLINE, status=told(stage, printer="paper-out", waiting=2))
    stage.tap("sync-light", "print-now", "try-now")
    assert stage.world.deeds == ["print", "try"]


def test_with_nothing_waiting_there_is_nothing_to_print(stage: Stage) -> None:
    stage.link(LinkState.ONLINE, status=told(stage))
    stage.tap("sync-light")
    assert not stage.key("print-now").isEnabled()


def test_the_light_is_there_before_anybody_signs_in_and_when_the_hub_is_away_it_says_so(stage: Stage) -> None:
    stage.world.away = True
    stage.link(LinkState.ONLINE, status=told(stage, printer="cover-open", waiting=1))
    stage.tap("sync-light", "print-now")
    page = stage.window.page
    assert isinstance(page, OutlookScreen)
    assert page.notice.words()[0] == "Không gọi được máy chủ cửa hàng"
    stage.tap("outlook-back")
    assert isinstance(stage.window.page, SignInScreen)


def test_a_payment_goes_on_behind_the_page(stage: Stage) -> None:
    cash(stage, Language.VI)
    stage.tap("sync-light", "sync-light")
    stage.press(Qt.Key.Key_Escape)
    assert isinstance(stage.window.page, PaymentScreen)
